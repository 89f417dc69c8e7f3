import type { Span } from './tree.ts'

/**
 * Where the documents are. `---` and `...` at the start of a line can't stand inside any scalar, so the text is cut
 * there without parsing. Text before the first marker, or behind an end marker, is a document only if it has content.
 */
export function documentSpans(text: string): readonly Span[] {
  const spans: Span[] = []
  let start = 0
  let hasMarker = false
  const close = (end: number): void => {
    if (hasMarker || hasContent(text.slice(start, end))) spans.push({ start, end })
  }
  // Not `^`: in JavaScript it matches behind U+2028 as well, which ends no line here.
  for (const match of text.matchAll(/(?<![^\r\n])\uFEFF?(---|\.\.\.)(?=[ \t\r\n]|$)/g)) {
    if (match[1] === '---') {
      if (hasMarker || hasContent(text.slice(start, match.index))) {
        close(match.index)
        start = match.index
      }
      hasMarker = true
    } else {
      const rest = /[^\r\n]*(\r\n|\n|\r)?/y
      rest.lastIndex = match.index
      const end = match.index + (rest.exec(text)?.[0].length ?? 0)
      close(end)
      start = end
      hasMarker = false
    }
  }
  close(text.length)
  return spans
}

/** Whether a text holds more than blanks, comments, directives and document ends. */
function hasContent(text: string): boolean {
  return /(?<![^\r\n])(?![ \t]*(#|[\r\n]|$)|%|\.\.\.([ \t\r\n]|$))[^\r\n]*\S/.test(text.replace(/^\uFEFF/, ''))
}
