import { realpathSync } from 'node:fs'
import type { Options } from '../command-line.ts'
import { isAtLeast } from '../detect/detector.ts'
import type { Walk } from '../read/walk.ts'
import { diffOf, isFailing, type Result, shownPath } from '../report/result.ts'
import { summaryLines, textReport } from '../report/text.ts'
import { deliver, isColored, type Said } from './delivery.ts'

/** What a report's paths are from, and what makes it fail. */
export function placesOf(
  { root, gitRoot }: Walk,
  { failOn }: Options,
): Pick<Result, 'root' | 'gitRoot' | 'cwd' | 'failOn'> {
  return { root, gitRoot, cwd: realpathSync(process.cwd()), failOn }
}

/** 1 where a finding is left, or a fix would be made, from the severity on that fails a run. */
export function exitCode(results: readonly Result[], { exitZero, failOn }: Options): number {
  if (exitZero) return 0
  return results.some(result => isFailing(result, ({ severity }) => isAtLeast(severity, failOn))) ? 1 : 0
}

/** The report that was asked for. */
export async function reportOf(result: Result, options: Options, file: number | undefined): Promise<Said> {
  if (options.diff) {
    const errors = result.errors.map(
      ({ path, line, column, message }) => `${shownPath(path, result)}:${line}:${column}: ${message}`,
    )
    return { text: diffOf(result), words: [...errors, ...(options.quiet ? [] : [summaryLines(result)[0] ?? ''])] }
  }
  if (options.reporter === 'html')
    return { text: await (await import('../report/html.ts')).htmlReport(result), words: [] }
  const text =
    options.reporter === 'json'
      ? (await import('../report/json.ts')).jsonReport(result)
      : textReport(result, { color: isColored(options, file), quiet: options.quiet === true })
  return { text, words: [] }
}

/** Writes it. */
export async function report(result: Result, options: Options, file: number | undefined): Promise<void> {
  deliver(await reportOf(result, options, file), file)
}
