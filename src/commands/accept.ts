import { type Accepted, annotated, annotation, grouped } from '../annotate.ts'
import type { Diagnosis, Outcome } from '../outcome.ts'
import { say } from '../output.ts'
import { filesAfter, textsOf } from '../texts.ts'

/** A finding that is accepted, and why. */
export interface Ignored {
  readonly diagnosis: Diagnosis
  readonly reason: string
}

/** Whether a finding is accepted along with another: an annotation is for all that a rule finds on the object. */
export function isCovered({ detector, finding }: Diagnosis, other: Diagnosis): boolean {
  return detector.id === other.detector.id && finding.resource.id === other.finding.resource.id
}

/** Why a finding can't be accepted by an annotation; undefined: it can be. */
export function obstacleTo({ detector, finding: { resource } }: Diagnosis, outcome: Outcome): string | undefined {
  const { isInScope, untouchable } = outcome.options
  const { path } = resource
  const file = outcome.repository.files.get(path)
  if (file === undefined || !isInScope(path)) return `${path} is outside the paths given`
  if (untouchable?.has(path)) return `${path} ${untouchable.get(path)}`
  const made = annotated(file, [{ resource, rules: new Set([detector.id]), reasons: new Set(['tried']) }])
  return typeof made === 'string' ? made : undefined
}

/** The outcome with what is ignored, and the texts that say so. What is fixed needs no ignoring. */
export function accepting(
  outcome: Outcome,
  ignored: readonly Ignored[],
): { readonly outcome: Outcome; readonly texts: ReadonlyMap<string, string> } {
  const texts = new Map(textsOf(outcome))
  const files = filesAfter(outcome, texts, new Set())
  const operations = new Map(outcome.operations)
  const accepted = new Set<Diagnosis>()
  for (const [path, objects] of grouped(acceptedIn(outcome, ignored), ({ resource }) => resource.path)) {
    const file = files.get(path)
    const made = file === undefined ? 'it is gone' : annotated(file, objects)
    if (typeof made === 'string') {
      say(`${path}: ${made}`)
      continue
    }
    texts.set(path, made.text)
    for (const object of objects) {
      const { id } = object.resource
      operations.set(id, [...(operations.get(id) ?? []), annotation(object)])
      for (const diagnosis of object.diagnoses) accepted.add(diagnosis)
    }
  }
  return {
    texts,
    outcome: {
      ...outcome,
      operations,
      diagnoses: outcome.diagnoses.filter(diagnosis => !accepted.has(diagnosis)),
      accepted: [...outcome.accepted, ...accepted],
      suppressed: outcome.suppressed + accepted.size,
    },
  }
}

/** The objects to annotate, as the fixes leave them, with the findings that this accepts. */
function acceptedIn(
  { diagnoses, documents, graph }: Outcome,
  ignored: readonly Ignored[],
): readonly (Accepted & { readonly diagnoses: readonly Diagnosis[] })[] {
  const left = diagnoses.flatMap(diagnosis => {
    const because =
      diagnosis.treatment.status === 'applied' ? [] : ignored.filter(each => isCovered(diagnosis, each.diagnosis))
    return because.length === 0 ? [] : [{ diagnosis, reasons: because.map(({ reason }) => reason) }]
  })
  return [...grouped(left, ({ diagnosis }) => diagnosis.finding.resource.id)].map(([id, those]) => ({
    resource: documents.get(id) ?? graph.resource(id) ?? those[0].diagnosis.finding.resource,
    rules: new Set(those.map(({ diagnosis }) => diagnosis.detector.id)),
    reasons: new Set(those.flatMap(({ reasons }) => reasons)),
    diagnoses: those.map(({ diagnosis }) => diagnosis),
  }))
}
