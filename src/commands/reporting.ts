import { openSync, realpathSync } from 'node:fs'
import type { Options } from '../command-line.ts'
import { isAtLeast } from '../detect/detector.ts'
import { MeshFixError } from '../errors.ts'
import { isTerminal, print, STDOUT, say, writeAll } from '../output.ts'
import type { Walk } from '../read/walk.ts'
import { diffOf, isFailing, type Result, shownPath } from '../report/result.ts'
import { summaryLines, textReport } from '../report/text.ts'

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

/**
 * Opens the report's file before anything else is written.
 *
 * @throws {MeshFixError} UNWRITABLE
 */
export function opened(path: string): number {
  try {
    return openSync(path, 'w')
  } catch (error) {
    throw new MeshFixError(
      'UNWRITABLE',
      `the report can't be written: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** Writes the report that was asked for. */
export async function report(result: Result, options: Options, file: number | undefined): Promise<void> {
  if (options.diff) {
    print(diffOf(result))
    for (const { path, line, column, message } of result.errors)
      say(`${shownPath(path, result)}:${line}:${column}: ${message}`)
    if (!options.quiet) say(summaryLines(result)[0] ?? '')
    return
  }
  const color = file === undefined && options.color && !process.env['NO_COLOR'] && isTerminal(STDOUT)
  const text =
    options.reporter === 'json'
      ? (await import('../report/json.ts')).jsonReport(result)
      : textReport(result, { color, quiet: options.quiet === true })
  writeAll(file ?? STDOUT, text)
}
