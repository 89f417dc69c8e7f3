import { generatedName } from './bench-inputs.ts'
import { NAMES } from './bench-programs.ts'
import type { Measured, Usage } from './bench-run.ts'
import { differenceOf, medianOf, ratioOf } from './bench-table.ts'
import type { Layout } from './generate.ts'

/** A value of one program on one input, alone or against another program or another input. */
interface Target {
  readonly title: string
  readonly input: string
  readonly program: string
  readonly of: Extract<keyof Usage, 'wall' | 'memory' | 'sync'>
  /** The ratio to this program in the same rounds. */
  readonly to?: string
  /** The difference to this program in the same rounds. */
  readonly above?: string
  /** The ratio to the same program on this input. */
  readonly toInput?: string
  /** What the value is divided by to be in the unit of the limit. */
  readonly unit?: number
  readonly atMost?: number
  readonly atLeast?: number
}

/** A target, and whether what was measured holds it. */
export interface Verdict {
  readonly title: string
  readonly input: string
  readonly value: number
  readonly atMost: number | undefined
  readonly atLeast: number | undefined
  /** Undefined: the target names no limit. */
  readonly holds: boolean | undefined
}

const GIB = 2 ** 30

const LAYOUTS = ['directories', 'file'] as const

/** The inputs that peers are held against. */
const LARGE = [1000, 2000, 10_000, 100_000].flatMap(apps => LAYOUTS.map(layout => generatedName(apps, layout)))

const CHECKS = [NAMES.findings, NAMES.check]

/** What is compared on each input that has both, and the greatest ratio wanted. */
const RATIOS = [
  [NAMES.findings, NAMES.yardstick, 1],
  [NAMES.check, NAMES.yardstick, 1.5],
  [NAMES.diff, NAMES.yardstick, 2],
  [NAMES.cached, NAMES.check, 0.25],
  [NAMES.unsynced, NAMES.check, 1.5],
] as const

/** What is wanted to take hardly longer than another program, and by how many seconds at most. */
const DIFFERENCES = [
  [NAMES.version, NAMES.bare, 0.025],
  [NAMES.smallFile, NAMES.bare, 0.06],
  [NAMES.function, NAMES.build, 0.5],
  [NAMES.function, NAMES.idle, 0.5],
] as const

/** The targets that are about these inputs; those whose programs were not measured are left out. */
export function verdicts(all: readonly Measured[]): readonly Verdict[] {
  return targets(all).flatMap(target => {
    const value = measuredOf(target, all)
    if (value === undefined) return []
    const { title, input, atMost, atLeast } = target
    const holds =
      atMost === undefined && atLeast === undefined
        ? undefined
        : value <= (atMost ?? value) && value >= (atLeast ?? value)
    return { title, input, value, atMost, atLeast, holds }
  })
}

/** Verdicts as people read them. */
export function listed(list: readonly Verdict[]): string {
  return list
    .map(({ title, input, value, atMost, atLeast, holds }) => {
      const limit = atMost !== undefined ? `at most ${atMost}` : atLeast !== undefined ? `at least ${atLeast}` : ''
      const verdict = holds === undefined ? 'measured' : holds ? 'holds' : 'does not hold'
      return `${verdict.padEnd(15)}${value.toFixed(2).padStart(9)}  ${limit.padEnd(14)}${title} (${input})`
    })
    .join('\n')
}

function targets(all: readonly Measured[]): readonly Target[] {
  return [
    ...all.flatMap(({ input }) => [
      ...RATIOS.map(
        ([program, to, atMost]) => ({ ...against(program, to), input: input.name, of: 'wall', atMost }) as const,
      ),
      ...DIFFERENCES.map(([program, above, atMost]) => {
        const title = `${program} − ${above}, s`
        return { title, program, above, input: input.name, of: 'wall', atMost } as const
      }),
    ]),
    ...all.flatMap(
      ({ input }) =>
        ({ title: 'durability: s in fsync', input: input.name, program: NAMES.write, of: 'sync' }) as const,
    ),
    { ...against(NAMES.build, NAMES.check), input: generatedName(2000, 'file'), of: 'wall', atLeast: 100 },
    ...all.flatMap(measured => peersOf(measured)),
    ...LAYOUTS.flatMap(layout => CHECKS.flatMap(program => growth(program, layout))),
  ]
}

function against(program: string, to: string): Pick<Target, 'title' | 'program' | 'to'> {
  return { title: `${program} / ${to}`, program, to }
}

/** No peer takes less than mesh-fix, istioctl five times as long; one that finds nothing does other work. */
function peersOf(measured: Measured): readonly Target[] {
  const { input } = measured
  if (!LARGE.includes(input.name)) return []
  const names = input.programs.flatMap(({ name, isPeer, finding }) => (isPeer && finding !== undefined ? [name] : []))
  return names.flatMap(name =>
    CHECKS.map(check => {
      const { title, ...sides } = against(name, check)
      const note = medianOf(measured, name, 'finds') === 0 ? `: ${name} finds nothing` : ''
      const atLeast = name.startsWith('istioctl') ? 5 : 1
      return { ...sides, title: title + note, input: input.name, of: 'wall', atLeast } as const
    }),
  )
}

/** Ten times the apps. */
function growth(program: string, layout: Layout): readonly Target[] {
  const sides = { input: generatedName(100_000, layout), program }
  const tenth = { toInput: generatedName(10_000, layout), atMost: 11 }
  return [
    { ...sides, title: `${program}, time / that of 10000 apps`, of: 'wall', ...tenth },
    { ...sides, title: `${program}, memory / that of 10000 apps`, of: 'memory', ...tenth },
    { ...sides, title: `${program}, GiB`, of: 'memory', unit: GIB, atMost: 2 },
  ]
}

function measuredOf(
  { input, program, of, to, above, toInput, unit = 1 }: Target,
  all: readonly Measured[],
): number | undefined {
  const measured = all.find(each => each.input.name === input)
  if (measured === undefined) return undefined
  if (to !== undefined) return ratioOf(measured, program, to, of)
  if (above !== undefined) return differenceOf(measured, program, above, of)
  const value = medianOf(measured, program, of)
  if (value === undefined || toInput === undefined) return value === undefined ? undefined : value / unit
  const smaller = all.find(each => each.input.name === toInput)
  const other = smaller && medianOf(smaller, program, of)
  return other === undefined ? undefined : value / other
}
