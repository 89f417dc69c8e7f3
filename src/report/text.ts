import type { Change, Evidence } from '../fix/fixer.ts'
import { pathOf } from '../fix/placement.ts'
import type { Diagnosis, HeldBack, Treatment } from '../outcome.ts'
import { dotted, type Pointer } from '../pointer.ts'
import { isKustomizationFile } from '../read/kustomization.ts'
import { type Resource, titleOf } from '../read/resource.ts'
import type { Locator } from './locate.ts'
import { clean, line, type Paint, painter } from './paint.ts'
import {
  diffOf,
  failureOf,
  inReadingOrder,
  locators,
  type Result,
  type Summary,
  safetyOf,
  shownPath,
  skippedByReason,
  statusOf,
  summaryOf,
} from './result.ts'

/** How the text report is made. */
export interface TextOptions {
  readonly color: boolean
  /** Only findings and summary, no diff and no list of skipped files. */
  readonly quiet: boolean
}

/** The report for people: findings with evidence and impact, the diff, what was skipped, and a summary. */
export function textReport(result: Result, { color, quiet }: TextOptions): string {
  const paint = painter(color)
  const diff = quiet || result.written ? '' : diffOf(result)
  const parts = [
    ...findingParts(result, paint),
    ...errorParts(result, paint),
    ...failureParts(result, paint),
    ...(diff === '' ? [] : [colored(diff.trimEnd(), paint)]),
    [...(quiet ? [] : [...skippedLines(result), ...unbuiltLines(result)]), ...summaryLines(result)].join('\n'),
  ]
  return `${parts.join('\n\n')}\n`
}

function findingParts(result: Result, paint: Paint): readonly string[] {
  const { input, after } = locators(result)
  // Lines of what a template makes are no lines of the template.
  const isRendered = result.chart !== undefined

  const lineOf = (locator: Locator, resource: Resource, at: Pointer): string => {
    const path = shownPath(resource.path, result)
    return isRendered ? path : `${path}:${locator.position(resource, at).line}`
  }
  const placeOf = ({ at }: Evidence): string => (at === undefined ? '' : ` (${lineOf(input, at.resource, at.pointer)})`)
  const evidenceLine = (evidence: Evidence): string =>
    line`    ${paint('dim', `${evidence.class}:`)} ${evidence.says}${paint('dim', placeOf(evidence))}`

  const operationLines = ({ resource, operations }: Change): readonly string[] =>
    operations
      .filter(({ op }) => op !== 'test')
      .map(operation => {
        const place = lineOf(after, resource, operation.path)
        const value = 'value' in operation ? `: ${JSON.stringify(operation.value)}` : ''
        return line`      ${operation.op} ${operation.path}${value} ${paint('dim', `(${place})`)}`
      })

  const valueLines = (treatment: Treatment): readonly string[] => {
    if (treatment.status === 'available' && treatment.heldBack === 'template') return ['    no value decides it']
    if (treatment.status !== 'applied' || treatment.value === undefined) return []
    const { path, line: number, column, at, from, to } = treatment.value
    const change = `${from === undefined ? '' : `${JSON.stringify(from)} → `}${JSON.stringify(to)}`
    return [line`    ${paint('bold', `${shownPath(path, result)}:${number}:${column}`)}: ${dotted(at)}: ${change}`]
  }

  const fixLines = (diagnosis: Diagnosis): readonly string[] => {
    const { treatment, finding } = diagnosis
    switch (treatment.status) {
      case 'skipped':
        return []
      case 'manual':
        return [
          line`  ${paint('yellow', 'left to you')}: ${treatment.reason}`,
          ...treatment.candidates.flatMap(({ title, changes }) => [
            line`    candidate: ${title}`,
            ...changes.flatMap(operationLines),
          ]),
          ...treatment.evidence.map(evidenceLine),
        ]
      case 'refused':
        return [
          line`  ${paint('yellow', 'refused')}: ${treatment.fix.title}`,
          line`    because ${treatment.reason}`,
          ...treatment.fix.evidence.map(evidenceLine),
        ]
      default: {
        const { fix } = treatment
        const others = fix.changes.filter(({ resource }) => resource.id !== finding.resource.id)
        const { creates = [] } = fix
        const [first] = fix.changes
        const isElsewhere = first !== undefined && creates.length === 0 && first.resource.id !== finding.resource.id
        const where = isElsewhere ? ` in ${titleOf(first.resource.object)}` : ''
        return [
          line`  ${paint('green', wordFor(diagnosis, result))} (${fix.safety}, ${fix.impact}): ${fix.title}${where}`,
          ...others.map(({ resource }) => line`    also in ${kindOf(resource)} of ${shownPath(resource.path, result)}`),
          ...creates.map(fresh => line`    new: ${titleOf(fresh.object)} in ${shownPath(pathOf(fresh), result)}`),
          ...valueLines(treatment),
          ...fix.evidence.map(evidenceLine),
          ...fix.cautions.map(caution => line`    unsafe: ${caution}`),
          ...(fix.note === undefined ? [] : [line`    not a better fix: ${fix.note}`]),
        ]
      }
    }
  }

  return inReadingOrder(result).map(diagnosis => {
    const { finding, severity, detector, treatment } = diagnosis
    const position = (treatment.status === 'applied' ? input : after).position(finding.resource, finding.at)
    const path = shownPath(finding.resource.path, result)
    const place = isRendered
      ? `${path}: ${titleOf(finding.resource.object)}`
      : `${path}:${position.line}:${position.column}`
    const codes = finding.codes?.length ? ` [${finding.codes.join(', ')}]` : ''
    const head = line`${paint('bold', place)} ${paint(SEVERITY_STYLES[severity], severity)} ${detector.id}: ${finding.message}${paint('dim', codes)}`
    const { scopes = [] } = diagnosis
    const builds =
      scopes.length === 0 ? [] : [line`  in what ${scopes.join(', ')} ${scopes.length > 1 ? 'build' : 'builds'}`]
    return [head, ...builds, ...fixLines(diagnosis)].join('\n')
  })
}

