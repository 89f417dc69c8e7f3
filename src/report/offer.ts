import type { Fix } from '../fix/fixer.ts'
import { pathOf } from '../fix/placement.ts'
import type { Diagnosis, Outcome } from '../outcome.ts'
import { IMPACT_WORDS } from './html/words.ts'
import { hunkLines } from './hunks.ts'
import { ownEdits } from './own-edits.ts'
import { line, type Paint } from './paint.ts'
import { inReadingOrder, locators, type Result, shownPath } from './result.ts'
import { headLine } from './text.ts'
import { Words } from './words.ts'

/** A proven fix that a person may choose, with the findings that it puts right. */
export interface Offer {
  readonly diagnoses: readonly [Diagnosis, ...Diagnosis[]]
  readonly fix: Fix
}

/** What may be chosen, in reading order. Findings that the same changes put right are one offer. */
export function offersIn(result: Result): readonly Offer[] {
  const offers = new Map<string, Offer>()
  for (const diagnosis of inReadingOrder(result)) {
    const { treatment } = diagnosis
    if (treatment.status !== 'available' || treatment.heldBack === 'impact') continue
    const { fix } = treatment
    const key = JSON.stringify([
      fix.changes.map(({ resource, operations }) => [resource.id, operations]).toSorted(),
      fix.creates?.map(fresh => [pathOf(fresh), fresh.object]),
    ])
    const known = offers.get(key)
    offers.set(key, known ? { ...known, diagnoses: [...known.diagnoses, diagnosis] } : { diagnoses: [diagnosis], fix })
  }
  return [...offers.values()]
}

/** A chosen fix that was not made as it was shown. */
export interface Missed {
  readonly offer: Offer
  readonly reason: string
  /** The run has made another fix in its place. */
  readonly isReplaced: boolean
}

/**
 * What a run has not made as it was shown. What another chosen fix has put right as well is made.
 *
 * @param outcome of a run in which the offers were chosen
 */
export function missedIn(outcome: Outcome, offers: readonly Offer[]): readonly Missed[] {
  const treatments = new Map(outcome.diagnoses.map(({ key, treatment }) => [key, treatment]))
  const shown = new Set(offers.map(({ fix }) => deedOf(fix)))
  const missed = (offer: Offer, key: string): Missed | undefined => {
    const treatment = treatments.get(key)
    if (treatment === undefined || treatment.status === 'skipped')
      return { offer, reason: 'it is not found any more', isReplaced: false }
    if ('reason' in treatment) return { offer, reason: treatment.reason, isReplaced: false }
    if (treatment.status === 'applied' && shown.has(deedOf(treatment.fix))) return undefined
    const { safety, impact, title } = treatment.fix
    const reason = `it would now be another fix (${safety}, ${impact}): ${title}`
    return { offer, reason, isReplaced: treatment.status === 'applied' }
  }
  return offers.flatMap(offer => {
    for (const { key } of offer.diagnoses) {
      const found = missed(offer, key)
      if (found !== undefined) return [found]
    }
    return []
  })
}

/** What a fix does to which objects: the same whatever else is done to them. */
function deedOf({ title, changes, creates = [] }: Fix): string {
  const objects = new Set([...changes.map(({ resource }) => resource.id), ...creates.map(pathOf)])
  return JSON.stringify([title, ...[...objects].toSorted()])
}

/** How many unchanged lines stand around a change: no code is shown beside it. */
const CONTEXT = 3

/** Shows offers to people. */
export class OfferWords {
  readonly #result: Result
  readonly #paint: Paint
  readonly #words: Words

  constructor(result: Result, paint: Paint) {
    this.#result = result
    this.#paint = paint
    this.#words = new Words(result, paint)
  }

  /** The findings, what the fix does, and its hunks. */
  offer({ diagnoses, fix }: Offer): readonly string[] {
    const [first] = diagnoses
    const edits = ownEdits(fix, this.#result.filesAfter, Number.POSITIVE_INFINITY)
    const change = this.#words.change(first, fix, 'fix')
    return [
      ...diagnoses.flatMap(diagnosis => [headLine(`${this.place(diagnosis)}:`, diagnosis, this.#paint)]),
      ...[...this.#words.builds(first), ...change].map(text => `  ${text}`),
      ...fix.cautions.map(caution => line`    unsafe: ${caution}`),
      ...(edits === undefined
        ? ['    (its change builds on that of another fix, and can’t be shown alone)']
        : hunkLines(edits, this.#result, { paint: this.#paint, context: CONTEXT })),
    ]
  }

  /** Why it is right, and what it does to a running cluster. */
  evidence({ fix }: Offer): readonly string[] {
    return [...this.#words.grounds(fix), line`  impact: ${IMPACT_WORDS[fix.impact] ?? fix.impact}`]
  }

  /** `file:line:column` of a finding. */
  place({ finding: { resource, at } }: Diagnosis): string {
    const { line: number, column } = locators(this.#result).after.position(resource, at)
    return `${shownPath(resource.path, this.#result)}:${number}:${column}`
  }
}
