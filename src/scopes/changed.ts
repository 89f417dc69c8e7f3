import type { Finding } from '../detect/detector.ts'
import type { Diagnosis, Outcome } from '../outcome.ts'
import type { Repository } from '../read/repository.ts'
import { fingerprint } from '../report/fingerprint.ts'

/** What git says has changed, and how everything was before. */
export interface ChangedSources {
  readonly isChanged: (path: string) => boolean
  readonly before: Repository
  /** Path → the text that counts, where it is not the one on the disk: that of the index. */
  readonly otherwise: ReadonlyMap<string, string>
  /** Path → the text before the changes, where it is not the one on the disk. */
  readonly otherwiseBefore: ReadonlyMap<string, string>
}

/**
 * Says of a finding whether changes have to do with it: it is in a changed file, or was not there before them.
 *
 * @param before what the rules found before the changes
 * @param fileOf the file that gives what the finding is about
 */
export function concerning(
  { isChanged }: ChangedSources,
  before: Outcome,
  fileOf: (finding: Finding) => string,
): (diagnosis: Diagnosis) => boolean {
  const known = new Set(before.diagnoses.map(fingerprint))
  return diagnosis => isChanged(fileOf(diagnosis.finding)) || !known.has(fingerprint(diagnosis))
}
