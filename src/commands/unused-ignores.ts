import { relative, sep } from 'node:path'
import { placeIn } from '../config.ts'
import type { Ignores } from '../ignores.ts'
import type { Outcome } from '../outcome.ts'
import { pointer } from '../pointer.ts'
import type { UnusedIgnore } from '../report/unused-ignores.ts'
import type { prepared } from './prepared.ts'

/** What accepts nothing; of a run over a part of the repository the configuration says too much. */
export function unusedIgnores(
  ignores: Ignores,
  outcome: Outcome,
  {
    rules,
    config: { file },
    walked: { named, root },
  }: Pick<Awaited<ReturnType<typeof prepared>>, 'rules' | 'config' | 'walked'>,
): readonly UnusedIgnore[] {
  const { isOn, profile } = outcome.options
  const detectors = rules.flatMap(set => set.detectors)
  const isOff = ({ checks }: (typeof detectors)[number]): boolean =>
    Object.values(checks).every(row => row[profile] === undefined)
  const off = new Set(detectors.filter(isOff).map(({ id }) => id))
  const place = (entry: number, rule: number): Omit<UnusedIgnore, 'rule'> => {
    const { line, column } = placeIn(file ?? '', pointer('ignore', entry, 'rules', rule))
    const path = relative(root, file ?? '')
    return { path: path.split(sep).join('/'), line, column }
  }
  return ignores.unused(outcome, rule => isOn(rule) && !off.has(rule), named.has('') ? place : undefined)
}
