// Measures mesh-fix against what reading the same files costs anyway: npm run bench -- [--quick] [--json FILE] [DIR…]
//
// Whole processes. In each round every program runs once on an input, and ratios are taken within the round, since a
// machine is not equally fast all the time. `npm run build` first.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { walk } from '../src/read/walk.ts'
import { generate, type Layout } from './generate.ts'
import { PROGRAM } from './program.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** How long a program may take, in milliseconds; one that takes longer is left out. */
const PATIENCE = { quick: 15_000, full: 600_000 }

/** What a process took: seconds, and bytes at the peak. CPU and memory are known of Node's processes only. */
interface Usage {
  readonly wall: number
  readonly cpu: number | undefined
  readonly memory: number | undefined
}

interface Program {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** It runs in the first round only: it takes too long for more. */
  readonly once?: true
}

/** What is read, and by which programs. The first one but `node -e 0` that parses is the yardstick. */
interface Input {
  readonly name: string
  readonly bytes: number
  readonly rounds: number
  readonly programs: readonly Program[]
}

/** A row of the table: medians, and the median of the ratios to the yardstick within the rounds. */
interface Row {
  readonly input: string
  readonly program: string
  /** Undefined: it failed, or took too long. */
  readonly wall: number | undefined
  readonly cpu: number | undefined
  readonly megabytes: number | undefined
  readonly megabytesPerSecond: number | undefined
  readonly wallRatio: number | undefined
  readonly cpuRatio: number | undefined
}

const YARDSTICK = 'js-yaml loadAll'

/** Notes what its process has used, when it ends. */
const PROBE = `process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  const usage = { cpu: (userCPUTime + systemCPUTime) / 1e6, memory: maxRSS * 1024 }
  require('node:fs').writeFileSync(process.env.USAGE_FILE, JSON.stringify(usage))
})`

/** Reads the files of a list, and does something with each text. */
function script(what: string): string {
  return `const { readFileSync } = require('node:fs')
const files = JSON.parse(readFileSync(process.argv[1], 'utf8'))
for (const file of files) { const bytes = readFileSync(file); try { ${what} } catch {} }`
}

/** Runs programs, with a probe in those of Node. */
class Runner {
  readonly #probe: string
  readonly #usage: string
  readonly #patience: number

