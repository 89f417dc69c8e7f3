import { dirname } from 'node:path'
import type { Options } from './command-line.ts'
import type { Config } from './config.ts'
import type { ConfiguredIgnore } from './ignores.ts'
import type { RunOptions } from './outcome.ts'
import { type Comparison, changesIn } from './read/changes.ts'
import { notSource } from './read/not-source.ts'
import { type FileText, type ReadError, type Repository, repositoryOf, type Skipped } from './read/repository.ts'
import { ignoring, type Walk } from './read/walk.ts'
import type { ChangedSources } from './scopes/changed.ts'

/** The patterns whose files are left alone, whatever the rule. */
export function pathPatternsOf(ignore: Config['ignore']): readonly string[] {
  return ignore.filter(entry => typeof entry === 'string')
}

/** The entries that accept what some rules find; without a file, paths are from the root. */
export function configuredIgnores(
  { ignore, file }: Pick<Config, 'ignore' | 'file'>,
  root: string,
): readonly ConfiguredIgnore[] {
  const directory = file === undefined ? root : dirname(file)
  return ignore.flatMap((entry, index) =>
    typeof entry === 'string' ? [] : [{ index, rules: entry.rules, has: ignoring(entry.paths, directory, root) }],
  )
}

/** What is reported and written: what the paths name or hold, without what the configuration ignores. */
export function scopeOf(
  { isInScope, root }: Pick<Walk, 'isInScope' | 'root'>,
  { ignore, file }: Config,
): (path: string) => boolean {
  const patterns = pathPatternsOf(ignore)
  if (patterns.length === 0 || file === undefined) return isInScope
  const isIgnored = ignoring(patterns, dirname(file), root)
  return path => isInScope(path) && !isIgnored(path)
}

/** The repository as a run sees it, and what of it the run is about. */
export interface Sources {
  readonly repository: Repository
  /** What to tell of files beside findings: of sources, and where there are changes only of those that have some. */
  readonly skipped: readonly Skipped[]
  readonly errors: readonly ReadError[]
  /** A run's options, narrowed to sources. */
  readonly narrowed: (options: RunOptions) => RunOptions
  /** Undefined: everything is reported, whether it has changed or not. */
  readonly changes: ChangedSources | undefined
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
    narrowed: run => {
      const untouchable = new Map([
        ...[...(changes?.unstaged ?? [])].map(path => [path, 'has changes that are not staged'] as const),
        ...[...others].map(([path, what]) => [path, `is ${what}`] as const),
      ])
      return { ...run, isInScope, untouchable }
    },
    changes: changes && {
      isChanged: changes.isChanged,
      before: repositoryOf(changes.before, () => {}, repository.files),
      otherwise: differing(texts, read.texts),
      otherwiseBefore: differing(changes.before, read.texts),
    },
  }
}

function comparisonOf({ changed, staged, since }: Pick<Options, 'changed' | 'staged' | 'since'>) {
  if (since !== undefined) return { to: 'since', ref: since } satisfies Comparison
  if (staged) return { to: 'staged' } satisfies Comparison
  return changed ? ({ to: 'changed' } satisfies Comparison) : undefined
}

/** The texts that are not as they stand on the disk, by path. What isn't there any more is left out. */
function differing(texts: readonly FileText[], onDisk: readonly FileText[]): ReadonlyMap<string, string> {
  const known = new Map(onDisk.map(({ path, text }) => [path, text]))
  return new Map(texts.flatMap(({ path, text }) => (known.get(path) === text ? [] : [[path, text] as const])))
}
