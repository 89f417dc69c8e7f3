import { dirname } from 'node:path'
import { type Baseline, baselineAt } from '../baseline.ts'
import type { BuildMode, BuildRecord } from '../build/record.ts'
import type { Options } from '../command-line.ts'
import type { Config } from '../config.ts'
import { Ignores } from '../ignores.ts'
import type { Outcome } from '../outcome.ts'
import { type FileText, readFiles } from '../read/repository.ts'
import { ignoring } from '../read/walk.ts'
import { configuredIgnores, type Sources, sourcesOf } from '../scope.ts'
import { type ConfiguredScope, withScopes } from '../scopes/print.ts'
import { runInBuilds } from '../scopes/run.ts'
import { collectOften } from '../v8.ts'
import type { prepared } from './prepared.ts'

type Ready = Awaited<ReturnType<typeof prepared>>

/** Told what is being done. */
type Show = (what: string | undefined) => void

/** When kustomizations are built. */
export function buildMode(options: Options, config: Config): BuildMode {
  return options.build ?? config.build ?? 'auto'
}

/** From so many UTF-16 units of text on, memory counts more than time: some 30,000 apps. */
const MUCH = 100e6

/** What the run is about, read. */
export function sourcesFor(
  { walked, config }: Ready,
  options: Options,
  show: Show,
  read = readFiles(walked, done => show(`reading ${done}/${walked.files.length} files`)),
): Sources {
  if (sizeOf(read.texts) > MUCH) collectOften()
  return sourcesOf(walked, read, options, config, done => show(`parsing ${done}/${read.texts.length} files`))
}

function sizeOf(texts: readonly FileText[]): number {
  return texts.reduce((size, { text }) => size + text.length, 0)
}

/** The baseline of a run. */
export function baselineFor({ baseline }: Options, root: string): Baseline | undefined {
  return baseline ? baselineAt(root) : undefined
}

/** What the rules find and make of it, in builds where there are some. */
export async function examined(
  { walked, config, run, pipeline }: Ready,
  { repository, narrowed, changes }: Sources,
  options: Options,
  baseline: Baseline | undefined,
  show: Show,
): Promise<{ readonly outcome: Outcome; readonly record: BuildRecord; readonly ignores: Ignores }> {
  const { root } = walked
  const configured = scopesIn(config, root)
  const ignores = new Ignores(repository.files, configuredIgnores(config, root), baseline)
  const { outcome, record } = await runInBuilds(
    withScopes(repository, configured),
    { ...narrowed(run), ignores },
    {
      mode: buildMode(options, config),
      allowRemote: options.allowRemote === true,
      directory: root,
      changes: changes && { ...changes, before: withScopes(changes.before, configured) },
    },
    (seen, asked) => pipeline.run(seen, asked, (done, of) => show(`proving ${done}/${of} fixes`)),
  )
  return { outcome, record, ignores }
}

/** The scopes of the configuration; their patterns are from its file's directory. */
export function scopesIn({ scopes, file }: Config, root: string): readonly ConfiguredScope[] {
  return scopes.map(({ name, paths }) => ({ name, has: ignoring(paths, dirname(file ?? root), root) }))
}
