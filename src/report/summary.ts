import type { Diagnosis, HeldBack } from '../outcome.ts'
import { type RenderedChart, type Result, type Summary, safetyOf, skippedOf, statusOf, summaryOf } from './result.ts'

/** The line that says what came of a run. */
export function summaryLine(result: Result): string {
  const summary = summaryOf(result)
  const { impact } = summary
  const impacts = [
    plural(impact.metadata, 'change to metadata', 'changes to metadata'),
    plural(impact.routing, 'change to routing', 'changes to routing'),
    impact.restart === 0 ? '' : `restarts ${plural(impact.restart, 'workload', 'workloads')}`,
    plural(impact.newObjects, 'new object', 'new objects'),
  ].filter(text => text !== '')
  const asides = [
    result.outcome.suppressed === 0 ? '' : `${result.outcome.suppressed} suppressed`,
    plural(result.errors.length, 'document that cannot be read', 'documents that cannot be read'),
    plural(result.failures.length, 'group of files not written', 'groups of files not written'),
  ].filter(text => text !== '')
  return [found(summary, result), ...(impacts.length > 0 ? [`impact: ${impacts.join(', ')}`] : []), ...asides].join(
    ' · ',
  )
}

/** What to keep in mind of a run. */
export function notesOf(result: Result): readonly string[] {
  if (result.chart !== undefined) return chartNotes(result, result.chart)
  if (summaryOf(result).impact.routing === 0) return []
  return ['Renames are proven against the files under the root; what lives elsewhere and names a port is not seen.']
}

/** A reason, and how often it is given. */
export interface Reason {
  readonly count: number
  readonly reason: string
}

/** Why findings are left to people or their fixes refused, the most frequent first. */
export function reasonsOf({ outcome }: Result, status: 'manual' | 'refused'): readonly Reason[] {
  const reasons = outcome.diagnoses.flatMap(({ treatment }) => (treatment.status === status ? [treatment.reason] : []))
  return counted(reasons.map((reason, index) => [reason, `${index}`]))
}

/** Why files were skipped, and how many for each reason. */
export function skippedReasons(result: Result): readonly Reason[] {
  return counted(
    skippedOf(result).map(({ path, reason }) => [reason.replace(/ of .*| \(.*/, '').replace(/^\/\S+: /, ''), path]),
  )
}

/** What was counted under a reason counts once. */
function counted(pairs: readonly (readonly [reason: string, what: string])[]): readonly Reason[] {
  const reasons = new Map<string, Set<string>>()
  for (const [reason, what] of pairs) reasons.set(reason, (reasons.get(reason) ?? new Set()).add(what))
  return [...reasons]
    .map(([reason, { size: count }]) => ({ count, reason }))
    .toSorted((one, other) => other.count - one.count)
}

function found(summary: Summary, result: Result): string {
  const { findings, files, resources } = summary
  if (resources === 0)
    return `no Kubernetes manifests found${files === 0 ? '' : ` in ${plural(files, 'file', 'files')}`}`
  if (findings === 0) return `no findings in ${plural(files, 'file', 'files')}`
  const parts = [
    [summary.fixed, 'fixed'],
    ...(result.chart === undefined ? waysToFix(summary, result) : waysToFixChart(result)),
    [summary.refused, 'refused'],
    [summary.manual, 'left to you'],
  ] as const
  const counts = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  const head = `${plural(findings, 'finding', 'findings')} in ${plural(files, 'file', 'files')}`
  return counts.length === 0 ? head : `${head}: ${counts.join(', ')}`
}

type Way = readonly [count: number, what: string]

function waysToFix({ fixable, fixableUnsafe }: Summary, { outcome }: Result): readonly Way[] {
  const leftOut = outcome.diagnoses.filter(
    diagnosis => safetyOf(diagnosis) === 'safe' && isHeldBack(diagnosis, 'impact'),
  ).length
  return [
    [fixable - leftOut, 'fixable with --write'],
    [leftOut, 'left out by --max-impact'],
    [fixableUnsafe, 'fixable with --unsafe'],
  ]
}

function waysToFixChart(result: Result): readonly Way[] {
  const { diagnoses } = result.outcome
  const heldBack = (reason: HeldBack): number => diagnoses.filter(diagnosis => isHeldBack(diagnosis, reason)).length
  const decided = diagnoses.filter(
    diagnosis => diagnosis.treatment.status === 'applied' && statusOf(diagnosis, result) === 'available',
  )
  return [
    [decided.length, 'fixable with a value'],
    [heldBack('template'), 'fixable with the post-renderer'],
    [heldBack('impact'), 'left out by --max-impact'],
    [heldBack('unsafe'), 'fixable with --unsafe'],
  ]
}

function isHeldBack({ treatment }: Diagnosis, reason: HeldBack): boolean {
  return treatment.status === 'available' && treatment.heldBack === reason
}

/** How a chart was rendered, and what to do where no value decides. */
function chartNotes({ outcome }: Result, chart: RenderedChart): readonly string[] {
  const isLeft = outcome.diagnoses.some(diagnosis => isHeldBack(diagnosis, 'template'))
  return [
    ...(isLeft ? [`the post-renderer: helm install … ${chart.postRenderer}`] : []),
    `Rendered with ${chart.helm} (${plural(chart.renderings, 'time', 'times')}); what other values would render, or is outside the chart and names a port, is not seen.`,
    ...chart.notes,
  ]
}

/** A count with its noun; nothing for none. */
export function plural(count: number, one: string, many: string): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`
}
