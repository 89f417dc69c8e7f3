import type { Json, MapEntry, MapNode, Node, ScalarNode, SequenceItem, SequenceNode, Span } from '../read/tree.ts'
import { insertion, isBlockScalar, lastLeafOf, type Page } from './page.ts'
import { blockLines, entryLines, isBlockValue, literalText, renderInline } from './render.ts'
import type { TextEdit } from './text-edit.ts'

/** An entry of a map or an item of a list. */
export type MemberSlot =
  | { readonly in: 'map'; readonly entry: MapEntry }
  | { readonly in: 'sequence'; readonly item: SequenceItem }

/** A place in block style. */
export type BlockSlot = { readonly in: 'document' } | MemberSlot

/** A new last entry of a map that has entries. */
export function insertEntry(page: Page, parent: MapNode, key: string, fresh: Json): readonly TextEdit[] {
  const [first, last] = [parent.entries[0], parent.entries.at(-1)]
  if (first === undefined || last === undefined) return []
  const lines = entryLines(key, fresh, page.style)
  const indent = page.newLine(page.column(first.start))
  const at = page.lineEnd(page.entryEnd(last))
  return [...page.uncut(lastLeafOf(last)), insertion(at, lines.map(line => indent + line).join(''))]
}

/** A new item of a list that has items. */
export function insertItem(page: Page, parent: SequenceNode, index: number, fresh: Json): readonly TextEdit[] {
  const neighbour = parent.items[Math.max(index - 1, 0)]
  if (neighbour === undefined) return []
  const gap = gapOf(page, neighbour)
  const inner = ' '.repeat(1 + gap.length)
  const lines = blockLines(fresh, page.style).map((line, number) => (number === 0 ? `-${gap}` : inner) + line)
  const column = page.column(neighbour.start)
  const indent = page.newLine(column)
  if (index > 0) {
    const at = page.lineEnd(page.itemEnd(neighbour))
    return [...page.uncut(lastLeafOf(neighbour)), insertion(at, lines.map(line => indent + line).join(''))]
  }
  if (!page.startsLine(neighbour.start)) return [insertion(neighbour.start, lines.map(line => line + indent).join(''))]
  const text = lines.map(line => ' '.repeat(column) + line + page.style.eol).join('')
  return [insertion(aboveComments(page, neighbour.start), text)]
}

/** The start of the comments right above a line that are indented like it: they explain it. */
function aboveComments(page: Page, offset: number): number {
  const column = page.column(offset)
  let start = page.lineStart(offset)
  for (;;) {
    const above = page.lineStart(page.lineEndBefore(start))
    const line = page.text.slice(above, start)
    if (above >= start || line.search(/[^ ]/) !== column || line[column] !== '#') return start
    start = above
  }
}

/** The blanks between a dash and what follows it. */
function gapOf(page: Page, { start, value }: SequenceItem): string {
  const gap = value === undefined ? ' ' : page.text.slice(start + 1, value.outer)
  return /^ +$/.test(gap) ? gap : ' '
}

/** A value where none is written: behind `key:`, behind a dash. */
export function fill(page: Page, slot: MemberSlot, fresh: Json): readonly TextEdit[] {
  const head = headOf(page, slot, undefined)
  if (!isBlockValue(fresh)) return [insertion(head, ` ${renderInline(fresh, page.style)}`)]
  if (slot.in === 'map') return [insertion(page.lineEnd(head), below(page, slot, fresh))]
  const [first, rest] = beside(page, page.column(slot.item.start) + 2, fresh)
  return [insertion(head, ` ${first}`), insertion(page.lineEnd(head), rest)]
}

/** Another value where a scalar or an alias stands. The comment behind it stays. */
export function replaceScalar(page: Page, slot: BlockSlot, old: Node, fresh: Json): readonly TextEdit[] {
  if (!isBlockScalar(old)) {
    const lineEnd = page.lineEnd(old.end)
    return swap(page, slot, old, fresh, { headEnd: old.end, body: { start: lineEnd, end: lineEnd } })
  }
  const headEnd = old.start + page.headerOf(old).length
  const body = { start: page.lineEnd(old.start), end: page.contentEnd(old) }
  return rewriteLiteral(page, old, fresh, body) ?? swap(page, slot, old, fresh, { headEnd, body })
}

