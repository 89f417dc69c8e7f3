import input from '@inquirer/input'
import type { Paint } from './report/paint.ts'

/** Who was asked has left: by Ctrl-C, or by the end of the input. */
export class Left extends Error {
  constructor() {
    super('nobody answers any more')
    this.name = 'Left'
  }
}

/** A question to the person at the terminal. */
export interface Question {
  /** What stands before it: `(3/25)`. */
  readonly head: string
  readonly text: string
  /** What is wrong with an answer; undefined: nothing. */
  readonly objection: (answer: string) => string | undefined
}

/**
 * Asks, and gives the answer without blanks around it.
 *
 * @throws {Left} there will be no answer
 */
export async function ask({ head, text, objection }: Question, paint: Paint): Promise<string> {
  const left = new AbortController()
  // At the end of the input the prompt waits on, with nothing to wake it.
  const leave = (): void => left.abort()
  process.once('beforeExit', leave)
  try {
    const answer = await input(
      {
        message: text,
        validate: given => objection(given.trim()) ?? true,
        theme: {
          prefix: paint('blue', head).painted,
          style: {
            message: (message: string) => paint('bold', message).painted,
            answer: (given: string) => paint('cyan', given).painted,
            error: (message: string) => paint('red', message).painted,
          },
          validationFailureMode: 'clear',
        },
      },
      { signal: left.signal },
    )
    return answer.trim()
  } catch (error) {
    if (error instanceof Error && LEAVING.has(error.name)) throw new Left()
    throw error
  } finally {
    process.off('beforeExit', leave)
  }
}

/** How the library calls a prompt that ends without an answer. */
const LEAVING = new Set(['ExitPromptError', 'AbortPromptError'])
