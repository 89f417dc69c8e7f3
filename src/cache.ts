import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { listAt, numberAt, stringAt } from './read/json.ts'
import type { Json } from './read/tree.ts'

/** What a run said, and how it ended. */
export interface Entry {
  readonly texts: readonly string[]
  readonly words: readonly string[]
  readonly stepSummary: string
  readonly exitCode: number
}

/** How many entries are kept: those of a few branches, with a few options. */
const MAX_ENTRIES = 20

/** What an entry's file is called: nothing else in the directory is touched. */
const ENTRY = /^[0-9a-f]{64}$/

/** One key for parts of any length: no two lists of parts have the same. */
export function keyOf(parts: Iterable<string>): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}\n`).update(part)
  return hash.digest('hex')
}

/** Entries by their keys, each a file. What can't be read is not there, and what can't be written is not kept. */
export class Cache {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = resolve(directory)
  }

  /** Undefined also for an entry that is not as it was written. */
  get(key: string): Entry | undefined {
    try {
      const [checksum, body = ''] = readFileSync(join(this.#directory, key), 'utf8').split('\n', 2)
      return checksum === keyOf([key, body]) ? entryIn(JSON.parse(body)) : undefined
    } catch {
      return undefined
    }
  }

  put(key: string, entry: Entry): void {
    const body = JSON.stringify(entry)
    const file = join(this.#directory, key)
    const temporary = `${file}.${randomBytes(6).toString('hex')}`
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
      writeFileSync(temporary, `${keyOf([key, body])}\n${body}\n`, { flag: 'wx', mode: 0o600 })
      renameSync(temporary, file)
      this.#prune()
    } catch {
      rmSync(temporary, { force: true })
    }
  }

  #prune(): void {
    const files = readdirSync(this.#directory)
      .filter(name => ENTRY.test(name))
      .map(name => join(this.#directory, name))
    const ages = new Map(files.map(file => [file, statSync(file).mtimeMs]))
    const newestFirst = files.toSorted((one, other) => (ages.get(other) ?? 0) - (ages.get(one) ?? 0))
    for (const file of newestFirst.slice(MAX_ENTRIES)) rmSync(file, { force: true })
  }
}

function entryIn(value: Json): Entry | undefined {
  const [stepSummary, exitCode] = [stringAt(value, 'stepSummary'), numberAt(value, 'exitCode')]
  const [texts = [], words = []] = ['texts', 'words'].map(key =>
    listAt(value, key).flatMap(text => (typeof text === 'string' ? [text] : [])),
  )
  return stepSummary === undefined || exitCode === undefined ? undefined : { texts, words, stepSummary, exitCode }
}
