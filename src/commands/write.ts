import { changedPaths } from '../fix/placement.ts'
import type { Outcome } from '../outcome.ts'
import { textOf } from '../texts.ts'
import { transactionGroups, type WriteFailure, writeInPlace } from '../write/in-place.ts'

/** Writes texts; files that one fix changes together are written together or not at all. */
export function write(root: string, outcome: Outcome, texts: ReadonlyMap<string, string>): readonly WriteFailure[] {
  const fixes = outcome.diagnoses.flatMap(({ treatment }) => (treatment.status === 'applied' ? [treatment.fix] : []))
  const groups = transactionGroups([...fixes.map(changedPaths), ...[...texts.keys()].map(path => [path])])
  const rewrites = groups.map(paths =>
    paths.flatMap(path => {
      const after = texts.get(path)
      return after === undefined ? [] : [{ path, before: textOf(outcome, path), after }]
    }),
  )
  return writeInPlace(root, rewrites)
}
