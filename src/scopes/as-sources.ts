import type { Evidence, Fix, Place } from '../fix/fixer.ts'
import { ResourceGraph } from '../graph/graph.ts'
import type { Diagnosis, Outcome, Treatment } from '../outcome.ts'
import { type Pointer, parentOf, valueAt } from '../pointer.ts'
import { stringAt } from '../read/json.ts'
import type { Repository } from '../read/repository.ts'
import { nameOf, type Resource } from '../read/resource.ts'
import { counterpartOf } from './counterpart.ts'
import { distinct } from './draft.ts'
import type { Offers } from './offers.ts'
import { placeInPatch } from './patches.ts'
import type { Proof } from './proof.ts'
import { type Origins, sourceFixOf } from './source-edits.ts'
import type { Transaction } from './transactions.ts'

/** An outcome on what is built, told of the sources: each finding once, where a person would put it right. */
export function asSources(
  outcome: Outcome,
  source: Repository,
  origins: Origins,
  transactions: readonly Transaction[],
  { refused, draft }: Proof,
  offers?: Offers | undefined,
): Outcome {
  const byFix = new Map(
    [...transactions, ...(offers?.transactions ?? [])].flatMap(transaction =>
      transaction.fixes.map(({ fix }) => [fix.changes, transaction] as const),
    ),
  )
  const evidenceOf = (evidence: Evidence): Evidence =>
    evidence.at === undefined ? evidence : { ...evidence, at: placeOf(evidence.at, origins) }
  const fixOf = (fix: Fix): Fix => {
    const { alternatives, creates } = sourceFixOf(fix, origins)
    const changes = alternatives['in the source'].flatMap(({ resource, inline, operations }) =>
      inline === undefined ? [{ resource, operations }] : [],
    )
    return { ...fix, changes, creates, evidence: fix.evidence.map(evidenceOf) }
  }
  const treatmentOf = (treatment: Treatment): Treatment => {
    switch (treatment.status) {
      case 'skipped':
        return treatment
      case 'manual':
        return {
          ...treatment,
          evidence: treatment.evidence.map(evidenceOf),
          candidates: treatment.candidates.map(fixOf),
        }
      default: {
        const transaction = byFix.get(treatment.fix.changes)
        if (transaction === undefined) return { ...treatment, fix: fixOf(treatment.fix) }
        const reason = refused.get(transaction) ?? offers?.refused.get(transaction)
        if (reason !== undefined) return { status: 'refused', by: 'build', reason, fix: fixOf(treatment.fix) }
        const changes = draft.changes.get(transaction) ?? offers?.changes.get(transaction) ?? []
        const creates = distinct(transaction.fixes.flatMap(({ source }) => source.creates))
        const evidence = treatment.fix.evidence.map(evidenceOf)
        return { ...treatment, fix: { ...treatment.fix, changes, creates, evidence } }
      }
    }
  }

  const diagnoses = new Map<string, Diagnosis>()
  for (const diagnosis of outcome.diagnoses) {
    const { scope } = diagnosis.finding.resource
    const told: Diagnosis = {
      ...inSource(diagnosis, origins),
      treatment: treatmentOf(diagnosis.treatment),
      ...(scope === undefined ? {} : { scopes: [scope] }),
    }
    const known = diagnoses.get(told.key)
    diagnoses.set(told.key, known === undefined ? told : both(known, told))
  }
  const { versions } = draft
  const graph = new ResourceGraph(source.resources, source.skipped)
  const known = new Set(source.resources.map(({ id }) => id))
  const documents = new Map<string, Resource>()
  const isNew = (id: string): boolean => draft.sheets.isNew(id)
  for (const [id, version] of versions) {
    if (known.has(id) || isNew(id)) graph.replace(version)
    else documents.set(id, version)
  }
  const accepted = new Map(outcome.accepted.map(one => inSource(one, origins)).map(one => [one.key, one]))
  return {
    ...outcome,
    repository: source,
    suppressed: accepted.size,
    accepted: [...accepted.values()],
    diagnoses: [...diagnoses.values()],
    fixes: [],
    operations: draft.operations,
    graph,
    documents,
    edits: draft.sheets.edits(),
  }
}

/** A finding on what is built, where a person would put it right. */
export function inSource(diagnosis: Diagnosis, origins: Origins): Diagnosis {
  const { detector, finding } = diagnosis
  const { resource, pointer: at } = placeOf({ resource: finding.resource, pointer: finding.at }, origins)
  const key = `${detector.id} ${finding.check} ${resource.id} ${finding.subject}`
  return { ...diagnosis, key, finding: { ...finding, resource, at } }
}

/** A finding of two builds; what is left in one of them is left. */
function both(one: Diagnosis, other: Diagnosis): Diagnosis {
  const [worse] = [one, other].toSorted((left, right) => rank(left.treatment) - rank(right.treatment))
  const scopes = [...new Set([...(one.scopes ?? []), ...(other.scopes ?? [])])].toSorted()
  return { ...(worse ?? one), ...(scopes.length === 0 ? {} : { scopes }) }
}

function rank(treatment: Treatment): number {
  const status = treatment.status === 'available' ? treatment.heldBack : treatment.status
  return ['refused', 'manual', 'impact', 'unsafe', 'choice', 'applied', 'skipped'].indexOf(status)
}

/** The place in the sources that gives what stands at a place of a built object. */
export function placeOf(place: Place, origins: Origins): Place {
  const { resource, pointer: at } = place
  if (!origins.isBuilt(resource)) return place
  const source = origins.source(resource)
  const names = [nameOf(resource.object), ...(source === undefined ? [] : [nameOf(source.object)])]
  if (source === undefined || valueAt(source.object, nearest(at, resource, source)) !== valueAt(resource.object, at)) {
    for (const patch of origins.patches(resource)) {
      const found = placeInPatch(patch, at, resource.object, names)
      if (found === undefined || patch.inline !== undefined || stringAt(patch.value, 'kind') === undefined) continue
      return { resource: patch.resource, pointer: found }
    }
  }
  return source === undefined
    ? {
        resource: {
          ...resource,
          id: `${resource.id} in its root`,
          path: resource.sourcePath ?? resource.path,
          document: 0,
        },
        pointer: '',
      }
    : { resource: source, pointer: nearest(at, resource, source) }
}

/** The counterpart of a place or, where there is none, of the nearest place around it. */
function nearest(at: Pointer, built: Resource, source: Resource): Pointer {
  const found = counterpartOf(at, built.object, source.object)
  if (found !== undefined || at === '') return found ?? ''
  return nearest(parentOf(at), built, source)
}
