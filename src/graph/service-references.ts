import { comparePointers } from '../pointer.ts'
import type { Resource } from '../read/resource.ts'
import { spotsOfService } from './index-keys.ts'
import type { NearestIndex } from './nearest-index.ts'
import { type Answer, NearestMemory } from './nearest-memory.ts'
import { nearestServices, wordsFor } from './nearest-services.ts'
import { type PortReference, referencesIn } from './port-references.ts'
import { portNumber } from './service-ports.ts'

/** A reference to a port, and the object that holds it. */
export interface Referrer {
  readonly resource: Resource
  readonly reference: PortReference
}

/** Which references mean the ports of which Services: the nearest that the words fit and that have such a port. */
export class ServiceReferences {
  readonly #resources: ReadonlyMap<string, Resource>
  readonly #services: NearestIndex
  readonly #memory: NearestMemory
  /** What was asked since the last change: of an object with many references the proof asks for each again and again. */
  readonly #answers = new Map<PortReference, readonly Answer[]>()

  /**
   * @param resources by id, as they are now
   * @param services the Services among them
   */
  constructor(resources: ReadonlyMap<string, Resource>, services: NearestIndex) {
    this.#resources = resources
    this.#services = services
    this.#memory = new NearestMemory(
      () => resources.keys(),
      id => this.#answersOf(id),
    )
  }

  /** What refers to a port of a Service, in the order of files, documents and items. */
  to(service: Resource): readonly Referrer[] {
    const referrers = this.#memory.askersOf(service.id).flatMap(id => this.#resources.get(id) ?? [])
    return referrers.toSorted(inOrder).flatMap(resource =>
      referencesIn(resource)
        .filter(reference => this.#means(resource, reference, service))
        .map(reference => ({ resource, reference })),
    )
  }

  /** The Services that a reference means. Empty: it dangles, or means no Service's port. */
  meantBy(referrer: Resource, reference: PortReference): readonly Resource[] {
    return this.#answersTo(referrer, reference).flatMap(({ resources }) => resources)
  }

  /** Forgets what a version of an object refers to, and what may refer to it. */
  forget(version: Resource): void {
    this.#answers.clear()
    this.#memory.forget(version.id)
    this.#memory.forgetAround(version, spotsOfService(version))
  }

  #means(referrer: Resource, reference: PortReference, service: Resource): boolean {
    const to = wordsFor(reference.to, service)
    if (to === undefined) return false
    const asked = to === reference.to ? reference : { ...reference, to }
    return this.meantBy(referrer, asked).some(({ id }) => id === service.id)
  }

  #answersOf(id: string): readonly Answer[] {
    const referrer = this.#resources.get(id)
    if (referrer === undefined) return []
    return referencesIn(referrer).flatMap(reference => this.#answersTo(referrer, reference))
  }

  #answersTo(referrer: Resource, reference: PortReference): readonly Answer[] {
    const { to, port, names } = reference
    if (names !== 'service-port' || to.type === 'self') return []
    const known = this.#answers.get(reference)
    if (known !== undefined) return known
    const hasPort = ({ object }: Resource): boolean => portNumber(object, port) !== undefined
    const answers = nearestServices(referrer, to, this.#services, hasPort)
    this.#answers.set(reference, answers)
    return answers
  }
}

function inOrder(one: Resource, other: Resource): number {
  if (one.path !== other.path) return one.path < other.path ? -1 : 1
  return one.document - other.document || comparePointers(one.base, other.base)
}
