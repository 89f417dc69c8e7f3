import type { Fix } from '../fix/fixer.ts'
import { type Operation, PatchError, patched } from '../json-patch.ts'
import { joined, type Pointer, pointer } from '../pointer.ts'
import { isMap } from '../read/json.ts'
import type { Repository } from '../read/repository.ts'
import type { Json } from '../read/tree.ts'

/** Everything that was rendered, document by document: `path#index` → its value. */
export type State = ReadonlyMap<string, Json>

/** What a rendered repository holds, and what of it can't be read. */
export function stateOf({ files }: Repository): State {
  return new Map(
    [...files].flatMap(([path, { parsed }]) => [
      ...parsed.documents.map(({ index, value }) => [`${path}#${index}`, value] as const),
      ...parsed.errors.map(({ document, message }) => [`${path}#${document}`, message] as const),
    ]),
  )
}

/** The state as a fix leaves it; undefined where it doesn't apply, or adds what no value can add: objects. */
export function stateAfter(state: State, { changes, creates = [] }: Fix): State | undefined {
  if (creates.length > 0) return undefined
  const after = new Map(state)
  try {
    for (const { resource, operations } of changes) {
      const key = `${resource.path}#${resource.document}`
      const rebased = operations.map(operation => rebase(operation, resource.base))
      after.set(key, patched(after.get(key) ?? null, rebased))
    }
    return after
  } catch (error) {
    if (error instanceof PatchError) return undefined
    throw error
  }
}

function rebase(operation: Operation, base: Pointer): Operation {
  const path = joined(base, operation.path)
  return 'from' in operation ? { ...operation, path, from: joined(base, operation.from) } : { ...operation, path }
}

/** The places where two states are not the same, each as far down as both have something there. */
export function differences(one: State, other: State): ReadonlySet<string> {
  const found = new Set<string>()
  for (const key of new Set([...one.keys(), ...other.keys()])) compare(one.get(key), other.get(key), key, found)
  return found
}

function compare(one: Json | undefined, other: Json | undefined, place: string, found: Set<string>): void {
  if (one === other) return
  const isComparable =
    (isMap(one) && isMap(other)) || (Array.isArray(one) && Array.isArray(other) && one.length === other.length)
  if (!isComparable) {
    found.add(place)
    return
  }
  const [left, right] = [one, other] as readonly { readonly [key: string]: Json }[]
  const own = (map: { readonly [key: string]: Json } | undefined, key: string): Json | undefined =>
    map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)]))
    compare(own(left, key), own(right, key), `${place}${pointer(key)}`, found)
}

/** The differences that are not below a place where every rendering differs from the one before. */
export function lasting(found: ReadonlySet<string>, volatile: ReadonlySet<string>): readonly string[] {
  return [...found].filter(place => ![...volatile].some(other => place === other || place.startsWith(`${other}/`)))
}
