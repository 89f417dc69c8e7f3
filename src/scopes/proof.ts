import { type Built, type Identity, identityOf } from '../build/built.ts'
import { isSame, patched } from '../json-patch.ts'
import { type Pointer, valueAt } from '../pointer.ts'
import { type KubeObject, nameOf, titleOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { applied } from '../write/edit.ts'
import { type Draft, type Drafting, drafted, type Made } from './draft.ts'
import { WAYS } from './source-edits.ts'
import { type Placed, type Transaction, waysOf } from './transactions.ts'
import { type Builds, rebuilt, type View, withoutOrigin } from './views.ts'

/** What came of the transactions. */
export interface Proof {
  readonly made: readonly Made[]
  readonly refused: ReadonlyMap<Transaction, string>
  readonly draft: Draft
}

/**
 * Makes transactions in the sources and builds every root again: only what the fixes say may have changed, everywhere.
 * Those that are right are made together; what is wrong is tried by itself, in each way there is, and else refused.
 *
 * @param upon what is made already, and proven
 */
export async function provenInBuilds(
  transactions: readonly Transaction[],
  views: readonly View[],
  drafting: Drafting,
  builds: Builds,
  upon: readonly Made[] = [],
): Promise<Proof> {
  const refused = new Map<Transaction, string>()
  const prover = new Prover(views, drafting, builds)
  let made: readonly Made[] = []
  let suspects: Transaction[] = []
  for (const transaction of transactions) {
    const homeless = transaction.fixes.flatMap(placed => placed.source.homeless)[0]
    if (homeless === undefined) made = [...made, { transaction, way: 'in the source' }]
    else
      refused.set(
        transaction,
        `${titleOf(homeless.object)} is made of something that no file here holds; ${elsewhere(transaction)}`,
      )
  }
  while (made.length > 0) {
    const { failures } = await prover.attempt([...upon, ...made])
    if (failures.length === 0) break
    const wrong = made.filter(each => failures.some(failure => concerns(each.transaction, failure)))
    // A failure that no transaction seems to have to do with may be anybody's.
    const withdrawn = wrong.length > 0 ? wrong : made
    suspects = [...suspects, ...withdrawn.map(({ transaction }) => transaction)]
    made = made.filter(each => !withdrawn.includes(each))
  }
  for (const transaction of suspects) {
    const reasons: string[] = []
    for (const way of waysOf(transaction)) {
      const { failures } = await prover.attempt([...upon, ...made, { transaction, way }])
      if (failures.length === 0) {
        made = [...made, { transaction, way }]
        break
      }
      reasons.push(failures[0]?.reason ?? '')
    }
    if (!made.some(each => each.transaction === transaction))
      refused.set(transaction, `${reasons[0]}; ${elsewhere(transaction)}`)
  }
  const inOrder = transactions.flatMap(transaction => made.find(each => each.transaction === transaction) ?? [])
  return { made: inOrder, refused, draft: drafted([...upon, ...inOrder], drafting) }
}

/** Where a fix can be made for one build alone. */
function elsewhere({ fixes }: Transaction): string {
  const scopes = fixes.flatMap(({ fix }) => [
    ...fix.changes.map(({ resource }) => resource.scope),
    ...(fix.creates ?? []).map(({ beside }) => beside.scope),
  ])
  const commands = [...new Set(scopes)].flatMap(scope =>
    scope === undefined ? [] : `mesh-fix --component DIR ${scope}`,
  )
  return `for a build alone: ${commands.join(' or ')}`
}

/** Something that is not as it should be. */
interface Failure {
  readonly reason: string
  /** The root and the object, or the transaction whose edits can't be made. */
  readonly root?: string
  readonly identity?: Identity
  readonly transaction?: Transaction
}

function concerns(transaction: Transaction, { root, identity, transaction: one }: Failure): boolean {
  if (one !== undefined) return one === transaction
  return transaction.fixes.some(
    ({ fix, source }) =>
      fix.changes.some(({ resource }) => resource.scope === root && identityOf(resource.object) === identity) ||
      WAYS.flatMap(way => source.alternatives[way]).some(({ resource }) => isMaybe(resource.object, identity ?? '')) ||
      source.creates.some(({ object }) => isMaybe(object, identity ?? '')),
  )
}

/** Whether a built object may be made of one of the sources, or patched by it. */
function isMaybe(object: KubeObject, identity: Identity): boolean {
  const [, kind = '', name = ''] = /^\S+ (\S+) \S*\/(.*)$/.exec(identity) ?? []
  return (object.kind === undefined || object.kind === kind) && name.includes(nameOf(object))
}

class Prover {
  readonly #views: readonly View[]
  readonly #drafting: Drafting
  readonly #builds: Builds

  constructor(views: readonly View[], drafting: Drafting, builds: Builds) {
    this.#views = views
    this.#drafting = drafting
    this.#builds = builds
  }

  /** What is wrong once these are made; nothing is kept. */
  async attempt(made: readonly Made[]): Promise<{ readonly failures: readonly Failure[] }> {
    const failures: Failure[] = []
    const draft = drafted(made, this.#drafting)
    if (draft.refused.size > 0)
      return { failures: [...draft.refused].map(([transaction, reason]) => ({ transaction, reason })) }
    const texts = this.#texts(draft)
    const touched = this.#views.filter(({ root }) => [...texts.keys()].some(path => root.files.has(path)))
    const outputs = await rebuilt(
      touched.map(({ root }) => root),
      texts,
      this.#builds,
    )
    const fixes = made.flatMap(({ transaction }) => transaction.fixes)
    for (const [index, view] of touched.entries()) {
      const output = outputs[index]
      if (typeof output === 'string')
        failures.push({ reason: `${view.root.name} would not build any more: ${output}`, root: view.root.name })
      else if (output !== undefined) failures.push(...differences(view, fixes, output))
    }
    // What is changed for one build must be right in those that are not affected by text, too: they stay as they are.
    for (const view of this.#views)
      if (!touched.includes(view)) failures.push(...differences(view, fixes, view.objects))
    return { failures }
  }

  #texts({ sheets }: Draft): ReadonlyMap<string, string> {
    return new Map(
      [...sheets.edits()].map(([path, edits]) => [
        path,
        applied(this.#drafting.source.files.get(path)?.parsed.text ?? '', edits),
      ]),
    )
  }
}

/** What a build has otherwise than the fixes say. */
function differences(view: View, fixes: readonly Placed[], built: Built): readonly Failure[] {
  const { name } = view.root
  const own = fixes.filter(({ fix }) => concernsScope(fix, name))
  const expected = new Map<Identity, KubeObject>(view.objects)
  for (const { fix } of own) {
    for (const { resource, operations } of fix.changes) {
      const identity = identityOf(resource.object)
      const object = resource.scope === name ? expected.get(identity) : undefined
      if (object !== undefined) expected.set(identity, patched(object, operations) as KubeObject)
    }
  }
  const created = own.flatMap(({ fix }) => (fix.creates ?? []).filter(({ beside }) => beside.scope === name))
  const failures: Failure[] = []
  for (const [identity, object] of built) {
    const wanted = expected.get(identity)
    const isNew = wanted === undefined && created.some(fresh => isMade(object, fresh.object))
    if (isNew || (wanted !== undefined && isSame(wanted, withoutOrigin(object)))) continue
    failures.push({
      root: name,
      identity,
      reason: `what ${name} builds would change otherwise than the fix says: ${wanted === undefined ? `${titleOf(object)} is new` : placeOfChange(titleOf(object), wanted, object)}`,
    })
  }
  for (const [identity, object] of expected)
    if (!built.has(identity))
      failures.push({ root: name, identity, reason: `${name} would not build ${titleOf(object)} any more` })
  for (const { object } of created)
    if (![...built].some(([identity, other]) => !expected.has(identity) && isMade(other, object)))
      failures.push({
        root: name,
        identity: identityOf(object),
        reason: `${name} would not build the new ${titleOf(object)}: no kustomization lists the file of the other`,
      })
  return failures
}

function concernsScope({ changes, creates = [] }: Placed['fix'], scope: string): boolean {
  return [...changes.map(({ resource }) => resource), ...creates.map(({ beside }) => beside)].some(
    resource => resource.scope === scope,
  )
}

/** Whether a built object is the new one: builds add to names and labels. */
function isMade(built: KubeObject, fresh: KubeObject): boolean {
  if (built.kind !== fresh.kind || !nameOf(built).includes(nameOf(fresh))) return false
  const [one, other] = [built['spec'], fresh['spec']] as readonly { readonly [key: string]: Json }[]
  return Object.keys(other ?? {}).every(key =>
    key === 'selector'
      ? contains(one?.[key] ?? null, other?.[key] ?? null)
      : isSame(one?.[key] ?? null, other?.[key] ?? null),
  )
}

function contains(all: Json, some: Json): boolean {
  const entries = Object.entries((some ?? {}) as { readonly [key: string]: Json })
  return entries.every(([key, value]) => isSame((all as { readonly [key: string]: Json } | null)?.[key] ?? null, value))
}

function placeOfChange(title: string, wanted: Json, built: Json): string {
  return `${title} at ${firstDifference(wanted, built, '') ?? '/'}`
}

function firstDifference(one: Json, other: Json, at: Pointer): Pointer | undefined {
  if (isSame(one, other)) return undefined
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return at
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const [mine, theirs] = [valueAt(one, `/${key}`), valueAt(other, `/${key}`)] as readonly (Json | undefined)[]
    const place = firstDifference(mine ?? null, theirs ?? null, `${at}/${key}`)
    if (place !== undefined) return place
  }
  return at
}
