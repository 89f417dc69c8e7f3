import type { Pointer } from '../pointer.ts'
import { stringAt } from '../read/json.ts'
import type { Skipped } from '../read/repository.ts'
import type { Resource } from '../read/resource.ts'
import { areSeparated, labelsOf, mayShareNamespace, nameOf, namespaceOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { numbersMeant, targetIn } from './container-ports.ts'
import {
  isService,
  keysOfReferrer,
  keysOfService,
  keysOfWorkload,
  labelKey,
  labelKeys,
  namespaceKey,
  sameNamespace,
  selectorKeys,
  selectsAlike,
} from './index-keys.ts'
import { NearestIndex } from './nearest-index.ts'
import type { Selecting } from './pod-selectors.ts'
import { podTemplateOf } from './pod-template.ts'
import { isAmong, type PortReference, type Referent, referencesIn, type ServiceByName } from './port-references.ts'
import { SelectionMemory } from './selection-memory.ts'
import { keysAskedFor, selectionsOf } from './selections.ts'
import { isEmptySelector, type Labels, mapSelector, type Selector, selects, serviceSelector } from './selectors.ts'
import { portNumber } from './service-ports.ts'
import type { PortTarget, Workload } from './workload.ts'

export type { PortTarget, Workload } from './workload.ts'

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
  readonly #services = this.#index(keysOfService)
  readonly #workloads = this.#index(keysOfWorkload)
  readonly #namespaces = this.#index(({ object }) => (object.kind === 'Namespace' ? [nameOf(object)] : []))
  readonly #referrers = this.#index(keysOfReferrer)
  /** Under the label keys that their selectors of pods ask about. */
  readonly #selecting = this.#index(resource =>
    selectionsOf(resource).flatMap(({ selector }) => keysAskedFor(selector)),
  )
  readonly #kinds = this.#index(({ object }) => [object.kind])
  readonly #indexes = [this.#services, this.#workloads, this.#namespaces, this.#referrers, this.#selecting, this.#kinds]
  /** What the reader took for something else than an object. */
  readonly skipped: readonly Skipped[]
  readonly #memory = new SelectionMemory()
  #revision = 0

  /** @param skipped what the reader took for something else than an object; it may refer to Services all the same */
  constructor(resources: Iterable<Resource>, skipped: readonly Skipped[] = []) {
    this.skipped = skipped
    for (const resource of resources) this.#resources.set(resource.id, resource)
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
    return this.#kinds.all(kind)
  }

  /** Puts a new version of an object in the place of the one with its id. */
  replace(resource: Resource): void {
    this.#revision += 1
    const old = this.#resources.get(resource.id)
    const isAlike = old !== undefined && selectsAlike(old, resource)
    const versions = isAlike ? [] : [resource, ...(old === undefined ? [] : [old])]
    this.#memory.change(versions, this, () => {
      this.#resources.set(resource.id, resource)
      for (const index of this.#indexes) {
        if (old === undefined) index.add(resource)
        else index.replace(old, resource)
      }
    })
  }

  /** Takes an object out that was put in by `replace`. */
  remove(resource: Resource): void {
    this.#revision += 1
    const current = this.current(resource)
    this.#memory.change([current], this, () => {
      for (const index of this.#indexes) index.delete(current)
      this.#resources.delete(resource.id)
    })
  }

  /** Whether it is a Service of the core API (Knative's are not). */
  isService(resource: Resource): boolean {
    return isService(resource.object)
  }

  workload(resource: Resource): Workload | undefined {
    const pod = podTemplateOf(resource)
    return pod === undefined ? undefined : { resource, pod }
  }

  /** The workloads whose pods a Service selects: of its namespace, in the nearest place that has a match. */
  workloadsOf(service: Resource): readonly Workload[] {
    if (this.#resources.get(service.id) !== service) return this.#selectedBy(service)
    const ids = this.#memory.workloadsOf(service.id, () => this.#selectedBy(service).map(({ resource }) => resource.id))
    return ids.flatMap(id => this.#workloadOf(id) ?? [])
  }

  #workloadOf(id: string): Workload | undefined {
    const resource = this.#resources.get(id)
    return resource && this.workload(resource)
  }

  #selectedBy(service: Resource): readonly Workload[] {
    const selector = serviceSelector(service.object)
    if (isEmptySelector(selector) || stringAt(service.object, 'spec', 'type') === 'ExternalName') return []
    return this.#select(selector, service, workload => sameNamespace(workload, service))
  }

  /** The Services that select a workload's pods. */
  servicesOf(workload: Workload): readonly Resource[] {
    const { id } = workload.resource
    const services = this.#memory.servicesOf(id, () =>
      this.servicesThatMaySelect(workload)
        .filter(service => this.workloadsOf(service).some(({ resource }) => resource.id === id))
        .map(service => service.id)
        .toSorted(),
    )
    return services.flatMap(service => this.#resources.get(service) ?? [])
  }

  /** Every Service under the root that could select a workload's pods, however far away and whatever is nearer. */
  servicesThatMaySelect({ resource, pod }: Workload): readonly Resource[] {
    const labels = labelsOf(pod.template)
    const candidates = labelKeys(labels).flatMap(key => this.#services.all(`selects ${key}`))
    return candidates.filter(
      service =>
        mayShareNamespace(namespaceOf(service.object), namespaceOf(resource.object)) &&
        stringAt(service.object, 'spec', 'type') !== 'ExternalName' &&
        selects(serviceSelector(service.object), labels),
    )
  }

  /** The selectors of pods that ask about any of these label keys, wherever they stand. */
  selectingBy(keys: readonly string[]): readonly Selecting[] {
    const owners = new Map(keys.flatMap(key => this.#selecting.all(key)).map(owner => [owner.id, owner]))
    return [...owners.values()].flatMap(resource =>
      selectionsOf(resource)
        .filter(({ selector }) => keysAskedFor(selector).some(key => keys.includes(key)))
        .map(selection => ({ resource, selection })),
    )
  }

  /** Every workload whose pods a selector beside an object could select in its namespace, however far away. */
  workloadsThatMayHave(labels: Labels, beside: Resource): readonly Workload[] {
    const selector = mapSelector(labels)
    return this.#workloads.all(...selectorKeys(selector)).flatMap(resource => {
      const workload = this.workload(resource)
      if (workload === undefined || areSeparated(resource, beside)) return []
      if (!mayShareNamespace(namespaceOf(resource.object), namespaceOf(beside.object))) return []
      return selects(selector, labelsOf(workload.pod.template)) ? workload : []
    })
  }

  /** Whether any pods under the root but a workload's own have a label. */
  areOthersLabelled(key: string, value: string, { resource }: Workload): boolean {
    return this.#workloads.hasBeside(labelKey(key, value), resource)
  }

  /** The other workloads of a workload's namespace and file whose pods have these labels. */
  *neighboursWith(labels: Labels, { resource }: Workload): Iterable<Workload> {
    const selector = mapSelector(labels)
    const keys = [...selectorKeys(selector), namespaceKey(resource)]
    for (const other of this.#workloads.within(resource.path, keys)) {
      const workload = this.workload(other)
      if (workload === undefined || other.id === resource.id || !sameNamespace(other, resource)) continue
      if (selects(selector, labelsOf(workload.pod.template))) yield workload
    }
  }

  /** The Namespaces of that name, under the root. */
  namespacesNamed(name: string): readonly Resource[] {
    return this.#namespaces.all(name)
  }

  /** Every Service of that name under the root. */
  servicesNamed(name: string): readonly Resource[] {
    return this.#services.all(`name ${name}`)
  }

  /** Workloads wherever they stand: all whose pods have a label that the selector wants, or more; all for an empty one. */
  workloadsLike(selector: Selector): readonly Resource[] {
    const [key = 'any'] = selectorKeys(selector)
    return this.#workloads.all(key)
  }

  /** The nearest Services that an object means by a name. */
  servicesMeant(referrer: Resource, to: ServiceByName): readonly Resource[] {
    return this.#servicesFor(referrer, to, () => true)
  }

  /** Where a Service port (an entry of `spec.ports`) leads, in every workload that the Service selects. */
  targetsOf(service: Resource, port: Json): readonly PortTarget[] {
    return this.workloadsOf(service).flatMap(workload => {
      const target = targetIn(workload.pod, port)
      return target === undefined ? [] : { workload, ...target }
    })
  }

  /** The references to ports that an object holds. */
  referencesOf(resource: Resource): readonly PortReference[] {
    return referencesIn(resource)
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
    return this.#servicesFor(referrer, to, service => portNumber(service.object, port) !== undefined)
  }

  /**
   * What a reference leads to, as `object:port number`, sorted. Empty: it dangles. A container port's number leads there
   * whether a container lists it or not.
   */
  resolve(referrer: Resource, reference: PortReference): readonly string[] {
    const { port, names } = reference
    if (names === 'service-port') {
      return this.meantBy(referrer, reference)
        .map(service => `${service.id}:${portNumber(service.object, port)}`)
        .toSorted()
    }
    return this.#podsFor(referrer, reference.to)
      .flatMap(({ workload: { resource, pod }, container }) =>
        numbersMeant(pod, port, container).map(number => `${resource.id}:${number}`),
      )
      .toSorted()
  }

  /** The references to container ports by any of these names, whosever they are. */
  referrersToContainerPorts(names: readonly string[]): readonly Referrer[] {
    const referrers = new Map(
      names.flatMap(name => this.#referrers.all(`container port ${name}`)).map(it => [it.id, it]),
    )
    return [...referrers.values()].flatMap(resource =>
      this.referencesOf(resource)
        .filter(({ names: of, port }) => of === 'container-port' && names.includes(String(port)))
        .map(reference => ({ resource, reference })),
    )
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

  /** The Services of a Service's name that are nearest to a file. */
  nearestNamesakes(service: Resource, path: string): readonly Resource[] {
    return this.#services.nearest([`name ${nameOf(service.object)}`], path, other =>
      mayShareNamespace(namespaceOf(other.object), namespaceOf(service.object)),
    )
  }

  #select(selector: Selector, from: Resource, accepts: (workload: Resource) => boolean): readonly Workload[] {
    return this.#workloads
      .nearest(selectorKeys(selector), from.path, resource => {
        const pod = podTemplateOf(resource)
        if (pod === undefined || areSeparated(resource, from)) return false
        return accepts(resource) && selects(selector, labelsOf(pod.template))
      })
      .flatMap(resource => this.workload(resource) ?? [])
  }

  #index(keysOf: (resource: Resource) => readonly string[]): NearestIndex {
    return new NearestIndex(keysOf, () => this.#resources.values())
  }
}
