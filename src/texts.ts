import { changedPaths } from './fix/placement.ts'
import type { Outcome } from './outcome.ts'
import type { SourceFile } from './read/repository.ts'
import { parse } from './read/yaml.ts'
import { applied } from './write/edit.ts'
import { transactionGroups, type WriteFailure, writeInPlace } from './write/in-place.ts'

/** A file's text as it was read; undefined for one that is new. */
function textOf({ repository }: Outcome, path: string): string | undefined {
  return repository.files.get(path)?.parsed.text
}

/** Files that one fix changes together are written together or not at all. */
export function write(root: string, outcome: Outcome, texts: ReadonlyMap<string, string>): readonly WriteFailure[] {
  const fixes = outcome.diagnoses.flatMap(({ treatment }) => (treatment.status === 'applied' ? [treatment.fix] : []))
  const groups = transactionGroups(fixes.map(changedPaths))
  const rewrites = groups.map(paths =>
    paths.flatMap(path => {
      const after = texts.get(path)
      return after === undefined ? [] : [{ path, before: textOf(outcome, path), after }]
    }),
  )
  return writeInPlace(root, rewrites)
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
  for (const [path, text] of texts) if (!failed.has(path)) files.set(path, { path, parsed: parse(text) })
  return files
}
