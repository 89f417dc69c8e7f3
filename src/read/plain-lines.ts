import type { ScalarNode } from './tree.ts'

/**
 * What the reader of plain YAML throws to hand a document over. It is thrown often, so it is no error, which would have
 * to note a stack.
 */
export const UNSURE = Symbol('unsure')

/** A document's end, as an indentation. */
const NO_CONTENT = -1

const TAB = 9
const BREAK = 10
const SPACE = 32
const DOUBLE_QUOTE = 34
const HASH = 35
const SINGLE_QUOTE = 39
const DASH = 45
const DOT = 46
const COLON = 58
const BACKSLASH = 92

/** What no plain scalar starts with; a dash is looked at more closely. */
const INDICATORS = codesOf(',[]{}#&*!|>\'"%@`?:\t\n ')

/** What ends a plain scalar between brackets. */
const FLOW_INDICATORS = codesOf(',[]{}')

/** A scalar as it is written: plain text is still to be resolved. */
export interface Written {
  readonly style: ScalarNode['style']
  readonly text: string
  readonly end: number
}

/** Walks over the lines of a document, and reads the scalars of plain YAML. What isn't plain makes it throw `UNSURE`. */
export class PlainLines {
  readonly text: string
  readonly end: number
  /** The offset of what is read next: where a line's content starts or, between brackets, in the middle of it. */
  at: number
  /** How far the line's content is indented. */
  indent = NO_CONTENT
  #lineStart: number

  constructor(text: string, start: number, end: number) {
    this.text = text
    this.end = end
    this.at = start
    this.#lineStart = start
  }

  get isAtEnd(): boolean {
    return this.at >= this.end
  }

  /** Goes on to the next line that holds more than a comment, from the start of a line. */
  toContent(from: number): void {
    for (let start = from; start < this.end; ) {
      const at = this.behindSpaces(start)
      const code = this.text.charCodeAt(at)
      if (code !== BREAK && code !== HASH && at < this.end) {
        // Tabs don't indent; a dot may begin the mark of a document's end.
        if (code === TAB || (code === DOT && at === start)) throw UNSURE
        this.at = at
        this.indent = at - start
        this.#lineStart = start
        return
      }
      start = this.#behindLine(at)
    }
    this.at = this.end
    this.indent = NO_CONTENT
  }

  /** Goes on to an offset within the line, as if the content started there: behind a dash it does. */
  toInner(at: number): void {
    this.at = at
    this.indent = at - this.#lineStart
  }

  /** Goes on to the next content, from behind a value. */
  endLine(from: number): void {
    this.toContent(this.#behindRest(from))
  }

  behindSpaces(from: number): number {
    let at = from
    while (this.text.charCodeAt(at) === SPACE) at += 1
    return at
  }

  #behindLine(from: number): number {
    const end = this.text.indexOf('\n', from)
    return end < 0 ? this.end : end + 1
  }

  isLineEnd(at: number): boolean {
    return this.text.charCodeAt(at) === BREAK || at >= this.end
  }

  isBlank(at: number): boolean {
    return this.text.charCodeAt(at) === SPACE || this.isLineEnd(at)
  }

  /** Whether an item of a list begins there. */
  isDash(at: number): boolean {
    return this.text.charCodeAt(at) === DASH && this.isBlank(at + 1)
  }

  isQuote(at: number): boolean {
    const code = this.text.charCodeAt(at)
    return code === SINGLE_QUOTE || code === DOUBLE_QUOTE
  }

  /** Whether an entry of a block map begins there. */
  isKey(at: number): boolean {
    if (!this.isQuote(at) && INDICATORS.has(this.text.charCodeAt(at))) return false
    const end = this.isQuote(at) ? this.quoted(at).end : this.#plainEnd(at, false)
    return this.text.charCodeAt(end) === COLON && this.isBlank(end + 1)
  }

