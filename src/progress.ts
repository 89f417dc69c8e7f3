import { isTerminal, STDERR, writeAll } from './output.ts'

/** Shows what is going on, or (undefined) clears the line. */
export type Progress = (what: string | undefined) => void

/** How often the line changes at most, in milliseconds. */
const INTERVAL = 100

/** A line on a terminal that says what is going on; nothing on a pipe, and nothing for work that is done at once. */
export function progress(quiet: boolean): Progress {
  if (quiet || !isTerminal(STDERR)) return () => {}
  let last = Date.now()
  let shown = false
  return what => {
    if (what === undefined) {
      if (shown) writeAll(STDERR, '\r\u001b[K')
      return
    }
    if (Date.now() - last < INTERVAL) return
    last = Date.now()
    shown = true
    writeAll(STDERR, `\r\u001b[K${what}`)
  }
}
