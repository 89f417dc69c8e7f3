import { goneMessage } from '../baseline.ts'
import type { BuildRecord } from '../build/record.ts'
import type { Options } from '../command-line.ts'
import type { Config } from '../config.ts'
import { print } from '../output.ts'
import { progress } from '../progress.ts'
import type { readFiles } from '../read/repository.ts'
import type { Walk } from '../read/walk.ts'
import type { Result } from '../report/result.ts'
import { scopeLines } from '../scopes/print.ts'
import { rootsIn } from '../scopes/roots.ts'
import { filesAfter, textsOf } from '../texts.ts'
import { deliver, destinationsOf, type Said } from './delivery.ts'
import { baselineFor, buildMode, examined, scopesIn, sourcesFor } from './examine.ts'
import { prepared } from './prepared.ts'
import { exitCode, placesOf, reportOf } from './reporting.ts'
import { unusedIgnores } from './unused-ignores.ts'

/** What a run has read when it begins, and who is told what it says. */
export interface Begun {
  readonly walk: Walk
  readonly read: ReturnType<typeof readFiles>
  readonly remember: (said: Said, exitCode: number, uncertain: string | undefined) => void
}

/** Finds, fixes, writes where that is asked for, and reports. */
export async function check(paths: readonly string[], options: Options, begun?: Begun): Promise<number> {
  const show = progress(options.quiet === true)
  const ready = await prepared(paths, options, begun?.walk)
  const { walked, config, run } = ready
  if (options.printConfig) {
    const { profile, portStyle } = run
    print(`${JSON.stringify({ ...config, profile, portStyle, build: buildMode(options, config) }, null, 2)}\n`)
    return 0
  }
  const sources = sourcesFor(ready, options, show, begun?.read)
  if (options.printScopes) {
    const { repository } = sources
    const roots = rootsIn(walked.root, [...repository.files.keys()], options.allowRemote === true)
    print(`${scopeLines(roots, scopesIn(config, walked.root), repository).join('\n')}\n`)
    return 0
  }
  const baseline = baselineFor(options, walked.root)
  const { outcome, record, ignores } = await examined(ready, sources, options, baseline, show)

  const destinations = destinationsOf(options)
  const texts = options.write ? textsOf(outcome) : new Map<string, string>()
  const failures = options.write ? (await import('./write.ts')).write(walked.root, outcome, texts) : []
  show(undefined)
  const failed = new Set(failures.flatMap(({ paths }) => paths))
  const result: Result = {
    ...placesOf(walked, options),
    outcome,
    build: record,
    skipped: sources.skipped,
    errors: sources.errors,
    written: options.write === true,
    failures,
    filesAfter: filesAfter(outcome, texts, failed),
    unusedIgnores: unusedIgnores(ignores, outcome, ready),
  }
  const gone = baseline?.gone(outcome.options) ?? []
  const reports = await reportOf(result, options, destinations)
  const said = { ...reports, words: [...reports.words, ...(gone.length === 0 ? [] : [goneMessage(gone)])] }
  deliver(said, destinations)
  const code =
    failures.length > 0 ? 2 : Math.max(exitCode([result], options), gone.length > 0 && !options.exitZero ? 1 : 0)
  begun?.remember(said, code, otherThanText(config, record))
  return code
}

/** What a run looked at beside the texts that were read; undefined: nothing. */
function otherThanText({ plugins }: Config, { built, unbuilt }: BuildRecord): string | undefined {
  if (plugins.length > 0) return 'the configuration loads plugins'
  return built.length + unbuilt.length > 0 ? 'kustomizations are built, from more than what is read here' : undefined
}
