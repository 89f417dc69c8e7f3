import type { Span } from '../read/tree.ts'
import { line, type Paint } from './paint.ts'

/** What a code frame shows. */
export interface Frame {
  readonly text: string
  /** What is underlined, up to the end of its first line. */
  readonly span: Span
  /** The number of that line. */
  readonly number: number
  /** What of the text may stand around it: one document. */
  readonly document: Span
  /** What must not be shown. */
  readonly hidden: readonly Span[]
}

/** How much of a long line is shown: minified JSON is one. */
const WIDTH = 140

/** How much of it stands before what is underlined. */
const LEAD = 40

/** A line and, where it helps to see where that is, the one above it; nothing of what must not be shown. */
export function frameLines({ text, span, number, document, hidden }: Frame, paint: Paint): readonly string[] {
  const own = lineAround(text, span.start)
  if (own.start === own.end || isHidden(own, hidden)) return []
  const above = own.start > document.start ? lineAround(text, own.start - 1) : undefined
  const isLong = own.end - own.start > WIDTH
  const from = isLong ? Math.max(span.start - LEAD, own.start) : own.start
  const to = Math.min(own.end, from + WIDTH)
  const lead = text.slice(from, span.start).replace(/[^\t]/g, ' ')
  const marks = text.slice(span.start, Math.min(Math.max(span.end, span.start + 1), to)).trimEnd()
  const gutter = (label: string | number) => paint('dim', `${String(label).padStart(String(number).length)} |`)
  return [
    ...(above === undefined || isLong || isBlank(text, above) || isHidden(above, hidden)
      ? []
      : [line`${gutter(number - 1)} ${text.slice(above.start, Math.min(above.end, above.start + WIDTH))}`]),
    line`${gutter(number)} ${text.slice(from, to)}`,
    line`${gutter('')} ${lead}${paint('red', '^'.repeat(Math.max(marks.length, 1)))}`,
  ]
}

/** The line that an offset is in, without its end. */
function lineAround(text: string, offset: number): Span {
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
  const next = text.indexOf('\n', offset)
  const end = next < 0 ? text.length : next
  return { start: text.startsWith('\uFEFF', start) ? start + 1 : start, end: text[end - 1] === '\r' ? end - 1 : end }
}

function isBlank(text: string, { start, end }: Span): boolean {
  return text.slice(start, end).trim() === ''
}

function isHidden(shown: Span, hidden: readonly Span[]): boolean {
  return hidden.some(({ start, end }) => start < shown.end && shown.start < end)
}
