import type { Change } from '../fix/fixer.ts'
import { Placements } from '../fix/placement.ts'
import { type Operation, PatchError, patched } from '../json-patch.ts'
import { valueAt } from '../pointer.ts'
import type { Repository } from '../read/repository.ts'
import type { KubeObject, Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { parse } from '../read/yaml.ts'
import { EditRefused, edit } from '../write/edit.ts'
import { type NewDocument, Sheets } from '../write/sheets.ts'
import type { PatchDocument } from './patches.ts'
import { type Origins, type SourceEdit, sourceFixOf, type Way } from './source-edits.ts'
import type { Placed, Transaction } from './transactions.ts'

/** A transaction and the way it is made in the sources. */
export interface Made {
  readonly transaction: Transaction
  readonly way: Way
}

/** The sources with some transactions made. */
export interface Draft {
  readonly sheets: Sheets
  /** Resource of the sources' id → the operations that were made on it. */
  readonly operations: ReadonlyMap<string, readonly Operation[]>
  /** Ids → the last versions of what was changed, manifests and other documents, and of what is new. */
  readonly versions: ReadonlyMap<string, Resource>
  /** Transaction → the changes that made it. */
  readonly changes: ReadonlyMap<Transaction, readonly Change[]>
  /** Transactions that can't be made in the text, and why. */
  readonly refused: ReadonlyMap<Transaction, string>
}

/** What drafts are made from. */
export interface Drafting {
  readonly source: Repository
  readonly origins: Origins
  /** Why a file must not be changed; undefined where it may be. */
  readonly obstacle: (path: string) => string | undefined
}

/**
 * Makes transactions in the sources, each whole or not at all. The texts are proven to read as the operations say.
 *
 * @throws {Error} a text can't be proven even edit by edit, which is a bug
 */
export function drafted(made: readonly Made[], drafting: Drafting): Draft {
  const draft = new Drafter(drafting, new Set()).draft(made)
  const unproven = draft.sheets.prove()
  if (unproven.length === 0) return draft
  const again = new Drafter(drafting, new Set(unproven)).draft(made)
  if (again.sheets.prove().length > 0) throw new Error(`edits of ${unproven.join()} can't be proven`)
  return again
}

class Drafter {
  readonly #origins: Origins
  readonly #obstacle: Drafting['obstacle']
  readonly #placements: Placements
  readonly #sheets: Sheets
  readonly #versions = new Map<string, Resource>()
  readonly #operations = new Map<string, readonly Operation[]>()

  constructor({ source, origins, obstacle }: Drafting, oneByOne: ReadonlySet<string>) {
    this.#origins = origins
    this.#obstacle = obstacle
    this.#placements = new Placements(source)
    this.#sheets = new Sheets(source.files, oneByOne)
  }

  draft(made: readonly Made[]): Draft {
    const changes = new Map<Transaction, readonly Change[]>()
    const refused = new Map<Transaction, string>()
    for (const each of made) {
      try {
        changes.set(each.transaction, this.#make(each))
      } catch (error) {
        if (!(error instanceof EditRefused) && !(error instanceof PatchError)) throw error
        refused.set(each.transaction, `the text can't be edited: ${error.message}`)
      }
    }
    return { sheets: this.#sheets, operations: this.#operations, versions: this.#versions, changes, refused }
  }

  /** @throws {EditRefused | PatchError} it can't be made, and nothing of it is */
  #make({ transaction, way }: Made): readonly Change[] {
    const changes: Change[] = []
    const fresh: NewDocument[] = []
    const versions = new Map<string, Resource>()
    const latest = (resource: Resource): Resource =>
      versions.get(resource.id) ?? this.#versions.get(resource.id) ?? resource
    const change = (resource: Resource, operations: readonly Operation[]): void => {
      const obstacle = this.#obstacle(resource.path)
      if (obstacle !== undefined) throw new EditRefused('layout', obstacle)
      const before = latest(resource)
      versions.set(resource.id, { ...before, object: patched(before.object, operations) as KubeObject })
      changes.push({ resource, operations })
    }
    for (const { fix } of transaction.fixes)
      for (const one of sourceFixOf(fix, this.#originsIn(latest)).alternatives[way])
        change(one.resource, operationsOf(one, latest(one.resource)))
    for (const create of distinct(transaction.fixes.flatMap(({ source }) => source.creates))) {
      const isTaken = (document: string): boolean => this.#sheets.isNew(document) || versions.has(document)
      const placed = this.#placements.placed({ ...EMPTY, creates: [create] }, latest, isTaken)
      if (typeof placed === 'string') throw new EditRefused('layout', placed)
      for (const { resource, operations } of placed.fix.changes) change(resource, operations)
      for (const { resource, beside, isItem } of placed.created) {
        versions.set(resource.id, resource)
        const { path, document, object } = resource
        if (!isItem) fresh.push({ path, document, object, beside })
      }
    }
    this.#sheets.apply(changes, fresh, { keep: true })
    for (const [id, version] of versions) this.#versions.set(id, version)
    for (const { resource, operations } of changes)
      this.#operations.set(resource.id, [...(this.#operations.get(resource.id) ?? []), ...operations])
    return changes
  }

  /** Where built objects come from, in the versions of the draft. */
  #originsIn(latest: (resource: Resource) => Resource): Origins {
    const { source, patches, isBuilt } = this.#origins
    return {
      isBuilt,
      source: built => {
        const origin = source(built)
        return origin && latest(origin)
      },
      patches: built => patches(built).map(patch => ({ ...patch, value: patchIn(patch, latest(patch.resource)) })),
    }
  }
}

const EMPTY = { title: '', safety: 'safe', cautions: [], evidence: [], impact: 'metadata', changes: [] } as const

/** New objects that several builds want, once. */
export function distinct(creates: Placed['source']['creates']): Placed['source']['creates'] {
  return [
    ...new Map(
      creates.map(create => [`${create.beside.path} ${JSON.stringify(create.object)}`, create] as const),
    ).values(),
  ]
}

/** A patch as it stands in a version of its document. */
function patchIn({ inline, value }: PatchDocument, { object }: Resource): Json {
  if (inline === undefined) return object
  const text = valueAt(object, inline.at)
  return typeof text === 'string' ? (parse(text).documents[inline.document]?.value ?? null) : value
}

/** The edit as operations on the document: a patch in a string is a new string. */
function operationsOf({ inline, operations }: SourceEdit, current: Resource): readonly Operation[] {
  if (inline === undefined) return operations
  const text = valueAt(current.object, inline.at)
  if (typeof text !== 'string') throw new EditRefused('layout', `there is no text at ${inline.at}`)
  const after = edit(text, [{ document: inline.document, operations }]).text
  return [
    { op: 'test', path: inline.at, value: text },
    { op: 'replace', path: inline.at, value: after },
  ]
}
