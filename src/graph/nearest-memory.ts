import type { Resource } from '../read/resource.ts'
import { type Nearest, placesOf } from './nearest-index.ts'

/** What is nearest to an asker, and the keys under which something else in that place could be found instead. */
export interface Answer extends Nearest {
  readonly keys: readonly string[]
}

/**
 * Who finds whom as the nearest, both ways: asked once, and again only where something has changed in a place that the
 * answer was found in. What happens beyond the nearest place that has any can't change an answer.
 */
export class NearestMemory {
  readonly #askers: () => Iterable<string>
  readonly #ask: (id: string) => readonly Answer[]
  /** What those who have an answer found: mostly one, which is kept without a list. */
  readonly #found = new Map<string, string | readonly string[]>()
  /** Who asks again before somebody wants to know who finds what; undefined: all do. */
  #unasked: Set<string> | undefined
  readonly #askersByFound = new Relation()
  /** Also those who don't depend on it any more: they ask once too often. */
  readonly #askersBySpot = new Relation()

  /**
   * @param askers the ids of all who may ask
   * @param ask the present answers for an id
   */
  constructor(askers: () => Iterable<string>, ask: (id: string) => readonly Answer[]) {
    this.#askers = askers
    this.#ask = ask
  }

  /** The ids of what an asker finds. */
  foundBy(asker: string): readonly string[] {
    const known = this.#found.get(asker)
    if (known !== undefined) return listOf(known)
    const answers = this.#ask(asker)
    if (answers.length === 0) return []
    const found = [...new Set(answers.flatMap(({ resources }) => resources.map(({ id }) => id)))]
    const [first, ...others] = found
    this.#found.set(asker, first !== undefined && others.length === 0 ? first : found)
    for (const id of found) this.#askersByFound.add(id, asker)
    for (const { place, keys } of answers) for (const key of keys) this.#askersBySpot.add(spotOf(place, key), asker)
    return found
  }

  /** The ids of all who find an object. */
  askersOf(found: string): readonly string[] {
    for (const asker of this.#unasked ?? this.#askers()) this.foundBy(asker)
    this.#unasked = new Set()
    return this.#askersByFound.of(found)
  }

  /** Forgets what an asker found, since it will ask otherwise. */
  forget(asker: string): void {
    this.#unasked?.add(asker)
    for (const id of listOf(this.#found.get(asker) ?? [])) this.#askersByFound.delete(id, asker)
    this.#found.delete(asker)
  }

  /** Forgets the answers that an object could be among, or could have been, under these keys. */
  forgetAround({ path }: Resource, keys: readonly string[]): void {
    for (const place of placesOf(path)) {
      for (const key of keys) for (const asker of this.#askersBySpot.take(spotOf(place, key))) this.forget(asker)
    }
  }
}

function listOf(found: string | readonly string[]): readonly string[] {
  return typeof found === 'string' ? [found] : found
}

function spotOf(place: string, key: string): string {
  return `${key} in ${place}`
}

/** Who is related to whom, by id: of most there is one, which is kept without a set. */
class Relation {
  readonly #related = new Map<string, string | Set<string>>()

  of(id: string): readonly string[] {
    const related = this.#related.get(id)
    if (related === undefined) return []
    return typeof related === 'string' ? [related] : [...related]
  }

  take(id: string): readonly string[] {
    const related = this.of(id)
    this.#related.delete(id)
    return related
  }

  add(id: string, other: string): void {
    const related = this.#related.get(id)
    if (related === undefined) this.#related.set(id, other)
    else if (typeof related !== 'string') related.add(other)
    else if (related !== other) this.#related.set(id, new Set([related, other]))
  }

  delete(id: string, other: string): void {
    const related = this.#related.get(id)
    if (related === other) this.#related.delete(id)
    else if (related instanceof Set) related.delete(other)
  }
}
