import { generatedName, inKustomizeName, START_UP } from './bench-inputs.ts'
import { NAMES } from './bench-programs.ts'
import type { Measured, Usage } from './bench-run.ts'
import { differenceOf, medianOf, ratioOf } from './bench-table.ts'

/** A value of one program on one input, alone or against another program or another input. */
interface Target {
  readonly title: string
  readonly input: string
  readonly program: string
  readonly of: Extract<keyof Usage, 'wall' | 'memory'>
  /** The ratio to this program in the same rounds. */
  readonly to?: string
  /** The ratio to the same program on this input. */
  readonly toInput?: string
  /** How much more than this program in the same rounds. */
  readonly over?: string
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

/** How much more ten times the apps may take. */
const TENFOLD = { atMost: 11 }

const CHECKS = [NAMES.findings, NAMES.check]

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
  const wall = { of: 'wall' } as const
  const layouts = ['directories', 'file'] as const
  return [
    {
      ...wall,
      title: 'start-up / node -e 0',
      input: START_UP.name,
      program: NAMES.smallFile,
      to: NAMES.bare,
    },
    ...all.flatMap(({ input }) => [
      { ...wall, title: 'findings / L', input: input.name, program: NAMES.findings, to: NAMES.yardstick },
      { ...wall, title: 'whole check / L', input: input.name, program: NAMES.check, to: NAMES.yardstick },
      { ...wall, title: 'check, cached / whole check', input: input.name, program: NAMES.cached, to: NAMES.check },
      { ...wall, title: 'diff preview / L', input: input.name, program: NAMES.diff, to: NAMES.yardstick },
      {
        ...wall,
        title: 'write without fsync / whole check',
        input: input.name,
        program: NAMES.unsynced,
        to: NAMES.check,
      },
      { ...wall, title: 'durability: seconds of fsync', input: input.name, program: NAMES.write, over: NAMES.unsynced },
    ]),
    {
      ...wall,
      title: 'kustomize build / whole check',
      input: generatedName(2000, 'file'),
      program: NAMES.build,
      to: NAMES.check,
      atLeast: 100,
    },
    {
      ...wall,
      title: 'kustomize build with mesh-fix / without',
      input: inKustomizeName(1000),
      program: NAMES.function,
      to: NAMES.build,
    },
    ...all.flatMap(({ input }) =>
      input.programs
        .filter(({ name, isPeer }) => isPeer && name !== NAMES.build && name !== NAMES.function)
        .map(({ name }) => ({
          ...wall,
          title: `${name} / whole check`,
          input: input.name,
          program: name,
          to: NAMES.check,
          atLeast: 1,
        })),
    ),
    ...layouts.flatMap(layout =>
      CHECKS.flatMap(program => {
        const input = generatedName(100_000, layout)
        const toInput = generatedName(10_000, layout)
        return [
          { ...wall, title: `${program}: time / that of 10000 apps`, input, program, toInput, ...TENFOLD },
          {
            of: 'memory',
            title: `${program}: memory / that of 10000 apps`,
            input,
            program,
            toInput,
            ...TENFOLD,
          } as const,
          { of: 'memory', title: `${program}: GiB`, input, program, unit: GIB, atMost: 2 } as const,
        ]
      }),
    ),
  ]
}

function measuredOf(
  { input, program, of, to, toInput, over, unit = 1 }: Target,
  all: readonly Measured[],
): number | undefined {
  const measured = all.find(each => each.input.name === input)
  if (measured === undefined) return undefined
  if (to !== undefined) return ratioOf(measured, program, to, of)
  if (over !== undefined) return differenceOf(measured, program, over, of)
  const value = medianOf(measured, program, of)
  if (value === undefined || toInput === undefined) return value === undefined ? undefined : value / unit
  const smaller = all.find(each => each.input.name === toInput)
  const other = smaller && medianOf(smaller, program, of)
  return other === undefined ? undefined : value / other
}
