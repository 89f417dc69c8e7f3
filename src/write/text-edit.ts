import type { Span } from '../read/tree.ts'

/** Text that comes in the place of a span. */
export interface TextEdit extends Span {
  readonly text: string
}

/** The text with the edits made; they are sorted and don't overlap. */
export function applied(text: string, edits: readonly TextEdit[]): string {
  let result = ''
  let position = 0
  for (const edit of edits) {
    result += text.slice(position, edit.start) + edit.text
    position = edit.end
  }
  return result + text.slice(position)
}

/**
 * The edits of a text that do at once what two rounds of edits do one after the other.
 *
 * @param second in the coordinates of the text that the first round leaves
 * @param between that text
 */
export function composed(
  first: readonly TextEdit[],
  second: readonly TextEdit[],
  between: string,
): readonly TextEdit[] {
  let shift = 0
  const firstSpans = first.map(({ start, end, text }) => {
    const from = start + shift
    shift += text.length - (end - start)
    return { start: from, end: from + text.length, grown: text.length - (end - start), edits: [] as TextEdit[] }
  })
  const secondSpans = second.map(edit => ({ start: edit.start, end: edit.end, grown: 0, edits: [edit] }))

  const clusters: { start: number; end: number; grown: number; edits: TextEdit[] }[] = []
  for (const span of [...firstSpans, ...secondSpans].toSorted(
    (one, other) => one.start - other.start || one.end - other.end,
  )) {
    const last = clusters.at(-1)
    if (last === undefined || span.start > last.end) clusters.push({ ...span, edits: [...span.edits] })
    else {
      last.end = Math.max(last.end, span.end)
      last.grown += span.grown
      last.edits.push(...span.edits)
    }
  }

  let before = 0
  return clusters.map(({ start, end, grown, edits }) => {
    const inner = edits.map(edit => ({ ...edit, start: edit.start - start, end: edit.end - start }))
    const edit = { start: start - before, end: end - before - grown, text: applied(between.slice(start, end), inner) }
    before += grown
    return edit
  })
}
