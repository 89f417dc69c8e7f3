import { relative, sep } from 'node:path'
import type { BuildRecord } from '../build/record.ts'
import type { Severity } from '../detect/detector.ts'
import type { Fix } from '../fix/fixer.ts'
import { changedPaths } from '../fix/placement.ts'
import type { ResourceGraph } from '../graph/graph.ts'
import type { Diagnosis, Outcome, Treatment } from '../outcome.ts'
import { documentsIn, type ReadError, type Skipped, type SourceFile } from '../read/repository.ts'
import type { Span } from '../read/tree.ts'
import { unifiedDiff } from '../write/diff.ts'
import type { WriteFailure } from '../write/in-place.ts'
import { Locator } from './locate.ts'
import { secretSpans } from './secrets.ts'

/** All that reports say of a run: the outcome, what was not read, and what was written. */
export interface Result {
  readonly outcome: Outcome
  /** Of the paths given only. */
  readonly skipped: readonly Skipped[]
  readonly errors: readonly ReadError[]
  /** Whether the fixes were written; otherwise they are a preview. */
  readonly written: boolean
  readonly failures: readonly WriteFailure[]
  readonly build: BuildRecord
  /** Absolute. */
  readonly root: string
  readonly gitRoot: string | undefined
  readonly cwd: string
  readonly failOn: Severity
  /** The files as they are after the run: those that were written have their new text. */
  readonly filesAfter: ReadonlyMap<string, SourceFile>
  /** Of a chart: how its objects came about, in files called like their templates. */
  readonly chart?: RenderedChart
}

/** How the objects of a chart came about. */
export interface RenderedChart {
  /** The program and its version: `helm v3.19.5`. */
  readonly helm: string
  /** How often it has rendered. */
  readonly renderings: number
  /** The arguments that make mesh-fix helm's post-renderer, with the options of this run. */
  readonly postRenderer: string
  /** What people must know beside the findings. */
  readonly notes: readonly string[]
  /** Path → what of a values file must not be shown. */
  readonly hidden: ReadonlyMap<string, readonly Span[]>
}

/** What a finding's fix has come to, as reports call it. */
export type Status = 'available' | 'applied' | 'refused' | 'manual' | 'skipped'

export function statusOf({ treatment }: Diagnosis, result: Result): Status {
  if (treatment.status !== 'applied') return treatment.status
  return result.written && failureOf(treatment, result) === undefined ? 'applied' : 'available'
}

/** Why a fix could not be written, if so. */
export function failureOf(treatment: Treatment, { failures }: Result): WriteFailure | undefined {
  const written = writtenPaths(treatment)
  return failures.find(({ paths }) => written.some(path => paths.includes(path)))
}

function writtenPaths(treatment: Treatment): readonly string[] {
  if (!('fix' in treatment)) return []
  if (treatment.status === 'applied' && treatment.value !== undefined) return [treatment.value.path]
  return changedPaths(treatment.fix)
}

/** What was recognised as something else. What can't be read is among the errors. */
export function skippedOf({ skipped }: Result): readonly Skipped[] {
  return skipped.filter(({ role }) => role !== 'unreadable')
}

