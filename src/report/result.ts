import { relative, sep } from 'node:path'
import type { BuildRecord } from '../build/record.ts'
import { isWithin } from '../build/scratch.ts'
import type { Severity } from '../detect/detector.ts'
import type { Fix } from '../fix/fixer.ts'
import { changedPaths } from '../fix/placement.ts'
import type { ResourceGraph } from '../graph/graph.ts'
import type { Diagnosis, Outcome, Treatment } from '../outcome.ts'
import { documentsIn, type ReadError, type Skipped, type SourceFile } from '../read/repository.ts'
import type { ParsedText, Span } from '../read/tree.ts'
import { unifiedDiff } from '../write/diff.ts'
import type { WriteFailure } from '../write/in-place.ts'
import { Locator } from './locate.ts'
import { secretSpans } from './secrets.ts'
import type { UnusedIgnore } from './unused-ignores.ts'

/** All that reports say of a run: the outcome, what was not read, and what was written. */
export interface Result {
  readonly outcome: Outcome
  /** Of the paths given only. */
  readonly skipped: readonly Skipped[]
  readonly errors: readonly ReadError[]
  /** Whether the fixes were written; otherwise they are a preview. */
  readonly written: boolean
  readonly failures: readonly WriteFailure[]
  /** Undefined: nobody asked. */
  readonly unusedIgnores?: readonly UnusedIgnore[]
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

/** A path from the root as reports show it: from the working directory, with `/`. */
export function shownPath(path: string, { root, cwd }: Result): string {
  return pathFrom(cwd, path, root)
}

/** The result as what shows a repository tells it: paths are from its root, not from the working directory. */
export function fromRoot(result: Result): Result {
  return { ...result, cwd: baseOf(result) }
}

/** Where the paths of a repository are from: the git root, else the working directory or, for a root outside of it, the root. */
function baseOf({ gitRoot, root, cwd }: Result): string {
  return gitRoot ?? (isWithin(root, cwd) ? cwd : root)
}

function pathFrom(directory: string, path: string, root: string): string {
  return (relative(directory, `${root}/${path}`) || '.').split(sep).join('/')
}

/** What of a text must not be shown. */
export function hiddenIn({ path, parsed }: SourceFile, { chart }: Result): readonly Span[] {
  return chart?.hidden.get(path) ?? secretsIn(parsed)
}

const secrets = new WeakMap<ParsedText, readonly Span[]>()

function secretsIn(parsed: ParsedText): readonly Span[] {
  const spans = secrets.get(parsed) ?? secretSpans(parsed)
  secrets.set(parsed, spans)
  return spans
}

/** What could not be read, and with it what could not be written. */
export function problemsOf(result: Result): readonly ReadError[] {
  const unwritten = result.failures.flatMap(({ paths, path, reason }) =>
    paths.map(own => ({
      path: own,
      line: 1,
      column: 1,
      message: own === path ? `not written: ${reason}` : `not written, since ${shownPath(path, result)} could not be`,
    })),
  )
  return [...result.errors, ...unwritten]
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
    return { diagnosis, path: resource.path, start: input.start(resource, at) }
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
  /** The sum of fixed, fixable, fixableUnsafe, refused and manual. */
  readonly findings: number
  readonly fixed: number
  readonly fixable: number
  readonly fixableUnsafe: number
  readonly refused: number
  readonly manual: number
  /** What the fixes do to a running cluster; `restart` counts workloads. */
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
 * The unified diff of the files that the fixes change. Paths are from the git root, with `diff --git` above, else from
 * the working directory without it, or from a root outside of that: anything else makes `git apply` refuse it or,
 * silently, do nothing.
 *
 * @param isShown leaves files out
 */
export function diffOf(result: Result, isShown: (path: string) => boolean = () => true): string {
  const { outcome, gitRoot, root } = result
  return [...outcome.edits]
    .filter(([path]) => isShown(path))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, edits]) => {
      const file = outcome.repository.files.get(path)
      return unifiedDiff({
        path: pathFrom(baseOf(result), path, root),
        text: file?.parsed.text,
        edits,
        header: gitRoot !== undefined,
        hidden: file === undefined ? [] : hiddenIn(file, result),
      })
    })
    .join('')
}

/** Where `git apply` takes the diff, if that is not the working directory. */
export function diffBase(result: Result): string | undefined {
  const directory = baseOf(result)
  const isHere = result.gitRoot === undefined ? directory === result.cwd : isWithin(result.cwd, directory)
  return isHere ? undefined : directory
}

/** Whether the run ends with exit code 1: something at or above the threshold is left or, unless written, would be fixed. */
export function isFailing(result: Result, isGrave: (diagnosis: Diagnosis) => boolean): boolean {
  if (result.errors.length > 0) return true
  return result.outcome.diagnoses.some(diagnosis => isGrave(diagnosis) && statusOf(diagnosis, result) !== 'applied')
}
