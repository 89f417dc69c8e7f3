import type { Pointer } from '../pointer.ts'
import { stringAt } from '../read/json.ts'
import type { Skipped } from '../read/repository.ts'
import type { Resource } from '../read/resource.ts'
import { areSeparated, labelsOf, mayShareNamespace, nameOf, namespaceOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { numbersMeant, targetIn } from './container-ports.ts'
import {
  homeKey,
  hostKey,
  isService,
  keysOfKind,
  keysOfReferrer,
  keysOfSelecting,
  keysOfService,
  keysOfWorkload,
  labelKey,
  labelKeys,
  namespaceKey,
  sameNamespace,
  selectingKeys,
  selectorKeys,
  selectsKey,
  spotIn,
  spotsOfWorkload,
} from './index-keys.ts'
import { type Nearest, NearestIndex } from './nearest-index.ts'
import { type Answer, NearestMemory } from './nearest-memory.ts'
import { nearestServices } from './nearest-services.ts'
import type { Selecting } from './pod-selectors.ts'
import { podTemplateOf } from './pod-template.ts'
import {
  isAmong,
  type PortReference,
  type Referent,
  referencesIn,
  type ServiceByName,
  type ServicesByLabel,
} from './port-references.ts'
import { keysAskedFor, selectionsOf } from './selections.ts'
import { isEmptySelector, type Labels, mapSelector, type Selector, selects, serviceSelector } from './selectors.ts'
import { portNumber } from './service-ports.ts'
import { type Referrer, ServiceReferences } from './service-references.ts'
import type { PortTarget, Workload } from './workload.ts'

export type { Referrer } from './service-references.ts'
export type { PortTarget, Workload } from './workload.ts'

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
  readonly #selecting = this.#index(keysOfSelecting)
  readonly #kinds = this.#index(keysOfKind)
  readonly #indexes = [this.#services, this.#workloads, this.#namespaces, this.#referrers, this.#selecting, this.#kinds]
  /** What the reader took for something else than an object. */
  readonly skipped: readonly Skipped[]
  /** Which Services select which workloads. */
  readonly #selections = new NearestMemory(
    () => this.#resources.keys(),
    id => this.#selectedBy(this.#resources.get(id)),
  )
  readonly #references = new ServiceReferences(this.#resources, this.#services)
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

  /** The resources of a kind, whatever their API group; of kinds that name what they are about, those about a name. */
  ofKind(kind: string, about?: string): Iterable<Resource> {
    return this.#kinds.all(about === undefined ? kind : `${kind} ${about}`)
  }

  /** Puts a new version of an object in the place of the one with its id. */
  replace(resource: Resource): void {
    const old = this.#resources.get(resource.id)
    if (old !== undefined) this.#forget(old)
    this.#resources.set(resource.id, resource)
    for (const index of this.#indexes) {
      if (old === undefined) index.add(resource)
      else index.replace(old, resource)
    }
    this.#forget(resource)
  }

  /** Takes an object out that was put in by `replace`. */
  remove(resource: Resource): void {
    const current = this.current(resource)
    this.#forget(current)
    for (const index of this.#indexes) index.delete(current)
    this.#resources.delete(resource.id)
  }

  /** Forgets what a version of an object asks, and what it may be an answer to. */
  #forget(version: Resource): void {
    this.#revision += 1
    this.#selections.forget(version.id)
    this.#selections.forgetAround(version, spotsOfWorkload(version))
    this.#references.forget(version)
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
    const workloads =
      this.#resources.get(service.id) === service
        ? this.#selections.foundBy(service.id).flatMap(id => this.#resources.get(id) ?? [])
        : this.#selectedBy(service).flatMap(({ resources }) => resources)
    return this.#asWorkloads(workloads)
  }

  #asWorkloads(resources: readonly Resource[]): readonly Workload[] {
    return resources.flatMap(resource => this.workload(resource) ?? [])
  }

  #selectedBy(service: Resource | undefined): readonly Answer[] {
    if (
      service === undefined ||
      !isService(service.object) ||
      stringAt(service.object, 'spec', 'type') === 'ExternalName'
    )
      return []
    const selector = serviceSelector(service.object)
    if (isEmptySelector(selector)) return []
    const home = namespaceKey(service)
    const labels = selectorKeys(selector)
    const nearest = this.#select(selector, [home, ...labels], service, workload => sameNamespace(workload, service))
    return [{ ...nearest, keys: labels.slice(0, 1).map(label => spotIn([home], label)) }]
  }

  /** The Services that select a workload's pods. */
  servicesOf(workload: Workload): readonly Resource[] {
    const services = this.#selections.askersOf(workload.resource.id)
    return services.toSorted().flatMap(service => this.#resources.get(service) ?? [])
  }

  /** Every Service under the root that could select a workload's pods, however far away and whatever is nearer. */
  *servicesThatMaySelect({ resource, pod }: Workload): Iterable<Resource> {
    const labels = labelsOf(pod.template)
    const namespace = namespaceOf(resource.object)
    const homes = namespace === undefined ? [[]] : [[homeKey(namespace)], [homeKey(undefined)]]
    const ways = homes.flatMap(home => labelKeys(labels).map(key => [...home, selectsKey(key)]))
    const found = new Set<Resource>()
    for (const keys of ways) {
      for (const service of this.#services.all(...keys)) {
        if (found.has(service) || stringAt(service.object, 'spec', 'type') === 'ExternalName') continue
        if (!mayShareNamespace(namespaceOf(service.object), namespace)) continue
        const selector = serviceSelector(service.object)
        if (isEmptySelector(selector) || !selects(selector, labels)) continue
        found.add(service)
        yield service
      }
    }
  }

  /**
   * The selectors that may tell pods with these labels from pods with those, wherever they stand.
   *
   * @param versions the workloads that have them: selectors may choose from the pods of Services that may select these
   */
  selectingBy(some: Labels, others: Labels, versions: readonly Workload[]): readonly Selecting[] {
    const asked = Object.keys({ ...some, ...others }).filter(key => some[key] !== others[key])
    // Only their subsets choose so, and few repositories have any.
    const services = this.#kinds.has('DestinationRule')
      ? versions.flatMap(version => [...this.servicesThatMaySelect(version)])
      : []
    const keys = [
      ...asked.flatMap(key => selectingKeys(key, [some[key], others[key]])),
      ...new Set(services.map(({ object }) => hostKey(nameOf(object)))),
    ]
    const owners = new Map(keys.flatMap(key => Array.from(this.#selecting.all(key), owner => [owner.id, owner])))
    return [...owners.values()].flatMap(resource =>
      selectionsOf(resource)
        .filter(({ selector }) => keysAskedFor(selector).some(key => asked.includes(key)))
        .map(selection => ({ resource, selection })),
    )
  }

  /** Every workload whose pods a selector beside an object could select in its namespace, however far away. */
  workloadsThatMayHave(labels: Labels, beside: Resource): readonly Workload[] {
    const selector = mapSelector(labels)
    return [...this.#workloads.all(...selectorKeys(selector))].flatMap(resource => {
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
    return [...this.#namespaces.all(name)]
  }

  /** Every Service of that name under the root. */
  servicesNamed(name: string): readonly Resource[] {
    return [...this.#services.all(`name ${name}`)]
  }

  /** Workloads wherever they stand: all whose pods have a label that the selector wants, or more; all for an empty one. */
  workloadsLike(selector: Selector): readonly Resource[] {
    const [key = 'any'] = selectorKeys(selector)
    return [...this.#workloads.all(key)]
  }

  /** The nearest Services that an object means by a name or by labels, whatever ports they have. */
  servicesMeant(referrer: Resource, to: ServiceByName | ServicesByLabel): readonly Resource[] {
    return nearestServices(referrer, to, this.#services, () => true).flatMap(({ resources }) => resources)
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
    return this.#references.to(service)
  }

  /**
   * The Services that a reference means: the nearest that its words fit and that have such a port. Empty: it dangles,
   * or means no Service's port.
   */
  meantBy(referrer: Resource, reference: PortReference): readonly Resource[] {
    return this.#references.meantBy(referrer, reference)
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
      names.flatMap(name => Array.from(this.#referrers.all(`container port ${name}`), it => [it.id, it] as const)),
    )
    return [...referrers.values()].flatMap(resource =>
      this.referencesOf(resource)
        .filter(({ names: of, port }) => of === 'container-port' && names.includes(String(port)))
        .map(reference => ({ resource, reference })),
    )
  }

  #podsFor(referrer: Resource, to: Referent): readonly { readonly workload: Workload; readonly container?: Pointer }[] {
    switch (to.type) {
      case 'selected':
        return this.workloadsOf(referrer).map(workload => ({ workload }))
      case 'behind':
        return this.servicesMeant(referrer, to.services).flatMap(service =>
          this.workloadsOf(service).map(workload => ({ workload })),
        )
      case 'pods':
        return this.#asWorkloads(
          this.#select(to.selector, selectorKeys(to.selector), referrer, workload =>
            isAmong(to.namespaces, referrer, workload),
          ).resources,
        ).map(workload => ({ workload }))
      case 'workload':
        return this.#asWorkloads(
          this.#workloads.nearest(
            ['any'],
            referrer.path,
            ({ object }) => object.kind === to.kind && nameOf(object) === to.name,
          ).resources,
        ).map(workload => ({ workload }))
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
    ).resources
  }

  #select(
    selector: Selector,
    keys: readonly string[],
    from: Resource,
    accepts: (workload: Resource) => boolean,
  ): Nearest {
    return this.#workloads.nearest(keys, from.path, resource => {
      const pod = podTemplateOf(resource)
      if (pod === undefined || areSeparated(resource, from)) return false
      return accepts(resource) && selects(selector, labelsOf(pod.template))
    })
  }

  #index(keysOf: (resource: Resource) => readonly string[]): NearestIndex {
    return new NearestIndex(keysOf, () => this.#resources.values())
  }
}
