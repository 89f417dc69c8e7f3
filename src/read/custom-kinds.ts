import { keysOf, type Pointer } from '../pointer.ts'
import type { Repository } from './repository.ts'
import { groupOf, type KubeObject } from './resource.ts'

/** Kinds by name, as the configuration names them; the version of their API does not matter. */
interface KindName {
  /** The API group, such as `apps.example.com`; empty for the core group. */
  readonly group: string
  readonly kind: string
}

/** Where objects of a custom kind hold the template of the pods that they make. */
export interface PodTemplatePlace extends KindName {
  readonly path: Pointer
}

/**
 * Where objects of a kind name a port of a Service, or one of the pods behind it. In a pointer, `*` stands for every
 * item of a list or member of a map; in `service` and `namespace` for the same one as in the pointers to ports.
 */
export interface PortReferencePlace extends KindName {
  /** To the Service's name, or to its host name. */
  readonly service: Pointer
  /** To the Service's namespace; default: the referrer's own. */
  readonly namespace?: Pointer | undefined
  /** To the name or number of a port of the Service. */
  readonly port?: Pointer | undefined
  /** To the name or number of a container port behind the Service. */
  readonly targetPort?: Pointer | undefined
}

/** What the configuration says of one kind. */
export interface CustomKind {
  /** The keys from the object to its pod template. */
  readonly podTemplate?: readonly string[]
  readonly portReferences: readonly PortReferencePlace[]
}

/** What the configuration says of kinds, by `group/Kind`. */
export type CustomKinds = ReadonlyMap<string, CustomKind>

/** What the configuration may say of kinds. */
export interface KindPlaces {
  readonly podTemplates: readonly PodTemplatePlace[]
  readonly portReferences: readonly PortReferencePlace[]
}

/** What is said of each kind. */
export function customKinds({ podTemplates, portReferences }: KindPlaces): CustomKinds {
  const kinds = new Map<string, CustomKind>()
  const keyOf = ({ group, kind }: KindName): string => `${group}/${kind}`
  for (const entry of portReferences) {
    const known = kinds.get(keyOf(entry))?.portReferences ?? []
    kinds.set(keyOf(entry), { portReferences: [...known, entry] })
  }
  for (const entry of podTemplates) {
    const known = kinds.get(keyOf(entry))?.portReferences ?? []
    kinds.set(keyOf(entry), { podTemplate: keysOf(entry.path), portReferences: known })
  }
  return kinds
}

/** What is said of an object's kind. */
export function customKindOf(object: KubeObject, kinds: CustomKinds | undefined): CustomKind | undefined {
  return kinds?.get(`${groupOf(object)}/${object.kind}`)
}

/** A repository in which objects know what is said of their kinds; what was skipped may be of any kind, and knows all. */
export function withCustomKinds(repository: Repository, kinds: CustomKinds | undefined): Repository {
  if (kinds === undefined || kinds.size === 0) return repository
  const { files, resources, skipped, errors } = repository
  return {
    files,
    resources: resources.map(resource => {
      const custom = customKindOf(resource.object, kinds)
      return custom === undefined ? resource : { ...resource, custom }
    }),
    skipped: skipped.map(one => ({ ...one, kinds })),
    errors,
  }
}
