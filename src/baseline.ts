import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Profile } from './detect/detector.ts'
import { MeshFixError } from './errors.ts'
import type { Diagnosis } from './outcome.ts'
import { listAt, stringAt } from './read/json.ts'
import { titleOf } from './read/resource.ts'
import type { Json } from './read/tree.ts'
import { fingerprint } from './report/fingerprint.ts'

/** What the file is called, at the root. */
export const BASELINE = 'mesh-fix.baseline.json'

/** A finding that is accepted, as it is written down. */
export interface BaselineEntry {
  /** As in reports. */
  readonly id: string
  readonly rule: string
  /** From the root, with `/`. */
  readonly file: string
  /** For people. */
  readonly object: string
}

/** The findings that were accepted on a day. New ones are not, and what is gone has to be taken out. */
export class Baseline {
  /** The profile that it was made for. */
  readonly profile: string
  readonly entries: readonly BaselineEntry[]
  readonly #ids: ReadonlySet<string>
  readonly #found = new Set<string>()

  constructor(profile: string, entries: readonly BaselineEntry[]) {
    this.profile = profile
    this.entries = entries
    this.#ids = new Set(entries.map(({ id }) => id))
  }

  covers(diagnosis: Diagnosis): boolean {
    const id = fingerprint(diagnosis)
    if (!this.#ids.has(id)) return false
    this.#found.add(id)
    return true
  }

  /** The entries whose findings are gone, of those that the run asked for. */
  gone({ profile, isInScope, isOn }: Asked): readonly BaselineEntry[] {
    if (profile !== this.profile) return []
    return this.entries.filter(({ id, file, rule }) => isInScope(file) && isOn(rule) && !this.#found.has(id))
  }
}

/** What a run asked for. */
interface Asked {
  readonly profile: Profile
  readonly isInScope: (path: string) => boolean
  readonly isOn: (rule: string) => boolean
}

/** What to say of entries whose findings are gone. */
export function goneMessage(gone: readonly BaselineEntry[]): string {
  const [first] = gone
  const what = gone.length === 1 ? `of ${first?.rule} in ${first?.file} is gone` : `${gone.length} findings are gone`
  const which = gone.length === 1 ? `a finding ${what}` : what
  return `${BASELINE}: ${which}: take what is fixed out with \`mesh-fix baseline --prune\``
}

/** How a finding is written down. */
export function entryOf(diagnosis: Diagnosis): BaselineEntry {
  const { resource } = diagnosis.finding
  return {
    id: fingerprint(diagnosis),
    rule: diagnosis.detector.id,
    file: resource.path,
    object: titleOf(resource.object),
  }
}

/**
 * The baseline at a root; undefined where there is none.
 *
 * @throws {MeshFixError} CONFIG: it is something else
 */
export function baselineAt(root: string): Baseline | undefined {
  const file = join(root, BASELINE)
  if (!existsSync(file)) return undefined
  const value = read(file)
  const profile = stringAt(value, 'profile')
  const entries = listAt(value, 'findings').flatMap(entry => {
    const [id, rule, path] = [stringAt(entry, 'id'), stringAt(entry, 'rule'), stringAt(entry, 'file')]
    if (id === undefined || rule === undefined || path === undefined) return []
    return [{ id, rule, file: path, object: stringAt(entry, 'object') ?? '' }]
  })
  if (profile === undefined) throw new MeshFixError('CONFIG', `${file} is not a baseline: it names no profile`)
  return new Baseline(profile, entries)
}

function read(file: string): Json {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MeshFixError('CONFIG', `${file} is not a baseline: ${reason}`)
  }
}

/**
 * Writes the baseline of a root, each finding once and in an order that makes small diffs.
 *
 * @throws {MeshFixError} UNWRITABLE
 */
export function writeBaseline(root: string, profile: string, entries: readonly BaselineEntry[]): void {
  const once = [...new Map(entries.map(entry => [entry.id, entry])).values()]
  const findings = once.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
  try {
    writeFileSync(join(root, BASELINE), `${JSON.stringify({ version: 1, profile, findings }, null, 2)}\n`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MeshFixError('UNWRITABLE', `the baseline can't be written: ${reason}`)
  }
}

function keyOf({ file, rule, object, id }: BaselineEntry): string {
  return [file, rule, object, id].join('\0')
}
