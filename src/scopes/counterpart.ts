import { isSame } from '../json-patch.ts'
import { keysOf, type Pointer, pointer, valueAt } from '../pointer.ts'
import { at, isMap } from '../read/json.ts'
import type { Json } from '../read/tree.ts'

/** Members that tell the items of Kubernetes' lists apart, the best first. */
const IDENTITIES = ['name', 'containerPort', 'port', 'host', 'path', 'key', 'mountPath'] as const

/**
 * The place in another version of an object (its source, or a patch of it) that a place means: items of lists are found
 * by what they are, since their order and number may differ. Undefined where there is none. What is to be added may be
 * absent at the end of the way.
 */
export function counterpartOf(place: Pointer, from: Json, to: Json): Pointer | undefined {
  const keys: (string | number)[] = []
  let [here, there]: readonly (Json | undefined)[] = [from, to]
  const path = keysOf(place)
  for (const [index, key] of path.entries()) {
    if (Array.isArray(there)) {
      if (key === '-') return index === path.length - 1 ? pointer(...keys, '-') : undefined
      if (!Array.isArray(here)) return undefined
      const found = itemLike(here, Number(key), there)
      if (found === undefined) return undefined
      keys.push(found)
      ;[here, there] = [here[Number(key)], there[found]]
      continue
    }
    if (!isMap(there)) return undefined
    keys.push(key)
    ;[here, there] = [
      isMap(here) || Array.isArray(here) ? (valueAt(here, pointer(key)) as Json) : undefined,
      at(there, key),
    ]
    if (there === undefined && index < path.length - 1) return undefined
  }
  return pointer(...keys)
}

function itemLike(from: readonly Json[], index: number, to: readonly Json[]): number | undefined {
  const item = from[index] ?? null
  const only = (accepts: (other: Json) => boolean): number | undefined => {
    const found = to.flatMap((other, place) => (accepts(other) ? [place] : []))
    return found.length === 1 ? found[0] : undefined
  }
  const same = only(other => isSame(other, item))
  if (same !== undefined) return same
  for (const key of IDENTITIES) {
    const value = at(item, key)
    const found = value === undefined ? undefined : only(other => isSame(at(other, key) ?? null, value))
    if (found !== undefined) return found
  }
  return from.length === to.length ? index : undefined
}
