import { isSame, type Operation, patched } from '../json-patch.ts'
import { joined, keysOf, type Pointer, parentOf, pointer, valueAt } from '../pointer.ts'
import { documentAt } from '../read/place.ts'
import type { SourceFile } from '../read/repository.ts'
import type { KubeObject, Resource } from '../read/resource.ts'
import type { Json, ParsedDocument, ParsedText } from '../read/tree.ts'
import { parse } from '../read/yaml.ts'
import { DocumentEditor } from './document-editor.ts'
import { applied, composed, EditRefused, edit, type TextEdit } from './edit.ts'
import { renderDocument, styleOf } from './render.ts'

/** A change as the edit engine takes it: operations on an object that stands somewhere in a document. */
export interface DocumentChange {
  readonly resource: Pick<Resource, 'path' | 'document' | 'base'>
  readonly operations: readonly Operation[]
}

/** A document that comes new, with one object: the only one of a new file, or one behind those of a stream. */
export interface NewDocument {
  readonly path: string
  readonly document: number
  readonly object: KubeObject
  /** The object whose document's style it takes. */
  readonly beside: Resource
}

/** One document of a file as it is being edited. */
interface Sheet {
  readonly key: string
  readonly path: string
  readonly isNew: boolean
  /** Where the document's text starts in the file as it was read. */
  readonly offset: number
  /** The document as of the last proof, in the text that its spans count in: that of the file until an edit is proven. */
  readonly proven: Proven
  /** The edits of the document's own text that led to it. */
  readonly edits: readonly TextEdit[]
  readonly editor: DocumentEditor
  /** Operations since then that don't touch one another, and their edits of the proven text, sorted. */
  readonly operations: readonly Operation[]
  readonly pending: readonly TextEdit[]
  /** What the document's value is after all of them. */
  readonly value: Json
}

interface Proven {
  readonly text: string
  readonly json: boolean
  readonly document: ParsedDocument
}

/**
 * The texts of a run as fixes change them. Each document is a sheet of its own, so that an edit costs what its document
 * costs, however long the file is. Edits that don't touch one another are proven together, so that a List of a
 * thousand objects is read again once, not for each fix; where such a proof fails, the run is made again with that
 * document proven edit by edit.
 */
export class Sheets {
  readonly #files: ReadonlyMap<string, SourceFile>
  readonly #oneByOne: ReadonlySet<string>
  readonly #sheets = new Map<string, Sheet>()
  /** Documents between braces, alone: each fix that is only tried asks for them again. */
  readonly #alone = new Map<string, Proven | undefined>()
  /** Edits that add to a list or map → its place: they may stand in one spot, in their order. */
  readonly #appends = new WeakMap<TextEdit, Pointer>()

  /** @param oneByOne the documents (`path#index`) in which each change is proven for itself */
  constructor(files: ReadonlyMap<string, SourceFile>, oneByOne: ReadonlySet<string>) {
    this.#files = files
    this.#oneByOne = oneByOne
  }

