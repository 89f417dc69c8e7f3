import type { Fix } from '../fix/fixer.ts'
import { pathOf } from '../fix/placement.ts'
import { PatchError } from '../json-patch.ts'
import { documentAt } from '../read/place.ts'
import { isStream, type SourceFile } from '../read/repository.ts'
import type { Span } from '../read/tree.ts'
import { unifiedDiff } from '../write/diff.ts'
import { EditRefused, type TextEdit } from '../write/edit.ts'
import { type NewDocument, Sheets } from '../write/sheets.ts'
import type { PageDiff } from './html/page-data.ts'
import { type Result, shownPath } from './result.ts'
import { secretSpans } from './secrets.ts'

/** Longer documents are not edited once for each fix, in UTF-16 code units: a List of thousands of objects is one. */
const MAX_DOCUMENT = 100_000

/** How many lines stand around a change. */
const CONTEXT = 3

/** Shows what single fixes change in the input, each for itself. */
export class FixDiffs {
  readonly #result: Result
  readonly #hidden = new Map<string, readonly Span[]>()

  constructor(result: Result) {
    this.#result = result
  }

  /** The hunks of a fix or, where its text can't be shown, its operations. */
  of(fix: Fix): readonly PageDiff[] {
    return (this.#result.chart === undefined ? this.#hunks(fix) : undefined) ?? this.#operations(fix)
  }

  /** Undefined where the fix can't be made on the input alone: it follows another one. */
  #hunks({ changes, creates = [] }: Fix): readonly PageDiff[] | undefined {
    const { files } = this.#result.outcome.repository
    const fresh: readonly NewDocument[] = creates.flatMap(({ object, beside }) =>
      beside.base === '' && !isStream(beside.path)
        ? { path: pathOf({ object, beside }), document: 0, object, beside }
        : [],
    )
    if (changes.some(({ resource }) => this.#lengthOf(resource) > MAX_DOCUMENT)) return undefined
    const sheets = new Sheets(files, new Set())
    try {
      sheets.apply(changes, fresh, { keep: true })
    } catch (error) {
      if (error instanceof EditRefused || error instanceof PatchError) return undefined
      throw error
    }
    if (sheets.prove().length > 0) return undefined
    return [...sheets.edits()]
      .map(([path, edits]) => this.#diff(path, files.get(path), edits))
      .filter(({ lines }) => lines.length > 0)
  }

  #lengthOf({ path, document }: { readonly path: string; readonly document: number }): number {
    const file = this.#result.outcome.repository.files.get(path)
    const found = file && documentAt(file.parsed, document)
    return found === undefined ? Number.POSITIVE_INFINITY : found.end - found.start
  }

  /** Only what is around the edits is looked at: a file may hold thousands of documents. */
  #diff(path: string, file: SourceFile | undefined, edits: readonly TextEdit[]): PageDiff {
    const shown = { file: shownPath(path, this.#result), isNew: file === undefined }
    const text = file?.parsed.text
    const from = text === undefined ? 0 : linesBack(text, edits[0]?.start ?? 0)
    const to = text === undefined ? 0 : linesOn(text, edits.at(-1)?.end ?? 0)
    const diff = unifiedDiff({
      path,
      text: text?.slice(from, to),
      edits: edits.map(({ start, end, text: fresh }) => ({ start: start - from, end: end - from, text: fresh })),
      header: false,
      hidden: this.#hiddenIn(path, file)
        .filter(({ start, end }) => end > from && start < to)
        .map(({ start, end }) => ({ start: Math.max(start, from) - from, end: Math.min(end, to) - from })),
    })
    const above = text === undefined ? 0 : newlinesIn(text, from)
    const lines = diff
      .split('\n')
      .slice(2, -1)
      .map(line => line.replace(/\r$/, ''))
    return { ...shown, lines: lines.filter(line => !line.startsWith('\\')).map(line => placed(line, above)) }
  }

  #hiddenIn(path: string, file: SourceFile | undefined): readonly Span[] {
    const known = this.#hidden.get(path)
    if (known !== undefined) return known
    const spans = file === undefined ? [] : secretSpans(file.parsed)
    this.#hidden.set(path, spans)
    return spans
  }

  #operations({ changes, creates = [] }: Fix): readonly PageDiff[] {
    const changed = changes.map(({ resource, operations }) => ({
      file: shownPath(resource.path, this.#result),
      isNew: false,
      lines: operations
        .filter(({ op }) => op !== 'test')
        .map(operation => {
          const value = 'value' in operation ? ` ${JSON.stringify(operation.value)}` : ''
          return `${SIGNS[operation.op] ?? '~'}${operation.op} ${operation.path}${value}`
        }),
    }))
    const created = creates.map(fresh => ({
      file: shownPath(pathOf(fresh), this.#result),
      isNew: true,
      lines: JSON.stringify(fresh.object, null, 2)
        .split('\n')
        .map(line => `+${line}`),
    }))
    return [...changed, ...created]
  }
}

const SIGNS: Readonly<Record<string, string>> = { add: '+', remove: '-' }

/** A hunk's header with the lines that it has in the whole file. */
function placed(line: string, above: number): string {
  return line.replace(/^@@ -(\d+)(\S*) \+(\d+)(\S*) @@$/, (_, old, oldCount, now, count) => {
    return `@@ -${Number(old) + above}${oldCount} +${Number(now) + above}${count} @@`
  })
}

/** Where the lines of context before an offset begin. */
function linesBack(text: string, offset: number): number {
  if (offset === 0) return 0
  let start = text.lastIndexOf('\n', offset - 1)
  for (let line = 0; line < CONTEXT && start > 0; line += 1) start = text.lastIndexOf('\n', start - 1)
  return start + 1
}

/** Where the lines of context behind an offset end. */
function linesOn(text: string, offset: number): number {
  let end = offset
  for (let line = 0; line <= CONTEXT; line += 1) {
    const newline = text.indexOf('\n', end)
    if (newline < 0) return text.length
    end = newline + 1
  }
  return end
}

function newlinesIn(text: string, until: number): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < until; at = text.indexOf('\n', at + 1)) count += 1
  return count
}
