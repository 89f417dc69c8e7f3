import {
  type Alias,
  Composer,
  CST,
  isAlias,
  isMap,
  isScalar,
  type Pair,
  type ParsedNode,
  Parser,
  type YAMLMap,
  type YAMLParseError,
  type YAMLSeq,
  type Scalar as YamlScalar,
} from 'yaml'
import { keysOf, type Pointer } from '../pointer.ts'
import { documentSpans } from './cut.ts'
import { nodeAt } from './place.ts'
import { plainDocument } from './plain.ts'
import { plainKey, plainScalar, type Scalar } from './scalars.ts'
import type {
  AliasNode,
  DocumentError,
  MapEntry,
  Node,
  ParsedDocument,
  ParsedText,
  ScalarNode,
  SequenceItem,
  Span,
} from './tree.ts'
import { Unreadable } from './unreadable.ts'
import { Values } from './values.ts'

/** Collections nested deeper than this are refused, long before the stack ends. */
const MAX_DEPTH = 200

/**
 * Reads a YAML or JSON text as Kubernetes does. Each document is read for itself, so that a broken one leaves the
 * others readable, and what is plain is left to a faster reader. Never throws for what the text holds.
 *
 * @param isLeftOut says of a document's text that it is not to be read
 */
export function parse(text: string, isLeftOut: (source: string) => boolean = () => false): ParsedText {
  const documents: ParsedDocument[] = []
  const errors: DocumentError[] = []
  const leftOut: number[] = []
  const json = isJson(text)
  for (const [index, span] of documentSpans(text).entries()) {
    if (isLeftOut(text.slice(span.start, span.end))) {
      leftOut.push(index)
      continue
    }
    try {
      const document = plainDocument(text, span, index) ?? fullDocument(text, span, index, json)
      if (document !== undefined) documents.push(document)
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      errors.push({ document: index, offset: error.offset, message: error.message })
    }
  }
  return { text, documents, errors, leftOut, json }
}

function isJson(text: string): boolean {
  if (!/^\uFEFF?\s*[[{]/.test(text)) return false
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''))
    return true
  } catch {
    return false
  }
}

/**
 * A document by the full reader, which knows all of YAML; undefined if it has no content.
 *
 * @throws {Unreadable}
 */
export function fullDocument(text: string, span: Span, index: number, json: boolean): ParsedDocument | undefined {
  // `yaml` fails at a byte order mark before a dash.
  const start = span.start + (text[span.start] === '\uFEFF' ? 1 : 0)
  const source = text.slice(start, span.end)
  const { contents, before } = composed(source, start)
  const reader = new TreeReader(text, start)
  const root = contents === null ? undefined : reader.node(contents, before, 0)
  if (root === undefined) return undefined
  const values = new Values(reader.targets)
  const value = values.valueOf(root)
  // Go takes these for line breaks, YAML 1.2 and JSON don't.
  const hasOldBreaks = !json && /[\u0085\u2028\u2029]/.test(source)
  const disputed =
    values.readOnly ?? (hasOldBreaks ? 'it holds line breaks of another kind (NEL, LS or PS)' : undefined)
  const readOnly = disputed === undefined ? {} : { readOnly: `${disputed}, which parsers read differently` }
  return { ...span, index, root, value, ...readOnly }
}

/**
 * A document's content, and the tokens before it.
 *
 * @throws {Unreadable} a syntax error
 */
