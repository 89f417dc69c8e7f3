import type { Resource } from '../read/resource.ts'

/** What stands under a key: alone, as under most, a few, or many by id. */
type Under = Entry | readonly Entry[] | Map<string, Entry>

/** A key, and what stands under it. */
interface Keyed {
  readonly key: string
  readonly under: Under
}

/** Of so few resources those in a place are found by looking at each. */
const FEW = 8

/** A resource in its present version, under all of its keys. */
interface Entry {
  resource: Resource
}

/** The resources in the place nearest to a file that has any: none in the place that holds all. */
export interface Nearest {
  readonly place: string
  readonly resources: readonly Resource[]
}

/**
 * Finds resources by key, and of those the ones in the nearest place that has any: the asker's file, its directory,
 * then each ancestor directory's subtree up to the root. So ten examples that all say `app: web` don't meet.
 */
export class NearestIndex {
  readonly #keysOf: (resource: Resource) => readonly string[]
  readonly #all: () => Iterable<Resource>
  /** Made when somebody asks first: findings alone never ask some indexes. */
  #made: Map<string, Under> | undefined
  /** key → place → entries by id, of the keys that were asked for by place: few ever are. */
  readonly #places = new Map<string, Map<string, Map<string, Entry>>>()

  /**
   * @param keysOf the keys of a resource; empty: it is not in this index
   * @param all the resources as they are now
   */
  constructor(keysOf: (resource: Resource) => readonly string[], all: () => Iterable<Resource>) {
    this.#keysOf = keysOf
    this.#all = all
  }

  get #entries(): Map<string, Under> {
    if (this.#made !== undefined) return this.#made
    this.#made = new Map()
    for (const resource of this.#all()) this.add(resource)
    return this.#made
  }

  add(resource: Resource): void {
    if (this.#made !== undefined) this.#put(resource, this.#keysOf(resource))
  }

  delete(resource: Resource): void {
    if (this.#made !== undefined) this.#take(resource, this.#keysOf(resource))
  }

  /** Puts a new version in the place of an old one; most changes leave all keys as they are. */
  replace(old: Resource, resource: Resource): void {
    if (this.#made === undefined) return
    const [before, after] = [this.#keysOf(old), this.#keysOf(resource)]
    if (before.length !== after.length || before.some((key, index) => key !== after[index])) {
      this.#take(old, before)
      this.#put(resource, after)
      return
    }
    const [key] = after
    const entry = key === undefined ? undefined : entryIn(this.#made.get(key), old.id)
    if (entry !== undefined) entry.resource = resource
  }

  #put(resource: Resource, keys: readonly string[]): void {
    const entry = { resource }
    for (const key of keys) {
      this.#putUnder(key, entry)
      const byPlace = this.#places.get(key)
      if (byPlace !== undefined) addTo(byPlace, entry)
    }
  }

  #putUnder(key: string, entry: Entry): void {
    const { id } = entry.resource
    const under = this.#entries.get(key)
    if (under === undefined) this.#entries.set(key, entry)
    else if (under instanceof Map) under.set(id, entry)
    else {
      const entries = [...fewIn(under).filter(({ resource }) => resource.id !== id), entry]
      this.#entries.set(key, entries.length > FEW ? new Map(entries.map(each => [each.resource.id, each])) : entries)
    }
  }

  #take({ id, path }: Resource, keys: readonly string[]): void {
    for (const key of keys) {
      const under = this.#entries.get(key)
      if (under instanceof Map) under.delete(id)
      else if (under !== undefined) {
        const left = fewIn(under).filter(({ resource }) => resource.id !== id)
        if (left.length > 0) this.#entries.set(key, left)
        else this.#entries.delete(key)
      }
      const byPlace = this.#places.get(key)
      if (byPlace === undefined) continue
      for (const place of placesOf(path)) byPlace.get(place)?.delete(id)
    }
  }

  /** The accepted resources that stand under all the keys (at least one), in the place nearest to a file. */
  nearest(keys: readonly string[], path: string, accepts: (resource: Resource) => boolean): Nearest {
    const rarest = this.#rarest(keys)
    if (rarest === undefined) return NOWHERE
    const { under } = rarest
    if (sizeOf(under) <= FEW) return nearestAmong(resourcesOf(under).filter(accepts), path)
    for (const place of placesOf(path)) {
      const resources = this.#within(place, rarest).filter(accepts)
      if (resources.length > 0) return { place, resources }
    }
    return NOWHERE
  }

  /** What may stand under all the keys (at least one) in a file. */
  within(path: string, keys: readonly string[]): readonly Resource[] {
    const rarest = this.#rarest(keys)
    return rarest === undefined ? [] : this.#within(path, rarest)
  }

  /** What may stand under all the keys (at least one), wherever it is. */
  *all(...keys: readonly string[]): Iterable<Resource> {
    const under = this.#rarest(keys)?.under
    if (under !== undefined) for (const { resource } of entriesOf(under)) yield resource
  }

  /** Whether anything stands under a key. */
  has(key: string): boolean {
    return this.#rarest([key]) !== undefined
  }

  /** Whether anything but a resource stands under a key. */
  hasBeside(key: string, { id }: Resource): boolean {
    const under = this.#entries.get(key)
    return under !== undefined && sizeOf(under) > (entryIn(under, id) === undefined ? 0 : 1)
  }

  /** The key that has the fewest resources, since who asks looks at each anyway; undefined where a key has none. */
  #rarest(keys: readonly string[]): Keyed | undefined {
    let rarest: Keyed | undefined
    for (const key of keys) {
      const under = this.#entries.get(key)
      if (under === undefined || sizeOf(under) === 0) return undefined
      if (rarest === undefined || sizeOf(under) < sizeOf(rarest.under)) rarest = { key, under }
    }
    return rarest
  }

  #within(place: string, { key, under }: Keyed): readonly Resource[] {
    if (place === ROOT) return resourcesOf(under)
    if (!(under instanceof Map) || under.size <= FEW) return resourcesOf(under).filter(({ path }) => isIn(place, path))
    const here = this.#byPlace(key, under.values()).get(place)
    return here === undefined ? [] : resourcesOf(here)
  }

  #byPlace(key: string, entries: Iterable<Entry>): ReadonlyMap<string, Map<string, Entry>> {
    return getOrSet(this.#places, key, () => {
      const byPlace = new Map<string, Map<string, Entry>>()
      for (const entry of entries) addTo(byPlace, entry)
      return byPlace
    })
  }
}

