import type { Resource } from '../read/resource.ts'
import type { ResourceGraph } from './graph.ts'

/** Which Services select which workloads, both ways and by id: what was asked for and still holds. */
export class SelectionMemory {
  readonly #workloadsOf = new Map<string, readonly string[]>()
  readonly #servicesOf = new Map<string, readonly string[]>()

  workloadsOf(service: string, find: () => readonly string[]): readonly string[] {
    return remembered(this.#workloadsOf, service, find)
  }

  servicesOf(workload: string, find: () => readonly string[]): readonly string[] {
    return remembered(this.#servicesOf, workload, find)
  }

  /**
   * Makes a change, and forgets who selected and who selects whom as far as these versions of an object have a part in
   * it: where a workload goes, its Services may select another one that is farther away.
   */
  change(versions: readonly Resource[], graph: ResourceGraph, make: () => void): void {
    const services = versions.flatMap(version => {
      const workload = graph.workload(version)
      return graph.isService(version) ? [version] : workload === undefined ? [] : graph.servicesThatMaySelect(workload)
    })
    const ids = new Set([...versions, ...services].map(({ id }) => id))
    this.#forget(ids, graph)
    make()
    this.#forget(ids, graph)
  }

  #forget(ids: Iterable<string>, graph: ResourceGraph): void {
    for (const id of ids) {
      const service = graph.resource(id)
      const selected = service === undefined ? [] : graph.workloadsOf(service)
      for (const { resource } of selected) this.#servicesOf.delete(resource.id)
      this.#workloadsOf.delete(id)
      this.#servicesOf.delete(id)
    }
  }
}

function remembered(
  memory: Map<string, readonly string[]>,
  id: string,
  find: () => readonly string[],
): readonly string[] {
  const known = memory.get(id)
  if (known !== undefined) return known
  const found = find()
  memory.set(id, found)
  return found
}
