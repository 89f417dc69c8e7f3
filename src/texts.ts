import type { Outcome } from './outcome.ts'
import type { SourceFile } from './read/repository.ts'
import type { ParsedText } from './read/tree.ts'
import { parse } from './read/yaml.ts'
import { applied } from './write/edit.ts'

/** A file's text as it was read; undefined for one that is new. */
export function textOf({ repository }: Outcome, path: string): string | undefined {
  return repository.files.get(path)?.parsed.text
}

/** The texts of all files that the fixes change or add, as they leave them. */
export function textsOf(outcome: Outcome): ReadonlyMap<string, string> {
  return new Map([...outcome.edits].map(([path, edits]) => [path, applied(textOf(outcome, path) ?? '', edits)]))
}

/** The files as they are after a run in which some could not be written. */
export function filesAfter(
  outcome: Outcome,
  texts: ReadonlyMap<string, string>,
  failed: ReadonlySet<string>,
): ReadonlyMap<string, SourceFile> {
  const files = new Map(outcome.repository.files)
  for (const [path, text] of texts) if (!failed.has(path)) files.set(path, rewritten(path, text))
  return files
}

/** A file with its new text, which is read when somebody asks: most reports look at few. */
function rewritten(path: string, text: string): SourceFile {
  let parsed: ParsedText | undefined
  return {
    path,
    get parsed() {
      parsed ??= parse(text)
      return parsed
    },
  }
}
