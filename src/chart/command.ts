import { relative } from 'node:path'
import { withScratch } from '../build/scratch.ts'
import { MeshFixError } from '../errors.ts'
import type { Outcome, RunOptions } from '../outcome.ts'
import type { Repository, SourceFile } from '../read/repository.ts'
import type { Result } from '../report/result.ts'
import { hiddenValues, isSecretValue, secretTextsIn } from '../report/secrets.ts'
import { applied } from '../write/edit.ts'
import { type WriteFailure, writeInPlace } from '../write/in-place.ts'
import type { IsHidden } from './candidates.ts'
import { type Chart, isVendored } from './chart.ts'
import { decidedOutcome } from './decided.ts'
import { Helm } from './helm.ts'
import type { Release } from './release.ts'
import { type Rendered, Renderer } from './rendered.ts'
import { MAX_FOR_ALL, Search } from './search.ts'

/** What to look at, and how. */
export interface ChartRequest {
  readonly chart: Chart
  readonly release: Release
  /** What paths start from, absolute. */
  readonly root: string
  /** Whether the values that are found are written. */
  readonly write: boolean
  /** Runs the rules, with what differs from the options that were given. */
  readonly run: (repository: Repository, changes?: Partial<RunOptions>) => Outcome
  /** The options that a post-renderer needs to do the same, as on the command line. */
  readonly options: readonly string[]
  /** Told how often the chart has been rendered. */
  readonly onRendered: (count: number) => void
}

/** What the run over a chart says of a result. */
type ChartResult = Pick<Result, 'outcome' | 'skipped' | 'errors' | 'written' | 'failures' | 'filesAfter' | 'chart'>

/**
 * Renders a chart, runs the rules over what comes out, and looks for the values that make the fixes.
 *
 * @throws {MeshFixError} it isn't said which file to write, there is no helm, or it can't render the chart
 */
export function fixChart(request: ChartRequest): ChartResult {
  const { chart, release, root, write, run, onRendered } = request
  if (write) mustNameFiles(chart)
  const helm = Helm.find()
  return withScratch(scratch => {
    const renderer = new Renderer(helm, chart, release, { root, scratch, onRendered })
    const rendered = renderer.render(new Map())
    const outcome = run(rendered.repository)
    const texts = secretTextsIn(rendered.repository.resources)
    const isHidden: IsHidden = (key, value) => isSecretValue(key, value, texts)
    const search = searched(request, renderer, rendered, outcome, isHidden)

    const files = chart.values.map(({ path, parsed }): SourceFile => ({ path: relative(root, path), parsed }))
    const decided = decidedOutcome(outcome, files, search, root)
    const { repository, options } = decided
    const failures = write ? written(decided, root) : []
    return {
      outcome: decided,
      skipped: repository.skipped.filter(({ path }) => options.isInScope(path)),
      errors: repository.errors.filter(({ path }) => options.isInScope(path)),
      written: write,
      failures,
      filesAfter: repository.files,
      chart: {
        helm: helm.version,
        renderings: renderer.count,
        postRenderer: ['--post-renderer mesh-fix', ...['-', ...request.options].map(asArgument)].join(' '),
        notes: search === undefined ? [] : notesOf(search),
        hidden: new Map(files.map(({ path, parsed }) => [path, hiddenValues(parsed, isHidden)])),
      },
    }
  })
}

function notesOf({ isCut, isUnnamed, isStale }: Search): readonly string[] {
  return [
    ...(isCut ? [`The search for values was stopped after ${MAX_FOR_ALL} renderings.`] : []),
    ...(isUnnamed ? ['No value is proposed that is called after the release: --release-name says for which one.'] : []),
    ...(isStale
      ? ['No value is proposed that repeats the chart’s version and goes stale, unless --unsafe asks for it.']
      : []),
  ]
}

function asArgument(argument: string): string {
  return `--post-renderer-args ${argument}`
}

/** @throws {MeshFixError} USAGE */
function mustNameFiles(chart: Chart): void {
  const shown = (path: string): string => relative(process.cwd(), path)
  const named = chart.values.filter(({ isNamed }) => isNamed)
  if (named.length === 0) {
    const own = chart.values.map(({ path }) => `-f ${shown(path)}, or `).join('')
    throw new MeshFixError('USAGE', `--write edits a values file that you name: ${own}-f with one of your own`)
  }
  const vendored = named.find(({ path }) => isVendored(chart, path))
  if (vendored !== undefined)
    throw new MeshFixError('USAGE', `${shown(vendored.path)} belongs to a vendored chart, which is never written`)
}

/** The search for the values of what can be fixed; undefined where that is nothing. */
function searched(
  { chart, run }: ChartRequest,
  renderer: Renderer,
  rendered: Rendered,
  { diagnoses, options }: Outcome,
  isHidden: IsHidden,
): Search | undefined {
  const fixable = diagnoses.filter(({ treatment }) => treatment.status === 'applied')
  if (fixable.length === 0) return undefined
  const findingsIn = (repository: Repository): ReadonlySet<string> =>
    new Set(run(repository, { noFix: true }).diagnoses.map(({ key }) => key))
  const stale = options.isUnsafeOn('app-version-labels') ? new Set<string>() : chart.versions
  const search = new Search(renderer, chart.values, rendered, { findingsIn, isHidden, stale })
  search.decide(fixable)

  const left = new Set(fixable.flatMap(({ key }) => (search.decisions.has(key) ? [] : [key])))
  if (left.size === 0 || options.portStyle !== 'auto' || options.profile === 'classic') return search
  // A name that no value decides: perhaps one gives the port its appProtocol.
  const others = run(search.rendered.repository, { portStyle: 'appProtocol' }).diagnoses
  search.decide(others.filter(({ key, detector }) => left.has(key) && detector.id === 'named-service-ports'))
  return search
}

function written({ repository, edits }: Outcome, root: string): readonly WriteFailure[] {
  const groups = [...edits].map(([path, list]) => {
    const before = repository.files.get(path)?.parsed.text ?? ''
    return [{ path, before, after: applied(before, list) }]
  })
  return writeInPlace(root, groups)
}
