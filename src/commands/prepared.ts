import type { Options } from '../command-line.ts'
import { type Config, checkRules, configFor } from '../config.ts'
import { compose, PIPELINE } from '../container.ts'
import { MeshFixError } from '../errors.ts'
import { type Rules, shippedRules } from '../rules.ts'
import { type Asked, runOptions } from '../run-options.ts'
import { scopeOf } from '../scope.ts'
import { walkFrom } from './begin.ts'

/** What a run needs to begin. */
export async function prepared(paths: readonly string[], options: Options, walked = walkFrom(paths, options)) {
  const config = await configFor(options.config, walked.start, walked.root)
  const rules = await rulesOf(config)
  const isInScope = scopeOf(walked, config)
  const run = runOptions({ ...asked(options, config), isInScope }, rules, '--')
  return { walked: { ...walked, isInScope }, config, rules, run, pipeline: compose(rules).get(PIPELINE) }
}

/** What the options and the configuration ask of a run. */
export function asked(options: Options, config: Config): Omit<Asked, 'isInScope'> {
  const { maxImpact, only, skip, unsafe } = options
  const { rules, externalReferences, ports, labelSources, podTemplates, portReferences } = config
  return {
    profile: options.profile ?? config.profile ?? 'sidecar',
    portStyle: options.portStyle ?? config.portStyle ?? 'auto',
    maxImpact,
    only,
    skip,
    unsafe,
    all: options.all === true,
    noFix: !options.fix,
    ruleSettings: rules,
    externalReferences,
    ports,
    labelSources,
    podTemplates,
    portReferences,
  }
}

/** The shipped rules, and those of the configuration's plugins. */
export async function rulesOf(config: Config): Promise<readonly Rules[]> {
  const { plugins, file } = config
  const sets = [
    await shippedRules(),
    ...(file === undefined || plugins.length === 0
      ? []
      : await (await import('../load-plugins.ts')).loadPlugins(plugins, file)),
  ]
  const ids = new Set<string>()
  for (const { id } of sets.flatMap(({ detectors }) => detectors)) {
    if (ids.has(id)) throw new MeshFixError('CONFIG', `there are two rules "${id}": a plugin's id must be its own`)
    ids.add(id)
  }
  await checkRules(config, [...ids])
  return sets
}
