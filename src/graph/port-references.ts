import type { Operation } from '../json-patch.ts'
import type { Pointer } from '../pointer.ts'
import type { CustomKind } from '../read/custom-kinds.ts'
import {
  groupOf,
  type KindedObject,
  type KubeObject,
  mayShareNamespace,
  namespaceOf,
  type Resource,
} from '../read/resource.ts'
import { ANNOTATIONS } from './references/annotations.ts'
import { CONFIGURED } from './references/configured.ts'
import { GATEWAY_API } from './references/gateway-api.ts'
import { INGRESS_CONTROLLERS } from './references/ingress-controllers.ts'
import { ISTIO } from './references/istio.ts'
import { KUBERNETES } from './references/kubernetes.ts'
import { MONITORING } from './references/monitoring.ts'
import { replaceValue } from './references/rename.ts'
import { TEXT } from './references/text.ts'
import { WORKLOADS } from './references/workloads.ts'
import type { Selector } from './selectors.ts'

export { opaqueReferences } from './references/text.ts'

/** A Service by its name. An absent namespace is the referrer's own. */
export interface ServiceByName {
  readonly type: 'service'
  readonly name: string
  readonly namespace?: string
}

/** Services by their labels. An empty selector selects all. */
export interface ServicesByLabel {
  readonly type: 'services'
  readonly selector: Selector
  readonly namespaces: Namespaces
}

export type Namespaces = readonly string[] | 'own' | 'any'

/** Whether an object stands in the namespaces that a referrer means, judged pessimistically. */
export function isAmong(namespaces: Namespaces, referrer: Resource, other: Resource): boolean {
  const namespace = namespaceOf(other.object)
  if (namespaces === 'any') return true
  if (namespaces === 'own') return mayShareNamespace(namespaceOf(referrer.object), namespace)
  return namespace === undefined || namespaces.includes(namespace)
}

/** Whose ports a reference means. */
export type Referent =
  | ServiceByName
  | ServicesByLabel
  /** The Services of the referrer's namespace that select these labels (a WorkloadEntry's). */
  | { readonly type: 'selecting'; readonly labels: Readonly<Record<string, string>> }
  /** Every Service whose name is among these words: text that names no Service in a place of its own. */
  | { readonly type: 'mentioned'; readonly words: ReadonlySet<string> }
  /** The referrer itself, which is no Service but has ports as one has (a ServiceEntry). */
  | { readonly type: 'self' }
  /** The container ports of pods by their labels. An empty selector selects all. */
  | { readonly type: 'pods'; readonly selector: Selector; readonly namespaces: Namespaces }
  /** The container ports of the pods behind other Services. */
  | { readonly type: 'behind'; readonly services: ServiceByName | ServicesByLabel }
  /** The container ports of the pods that the referrer, a Service, selects. */
  | { readonly type: 'selected' }
  /** The container ports of the pods that a workload of the referrer's namespace makes. */
  | { readonly type: 'workload'; readonly kind: string; readonly name: string }
  /** The container ports of the referrer's own pods. */
  | { readonly type: 'pod' }
  /** The ports of one of the referrer's own containers. */
  | { readonly type: 'container'; readonly container: Pointer }

/** A place in an object that names a port. */
export interface Found {
  /** The place of the name; for the key of a map, of its member. Nothing stands there where a default is meant. */
  readonly at: Pointer
  /** A name; a number, also where it is written as text, or `ONLY_PORT`; empty for a Service's port that has no name. */
  readonly port: string | number
  readonly to: Referent
}

/** A reference to a port: whose, by which name, and where in the object that refers. */
export interface PortReference extends Found {
  /** The id of the table's row. */
  readonly row: string
  readonly names: 'service-port' | 'container-port'
  /** The referrer takes names of at most 15 characters only. */
  readonly short: boolean
  /** Text that only looks like a reference. It can't be rewritten, and counts only where the Service's name matches too. */
  readonly opaque: boolean
}

/** The operations that make a reference use another name; undefined where it can't. */
export type Rename = (object: KubeObject, found: Found, name: string) => readonly Operation[] | undefined

