import type { Pointer } from '../pointer.ts'
import { joined } from '../pointer.ts'
import type { SourceFile } from '../read/repository.ts'
import type { Resource } from '../read/resource.ts'
import type { ParsedDocument, ParsedText } from '../read/tree.ts'
import { lineStarts, positionIn, startOf } from '../read/yaml.ts'

/** Line and column, from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A file with what makes looking up quick, however many documents it has. */
interface Indexed {
  readonly starts: readonly number[]
  readonly documents: ReadonlyMap<number, ParsedDocument>
  /** Document and pointer → where that place starts: reports ask for an order first and for lines then. */
  readonly found: Map<string, number>
}

/** What was indexed once serves all locators: where nothing was written, input and output are the same. */
const indexed = new WeakMap<ParsedText, Indexed>()

const NOTHING: Indexed = { starts: [0], documents: new Map(), found: new Map() }

/** Finds places of objects in the texts that they came from. */
export class Locator {
  readonly #files: ReadonlyMap<string, SourceFile>
  readonly #isRendered: boolean

  /** @param isRendered the files are what templates make: their lines are no lines of the templates */
  constructor(files: ReadonlyMap<string, SourceFile>, isRendered = false) {
    this.#files = files
    this.#isRendered = isRendered
  }

  /** Where a place of an object starts or, if nothing stands there, its nearest ancestor. */
  start({ path, document, base }: Resource, at: Pointer): number {
    const { documents, found } = this.#file(path)
    const source = documents.get(document)
    if (source === undefined) return 0
    const place = joined(base, at)
    const key = `${document}${place}`
    const start = found.get(key) ?? startOf(source, place)
    found.set(key, start)
    return start
  }

  position(resource: Resource, at: Pointer): Position {
    if (this.#isRendered) return { line: 1, column: 1 }
    return positionIn(this.#file(resource.path).starts, this.start(resource, at))
  }

  #file(path: string): Indexed {
    const parsed = this.#files.get(path)?.parsed
    if (parsed === undefined) return NOTHING
    const known = indexed.get(parsed)
    if (known !== undefined) return known
    const fresh = {
      starts: lineStarts(parsed.text),
      documents: new Map(parsed.documents.map(document => [document.index, document])),
      found: new Map<string, number>(),
    }
    indexed.set(parsed, fresh)
    return fresh
  }
}
