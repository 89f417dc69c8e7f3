import type { Severity } from '../detect/detector.ts'
import { type Left, leftIn } from './left.ts'
import { clean } from './paint.ts'
import { fromRoot, problemsOf, type Result, shownPath } from './result.ts'
import { notesOf, summaryLine } from './summary.ts'

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'notice' }

/** The report as workflow commands of GitHub Actions, which it shows as annotations. */
export function githubReport(run: Result): string {
  const result = fromRoot(run)
  const problems = problemsOf(result).map(({ path, line, column, message }) =>
    command('error', { file: shownPath(path, result), line, col: column, title: 'mesh-fix' }, [message]),
  )
  const findings = leftIn(result).map(({ diagnosis, path, region, message, remarks }) => {
    const { detector, severity } = diagnosis
    // GitHub takes columns only where they are of one line.
    const columns =
      region === undefined || region.line !== region.endLine ? {} : { col: region.column, endColumn: region.endColumn }
    return command(
      COMMANDS[severity],
      {
        file: shownPath(path, result),
        line: region?.line ?? 1,
        endLine: region?.endLine ?? 1,
        ...columns,
        title: detector.id,
      },
      [message, ...remarks],
    )
  })
  return [...problems, ...findings].join('')
}

function command(
  name: string,
  properties: Readonly<Record<string, string | number>>,
  lines: readonly string[],
): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${property(String(value))}`)
  return `::${name} ${list.join(',')}::${data(lines.map(clean).join('\n'))}\n`
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** How many findings a step summary lists: GitHub takes a mebibyte of it. */
const MAX_ROWS = 500

/** The report as Markdown, for the summary of a step. */
export function stepSummary(run: Result): string {
  const result = fromRoot(run)
  const left = leftIn(result)
  const problems = problemsOf(result)
  const more = left.length - MAX_ROWS
  const table =
    left.length === 0 ? [] : ['| | place | rule | finding | what can be done |', '| --- | --- | --- | --- | --- |']
  const lines = [
    '## mesh-fix',
    '',
    markdown(summaryLine(result)),
    ...notesOf(result).flatMap(note => ['', markdown(note)]),
    '',
    ...problems.map(({ path, line, message }) => `- ${markdown(`${shownPath(path, result)}:${line}: ${message}`)}`),
    ...(problems.length === 0 ? [] : ['']),
    ...table,
    ...left.slice(0, MAX_ROWS).map(finding => row(finding, result)),
    ...(more > 0 ? ['', `… and ${more} more`] : []),
  ]
  return `${lines.join('\n').trimEnd()}\n\n`
}

function row({ diagnosis, path, region, message, remarks }: Left, result: Result): string {
  const place = `${shownPath(path, result)}${region === undefined ? '' : `:${region.line}`}`
  const cells = [diagnosis.severity, place, diagnosis.detector.id, message, remarks[0] ?? '']
  return `| ${cells.map(markdown).join(' | ')} |`
}

/** Text that is only text in a table of Markdown, too. */
function markdown(text: string): string {
  return clean(text).replace(/[\\`*_{}[\]<>()#+!|~&@$]/g, character => `&#${character.charCodeAt(0)};`)
}
