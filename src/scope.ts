import { dirname } from 'node:path'
import type { Options } from './command-line.ts'
import type { Config } from './config.ts'
import type { Diagnosis, RunOptions } from './outcome.ts'
import type { Pipeline } from './pipeline.ts'
import { type Changes, type Comparison, changesIn } from './read/changes.ts'
import { notSource } from './read/not-source.ts'
import { type FileText, type ReadError, type Repository, repositoryOf, type Skipped } from './read/repository.ts'
import { ignoring, type Walk } from './read/walk.ts'
import { fingerprint } from './report/fingerprint.ts'

/** What is reported and written: what the paths name or hold, without what the configuration ignores. */
export function scopeOf({ isInScope, root }: Walk, { ignore, file }: Config): (path: string) => boolean {
  if (ignore.length === 0 || file === undefined) return isInScope
  const isIgnored = ignoring(ignore, dirname(file), root)
  return path => isInScope(path) && !isIgnored(path)
}

/** The repository as a run sees it, and what of it the run is about. */
export interface Sources {
  readonly repository: Repository
  /** What to tell of files beside findings: of sources, and where there are changes only of those that have some. */
  readonly skipped: readonly Skipped[]
  readonly errors: readonly ReadError[]
  /** A run's options, narrowed to sources and changes. */
  readonly narrowed: (options: RunOptions, pipeline: Pipeline) => RunOptions
}

/** What was read, without what is no source or has not changed, as far as the options ask for that. */
export function sourcesOf(
  walk: Walk,
  read: {
    readonly texts: readonly FileText[]
    readonly skipped: readonly Skipped[]
    readonly errors: readonly ReadError[]
  },
  { includeGenerated, ...options }: Pick<Options, 'changed' | 'staged' | 'since' | 'includeGenerated'>,
  config: Config,
  onFile: (done: number) => void,
): Sources {
  const comparison = comparisonOf(options)
  const changes = comparison && changesIn(walk, read.texts, comparison)
  const texts = changes?.texts ?? read.texts
  const repository = repositoryOf(texts, onFile)
  const isTakenAnyway = includeGenerated === true || config.includeGenerated
  const others = isTakenAnyway ? new Map<string, string>() : notSource(texts, repository, walk.named)
  const isInScope = (path: string): boolean => walk.isInScope(path) && !others.has(path)
  const isTold = (path: string): boolean => walk.isInScope(path) && (changes === undefined || changes.isChanged(path))
  const skippedFiles = [...others].map(([path, reason]): Skipped => ({ path, reason, role: 'other', text: '' }))
  const skipped = [...read.skipped, ...repository.skipped].filter(({ path }) => !others.has(path))
  const errors = [...read.errors, ...repository.errors].filter(({ path }) => !others.has(path))
  return {
    repository,
    skipped: [...skippedFiles, ...skipped].filter(({ path }) => isTold(path)),
    errors: errors.filter(({ path }) => isTold(path)),
    narrowed: (run, pipeline) => {
      const untouchable = new Map([
        ...[...(changes?.unstaged ?? [])].map(path => [path, 'has changes that are not staged'] as const),
        ...[...others].map(([path, what]) => [path, `is ${what}`] as const),
      ])
      const narrowed = { ...run, isInScope, untouchable }
      return { ...narrowed, isReported: changes && concerning(changes, repository, narrowed, pipeline) }
    },
  }
}

function comparisonOf({ changed, staged, since }: Pick<Options, 'changed' | 'staged' | 'since'>) {
  if (since !== undefined) return { to: 'since', ref: since } satisfies Comparison
  if (staged) return { to: 'staged' } satisfies Comparison
  return changed ? ({ to: 'changed' } satisfies Comparison) : undefined
}

/** Says of a finding whether changes have to do with it: it is in a changed file, or was not there before them. */
function concerning(
  { isChanged, before }: Changes,
  { files }: Repository,
  options: RunOptions,
  pipeline: Pipeline,
): (diagnosis: Diagnosis) => boolean {
  const { diagnoses } = pipeline.run(
    repositoryOf(before, () => {}, files),
    { ...options, noFix: true },
  )
  const known = new Set(diagnoses.map(fingerprint))
  return diagnosis => isChanged(diagnosis.finding.resource.path) || !known.has(fingerprint(diagnosis))
}
