import packageJson from '../../package.json' with { type: 'json' }
import { applied } from '../write/text-edit.ts'
import { type Left, leftIn, offeredEdits } from './left.ts'
import { clean } from './paint.ts'
import { locators, problemsOf, type Result, shownPath } from './result.ts'

/** The report as reviewdog takes it, with suggestions. */
export function rdjsonReport(result: Result): string {
  const problems = problemsOf(result).map(({ path, line, column, message }) => ({
    message: clean(message),
    location: { path: shownPath(path, result), range: { start: { line, column } } },
    severity: 'ERROR',
  }))
  const findings = leftIn(result).map(finding => {
    const { detector, severity } = finding.diagnosis
    const suggestion = suggestionFor(finding, result)
    // reviewdog posts a suggestion only where its lines are those of the finding.
    const range = suggestion?.range ?? linesOf(finding)
    return {
      message: [finding.message, ...finding.remarks].join('\n'),
      location: { path: shownPath(finding.path, result), ...(range === undefined ? {} : { range }) },
      severity: severity.toUpperCase(),
      code: { value: detector.id, url: detector.docs },
      ...(suggestion === undefined ? {} : { suggestions: [suggestion] }),
    }
  })
  const report = { source: { name: packageJson.name }, diagnostics: [...problems, ...findings] }
  return `${JSON.stringify(report, null, 2)}\n`
}

/** Lines, the last one included: without columns, which count bytes. */
interface Lines {
  readonly start: { readonly line: number }
  readonly end: { readonly line: number }
}

function linesOf({ region }: Left): Lines | undefined {
  return region && { start: { line: region.line }, end: { line: region.endLine } }
}

/** The lines that a fix would change, as it leaves them. A suggestion is of one file: a part of a fix is none. */
function suggestionFor(finding: Left, result: Result): { readonly range: Lines; readonly text: string } | undefined {
  const { path } = finding
  const edits = offeredEdits(finding, result)
  const own = edits?.get(path)
  const text = result.filesAfter.get(path)?.parsed.text
  if (edits?.size !== 1 || own === undefined || text === undefined) return undefined
  const [from, to] = [own[0]?.start ?? 0, own.at(-1)?.end ?? 0]
  const start = text.lastIndexOf('\n', from - 1) + 1
  const next = text.indexOf('\n', to)
  const lines = text.slice(start, next < 0 ? text.length : next)
  const { line, endLine } = locators(result).after.regionOf(path, { start: from, end: to })
  return {
    range: { start: { line }, end: { line: endLine } },
    text: applied(
      lines,
      own.map(edit => ({ ...edit, start: edit.start - start, end: edit.end - start })),
    ),
  }
}
