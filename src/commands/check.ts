import { dirname, relative, sep } from 'node:path'
import type { BuildRecord } from '../build/record.ts'
import type { Options } from '../command-line.ts'
import { type Config, placeIn } from '../config.ts'
import { Ignores } from '../ignores.ts'
import type { Outcome } from '../outcome.ts'
import { print } from '../output.ts'
import { pointer } from '../pointer.ts'
import { progress } from '../progress.ts'
import { readFiles } from '../read/repository.ts'
import { ignoring, type Walk } from '../read/walk.ts'
import type { Result } from '../report/result.ts'
import type { UnusedIgnore } from '../report/unused-ignores.ts'
import type { Rules } from '../rules.ts'
import { configuredIgnores, sourcesOf } from '../scope.ts'
import { type ConfiguredScope, scopeLines, withScopes } from '../scopes/print.ts'
import { rootsIn } from '../scopes/roots.ts'
import { runInBuilds } from '../scopes/run.ts'
import { filesAfter, textsOf } from '../texts.ts'
import { deliver, opened, type Said } from './delivery.ts'
import { prepared } from './prepared.ts'
import { exitCode, placesOf, reportOf } from './reporting.ts'

/** What a run has read when it begins, and who is told what it says. */
export interface Begun {
  readonly walk: Walk
  readonly read: ReturnType<typeof readFiles>
  readonly remember: (said: Said, exitCode: number, uncertain: string | undefined) => void
}

/** Finds, fixes, writes where that is asked for, and reports. */
export async function check(paths: readonly string[], options: Options, begun?: Begun): Promise<number> {
  const show = progress(options.quiet === true)
  const { walked, config, rules, run, pipeline } = await prepared(paths, options, begun?.walk)
  const mode = options.build ?? config.build ?? 'auto'
  if (options.printConfig) {
    print(`${JSON.stringify({ ...config, profile: run.profile, portStyle: run.portStyle, build: mode }, null, 2)}\n`)
    return 0
  }
  const read = begun?.read ?? readFiles(walked, done => show(`reading ${done}/${walked.files.length} files`))
  const { repository, skipped, errors, narrowed, changes } = sourcesOf(walked, read, options, config, done =>
    show(`parsing ${done}/${read.texts.length} files`),
  )
  const configured = scopesIn(config, walked.root)
  if (options.printScopes) {
    const roots = rootsIn(walked.root, [...repository.files.keys()], options.allowRemote === true)
    print(`${scopeLines(roots, configured, repository).join('\n')}\n`)
    return 0
  }
  const scoped = changes && { ...changes, before: withScopes(changes.before, configured) }
  const ignores = new Ignores(repository.files, configuredIgnores(config, walked.root))
  const { outcome, record } = await runInBuilds(
    withScopes(repository, configured),
    { ...narrowed(run), ignores },
    { mode, allowRemote: options.allowRemote === true, directory: walked.root, changes: scoped },
    (seen, asked) => pipeline.run(seen, asked, (done, of) => show(`proving ${done}/${of} fixes`)),
  )

  const reportFile = options.reporterFile === undefined ? undefined : opened(options.reporterFile)
  const texts = options.write ? textsOf(outcome) : new Map<string, string>()
  const failures = options.write ? (await import('./write.ts')).write(walked.root, outcome, texts) : []
  show(undefined)
  const failed = new Set(failures.flatMap(({ paths }) => paths))
  const result: Result = {
    ...placesOf(walked, options),
    outcome,
    build: record,
    skipped,
    errors,
    written: options.write === true,
    failures,
    filesAfter: filesAfter(outcome, texts, failed),
    unusedIgnores: unusedIgnores(ignores, outcome, { rules, config, walked }),
  }
  const said = await reportOf(result, options, reportFile)
  deliver(said, reportFile)
  const code = failures.length > 0 ? 2 : exitCode([result], options)
  begun?.remember(said, code, otherThanText(config, record))
  return code
}

/** What accepts nothing; of a run over a part of the repository the configuration says too much. */
function unusedIgnores(
  ignores: Ignores,
  outcome: Outcome,
  {
    rules,
    config: { file },
    walked: { named, root },
  }: { readonly rules: readonly Rules[]; readonly config: Config; readonly walked: Walk },
): readonly UnusedIgnore[] {
  const { isOn, profile } = outcome.options
  const isOff = new Set(
    rules
      .flatMap(({ detectors }) => detectors)
      .filter(({ checks }) => Object.values(checks).every(row => row[profile] === undefined))
      .map(({ id }) => id),
  )
  const place = (entry: number, rule: number): Omit<UnusedIgnore, 'rule'> => {
    const { line, column } = placeIn(file ?? '', pointer('ignore', entry, 'rules', rule))
    return {
      path: relative(root, file ?? '')
        .split(sep)
        .join('/'),
      line,
      column,
    }
  }
  return ignores.unused(outcome, rule => isOn(rule) && !isOff.has(rule), named.has('') ? place : undefined)
}

/** The scopes of the configuration; their patterns are from its file's directory. */
function scopesIn({ scopes, file }: Config, root: string): readonly ConfiguredScope[] {
  return scopes.map(({ name, paths }) => ({ name, has: ignoring(paths, dirname(file ?? root), root) }))
}

/** What a run looked at beside the texts that were read; undefined: nothing. */
function otherThanText({ plugins }: Config, { built, unbuilt }: BuildRecord): string | undefined {
  if (plugins.length > 0) return 'the configuration loads plugins'
  return built.length + unbuilt.length > 0 ? 'kustomizations are built, from more than what is read here' : undefined
}
