import { basename } from 'node:path'
import type { Detector } from '../detect/detector.ts'
import { isServiceInMesh, isWorkloadInMesh } from '../detect/mesh.ts'
import type { Evidence, Fix } from '../fix/fixer.ts'
import { ResourceGraph } from '../graph/graph.ts'
import type { Diagnosis } from '../outcome.ts'
import { dotted } from '../pointer.ts'
import { type KubeObject, nameOf, namespaceOf, titleOf } from '../read/resource.ts'
import { fingerprint } from './fingerprint.ts'
import type {
  NamespaceReadiness,
  PageData,
  PageEvidence,
  PageFinding,
  PageFix,
  PageStatus,
  RuleReadiness,
  Tally,
} from './html/page-data.ts'
import { FixDiffs } from './html-diff.ts'
import { meshOf } from './html-mesh.ts'
import { failureOf, inReadingOrder, locators, type Result, safetyOf, shownPath, statusOf, summaryOf } from './result.ts'
import { skippedReasons } from './summary.ts'

/** All that the HTML report shows of a run. */
export function pageData(result: Result): PageData {
  const { outcome, root, chart, written } = result
  const { files, resources, impact } = summaryOf(result)
  const findings = findingsOf(result)
  const { repository } = outcome
  const before = new ResourceGraph(repository.resources, repository.skipped)
  const { nodes, edges, placeOf } = meshOf(result, before)
  return {
    root: basename(root),
    profile: outcome.options.profile,
    written,
    isChart: chart !== undefined,
    counts: { files, resources, suppressed: outcome.suppressed, ...impact },
    nodes,
    edges,
    findings: findings.map(({ page, diagnosis }) => {
      const node = placeOf(diagnosis.finding.resource)
      return node === undefined ? page : { ...page, node }
    }),
    namespaces: namespacesOf(findings, before, result),
    rules: rulesOf(findings, outcome.rules),
    skipped: skippedReasons(result).map(({ count, reason }) => ({ files: count, reason })),
    errors: [
      ...result.errors.map(error => `${shownPath(error.path, result)}:${error.line}:${error.column}: ${error.message}`),
      ...result.failures.map(({ path, reason }) => `${shownPath(path, result)}: not written: ${reason}`),
    ],
  }
}

/** A finding, and what the page says of it. */
interface Told {
  readonly diagnosis: Diagnosis
  readonly page: PageFinding
}

function findingsOf(result: Result): readonly Told[] {
  const { input, after } = locators(result)
  const isRendered = result.chart !== undefined
  const diffs = new FixDiffs(result)

  const evidenceOf = ({ class: level, says, at }: Evidence): PageEvidence => {
    const path = at === undefined ? '' : shownPath(at.resource.path, result)
    const line = at === undefined || isRendered ? '' : `:${input.position(at.resource, at.pointer).line}`
    return { class: level, says, place: `${path}${line}` }
  }
  const fixOf = (fix: Fix, notes: readonly string[]): PageFix => ({
    title: fix.title,
    safety: fix.safety,
    impact: fix.impact,
    notes: [...notes, ...fix.cautions, ...(fix.note === undefined ? [] : [fix.note])],
    diffs: diffs.of(fix),
  })
  const candidateOf = (fix: Fix, reason: string): PageFix => {
    const candidate = fixOf(fix, [])
    return { ...candidate, notes: candidate.notes.filter(note => note !== reason) }
  }
  const treatmentOf = ({ treatment }: Diagnosis): Pick<PageFinding, 'reason' | 'fix' | 'candidates' | 'evidence'> => {
    if (treatment.status === 'skipped') return { reason: '', candidates: [], evidence: [] }
    if (treatment.status === 'manual') {
      const { reason, evidence, candidates } = treatment
      return { reason, evidence: evidence.map(evidenceOf), candidates: candidates.map(fix => candidateOf(fix, reason)) }
    }
    const { fix } = treatment
    const value = treatment.status === 'applied' ? treatment.value : undefined
    const notes =
      value === undefined
        ? []
        : [
            `in ${shownPath(value.path, result)}:${value.line}: ${dotted(value.at)}: ` +
              `${value.from === undefined ? '' : `${JSON.stringify(value.from)} → `}${JSON.stringify(value.to)}`,
          ]
    return {
      reason: reasonOf(treatment, result),
      fix: fixOf(fix, notes),
      candidates: [],
      evidence: fix.evidence.map(evidenceOf),
    }
  }

  return inReadingOrder(result).map(diagnosis => {
    const { finding, detector, severity, treatment } = diagnosis
    const { resource } = finding
    const { line } = (treatment.status === 'applied' ? input : after).position(resource, finding.at)
    const page: PageFinding = {
      id: fingerprint(diagnosis),
      rule: detector.id,
      severity,
      message: finding.message,
      codes: finding.codes ?? [],
      file: shownPath(resource.path, result),
      ...(isRendered ? {} : { line }),
      object: titleOf(resource.object),
      namespace: namespaceIn(resource.object),
      status: pageStatusOf(diagnosis, result),
      ...treatmentOf(diagnosis),
    }
    return { diagnosis, page }
  })
}

