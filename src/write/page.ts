import type { MapEntry, Node, ScalarNode, SequenceItem } from '../read/tree.ts'
import type { Style } from './render.ts'
import type { TextEdit } from './text-edit.ts'

/** A document's text as lines, with the style in which new text is to be written. */
export class Page {
  readonly text: string
  readonly style: Style

  constructor(text: string, style: Style) {
    this.text = text
    this.style = style
  }

  /** The start of the line that an offset is in, behind a byte order mark. */
  lineStart(offset: number): number {
    return lineStartIn(this.text, offset)
  }

  /** The end of the line that an offset is in, before its line break. */
  lineEnd(offset: number): number {
    let end = offset
    while (end < this.text.length && !isBreak(this.text, end)) end += 1
    return end
  }

  /** Where the next line starts, behind the line break at the end of a line. */
  nextLine(lineEnd: number): number {
    return lineEnd + (this.text.startsWith('\r\n', lineEnd) ? 2 : lineEnd < this.text.length ? 1 : 0)
  }

  /** The end of the line before the one that starts there. */
  lineEndBefore(lineStart: number): number {
    return lineStart - (this.text.slice(0, lineStart).endsWith('\r\n') ? 2 : Math.min(lineStart, 1))
  }

  /** How far an offset is from the start of its line. */
  column(offset: number): number {
    return offset - this.lineStart(offset)
  }

  /** The blanks that the line of an offset begins with. */
  indentAt(offset: number): string {
    return /^[ \t]*/.exec(this.text.slice(this.lineStart(offset), offset))?.[0] ?? ''
  }

  /** Whether only blanks stand before an offset in its line. */
  startsLine(offset: number): boolean {
    return /^[ \t]*$/.test(this.text.slice(this.lineStart(offset), offset))
  }

  /** A line break and as many blanks. */
  newLine(column: number): string {
    return this.style.eol + ' '.repeat(column)
  }

  /** Where a node's text ends, without the blank lines and comments that parsers count as its own. */
  contentEnd(node: Node): number {
    if (isBlockScalar(node)) return this.#blockScalarEnd(node)
    const last = node.type === 'map' && !node.flow ? node.entries.at(-1) : undefined
    if (last !== undefined) return this.entryEnd(last)
    const item = node.type === 'sequence' && !node.flow ? node.items.at(-1) : undefined
    return item === undefined ? node.end : this.itemEnd(item)
  }

  #blockScalarEnd(node: ScalarNode): number {
    const source = this.text.slice(node.start, node.end)
    // Behind a `+`, a last line of blanks that the end of the text cuts is none.
    const last = /^[|>]\d?\+/.test(source) && /\n$/.test(String(node.value)) ? / *$/ : /$/
    const end = source.replace(last, '').replace(/(\r\n|\n|\r)$/, '').length
    return Math.max(node.start + end, this.lineEnd(node.start))
  }

  entryEnd({ value, colon, keyNode, end }: MapEntry): number {
    if (value !== undefined) return this.contentEnd(value)
    return colon === undefined && keyNode !== undefined ? this.contentEnd(keyNode) : end
  }

  itemEnd({ value, end }: SequenceItem): number {
    return value === undefined ? end : this.contentEnd(value)
  }

  /**
   * What must be done to a block scalar that the end of the text cuts, so that a line can come behind it: it has no
   * line break at its end, but would get one.
   */
  uncut(node: Node | undefined): readonly TextEdit[] {
    const leaf = lastLeaf(node)
    if (leaf === undefined || !isBlockScalar(leaf) || leaf.end !== this.text.length) return []
    const header = this.headerOf(leaf)
    if (leaf.value === '' || /\n$/.test(String(leaf.value)) || header.includes('-')) return []
    return [{ start: leaf.start, end: leaf.start + header.length, text: `${header.replace('+', '')}-` }]
  }

  /** The `|` or `>` of a block scalar, with its indicators. */
  headerOf({ start }: ScalarNode): string {
    return /^[|>][-+0-9]*/.exec(this.text.slice(start, start + 4))?.[0] ?? ''
  }
}

/** The start of the line that an offset of a text is in, behind a byte order mark. */
export function lineStartIn(text: string, offset: number): number {
  let start = offset
  while (start > 0 && !isBreak(text, start - 1)) start -= 1
  return start === 0 && text.startsWith('\uFEFF') ? 1 : start
}

function isBreak(text: string, offset: number): boolean {
  const code = text.charCodeAt(offset)
  return code === 10 || code === 13
}

/** An edit that only adds. */
export function insertion(at: number, text: string): TextEdit {
  return { start: at, end: at, text }
}

/** Whether a node is a scalar over lines of its own, behind `|` or `>`. */
export function isBlockScalar(node: Node): node is ScalarNode {
  return node.type === 'scalar' && (node.style === 'literal' || node.style === 'folded')
}

/** The scalar, alias or flow collection with which a node's text ends, if it ends with one. */
function lastLeaf(node: Node | undefined): Node | undefined {
  if (node?.type === 'map' && !node.flow) return lastLeafOf(node.entries.at(-1))
  if (node?.type === 'sequence' && !node.flow) return lastLeafOf(node.items.at(-1))
  return node
}

/** The same of an entry or item. */
export function lastLeafOf(member: MapEntry | SequenceItem | undefined): Node | undefined {
  const isBareKey = member !== undefined && 'colon' in member && member.colon === undefined
  return lastLeaf(isBareKey ? member.keyNode : member?.value)
}
