import { nodeAt } from './place.ts'
import { PlainLines, UNSURE } from './plain-lines.ts'
import { plainKey, plainScalar, type Scalar } from './scalars.ts'
import type { Json, MapEntry, Node, ParsedDocument, SequenceItem, Span } from './tree.ts'

/**
 * Reads the plain subset of YAML that nearly every manifest keeps to: block collections, one-line scalars, brackets in
 * one line, block scalars without a digit; and documents between brackets, such as JSON. It gives exactly what the full
 * reader gives, or undefined: where it isn't sure it hands the document over, and it never guesses.
 */
export function plainDocument(text: string, span: Span, index: number): ParsedDocument | undefined {
  if (UNUSUAL.test(text.slice(span.start, span.end))) return undefined
  try {
    return new PlainDocument(text, span, index)
  } catch (error) {
    if (error === UNSURE) return undefined
    throw error
  }
}

/** Control characters but tabs, line breaks that aren't LF or CRLF, byte order marks. */
const UNUSUAL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff]|\r(?!\n)/

/** How many trees are kept: an edit asks for the same one several times, and all of them would be most of the memory. */
const TREES = 64

/**
 * So many places are searched for in the text; in a List of many objects more are asked for, and the tree pays. Between
 * brackets it does at once, since nothing there can be skipped.
 */
const SEARCHES = 16

/**
 * The tree of spans is made where somebody asks: for most documents nobody does. It is made again for those who ask much
 * later.
 */
class PlainDocument implements ParsedDocument {
  /** Those that have their tree, the one that was asked for last at the end. */
  static readonly #recent = new Set<PlainDocument>()

  readonly start: number
  readonly end: number
  readonly index: number
  readonly value: Json
  readonly #text: string
  #root: Node | undefined
  #searches: number

  /** @throws {typeof UNSURE} */
  constructor(text: string, { start, end }: Span, index: number) {
    this.start = start
    this.end = end
    this.index = index
    const reader = new PlainReader(text, { start, end })
    this.value = reader.document()
    this.#text = text
    this.#searches = reader.isBracketed ? SEARCHES : 0
  }

  get root(): Node {
    const root = this.#root ?? new PlainReader(this.#text, this, NO_KEYS).tree()
    this.#keep(root)
    return root
  }

