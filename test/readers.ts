// Holds both readers of YAML against each other on every file under a directory: npm run same -- DIR
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { pointer } from '../src/pointer.ts'
import { documentSpans } from '../src/read/cut.ts'
import { nodeAt } from '../src/read/place.ts'
import { plainDocument } from '../src/read/plain.ts'
import type { Node, ParsedDocument, Span } from '../src/read/tree.ts'
import { Unreadable } from '../src/read/unreadable.ts'
import { fullDocument, startOf } from '../src/read/yaml.ts'

/** What the reader of plain YAML makes of the documents of a text. */
export interface Comparison {
  /** Documents that it read. */
  readonly read: number
  /** Documents that it left to the full reader. */
  readonly handedOver: number
  /** Of these, what the full reader can't read either, or what has no content. */
  readonly unreadable: number
  /** Where in the text it read something else than the full reader. */
  readonly mismatches: readonly Span[]
}

/** Reads each document of a text with both readers: values, spans and what can't be read must be the same. */
export function comparison(text: string): Comparison {
  const documents = documentSpans(text).map((span, index) => ({
    span,
    plain: plainDocument(text, span, index),
    full: readInFull(text, span, index),
  }))
  const read = documents.filter(({ plain }) => plain !== undefined)
  const handedOver = documents.filter(({ plain }) => plain === undefined)
  return {
    read: read.length,
    handedOver: handedOver.length,
    unreadable: handedOver.filter(({ full }) => full === undefined).length,
    mismatches: read.filter(({ plain, full }) => !isSameDocument(plain, full)).map(({ span }) => span),
  }
}

function readInFull(text: string, span: Span, index: number): ParsedDocument | undefined {
  try {
    return fullDocument(text, span, index, false)
  } catch (error) {
    if (error instanceof Unreadable) return undefined
    throw error
  }
}

function isSameDocument(plain: ParsedDocument | undefined, full: ParsedDocument | undefined): boolean {
  if (plain === undefined || full === undefined) return false
  return areStartsSame(plain, full) && isDeepStrictEqual(partsOf(plain), partsOf(full))
}

/** Of so many places of a document the start is asked for: each reads the document again. */
const PLACES = 30

/** Whether places start where the full reader says; a document of which nobody has asked for the tree finds them without. */
function areStartsSame(plain: ParsedDocument, { root }: ParsedDocument): boolean {
  const places = placesIn(root, [])
  const step = Math.max(Math.floor(places.length / PLACES), 1)
  return places.every(
    (keys, index) => index % step > 0 || startOf(plain, pointer(...keys)) === nodeAt(root, keys).start,
  )
}

/** The keys to every value below a node, and to one that isn't there. */
function placesIn(node: Node | undefined, way: readonly string[]): readonly (readonly string[])[] {
  if (node === undefined) return [way]
  if (node.type !== 'map' && node.type !== 'sequence') return [way, [...way, 'none']]
  const members =
    node.type === 'map'
      ? node.entries.map(({ key, value }) => ({ key, value }))
      : node.items.map(({ value }, index) => ({ key: String(index), value }))
  return [way, ...members.flatMap(({ key, value }) => placesIn(value, [...way, key])), [...way, 'none']]
}

function partsOf(document: ParsedDocument): unknown {
  const { start, end, index, value, root, readOnly } = document
  return { start, end, index, value, root, readOnly }
}

/** The files of YAML and JSON under a directory, or the file itself. */
export function yamlFilesIn(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .toSorted()
}

/** Runs by hand. */
function main(directory: string): void {
  const [sum, wrong] = [{ read: 0, handedOver: 0, unreadable: 0 }, [] as string[]]
  for (const file of yamlFilesIn(directory)) {
    const { read, handedOver, unreadable, mismatches } = comparison(readFileSync(file, 'utf8'))
    sum.read += read
    sum.handedOver += handedOver
    sum.unreadable += unreadable
    wrong.push(...mismatches.map(({ start, end }) => `${file}: read differently from ${start} to ${end}`))
  }
  const { read, handedOver, unreadable } = sum
  const over = `${handedOver} handed over, of which ${unreadable} hold nothing or can't be read`
  console.log([...wrong, `${read + handedOver} documents: ${read} read, ${over}; wrong: ${wrong.length}`].join('\n'))
  process.exitCode = wrong.length > 0 ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv[2] ?? '.')
