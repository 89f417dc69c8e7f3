import { isDeepStrictEqual } from 'node:util'
import { isSame, type Operation, PatchError, patched } from '../json-patch.ts'
import { keysOf, pointer, valueAt } from '../pointer.ts'
import type { Json, ParsedDocument, ParsedText } from '../read/tree.ts'
import { parse } from '../read/yaml.ts'
import { DocumentEditor } from './document-editor.ts'
import { EditRefused } from './refusal.ts'
import { applied, composed, type TextEdit } from './text-edit.ts'

export { EditRefused, type RefusalCode } from './refusal.ts'
export { applied, composed, type TextEdit } from './text-edit.ts'

/** A JSON Patch for one document of a text. */
export interface Patch {
  /** From 0. */
  readonly document: number
  readonly operations: readonly Operation[]
}

/** An edited text. */
export interface Edited {
  readonly text: string
  /** What was done to the text that was given: sorted, not overlapping. Every byte outside is the same. */
  readonly edits: readonly TextEdit[]
  /** The new text, read. */
  readonly parsed: ParsedText
}

/**
 * Applies JSON Patches (RFC 6902) to documents of a YAML or JSON text by editing the text: it touches only what it
 * must, and new lines follow their neighbours. The result is read again and must be what the patches make of the
 * values; nothing else may have changed.
 *
 * @throws {EditRefused} a patch doesn't apply, or the text can't be edited at one place only, or the proof fails
 */
export function edit(source: string | ParsedText, patches: readonly Patch[]): Edited {
  const parsed = typeof source === 'string' ? parse(source) : source
  try {
    return edited(parsed, patches, editTogether)
  } catch (error) {
    const isPlain = patches.every(({ operations: [first, ...others] }) => others.length === 0 && first?.op !== 'move')
    if (!(error instanceof EditRefused) || error.code === 'patch' || isPlain) throw error
    return editedInTurn(parsed, patches, error)
  }
}

/** @throws {EditRefused} that of the quick way, where it was for the same reason: it knows the places */
function editedInTurn(parsed: ParsedText, patches: readonly Patch[], quick: EditRefused): Edited {
  try {
    return edited(parsed, patches, editInTurn)
  } catch (error) {
    throw error instanceof EditRefused && error.message === quick.message ? quick : error
  }
}

/** Edits one document by a patch, in one of two ways. */
type EditDocument = (
  parsed: ParsedText,
  document: ParsedDocument,
  operations: readonly Operation[],
) => { readonly value: Json; readonly edits: readonly TextEdit[] }

function edited(parsed: ParsedText, patches: readonly Patch[], editDocument: EditDocument): Edited {
  const documents = new Map(parsed.documents.map(document => [document.index, document]))
  const expected = new Map<number, Json>()
  const edits: TextEdit[] = []
  for (const { document: index, operations } of patches) {
    const document = documents.get(index)
    if (document === undefined) throw new EditRefused('unreadable', `document ${index} can't be read`)
    if (document.readOnly !== undefined)
      throw new EditRefused(/merge/.test(document.readOnly) ? 'merge' : 'layout', document.readOnly)
    if (expected.has(index)) throw new EditRefused('patch', `document ${index} has two patches`)
    const result = editDocument(parsed, document, operations)
    expected.set(index, result.value)
    for (const made of result.edits) edits.push(made)
  }
  const sorted = edits.toSorted(inOrder)
  const text = applied(parsed.text, sorted)
  const reread = text === parsed.text ? parsed : parse(text)
  prove(parsed, reread, expected)
  return { text, edits: sorted, parsed: reread }
}

/**
 * All operations on the text as it is: quick, and right where they don't get in each other's way. The proof tells.
 *
 * @throws {EditRefused} two operations meet in one place
 */
function editTogether(
  parsed: ParsedText,
  document: ParsedDocument,
  operations: readonly Operation[],
): { readonly value: Json; readonly edits: readonly TextEdit[] } {
  const editor = new DocumentEditor(parsed.text, document, parsed.json)
  let value = document.value
  const edits: { readonly edit: TextEdit; readonly operation: Operation }[] = []
  for (const whole of operations) {
    for (const operation of stepsOf(whole, value)) {
      const after = applyOperation(value, operation)
      if (!isSame(after, value)) for (const edit of editor.edits(operation, value)) edits.push({ edit, operation })
      value = after
    }
  }
  const sorted = edits.toSorted(({ edit: one }, { edit: other }) => inOrder(one, other))
  for (const [index, { edit, operation }] of sorted.entries()) {
    const before = sorted[index - 1]
    if (before !== undefined && before.operation !== operation && edit.start <= before.edit.end)
      throw new EditRefused('proof', 'two operations edit the same place')
  }
  return { value, edits: sorted.map(({ edit }) => edit) }
}