/** What a scalar consists of: text in the line where it starts and, where it is a block scalar, lines below. */
interface Parts {
  readonly headEnd: number
  readonly body: Span
}

function swap(page: Page, slot: BlockSlot, old: Node, fresh: Json, { headEnd, body }: Parts): readonly TextEdit[] {
  const place = isBlockValue(fresh) ? placeFor(page, slot, old) : 'inline'
  if (place === 'below')
    return [
      { start: headOf(page, slot, old), end: headEnd, text: '' },
      { ...body, text: below(page, slot, fresh) },
    ]
  if (place === 'beside') {
    const [first, rest] = beside(page, page.column(old.start), fresh)
    return [
      { start: old.start, end: headEnd, text: first },
      { ...body, text: rest },
    ]
  }
  const quotes = old.type === 'scalar' ? old.style : undefined
  const text = renderInline(fresh, page.style, quotes)
  // An anchor alone (`a: &x`) needs a blank before the value.
  const gap = old.start === old.end && old.outer < old.start ? ' ' : ''
  return [
    { start: old.start, end: headEnd, text: gap + text },
    { ...body, text: '' },
  ]
}

/** Where lines can be written in the place of a scalar: from where it starts, or below the line where it starts. */
function placeFor(page: Page, slot: BlockSlot, old: Node): 'beside' | 'below' | 'inline' {
  if (page.startsLine(old.start) || (slot.in === 'sequence' && old.outer === old.start)) return 'beside'
  return page.lineStart(headOf(page, slot, old)) === page.lineStart(old.start) ? 'below' : 'inline'
}

/** A literal scalar stays one where its new text can be written so. */
function rewriteLiteral(page: Page, old: Node, fresh: Json, body: Span): readonly TextEdit[] | undefined {
  if (old.type !== 'scalar' || old.style !== 'literal' || typeof fresh !== 'string') return undefined
  const header = page.headerOf(old)
  const indent = /^\s*\n( +)\S/.exec(page.text.slice(body.start, body.end))?.[1]
  const literal = literalText(fresh)
  if (indent === undefined || literal === undefined || /\d/.test(header)) return undefined
  const lines = literal.lines.map(line => page.style.eol + (line === '' ? '' : indent + line)).join('')
  const isCut = body.end === page.text.length && literal.chomping === ''
  const head = { start: old.start, end: old.start + header.length, text: `|${literal.chomping}` }
  return [...(head.text === header ? [] : [head]), { ...body, text: lines + (isCut ? page.style.eol : '') }]
}

/** Another value where a map or list in block style stands. */
export function replaceBlock(
  page: Page,
  slot: BlockSlot,
  old: MapNode | SequenceNode,
  fresh: Json,
): readonly TextEdit[] {
  const end = page.contentEnd(old)
  if (!isBlockValue(fresh)) {
    const text = renderInline(fresh, page.style)
    if (slot.in !== 'map' || !page.startsLine(old.start)) return [{ start: old.start, end, text }]
    return [insertion(headOf(page, slot, old), ` ${text}`), ...withoutLines(page, old.start, end)]
  }
  const column = page.column(old.start)
  const parentColumn = slot.in === 'map' ? page.column(slot.entry.start) : -1
  if (column > parentColumn || Array.isArray(fresh)) {
    return [{ start: old.start, end, text: blockLines(fresh, page.style).join(page.newLine(column)) }]
  }
  const deeper = parentColumn + page.style.step
  const lines = blockLines(fresh, page.style).map(line => ' '.repeat(deeper) + line)
  return [{ start: page.lineStart(old.start), end, text: lines.join(page.style.eol) }]
}

