import type { Json } from './tree.ts'

/** A JSON object. */
export type JsonMap = { readonly [key: string]: Json }

/** Whether the value is a JSON object. */
export function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What stands under the keys, one below the other; undefined where a key is missing or something else is in the way. */
export function at(value: Json | undefined, ...keys: readonly string[]): Json | undefined {
  let current = value
  for (const key of keys) current = isMap(current) ? ownMember(current, key) : undefined
  return current
}

/** JSON holds no functions: all that a map inherits is one, but for its prototype. That takes half as long as to ask. */
function ownMember(map: JsonMap, key: string): Json | undefined {
  const value: unknown = map[key]
  return typeof value === 'function' || (key === '__proto__' && !Object.hasOwn(map, key)) ? undefined : (value as Json)
}

const NO_ENTRIES: JsonMap = Object.freeze({})

/** The object under the keys; an empty one where there is none. Manifests hold anything, so readers never trust a shape. */
export function mapAt(value: Json | undefined, ...keys: readonly string[]): JsonMap {
  const found = at(value, ...keys)
  return isMap(found) ? found : NO_ENTRIES
}

const NO_ITEMS: readonly Json[] = Object.freeze([])

/** The list under the keys; an empty one where there is none. */
export function listAt(value: Json | undefined, ...keys: readonly string[]): readonly Json[] {
  const found = at(value, ...keys)
  return Array.isArray(found) ? found : NO_ITEMS
}

/** The string under the keys; undefined where something else or nothing stands there. */
export function stringAt(value: Json | undefined, ...keys: readonly string[]): string | undefined {
  const found = at(value, ...keys)
  return typeof found === 'string' ? found : undefined
}

/** The number under the keys; undefined where something else or nothing stands there. */
export function numberAt(value: Json | undefined, ...keys: readonly string[]): number | undefined {
  const found = at(value, ...keys)
  return typeof found === 'number' ? found : undefined
}

/** The entries of the object under the keys whose values are strings: labels, annotations, selectors. */
export function stringsAt(value: Json | undefined, ...keys: readonly string[]): Readonly<Record<string, string>> {
  const map = mapAt(value, ...keys)
  if (isOfStrings(map)) return map
  return Object.fromEntries(Object.entries(map).filter(([, text]) => typeof text === 'string')) as Record<
    string,
    string
  >
}

function isOfStrings(map: JsonMap): map is Readonly<Record<string, string>> {
  for (const key of Object.keys(map)) if (typeof map[key] !== 'string') return false
  return true
}

/** What a table says of a key that comes from a manifest: own members only, so `constructor` finds nothing. */
export function lookUp<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