  constructor(scratch: string, patience: number) {
    this.#patience = patience
    this.#probe = join(scratch, 'probe.cjs')
    this.#usage = join(scratch, 'usage.json')
    writeFileSync(this.#probe, PROBE)
  }

  run({ command, args }: Program): Usage | undefined {
    rmSync(this.#usage, { force: true })
    const isNode = command === process.execPath
    const start = performance.now()
    const { error, status } = spawnSync(command, [...(isNode ? ['--require', this.#probe] : []), ...args], {
      cwd: ROOT,
      env: { ...process.env, USAGE_FILE: this.#usage, NO_COLOR: '1' },
      stdio: ['ignore', 'ignore', 'ignore'],
      timeout: this.#patience,
      killSignal: 'SIGKILL',
    })
    const wall = (performance.now() - start) / 1000
    // mesh-fix ends with 1 where it finds something.
    if (error !== undefined || status === null || status > 1 || (status === 1 && !isNode)) return undefined
    return isNode
      ? { wall, ...JSON.parse(readFileSync(this.#usage, 'utf8')) }
      : { wall, cpu: undefined, memory: undefined }
  }
}

function rowsOf({ name, bytes, rounds, programs }: Input, runner: Runner): readonly Row[] {
  const usages = new Map<Program, (Usage | undefined)[]>(programs.map(program => [program, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [program, taken] of usages) {
      const isLeftOut = round > 0 && (program.once || taken[0] === undefined)
      taken.push(isLeftOut ? undefined : runner.run(program))
    }
  }
  const yardstick = [...usages].find(([program]) => program.name === YARDSTICK)?.[1] ?? []
  const ratios = (taken: readonly (Usage | undefined)[], of: 'wall' | 'cpu'): number | undefined =>
    median(
      taken.flatMap((usage, round) => {
        const [own, other] = [usage?.[of], yardstick[round]?.[of]]
        return own === undefined || other === undefined ? [] : [own / other]
      }),
    )
  return [...usages].map(([program, taken]) => {
    const all = taken.filter(usage => usage !== undefined)
    const wall = median(all.map(usage => usage.wall))
    const memory = median(all.flatMap(usage => usage.memory ?? []))
    return {
      input: name,
      program: program.name,
      wall,
      cpu: median(all.flatMap(usage => usage.cpu ?? [])),
      megabytes: memory === undefined ? undefined : memory / 1e6,
      megabytesPerSecond: wall === undefined ? undefined : bytes / 1e6 / wall,
      wallRatio: ratios(taken, 'wall'),
      cpuRatio: ratios(taken, 'cpu'),
    }
  })
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((one, other) => one - other)[values.length >> 1]
}

function node(name: string, ...args: readonly string[]): Program {
  return { name, command: process.execPath, args }
}

const BARE = node('node -e 0', '-e', '0')

/** The programs that read everything under a directory. */
function inputOf(name: string, directory: string, rounds: number, scratch: string): Input {
  const walked = walk([directory], { root: directory })
  const files = walked.files.map(file => join(walked.root, file))
  const list = join(scratch, `${name.replaceAll(/\W+/g, '-')}.json`)
  writeFileSync(list, JSON.stringify(files))
  const library = JSON.stringify(createRequire(import.meta.url).resolve('js-yaml'))
  const meshFix = (title: string, ...options: readonly string[]): Program =>
    node(`mesh-fix: ${title}`, PROGRAM, '--root', directory, ...options, directory)
  return {
    name,
    bytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
    rounds,
    programs: [
      BARE,
      node('read the bytes', '-e', script(''), list),
      node(YARDSTICK, '-e', script(`require(${library}).loadAll(bytes.toString())`), list),
      node('js-yaml parseEvents', '-e', script(`require(${library}).parseEvents(bytes.toString(), {})`), list),
      meshFix('findings', '--no-fix', '--reporter', 'json'),
      meshFix('fixes and patches', '--reporter', 'json'),
      meshFix('diff preview'),
    ],
  }
}

/** A generated repository, with a kustomization beside it that lists its files. */
function generated(apps: number, layout: Layout, rounds: number, scratch: string): Input {
  const directory = join(scratch, `${layout}-${apps}`)
  generate(directory, apps, layout)
  const input = inputOf(
    `${apps} apps, ${layout === 'file' ? 'one file' : 'a directory each'}`,
    directory,
    rounds,
    scratch,
  )
  const build = join(scratch, `build-${layout}-${apps}`)
  mkdirSync(build)
  const resources = walk([directory], { root: directory }).files.map(
    file => `- ${relative(build, join(directory, file))}\n`,
  )
  writeFileSync(join(build, 'kustomization.yaml'), `resources:\n${resources.join('')}`)
  const args = ['build', '--load-restrictor', 'LoadRestrictionsNone', build]
  return {
    ...input,
    programs: [...input.programs, { name: 'kustomize build', command: 'kustomize', args, once: true }],
  }
}

/** A kustomization in the directory of each app: what building them costs a run. */
function built(apps: number, rounds: number, scratch: string): Input {
  const directory = join(scratch, `built-${apps}`)
  generate(directory, apps, 'directories')
  const files = walk([directory], { root: directory }).files
  for (const own of new Set(files.map(dirname))) {
    const resources = files.filter(file => dirname(file) === own).map(file => `- ${basename(file)}\n`)
    writeFileSync(join(directory, own, 'kustomization.yaml'), `resources:\n${resources.join('')}`)
  }
  const name = `${apps} apps, a kustomization each`
  const { programs, ...input } = inputOf(name, directory, rounds, scratch)
  const meshFix = (title: string, ...options: readonly string[]): Program =>
    node(`mesh-fix: ${title}`, PROGRAM, '--root', directory, '--reporter', 'json', ...options, directory)
  return {
    ...input,
    programs: [
      ...programs.filter(program => program.name === YARDSTICK),
      meshFix('findings of sources', '--no-fix', '--build', 'never'),
      meshFix('findings of builds', '--no-fix'),
      meshFix('fixes of sources', '--build', 'never'),
      meshFix('fixes proven in builds'),
    ],
  }
}

/** One small file: what starting costs. */
function startUp(scratch: string): Input {
  const file = join(scratch, 'small.yaml')
  writeFileSync(file, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: small\n')
  return {
    name: 'start-up, one small file',
    bytes: statSync(file).size,
    rounds: 11,
    programs: [BARE, node('mesh-fix --version', PROGRAM, '--version'), node('mesh-fix: small file', PROGRAM, file)],
  }
}

function table(rows: readonly Row[]): string {
  const number = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '–'
  const cells = [
    ['program', 'wall s', 'CPU s', 'peak MB', 'MB/s', '× L wall', '× L CPU'],
    ...rows.map(row => [
      row.program,
      number(row.wall, 3),
      number(row.cpu, 3),
      number(row.megabytes, 0),
      number(row.megabytesPerSecond, 1),
      number(row.wallRatio, 2),
      number(row.cpuRatio, 2),
    ]),
  ]
  return cells.map(([name = '', ...rest]) => name.padEnd(30) + rest.map(cell => cell.padStart(10)).join('')).join('\n')
}

function main(): void {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
    allowPositionals: true,
  })
  const scratch = mkdtempSync(join(tmpdir(), 'mesh-fix-bench-'))
  const runner = new Runner(scratch, values.quick ? PATIENCE.quick : PATIENCE.full)
  const rounds = (apps: number): number => (apps > 10_000 ? 3 : 5)
  const sizes = positionals.length > 0 ? [] : values.quick ? [1000] : [1000, 10_000, 100_000]
  const inputs = [
    () => startUp(scratch),
    ...(positionals.length > 0 ? [] : [() => built(values.quick ? 20 : 100, 3, scratch)]),
    ...positionals.map(directory => () => inputOf(directory, resolve(directory), 5, scratch)),
    ...sizes.flatMap(apps =>
      (['directories', 'file'] as const).map(
        layout => () => generated(apps, layout, values.quick ? 3 : rounds(apps), scratch),
      ),
    ),
  ]
  const rows: Row[] = []
  console.log(`L is ${YARDSTICK} on each file, a process of its own.`)
  try {
    for (const make of inputs) {
      const measured = rowsOf(make(), runner)
      rows.push(...measured)
      console.log(`\n${measured[0]?.input}\n${table(measured)}`)
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`)
}

main()
