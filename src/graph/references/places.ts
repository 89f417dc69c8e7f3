import { joined, type Pointer, pointer } from '../../pointer.ts'
import { at, isMap, stringAt } from '../../read/json.ts'
import type { Json } from '../../read/tree.ts'
import type { Found, Referent, ServiceByName } from '../port-references.ts'

/** Stands for the only port of a Service, where a referrer may leave the port out (Istio's destinations). */
export const ONLY_PORT = 0

/** A value and where it stands in its object. */
export interface Place {
  readonly value: Json
  readonly at: Pointer
}

/**
 * The places that the paths lead to, as far as they exist. Keys are joined by dots; `*` is every item of a list or
 * every member of a map.
 */
export function places(value: Json, ...paths: readonly string[]): readonly Place[] {
  return within({ value, at: '' }, ...paths)
}

/** The same, from a place within an object; a path may be a list of keys as well. */
export function within(start: Place, ...paths: readonly (string | readonly string[])[]): readonly Place[] {
  const found: Place[] = []
  for (const path of paths) follow(start, typeof path === 'string' ? keysIn(path) : path, 0, found)
  return found
}

/** The paths of the table are few, and each is followed in every object. */
const split = new Map<string, readonly string[]>()

function keysIn(path: string): readonly string[] {
  const known = split.get(path)
  if (known !== undefined) return known
  const keys = path.split('.')
  split.set(path, keys)
  return keys
}

/** @param next which of the keys comes next */
function follow(place: Place, keys: readonly string[], next: number, found: Place[]): void {
  const key = keys[next]
  if (key === undefined) {
    found.push(place)
    return
  }
  const { value } = place
  if (key !== '*') {
    if (isMap(value) && Object.hasOwn(value, key)) follow(member(place, key), keys, next + 1, found)
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      follow({ value: item, at: joined(place.at, pointer(index)) }, keys, next + 1, found)
  } else if (isMap(value)) for (const name of Object.keys(value)) follow(member(place, name), keys, next + 1, found)
}

/** The member of that key; null where there is none. */
export function member(place: Place, key: string): Place {
  return { value: at(place.value, key) ?? null, at: joined(place.at, pointer(key)) }
}

/** A Service by name, if there is a name. An empty namespace is the referrer's own, as in the API. */
export function service(name: string | undefined, namespace?: string): ServiceByName | undefined {
  if (!name) return undefined
  return namespace ? { type: 'service', name, namespace } : { type: 'service', name }
}

/** The Service that a map names by `name` and, if it may, `namespace`. */
export function serviceIn({ value }: Place): ServiceByName | undefined {
  return service(stringAt(value, 'name'), stringAt(value, 'namespace'))
}

/**
 * The Service that a host name means: `web`, `web.shop` (which an external host can look like, and then no Service
 * fits), `web.shop.svc`, `web.shop.svc.cluster.local`.
 */
export function serviceOfHost(host: string | undefined): ServiceByName | undefined {
  const match = /^([a-z0-9-]+)(?:\.([a-z0-9-]+)(?:\.svc(?:\.[a-z0-9.-]+)?)?)?\.?$/i.exec(host ?? '')
  return service(match?.[1], match?.[2])
}

/**
 * A port in a field that takes names and numbers. Digits in text are a number: a name has a letter in it
 * (apimachinery IsValidPortName).
 */
export function portOf(value: Json | undefined): string | number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined
  if (typeof value !== 'string' || value === '') return undefined
  return /^\d+$/.test(value) ? Number(value) : value
}

/** The port in a member that takes names and numbers. */
export function portIn(place: Place, key: string, to: Referent | undefined): readonly Found[] {
  return found(member(place, key), portOf, to)
}

/** The port in a member that takes names only. */
export function nameIn(place: Place, key: string, to: Referent | undefined): readonly Found[] {
  return found(member(place, key), value => (typeof value === 'string' && value !== '' ? value : undefined), to)
}

/** The port in a member that takes numbers only, or the API's default. */
export function numberIn(place: Place, key: string, to: Referent | undefined, fallback?: number): readonly Found[] {
  return found(member(place, key), value => (typeof value === 'number' ? portOf(value) : fallback), to)
}

/** The port that the value of a place is. */
export function portAt(place: Place, to: Referent | undefined): readonly Found[] {
  return found(place, portOf, to)
}

function found(
  place: Place,
  read: (value: Json) => string | number | undefined,
  to: Referent | undefined,
): readonly Found[] {
  const port = read(place.value)
  return port === undefined || to === undefined ? [] : [{ at: place.at, port, to }]
}

/** The kinds of some groups, as rows name them. */
export function kindsOf(groups: readonly string[], kinds: readonly string[]): readonly string[] {
  return groups.flatMap(group => kinds.map(kind => `${group}/${kind}`))
}
