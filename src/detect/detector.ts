import type { ResourceGraph } from '../graph/graph.ts'
import type { Pointer } from '../pointer.ts'
import type { Resource } from '../read/resource.ts'
import type { AppLabel } from './app-labels.ts'
import type { Protocol } from './protocol.ts'

/** For which mesh the rules hold: the page word for word, today's sidecars, with the CNI plugin, without sidecars. */
export type Profile = 'classic' | 'sidecar' | 'cni' | 'ambient'

export type Severity = 'error' | 'warning' | 'info'

/** How a Service port's protocol is declared: renamed with appProtocol as a fallback, or one of the two only. */
export type PortStyle = 'auto' | 'name' | 'appProtocol'

/** Ports of Services, as the configuration names them. `*` stands for any text without a slash. */
export interface PortPattern {
  /** `name` or `namespace/name`. */
  readonly service: string
  /** Its number or its name. */
  readonly port: string | number
}

/** What the configuration says that ports carry. */
export interface ProtocolAssignment extends PortPattern {
  readonly protocol: Protocol
}

/** What rules may read of the configuration. */
export interface Context {
  readonly profile: Profile
  readonly portStyle: PortStyle
  /** Report on what is out of the mesh, too. */
  readonly all: boolean
  /** Something outside the files refers to these ports by their names: they are not renamed. */
  readonly externalReferences: readonly PortPattern[]
  /** Definitive evidence. */
  readonly ports: readonly ProtocolAssignment[]
  /** Label → the keys of other labels that say the same, before those that everybody uses. */
  readonly labelSources: Readonly<Partial<Record<AppLabel, readonly string[] | undefined>>>
}

/** Something that breaks a requirement, and where. */
export interface Finding<Data = unknown> {
  /** The row of the detector's severity table. */
  readonly check: string
  readonly resource: Resource
  /** The place within the object. */
  readonly at: Pointer
  /** The fact, for people: lower case, no full stop, the user's values in quotes. */
  readonly message: string
  /** The codes of istioctl and Kiali that report this very thing. */
  readonly codes?: readonly string[]
  /** What in the object it is about, so that a finding keeps its identity when a list is reordered: `TCP/8080`. */
  readonly subject: string
  /** What the fixer needs to know. */
  readonly data: Data
}

/** Finds what breaks one requirement: the contract of the files in `plugins/`. */
export interface Detector<Data = unknown> {
  /** The file's name: what `--only`, ignores and the configuration call it. */
  readonly id: string
  /** A sentence that is true of a good manifest. */
  readonly title: string
  /** Istio's own page. */
  readonly docs: string
  /** The rows of its severity table: check → profile → severity; a profile that is absent: off. */
  readonly checks: Readonly<Record<string, Readonly<Partial<Record<Profile, Severity>>>>>
  /**
   * The findings on one resource. It is asked for every resource of the run, and again for those that a fix changes
   * or that are the changed ones' neighbours, so what it finds must follow from the resource and its neighbours.
   */
  detect(resource: Resource, graph: ResourceGraph, context: Context): Iterable<Finding<Data>>
}

/** Types a detector's data by what `detect` yields. */
export function defineDetector<Data>(detector: Detector<Data>): Detector<Data> {
  return detector
}

/** All profiles, from the page word for word to no sidecars at all. */
export const PROFILES: readonly Profile[] = ['classic', 'sidecar', 'cni', 'ambient']

/** All ways to declare a protocol. */
export const PORT_STYLES: readonly PortStyle[] = ['auto', 'name', 'appProtocol']

/** Severities in rising order. */
export const SEVERITIES: readonly Severity[] = ['info', 'warning', 'error']

/** Whether a severity is as grave as another, or graver. */
export function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(threshold)
}
