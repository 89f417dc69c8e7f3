import { fstatSync, writeSync } from 'node:fs'
import { clean } from './report/paint.ts'

/** The number of standard input. */
export const STDIN = 0

/** The number of standard output. */
export const STDOUT = 1

/** The number of standard error. */
export const STDERR = 2

const STREAMS = ['stdin', 'stdout', 'stderr'] as const

/** Whether a stream is a terminal. Node loads its network modules to say so: of files and pipes it need not be asked. */
export function isTerminal(stream: typeof STDIN | typeof STDOUT | typeof STDERR): boolean {
  if (!fstatSync(stream).isCharacterDevice()) return false
  return process[STREAMS[stream]].isTTY === true
}

/** A word to the person at the terminal; if nobody listens, it's lost. */
export function say(text: string): void {
  writeAll(STDERR, `mesh-fix: ${text.split('\n').map(clean).join('\n')}\n`)
}

/** Writes all of a text to standard output before the process ends, also into a pipe that is slow to read. */
export function print(text: string): void {
  writeAll(STDOUT, text)
}

/** How long to wait for a reader that is slower, in milliseconds. */
const PATIENCE = 5

/** So many UTF-16 units of a text are encoded at a time: a report may be large, and so are its bytes. */
const PIECE = 1 << 20

/** Writes all of a text to a stream or an open file; a pipe that nobody reads any more is no error. */
export function writeAll(stream: number, text: string): void {
  for (let at = 0, end = 0; at < text.length; at = end) {
    end = pieceEnd(text, at + PIECE)
    if (!areWritten(stream, Buffer.from(text.slice(at, end)))) return
  }
}

/** The offset, or the one before it: no character is cut in two. */
function pieceEnd(text: string, offset: number): number {
  return /[\ud800-\udbff]/.test(text[offset - 1] ?? '') ? offset - 1 : offset
}

/** Whether somebody reads on, once all is written. */
function areWritten(stream: number, bytes: Uint8Array): boolean {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(stream, bytes, written)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code === 'EPIPE') return false
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PATIENCE)
    }
  }
  return true
}
