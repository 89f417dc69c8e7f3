import type { Span } from '../read/tree.ts'
import { hunksOf } from '../write/diff.ts'
import type { TextEdit } from '../write/text-edit.ts'
import { clean, line, type Paint } from './paint.ts'
import { hiddenIn, locators, type Result, shownPath } from './result.ts'

/** How hunks are shown. */
export interface HunkStyle {
  readonly paint: Paint
  /** How many unchanged lines stand around a change. */
  readonly context: number
  /** The file that needs no name. */
  readonly unnamed?: string
}

/** The hunks of edits, under the name of each file. */
export function hunkLines(
  edits: Iterable<readonly [path: string, edits: readonly TextEdit[]]>,
  result: Result,
  { paint, context, unnamed }: HunkStyle,
): readonly string[] {
  return [...edits].flatMap(([path, those]) => [
    ...(path === unnamed ? [] : [line`${paint('bold', shownPath(path, result))}`]),
    ...hunksIn(path, those, result, context).flatMap(hunk => diffLines(hunk.replaceAll('\r\n', '\n').trimEnd(), paint)),
  ])
}

function hunksIn(path: string, edits: readonly TextEdit[], result: Result, context: number): readonly string[] {
  const file = result.filesAfter.get(path)
  const { text = '' } = file?.parsed ?? {}
  const start = linesBack(text, edits[0]?.start ?? 0, context)
  const end = linesOn(text, edits.at(-1)?.end ?? 0, context)
  return hunksOf({
    text: text.slice(start, end),
    edits: edits.map(edit => ({ ...edit, start: edit.start - start, end: edit.end - start })),
    hidden: file === undefined ? [] : within(hiddenIn(file, result), start, end),
    before: file === undefined ? 0 : locators(result).after.regionOf(path, { start, end }).line - 1,
    context,
  })
}

/** Where the lines begin that stand before an offset as context. */
function linesBack(text: string, offset: number, context: number): number {
  let start = text.lastIndexOf('\n', offset - 1) + 1
  for (let room = context; room > 0 && start > 0; room -= 1) start = text.lastIndexOf('\n', start - 2) + 1
  return start
}

/** Where the lines end that stand behind an offset as context. */
function linesOn(text: string, offset: number, context: number): number {
  let end = offset
  for (let room = context; room >= 0 && end < text.length; room -= 1) end = text.indexOf('\n', end) + 1 || text.length
  return end
}

function within(spans: readonly Span[], from: number, to: number): readonly Span[] {
  return spans.flatMap(({ start, end }) =>
    end <= from || start >= to ? [] : [{ start: Math.max(start, from) - from, end: Math.min(end, to) - from }],
  )
}

/** The diff as people read it: control characters are not for them, but a carriage return at the end of a line stays. */
export function diffLines(diff: string, paint: Paint): readonly string[] {
  return diff.split('\n').map(full => {
    const text = full.replace(/\r$/, '')
    const style = STYLES.find(([start]) => start.test(text))?.[1]
    const { painted } = style === undefined ? { painted: clean(text) } : paint(style, text)
    return full === text ? painted : `${painted}\r`
  })
}

const STYLES = [
  [/^(diff|---|\+\+\+) /, 'bold'],
  [/^@@/, 'cyan'],
  [/^\+/, 'green'],
  [/^-/, 'red'],
] as const
