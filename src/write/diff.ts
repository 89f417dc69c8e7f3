import type { Span } from '../read/tree.ts'
import type { TextEdit } from './edit.ts'

/** Lines that change: half-open ranges of old lines, counted from 0, and what comes in their place. */
interface LineChange {
  readonly from: number
  readonly to: number
  readonly lines: readonly string[]
}

/** How many unchanged lines stand around a change, as in `git diff`. */
const CONTEXT = 3

/** One file's edits, and how their diff is to look. */
export interface FileDiff {
  readonly path: string
  /** The text before the edits; undefined for a file that is new. */
  readonly text: string | undefined
  readonly edits: readonly TextEdit[]
  /** Whether `diff --git` stands above: only right for paths from the git root. */
  readonly header: boolean
  /** What must not be shown: Secrets. */
  readonly hidden: readonly Span[]
}

/** Some lines of a file, and the edits that are made in them. */
export interface Part {
  readonly text: string
  readonly edits: readonly TextEdit[]
  /** What must not be shown. */
  readonly hidden: readonly Span[]
  /** How many lines of the file stand before them. */
  readonly before: number
  /** How many unchanged lines stand around a change. */
  readonly context: number
}

/** The hunks of a part of a file, for people. */
export function hunksOf({ text, edits, hidden, before, context }: Part): readonly string[] {
  const lines = linesOf(text)
  return hunks(lines, lineChanges(lines, edits), { isHidden: hiddenIn(lines, hidden), before, context })
}

/** Stands for a changed line that must not be shown. git refuses such a diff as a whole. */
const HIDDEN = '(hidden: this line holds a Secret)\n'

/** How hunks are cut. */
interface Cut extends Pick<Part, 'before' | 'context'> {
  /** Says of lines, counted from 0, whether they must not be shown. */
  readonly isHidden: (line: number) => boolean
}

/**
 * A unified diff of one file from the edits that were made, which need no diff algorithm to be found. `git apply` takes
 * it; line ends and a missing final newline are kept as they are.
 */
export function unifiedDiff({ path, text, edits, header, hidden }: FileDiff): string {
  const lines = linesOf(text ?? '')
  const changes = lineChanges(lines, edits)
  if (changes.length === 0) return ''
  const [from, to] = [quoted(`a/${path}`), quoted(`b/${path}`)]
  const git = header ? `diff --git ${from} ${to}\n${text === undefined ? 'new file mode 100644\n' : ''}` : ''
  const old = text === undefined ? '/dev/null' : `${from}${tab(from)}`
  const head = `${git}--- ${old}\n+++ ${to}${tab(to)}\n`
  return head + hunks(lines, changes, { isHidden: hiddenIn(lines, hidden), before: 0, context: CONTEXT }).join('')
}

function hiddenIn(lines: readonly string[], hidden: readonly Span[]): Cut['isHidden'] {
  const starts = startsOf(lines)
  const hiddenLines = new Set(
    hidden.flatMap(({ start, end }) => range(lineAt(starts, start), lineAt(starts, Math.max(end - 1, start)) + 1)),
  )
  return line => hiddenLines.has(line)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '"': '"',
  '\\': '\\',
}