function fewIn(under: Entry | readonly Entry[]): readonly Entry[] {
  return 'resource' in under ? [under] : under
}

function entriesOf(under: Under): Iterable<Entry> {
  return under instanceof Map ? under.values() : fewIn(under)
}

function entryIn(under: Under | undefined, id: string): Entry | undefined {
  if (under === undefined) return undefined
  return under instanceof Map ? under.get(id) : fewIn(under).find(({ resource }) => resource.id === id)
}

function sizeOf(under: Under): number {
  return under instanceof Map ? under.size : fewIn(under).length
}

function resourcesOf(under: Under): readonly Resource[] {
  return Array.from(entriesOf(under), ({ resource }) => resource)
}

/** Those of few that are in the place nearest to a file. */
function nearestAmong(few: readonly Resource[], path: string): Nearest {
  const isNear = (place: string): boolean => few.some(resource => isIn(place, resource.path))
  const place = placesOf(path).find(isNear) ?? ROOT
  return { place, resources: few.filter(resource => isIn(place, resource.path)) }
}

/** What is nearest to a file among what several ways lead to, each to what is nearest there. */
export function nearestOf(found: readonly Nearest[], path: string): Nearest {
  const [first = NOWHERE, ...others] = found.filter(({ resources }) => resources.length > 0)
  if (others.length === 0) return first
  const place = placesOf(path).find(each => each === first.place || others.some(other => other.place === each)) ?? ROOT
  const there = [first, ...others].flatMap(each => (each.place === place ? each.resources : []))
  return { place, resources: [...new Set(there)] }
}

/** The place that holds all. */
const ROOT = '/'

const NOWHERE: Nearest = { place: ROOT, resources: [] }

function addTo(byPlace: Map<string, Map<string, Entry>>, entry: Entry): void {
  const { id, path } = entry.resource
  for (const place of placesOf(path)) getOrSet(byPlace, place, () => new Map()).set(id, entry)
}

/** The places of a file, nearest first: itself, its directory (`dir/*`), then the subtrees (`dir/`) up to the root (`/`). */
export function placesOf(path: string): readonly string[] {
  if (last.path !== path) last = { path, places: allPlacesOf(path) }
  return last.places
}

/** Questions come one file at a time. */
let last = { path: '', places: allPlacesOf('') }

function allPlacesOf(path: string): readonly string[] {
  const segments = path.split('/').slice(0, -1)
  const subtrees = segments.map((_, index) => `${segments.slice(0, segments.length - index).join('/')}/`)
  return [path, `${segments.join('/')}/*`, ...subtrees, ROOT]
}

/** Whether a file is in a place. */
function isIn(place: string, path: string): boolean {
  if (place === ROOT) return true
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
