import { appendFileSync, openSync } from 'node:fs'
import type { Options, Reporter } from '../command-line.ts'
import { MeshFixError } from '../errors.ts'
import { isTerminal, STDOUT, say, writeAll } from '../output.ts'

/** What a run says. */
export interface Said {
  /** For the destinations, in their order. */
  readonly texts: readonly string[]
  /** For standard error. */
  readonly words: readonly string[]
  /** Markdown for the summary of a step of GitHub Actions; empty: none. */
  readonly stepSummary: string
}

/** Where a report goes. */
export interface Destination {
  readonly reporter: Reporter
  /** A stream or an open file. */
  readonly stream: number
}

/** Whether a report on a stream has colours. */
export function isColored({ color }: Options, stream: number): boolean {
  return stream === STDOUT && color && !process.env['NO_COLOR'] && isTerminal(STDOUT)
}

/**
 * The destinations of all reports. Their files are opened before anything else is written.
 *
 * @param standard where a report goes that has no file
 * @throws {MeshFixError} UNWRITABLE
 */
export function destinationsOf({ reports }: Options, standard: number = STDOUT): readonly Destination[] {
  const asked = reports ?? [{ reporter: 'text', file: undefined }]
  return asked.map(({ reporter, file }) => ({ reporter, stream: file === undefined ? standard : opened(file) }))
}

function opened(path: string): number {
  try {
    return openSync(path, 'w')
  } catch (error) {
    throw new MeshFixError('UNWRITABLE', `the report can't be written: ${messageOf(error)}`)
  }
}

/** Says it. */
export function deliver({ texts, words, stepSummary }: Said, destinations: readonly Destination[]): void {
  for (const [index, { stream }] of destinations.entries()) writeAll(stream, texts[index] ?? '')
  for (const word of words) say(word)
  const file = process.env['GITHUB_STEP_SUMMARY']
  if (file && stepSummary !== '') append(file, stepSummary)
}

function append(file: string, text: string): void {
  try {
    appendFileSync(file, text)
  } catch (error) {
    throw new MeshFixError('UNWRITABLE', `the summary of the step can't be written: ${messageOf(error)}`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
