import type { Resource } from '../read/resource.ts'

/** A key, and what stands under it: by id. */
interface KeyedResources {
  readonly key: string
  readonly resources: ReadonlyMap<string, Resource>
}

/** Of so few resources those in a place are found by looking at each. */
const FEW = 8

/**
 * Finds resources by key, and of those the ones in the nearest place that has any: the asker's file, its directory,
 * then each ancestor directory's subtree up to the root. So ten examples that all say `app: web` don't meet.
 */
export class NearestIndex {
  readonly #keysOf: (resource: Resource) => Iterable<string>
  /** What was put in since somebody asked: findings alone never ask for some indexes. */
  #waiting: Resource[] = []
  readonly #resources = new Map<string, Map<string, Resource>>()
  /** key → place → resources by id, of the keys that were asked for by place: few ever are. */
  readonly #places = new Map<string, Map<string, Map<string, Resource>>>()

  constructor(keysOf: (resource: Resource) => Iterable<string>) {
    this.#keysOf = keysOf
  }

  add(resource: Resource): void {
    this.#waiting.push(resource)
  }

  #settle(): void {
    for (const resource of this.#waiting) {
      for (const key of this.#keysOf(resource)) {
        getOrSet(this.#resources, key, () => new Map()).set(resource.id, resource)
        const byPlace = this.#places.get(key)
        if (byPlace !== undefined) addTo(byPlace, resource)
      }
    }
    this.#waiting = []
  }

  delete(resource: Resource): void {
    this.#settle()
    for (const key of this.#keysOf(resource)) {
      this.#resources.get(key)?.delete(resource.id)
      const byPlace = this.#places.get(key)
      if (byPlace === undefined) continue
      for (const place of placesOf(resource.path)) byPlace.get(place)?.delete(resource.id)
    }
  }

  /**
   * The accepted resources that stand under all the keys (at least one), in the place nearest to a file; empty where
   * no place has one.
   */
  nearest(keys: readonly string[], path: string, accepts: (resource: Resource) => boolean): readonly Resource[] {
    const rarest = this.#rarest(keys)
    if (rarest === undefined) return []
    for (const place of placesOf(path)) {
      const found = [...this.#within(place, rarest)].filter(accepts)
      if (found.length > 0) return found
    }
    return []
  }

  /** What may stand under all the keys (at least one) in a file. */
  within(path: string, keys: readonly string[]): Iterable<Resource> {
    const rarest = this.#rarest(keys)
    return rarest === undefined ? [] : this.#within(path, rarest)
  }

  /** What may stand under all the keys (at least one), wherever it is. */
  all(...keys: readonly string[]): Iterable<Resource> {
    const rarest = this.#rarest(keys)
    return rarest === undefined ? [] : rarest.resources.values()
  }

  /** Whether anything but a resource stands under a key. */
  hasBeside(key: string, { id }: Resource): boolean {
    const found = this.#under(key)
    return found !== undefined && found.size > (found.has(id) ? 1 : 0)
  }

  #under(key: string): ReadonlyMap<string, Resource> | undefined {
    if (this.#waiting.length > 0) this.#settle()
    return this.#resources.get(key)
  }

  /** The key that has the fewest resources, since who asks looks at each anyway; undefined where a key has none. */
  #rarest(keys: readonly string[]): KeyedResources | undefined {
    let rarest: KeyedResources | undefined
    for (const key of keys) {
      const resources = this.#under(key)
      if (resources === undefined || resources.size === 0) return undefined
      if (rarest === undefined || resources.size < rarest.resources.size) rarest = { key, resources }
    }
    return rarest
  }

  #within(place: string, { key, resources }: KeyedResources): Iterable<Resource> {
    if (place === ROOT) return resources.values()
    if (resources.size <= FEW) return [...resources.values()].filter(({ path }) => isIn(place, path))
    return this.#byPlace(key, resources.values()).get(place)?.values() ?? []
  }

  #byPlace(key: string, resources: Iterable<Resource>): ReadonlyMap<string, ReadonlyMap<string, Resource>> {
    return getOrSet(this.#places, key, () => {
      const byPlace = new Map<string, Map<string, Resource>>()
      for (const resource of resources) addTo(byPlace, resource)
      return byPlace
    })
  }
}

/** The place that holds all. */
const ROOT = '/'

function addTo(byPlace: Map<string, Map<string, Resource>>, resource: Resource): void {
  for (const place of placesOf(resource.path)) getOrSet(byPlace, place, () => new Map()).set(resource.id, resource)
}

/** The places of a file, nearest first: itself, its directory (`dir/*`), then the subtrees (`dir/`) up to the root (`/`). */
function placesOf(path: string): readonly string[] {
  const segments = path.split('/').slice(0, -1)
  const subtrees = segments.map((_, index) => `${segments.slice(0, segments.length - index).join('/')}/`)
  return [path, `${segments.join('/')}/*`, ...subtrees, ROOT]
}

/** Whether a file is in a place. */
function isIn(place: string, path: string): boolean {
  if (place.endsWith('/')) return path.startsWith(place)
  return place.endsWith('/*') ? `${path.slice(0, Math.max(path.lastIndexOf('/'), 0))}/*` === place : path === place
}

function getOrSet<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const present = map.get(key)
  if (present !== undefined) return present
  const made = make()
  map.set(key, made)
  return made
}
