import type { Pointer } from '../pointer.ts'
import { at, listAt, mapAt, numberAt, stringAt } from '../read/json.ts'
import type { Skipped } from '../read/repository.ts'
import type { KubeObject, Resource } from '../read/resource.ts'
import { groupOf, labelsOf, mayShareNamespace, nameOf, namespaceOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { type Mention, mayRouteTo, mentionOf } from './mentions.ts'
import { NearestIndex } from './nearest-index.ts'
import { type Container, containersOf, type PodTemplate, podTemplateOf } from './pod-template.ts'
import { type PortReference, portReferences, type Referent } from './port-references.ts'
import { isEmptySelector, mapSelector, type Selector, selects } from './selectors.ts'
import { portNumber } from './service-ports.ts'

/** A resource that makes pods, and the template it makes them from. */
export interface Workload {
  readonly resource: Resource
  readonly pod: PodTemplate
}

/** Where a Service port's traffic arrives in one workload. */
export interface PortTarget {
  readonly workload: Workload
  /** The container whose `ports` list it; undefined where none does. */
  readonly container: Container | undefined
  readonly number: number
  /** The name of the container port; empty where it has none or isn't listed. */
  readonly name: string
}

/** A reference to a port, and the object that holds it. */
export interface Referrer {
  readonly resource: Resource
  readonly reference: PortReference
}

/**
 * All resources of a run, and who selects whom and refers to which port: answered by index, never by scanning.
 * `replace` puts a new version of an object in the place of the old one; everything else only reads.
 */
export class ResourceGraph {
  readonly #resources = new Map<string, Resource>()
  readonly #services = new NearestIndex()
  readonly #workloads = new NearestIndex()
  readonly #referrers = new NearestIndex()
  readonly #kinds = new Map<string, Map<string, Resource>>()
  readonly #skipped: readonly Skipped[]
  /** Made when first asked for, and again after a change to labels or selectors. */
  #selectedBy: Map<string, string[]> | undefined
  #revision = 0

  /** @param skipped what the reader took for something else than an object; it may refer to Services all the same */
  constructor(resources: Iterable<Resource>, skipped: readonly Skipped[] = []) {
    this.#skipped = skipped
    for (const resource of resources) this.#add(resource)
  }

  /** In the order of files, documents and items. */
  get resources(): Iterable<Resource> {
    return this.#resources.values()
  }

  /** Another number after every change: what is remembered from before is stale then. */
  get revision(): number {
    return this.#revision
  }

  /** The present version of the resource with an id. */
  resource(id: string): Resource | undefined {
    return this.#resources.get(id)
  }

  /** The present version of a resource. */
  current(resource: Resource): Resource {
    return this.#resources.get(resource.id) ?? resource
  }

  /** The resources of a kind, whatever their API group. */
  ofKind(kind: string): Iterable<Resource> {
    return this.#kinds.get(kind)?.values() ?? []
  }

  /** Puts a new version of an object in the place of the one with its id. */
  replace(resource: Resource): void {
    this.#revision += 1
    const old = this.#resources.get(resource.id)
    if (old !== undefined) this.#delete(old)
    if (old === undefined || !selectsAlike(old.object, resource.object)) this.#selectedBy = undefined
    this.#add(resource)
  }

  /** Whether it is a Service of the core API (Knative's are not). */
  isService(resource: Resource): boolean {
    return isService(resource.object)
  }

  workload(resource: Resource): Workload | undefined {
    const pod = podTemplateOf(resource.object)
    return pod === undefined ? undefined : { resource, pod }
  }

  /** The workloads whose pods a Service selects: of its namespace, in the nearest place that has a match. */
  workloadsOf(service: Resource): readonly Workload[] {
    const selector = serviceSelector(service.object)
    if (isEmptySelector(selector) || stringAt(service.object, 'spec', 'type') === 'ExternalName') return []
    return this.#select(selector, service, workload => sameNamespace(workload, service))
  }

  /** The Services that select a workload's pods. */
  servicesOf(workload: Workload): readonly Resource[] {
    this.#selectedBy ??= this.#selections()
    const services = this.#selectedBy.get(workload.resource.id) ?? []
    return services.flatMap(id => this.#resources.get(id) ?? [])
  }

  /** Every Service under the root that could select a workload's pods, however far away and whatever is nearer. */
  servicesThatMaySelect({ resource, pod }: Workload): readonly Resource[] {
    const labels = labelsOf(pod.template)
    const candidates = labelKeys(labels).flatMap(key => [...this.#services.all(`selects ${key}`)])
    return candidates.filter(
      service =>
        mayShareNamespace(namespaceOf(service.object), namespaceOf(resource.object)) &&
        stringAt(service.object, 'spec', 'type') !== 'ExternalName' &&
        selects(serviceSelector(service.object), labels),
    )
  }

  /** Workload → the Services that select it, by id. */
  #selections(): Map<string, string[]> {
    const selectedBy = new Map<string, string[]>()
    for (const service of this.#services.all('any')) {
      for (const { resource } of this.workloadsOf(service)) {
        selectedBy.set(resource.id, [...(selectedBy.get(resource.id) ?? []), service.id])
      }
    }
    return selectedBy
  }

  /** Where a Service port (an entry of `spec.ports`) leads, in every workload that the Service selects. */
  targetsOf(service: Resource, port: Json): readonly PortTarget[] {
    return this.workloadsOf(service).flatMap(workload => {
      const target = targetIn(workload, port)
      return target === undefined ? [] : [target]
    })
  }

  /** The references to ports that an object holds. */
  referencesOf(resource: Resource): readonly PortReference[] {
    return referencesIn(resource.object)
  }

  /** Every reference that means this Service: by name or by label, judged pessimistically, with no nearer one to mean. */
  referencesTo(service: Resource): readonly Referrer[] {
    const selected = labelKeys(serviceSelector(service.object).matchLabels).map(key => `selecting ${key}`)
    const keys = [`name ${nameOf(service.object)}`, 'any', ...labelKeys(labelsOf(service.object)), ...selected]
    const referrers = new Map<string, Resource>()
    for (const key of keys) for (const referrer of this.#referrers.all(key)) referrers.set(referrer.id, referrer)

    return [...referrers.values()].flatMap(resource =>
      this.referencesOf(resource)
        .filter(reference => this.meantBy(resource, reference).some(({ id }) => id === service.id))
        .map(reference => ({ resource, reference })),
    )
  }

  /**
   * The Services that a reference means: the nearest that its words fit and that have such a port. Empty: it dangles,
   * or means no Service's port.
   */
  meantBy(referrer: Resource, { to, port, names }: PortReference): readonly Resource[] {
    if (names !== 'service-port' || to.type === 'self') return []
    return this.#servicesFor(referrer, to, service => hasPort(service.object, port))
  }

  /** What a reference leads to, as `object:port number`, sorted. Empty: it dangles. */
  resolve(referrer: Resource, reference: PortReference): readonly string[] {
    const { port, names } = reference
    if (names === 'service-port') {
      return this.meantBy(referrer, reference)
        .map(service => `${service.id}:${portNumber(service.object, port)}`)
        .toSorted()
    }
    return this.#podsFor(referrer, reference.to)
      .flatMap(({ workload, container }) => containerPorts(workload, port, container))
      .toSorted()
  }

  #servicesFor(referrer: Resource, to: Referent, accepts: (service: Resource) => boolean): readonly Resource[] {
    const { path } = referrer
    switch (to.type) {
      case 'service': {
        const namespace = to.namespace ?? namespaceOf(referrer.object)
        return this.#services.nearest(
          [`name ${to.name}`],
          path,
          service => mayShareNamespace(namespace, namespaceOf(service.object)) && accepts(service),
        )
      }
      case 'services':
        return this.#services.nearest(
          selectorKeys(to.selector),
          path,
          service =>
            isAmong(to.namespaces, referrer, service) &&
            selects(to.selector, labelsOf(service.object)) &&
            accepts(service),
        )
      case 'selecting':
        return this.#services.nearest(['any'], path, service => {
          const selector = serviceSelector(service.object)
          return (
            !isEmptySelector(selector) &&
            selects(selector, to.labels) &&
            isAmong('own', referrer, service) &&
            accepts(service)
          )
        })
      case 'mentioned':
        return [...to.words].flatMap(word => this.#services.nearest([`name ${word}`], path, accepts))
      default:
        return []
    }
  }

  #podsFor(referrer: Resource, to: Referent): readonly { readonly workload: Workload; readonly container?: Pointer }[] {
    switch (to.type) {
      case 'selected':
        return this.workloadsOf(referrer).map(workload => ({ workload }))
      case 'behind':
        return this.#servicesFor(referrer, to.services, () => true).flatMap(service =>
          this.workloadsOf(service).map(workload => ({ workload })),
        )
      case 'pods':
        return this.#select(to.selector, referrer, workload => isAmong(to.namespaces, referrer, workload)).map(
          workload => ({ workload }),
        )
      case 'workload':
        return this.#workloads
          .nearest(['any'], referrer.path, ({ object }) => object.kind === to.kind && nameOf(object) === to.name)
          .flatMap(resource => this.workload(resource) ?? [])
          .map(workload => ({ workload }))
      case 'pod':
      case 'container': {
        const workload = this.workload(referrer)
        if (workload === undefined) return []
        return [to.type === 'pod' ? { workload } : { workload, container: to.container }]
      }
      default:
        return []
    }
  }

  /** What in the skipped files could mean a port of this Service, by its name, its selector or its old name. */
  mentionsOf(service: Resource, portName: string): readonly Mention[] {
    return this.#skipped.flatMap(skipped => {
      const mention = mentionOf(skipped, service, portName)
      return mention !== undefined && this.#hasNoNearer(skipped, service) ? [mention] : []
    })
  }

  /** The path of a skipped template that may be a route of these kinds to a Service, if there is one. */
  skippedRouteTo(service: Resource, kinds: ReadonlySet<string>): string | undefined {
    return this.#skipped.find(skipped => mayRouteTo(skipped, service, kinds) && this.#hasNoNearer(skipped, service))
      ?.path
  }

  /** Whether no Service of the same name is nearer to a skipped file. A patch is tied to its target by other means than place. */
  #hasNoNearer({ path, role }: Skipped, service: Resource): boolean {
    if (role === 'patch' || role === 'kustomization') return true
    const nearest = this.#services.nearest([`name ${nameOf(service.object)}`], path, other =>
      mayShareNamespace(namespaceOf(other.object), namespaceOf(service.object)),
    )
    return nearest.some(({ id }) => id === service.id)
  }

  #select(selector: Selector, from: Resource, accepts: (workload: Resource) => boolean): readonly Workload[] {
    return this.#workloads
      .nearest(selectorKeys(selector), from.path, resource => {
        const pod = podTemplateOf(resource.object)
        return pod !== undefined && accepts(resource) && selects(selector, labelsOf(pod.template))
      })
      .flatMap(resource => this.workload(resource) ?? [])
  }

  #add(resource: Resource): void {
    this.#resources.set(resource.id, resource)
    const kind = this.#kinds.get(resource.object.kind) ?? new Map<string, Resource>()
    this.#kinds.set(resource.object.kind, kind.set(resource.id, resource))
    for (const [index, keys] of this.#keysOf(resource)) index.add(resource, keys)
  }

  #delete(resource: Resource): void {
    this.#kinds.get(resource.object.kind)?.delete(resource.id)
    for (const [index, keys] of this.#keysOf(resource)) index.delete(resource, keys)
  }

  /** Under which keys the object stands in which index. */
  *#keysOf({ object }: Resource): Iterable<readonly [NearestIndex, readonly string[]]> {
    const pod = podTemplateOf(object)
    if (pod !== undefined) yield [this.#workloads, ['any', ...labelKeys(labelsOf(pod.template))]]
    if (isService(object)) {
      const [selected] = labelKeys(serviceSelector(object).matchLabels)
      const keys = [`name ${nameOf(object)}`, 'any', ...labelKeys(labelsOf(object))]
      yield [this.#services, selected === undefined ? keys : [...keys, `selects ${selected}`]]
    }
    const referred = new Set(
      referencesIn(object).flatMap(({ to, names }) => (names === 'service-port' ? referentKeys(to) : [])),
    )
    if (referred.size > 0) yield [this.#referrers, [...referred]]
  }
}

/** Whether two versions of an object select the same and are selected by the same. */
function selectsAlike(old: KubeObject, now: KubeObject): boolean {
  const facts = (object: KubeObject): string =>
    JSON.stringify([
      namespaceOf(object) ?? null,
      podTemplateOf(object)?.template['metadata'] ?? null,
      isService(object) ? [mapAt(object, 'spec', 'selector'), at(object, 'spec', 'type') ?? null] : null,
    ])
  return facts(old) === facts(now)
}

const references = new WeakMap<KubeObject, readonly PortReference[]>()

function referencesIn(object: KubeObject): readonly PortReference[] {
  const known = references.get(object)
  if (known !== undefined) return known
  const found = portReferences(object)
  references.set(object, found)
  return found
}

function isService(object: KubeObject): boolean {
  return object.kind === 'Service' && groupOf(object) === ''
}

function serviceSelector(object: KubeObject): Selector {
  return mapSelector(mapAt(object, 'spec', 'selector'))
}

/** Under which keys a referrer is found from the Service it may mean. */
function referentKeys(to: Referent): readonly string[] {
  switch (to.type) {
    case 'service':
      return [`name ${to.name}`]
    case 'services':
      return selectorKeys(to.selector).slice(0, 1)
    case 'selecting':
      return labelKeys(to.labels).map(key => `selecting ${key}`)
    case 'mentioned':
      return [...to.words].map(word => `name ${word}`)
    default:
      return []
  }
}

/** Every object that the selector selects stands under all of these keys. */
function selectorKeys({ matchLabels }: Selector): readonly string[] {
  const keys = labelKeys(matchLabels)
  return keys.length > 0 ? keys : ['any']
}

function labelKeys(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels).map(([key, value]) => `label ${key}=${value}`)
}

