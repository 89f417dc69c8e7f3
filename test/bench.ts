// Measures mesh-fix against what reading the same files costs anyway, and against what else checks and builds them:
// npm run bench -- [--quick] [--json FILE] [--only NAME]… [--rounds N] [DIR…]
//
// Whole processes. In each round every program runs once on an input, and ratios are taken within the round, since a
// machine is not equally fast all the time. `--quick` takes a minute or two, all of it some three hours: `--only`
// chooses the inputs whose names begin so. `npm run build` first, and `npm run bench:peers` for the peers.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { built, edited, generated, given, inKustomize, type Recipe, START_UP } from './bench-inputs.ts'
import { NAMES } from './bench-programs.ts'
import { type Limits, type Measured, Runner } from './bench-run.ts'
import { rowsOf, table } from './bench-table.ts'
import { listed, verdicts } from './bench-targets.ts'

const LIMITS = {
  quick: { patience: 20, budget: 6, rounds: 11 },
  full: { patience: 1800, budget: 2400, rounds: 7 },
} satisfies Record<string, Limits>

const QUICK: readonly Recipe[] = [
  START_UP,
  built(10),
  edited(500),
  generated(300, 'directories'),
  generated(300, 'file'),
  generated(300, 'list'),
  generated(300, 'json'),
  generated(300, 'namesakes'),
  inKustomize(200),
]

const FULL: readonly Recipe[] = [
  START_UP,
  built(100),
  inKustomize(1000),
  edited(10_000),
  ...[1000, 10_000, 100_000].flatMap(apps => [generated(apps, 'directories'), generated(apps, 'file')]),
  generated(2000, 'file'),
  generated(3000, 'list'),
  generated(3000, 'json'),
  generated(3000, 'namesakes'),
]

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
    },
    allowPositionals: true,
  })
  const recipes = positionals.length > 0 ? positionals.map(given) : values.quick ? QUICK : FULL
  const chosen = recipes.filter(({ name }) => values.only?.some(start => name.startsWith(start)) ?? true)
  if (chosen.length === 0) throw new Error(`there are: ${recipes.map(({ name }) => `"${name}"`).join(', ')}`)

  const limits = values.quick ? LIMITS.quick : LIMITS.full
  const all: Measured[] = []
  console.log(`L is ${NAMES.yardstick} on each file, a process of its own.`)
  for (const recipe of chosen) {
    const measured = await measure(recipe, { ...limits, rounds: Number(values.rounds ?? limits.rounds) })
    all.push(measured)
    console.log(`\n${table(measured, rowsOf(measured))}`)
  }
  const targets = verdicts(all)
  console.log(`\ntargets, by wall clock\n${listed(targets)}`)
  const result = { rows: all.flatMap(rowsOf), targets }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
}

async function measure({ make }: Recipe, limits: Limits): Promise<Measured> {
  const scratch = mkdtempSync(join(tmpdir(), 'mesh-fix-bench-'))
  const tidy = (): void => rmSync(scratch, { recursive: true, force: true })
  process.once('exit', tidy)
  try {
    return await new Runner(scratch, limits).measure(make(scratch))
  } finally {
    process.off('exit', tidy)
    tidy()
  }
}

// Large inputs are not to be left behind, and nothing that runs.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
await main()
