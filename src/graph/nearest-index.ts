import type { Resource } from '../read/resource.ts'

/**
 * Finds resources by key, and of those the ones in the nearest place that has any: the asker's file, its directory,
 * then each ancestor directory's subtree up to the root. So ten examples that all say `app: web` don't meet.
 */
export class NearestIndex {
  /** key → place → resources by id. The place `''` holds all. */
  readonly #places = new Map<string, Map<string, Map<string, Resource>>>()

  add(resource: Resource, keys: Iterable<string>): void {
    const places = placesOf(resource.path)
    for (const key of keys) {
      const byPlace = getOrSet(this.#places, key, () => new Map())
      for (const place of places) getOrSet(byPlace, place, () => new Map()).set(resource.id, resource)
    }
  }

  delete(resource: Resource, keys: Iterable<string>): void {
    const places = placesOf(resource.path)
    for (const key of keys) {
      const byPlace = this.#places.get(key)
      for (const place of places) byPlace?.get(place)?.delete(resource.id)
    }
  }

  /**
   * The accepted resources that stand under all the keys (at least one), in the place nearest to a file; empty where
   * no place has one.
   */
  nearest(keys: readonly string[], path: string, accepts: (resource: Resource) => boolean): readonly Resource[] {
    for (const place of placesOf(path)) {
      const found = [...this.#rarest(keys, place)].filter(accepts)
      if (found.length > 0) return found
    }
    return []
  }

  /** What may stand under all the keys (at least one) in a file. */
  within(path: string, keys: readonly string[]): Iterable<Resource> {
    return this.#rarest(keys, path)
  }

  /** What may stand under all the keys (at least one), wherever it is. */
  all(...keys: readonly string[]): Iterable<Resource> {
    return this.#rarest(keys, '/')
  }

  /** The resources of the key that has the fewest in a place: who asks looks at each anyway. */
  #rarest(keys: readonly string[], place: string): Iterable<Resource> {
    let fewest: ReadonlyMap<string, Resource> | undefined
    for (const key of keys) {
      const there = this.#places.get(key)?.get(place)
      if (there === undefined) return []
      if (fewest === undefined || there.size < fewest.size) fewest = there
    }
    return fewest?.values() ?? []
  }
}

/** The places of a file, nearest first: itself, its directory (`dir/*`), then the subtrees (`dir/`) up to the root (`/`). */
function placesOf(path: string): readonly string[] {
  const segments = path.split('/').slice(0, -1)
  const subtrees = segments.map((_, index) => `${segments.slice(0, segments.length - index).join('/')}/`)
  return [path, `${segments.join('/')}/*`, ...subtrees, '/']
}

function getOrSet<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const present = map.get(key)
  if (present !== undefined) return present
  const made = make()
  map.set(key, made)
  return made
}
