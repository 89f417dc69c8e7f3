import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { MeshFixError } from '../errors.ts'
import { writeInPlace } from './in-place.ts'

/**
 * Writes the files of a directory, all or none; those that hold their text already are left alone.
 *
 * @param stale files that are there and shall be no more
 * @throws {MeshFixError} UNWRITABLE
 */
export function writeDirectory(directory: string, files: ReadonlyMap<string, string>, stale: readonly string[]): void {
  try {
    mkdirSync(directory, { recursive: true })
  } catch (error) {
    throw new MeshFixError('UNWRITABLE', `${directory}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const rewrites = [...files]
    .map(([path, after]) => ({ path, before: textOf(join(directory, path)), after }))
    .filter(({ before, after }) => before !== after)
  const [failure] = writeInPlace(directory, [rewrites])
  if (failure !== undefined) throw new MeshFixError('UNWRITABLE', `${join(directory, failure.path)}: ${failure.reason}`)
  for (const path of stale) rmSync(path, { force: true })
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