function composed(
  source: string,
  offset: number,
): { readonly contents: ParsedNode | null; readonly before: readonly CST.SourceToken[] } {
  const composer = new Composer({
    schema: 'failsafe',
    merge: false,
    uniqueKeys: false,
    keepSourceTokens: true,
    strict: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  // A carriage return alone ends a line as well; `yaml` doesn't know that.
  const tokens = [...new Parser().parse(source.replace(/\r(?!\n)/g, '\n'))]
  const token = tokens.find(({ type }) => type === 'document')
  if (token?.type === 'document') checkDepth(token, offset)
  const [document, another] = composer.compose(tokens, true, source.length)
  const error = [document, another].flatMap(each => each?.errors ?? []).find(each => !isMistaken(each, source))
  if (error !== undefined)
    throw new Unreadable(offset + (error.pos[0] ?? 0), error.message.split('\n', 1)[0] ?? 'not YAML')
  if (document === undefined || another !== undefined) throw new Unreadable(offset, 'not YAML')
  return { contents: document.contents, before: token?.type === 'document' ? token.start : [] }
}

/** `yaml` misses a blank before some comments that start a line between brackets. */
function isMistaken({ code, message, pos }: YAMLParseError, source: string): boolean {
  return code === 'MISSING_CHAR' && message.startsWith('Comments') && /[\r\n]$/.test(source.slice(0, pos[0]).slice(-1))
}

/** Composing recurses: what is nested too deeply must not reach it. */
function checkDepth({ value }: CST.Document, offset: number): void {
  const tokens: { readonly token: CST.Token | null | undefined; readonly depth: number }[] = [
    { token: value, depth: 0 },
  ]
  for (let next = tokens.pop(); next !== undefined; next = tokens.pop()) {
    const { token, depth } = next
    if (!CST.isCollection(token)) continue
    if (depth >= MAX_DEPTH) throw new Unreadable(offset + token.offset, 'nested too deeply')
    for (const item of token.items)
      tokens.push({ token: item.key, depth: depth + 1 }, { token: item.value, depth: depth + 1 })
  }
}

/** Makes the span tree of a document that `yaml` read. */
class TreeReader {
  /** What each alias stands for. */
  readonly targets = new Map<AliasNode, Node>()
  readonly #anchors = new Map<string, Node>()
  readonly #text: string
  readonly #offset: number

  constructor(text: string, offset: number) {
    this.#text = text
    this.#offset = offset
  }

  /**
   * Undefined for a value that isn't written.
   *
   * @param before the tokens between what comes before the node and the node: its anchor and tag are among them
   */
  node(node: ParsedNode, before: readonly CST.SourceToken[], depth: number): Node | undefined {
    const span = this.#spanOf(node, before)
    if (isAlias(node)) return this.#alias(node, span)
    const read = isScalar(node)
      ? this.#scalar(node, span)
      : isMap(node)
        ? this.#map(node, span, depth)
        : this.#sequence(node, span, depth)
    if (read?.anchor !== undefined) this.#anchors.set(read.anchor, read)
    return read
  }

  #spanOf(node: ParsedNode, before: readonly CST.SourceToken[]): NodeSpan {
    const properties = before.filter(({ type }) => type === 'anchor' || type === 'tag')
    const [first, last] = [properties[0], properties.at(-1)]
    const anchor = properties.find(({ type }) => type === 'anchor')?.source.slice(1)
    const isTagged = properties.some(({ type }) => type === 'tag')
    const [from, to] = node.range
    // A value that isn't written stands right behind its anchor or tag.
    const [start, end] =
      from === to && last !== undefined ? Array(2).fill(last.offset + last.source.length) : [from, to]
    return {
      start: this.#offset + start,
      end: this.#offset + end,
      outer: this.#offset + (first?.offset ?? start),
      ...(anchor === undefined ? {} : { anchor }),
      ...(isTagged ? { tag: node.tag ?? '!' } : {}),
    }
  }

  #alias(node: Alias.Parsed, span: NodeSpan): Node {
    const target = this.#anchors.get(node.source)
    if (target === undefined) throw new Unreadable(span.start, `the alias *${node.source} has no anchor before it`)
    const alias: AliasNode = { type: 'alias', name: node.source, ...span }
    this.targets.set(alias, target)
    return alias
  }

  #scalar(node: YamlScalar.Parsed, span: NodeSpan): Node | undefined {
    const isEmpty = node.type === 'PLAIN' && span.start === span.end
    if (isEmpty && span.anchor === undefined && span.tag === undefined) return undefined
    const style = STYLES[node.type ?? 'PLAIN'] ?? 'plain'
    const text = this.#isCut(style, span) ? node.source.replace(/\n$/, '') : node.source
    return { type: 'scalar', style, value: taggedScalar(text, style, span.tag), ...span }
  }

  /** A block scalar whose last line the end of the text cuts has no line break there; `yaml` gives it one. */
  #isCut(style: ScalarNode['style'], { start, end }: Span): boolean {
    if (end !== this.#text.length || (style !== 'literal' && style !== 'folded')) return false
    const lines = this.#text
      .slice(start, end)
      .split(/\r\n|\n|\r/)
      .slice(1)
    const indent = lines.find(line => /[^ ]/.test(line))?.search(/[^ ]/) ?? Infinity
    return (lines.at(-1)?.length ?? 0) > indent
  }

  #sequence(node: YAMLSeq.Parsed, span: NodeSpan, depth: number): Node {
    const items = node.items.map((item, index): SequenceItem => {
      const token = node.srcToken?.items[index]
      // `[a: b]` holds a map without braces: what stands before it is its key's.
      const isPair = token?.sep !== undefined
      const value = this.node(item as ParsedNode, isPair ? [] : (token?.start ?? []), depth + 1)
      const dash = token?.start.find(({ type }) => type === 'seq-item-ind')
      const start = dash === undefined ? (value?.outer ?? span.start) : this.#offset + dash.offset
      return { start, end: value?.end ?? start + 1, value }
    })
    return { type: 'sequence', flow: node.flow === true, items, ...span, ...endOf(node, items) }
  }

  #map(node: YAMLMap.Parsed, span: NodeSpan, depth: number): Node {
    const entries = node.items.map(pair => this.#entry(pair, depth))
    const seen = new Map<string, MapEntry>()
    for (const entry of entries) {
      if (entry.merge) continue
      const first = seen.get(entry.key)
      if (first !== undefined) {
        const { line } = positionAt(this.#text, first.start)
        const message = `the key "${entry.key}" stands twice in one map, first in line ${line}; remove one`
        throw new Unreadable(entry.start, message)
      }
      seen.set(entry.key, entry)
    }
    // Without braces it starts with the anchor or tag of its first key.
    const first = this.#text[span.start] === '{' ? undefined : entries[0]?.start
    const outer = first !== undefined && span.outer === span.start ? { outer: first } : {}
    const start = first ?? span.start
    return { type: 'map', flow: node.flow === true, entries, ...span, ...endOf(node, entries), start, ...outer }
  }

  #entry({ key, value, srcToken }: Pair<ParsedNode, ParsedNode | null>, depth: number): MapEntry {
    const token = srcToken as CST.CollectionItem | undefined
    const keyNode = this.node(key, token?.start ?? [], depth + 1)
    const colonAt = token?.sep?.findIndex(({ type }) => type === 'map-value-ind') ?? -1
    const colonToken = token?.sep?.[colonAt]
    const colon = colonToken === undefined ? undefined : this.#offset + colonToken.offset
    const question = token?.start.find(({ type }) => type === 'explicit-key-ind')
    const start = question === undefined ? (keyNode?.outer ?? colon ?? 0) : this.#offset + question.offset
    const valueNode = value === null ? undefined : this.node(value, token?.sep?.slice(colonAt + 1) ?? [], depth + 1)
    return {
      start,
      end: valueNode?.end ?? (colon === undefined ? (keyNode?.end ?? start) : colon + 1),
      key: this.#keyText(keyNode, start),
      keyNode,
      colon,
      explicit: question !== undefined,
      merge: keyNode?.type === 'scalar' && keyNode.style === 'plain' && keyNode.value === '<<',
      value: valueNode,
    }
  }

  #keyText(node: Node | undefined, start: number): string {
    const target = node?.type === 'alias' ? this.targets.get(node) : node
    if (target === undefined) throw new Unreadable(start, 'a key is not written')
    if (target.type !== 'scalar') throw new Unreadable(start, 'a map or a list stands where a key must be')
    if (typeof target.value === 'string') return target.value
    const key = plainKey(this.#text.slice(target.start, target.end))
    if (key === undefined) throw new Unreadable(start, 'a key is null, or a number that no key can be')
    return key
  }
}

