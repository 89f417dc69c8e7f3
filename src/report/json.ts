import type { Evidence, Fix } from '../fix/fixer.ts'
import { pathOf } from '../fix/placement.ts'
import type { Operation } from '../json-patch.ts'
import type { DecidingValue, Diagnosis, HeldBack } from '../outcome.ts'
import { dotted, keysOf } from '../pointer.ts'
import { nameOf, namespaceOf, type Resource } from '../read/resource.ts'
import { fingerprint } from './fingerprint.ts'
import {
  failureOf,
  inReadingOrder,
  locators,
  problemsOf,
  type Result,
  safetyOf,
  shownPath,
  skippedOf,
  statusOf,
  summaryOf,
} from './result.ts'
import { unusedMessage } from './unused-ignores.ts'

/** The JSON report: one object, whose form is part of the public contract (examples/reports). */
export function jsonReport(result: Result): string {
  const { outcome, chart } = result
  const { input, after } = locators(result)

  const place = (resource: Resource) => ({
    file: shownPath(resource.path, result),
    document: resource.document,
    ...itemOf(resource),
    resource: identityOf(resource),
  })
  const patchOf = (resource: Resource, patch: readonly Operation[]) => ({ ...place(resource), patch })
  const evidenceOf = ({ class: level, source, protocol, says, at }: Evidence) => ({
    class: level,
    source,
    ...(protocol === undefined ? {} : { protocol }),
    says,
    ...(at === undefined
      ? {}
      : { file: shownPath(at.resource.path, result), line: input.position(at.resource, at.pointer).line }),
  })
  const changesOf = ({ changes }: Fix) => changes.map(({ resource, operations }) => patchOf(resource, operations))
  const createsOf = ({ creates = [] }: Fix) =>
    creates.map(fresh => ({ file: shownPath(pathOf(fresh), result), object: fresh.object }))

  const decidedBy = ({ path, line, column, at, from, to }: DecidingValue) => ({
    file: shownPath(path, result),
    line,
    column,
    key: dotted(at),
    ...(from === undefined ? {} : { from }),
    to,
  })

  const fixOf = (diagnosis: Diagnosis) => {
    const { treatment } = diagnosis
    const status = statusOf(diagnosis, result)
    if (treatment.status === 'skipped') return { status, evidence: [], candidates: [], changes: [], creates: [] }
    if (treatment.status === 'manual') {
      return {
        status,
        reason: treatment.reason,
        evidence: treatment.evidence.map(evidenceOf),
        candidates: treatment.candidates.map(fix => ({ title: fix.title, changes: changesOf(fix) })),
        changes: [],
        creates: [],
      }
    }
    const { fix } = treatment
    const failure = failureOf(treatment, result)
    const remarks = [
      ...(failure === undefined ? [] : [`not written: ${failure.reason}`]),
      ...(treatment.status === 'available' ? (HELD_BACK[treatment.heldBack] ?? []) : []),
      ...fix.cautions,
    ]
    const reason =
      treatment.status === 'refused'
        ? treatment.reason
        : [...remarks, ...(fix.note === undefined ? [] : [fix.note])].join('; ')
    return {
      status,
      ...(treatment.status === 'refused' ? { by: treatment.by } : {}),
      safety: safetyOf(diagnosis),
      title: fix.title,
      ...(reason === '' ? {} : { reason }),
      impact: fix.impact,
      ...(fix.protocols?.[0] === undefined ? {} : { protocol: fix.protocols[0].protocol }),
      evidence: fix.evidence.map(evidenceOf),
      candidates: [],
      changes: treatment.status === 'refused' ? [] : changesOf(fix),
      creates: treatment.status === 'refused' ? [] : createsOf(fix),
      ...(treatment.status === 'applied' && treatment.value !== undefined ? { value: decidedBy(treatment.value) } : {}),
    }
  }

  const findingOf = (diagnosis: Diagnosis) => {
    const { detector, finding, severity } = diagnosis
    const { resource } = finding
    return {
      id: fingerprint(diagnosis),
      rule: detector.id,
      check: finding.check,
      severity,
      message: finding.message,
      codes: finding.codes ?? [],
      ...place(resource),
      ...(diagnosis.treatment.status === 'applied' ? input : after).position(resource, finding.at),
      pointer: finding.at,
      ...(diagnosis.scopes === undefined ? {} : { scopes: diagnosis.scopes }),
      fix: fixOf(diagnosis),
    }
  }
  // Made one by one as they are written: there may be tens of thousands.
  const findings = inReadingOrder(result).map(diagnosis => ({ toJSON: () => findingOf(diagnosis) }))

  const failed = new Set(result.failures.flatMap(({ paths }) => paths))
  const patches = [...outcome.operations].flatMap(([id, operations]) => {
    const resource = outcome.graph.resource(id) ?? outcome.documents.get(id)
    return resource === undefined || failed.has(resource.path) ? [] : { toJSON: () => patchOf(resource, operations) }
  })
  const skipped = skippedOf(result)
  const errors = problemsOf(result)

  const { impact, ...counts } = summaryOf(result)
  const { unusedIgnores = [] } = result
  const report = {
    version: 1,
    profile: outcome.options.profile,
    build: result.build,
    ...(chart === undefined ? {} : { chart: { helm: chart.helm, renderings: chart.renderings, notes: chart.notes } }),
    summary: {
      ...counts,
      suppressed: outcome.suppressed,
      skippedFiles: new Set(skipped.map(({ path }) => path)).size,
      errors: errors.length,
      impact,
    },
    findings,
    patches,
    skipped: skipped.map(({ path, document, reason }) => ({
      file: shownPath(path, result),
      ...(document === undefined ? {} : { document }),
      reason,
    })),
    ...(unusedIgnores.length === 0
      ? {}
      : {
          unusedIgnores: unusedIgnores.map(unused => ({
            file: shownPath(unused.path, result),
            line: unused.line,
            column: unused.column,
            rule: unused.rule,
            message: unusedMessage(unused),
          })),
        }),
    errors: errors.map(({ path, line, column, message }) => ({ file: shownPath(path, result), line, column, message })),
  }
  return `${JSON.stringify(report, null, 2)}\n`.replace(/[\u007f-\u009f]/g, escaped)
}

/** Why a fix is held back, where its safety doesn't say so. */
const HELD_BACK: Readonly<Partial<Record<HeldBack, readonly string[]>>> = {
  impact: ['left out by --max-impact'],
  template: ['no value decides it: use the post-renderer'],
}

/** A terminal would obey these control characters, which JSON leaves as they are. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function identityOf({ object }: Resource) {
  const namespace = namespaceOf(object)
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name: nameOf(object),
  }
}

/** The object's place in a List, from 0. */
function itemOf({ base }: Resource): { readonly item?: number } {
  const index = keysOf(base).at(-1)
  return index === undefined ? {} : { item: Number(index) }
}
