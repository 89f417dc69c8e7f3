import { spawn } from 'node:child_process'
import { fstatSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Run } from './program.ts'
import { PLAIN_NODE } from './tools.ts'

/** A run of the program. */
export interface Call {
  readonly cwd: string
  readonly args: readonly string[]
  /** All variables. */
  readonly env: NodeJS.ProcessEnv
  /** Standard input. */
  readonly input: string
}

const SCRIPT = fileURLToPath(new URL('resident-process.js', import.meta.url))

/** The whole program in one file, as it is built. */
const BUNDLE = fileURLToPath(new URL('../dist/mesh-fix.cjs', import.meta.url))

/** How often an answer is looked for, and for how long, in milliseconds. */
const INTERVAL = 1
const PATIENCE = 300_000

/** The process that runs the program for this one, and ends with it. Its streams are files, empty before each run. */
interface Resident {
  readonly stdin: number
  readonly stdout: number
  readonly stderr: number
  readonly calls: Socket
  readonly answers: number
}

let resident: Resident | undefined

/**
 * Runs the built program in a process that stays: real files, streams, arguments and exit codes, in a fifth of the time
 * of a process for each run. `resident.test.ts` holds the two against each other.
 */
export function residentRun({ input, ...call }: Call): Run {
  resident ??= started(call.env)
  const { stdin, stdout, stderr, calls, answers } = resident
  ftruncateSync(stdin)
  writeSync(stdin, input)
  calls.write(`${JSON.stringify(call)}\n`)
  const limit = Date.now() + PATIENCE
  while (fstatSync(answers).size === 0) {
    if (Date.now() > limit) throw new Error(`there is no answer: ${taken(stderr)}`)
    Atomics.wait(clock, 0, 0, INTERVAL)
  }
  const { status, isOver } = JSON.parse(taken(answers))
  if (isOver) resident = undefined
  return { status, stdout: taken(stdout), stderr: taken(stderr) }
}

/** Nobody wakes it: it is only waited at. */
const clock = new Int32Array(new SharedArrayBuffer(4))

function started(env: NodeJS.ProcessEnv): Resident {
  const directory = mkdtempSync(join(tmpdir(), 'mesh-fix-resident-'))
  const opened = (name: string): number => openSync(join(directory, name), 'a+')
  const [stdin, stdout, stderr, answers] = [opened('stdin'), opened('stdout'), opened('stderr'), opened('answers')]
  // Files that are open stay, without a name.
  rmSync(directory, { recursive: true })
  const child = spawn('env', [...PLAIN_NODE, SCRIPT, BUNDLE], {
    env,
    stdio: [stdin, stdout, stderr, 'pipe', answers],
  })
  const calls = child.stdio[3] as Socket
  child.unref()
  calls.unref()
  return { stdin, stdout, stderr, calls, answers }
}

/** All that was written to a file, which is empty then. */
function taken(file: number): string {
  const bytes = Buffer.alloc(fstatSync(file).size)
  readSync(file, bytes, 0, bytes.length, 0)
  ftruncateSync(file)
  return bytes.toString('utf8')
}
