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
/** The first half of a line break. */
const RETURN = 13
const SPACE = 32
const DOUBLE_QUOTE = 34
const HASH = 35
const SINGLE_QUOTE = 39
const DASH = 45
const DOT = 46
const COLON = 58
const BACKSLASH = 92

/** What no plain scalar starts with; a dash is looked at more closely. */
const INDICATORS = codesOf(',[]{}#&*!|>\'"%@`?:\t\r\n ')

/** What ends a plain scalar between brackets. */
const FLOW_INDICATORS = codesOf(',[]{}')

/** What may stand between the members of JSON. */
const GAPS = codesOf(' \t\r\n')

/** At what a plain scalar may end, and what doesn't belong to it where it does; most characters are none of these. */
const MAY_END = codesOf('\t\r\n #:,[]{}')

/** Walks over the lines of a document, and reads the scalars of plain YAML. What isn't plain makes it throw `UNSURE`. */
export class PlainLines {
  readonly text: string
  readonly end: number
  /** The offset of what is read next: where a line's content starts or, between brackets, in the middle of it. */
  at: number
  /** How far the line's content is indented. */
  indent = NO_CONTENT
  /** How the scalar that was read last is written: plain text is still to be resolved. */
  style: ScalarNode['style'] = 'plain'
  /** Where it ends. */
  scalarEnd = 0
  /** Whether the whole document stands between brackets, as JSON does: there, lines are nothing but blanks. */
  isBracketed = false
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
      if (!isBreak(code) && code !== HASH && at < this.end) {
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

  /**
   * Goes on to what follows the value of an entry or item of the block collection at a column, from the line in which
   * that starts, and gives null in its place. The document must have been read before: nothing is looked at.
   */
  skipValue(column: number, isItem: boolean): null {
    for (let start = this.#behindLine(this.at); start < this.end; ) {
      const at = this.behindSpaces(start)
      const isDeeper = at - start > column || (at - start === column && !isItem && this.isDash(at))
      if (!isDeeper && !this.isLineEnd(at) && this.text.charCodeAt(at) !== HASH) {
        this.at = at
        this.indent = at - start
        this.#lineStart = start
        return null
      }
      start = this.#behindLine(at)
    }
    this.at = this.end
    this.indent = NO_CONTENT
    return null
  }

  behindSpaces(from: number): number {
    let at = from
    while (this.text.charCodeAt(at) === SPACE) at += 1
    return at
  }

  /** The next character between brackets. */
  behindGap(from: number): number {
    if (!this.isBracketed) return this.behindSpaces(from)
    let at = from
    while (GAPS[this.text.charCodeAt(at)] === 1) at += 1
    // A dot may begin the mark of the document's end. The only other mark is of dashes, which no member is.
    if (this.text.charCodeAt(at) === DOT) throw UNSURE
    return at
  }

  #behindLine(from: number): number {
    const end = this.text.indexOf('\n', from)
    return end < 0 ? this.end : end + 1
  }