/** git quotes names with characters that its headers can't carry, as C does. */
function quoted(path: string): string {
  if (!/[\u0000-\u001f\u007f"\\]/.test(path)) return path
  const octal = (character: string): string => character.charCodeAt(0).toString(8).padStart(3, '0')
  return `"${path.replace(/[\u0000-\u001f\u007f"\\]/g, character => `\\${ESCAPES[character] ?? octal(character)}`)}"`
}

/** GNU patch wants a tab behind a name with blanks. */
function tab(path: string): string {
  return path.includes(' ') && !path.startsWith('"') ? '\t' : ''
}

/** The lines with their ends; the last may have none. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function startsOf(lines: readonly string[]): readonly number[] {
  const starts: number[] = []
  let offset = 0
  for (const line of lines) {
    starts.push(offset)
    offset += line.length
  }
  return starts
}

/** Whole lines that the edits touch, without those at their edges that stay the same. Touching ranges are one. */
function lineChanges(lines: readonly string[], edits: readonly TextEdit[]): readonly LineChange[] {
  const starts = startsOf(lines)
  const offset = lines.reduce((length, line) => length + line.length, 0)
  const changes: LineChange[] = []
  for (let index = 0; index < edits.length; ) {
    const from = lineAt(starts, edits[index]?.start ?? 0)
    const start = starts[from] ?? offset
    let to = from
    let text = ''
    let copied = start
    for (let edit = edits[index]; edit !== undefined && lineAt(starts, edit.start) <= to; edit = edits[index]) {
      text += slice(lines, starts, copied, edit.start) + edit.text
      copied = edit.end
      to = Math.max(to, lineAt(starts, edit.end))
      index += 1
    }
    const end = starts[to + 1] ?? offset
    changes.push(
      trimmed(
        { from, to: Math.min(to + 1, lines.length), lines: linesOf(text + slice(lines, starts, copied, end)) },
        lines,
      ),
    )
  }
  return changes.filter(({ from, to, lines: fresh }) => from < to || fresh.length > 0)
}

/** The text between two offsets. */
function slice(lines: readonly string[], starts: readonly number[], from: number, to: number): string {
  let text = ''
  for (let line = lineAt(starts, from); line < lines.length && (starts[line] ?? 0) < to; line += 1) {
    const start = starts[line] ?? 0
    text += (lines[line] ?? '').slice(Math.max(from - start, 0), to - start)
  }
  return text
}

/** The line that an offset is in; the end of the text is in the last. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle
  }
  return low
}

function trimmed({ from, to, lines }: LineChange, old: readonly string[]): LineChange {
  let head = 0
  while (from + head < to && head < lines.length && old[from + head] === lines[head]) head += 1
  let tail = 0
  while (to - tail > from + head && lines.length - tail > head && old[to - tail - 1] === lines[lines.length - tail - 1])
    tail += 1
  return { from: from + head, to: to - tail, lines: lines.slice(head, lines.length - tail) }
}

/** Changes so near to each other that their contexts touch stand in one hunk. */
function hunks(lines: readonly string[], changes: readonly LineChange[], cut: Cut): readonly string[] {
  const groups: LineChange[][] = []
  for (const change of changes) {
    const group = groups.at(-1)
    const last = group?.at(-1)
    const isNear = last !== undefined && change.from - last.to <= 2 * cut.context
    if (group !== undefined && isNear && !range(last.to, change.from).some(cut.isHidden)) group.push(change)
    else groups.push([change])
  }
  let shift = 0
  return groups.map(group => {
    const text = hunk(lines, group, shift, cut)
    for (const change of group) shift += change.lines.length - (change.to - change.from)
    return text
  })
}

function hunk(lines: readonly string[], group: readonly LineChange[], shift: number, cut: Cut): string {
  const { isHidden, before, context } = cut
  let start = group[0]?.from ?? 0
  let end = group.at(-1)?.to ?? 0
  for (let room = context; room > 0 && start > 0 && !isHidden(start - 1); room -= 1) start -= 1
  for (let room = context; room > 0 && end < lines.length && !isHidden(end); room -= 1) end += 1

  let body = ''
  let position = start
  let grown = 0
  for (const change of group) {
    body += prefixed(' ', lines.slice(position, change.from))
    const isSecret = range(change.from, change.to).some(isHidden)
    body += prefixed('-', isSecret ? [HIDDEN] : lines.slice(change.from, change.to))
    body += prefixed('+', isSecret ? [HIDDEN] : change.lines)
    grown += change.lines.length - (change.to - change.from)
    position = change.to
  }
  body += prefixed(' ', lines.slice(position, end))
  const old = before + start
  return `@@ -${place(old, end - start)} +${place(old + shift, end - start + grown)} @@\n${body}`
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}

/** A place as hunk headers write it: lines count from 1, and an empty range names the line before it. */
function place(start: number, count: number): string {
  return count === 1 ? `${start + 1}` : `${count === 0 ? start : start + 1},${count}`
}

function prefixed(sign: string, lines: readonly string[]): string {
  return lines.map(line => `${sign}${line}${line.endsWith('\n') ? '' : '\n\\ No newline at end of file\n'}`).join('')
}