/** Objects of which one names no namespace are applied into the same one, unless the other names another than `default`. */
function sameNamespace(one: Resource, other: Resource): boolean {
  return (namespaceOf(one.object) ?? 'default') === (namespaceOf(other.object) ?? 'default')
}

function isAmong(namespaces: readonly string[] | 'own' | 'any', referrer: Resource, other: Resource): boolean {
  const namespace = namespaceOf(other.object)
  if (namespaces === 'any') return true
  if (namespaces === 'own') return mayShareNamespace(namespaceOf(referrer.object), namespace)
  return namespace === undefined || namespaces.includes(namespace)
}

function hasPort(service: KubeObject, port: string | number): boolean {
  return portNumber(service, port) !== undefined
}

/** Istio's FindPort: a name needs a container port of that name and L4 protocol; a number stands for itself. */
function targetIn(workload: Workload, port: Json): PortTarget | undefined {
  const targetPort = mapAt(port)['targetPort'] || mapAt(port)['port']
  const protocol = stringAt(port, 'protocol') || 'TCP'
  for (const container of containersOf(workload.pod)) {
    if (container.role === 'ephemeral' || (container.role === 'init' && !container.sidecar)) continue
    for (const entry of listAt(container.object, 'ports')) {
      const number = numberAt(entry, 'containerPort')
      const name = stringAt(entry, 'name') ?? ''
      const isMeant = (typeof targetPort === 'string' ? name : number) === targetPort
      if (!isMeant || number === undefined || (stringAt(entry, 'protocol') || 'TCP') !== protocol) continue
      return { workload, container, number, name }
    }
  }
  if (typeof targetPort !== 'number') return undefined
  return { workload, container: undefined, number: targetPort, name: '' }
}

/** The container ports of that name or number in a workload, or in the one container at a place. */
function containerPorts(workload: Workload, port: string | number, place: Pointer | undefined): string[] {
  const member = typeof port === 'number' ? 'containerPort' : 'name'
  return containersOf(workload.pod)
    .filter(container => place === undefined || container.at === place)
    .flatMap(container => listAt(container.object, 'ports'))
    .filter(entry => mapAt(entry)[member] === port)
    .map(entry => `${workload.resource.id}:${numberAt(entry, 'containerPort')}`)
}
