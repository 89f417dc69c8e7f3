import { type Context, SEVERITIES, type Severity } from './detect/detector.ts'
import { MeshFixError } from './errors.ts'
import type { RunOptions } from './outcome.ts'
import { customKinds, type KindPlaces } from './read/custom-kinds.ts'
import { lookUp } from './read/json.ts'
import type { Rules } from './rules.ts'
import { suggestion } from './suggestion.ts'

/** All rules: what a bare `--unsafe` names. */
export const ALL = '*'

/** How a rule is set: what is on has the severities of the profile, unless one is given. */
export type RuleSetting = 'off' | 'on' | Severity

/** All of them. */
export const RULE_SETTINGS: readonly RuleSetting[] = ['off', 'on', ...SEVERITIES]

/** What a run is asked for, by the command line or by a functionConfig. */
export interface Asked extends Context, KindPlaces, Pick<RunOptions, 'isInScope' | 'maxImpact' | 'noFix'> {
  readonly only?: readonly string[] | undefined
  readonly skip?: readonly string[] | undefined
  readonly unsafe?: readonly string[] | undefined
  /** Rule → whether it is on, or how grave what it finds is. What is named by `only` is on. */
  readonly ruleSettings: Readonly<Record<string, RuleSetting>>
}

/**
 * The options of a run.
 *
 * @param prefix how options are written where they were given: `--` on the command line
 * @throws {MeshFixError} USAGE: what can't be asked for, or not together
 */
export function runOptions(
  { only, skip, unsafe, ruleSettings, podTemplates, portReferences, ...asked }: Asked,
  rules: readonly Rules[],
  prefix: string,
): RunOptions {
  const known = rules.flatMap(({ detectors }) => detectors.map(({ id }) => id))
  for (const [option, named = []] of Object.entries({ only, skip, unsafe, rules: Object.keys(ruleSettings) })) {
    const unknown = named.find(rule => !known.includes(rule) && !(rule === ALL && option === 'unsafe'))
    if (unknown !== undefined)
      throw new MeshFixError(
        'USAGE',
        `${prefix}${option}: there is no rule "${unknown}"; ${suggestion(unknown, known)}`,
      )
  }
  // An empty variable in a script must not make a run that looks for nothing.
  for (const [option, named] of Object.entries({ only, unsafe })) {
    if (named?.length === 0)
      throw new MeshFixError('USAGE', `${prefix}${option} names no rule; there are: ${known.join(', ')}`)
  }
  if (asked.profile === 'classic' && asked.portStyle === 'appProtocol') {
    throw new MeshFixError(
      'USAGE',
      'the port style appProtocol has no meaning in the profile classic: Istio up to 1.2 does not read appProtocol',
    )
  }
  return {
    ...asked,
    customKinds: customKinds({ podTemplates, portReferences }),
    isOn: rule => (only?.includes(rule) ?? lookUp(ruleSettings, rule) !== 'off') && !skip?.includes(rule),
    severities: new Map(Object.entries(ruleSettings).flatMap(([rule, set]) => (isSeverity(set) ? [[rule, set]] : []))),
    isUnsafeOn: rule => [rule, ALL].some(name => unsafe?.includes(name)),
  }
}

function isSeverity(setting: RuleSetting): setting is Severity {
  return setting !== 'on' && setting !== 'off'
}