/** The entry or item of a map or list that has others as well goes, with the comment behind it. */
export function removeMember(page: Page, parent: MapNode | SequenceNode, index: number): readonly TextEdit[] {
  const members: readonly (MapEntry | SequenceItem)[] = parent.type === 'map' ? parent.entries : parent.items
  const [before, member, next] = [members[index - 1], members[index], members[index + 1]]
  if (member === undefined) return []
  const end = 'key' in member ? page.entryEnd(member) : page.itemEnd(member)
  if (page.startsLine(member.start)) return withoutLines(page, member.start, end, lastLeafOf(before))
  // The first of a compact collection (`- name: x`): the next one moves up, unless a comment is between.
  const lineEnd = page.lineEnd(end)
  if (next !== undefined && page.text.slice(lineEnd, next.start).trim() === '')
    return [{ start: member.start, end: next.start, text: '' }]
  const line = page.text.slice(page.lineStart(member.start), member.start)
  return [{ start: member.start - (line.length - line.trimEnd().length), end: lineEnd, text: '' }]
}

/** Takes out the lines from one offset to another, whole. */
function withoutLines(page: Page, from: number, to: number, before?: Node): readonly TextEdit[] {
  const start = page.lineStart(from)
  const lineEnd = page.lineEnd(to)
  if (before !== undefined && isBlockScalar(before)) return withoutLinesBehind(page, before, { start, end: lineEnd })
  const end = page.nextLine(lineEnd)
  if (end > lineEnd || start === 0) return [{ start, end, text: '' }]
  return [{ start: page.lineEndBefore(start), end, text: '' }]
}

/** Lines behind a block scalar: what follows them must not fall into it, nor may it lose its last line break. */
function withoutLinesBehind(page: Page, before: ScalarNode, { start, end }: Span): readonly TextEdit[] {
  const column = page.column(start + page.text.slice(start).search(/[^ ]/))
  const isKept = page.headerOf(before).includes('+')
  let last = page.nextLine(end)
  while (last < page.text.length) {
    const lineEnd = page.lineEnd(last)
    const line = page.text.slice(last, lineEnd)
    const isDeeper = line.search(/[^ ]|$/) > column
    if (/\S/.test(line)) {
      const outdented = { start: last, end: last + line.search(/\S/), text: ' '.repeat(column) }
      return [{ start, end: last, text: '' }, ...(isDeeper ? [outdented] : [])]
    }
    if (!isKept && !isDeeper) break
    last = page.nextLine(lineEnd)
  }
  return [{ start, end: last, text: '' }]
}

/** The lines of a value below the key, the dash or the marker that it belongs to. */
function below(page: Page, slot: BlockSlot, value: Json): string {
  const deeper = Array.isArray(value) ? page.style.sequenceOffset : page.style.step
  const column =
    slot.in === 'document'
      ? 0
      : slot.in === 'map'
        ? page.column(slot.entry.start) + deeper
        : page.column(slot.item.start) + 2
  return blockLines(value, page.style)
    .map(line => page.newLine(column) + line)
    .join('')
}

/** The first line of a value, for the place where it starts, and the others, for the lines below. */
function beside(page: Page, column: number, value: Json): readonly [first: string, rest: string] {
  const [first = '', ...others] = blockLines(value, page.style)
  return [first, others.map(line => page.newLine(column) + line).join('')]
}

/** Where a value may begin: behind the colon or the dash, and behind the anchor there. */
function headOf(page: Page, slot: BlockSlot, value: Node | undefined): number {
  if (value !== undefined && value.outer < value.start)
    return value.outer + (/^[^\s,[\]{}]+/.exec(page.text.slice(value.outer))?.[0].length ?? 0)
  if (slot.in === 'document') {
    const before = page.text.slice(0, value?.start)
    return before.length - (/[ \t]*$/.exec(before.slice(-100))?.[0].length ?? 0)
  }
  return slot.in === 'map' ? (slot.entry.colon ?? slot.entry.end - 1) + 1 : slot.item.start + 1
}