function kindOf({ object, path }: Resource): string {
  return isKustomizationFile(path) ? 'the kustomization' : object.kind
}

function wordFor(diagnosis: Diagnosis, result: Result): string {
  const { treatment } = diagnosis
  if (treatment.status === 'available')
    return {
      unsafe: 'fix with --unsafe',
      impact: `fix with --max-impact ${treatment.fix.impact}`,
      template: 'fix with the post-renderer',
    }[treatment.heldBack]
  if (treatment.status !== 'applied') return 'no fix'
  if (statusOf(diagnosis, result) === 'applied') return 'fixed'
  return failureOf(treatment, result) === undefined ? 'fix' : 'not written'
}

function errorParts(result: Result, paint: Paint): readonly string[] {
  return result.errors.map(error => {
    const place = `${shownPath(error.path, result)}:${error.line}:${error.column}`
    return line`${paint('bold', place)} ${paint('red', 'error')} ${error.message}`
  })
}

function failureParts(result: Result, paint: Paint): readonly string[] {
  return result.failures.map(({ path, reason, paths }) => {
    const head = line`${paint('bold', shownPath(path, result))} ${paint('red', 'not written')}: ${reason}`
    const others = paths.filter(other => other !== path).map(other => shownPath(other, result))
    return others.length === 0 ? head : `${head}\n${line`  nor, for the same fixes: ${others.join(', ')}`}`
  })
}

const SEVERITY_STYLES = { error: 'red', warning: 'yellow', info: 'cyan' } as const

/** The diff as people read it: control characters are not for them, but a carriage return at the end of a line stays. */
function colored(diff: string, paint: Paint): string {
  return diff
    .split('\n')
    .map(full => {
      const text = full.replace(/\r$/, '')
      const style = STYLES.find(([start]) => start.test(text))?.[1]
      const { painted } = style === undefined ? { painted: clean(text) } : paint(style, text)
      return full === text ? painted : `${painted}\r`
    })
    .join('\n')
}

const STYLES = [
  [/^(diff|---|\+\+\+) /, 'bold'],
  [/^@@/, 'cyan'],
  [/^\+/, 'green'],
  [/^-/, 'red'],
] as const

/** Kustomizations that were not built, and why: their sources were looked at instead. */
function unbuiltLines({ build }: Result): readonly string[] {
  if (build.unbuilt.length === 0) return []
  return [
    ...build.unbuilt.map(({ name, reason }) => line`not built: ${name}: ${reason}; its sources were looked at`),
    '',
  ]
}

/** Skipped files, counted by their reason. */
function skippedLines(result: Result): readonly string[] {
  const reasons = skippedByReason(result)
  if (reasons.length === 0) return []
  return [
    'skipped, for what they are (all of them in --reporter json):',
    ...reasons.map(({ reason, files }) => line`  ${files} × ${reason}`),
    '',
  ]
}

/** The one line that says what came of a run, and what to keep in mind. */
export function summaryLines(result: Result): readonly string[] {
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
  const renamed =
    impact.routing > 0 && result.chart === undefined
      ? ['Renames are proven against the files under the root; what lives elsewhere and names a port is not seen.']
      : []
  const head = [found(summary, result), ...(impacts.length > 0 ? [`impact: ${impacts.join(', ')}`] : []), ...asides]
  return [head.join(' · '), ...renamed, ...chartNotes(result)]
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
function chartNotes({ outcome, chart }: Result): readonly string[] {
  if (chart === undefined) return []
  const isLeft = outcome.diagnoses.some(diagnosis => isHeldBack(diagnosis, 'template'))
  return [
    ...(isLeft ? [`the post-renderer: helm install … ${chart.postRenderer}`] : []),
    `Rendered with ${chart.helm} (${plural(chart.renderings, 'time', 'times')}); what other values would render, or is outside the chart and names a port, is not seen.`,
    ...chart.notes,
  ]
}

function plural(count: number, one: string, many: string): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`
}
