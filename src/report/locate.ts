import type { Pointer } from '../pointer.ts'
import { joined } from '../pointer.ts'
import { documentAt } from '../read/place.ts'
import type { SourceFile } from '../read/repository.ts'
import type { Resource } from '../read/resource.ts'
import type { ParsedDocument, ParsedText, Span } from '../read/tree.ts'
import { lineStarts, positionIn, spanAt, startOf } from '../read/yaml.ts'

/** Line and column, from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** From a position to the one just behind its end. */
export interface Region extends Position {
  readonly endLine: number
  readonly endColumn: number
}

/** A file with what makes looking up quick, however long it is. */
interface Indexed {
  readonly starts: Uint32Array
  readonly documents: readonly ParsedDocument[]
  /** Document and pointer → where that place starts: reports ask for an order first and for lines then. */
  readonly found: Map<string, number>
}

/** What was indexed once serves all locators: where nothing was written, input and output are the same. */
const indexed = new WeakMap<ParsedText, Indexed>()

const NOTHING: Indexed = { starts: new Uint32Array(1), documents: [], found: new Map() }

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
    const file = this.#indexed(path)
    const source = documentAt(file, document)
    if (source === undefined) return 0
    const place = joined(base, at)
    const key = `${document}${place}`
    const start = file.found.get(key) ?? startOf(source, place)
    file.found.set(key, start)
    return start
  }

  file(path: string): SourceFile | undefined {
    return this.#files.get(path)
  }

  document({ path, document }: Resource): ParsedDocument | undefined {
    return documentAt(this.#indexed(path), document)
  }

  /** Where a place of an object is or, if nothing stands there, its nearest ancestor. */
  span(resource: Resource, at: Pointer): Span | undefined {
    const found = this.document(resource)
    return found === undefined ? undefined : spanAt(found, joined(resource.base, at))
  }

  position(resource: Resource, at: Pointer): Position {
    if (this.#isRendered) return { line: 1, column: 1 }
    return positionIn(this.#indexed(resource.path).starts, this.start(resource, at))
  }

  /** Where a place of an object is; undefined for what templates make. */
  region(resource: Resource, at: Pointer): Region | undefined {
    if (this.#isRendered) return undefined
    return this.regionOf(resource.path, this.span(resource, at) ?? { start: 0, end: 0 })
  }

  /** Where a span of a file is. */
  regionOf(path: string, { start, end }: Span): Region {
    const { starts } = this.#indexed(path)
    const { line: endLine, column: endColumn } = positionIn(starts, end)
    return { ...positionIn(starts, start), endLine, endColumn }
  }

  #indexed(path: string): Indexed {
    const parsed = this.#files.get(path)?.parsed
    if (parsed === undefined) return NOTHING
    const known = indexed.get(parsed)
    if (known !== undefined) return known
    const fresh = {
      starts: lineStarts(parsed.text),
      documents: parsed.documents,
      found: new Map<string, number>(),
    }
    indexed.set(parsed, fresh)
    return fresh
  }
}
