import { openSync } from 'node:fs'
import type { Options } from '../command-line.ts'
import { MeshFixError } from '../errors.ts'
import { isTerminal, STDOUT, say, writeAll } from '../output.ts'

/** What a run says. */
export interface Said {
  /** For standard output, or the report's file. */
  readonly text: string
  /** For standard error. */
  readonly words: readonly string[]
}

/** Whether a report has colours. */
export function isColored({ color }: Options, file: number | undefined): boolean {
  return file === undefined && color && !process.env['NO_COLOR'] && isTerminal(STDOUT)
}

/**
 * Opens the report's file before anything else is written.
 *
 * @throws {MeshFixError} UNWRITABLE
 */
export function opened(path: string): number {
  try {
    return openSync(path, 'w')
  } catch (error) {
    throw new MeshFixError(
      'UNWRITABLE',
      `the report can't be written: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** Says it. */
export function deliver({ text, words }: Said, file: number | undefined): void {
  writeAll(file ?? STDOUT, text)
  for (const word of words) say(word)
}