  /** The end of a line's content, from the start of the next line. */
  #lineEnd(next: number): number {
    return this.text.charCodeAt(next - 2) === RETURN ? next - 2 : next - 1
  }

  isLineEnd(at: number): boolean {
    return isBreak(this.text.charCodeAt(at)) || at >= this.end
  }

  isBlank(at: number): boolean {
    return this.text.charCodeAt(at) === SPACE || this.isLineEnd(at)
  }

  /** Whether an item of a list begins there. */
  isDash(at: number): boolean {
    return this.text.charCodeAt(at) === DASH && this.isBlank(at + 1)
  }

  isColon(at: number): boolean {
    return this.text.charCodeAt(at) === COLON
  }

  isQuote(at: number): boolean {
    const code = this.text.charCodeAt(at)
    return code === SINGLE_QUOTE || code === DOUBLE_QUOTE
  }

  /** Whether an entry of a block map begins there. */
  isKey(at: number): boolean {
    if (!this.isQuote(at) && INDICATORS[this.text.charCodeAt(at)] === 1) return false
    const end = this.isQuote(at) ? this.#quotedEnd(at) : this.#plainEnd(at, false)
    return this.isColon(end) && this.isBlank(end + 1)
  }

  /** The text of a plain or quoted scalar that ends in its line. Goes on to its end. */
  oneLine(flow: boolean): string {
    const { at, text } = this
    if (this.isQuote(at)) return this.#quoted(at)
    if (!this.#startsPlain(at, flow) || at >= this.end || this.isDash(at)) throw UNSURE
    const end = this.#plainEnd(at, flow)
    if (end === at + 1 && text.charCodeAt(at) === DASH) throw UNSURE
    this.style = 'plain'
    this.scalarEnd = end
    this.at = end
    return word(text, at, end)
  }

  /** Before another character a colon is one like others: `- :8080`. */
  #startsPlain(at: number, flow: boolean): boolean {
    if (INDICATORS[this.text.charCodeAt(at)] !== 1) return true
    return this.isColon(at) && !flow && !this.isBlank(at + 1)
  }

  /**
   * The text of a plain scalar that the lines below its first one continue, as far as they are deeper than a column. Goes
   * on to the next content.
   */
  folded(start: number, firstEnd: number, column: number): string {
    let text = this.text.slice(start, firstEnd)
    let end = firstEnd
    let line = this.#behindPlainLine(end)
    for (;;) {
      let breaks = 0
      let at = this.behindSpaces(line)
      for (; isBreak(this.text.charCodeAt(at)); at = this.behindSpaces(line)) {
        breaks += 1
        line = this.#behindLine(at)
      }
      if (at >= this.end || at - line <= column) break
      if (this.text.charCodeAt(at) === HASH || this.isDash(at)) throw UNSURE
      end = this.#plainEnd(at, false)
      line = this.#behindPlainLine(end)
      text += (breaks === 0 ? ' ' : '\n'.repeat(breaks)) + this.text.slice(at, end)
    }
    this.toContent(line)
    this.style = 'plain'
    this.scalarEnd = end
    return text
  }

  /** The start of the next line, where nothing but blanks stands in the rest of this one. */
  #behindPlainLine(end: number): number {
    const at = this.behindSpaces(end)
    if (!this.isLineEnd(at)) throw UNSURE
    return this.#behindLine(at)
  }

  /** Where a plain scalar ends, blanks behind it left out. */
  #plainEnd(from: number, flow: boolean): number {
    const { text, end: textEnd } = this
    let end = from
    for (let at = from; at < textEnd; at += 1) {
      const code = text.charCodeAt(at)
      if (MAY_END[code] === 1) {
        if (code === SPACE) continue
        if (isBreak(code) || (code === HASH && end < at) || (flow && FLOW_INDICATORS[code] === 1)) return end
        if (code === COLON && (this.isBlank(at + 1) || (flow && FLOW_INDICATORS[text.charCodeAt(at + 1)] === 1)))
          return end
        if (code === TAB) throw UNSURE
      }
      end = at + 1
    }
    return end
  }

  #quoted(start: number): string {
    const isDouble = this.text.charCodeAt(start) === DOUBLE_QUOTE
    const end = this.#quotedEnd(start)
    this.style = isDouble ? 'double' : 'single'
    this.scalarEnd = end
    this.at = end
    const inner = this.text.slice(start + 1, end - 1)
    if (isDouble) return inner.includes('\\') ? unescaped(inner) : inner
    return inner.replaceAll("''", "'")
  }

  /** Where a quoted scalar ends. */
  #quotedEnd(start: number): number {
    const quote = this.text.charCodeAt(start)
    for (let at = start + 1; ; at += 1) {
      const code = this.text.charCodeAt(at)
      if (this.isLineEnd(at)) throw UNSURE
      if (quote === DOUBLE_QUOTE ? code === BACKSLASH : code === quote && this.text.charCodeAt(at + 1) === quote)
        at += 1
      else if (code === quote) return at + 1
    }
  }

  /** The text of a literal or folded scalar, whose lines are deeper than a column. Goes on to the next content. */
  blockScalar(start: number, column: number): string {
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
      if (isBreak(code)) {
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
      text += this.text.slice(line + indent, this.#lineEnd(next))
      emptyLines = 0
      end = next
    }
    if (indent === undefined || indent <= column || longestEmpty > indent) throw UNSURE
    this.toContent(line)
    this.style = isFolded ? 'folded' : 'literal'
    this.scalarEnd = end
    return isStripped ? text : `${text}\n`
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

/** Longer words would keep the text that they were cut from: V8 copies up to here. */
const LONGEST_COPIED = 12

/** The words that were read last, by some of their characters: manifests say the same ones over and over. */
const RECENT: string[] = new Array(4096).fill('')

/** A part of a text, as the string that was read before where it is the same one: that saves a fifth of the memory. */
function word(text: string, start: number, end: number): string {
  if (end - start > LONGEST_COPIED) return text.slice(start, end)
  const ends = text.charCodeAt(start) * 7 + text.charCodeAt(end - 1) * 31
  const place =
    (ends + text.charCodeAt((start + end) >> 1) * 17 + text.charCodeAt(end - 2) * 311 + (end - start) * 131) & 4095
  const known = RECENT[place] ?? ''
  if (known.length === end - start && text.startsWith(known, start)) return known
  const fresh = text.slice(start, end)
  RECENT[place] = fresh
  return fresh
}

/** A carriage return stands before a line feed only: others make a text unusual. */
function isBreak(code: number): boolean {
  return code === BREAK || code === RETURN
}

/** A table of ASCII with a 1 at these characters. */
function codesOf(characters: string): Uint8Array {
  const table = new Uint8Array(128)
  for (const character of characters) table[character.charCodeAt(0)] = 1
  return table
}
