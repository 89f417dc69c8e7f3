import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TOOL_PATH } from './tools.ts'

/** A program that is measured, and how it is run. */
export interface Program {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** Exit statuses that are no failure, if others than 0. */
  readonly statuses?: readonly number[]
  /** An extended regular expression: lines of the output that match are findings. */
  readonly finding?: string
  /** What becomes of fsync, in programs of Node: its time is taken, or nothing is made durable. */
  readonly sync?: 'timed' | 'none'
  /** It runs once where it is slow. */
  readonly isPeer?: true
  /** What comes before each run, and isn't measured. */
  readonly prepare?: () => void
}

/** What a process took: seconds, and bytes at the peak, with the CPU of the programs that it started. */
export interface Usage {
  readonly wall: number
  /** Undefined where the system doesn't tell. */
  readonly cpu: number | undefined
  readonly memory: number | undefined
  /** Seconds in fsync, where they are timed. */
  readonly sync: number | undefined
  /** How many findings it printed, of a program whose findings can be counted. */
  readonly finds: number | undefined
}

/** What is read, and by which programs. */
export interface Input {
  readonly name: string
  readonly bytes: number
  readonly programs: readonly Program[]
}

/** How long things may take, in seconds. */
export interface Limits {
  /** A run that takes longer is ended, and is a failure. */
  readonly patience: number
  /** No further round of an input is begun after so long. */
  readonly budget: number
  readonly rounds: number
}

/** What the programs took in each round of an input; undefined where one failed or was left out. */
export interface Measured {
  readonly input: Input
  readonly usages: ReadonlyMap<Program, readonly (Usage | undefined)[]>
  /** Why programs failed. */
  readonly failures: ReadonlyMap<Program, string>
}

/** Peers that take longer, in seconds, run once. */
const SLOW_PEER = 10

/** How often, in milliseconds, the system is asked what a process has used that can't tell itself. */
const SAMPLING = 20

/** Notes what its process and those that it waited for have used, when it ends; clock ticks are 10 ms on Linux. */
const PROBE = `const fs = require('node:fs')
const { USAGE_FILE, SYNC } = process.env
let sync
const timed = own => file => {
  const start = performance.now()
  own(file)
  sync = (sync ?? 0) + (performance.now() - start) / 1000
}
if (SYNC) {
  for (const name of ['fsyncSync', 'fdatasyncSync']) fs[name] = SYNC === 'none' ? () => {} : timed(fs[name])
  require('node:module').syncBuiltinESMExports()
}
process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  let ticks = 0
  try {
    const [user, system] = fs.readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1).split(' ').slice(13, 15)
    ticks = Number(user) + Number(system)
  } catch {}
  const usage = { cpu: (userCPUTime + systemCPUTime) / 1e6 + ticks / 100, memory: maxRSS * 1024, sync }
  fs.writeFileSync(USAGE_FILE, JSON.stringify(usage))
})`

/** Runs programs and measures them: those of Node by a probe in them, others by what the system says meanwhile. */
export class Runner {
  readonly #probe: string
  readonly #usage: string
  readonly #output: string
  readonly #errors: string
  readonly #limits: Limits

  constructor(scratch: string, limits: Limits) {
    this.#limits = limits
    this.#probe = join(scratch, 'probe.cjs')
    this.#usage = join(scratch, 'usage.json')
    this.#output = join(scratch, 'output')
    this.#errors = join(scratch, 'errors')
    writeFileSync(this.#probe, PROBE)
  }

  /** In each round every program runs once, since a machine is not equally fast all the time. */
  async measure(input: Input): Promise<Measured> {
    const usages = new Map<Program, (Usage | undefined)[]>(input.programs.map(program => [program, []]))
    const failures = new Map<Program, string>()
    const start = performance.now()
    let rounds = 0
    while (rounds < this.#limits.rounds && (rounds === 0 || performance.now() - start < this.#limits.budget * 1000)) {
      for (const [program, taken] of usages) {
        const isSlow = program.isPeer && (taken[0]?.wall ?? 0) > SLOW_PEER
        const usage = isSlow || failures.has(program) ? undefined : await this.#run(program)
        if (typeof usage === 'string') failures.set(program, usage)
        taken.push(typeof usage === 'string' ? undefined : usage)
      }
      rounds += 1
    }
    return { input, usages, failures }
  }

  /** What a run took, or why it failed. */
  async #run({ command, args, cwd, statuses, finding, sync, prepare }: Program): Promise<Usage | string> {
    prepare?.()
    rmSync(this.#usage, { force: true })
    const isNode = command === process.execPath
    const output = openSync(finding === undefined ? '/dev/null' : this.#output, 'w')
    const errors = openSync(this.#errors, 'w')
    const { NODE_OPTIONS: _, ...variables } = process.env
    const start = performance.now()
    const child = spawn(command, [...(isNode ? ['--require', this.#probe] : []), ...args], {
      cwd,
      env: {
        ...variables,
        PATH: TOOL_PATH,
        NO_COLOR: '1',
        USAGE_FILE: this.#usage,
        ...(sync === undefined ? {} : { SYNC: sync }),
      },
      stdio: ['ignore', output, errors],
      timeout: this.#limits.patience * 1000,
      killSignal: 'SIGKILL',
    })
    const end = (): void => void child.kill('SIGKILL')
    process.once('exit', end)
    let sample: Pick<Usage, 'cpu' | 'memory'> = { cpu: undefined, memory: undefined }
    const sampling = setInterval(() => {
      if (!isNode && child.pid !== undefined) sample = sampleOf(child.pid) ?? sample
    }, SAMPLING)
    try {
      const [status] = await once(child, 'exit')
      const wall = (performance.now() - start) / 1000
      if (status === null) return `it took longer than ${this.#limits.patience} s`
      const finds = finding === undefined ? undefined : matches(finding, this.#output)
      // Many use one exit code for findings and for errors.
      if (!(statuses ?? [0]).includes(status) || (status !== 0 && finds === 0))
        return `exit code ${status}: ${firstLine(this.#errors)}`
      const usage = isNode ? JSON.parse(readFileSync(this.#usage, 'utf8')) : sample
      return { wall, sync: undefined, ...usage, finds }
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      clearInterval(sampling)
      process.off('exit', end)
      closeSync(output)
      closeSync(errors)
    }
  }
}

/** Linux only. Undefined where the process has ended. */
function sampleOf(pid: number): Pick<Usage, 'cpu' | 'memory'> | undefined {
  try {
    const ticks = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ').slice(11, 15) ?? []
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    if (peak === undefined) return undefined
    return { cpu: ticks.reduce((sum, each) => sum + Number(each), 0) / 100, memory: Number(peak) * 1024 }
  } catch {
    return undefined
  }
}

/** Outputs may be larger than a string can be. */
function matches(pattern: string, file: string): number {
  return Number(spawnSync('grep', ['-cE', '--', pattern, file], { encoding: 'utf8' }).stdout)
}

function firstLine(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n')[0] ?? ''
}