/** The namespace of an object; a Namespace belongs to itself. Empty where the manifest names none. */
function namespaceIn(object: KubeObject): string {
  return namespaceOf(object) ?? (object.kind === 'Namespace' ? nameOf(object) : '')
}

function reasonOf(
  treatment: Exclude<Diagnosis['treatment'], { status: 'manual' | 'skipped' }>,
  result: Result,
): string {
  if (treatment.status === 'refused') return treatment.reason
  if (treatment.status === 'applied') {
    const failure = failureOf(treatment, result)
    return failure === undefined ? '' : `not written: ${failure.reason}`
  }
  return {
    unsafe: 'not proven to be what is meant: --unsafe applies it',
    impact: `left out by --max-impact; --max-impact ${treatment.fix.impact} applies it`,
    template: 'no value of the chart decides it: Helm’s post-renderer applies it',
    choice: 'it was not chosen',
  }[treatment.heldBack]
}

function pageStatusOf(diagnosis: Diagnosis, result: Result): PageStatus {
  const { treatment } = diagnosis
  const status = statusOf(diagnosis, result)
  if (status === 'applied') return 'fixed'
  if (status !== 'available') return status
  if (treatment.status === 'applied') return failureOf(treatment, result) === undefined ? 'fixable' : 'held'
  return safetyOf(diagnosis) === 'unsafe' ? 'unsafe' : 'held'
}

function isRepaired({ page: { status } }: Told): boolean {
  return status === 'fixed' || status === 'fixable'
}

function tallyOf(findings: readonly Told[]): Tally {
  const repaired = findings.filter(isRepaired).length
  const unsafe = findings.filter(({ page }) => page.status === 'unsafe').length
  return { findings: findings.length, repaired, unsafe, left: findings.length - repaired - unsafe }
}

/** Of each namespace, the Services and workloads in the mesh, and what else there is a finding on. */
function namespacesOf(
  findings: readonly Told[],
  graph: ResourceGraph,
  { outcome: { options } }: Result,
): readonly NamespaceReadiness[] {
  const objects = new Map<string, Set<string>>()
  const count = (namespace: string, id: string): void => {
    objects.set(namespace, (objects.get(namespace) ?? new Set()).add(id))
  }
  for (const resource of graph.resources) {
    const workload = graph.workload(resource)
    if (!options.isInScope(resource.path) || (workload === undefined && !graph.isService(resource))) continue
    const isInMesh = workload === undefined ? isServiceInMesh(resource, graph) : isWorkloadInMesh(workload, graph)
    if (isInMesh || options.all) count(namespaceIn(resource.object), resource.id)
  }
  for (const { diagnosis, page } of findings) count(page.namespace, diagnosis.finding.resource.id)

  const byNamespace = grouped(findings, ({ page }) => page.namespace)
  return [...objects]
    .toSorted(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }))
    .map(([namespace, ids]) => {
      const own = byNamespace.get(namespace) ?? []
      const readyWithout = (left: readonly Told[]): number =>
        ids.size - new Set(left.map(({ diagnosis }) => diagnosis.finding.resource.id)).size
      return {
        namespace,
        objects: ids.size,
        readyBefore: readyWithout(own),
        readyAfter: readyWithout(own.filter(told => !isRepaired(told))),
        tally: tallyOf(own),
      }
    })
}

function rulesOf(findings: readonly Told[], rules: readonly Detector[]): readonly RuleReadiness[] {
  const byRule = grouped(findings, ({ page }) => page.rule)
  return rules
    .map(({ id, title, docs }) => ({ rule: id, title, docs, tally: tallyOf(byRule.get(id) ?? []) }))
    .toSorted((one, other) => (one.rule < other.rule ? -1 : 1))
}

function grouped<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): ReadonlyMap<Key, readonly Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
