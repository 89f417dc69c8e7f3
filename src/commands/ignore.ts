import { relative, sep } from 'node:path'
import type { IgnoreOptions } from '../command-line.ts'
import { IGNORE } from '../detect/ignore.ts'
import { MeshFixError } from '../errors.ts'
import type { Operation } from '../json-patch.ts'
import { print, say } from '../output.ts'
import { joined, pointer, valueAt } from '../pointer.ts'
import { progress } from '../progress.ts'
import { ignoredRules, ignoreReason } from '../read/ignore-comments.ts'
import { isMap, mapAt, stringAt } from '../read/json.ts'
import type { SourceFile } from '../read/repository.ts'
import { annotationsOf, nameOf, type Resource, titleOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { secretSpans } from '../report/secrets.ts'
import { unifiedDiff } from '../write/diff.ts'
import { type Edited, EditRefused, edit } from '../write/edit.ts'
import { writeInPlace } from '../write/in-place.ts'
import { baselineFor, examined, sourcesFor } from './examine.ts'
import { prepared } from './prepared.ts'

/** Writes annotations that accept what rules find, with the reason. */
export async function ignore(
  rules: readonly string[],
  paths: readonly string[],
  options: IgnoreOptions,
): Promise<number> {
  const reason = options.reason.replace(/\s+/g, ' ').trim()
  if (reason === '') throw new MeshFixError('USAGE', '--reason says nothing')
  const show = progress(options.quiet === true)
  const ready = await prepared(paths, { ...options, only: rules })
  const { root, gitRoot } = ready.walked
  const sources = sourcesFor(ready, options, show)
  const { outcome } = await examined(ready, sources, options, baselineFor(options, root), show)
  show(undefined)

  const found = new Map<string, Accepted>()
  for (const { detector, finding } of outcome.diagnoses) {
    const { resource } = finding
    const known = found.get(resource.id) ?? { resource, rules: new Set() }
    found.set(resource.id, { resource, rules: new Set([...known.rules, detector.id]) })
  }
  let refused = 0
  for (const [path, objects] of grouped([...found.values()], ({ resource }) => resource.path)) {
    const file = sources.repository.files.get(path)
    if (file === undefined) continue
    const made = annotated(file, objects, reason)
    const failure = typeof made !== 'string' && options.diff ? undefined : written(root, file, made)
    if (typeof made !== 'string' && options.diff) print(diffOf(file, made, root, gitRoot))
    if (failure === undefined) continue
    refused += objects.length
    say(`${path}: ${failure}`)
  }
  const head = options.diff ? 'objects to annotate' : 'objects annotated'
  say(`${head}: ${found.size - refused} of ${found.size}, for findings: ${outcome.diagnoses.length}`)
  return refused > 0 ? 1 : 0
}

/** An object, and the rules whose findings on it are accepted. */
interface Accepted {
  readonly resource: Resource
  readonly rules: ReadonlySet<string>
}

/** Why a file could not be written; undefined where it was. */
function written(root: string, { path, parsed }: SourceFile, made: Edited | string): string | undefined {
  if (typeof made === 'string') return made
  return writeInPlace(root, [[{ path, before: parsed.text, after: made.text }]])[0]?.reason
}

function diffOf({ path, parsed }: SourceFile, { edits }: Edited, root: string, gitRoot: string | undefined): string {
  const shown = relative(gitRoot ?? process.cwd(), `${root}/${path}`)
  const hidden = secretSpans(parsed)
  return unifiedDiff({
    path: shown.split(sep).join('/'),
    text: parsed.text,
    edits,
    header: gitRoot !== undefined,
    hidden,
  })
}

function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): ReadonlyMap<Key, readonly Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

/** A file with annotations, or why it can't be edited. */
function annotated({ parsed }: SourceFile, objects: readonly Accepted[], reason: string): Edited | string {
  const made = objects.find(
    ({ resource }) => !isWritten(resource, parsed.documents.find(({ index }) => index === resource.document)?.value),
  )
  if (made !== undefined) return `${titleOf(made.resource.object)} is not written here: ignore it in the configuration`
  const byDocument = grouped(objects, ({ resource }) => resource.document)
  const patches = [...byDocument].map(([document, those]) => ({
    document,
    operations: those.map(accepted => annotation(accepted, reason)),
  }))
  try {
    return edit(parsed, patches)
  } catch (error) {
    if (error instanceof EditRefused) return `the text can't be edited: ${error.message}`
    throw error
  }
}

/** Whether an object stands in a document as it is, rather than being made from it. */
function isWritten({ base, object }: Resource, document: Json | undefined): boolean {
  const there = valueAt(document, base) as Json | undefined
  return (
    isMap(there) && stringAt(there, 'kind') === object.kind && stringAt(there, 'metadata', 'name') === nameOf(object)
  )
}

/** What is ignored already stays, with its reason. */
function annotation({ resource: { base, object }, rules }: Accepted, reason: string): Operation {
  const old = annotationsOf(object)[IGNORE] ?? ''
  const all = [...new Set([...ignoredRules(old), ...rules])].join(', ')
  const reasons = [...new Set([ignoreReason(old), reason])].filter(text => text !== '').join('; ')
  const value = `${all} -- ${reasons}`
  const annotations = pointer('metadata', 'annotations')
  return isMap(mapAt(object, 'metadata')['annotations'])
    ? { op: 'add', path: joined(base, joined(annotations, pointer(IGNORE))), value }
    : { op: 'add', path: joined(base, annotations), value: { [IGNORE]: value } }
}
