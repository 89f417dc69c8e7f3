import type { Fix } from '../fix/fixer.ts'
import { pathOf } from '../fix/placement.ts'
import { PatchError } from '../json-patch.ts'
import { documentAt } from '../read/place.ts'
import type { SourceFile } from '../read/repository.ts'
import { EditRefused, type TextEdit } from '../write/edit.ts'
import { type NewDocument, Sheets } from '../write/sheets.ts'

/** Path → the edits of its text. */
export type FileEdits = ReadonlyMap<string, readonly TextEdit[]>

type Files = ReadonlyMap<string, SourceFile>

/** A document of more characters is not read again for each of its fixes. */
const MAX_DOCUMENT = 50_000

/**
 * The edits that a fix makes alone, proven like all others. Undefined where it can't be told from others: it builds on
 * one of them, or changes a document that is too long to be read for each.
 *
 * @param longest the length of a document that is not too long, in characters
 */
export function ownEdits(fix: Fix, files: Files, longest = MAX_DOCUMENT): FileEdits | undefined {
  const { changes, creates = [] } = fix
  const touched = [...changes.map(({ resource }) => resource), ...creates.map(({ beside }) => beside)]
  if (!touched.every(({ path, document }) => isShort(files.get(path), document, longest))) return undefined
  try {
    const sheets = new Sheets(files, new Set())
    sheets.apply(changes, newDocuments(fix, files), { keep: true })
    return sheets.prove().length === 0 ? sheets.edits() : undefined
  } catch (error) {
    if (error instanceof EditRefused || error instanceof PatchError) return undefined
    throw error
  }
}

function isShort(file: SourceFile | undefined, place: number, longest: number): boolean {
  const document = file && documentAt(file.parsed, place)
  return document !== undefined && document.end - document.start <= longest
}

/** The new objects that are documents of their own; items of a List are changes to it. */
function newDocuments({ creates = [] }: Fix, files: Files): readonly NewDocument[] {
  return creates
    .filter(({ beside }) => beside.base === '')
    .map(fresh => {
      const path = pathOf(fresh)
      return {
        path,
        document: files.get(path)?.parsed.documents.length ?? 0,
        object: fresh.object,
        beside: fresh.beside,
      }
    })
}