  /**
   * Makes all the changes and new documents, or none.
   *
   * @param keep false: only tries whether they can be made
   * @throws {EditRefused} the text can't be edited so that it reads as the changes say, and nothing else changes
   */
  apply(changes: readonly DocumentChange[], fresh: readonly NewDocument[], { keep }: { readonly keep: boolean }): void {
    const made = new Map(fresh.map(document => [`${document.path}#${document.document}`, this.#newSheet(document)]))
    for (const { resource, operations } of changes) {
      const key = `${resource.path}#${resource.document}`
      let sheet = made.get(key) ?? this.#sheets.get(key) ?? this.#sheet(key, resource)
      for (const operation of operations) sheet = this.#changed(sheet, rebased(operation, resource.base))
      made.set(key, this.#oneByOne.has(key) ? proven(sheet) : sheet)
    }
    if (keep) for (const [key, sheet] of made) this.#sheets.set(key, sheet)
  }

  /** Proves what is not proven yet. Gives the documents whose text would not read as the changes say; none but for a bug. */
  prove(): readonly string[] {
    const failed: string[] = []
    for (const [key, sheet] of this.#sheets) {
      if (sheet.pending.length > 0 && !reads(parse(textAfter(sheet)), sheet.value)) failed.push(key)
    }
    return failed
  }

  /** Whether a document (`path#index`) is new in this run. */
  isNew(document: string): boolean {
    return this.#sheets.get(document)?.isNew ?? false
  }

  /** Path → the edits of the file as it was read (a new one: as empty): sorted, not overlapping. */
  edits(): ReadonlyMap<string, readonly TextEdit[]> {
    const byPath = new Map<string, TextEdit[]>()
    const sheets = [...this.#sheets.values()]
    for (const sheet of sheets) {
      const { path, isNew, offset } = sheet
      const list = byPath.get(path) ?? []
      byPath.set(path, list)
      if (!isNew) list.push(...shifted(composed(sheet.edits, pendingIn(sheet), ownText(sheet)), offset))
    }
    for (const list of byPath.values()) list.sort((one, other) => one.start - other.start)
    for (const sheet of sheets)
      if (sheet.isNew) byPath.get(sheet.path)?.push(this.#appended(sheet.path, textAfter(sheet)))
    return byPath
  }

  /** The edit that adds a document behind all others of its file. */
  #appended(path: string, document: string): TextEdit {
    const text = this.#files.get(path)?.parsed.text ?? ''
    const isCut = text !== '' && !/[\r\n]$/.test(text)
    return { start: text.length, end: text.length, text: (isCut ? '\n' : '') + document }
  }

  #sheet(key: string, { path, document }: DocumentChange['resource']): Sheet {
    const file = this.#files.get(path)
    const found = file && documentAt(file.parsed, document)
    if (file === undefined || found === undefined) throw new Error(`no document ${document} in ${path}`)
    const { text, json } = file.parsed
    const proven = (json ? undefined : this.#readAlone(key, text, found)) ?? { text, json, document: found }
    return sheetOf({ key, path, isNew: false, offset: found.start, proven, edits: [] })
  }

  /**
   * A document in a stream of YAML as it reads alone: between braces it may be JSON. Undefined where it isn't between
   * any.
   */
  #readAlone(key: string, text: string, { start, end, root, value }: ParsedDocument): Proven | undefined {
    if (root.type === 'scalar' || root.type === 'alias' || !root.flow) return undefined
    if (!this.#alone.has(key)) this.#alone.set(key, provenBy(parse(text.slice(start, end)), value))
    return this.#alone.get(key)
  }

  /** @throws {EditRefused} the text would not read as the object */
  #newSheet({ path, document, object, beside }: NewDocument): Sheet {
    const { parsed } = this.#files.get(beside.path) ?? {}
    const other = parsed && documentAt(parsed, beside.document)
    if (parsed === undefined || other === undefined) throw new Error(`no document ${beside.document} in ${beside.path}`)
    const behind = this.#files.get(path)?.parsed
    if (behind !== undefined) mustTakeMore(behind)
    const { eol, step, sequenceOffset, quote } = styleOf(parsed.text, other.root, parsed.json, other)
    const style = {
      eol,
      quote,
      json: false,
      unit: '',
      minified: false,
      ...(parsed.json ? PLAIN : { step, sequenceOffset }),
    }
    const marker = behind === undefined ? '' : `---${eol}`
    const proven = provenBy(parse(marker + renderDocument(object, style)), object)
    if (proven === undefined) throw new EditRefused('proof', `the new document of ${path} would not read as the object`)
    return sheetOf({ key: `${path}#${document}`, path, isNew: true, offset: 0, proven, edits: [] })
  }

  #changed(sheet: Sheet, operation: Operation): Sheet {
    const value = patched(sheet.value, [operation])
    if (operation.op === 'test') return sheet
    return this.#pending(sheet, operation, value) ?? edited(proven(sheet), [operation])
  }

  /** The sheet with an operation that needs no proof of those before it; undefined: it may meet one of them. */
  #pending(sheet: Sheet, operation: Operation, value: Json): Sheet | undefined {
    const collection = extended(sheet, operation)
    if (collection === undefined && !isIndependent(sheet, operation)) return
    const edits = sheet.editor.edits(operation, sheet.value)
    if (collection !== undefined) for (const edit of edits) this.#appends.set(edit, collection)
    const pending = this.#merged(sheet.pending, edits)
    if (pending === undefined) return
    const path = collection === undefined ? operation.path : lastIn(collection, operation.path, sheet.value)
    return { ...sheet, value, operations: [...sheet.operations, { ...operation, path }], pending }
  }

  /** Both rounds of edits, sorted; undefined where one touches another. */
  #merged(pending: readonly TextEdit[], fresh: readonly TextEdit[]): readonly TextEdit[] | undefined {
    const all = [...pending, ...fresh].toSorted((one, other) => one.start - other.start || one.end - other.end)
    const touches = (edit: TextEdit, before: TextEdit | undefined): boolean => {
      if (before === undefined || edit.start > before.end) return false
      const list = this.#appends.get(edit)
      return list === undefined || list !== this.#appends.get(before) || before.start < edit.end
    }
    return all.some((edit, index) => touches(edit, all[index - 1])) ? undefined : all
  }
}

/** @throws {EditRefused} no document can come behind those of the text */
function mustTakeMore({ text, json, documents }: ParsedText): void {
  if (json) throw new EditRefused('layout', 'JSON holds one document only')
  if (/[\r\n]$/.test(text)) return
  if (!isSame(parse(`${text}\n`).documents.at(-1)?.value ?? null, documents.at(-1)?.value ?? null))
    throw new EditRefused('layout', 'the last line of the stream has no end')
}

/** How YAML is indented beside JSON. */
const PLAIN = { step: 2, sequenceOffset: 2 }

function sheetOf(start: Pick<Sheet, 'key' | 'path' | 'isNew' | 'offset' | 'proven' | 'edits'>): Sheet {
  const { text, json, document } = start.proven
  if (document.readOnly !== undefined) throw new EditRefused('merge', document.readOnly)
  const editor = new DocumentEditor(text, document, json)
  return { ...start, editor, operations: [], pending: [], value: document.value }
}

/** The sheet once the text with its pending edits is read, and is what its operations say; else they are made in turn. */
function proven(sheet: Sheet): Sheet {
  if (sheet.operations.length === 0) return sheet
  const together = provenBy(parse(textAfter(sheet)), sheet.value)
  return together === undefined ? edited(sheet, sheet.operations) : after(sheet, together, pendingIn(sheet))
}

/** The sheet with nothing pending, after operations on what is proven. */
function edited(sheet: Sheet, operations: readonly Operation[]): Sheet {
  const { parsed, edits } = edit(ownText(sheet), [{ document: 0, operations }])
  const [document] = parsed.documents
  if (document === undefined) throw new Error(`${sheet.path} has lost its document at ${sheet.offset}`)
  return after(sheet, { text: parsed.text, json: parsed.json, document }, edits)
}

/** @param edits of the document's own text */
function after(sheet: Sheet, now: Proven, edits: readonly TextEdit[]): Sheet {
  return sheetOf({ ...sheet, proven: now, edits: composed(sheet.edits, edits, ownText(sheet)) })
}

/** The document's own text as of the last proof. */
function ownText({ proven: { text, document } }: Sheet): string {
  return text.slice(document.start, document.end)
}

/** The pending edits, of the document's own text. */
function pendingIn({ proven: { document }, pending }: Sheet): readonly TextEdit[] {
  return shifted(pending, -document.start)
}

/** The document's text with the pending edits made. */
function textAfter(sheet: Sheet): string {
  return applied(ownText(sheet), pendingIn(sheet))
}

function shifted(edits: readonly TextEdit[], by: number): readonly TextEdit[] {
  return edits.map(({ start, end, text }) => ({ start: start + by, end: end + by, text }))
}

/** What was read, if it is one document with that value. */
function provenBy(parsed: ParsedText, value: Json): Proven | undefined {
  const [document] = parsed.documents
  if (document === undefined || !reads(parsed, value)) return undefined
  return { text: parsed.text, json: parsed.json, document }
}

function reads({ documents: [document, ...others], errors }: ParsedText, value: Json): boolean {
  return document !== undefined && errors.length + others.length === 0 && isSame(document.value, value)
}

/** Whether an operation can be made on the proven text, whatever the pending ones do: no list shifts, no path meets another. */
function isIndependent({ value, operations }: Sheet, operation: Operation): boolean {
  if (operation.op !== 'add' && operation.op !== 'replace') return false
  const parent = valueAt(value, parentOf(operation.path))
  if (operation.op === 'add' && Array.isArray(parent)) return false
  return operations.every(({ path }) => !isWithin(path, operation.path) && !isWithin(operation.path, path))
}

function isWithin(path: Pointer, around: Pointer): boolean {
  return path === around || path.startsWith(`${around}/`)
}

/** The place of the list or map with members that an operation adds one to, if no pending operation meets it. */
function extended(sheet: Sheet, operation: Operation): Pointer | undefined {
  const keys = keysOf(operation.path)
  const place = pointer(...keys.slice(0, -1))
  const members = valueAt(sheet.proven.document.value, place)
  if (operation.op !== 'add' || typeof members !== 'object' || members === null) return
  if (Object.keys(members).length === 0) return
  if (Array.isArray(members))
    return keys.at(-1) === '-' && sheet.operations.every(({ path }) => !isWithin(place, path)) ? place : undefined
  return isIndependent(sheet, operation) ? place : undefined
}

/** The path without `-`. */
function lastIn(collection: Pointer, path: Pointer, value: Json): Pointer {
  const members = valueAt(value, collection)
  return Array.isArray(members) ? joined(collection, pointer(members.length)) : path
}

function rebased(operation: Operation, base: Pointer): Operation {
  const path = joined(base, operation.path)
  return 'from' in operation ? { ...operation, path, from: joined(base, operation.from) } : { ...operation, path }
}