function inOrder(one: TextEdit, other: TextEdit): number {
  return one.start - other.start || one.end - other.end
}

/** One operation after the other, each on the text that the one before left. */
function editInTurn(
  parsed: ParsedText,
  document: ParsedDocument,
  operations: readonly Operation[],
): { readonly value: Json; readonly edits: readonly TextEdit[] } {
  let text = parsed.text.slice(document.start, document.end)
  let value = document.value
  let edits: readonly TextEdit[] = []
  for (const whole of operations) {
    for (const operation of stepsOf(whole, value)) {
      const after = applyOperation(value, operation)
      if (!isSame(after, value)) {
        const made = editsIn(text, operation, value, parsed.json)
        edits = composed(edits, made, text)
        text = applied(text, made)
      }
      value = after
    }
  }
  return {
    value,
    edits: edits.map(made => ({ ...made, start: made.start + document.start, end: made.end + document.start })),
  }
}

function applyOperation(value: Json, operation: Operation): Json {
  try {
    return patched(value, [operation])
  } catch (error) {
    throw error instanceof PatchError ? new EditRefused('patch', error.message) : error
  }
}

/** A move within one map renames the key; any other is a removal and an addition. */
function stepsOf(operation: Operation, value: Json): readonly Operation[] {
  if (operation.op !== 'copy' && operation.op !== 'move') return [operation]
  applyOperation(value, operation)
  if (operation.op === 'copy') mustBeExact(valueAt(value, operation.from) as Json)
  if (operation.op === 'copy') return [operation]
  const { from, path } = operation
  if (from === path) return []
  const parent = keysOf(from).slice(0, -1)
  const isRename =
    isDeepStrictEqual(parent, keysOf(path).slice(0, -1)) && !Array.isArray(valueAt(value, pointer(...parent)))
  if (isRename && from !== '' && valueAt(value, path) === undefined) return [operation]
  mustBeExact(valueAt(value, from) as Json)
  return [
    { op: 'remove', path: from },
    { op: 'add', path, value: valueAt(value, from) as Json },
  ]
}

/** @throws {EditRefused} a number has more digits in the text than it has here, and would lose them when written */
function mustBeExact(value: Json): void {
  if (typeof value === 'number' && Math.abs(value) < 2 ** 64 && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    throw new EditRefused('layout', `the number ${value} can't be copied with all its digits`)
  if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) mustBeExact(member)
}

/** @throws {EditRefused} its places are left out: they would count in a text that nobody has */
function editsIn(text: string, operation: Operation, value: Json, json: boolean): readonly TextEdit[] {
  try {
    return new DocumentEditor(text, onlyDocumentOf(text), json).edits(operation, value)
  } catch (error) {
    throw error instanceof EditRefused ? new EditRefused(error.code, error.message) : error
  }
}

function onlyDocumentOf(text: string): ParsedDocument {
  const [document] = parse(text).documents
  if (document === undefined) throw new EditRefused('proof', 'the text in between can’t be read')
  return document
}

function prove(before: ParsedText, after: ParsedText, expected: ReadonlyMap<number, Json>): void {
  const isAligned = before.documents.length === after.documents.length && before.errors.length === after.errors.length
  if (before.json && !isJson(after.text)) throw new EditRefused('proof', 'the edited text would not be JSON any more')
  if (!isAligned) throw new EditRefused('proof', 'the edited text would not read as the same documents')
  for (const [place, { index, value }] of before.documents.entries()) {
    const now = after.documents[place]
    const meant = expected.has(index) ? expected.get(index) : value
    if (now?.index !== index || meant === undefined || !isSame(now.value, meant)) {
      throw new EditRefused('proof', `document ${index} of the edited text would not read as the patch says`)
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''))
    return true
  } catch {
    return false
  }
}
