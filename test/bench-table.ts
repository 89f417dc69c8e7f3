import { NAMES } from './bench-programs.ts'
import type { Measured, Program, Usage } from './bench-run.ts'

/** A row of the table: medians, and the median of the ratios to the yardstick within the rounds. */
export interface Row {
  readonly input: string
  readonly program: string
  /** Undefined: it failed, as `failure` says. */
  readonly wall: number | undefined
  readonly cpu: number | undefined
  readonly megabytes: number | undefined
  readonly megabytesPerSecond: number | undefined
  readonly wallRatio: number | undefined
  readonly cpuRatio: number | undefined
  readonly finds: number | undefined
  /** In how many rounds it ran. */
  readonly runs: number
  readonly failure: string | undefined
}

/** The rows of an input, one a program. */
export function rowsOf(measured: Measured): readonly Row[] {
  const { input, failures, usages } = measured
  return [...usages.keys()].map(program => {
    const wall = medianOf(measured, program.name, 'wall')
    const memory = medianOf(measured, program.name, 'memory')
    return {
      input: input.name,
      program: program.name,
      wall,
      cpu: medianOf(measured, program.name, 'cpu'),
      megabytes: memory === undefined ? undefined : memory / 1e6,
      megabytesPerSecond: wall === undefined ? undefined : input.bytes / 1e6 / wall,
      wallRatio: ratioOf(measured, program.name, NAMES.yardstick, 'wall'),
      cpuRatio: ratioOf(measured, program.name, NAMES.yardstick, 'cpu'),
      finds: medianOf(measured, program.name, 'finds'),
      runs: usagesOf(measured, program.name).filter(usage => usage !== undefined).length,
      failure: failures.get(program),
    }
  })
}

/** The rows of an input as people read them, and why programs failed. */
export function table({ input, failures }: Measured, rows: readonly Row[]): string {
  const number = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '–'
  const cells = [
    ['program', 'wall s', 'CPU s', 'peak MB', 'MB/s', '× L wall', '× L CPU', 'finds', 'runs'],
    ...rows.map(row => [
      row.program,
      number(row.wall, 3),
      number(row.cpu, 3),
      number(row.megabytes, 0),
      number(row.megabytesPerSecond, 1),
      number(row.wallRatio, 2),
      number(row.cpuRatio, 2),
      number(row.finds, 0),
      number(row.runs, 0),
    ]),
  ]
  return [
    `${input.name} (${(input.bytes / 1e6).toFixed(1)} MB)`,
    ...cells.map(([name = '', ...rest]) => name.padEnd(32) + rest.map(cell => cell.padStart(10)).join('')),
    ...[...failures].map(([program, failure]) => `${program.name}: ${failure}`),
  ].join('\n')
}

/** The median over the rounds of what a program took; undefined where it was not measured. */
export function medianOf(measured: Measured, program: string, of: keyof Usage): number | undefined {
  return median(usagesOf(measured, program).flatMap(usage => usage?.[of] ?? []))
}

/** The median of the ratios within the rounds. */
export function ratioOf(measured: Measured, program: string, to: string, of: keyof Usage): number | undefined {
  return median(pairsOf(measured, program, to, of).map(([own, other]) => own / other))
}

/** The median of the differences within the rounds. */
export function differenceOf(measured: Measured, program: string, to: string, of: keyof Usage): number | undefined {
  return median(pairsOf(measured, program, to, of).map(([own, other]) => own - other))
}

function pairsOf(measured: Measured, program: string, to: string, of: keyof Usage): readonly [number, number][] {
  const others = usagesOf(measured, to)
  return usagesOf(measured, program).flatMap((usage, round): [number, number][] => {
    const [own, other] = [usage?.[of], others[round]?.[of]]
    return own === undefined || other === undefined ? [] : [[own, other]]
  })
}

function usagesOf({ usages }: Measured, name: string): readonly (Usage | undefined)[] {
  return [...usages].find(([program]: [Program, unknown]) => program.name === name)?.[1] ?? []
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((one, other) => one - other)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}
