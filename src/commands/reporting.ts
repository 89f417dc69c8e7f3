import { realpathSync } from 'node:fs'
import type { Options, Reporter } from '../command-line.ts'
import { isAtLeast } from '../detect/detector.ts'
import type { Walk } from '../read/walk.ts'
import { diffBase, diffOf, isFailing, type Result, shownPath } from '../report/result.ts'
import { summaryLine } from '../report/summary.ts'
import { type TextOptions, textReport } from '../report/text.ts'
import { type Destination, deliver, isColored, type Said } from './delivery.ts'
import { pageOf } from './rule.ts'

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

/** The reports that were asked for. */
export async function reportOf(result: Result, options: Options, destinations: readonly Destination[]): Promise<Said> {
  if (options.diff) return diffAlone(result, options.quiet === true)
  const texts: string[] = []
  for (const { reporter, stream } of destinations)
    texts.push(await textOf[reporter](result, { color: isColored(options, stream), quiet: options.quiet === true }))
  const isForGitHub = destinations.some(({ reporter }) => reporter === 'github')
  return {
    texts,
    words: [],
    stepSummary: isForGitHub ? (await import('../report/github.ts')).stepSummary(result) : '',
  }
}

/** Each reporter; its code is loaded when it is asked for. */
const textOf: Readonly<Record<Reporter, (result: Result, options: TextOptions) => Promise<string> | string>> = {
  text: textReport,
  json: async result => (await import('../report/json.ts')).jsonReport(result),
  sarif: async result => (await import('../report/sarif.ts')).sarifReport(result, pageOf),
  github: async result => (await import('../report/github.ts')).githubReport(result),
  gitlab: async result => (await import('../report/gitlab.ts')).gitlabReport(result),
  junit: async result => (await import('../report/junit.ts')).junitReport(result),
  rdjson: async result => (await import('../report/rdjson.ts')).rdjsonReport(result),
  html: async result => (await import('../report/html.ts')).htmlReport(result),
}

/** The diff, with all that is in no diff for standard error. */
function diffAlone(result: Result, isQuiet: boolean): Said {
  const errors = result.errors.map(
    ({ path, line, column, message }) => `${shownPath(path, result)}:${line}:${column}: ${message}`,
  )
  const text = diffOf(result)
  const elsewhere = text === '' ? undefined : diffBase(result)
  return {
    texts: [text],
    words: [
      ...errors,
      ...(elsewhere === undefined ? [] : [`the paths of the diff are from ${elsewhere}: git -C ${elsewhere} apply`]),
      ...(isQuiet ? [] : [summaryLine(result)]),
    ],
    stepSummary: '',
  }
}

/** Writes them. */
export async function report(result: Result, options: Options, destinations: readonly Destination[]): Promise<void> {
  deliver(await reportOf(result, options, destinations), destinations)
}