/** Skipped files, counted by their reason without what is particular to each; the most frequent first. */
export function skippedByReason(result: Result): readonly { readonly reason: string; readonly files: number }[] {
  const reasons = new Map<string, Set<string>>()
  for (const { path, reason } of skippedOf(result)) {
    const kind = reason.replace(/ of .*| \(.*/, '').replace(/^\/\S+: /, '')
    reasons.set(kind, (reasons.get(kind) ?? new Set()).add(path))
  }
  return [...reasons]
    .map(([reason, paths]) => ({ reason, files: paths.size }))
    .toSorted((one, other) => other.files - one.files)
}

/** A path from the root as reports show it: from the working directory, with `/`. */
export function shownPath(path: string, { root, cwd }: Result): string {
  return (relative(cwd, `${root}/${path}`) || '.').split(sep).join('/')
}

/** The places of what was found: in the input for what was fixed, in the written files for what is left. */
export function locators(result: Result): { readonly input: Locator; readonly after: Locator } {
  const isRendered = result.chart !== undefined
  return {
    input: new Locator(result.outcome.repository.files, isRendered),
    after: new Locator(result.filesAfter, isRendered),
  }
}

/** The findings as one reads the files: by file and place, whatever order they were found and fixed in. */
export function inReadingOrder(result: Result): readonly Diagnosis[] {
  const { input } = locators(result)
  const placed = result.outcome.diagnoses.map(diagnosis => {
    const { resource, at } = diagnosis.finding
    return { diagnosis, path: resource.path, start: input.span(resource, at)?.start ?? 0 }
  })
  return placed
    .toSorted((one, other) => (one.path === other.path ? one.start - other.start : one.path < other.path ? -1 : 1))
    .map(({ diagnosis }) => diagnosis)
}

/** What was looked at, findings by what became of them, and the impact of what was or would be written. */
export interface Summary {
  /** Of the paths given only, like all the rest. */
  readonly files: number
  readonly documents: number
  readonly resources: number
  readonly findings: number
  readonly fixed: number
  readonly fixable: number
  readonly fixableUnsafe: number
  readonly refused: number
  readonly manual: number
  readonly impact: {
    readonly metadata: number
    readonly routing: number
    readonly restart: number
    readonly newObjects: number
  }
}

export function summaryOf(result: Result): Summary {
  const { diagnoses, repository, options } = result.outcome
  const parsed = [...repository.files.values()].flatMap(file => (options.isInScope(file.path) ? [file.parsed] : []))
  const fixes = new Set(
    diagnoses.flatMap(({ treatment }) =>
      treatment.status === 'applied' && failureOf(treatment, result) === undefined ? [treatment.fix] : [],
    ),
  )
  const count = (accepts: (diagnosis: Diagnosis, status: Status) => boolean): number =>
    diagnoses.filter(diagnosis => accepts(diagnosis, statusOf(diagnosis, result))).length
  const impacts = [...fixes].map(({ impact }) => impact)
  return {
    files: parsed.length,
    documents: parsed.reduce((sum, text) => sum + documentsIn(text), 0),
    resources: repository.resources.filter(({ path }) => options.isInScope(path)).length,
    findings: diagnoses.length,
    fixed: count((_, status) => status === 'applied'),
    fixable: count((diagnosis, status) => status === 'available' && safetyOf(diagnosis) === 'safe'),
    fixableUnsafe: count((diagnosis, status) => status === 'available' && safetyOf(diagnosis) === 'unsafe'),
    refused: count((_, status) => status === 'refused'),
    manual: count((_, status) => status === 'manual'),
    impact: {
      metadata: impacts.filter(impact => impact === 'metadata').length,
      routing: impacts.filter(impact => impact === 'routing').length,
      restart: workloadsRestartedBy([...fixes], result.outcome.graph),
      newObjects: impacts.filter(impact => impact === 'new-object').length,
    },
  }
}

/** Several fixes may change one workload, and one fix several. */
function workloadsRestartedBy(fixes: readonly Fix[], graph: ResourceGraph): number {
  const changed = fixes.filter(({ impact }) => impact === 'restart').flatMap(({ changes }) => changes)
  const workloads = changed.filter(({ resource }) => graph.workload(resource) !== undefined)
  return new Set(workloads.map(({ resource }) => resource.id)).size
}

export function safetyOf({ treatment }: Diagnosis): 'safe' | 'unsafe' | undefined {
  if (!('fix' in treatment) || treatment.fix.safety === 'display') return undefined
  return treatment.fix.safety
}

/**
 * The unified diff of all files that the fixes change. Paths are from the git root, with `diff --git` above, else from
 * the working directory without it: anything else makes `git apply` do nothing, silently.
 */
export function diffOf(result: Result): string {
  const { outcome, gitRoot, root, chart } = result
  return [...outcome.edits]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, edits]) => {
      const parsed = outcome.repository.files.get(path)?.parsed
      return unifiedDiff({
        path:
          gitRoot === undefined ? shownPath(path, result) : relative(gitRoot, `${root}/${path}`).split(sep).join('/'),
        text: parsed?.text,
        edits,
        header: gitRoot !== undefined,
        hidden: chart?.hidden.get(path) ?? (parsed === undefined ? [] : secretSpans(parsed)),
      })
    })
    .join('')
}

/** Whether the run ends with exit code 1: something at or above the threshold is left or, unless written, would be fixed. */
export function isFailing(result: Result, isGrave: (diagnosis: Diagnosis) => boolean): boolean {
  if (result.errors.length > 0) return true
  return result.outcome.diagnoses.some(diagnosis => isGrave(diagnosis) && statusOf(diagnosis, result) !== 'applied')
}
