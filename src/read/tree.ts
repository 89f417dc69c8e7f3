/**
 * A document's text as a tree of spans, whatever parser read it. Offsets are half-open, in UTF-16 code units,
 * and count from the start of the file (a byte order mark included), not of the document.
 */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A value as Kubernetes reads it; maps have string keys only. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type Node = MapNode | SequenceNode | ScalarNode | AliasNode

interface NodeSpan extends Span {
  /** Where the anchor or tag before the node begins; `start` where it has none. */
  readonly outer: number
  readonly anchor?: string
  readonly tag?: string
}

export interface MapNode extends NodeSpan {
  readonly type: 'map'
  /** Written with braces: `start` is the opening one, `end` just behind the closing one. */
  readonly flow: boolean
  readonly entries: readonly MapEntry[]
}

export interface MapEntry extends Span {
  /** The key as Kubernetes reads it: `0644: x` has the key `420`. */
  readonly key: string
  readonly keyNode: Node | undefined
  /** The offset of the colon, undefined where none is written (`{a, b}`). */
  readonly colon: number | undefined
  /** Written as `? key`. */
  readonly explicit: boolean
  /** A merge key, `<<`. */
  readonly merge: boolean
  /** Undefined where nothing is written behind the colon: null. */
  readonly value: Node | undefined
}

export interface SequenceNode extends NodeSpan {
  readonly type: 'sequence'
  readonly flow: boolean
  readonly items: readonly SequenceItem[]
}

/** In a block sequence an item starts at its dash. */
export interface SequenceItem extends Span {
  readonly value: Node | undefined
}

export interface ScalarNode extends NodeSpan {
  readonly type: 'scalar'
  readonly style: 'plain' | 'single' | 'double' | 'literal' | 'folded'
  /** As Kubernetes reads it (Go's YAML 1.1 rules for plain scalars). */
  readonly value: null | boolean | number | string
}

export interface AliasNode extends NodeSpan {
  readonly type: 'alias'
  readonly name: string
}

/** One document of a file, in the order of the file. Documents without content (comments only) are not among them. */
export interface ParsedDocument extends Span {
  /** Its place among the file's documents, from 0; unreadable ones are counted too. */
  readonly index: number
  readonly root: Node
  /** Where the place that keys lead to starts, if that takes less than the whole tree; where nothing stands, its nearest ancestor. */
  readonly startOf?: (keys: readonly string[]) => number
  readonly value: Json
  /** Why the document can be read but not edited (a merge that parsers read differently), if so. */
  readonly readOnly?: string
}

/** A document that can't be read: a syntax error, duplicate keys, a limit. */
export interface DocumentError {
  readonly document: number
  readonly offset: number
  readonly message: string
}

export interface ParsedText {
  readonly text: string
  readonly documents: readonly ParsedDocument[]
  readonly errors: readonly DocumentError[]
  /** The places of the documents that were not to be read. */
  readonly leftOut: readonly number[]
  /** The text is JSON: what is written into it is JSON too. */
  readonly json: boolean
}
