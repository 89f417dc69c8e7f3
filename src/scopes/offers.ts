import type { Change } from '../fix/fixer.ts'
import type { Outcome } from '../outcome.ts'
import { inSource } from './as-sources.ts'
import { type Drafting, drafted } from './draft.ts'
import { type Proof, provenInBuilds } from './proof.ts'
import { sourceFixOf } from './source-edits.ts'
import type { Placed, Transaction } from './transactions.ts'
import type { Builds, View } from './views.ts'

/** Fixes that are not made, and what builds say of each of them. */
export interface Offers extends Pick<Proof, 'refused'> {
  readonly transactions: readonly Transaction[]
  /** The changes that make each of them in the sources. */
  readonly changes: ReadonlyMap<Transaction, readonly Change[]>
}

/**
 * Proves by builds what a person may still choose: the fixes of one finding in the sources together, each finding for
 * itself. Those that change no built object in common are proven at once.
 *
 * @param proof of what is made already
 */
export async function offersIn(
  outcome: Outcome,
  proof: Proof,
  views: readonly View[],
  drafting: Drafting,
  builds: Builds,
): Promise<Offers> {
  const byFinding = new Map<string, Placed[]>()
  for (const diagnosis of outcome.diagnoses) {
    const { treatment } = diagnosis
    if (treatment.status !== 'available' || treatment.heldBack === 'impact') continue
    const { key } = inSource(diagnosis, drafting.origins)
    const placed = { fix: treatment.fix, source: sourceFixOf(treatment.fix, drafting.origins) }
    byFinding.set(key, [...(byFinding.get(key) ?? []), placed])
  }
  const transactions = [...byFinding.values()].map(fixes => ({ fixes }))
  const refused = new Map<Transaction, string>()
  const changes = new Map<Transaction, readonly Change[]>()
  for (const batch of apart(transactions)) {
    const proven = await provenInBuilds(batch, views, drafting, builds, proof.made)
    for (const [transaction, reason] of proven.refused) refused.set(transaction, reason)
    // What one adds to a list, another may build on: only while nothing is made it costs little to make each alone.
    for (const made of proven.made) {
      const draft = proof.made.length === 0 ? drafted([made], drafting) : proven.draft
      changes.set(made.transaction, draft.changes.get(made.transaction) ?? [])
    }
  }
  return { transactions, refused, changes }
}

/** Batches in which no two transactions change the same built object. */
function apart(transactions: readonly Transaction[]): readonly (readonly Transaction[])[] {
  const batches: { readonly own: Transaction[]; readonly objects: Set<string> }[] = []
  for (const transaction of transactions) {
    const objects = transaction.fixes.flatMap(({ fix: { changes, creates = [] } }) => [
      ...changes.map(({ resource }) => resource.id),
      ...creates.map(({ beside }) => beside.id),
    ])
    const free = batches.find(batch => !objects.some(id => batch.objects.has(id)))
    const batch = free ?? { own: [], objects: new Set<string>() }
    if (free === undefined) batches.push(batch)
    batch.own.push(transaction)
    for (const id of objects) batch.objects.add(id)
  }
  return batches.map(({ own }) => own)
}
