/** A JSON Pointer (RFC 6901): `''` is the whole, `/spec/ports/0/name` a place in it. */
export type Pointer = '' | `/${string}`

/** The pointer that the keys spell, each escaped. */
export function pointer(...keys: readonly (string | number)[]): Pointer {
  let text = ''
  for (const key of keys) text += `/${typeof key === 'string' && /[~/]/.test(key) ? escaped(key) : key}`
  return text as Pointer
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** The keys of a pointer, unescaped. */
export function keysOf(at: Pointer): string[] {
  if (at === '') return []
  const keys = at.slice(1).split('/')
  return at.includes('~') ? keys.map(key => key.replaceAll('~1', '/').replaceAll('~0', '~')) : keys
}

/** The pointer to what holds what stands there; the whole has nothing around it but itself. */
export function parentOf(at: Pointer): Pointer {
  return at.slice(0, at.lastIndexOf('/')) as Pointer
}

/** The pointer to what stands at `at` within what stands at `base`. */
export function joined(base: Pointer, at: Pointer): Pointer {
  return `${base}${at}` as Pointer
}

/** What stands there, or undefined where nothing does. Only own properties count. */
export function valueAt(value: unknown, at: Pointer): unknown {
  let current = value
  for (const key of keysOf(at)) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined
    if (Array.isArray(current) && !/^(0|[1-9]\d*)$/.test(key)) return undefined
    current = (current as Record<string, unknown>)[key]
  }
  return current
}

/** `spec.ports[0].name`, as people write places; a key that holds other characters stands in brackets. */
export function dotted(at: Pointer): string {
  const parts = keysOf(at).map(key => {
    if (/^\d+$/.test(key)) return `[${key}]`
    return /^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
  })
  return parts.join('').replace(/^\./, '')
}

/** Sorts places in the order of a document read from its start: list items by number, all other keys by their text. */
export function comparePointers(one: Pointer, other: Pointer): number {
  const [left, right] = [keysOf(one), keysOf(other)]
  for (const [index, key] of left.entries()) {
    const against = right[index]
    if (against === undefined) return 1
    if (key !== against) return Number(key) - Number(against) || (key < against ? -1 : 1)
  }
  return left.length - right.length
}
