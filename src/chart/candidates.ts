import { isSame } from '../json-patch.ts'
import { keysOf, type Pointer, pointer } from '../pointer.ts'
import { isMap } from '../read/json.ts'
import type { Json } from '../read/tree.ts'
import { mayHold, wordsOf } from './words.ts'

/** Something that a fix writes in a rendered object. */
export interface Wish {
  /** The place in the object; `-` is the one behind a list's last. */
  readonly at: Pointer
  readonly kind: string
  /** What stands there now; undefined: nothing. */
  readonly old: Json | undefined
  /** The map or list that it stands in. */
  readonly around: Json | undefined
  readonly to: Json
  /** The vendored chart that makes the object, as the keys under which it finds its values; empty for the chart itself. */
  readonly scope: readonly string[]
}

/** A change of one value. */
export interface Candidate {
  /** The place in the merged values; `-` is the one behind a list's last. */
  readonly at: Pointer
  readonly op: 'add' | 'replace'
  readonly value: Json
}

/** Whether a value must be left alone, and not be shown: it may be a secret. */
export type IsHidden = (key: string, value: Json) => boolean

/** A value of the chart. */
interface Value {
  readonly at: Pointer
  readonly keys: readonly string[]
  readonly value: Json
}

interface Ranked extends Candidate {
  readonly rank: number
}

/** How likely a value of each sort decides, before the words of its keys are looked at. */
const RANKS = { same: 100, around: 90, part: 80, empty: 60, named: 20 } as const

/**
 * The changes of one value that could do what a fix does, the likeliest first: of values that the object has now, or a
 * part of it; of empty ones that are called like what the fix adds; of others that are called so.
 */
export function candidatesFor(wishes: readonly Wish[], values: Json, isHidden: IsHidden): readonly Candidate[] {
  const all = [...valuesIn(values, [], isHidden)]
  const ranked = wishes.flatMap(wish =>
    all.filter(({ keys }) => isSeen(keys, wish.scope)).flatMap(value => changesOf(value, wish)),
  )
  const seen = new Set<string>()
  return ranked
    .toSorted((one, other) => other.rank - one.rank)
    .flatMap(({ at, op, value }) => {
      const key = `${at} ${JSON.stringify(value)}`
      if (seen.has(key)) return []
      seen.add(key)
      return [{ at, op, value }]
    })
}

function* valuesIn(value: Json, keys: readonly string[], isHidden: IsHidden): Iterable<Value> {
  if (isHidden(keys.at(-1) ?? '', value)) return
  if (keys.length > 0) yield { at: pointer(...keys), keys, value }
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) yield* valuesIn(member, [...keys, key], isHidden)
}

/** A vendored chart sees what stands under its own name, and what is global. */
function isSeen(keys: readonly string[], scope: readonly string[]): boolean {
  if (keys[0] === 'global') return true
  return scope.every((key, index) => keys[index] === key || keys[index] === 'global')
}

function changesOf(value: Value, wish: Wish): readonly Ranked[] {
  const { to, at } = wish
  const isItem = keysOf(at).at(-1) === '-'
  if (isItem) return itemChanges(value, wish)
  return [...(isScalar(to) ? scalarChanges(value, wish) : []), ...memberChanges(value, wish)]
}

/** Of a value that is a scalar: all of what the fix writes, or the part of it that it is now. */
function scalarChanges({ at, keys, value }: Value, wish: Wish): readonly Ranked[] {
  const { old, to } = wish
  if (!isScalar(value)) return []
  const replaced = (rank: number, fresh: Json): readonly Ranked[] => [
    { at, op: 'replace', value: fresh, rank: rank + closeness(keys, wish) },
  ]
  if (isEmpty(value)) return mayHold(keys.at(-1) ?? '', lastKey(wish)) ? replaced(RANKS.empty, to) : []
  if (isScalar(old) && old !== undefined && String(old) === String(value)) return replaced(RANKS.same, to)
  const part = partOf(String(value), old, to)
  if (part !== undefined) return replaced(RANKS.part, part)
  const isNamed = mayHold(keys.at(-1) ?? '', lastKey(wish)) && closeness(keys, wish) > 1
  return isNamed && typeof value === 'string' ? replaced(RANKS.named, to) : []
}

/** Of a map, or of nothing where one may stand: the member that the fix adds, or the whole map. */
function memberChanges({ at, keys, value }: Value, wish: Wish): readonly Ranked[] {
  const { around, to, old } = wish
  const close = closeness(keys, wish)
  const key = lastKey(wish)
  if (isMap(value) && Object.keys(value).length > 0) {
    const isPart = isMap(around) && Object.entries(value).every(([own, member]) => isSame(around[own] ?? null, member))
    const change = { at: `${at}${pointer(key)}`, op: 'add', value: to, rank: RANKS.around + close } as const
    return isPart ? [change] : []
  }
  if (!isEmpty(value) || old !== undefined) return []
  const whole = { at, op: 'replace', rank: RANKS.empty + close } as const
  if (!isScalar(to) && mayHold(keys.at(-1) ?? '', key)) return [{ ...whole, value: to }]
  const parent = keysOf(wish.at).at(-2) ?? ''
  const isMapWanted = value === null || isMap(value)
  return isMapWanted && !isIndex(parent) && mayHold(keys.at(-1) ?? '', parent)
    ? [{ ...whole, value: { [key]: to } }]
    : []
}

/** Of a list, or of nothing where one may stand: the item that the fix adds. */
function itemChanges({ at, keys, value }: Value, wish: Wish): readonly Ranked[] {
  const { around, to } = wish
  const close = closeness(keys, wish)
  if (Array.isArray(value) && value.length > 0) {
    const isPart = Array.isArray(around) && value.every(item => around.some(other => isSame(item, other)))
    return isPart ? [{ at: `${at}/-`, op: 'add', value: to, rank: RANKS.around + close }] : []
  }
  const isListWanted = value === null || Array.isArray(value)
  return isListWanted && mayHold(keys.at(-1) ?? '', keysOf(wish.at).at(-2) ?? '')
    ? [{ at, op: 'replace', value: [to], rank: RANKS.empty + close }]
    : []
}

/** `shop` of `shop-web` for `shop-http-web`: what stands around it stays. */
function partOf(part: string, old: Json | undefined, to: Json): string | undefined {
  if (typeof old !== 'string' || typeof to !== 'string' || part.length < 2) return undefined
  const start = old.indexOf(part)
  if (start < 0) return undefined
  const [before, behind] = [old.slice(0, start), old.slice(start + part.length)]
  const isAround = to.startsWith(before) && to.endsWith(behind) && to.length > before.length + behind.length
  return isAround ? to.slice(before.length, to.length - behind.length) : undefined
}

/** How many words of a value's keys are words of the place as well. */
function closeness(keys: readonly string[], { at, kind }: Wish): number {
  const words = new Set([...keysOf(at), kind].flatMap(wordsOf).map(word => (word === 'template' ? 'pod' : word)))
  return new Set(keys.flatMap(wordsOf).filter(word => words.has(word))).size
}

function lastKey({ at }: Wish): string {
  return keysOf(at).at(-1) ?? ''
}

function isScalar(value: Json | undefined): value is null | boolean | number | string {
  return typeof value !== 'object' || value === null
}

function isEmpty(value: Json): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
}

function isIndex(key: string): boolean {
  return /^\d+$/.test(key)
}