  #keep(root: Node): void {
    this.#root = root
    const recent = PlainDocument.#recent
    recent.delete(this)
    recent.add(this)
    if (recent.size <= TREES) return
    const [oldest] = recent
    if (oldest === undefined) return
    recent.delete(oldest)
    oldest.#root = undefined
  }

  startOf(keys: readonly string[]): number {
    this.#searches += 1
    const root = this.#searches > SEARCHES ? this.root : this.#root
    return nodeAt(root ?? new PlainReader(this.#text, this, keys).tree(), keys).start
  }
}

/** Far less deep than what the full reader takes. */
const MAX_DEPTH = 100

const NO_KEYS: readonly string[] = []

class PlainReader {
  readonly #lines: PlainLines
  /** Which way the tree leads: what is beside it has no nodes. */
  readonly #way: readonly string[]
  #withTree: boolean
  #depth = 0
  /** The tree of the value that was read last; undefined where none is written, or where no tree is wanted. */
  #node: Node | undefined

  /** @param way the keys to the place that a tree is wanted of; undefined: no tree is */
  constructor(text: string, { start, end }: Span, way?: readonly string[]) {
    this.#lines = new PlainLines(text, start, end)
    this.#way = way ?? NO_KEYS
    this.#withTree = way !== undefined
  }

  /** Whether the whole document stands between brackets. */
  get isBracketed(): boolean {
    return this.#lines.isBracketed
  }

  document(): Json {
    const lines = this.#lines
    lines.toContent(lines.at)
    if (lines.indent === 0 && lines.text.startsWith('---', lines.at) && lines.isBlank(lines.at + 3))
      lines.endLine(lines.at + 3)
    if (lines.isAtEnd) throw UNSURE
    const value = lines.indent === 0 && this.#isBracket(lines.at) ? this.#bracketed() : this.#block()
    if (!lines.isAtEnd) throw UNSURE
    return value
  }

  tree(): Node {
    this.document()
    if (this.#node === undefined) throw UNSURE
    return this.#node
  }

  /** A document between brackets: JSON, or what looks like it. */
  #bracketed(): Json {
    const lines = this.#lines
    lines.isBracketed = true
    const value = this.#flow(true)
    lines.endLine(lines.at)
    return value
  }

  #isBracket(at: number): boolean {
    const character = this.#lines.text[at]
    return character === '{' || character === '['
  }

  /** The collection whose first line is at hand. */
  #block(): Json {
    const { at, indent } = this.#lines
    return this.#lines.isDash(at) ? this.#sequence(indent) : this.#map(indent)
  }

  #map(column: number): Json {
    const lines = this.#lines
    const start = this.#open()
    const value: Record<string, Json> = {}
    const entries: MapEntry[] | undefined = this.#withTree ? [] : undefined
    while (lines.indent === column) {
      const at = lines.at
      const key = this.#key(value, false)
      const keyNode = this.#node
      const colon = lines.at
      if (!lines.isBlank(colon + 1)) throw UNSURE
      const isRead = entries === undefined || this.#isOnWay(key)
      this.#withTree = entries !== undefined && isRead
      value[key] = isRead ? this.#valueBehind(colon + 1, column, false) : lines.skipValue(column, false)
      if (entries === undefined) continue
      entries.push(entryOf(at, key, keyNode, colon, this.#withTree ? this.#node : undefined))
      this.#withTree = true
    }
    this.#closeBlock(column)
    if (entries !== undefined)
      this.#node = { type: 'map', flow: false, entries, start, end: entries.at(-1)?.end ?? start, outer: start }
    return value
  }

  #sequence(column: number): Json {
    const lines = this.#lines
    const start = this.#open()
    const values: Json[] = []
    const items: SequenceItem[] | undefined = this.#withTree ? [] : undefined
    while (lines.indent === column && lines.isDash(lines.at)) {
      const at = lines.at
      const isRead = items === undefined || this.#isOnWay(String(values.length))
      this.#withTree = items !== undefined && isRead
      values.push(isRead ? this.#item(at + 1, column) : lines.skipValue(column, true))
      if (items === undefined) continue
      const node = this.#withTree ? this.#node : undefined
      items.push({ start: at, end: node?.end ?? at + 1, value: node })
      this.#withTree = true
    }
    this.#closeBlock(column)
    if (items !== undefined)
      this.#node = { type: 'sequence', flow: false, items, start, end: items.at(-1)?.end ?? start, outer: start }
    return fitted(values)
  }

  /** Whether the tree is wanted of what stands under a key, or an index, of the block collection at hand. */
  #isOnWay(key: string): boolean {
    const next = this.#way[this.#depth - 1]
    return next === undefined || next === key
  }

  /** Where a collection starts. */
  #open(): number {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw UNSURE
    return this.#lines.at
  }

  #closeBlock(column: number): void {
    if (this.#lines.indent > column) throw UNSURE
    this.#depth -= 1
  }

  /** What stands behind a dash: a collection may begin in the same line. */
  #item(from: number, column: number): Json {
    const lines = this.#lines
    const at = lines.behindSpaces(from)
    if (!lines.isDash(at) && !lines.isKey(at)) return this.#valueBehind(from, column, true)
    lines.toInner(at)
    return this.#block()
  }

  /**
   * The key of an entry. Goes on to its colon.
   *
   * @param siblings the entries before it
   */
  #key(siblings: object, flow: boolean): string {
    const lines = this.#lines
    const { at } = lines
    const value = this.#oneLine(flow)
    const key = typeof value === 'string' ? value : plainKey(lines.text.slice(at, lines.at))
    if (flow) lines.at = lines.behindSpaces(lines.at)
    if (!lines.isColon(lines.at)) throw UNSURE
    if (key === undefined || key === '<<' || key === '__proto__' || Object.hasOwn(siblings, key)) throw UNSURE
    return key
  }

  /** What stands behind a colon or a dash, in its line or below. */
  #valueBehind(from: number, column: number, isItem: boolean): Json {
    const lines = this.#lines
    const at = lines.behindSpaces(from)
    const character = lines.text[at]
    if (lines.isLineEnd(at) || character === '#') {
      lines.endLine(from)
      return this.#valueBelow(column, isItem)
    }
    if (character === '|' || character === '>') return this.#scalar(lines.blockScalar(at, column), at)
    lines.at = at
    const value = this.#flow(false)
    const end = lines.at
    lines.endLine(end)
    const isPlain = !lines.isQuote(at) && !this.#isBracket(at)
    return isPlain && lines.indent > column ? this.#scalar(lines.folded(at, end, column), at) : value
  }

  #valueBelow(column: number, isItem: boolean): Json {
    const { at, indent } = this.#lines
    if (indent > column) return this.#block()
    if (!isItem && indent === column && this.#lines.isDash(at)) return this.#sequence(column)
    this.#node = undefined
    return null
  }

  #oneLine(flow: boolean): Scalar {
    const lines = this.#lines
    const { at } = lines
    return this.#scalar(lines.oneLine(flow), at)
  }

  /** The scalar that was read last. */
  #scalar(text: string, start: number): Scalar {
    const { style, scalarEnd: end } = this.#lines
    const value = style === 'plain' ? plainScalar(text) : text
    if (this.#withTree) this.#node = { type: 'scalar', style, value, start, end, outer: start }
    return value
  }

  /** A value in one line: a scalar or what stands between brackets. Goes on to its end. */
  #flow(isWithin: boolean): Json {
    const { at, text } = this.#lines
    if (text[at] === '[') return this.#flowSequence()
    if (text[at] === '{') return this.#flowMap()
    return this.#oneLine(isWithin)
  }

  #flowSequence(): Json {
    const start = this.#open()
    const values: Json[] = []
    const items: SequenceItem[] = []
    while (this.#hasMember(']', values.length === 0)) {
      values.push(this.#flow(true))
      if (this.#withTree && this.#node !== undefined)
        items.push({ start: this.#node.start, end: this.#node.end, value: this.#node })
    }
    this.#depth -= 1
    const end = this.#lines.at
    if (this.#withTree) this.#node = { type: 'sequence', flow: true, items, start, end, outer: start }
    return fitted(values)
  }

  #flowMap(): Json {
    const lines = this.#lines
    const start = this.#open()
    const value: Record<string, Json> = {}
    const entries: MapEntry[] = []
    for (let isFirst = true; this.#hasMember('}', isFirst); isFirst = false) {
      const at = lines.at
      const key = this.#key(value, true)
      const keyNode = this.#node
      const colon = lines.at
      // Behind quotes a value may follow at once, as in JSON.
      if (!lines.isQuote(at) && !lines.isBlank(colon + 1)) throw UNSURE
      lines.at = lines.behindGap(colon + 1)
      value[key] = this.#flow(true)
      if (this.#withTree) entries.push(entryOf(at, key, keyNode, colon, this.#node))
    }
    this.#depth -= 1
    if (this.#withTree) this.#node = { type: 'map', flow: true, entries, start, end: lines.at, outer: start }
    return value
  }

  /** Goes on to the next member between brackets, or behind the closing one. */
  #hasMember(closing: ']' | '}', isFirst: boolean): boolean {
    const lines = this.#lines
    const at = lines.behindGap(isFirst ? lines.at + 1 : lines.at)
    const isOver = lines.text[at] === closing
    if (!isOver && !isFirst && lines.text[at] !== ',') throw UNSURE
    lines.at = isOver ? at + 1 : isFirst ? at : lines.behindGap(at + 1)
    return !isOver
  }
}

/** An entry that is written as `key: value`. */
function entryOf(
  start: number,
  key: string,
  keyNode: Node | undefined,
  colon: number,
  value: Node | undefined,
): MapEntry {
  return { start, end: value?.end ?? colon + 1, key, keyNode, colon, explicit: false, merge: false, value }
}

/** The list without the room for a dozen more that V8 leaves where it grows by itself: most have one or two members. */
function fitted(values: readonly Json[]): Json[] {
  return values.slice()
}
