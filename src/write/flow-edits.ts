import type { MapEntry, MapNode, SequenceItem, SequenceNode } from '../read/tree.ts'
import { insertion, type Page } from './page.ts'
import type { TextEdit } from './text-edit.ts'

/** A map or list between brackets or braces. */
type FlowNode = MapNode | SequenceNode

/** Makes a member's text, for a line with that indent. */
type Render = (indent: string) => string

/** A member more, at a place from 0 to the number of those that are there. */
export function insertMember(page: Page, parent: FlowNode, index: number, render: Render): readonly TextEdit[] {
  const members = membersOf(parent)
  const [first, previous, next] = [members[0], members[index - 1], members[index]]
  if (first === undefined) return insertFirst(page, parent, render)
  if (isPair(page, parent)) return [insertion(parent.start, '{'), insertion(parent.end, `, ${render('')}}`)]
  const indent = brokenAt(page, members)
  if (indent === undefined) return insertInLine(page, parent, index, render(page.indentAt(parent.start)))
  const line = page.style.eol + indent + render(indent)
  if (previous === undefined) {
    const opening = page.lineEnd(parent.start)
    if (opening < first.start) return [insertion(opening, `${line},`)]
    return [insertion(first.start, `${render(indent)},${page.style.eol}${indent}`)]
  }
  const end = endOf(page, previous)
  const comma = commaAfter(page, end, next?.start ?? parent.end)
  // Behind the comment that explains the member before.
  if (comma !== undefined) return [insertion(isComment(page, comma + 1) ? page.lineEnd(comma) : comma + 1, `${line},`)]
  return isComment(page, end) ? [insertion(end, ','), insertion(page.lineEnd(end), line)] : [insertion(end, `,${line}`)]
}

/** The indent of the members' lines, where each stands on its own. */
function brokenAt(page: Page, members: readonly Member[]): string | undefined {
  const last = members.at(-1)
  return last !== undefined && page.startsLine(last.start) ? page.indentAt(last.start) : undefined
}

function insertInLine(page: Page, parent: FlowNode, index: number, text: string): readonly TextEdit[] {
  const members = membersOf(parent)
  const [next, last] = [members[index], members.at(-1)]
  const separator = separatorOf(page, members)
  if (next !== undefined) return [insertion(next.start, text + separator)]
  const end = last === undefined ? parent.start + 1 : endOf(page, last)
  if (!isComment(page, end)) return [insertion(end, separator + text)]
  return [insertion(end, ','), insertion(page.lineEnd(end), page.newLine(page.column(last?.start ?? 0)) + text)]
}

function separatorOf(page: Page, members: readonly Member[]): string {
  const [before, last] = members.slice(-2)
  const between = before !== undefined && last !== undefined ? page.text.slice(before.end, last.start) : ''
  if (/^ *, *$/.test(between)) return between.trimStart()
  return page.style.minified ? ',' : ', '
}

/** The first member of an empty collection: on a line of its own where the brackets are, or where JSON has lines. */
function insertFirst(page: Page, parent: FlowNode, render: Render): readonly TextEdit[] {
  const { eol, unit } = page.style
  const outer = page.indentAt(parent.start)
  const inside = page.text.slice(parent.start + 1, parent.end - 1)
  const inner = unit === '' ? ' '.repeat(innerColumn(page, parent)) : outer + unit
  const line = eol + inner + render(inner)
  if (/[\r\n]/.test(inside))
    return [insertion(isComment(page, parent.start + 1) ? page.lineEnd(parent.start) : parent.start + 1, line)]
  if (unit !== '') return [{ start: parent.start + 1, end: parent.end - 1, text: line + eol + outer }]
  return [insertion(parent.start + 1, (inside === '' ? '' : ' ') + render(outer))]
}

/** A column that is deeper than whatever the collection stands in. */
function innerColumn(page: Page, { start, end }: FlowNode): number {
  const line = page.text.slice(page.lineStart(start), start)
  const around = /^ *(?:[-?:] +)*/.exec(line)?.[0].length ?? 0
  return Math.max(around, page.indentAt(end - 1).length) + page.style.step
}

/** A member less, with the comment that explains it. */
export function removeMember(page: Page, parent: FlowNode, index: number): readonly TextEdit[] {
  const members = membersOf(parent)
  const [previous, member, next] = [members[index - 1], members[index], members[index + 1]]
  if (member === undefined) return []
  if (isPair(page, parent)) return [{ start: parent.start, end: parent.end, text: '{}' }]
  const comma = commaAfter(page, member.end, next?.start ?? parent.end)
  const before = previous === undefined ? undefined : commaAfter(page, previous.end, member.start)
  // The comma before a last member goes, unless the last one has one as well.
  const spare = comma === undefined && before !== undefined ? [{ start: before, end: before + 1, text: '' }] : []
  const lineEnd = page.lineEnd(Math.max(member.end, comma === undefined ? 0 : comma + 1))
  const behind = page.text.slice(member.end, lineEnd)
  if (page.startsLine(member.start) && /^[ \t]*,?[ \t]*(#.*)?$/.test(behind) && members.length > 1) {
    return [...spare, { start: page.lineStart(member.start), end: page.nextLine(lineEnd), text: '' }]
  }
  if (previous === undefined && next === undefined) return removeOnly(page, parent, member, comma)
  const isBare = (from: number, to: number): boolean => !page.text.slice(from, to).includes('#')
  if (next !== undefined && isBare(member.end, next.start)) return [{ start: member.start, end: next.start, text: '' }]
  if (next !== undefined) return [{ start: member.start, end: (comma ?? member.end - 1) + 1, text: '' }]
  if (previous !== undefined && isBare(previous.end, member.start)) {
    // A key without a value keeps its blank: Go reads `{a:}` as the key "a:".
    return [{ start: endOf(page, previous), end: member.end, text: '' }]
  }
  return [...spare, { start: member.start, end: (comma ?? member.end - 1) + 1, text: '' }]
}

/** What stays is `{}` or `[]`, with the comments inside. */
function removeOnly(page: Page, parent: FlowNode, member: Member, comma: number | undefined): readonly TextEdit[] {
  const inside = page.text.slice(parent.start + 1, member.start) + page.text.slice(member.end, parent.end - 1)
  if (!inside.includes('#')) return [{ start: parent.start + 1, end: parent.end - 1, text: '' }]
  const edits = [{ start: member.start, end: member.end, text: '' }]
  return comma === undefined ? edits : [...edits, { start: comma, end: comma + 1, text: '' }]
}

/** A map of one entry in a list, without braces: `[a: b]`. */
export function isPair(page: Page, { type, start }: FlowNode): boolean {
  return type === 'map' && page.text[start] !== '{'
}

type Member = MapEntry | SequenceItem

function membersOf(node: FlowNode): readonly Member[] {
  return node.type === 'map' ? node.entries : node.items
}

/** Where a comma can come; behind a colon without a value, a blank stays. */
function endOf(page: Page, member: Member): number {
  const isOpen = member.value === undefined && 'colon' in member && member.colon !== undefined
  return isOpen && page.text[member.end] === ' ' ? member.end + 1 : member.end
}

function isComment(page: Page, at: number): boolean {
  return /^[ \t]+#/.test(page.text.slice(at, page.lineEnd(at)))
}

function commaAfter(page: Page, from: number, to: number): number | undefined {
  const bare = page.text.slice(from, to).replace(/(^|\s)#[^\r\n]*/g, comment => ' '.repeat(comment.length))
  const comma = bare.indexOf(',')
  return comma < 0 ? undefined : from + comma
}
