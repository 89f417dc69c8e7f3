import { IGNORE } from './detect/ignore.ts'
import type { Operation } from './json-patch.ts'
import { joined, pointer, valueAt } from './pointer.ts'
import { ignoredRules, ignoreReason } from './read/ignore-comments.ts'
import { isMap, mapAt, stringAt } from './read/json.ts'
import { documentAt } from './read/place.ts'
import type { SourceFile } from './read/repository.ts'
import { annotationsOf, nameOf, type Resource, titleOf } from './read/resource.ts'
import type { Json } from './read/tree.ts'
import { type Edited, EditRefused, edit } from './write/edit.ts'

/** An object, and the rules whose findings on it are accepted. */
export interface Accepted {
  /** As it stands in the file. */
  readonly resource: Resource
  readonly rules: ReadonlySet<string>
  readonly reasons: ReadonlySet<string>
}

/** A file with annotations that accept findings on some of its objects, or why it can't be edited. */
export function annotated({ parsed }: SourceFile, objects: readonly Accepted[]): Edited | string {
  const made = objects.find(({ resource }) => !isWritten(resource, documentAt(parsed, resource.document)?.value))
  if (made !== undefined) return `${titleOf(made.resource.object)} is not written here: ignore it in the configuration`
  const byDocument = grouped(objects, ({ resource }) => resource.document)
  const patches = [...byDocument].map(([document, those]) => ({ document, operations: those.map(inDocument) }))
  try {
    return edit(parsed, patches)
  } catch (error) {
    if (error instanceof EditRefused) return `the text can't be edited: ${error.message}`
    throw error
  }
}

/** Items by what they have in common, in their order. */
export function grouped<Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): ReadonlyMap<Key, readonly [Item, ...Item[]]> {
  const groups = new Map<Key, [Item, ...Item[]]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}

/** Whether an object stands in a document as it is, rather than being made from it. */
function isWritten({ base, object }: Resource, document: Json | undefined): boolean {
  const there = valueAt(document, base) as Json | undefined
  return (
    isMap(there) && stringAt(there, 'kind') === object.kind && stringAt(there, 'metadata', 'name') === nameOf(object)
  )
}

function inDocument(accepted: Accepted): Operation {
  const operation = annotation(accepted)
  return { ...operation, path: joined(accepted.resource.base, operation.path) }
}

/** The operation on an object that accepts findings on it. What is ignored already stays, with its reason. */
export function annotation({ resource: { object }, rules, reasons }: Accepted): Operation {
  const old = annotationsOf(object)[IGNORE] ?? ''
  const all = [...new Set([...ignoredRules(old), ...rules])].join(', ')
  const why = [...new Set([ignoreReason(old), ...reasons])].filter(text => text !== '').join('; ')
  const value = `${all} -- ${why}`
  const annotations = pointer('metadata', 'annotations')
  return isMap(mapAt(object, 'metadata')['annotations'])
    ? { op: 'add', path: joined(annotations, pointer(IGNORE)), value }
    : { op: 'add', path: annotations, value: { [IGNORE]: value } }
}
