// Holds both readers of YAML against each other on every file under a directory: npm run same -- DIR
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { documentSpans } from '../src/read/cut.ts'
import { plainDocument } from '../src/read/plain.ts'
import type { ParsedDocument, Span } from '../src/read/tree.ts'
import { Unreadable } from '../src/read/unreadable.ts'
import { fullDocument } from '../src/read/yaml.ts'

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

function isSameDocument(one: ParsedDocument | undefined, other: ParsedDocument | undefined): boolean {
  return isDeepStrictEqual(partsOf(one), partsOf(other))
}

function partsOf(document: ParsedDocument | undefined): unknown {
  if (document === undefined) return undefined
  const { start, end, index, value, root, readOnly } = document
  return { start, end, index, value, root, readOnly }
}

/** The YAML files under a directory, or the file itself. */
export function yamlFilesIn(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.ya?ml$/.test(entry.name))
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