/** A thing that refers to ports: on which objects, how to find it and how to make it use another name. */
export interface Row {
  readonly id: string
  /**
   * `group/Kind`, `/Kind` in the core group; `any` kind; `others`: kinds that no row names; `configured`: kinds that the
   * configuration names. What holds for a Pod holds for custom kinds with a pod template, too.
   */
  readonly on: readonly string[] | 'any' | 'others' | 'configured'
  /** Where the fact comes from. */
  readonly source: string
  readonly names: 'service-port' | 'container-port'
  readonly short?: true
  readonly opaque?: true
  references(object: KubeObject, custom?: CustomKind): Iterable<Found>
  /** By default the value itself is replaced; text that is opaque and numbers never are. */
  readonly rename?: Rename | 'never'
}

/** Everything that refers to a port of a Service or a container: the one table. */
export const ROWS: readonly Row[] = [
  ...KUBERNETES,
  ...ISTIO,
  ...GATEWAY_API,
  ...MONITORING,
  ...INGRESS_CONTROLLERS,
  ...ANNOTATIONS,
  ...WORKLOADS,
  ...CONFIGURED,
  ...TEXT,
]

const BY_ID: ReadonlyMap<string, Row> = new Map(ROWS.map(row => [row.id, row]))
const ANY: readonly Row[] = ROWS.filter(({ on }) => on === 'any')
const OTHERS: readonly Row[] = ROWS.filter(({ on }) => on === 'others')
const BY_KIND: ReadonlyMap<string, readonly Row[]> = rowsByKind()
const ON_PODS: readonly Row[] = BY_KIND.get('/Pod') ?? []

function rowsByKind(): ReadonlyMap<string, readonly Row[]> {
  const byKind = new Map<string, Row[]>()
  for (const row of ROWS) {
    if (typeof row.on === 'string') continue
    for (const kind of row.on) byKind.set(kind, [...(byKind.get(kind) ?? []), row])
  }
  return byKind
}

/** All references to ports that an object holds, in the order of the table. */
export function portReferences({ object, custom }: KindedObject): readonly PortReference[] {
  const all: PortReference[] = []
  const own = BY_KIND.get(`${groupOf(object)}/${object.kind}`) ?? OTHERS
  for (const rows of custom === undefined ? [own, ANY] : [...configuredRows(custom), own, ANY]) {
    for (const { id, names, short = false, opaque = false, references } of rows)
      for (const { at, port, to } of references(object, custom))
        all.push({ at, port, to, row: id, names, short, opaque })
  }
  return custom === undefined ? all : withoutGuesses(all)
}

function configuredRows({ podTemplate }: CustomKind): readonly (readonly Row[])[] {
  return podTemplate === undefined ? [CONFIGURED] : [ON_PODS, CONFIGURED]
}

/** Where the configuration says what stands in a place, nothing has to be guessed. */
function withoutGuesses(all: readonly PortReference[]): readonly PortReference[] {
  const told = new Set(all.flatMap(({ at, opaque }) => (opaque ? [] : [at])))
  return all.filter(({ at, opaque }) => !opaque || !told.has(at))
}

const references = new WeakMap<KubeObject, readonly PortReference[]>()

/** The same, found once for each version of an object that holds any. */
export function referencesIn(resource: KindedObject): readonly PortReference[] {
  const known = references.get(resource.object)
  if (known !== undefined) return known
  const found = portReferences(resource)
  if (found.length > 0) references.set(resource.object, found)
  return found
}

/**
 * The operations on the object, each behind a `test`, that make a reference use another name; undefined where it can't
 * be rewritten. Of several references in one text each is renamed on the object as the one before left it.
 */
export function renamed(object: KubeObject, reference: PortReference, name: string): readonly Operation[] | undefined {
  const row = BY_ID.get(reference.row)
  if (row === undefined || row.opaque || row.rename === 'never' || typeof reference.port === 'number') return undefined
  return (row.rename ?? replaceValue)(object, reference, name)
}
