import { type Baseline, goneMessage } from '../baseline.ts'
import type { BuildRecord } from '../build/record.ts'
import type { Options } from '../command-line.ts'
import type { Ignores } from '../ignores.ts'
import type { Outcome } from '../outcome.ts'
import type { Result } from '../report/result.ts'
import type { Sources } from '../scope.ts'
import { filesAfter } from '../texts.ts'
import { type Destination, deliver, type Said } from './delivery.ts'
import type { prepared } from './prepared.ts'
import { exitCode, placesOf, reportOf } from './reporting.ts'
import { unusedIgnores } from './unused-ignores.ts'

/** What a run has read and found. */
export interface Looked {
  readonly ready: Awaited<ReturnType<typeof prepared>>
  readonly sources: Sources
  readonly baseline: Baseline | undefined
  readonly outcome: Outcome
  readonly record: BuildRecord
  readonly ignores: Ignores
}

/**
 * Writes the texts of a run, and reports it.
 *
 * @param texts path → what it is to hold; undefined: nothing is written
 * @returns what was said, and the exit code
 */
export async function concluded(
  looked: Looked,
  texts: ReadonlyMap<string, string> | undefined,
  options: Options,
  destinations: readonly Destination[],
): Promise<{ readonly said: Said; readonly code: number }> {
  const { ready, outcome, baseline } = looked
  const { root } = ready.walked
  const failures = texts === undefined ? [] : (await import('./write.ts')).write(root, outcome, texts)
  const failed = new Set(failures.flatMap(({ paths }) => paths))
  const result: Result = {
    ...previewOf(looked, options),
    written: texts !== undefined,
    failures,
    filesAfter: filesAfter(outcome, texts ?? new Map(), failed),
  }
  const gone = baseline?.gone(outcome.options) ?? []
  const reports = await reportOf(result, options, destinations)
  const said = { ...reports, words: [...reports.words, ...(gone.length === 0 ? [] : [goneMessage(gone)])] }
  deliver(said, destinations)
  const code =
    failures.length > 0 ? 2 : Math.max(exitCode([result], options), gone.length > 0 && !options.exitZero ? 1 : 0)
  return { said, code }
}

/** What reports say of a run while nothing is written. */
export function previewOf({ ready, sources, outcome, record, ignores }: Looked, options: Options): Result {
  return {
    ...placesOf(ready.walked, options),
    outcome,
    build: record,
    skipped: sources.skipped,
    errors: sources.errors,
    written: false,
    failures: [],
    filesAfter: outcome.repository.files,
    unusedIgnores: unusedIgnores(ignores, outcome, ready),
  }
}
