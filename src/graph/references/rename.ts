import { keysOf, type Pointer, parentOf, pointer, valueAt } from '../../pointer.ts'
import type { KubeObject } from '../../read/resource.ts'
import type { Json, Span } from '../../read/tree.ts'
import type { Found, Rename, Row } from '../port-references.ts'

/** Replaces the value: most references are a value of their own. */
export const replaceValue: Rename = (_object, { at, port }, name) => [
  { op: 'test', path: at, value: port },
  { op: 'replace', path: at, value: name },
]

/** Moves the member to another key, unless that key is taken. */
export const moveKey: Rename = (object, { at }, name) => {
  const to = sibling(at, name)
  const value = valueAt(object, at)
  if (value === undefined || valueAt(object, to) !== undefined) return undefined
  return [
    { op: 'test', path: at, value: value as Json },
    { op: 'move', from: at, path: to },
  ]
}

/** Replaces the name, or gives one to an entry that has none: the whole entry is the guard then. */
export const replaceOrAdd: Rename = (object, { at }, name) => {
  const present = valueAt(object, at)
  const entry = parentOf(at)
  return present === undefined
    ? [
        { op: 'test', path: entry, value: valueAt(object, entry) as Json },
        { op: 'add', path: at, value: name },
      ]
    : [
        { op: 'test', path: at, value: present as Json },
        { op: 'replace', path: at, value: name },
      ]
}

/** A name within a text: the place is the text's, the span the name's in it. */
export interface Spot extends Found, Span {
  /** The text is JSON, and the span takes the name as a JSON string. */
  readonly json?: true
}

/** A row whose names are parts of longer texts. All of the text but the names stays byte for byte. */
export function textRow({ spots, ...row }: Omit<Row, 'references' | 'rename'> & SpotFinder): Row {
  return {
    ...row,
    references: object => distinct(spots(object)),
    rename(object, found, name) {
      const text = valueAt(object, found.at)
      if (typeof text !== 'string') return undefined
      const key = keyOf(found)
      const renamed = [...spots(object)]
        .filter(spot => keyOf(spot) === key)
        .toSorted((one, other) => other.start - one.start)
        .reduce((rest, spot) => spliced(rest, spot, name), text)
      if (renamed === text) return undefined
      return [
        { op: 'test', path: found.at, value: text },
        { op: 'replace', path: found.at, value: renamed },
      ]
    },
  }
}

interface SpotFinder {
  spots(object: KubeObject): Iterable<Spot>
}

function spliced(text: string, { start, end, json }: Spot, name: string): string {
  return text.slice(0, start) + (json ? JSON.stringify(name) : name) + text.slice(end)
}

function distinct(spots: Iterable<Spot>): Iterable<Found> {
  return new Map([...spots].map(spot => [keyOf(spot), { at: spot.at, port: spot.port, to: spot.to }])).values()
}

/** What tells the ports of two Services in one text apart. */
function keyOf({ at, port, to }: Found): string {
  return JSON.stringify([at, port, to])
}

function sibling(at: Pointer, name: string): Pointer {
  return pointer(...keysOf(at).slice(0, -1), name)
}
