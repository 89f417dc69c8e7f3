import { isPrintable, plainIsSafe } from '../read/scalars.ts'
import type { Json, Node, ScalarNode, Span } from '../read/tree.ts'
import { lineStartIn } from './page.ts'
import { EditRefused } from './refusal.ts'

/** How new text in a document is to look, so that it follows what is there. */
export interface Style {
  readonly eol: string
  /** How many blanks deeper a map stands than the map around it. */
  readonly step: number
  /** How many blanks deeper a sequence's dashes stand than the key above them. */
  readonly sequenceOffset: number
  readonly quote: 'single' | 'double'
  readonly json: boolean
  /** In JSON: the text of one level of indentation; empty where all stands in one line. */
  readonly unit: string
  /** JSON without blanks. */
  readonly minified: boolean
}

/** Reads the style of a document off its text and tree. */
export function styleOf(
  text: string,
  root: Node,
  json: boolean,
  document: Span = { start: 0, end: text.length },
): Style {
  const own = text.slice(document.start, document.end)
  const seen = new Counts()
  count(text, root, seen)
  const step = mostFrequent(seen.steps)
  return {
    eol: lineEndingOf(own),
    step: Math.max(step ?? 2, 1),
    sequenceOffset: Math.max(mostFrequent(seen.offsets) ?? step ?? 2, 0),
    quote: seen.single > seen.double ? 'single' : 'double',
    json,
    minified: json && !/[:,]\s/.test(own),
    unit: json ? (/^[[{]\r?\n([ \t]+)/.exec(own.replace(/^\uFEFF?\s*/, ''))?.[1] ?? '') : '',
  }
}

/** How often a style occurs in a document. */
class Counts {
  /** By how many columns maps stand deeper than the maps around them. */
  readonly steps = new Map<number, number>()
  /** The same of lists. */
  readonly offsets = new Map<number, number>()
  single = 0
  double = 0
}

function count(text: string, node: Node | undefined, seen: Counts): void {
  if (node?.type === 'scalar' && (node.style === 'single' || node.style === 'double')) seen[node.style] += 1
  if (node?.type === 'sequence') for (const { value } of node.items) count(text, value, seen)
  if (node?.type !== 'map') return
  for (const { start, value } of node.entries) {
    count(text, value, seen)
    if (node.flow || (value?.type !== 'map' && value?.type !== 'sequence') || value.flow) continue
    const deeper = value.start - lineStartIn(text, value.start) - (start - lineStartIn(text, start))
    const counts = value.type === 'map' ? seen.steps : seen.offsets
    counts.set(deeper, (counts.get(deeper) ?? 0) + 1)
  }
}

/** The line ending of most lines. */
function lineEndingOf(text: string): string {
  if (!text.includes('\r')) return '\n'
  const counts = new Map<string, number>([['\n', 0]])
  for (const [end] of text.matchAll(/\r\n|\n|\r/g)) counts.set(end, (counts.get(end) ?? 0) + 1)
  return [...counts].toSorted(([, one], [, other]) => other - one)[0]?.[0] ?? '\n'
}

function mostFrequent(counts: ReadonlyMap<number, number>): number | undefined {
  return [...counts].toSorted(([left, one], [right, other]) => other - one || left - right)[0]?.[0]
}

/** A scalar in one line. A string stays plain only where every reader reads the same string back. */
export function renderScalar(
  value: null | boolean | number | string,
  style: Style,
  flow: boolean,
  old?: ScalarNode['style'],
): string {
  if (typeof value === 'number') return renderNumber(value)
  if (typeof value !== 'string') return JSON.stringify(value)
  if (style.json) return doubleQuoted(value)
  const isQuoted = old === 'single' || old === 'double'
  if (!isQuoted && plainIsSafe(value, { flow })) return value
  const quote = isQuoted ? old : style.quote
  return quote === 'single' && isPrintable(value) ? `'${value.replaceAll("'", "''")}'` : doubleQuoted(value)
}

function renderNumber(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  return JSON.stringify(value)
}

/** JSON's escapes are YAML's; what isn't printable in YAML is escaped as well. */
function doubleQuoted(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A value in one line, in block style: a scalar, or a collection between brackets. */
export function renderInline(value: Json, style: Style, old?: ScalarNode['style']): string {
  return typeof value !== 'object' || value === null ? renderScalar(value, style, false, old) : renderFlow(value, style)
}

/** A value between brackets or as a scalar, in one line (in JSON with a unit: as many as it needs). */
export function renderFlow(value: Json, style: Style, indent = ''): string {
  if (typeof value !== 'object' || value === null) return renderScalar(value, style, true)
  const isList = Array.isArray(value)
  const inner = indent + style.unit
  const colon = style.minified ? ':' : ': '
  const members = isList
    ? value.map(item => renderFlow(item, style, inner))
    : Object.entries(value).map(
        ([key, member]) => renderScalar(key, style, true) + colon + renderFlow(member, style, inner),
      )
  const [open, close] = isList ? ['[', ']'] : ['{', '}']
  if (members.length === 0) return open + close
  if (style.unit !== '')
    return `${open}${style.eol}${inner}${members.join(`,${style.eol}${inner}`)}${style.eol}${indent}${close}`
  return `${open}${members.join(style.minified ? ',' : ', ')}${close}`
}

/** Whether a value is written over lines of its own: a map or list with members. */
export function isBlockValue(value: Json): value is readonly Json[] | { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

/** The lines of a value in block style, without the indent of the first: that one stands where the text goes on. */
export function blockLines(value: Json, style: Style): readonly string[] {
  if (!isBlockValue(value)) return [renderInline(value, style)]
  if (Array.isArray(value)) return value.flatMap(item => indented(blockLines(item, style), '- ', '  '))
  return Object.entries(value).flatMap(([key, member]) => entryLines(key, member, style))
}

/** A whole document. */
export function renderDocument(value: Json, style: Style): string {
  return blockLines(value, style)
    .map(line => line + style.eol)
    .join('')
}

/** The lines of a map's entry. */
export function entryLines(key: string, value: Json, style: Style): readonly string[] {
  const name = renderKey(key, style, false)
  if (!isBlockValue(value)) return [`${name}: ${renderInline(value, style)}`]
  const indent = ' '.repeat(Array.isArray(value) ? style.sequenceOffset : style.step)
  return [`${name}:`, ...indented(blockLines(value, style), indent, indent)]
}

/** @throws {EditRefused} a key that long can't stand before a colon */
export function renderKey(key: string, style: Style, flow: boolean, old?: ScalarNode['style']): string {
  const text = renderScalar(key, style, flow, old)
  // YAML: at most 1024 characters, line breaks not among them.
  if (text.length > 1000 && !style.json) throw new EditRefused('layout', 'the key is too long to stand before a colon')
  return text
}

/** The lines of a literal scalar with that value, and how its end is chomped; undefined if it can't be written so. */
export function literalText(
  value: string,
): { readonly lines: readonly string[]; readonly chomping: '' | '-' } | undefined {
  const text = value.replace(/\n$/, '')
  const lines = text.split('\n')
  // A blank at the start would be indentation, empty lines at the end would be chomped.
  if (!/^\S/.test(text) || /\n[ \t]*$/.test(text) || !lines.every(line => isPrintable(line.replaceAll('\t', ' '))))
    return undefined
  return { lines, chomping: text === value ? '-' : '' }
}

function indented(lines: readonly string[], first: string, others: string): readonly string[] {
  return lines.map((line, index) => (index === 0 ? first : others) + line)
}
