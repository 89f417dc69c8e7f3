import type { EvidenceClass, ProtocolEvidence } from './fixer.ts'
import data from './measured-evidence.json' with { type: 'json' }

/** How often a row of evidence spoke for a declared port of one repository, and how it did. */
export type RowCount = readonly [right: number, sameClass: number, wrong: number]

/** Row of evidence → one count for each repository that has examples. */
export type Measured = ReadonlyMap<string, readonly RowCount[]>

/** What `npm run evidence -- DIR --write` measured last. */
export const MEASURED: Measured = new Map(
  Object.entries<readonly (readonly number[])[]>(data.rows).map(([row, counts]) => [
    row,
    counts.map(([right = 0, sameClass = 0, wrong = 0]) => [right, sameClass, wrong] as const),
  ]),
)

/** At most one in a hundred may be wrong. */
const ERRORS = 0.01

/** The true share of right ones is to be this high with 95 % confidence, one-sided (Clopper and Pearson). */
const LOWER_BOUND = 0.95
const CONFIDENCE = 0.95

/** Weak evidence has to prove itself in as many repositories, and without any one of them. */
const REPOSITORIES = 5

/** Why evidence of these rows doesn't make a fix safe; undefined where one of them does. */
export function doubtAbout(evidence: readonly ProtocolEvidence[], measured: Measured = MEASURED): string | undefined {
  if (evidence.some(item => isQualified(item.class, measured.get(item.row) ?? []))) return undefined
  const rows = [...new Set(evidence.map(({ row }) => row))]
  return rows.map(row => `${row} ${recordOf(measured.get(row) ?? [])}`).join('; ')
}

/**
 * Whether a row is safe by itself. Definitive evidence is, by decision, while no counter-example is known; all other has
 * to be measured.
 */
export function isQualified(level: EvidenceClass, counts: readonly RowCount[]): boolean {
  switch (level) {
    case 'definitive':
      return wrongIn(counts) === 0 || meetsBar(counts)
    case 'strong':
      return meetsBar(counts)
    case 'weak':
      return (
        counts.length >= REPOSITORIES &&
        meetsBar(counts) &&
        counts.every((_, left) => meetsBar(counts.toSpliced(left, 1)))
      )
  }
}

/** Whether weak evidence was more often wrong than right in most repositories, of two or more: it says nothing then. */
export function isRefuted({ class: level, row }: ProtocolEvidence, measured: Measured = MEASURED): boolean {
  const counts = measured.get(row) ?? []
  const against = counts.filter(([right, sameClass, wrong]) => wrong > right + sameClass)
  return level === 'weak' && counts.length > 1 && against.length * 2 > counts.length
}

function meetsBar(counts: readonly RowCount[]): boolean {
  const [spoke, wrong] = [spokenIn(counts), wrongIn(counts)]
  return wrong <= spoke * ERRORS && atMost(wrong, spoke, 1 - LOWER_BOUND) <= 1 - CONFIDENCE
}

/** How likely at most so many errors are where each of `count` is one with the given probability. */
function atMost(errors: number, count: number, probability: number): number {
  let term = (1 - probability) ** count
  let sum = term
  for (let k = 1; k <= errors; k++) {
    term *= ((count - k + 1) / k) * (probability / (1 - probability))
    sum += term
  }
  return sum
}

/** What speaks against a row that isn't safe. */
function recordOf(counts: readonly RowCount[]): string {
  const [spoke, wrong] = [spokenIn(counts), wrongIn(counts)]
  if (spoke === 0) return 'was never measured'
  if (wrong > spoke * ERRORS) return `was wrong for ${wrong} of ${spoke} measured ports`
  const places = counts.length === 1 ? '1 repository' : `${counts.length} repositories`
  return `was right for ${spoke - wrong} of ${spoke} measured ports in ${places}, which are too few to be sure`
}

function spokenIn(counts: readonly RowCount[]): number {
  return counts.reduce((sum, [right, sameClass, wrong]) => sum + right + sameClass + wrong, 0)
}

function wrongIn(counts: readonly RowCount[]): number {
  return counts.reduce((sum, [, , wrong]) => sum + wrong, 0)
}
