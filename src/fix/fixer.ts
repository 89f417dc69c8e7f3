import type { Context, Detector, Finding } from '../detect/detector.ts'
import type { Protocol } from '../detect/protocol.ts'
import type { ResourceGraph } from '../graph/graph.ts'
import type { Operation } from '../json-patch.ts'
import type { Pointer } from '../pointer.ts'
import type { KubeObject, Resource } from '../read/resource.ts'

/**
 * Safe fixes follow from the manifests. Unsafe ones are right more often than not, and a person decides. Fixes for
 * display are candidates that are shown and never applied.
 */
export type Safety = 'safe' | 'unsafe' | 'display'

/** What applying a fix does to a running cluster, in rising order; `new-object` stands beside them. */
export type Impact = 'metadata' | 'routing' | 'restart' | 'new-object'

/** Impacts in rising order. New objects stand beside them. */
export const IMPACTS = ['metadata', 'routing', 'restart'] as const

export type EvidenceClass = 'definitive' | 'strong' | 'weak'

/** A place in an object. */
export interface Place {
  readonly resource: Resource
  readonly pointer: Pointer
}

/** Why a fix says what it says. */
export interface Evidence {
  readonly class: EvidenceClass
  /** The kind of source, for counting: `probe`, `container port name`. */
  readonly source: string
  /** The protocol that it speaks for, where the fix is about one. */
  readonly protocol?: Protocol
  /** The fact, for people. */
  readonly says: string
  /** Where it stands; undefined for general knowledge, like a port number's usual protocol. */
  readonly at?: Place
}

/** Evidence for the protocol of a Service port. */
export interface ProtocolEvidence extends Evidence {
  readonly protocol: Protocol
  /** What it is measured as: equal sources share a row, and of some sources each value has its own: `port 8080`. */
  readonly row: string
}

/** RFC 6902 operations on one object. */
export interface Change {
  readonly resource: Resource
  readonly operations: readonly Operation[]
}

/**
 * An object that a fix adds beside another one: an item of the same List, a document of the same stream or, elsewhere,
 * a file `<name>-<kind>.yaml` in the same directory, listed in the kustomizations that list the other's file.
 */
export interface NewResource {
  readonly object: KubeObject
  readonly beside: Resource
}

/** One fix is one transaction: all of its changes are made, or none. */
export interface Fix {
  /** What it does, for people: `rename port 80 from "web" to "http-web"`. */
  readonly title: string
  readonly safety: Safety
  /** Why it isn't safe; empty where it is. */
  readonly cautions: readonly string[]
  /** Why it isn't the fix that would be better; of a candidate for display: why a person has to choose. */
  readonly note?: string
  readonly evidence: readonly Evidence[]
  readonly impact: Impact
  readonly changes: readonly Change[]
  readonly creates?: readonly NewResource[]
  /** Selectors and references that shall select more pods, or lead to more ports, than before; no other one may. */
  readonly intended?: readonly Place[]
  /** The Istio protocol that Service ports shall have after it; all others keep theirs. */
  readonly protocols?: readonly IntendedProtocol[]
}

/** The protocol that the fix gives one port of a Service. */
export interface IntendedProtocol {
  readonly service: Resource
  /** The place in `spec.ports`. */
  readonly index: number
  readonly protocol: Protocol
}

/** Why there is no fix. */
export interface Declined {
  readonly declined: string
  /** What was found all the same: both sides of a contradiction. */
  readonly evidence: readonly Evidence[]
}

/** Puts right what a detector finds: the contract of the files in `transformers/`. */
export interface Fixer<Data = unknown> {
  /** The detector itself, not its name. */
  readonly fixes: Detector<Data>
  /**
   * The fixes, best first: the first that is wanted (safe, or asked for) and proves to break nothing wins, else the first
   * that could be asked for.
   */
  fix(finding: Finding<Data>, graph: ResourceGraph, context: Context): Iterable<Fix> | Declined
}

/** Ties a fixer to the detector whose findings it gets, so that their data has its type. */
export function defineFixer<Data>(fixes: Detector<Data>, fixer: Omit<Fixer<Data>, 'fixes'>): Fixer<Data> {
  return { fixes, fix: (finding, graph, context) => fixer.fix(finding, graph, context) }
}