/** Without brackets, `yaml` counts blank lines and comments behind a collection as its own. */
function endOf(node: YAMLMap.Parsed | YAMLSeq.Parsed, members: readonly Span[]): { readonly end?: number } {
  const end = node.flow === true ? undefined : members.at(-1)?.end
  return end === undefined ? {} : { end }
}

interface NodeSpan extends Span {
  readonly outer: number
  readonly anchor?: string
  readonly tag?: string
}

const STYLES: Readonly<Record<string, ScalarNode['style']>> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
}

/** A scalar is what its tag says; without one, only a plain scalar can be something else than a string. */
function taggedScalar(text: string, style: ScalarNode['style'], tag: string | undefined): Scalar {
  if (tag === undefined) return style === 'plain' ? plainScalar(text) : text
  if (tag === 'tag:yaml.org,2002:binary') return Buffer.from(text, 'base64').toString()
  return /^tag:yaml\.org,2002:(int|float|bool|null)$/.test(tag) ? plainScalar(text) : text
}

/** The offsets at which the lines of a text start; lines end with LF, CRLF or a lone CR, and a byte order mark is before the first. */
export function lineStarts(text: string): Uint32Array {
  const first = text.startsWith('\uFEFF') ? 1 : 0
  if (text.includes('\r'))
    return Uint32Array.from([
      first,
      ...Array.from(text.matchAll(/\r\n|\n|\r/g), ({ index, 0: end }) => index + end.length),
    ])
  // Counted first: a list that grows is copied as it does, and a file may have millions of lines.
  let lines = 1
  for (let at = text.indexOf('\n') + 1; at > 0; at = text.indexOf('\n', at) + 1) lines += 1
  const starts = new Uint32Array(lines)
  starts[0] = first
  for (let line = 1, at = 0; line < lines; line += 1) {
    at = text.indexOf('\n', at) + 1
    starts[line] = at
  }
  return starts
}

/** Line and column, from 1, of an offset in a text whose lines start there. */
export function positionIn(starts: Uint32Array, offset: number): { readonly line: number; readonly column: number } {
  let low = 0
  let high = starts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle
  }
  return { line: low + 1, column: Math.max(offset - (starts[low] ?? 0), 0) + 1 }
}

/** Line and column, from 1, of an offset in a text. */
export function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  return positionIn(lineStarts(text), offset)
}

/** Where a place of a document is in the text or, if nothing stands there, its nearest ancestor. */
export function spanAt(document: ParsedDocument, at: Pointer): Span {
  return nodeAt(document.root, keysOf(at))
}

/** Where a place of a document starts in the text or, if nothing stands there, its nearest ancestor. */
export function startOf(document: ParsedDocument, at: Pointer): number {
  const keys = keysOf(at)
  return document.startOf?.(keys) ?? nodeAt(document.root, keys).start
}
