import { isSame, patched } from '../json-patch.ts'
import { joined, keysOf, type Pointer, parentOf, pointer, valueAt } from '../pointer.ts'
import { isMap } from '../read/json.ts'
import type { Json, ParsedText } from '../read/tree.ts'
import { parse } from '../read/yaml.ts'
import { EditRefused, edit, type TextEdit } from '../write/edit.ts'
import { renderDocument } from '../write/render.ts'
import type { Candidate } from './candidates.ts'
import type { ValuesFile } from './chart.ts'

/** The text of a values file with one value changed. */
export interface ValuesEdit {
  /** The file, absolute. */
  readonly path: string
  readonly edits: readonly TextEdit[]
  readonly parsed: ParsedText
}

/** An operation on a values file. */
interface FileChange {
  readonly file: ValuesFile
  readonly op: 'add' | 'replace'
  readonly at: Pointer
  readonly value: Json
}

/**
 * Changes one value in the file that decides it: the last one that gives it or, where that is not one that the user
 * names, the last that the user names. Undefined where no file can be edited so.
 *
 * @param files in helm's order
 * @param values all of them merged
 * @param isCopied whether a list may be copied from one file into another
 */
export function valuesEdit(
  candidate: Candidate,
  files: readonly ValuesFile[],
  values: Json,
  isCopied: (list: Json) => boolean,
): ValuesEdit | undefined {
  const change = inItsFile(candidate, files) ?? inNamedFile(candidate, files, values, isCopied)
  if (change === undefined) return undefined
  const { file, op, at, value } = change
  const [document] = file.parsed.documents
  try {
    if (document === undefined) return { ...begun(file.parsed, at, value), path: file.path }
    const { edits, parsed } = edit(file.parsed, [{ document: document.index, operations: [{ op, path: at, value }] }])
    return { path: file.path, edits, parsed }
  } catch (error) {
    if (error instanceof EditRefused) return undefined
    throw error
  }
}

/** The change where the value stands, if that is a file that may be edited. */
function inItsFile({ at, op, value }: Candidate, files: readonly ValuesFile[]): FileChange | undefined {
  const place = op === 'add' ? parentOf(at) : at
  const file = files.findLast(({ parsed }) => valueAt(rootOf(parsed), place) !== undefined)
  const isEditable = file?.isNamed === true || files.every(({ isNamed }) => !isNamed)
  return file !== undefined && isEditable ? { file, op, at, value } : undefined
}

/** The change as an addition to the last file. Helm merges maps, but a list takes another's place as a whole. */
function inNamedFile(
  { at, op, value }: Candidate,
  files: readonly ValuesFile[],
  values: Json,
  isCopied: (list: Json) => boolean,
): FileChange | undefined {
  const file = files.at(-1)
  if (file === undefined) return undefined
  const keys = keysOf(at)
  const list = keys.findIndex((_, depth) => Array.isArray(valueAt(values, pointer(...keys.slice(0, depth)))))
  if (list < 0) return addition(file, keys, value)
  const place = pointer(...keys.slice(0, list))
  const whole = patched(valueAt(values, place) as Json, [{ op, path: pointer(...keys.slice(list)), value }])
  return isCopied(whole) ? addition(file, keys.slice(0, list), whole) : undefined
}

function addition(file: ValuesFile, keys: readonly string[], value: Json): FileChange {
  const root = rootOf(file.parsed)
  const depth = keys.findIndex((_, index) => !isMap(valueAt(root, pointer(...keys.slice(0, index + 1))) as Json))
  const split = depth < 0 ? keys.length - 1 : depth
  const at = pointer(...keys.slice(0, split + 1))
  return { file, op: 'add', at, value: nested(keys.slice(split + 1), value) }
}

function nested(keys: readonly string[], value: Json): Json {
  return keys.reduceRight<Json>((inner, key) => ({ [key]: inner }), value)
}

/** How YAML is written where there is none to follow. */
const STYLE = {
  eol: '\n',
  step: 2,
  sequenceOffset: 2,
  quote: 'double',
  json: false,
  unit: '',
  minified: false,
} as const

/** A file without content gets its first value, behind its comments. */
function begun({ text }: ParsedText, at: Pointer, value: Json): Pick<ValuesEdit, 'edits' | 'parsed'> {
  const whole = nested(keysOf(at), value)
  const isCut = text !== '' && !text.endsWith('\n')
  const addition = `${isCut ? '\n' : ''}${renderDocument(whole, STYLE)}`
  const parsed = parse(text + addition)
  if (!isSame(rootOf(parsed), whole)) throw new EditRefused('proof', 'the file would not read as the value')
  return { parsed, edits: [{ start: text.length, end: text.length, text: addition }] }
}

function rootOf({ documents }: ParsedText): Json {
  return documents[0]?.value ?? null
}

/** The place that a change means: `-` is the one behind a list's last. */
export function itemAt(at: Pointer, root: Json): Pointer {
  const list = valueAt(root, parentOf(at))
  return keysOf(at).at(-1) === '-' && Array.isArray(list) ? joined(parentOf(at), pointer(list.length)) : at
}