  /** A plain or quoted scalar that ends in its line. */
  oneLine(at: number, flow: boolean): Written {
    if (this.isQuote(at)) return this.quoted(at)
    if (INDICATORS.has(this.text.charCodeAt(at)) || at >= this.end || this.isDash(at)) throw UNSURE
    const end = this.#plainEnd(at, flow)
    if (end === at + 1 && this.text.charCodeAt(at) === DASH) throw UNSURE
    return { style: 'plain', text: this.text.slice(at, end), end }
  }

  /** Where a plain scalar ends, blanks behind it left out. */
  #plainEnd(from: number, flow: boolean): number {
    let end = from
    for (let at = from; at < this.end; at += 1) {
      const code = this.text.charCodeAt(at)
      if (code === SPACE) continue
      if (code === BREAK || (code === HASH && end < at) || (flow && FLOW_INDICATORS.has(code))) return end
      if (code === COLON && (this.isBlank(at + 1) || (flow && FLOW_INDICATORS.has(this.text.charCodeAt(at + 1)))))
        return end
      if (code === TAB) throw UNSURE
      end = at + 1
    }
    return end
  }

  quoted(start: number): Written {
    const quote = this.text.charCodeAt(start)
    const isDouble = quote === DOUBLE_QUOTE
    let hasEscapes = false
    let at = start + 1
    for (; ; at += 1) {
      const code = this.text.charCodeAt(at)
      if (this.isLineEnd(at)) throw UNSURE
      if (isDouble ? code === BACKSLASH : code === quote && this.text.charCodeAt(at + 1) === quote) {
        hasEscapes = true
        at += 1
      } else if (code === quote) break
    }
    const inner = this.text.slice(start + 1, at)
    const text = hasEscapes ? (isDouble ? unescaped(inner) : inner.replaceAll("''", "'")) : inner
    return { style: isDouble ? 'double' : 'single', text, end: at + 1 }
  }

  /** A literal or folded scalar, whose lines are deeper than a column. Goes on to the next content. */
  blockScalar(start: number, column: number): Written {
    const isFolded = this.text[start] === '>'
    const isStripped = this.text.charCodeAt(start + 1) === DASH
    let text = ''
    let end = start
    let indent: number | undefined
    let emptyLines = 0
    let longestEmpty = 0
    let line = this.#behindRest(start + (isStripped ? 2 : 1))
    for (let next = line; line < this.end; line = next) {
      const at = this.behindSpaces(line)
      next = this.text.indexOf('\n', at) + 1
      // The end of the text cuts the line.
      if (next === 0) throw UNSURE
      const code = this.text.charCodeAt(at)
      if (code === BREAK) {
        emptyLines += 1
        longestEmpty = Math.max(longestEmpty, at - line)
        continue
      }
      const isFirst = indent === undefined
      indent ??= at - line
      if (at - line < indent) {
        if (code === TAB) throw UNSURE
        break
      }
      if (isFolded && (at - line > indent || code === TAB || (isFirst && emptyLines > 0))) throw UNSURE
      const breaks = emptyLines + (isFirst || isFolded ? 0 : 1)
      text += isFolded && !isFirst && emptyLines === 0 ? ' ' : '\n'.repeat(breaks)
      text += this.text.slice(line + indent, next - 1)
      emptyLines = 0
      end = next
    }
    if (indent === undefined || indent <= column || longestEmpty > indent) throw UNSURE
    this.toContent(line)
    return { style: isFolded ? 'folded' : 'literal', text: isStripped ? text : `${text}\n`, end }
  }

  /** The start of the next line; only blanks and a comment may stand in the rest of this one. */
  #behindRest(from: number): number {
    const at = this.behindSpaces(from)
    if (!this.isLineEnd(at) && !(this.text.charCodeAt(at) === HASH && at > from)) throw UNSURE
    return this.#behindLine(at)
  }
}

/** Double-quoted text with the escapes that JSON has as well. */
function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`)
  } catch {
    throw UNSURE
  }
}

function codesOf(characters: string): ReadonlySet<number> {
  return new Set([...characters].map(character => character.charCodeAt(0)))
}
