import { Kustomize } from '../build/kustomize.ts'
import type { BuildMode, BuildRecord } from '../build/record.ts'
import { withScratchAlongside } from '../build/scratch.ts'
import type { Finding } from '../detect/detector.ts'
import { MeshFixError } from '../errors.ts'
import type { Acceptance, Outcome, RunOptions } from '../outcome.ts'
import { withCustomKinds } from '../read/custom-kinds.ts'
import { isStream, type Repository } from '../read/repository.ts'
import type { Resource } from '../read/resource.ts'
import { asSources, inSource, placeOf } from './as-sources.ts'
import type { ChangedSources } from './changed.ts'
import { type PatchDocument, patchDocumentsOf } from './patches.ts'
import { provenInBuilds } from './proof.ts'
import { type Root, rootsIn } from './roots.ts'
import { type Origins, sourceFixOf } from './source-edits.ts'
import { transactionsOf } from './transactions.ts'
import { type Unbuilt, type View, viewsOf } from './views.ts'

/** What a run with builds is asked for. */
export interface BuildRequest {
  readonly mode: BuildMode
  readonly allowRemote: boolean
  /** The root of what was read: absolute, symbolic links resolved. */
  readonly directory: string
  /** Undefined: everything is reported, whether it has changed or not. */
  readonly changes?: ChangedSources | undefined
}

/**
 * Runs the rules on what kustomizations build, and makes the fixes in the sources, proven by building again. What no
 * kustomization builds is looked at as it stands.
 *
 * @param run the rules, on what they get to see
 * @throws {MeshFixError} BUILD: there is no kustomize, and the mode is `always`
 */
export async function runInBuilds(
  read: Repository,
  options: RunOptions,
  { mode, allowRemote, directory, changes }: BuildRequest,
  run: (repository: Repository, options: RunOptions) => Outcome,
): Promise<{ readonly outcome: Outcome; readonly record: BuildRecord }> {
  const source = withCustomKinds(read, options.customKinds)
  const narrowed = async (
    before: Repository | undefined,
    fileOf: (finding: Finding) => string,
  ): Promise<RunOptions> => {
    if (changes === undefined || before === undefined) return options
    const { concerning } = await import('./changed.ts')
    const found = run(before, { ...options, noFix: true, ignores: undefined })
    return { ...options, isReported: concerning(changes, found, fileOf) }
  }
  const inSources = (): Promise<RunOptions> => narrowed(changes?.before, ({ resource }) => resource.path)
  const paths = [...source.files.keys()]
  const roots =
    mode === 'never' ? [] : rootsIn(directory, paths, allowRemote).filter(root => isAskedFor(root, options.isInScope))
  const kustomize = roots.length === 0 ? undefined : found(mode, allowRemote)
  if (kustomize === undefined) {
    const unbuilt = roots.map(({ name }) => ({ name, reason: 'there is neither kustomize nor kubectl on PATH' }))
    return { outcome: run(source, await inSources()), record: { mode, tool: undefined, built: [], unbuilt } }
  }
  return withScratchAlongside(async scratch => {
    const builds = { kustomize, scratch, directory, texts: changes?.otherwise ?? new Map() }
    const { views, unbuilt } = await viewsOf(roots, source, builds)
    const record = recordOf(mode, kustomize, views, unbuilt)
    if (views.length === 0) return { outcome: run(source, await inSources()), record }
    const origins = originsOf(views, directory, source)
    const old = changes && (await viewsOf(roots, changes.before, { ...builds, texts: changes.otherwiseBefore }))
    const asked = await narrowed(
      old && changes && seenBy(changes.before, old.views, old.unbuilt),
      ({ resource, at }) => placeOf({ resource, pointer: at }, origins).resource.path,
    )
    const { chosen } = options
    const outcome = run(seenBy(source, views, unbuilt), {
      ...asked,
      ignores: ignoresInSources(options, origins),
      chosen: chosen && (diagnosis => chosen(inSource(diagnosis, origins))),
    })
    const placed = outcome.fixes.map(fix => ({ fix, source: sourceFixOf(fix, origins) }))
    const transactions = transactionsOf(placed)
    const drafting = { source, origins, obstacle: obstacleIn(options) }
    const proof = await provenInBuilds(transactions, views, drafting, builds)
    const offers = chosen && (await (await import('./offers.ts')).offersIn(outcome, proof, views, drafting, builds))
    return { outcome: asSources(outcome, source, origins, transactions, proof, offers), record }
  })
}

/** Why a fix must not change a file, as the pipeline says it: where a value comes from shows in the sources only. */
function obstacleIn({ isInScope, untouchable }: RunOptions): (path: string) => string | undefined {
  return path => {
    if (isInScope(path) && !untouchable?.has(path)) return undefined
    return `it would have to change ${path}, which ${untouchable?.get(path) ?? 'is outside the paths given'}`
  }
}

/** Comments and paths are those of the sources. */
function ignoresInSources({ ignores }: RunOptions, origins: Origins): Acceptance | undefined {
  if (ignores === undefined) return undefined
  return {
    covers: (diagnosis, beside, isAnnotated) =>
      ignores.covers(
        inSource(diagnosis, origins),
        beside.map(other => inSource(other, origins)),
        isAnnotated,
      ),
  }
}

function isAskedFor({ files }: Root, isInScope: (path: string) => boolean): boolean {
  return [...files].some(isInScope)
}

function found(mode: BuildMode, online: boolean): Kustomize | undefined {
  try {
    return Kustomize.find({ online })
  } catch (error) {
    if (mode === 'always' || !(error instanceof MeshFixError)) throw error
    return undefined
  }
}

function recordOf(
  mode: BuildMode,
  { version }: Kustomize,
  views: readonly View[],
  unbuilt: readonly Unbuilt[],
): BuildRecord {
  return {
    mode,
    tool: version,
    built: views.map(({ root }) => root.name),
    unbuilt: unbuilt.map(({ root, reason }) => ({ name: root.name, reason })),
  }
}

/** What is built in the place of its sources; those of a root that isn't built stay. */
export function seenBy(source: Repository, views: readonly View[], unbuilt: readonly Unbuilt[]): Repository {
  const kept = new Set(unbuilt.flatMap(({ root }) => [...root.files]))
  const built = new Set(views.flatMap(({ root }) => [...root.files]).filter(path => !kept.has(path)))
  return {
    files: new Map([...source.files, ...views.flatMap(({ repository }) => [...repository.files])]),
    resources: [
      ...source.resources.filter(({ path }) => !built.has(path)),
      ...views.flatMap(({ repository }) => repository.resources),
    ],
    skipped: source.skipped.filter(({ path }) => !built.has(path)),
    errors: source.errors,
  }
}

function originsOf(views: readonly View[], directory: string, source: Repository): Origins {
  const sources = new Map(views.flatMap(view => [...view.sources]))
  const patches = new Map<string, readonly PatchDocument[]>()
  for (const { root } of views) patches.set(root.name, patchDocumentsOf(root.closure, directory, source))
  const isBuilt = ({ path }: Resource): boolean => isStream(path)
  return {
    isBuilt,
    source: ({ id }) => sources.get(id),
    patches: ({ scope = '' }) => patches.get(scope) ?? [],
  }
}
