import type { BuildRecord } from '../build/record.ts'
import type { Options } from '../command-line.ts'
import type { Config } from '../config.ts'
import { print } from '../output.ts'
import { progress } from '../progress.ts'
import type { readFiles } from '../read/repository.ts'
import type { Walk } from '../read/walk.ts'
import { scopeLines } from '../scopes/print.ts'
import { rootsIn } from '../scopes/roots.ts'
import { textsOf } from '../texts.ts'
import { concluded } from './conclude.ts'
import { destinationsOf, type Said } from './delivery.ts'
import { baselineFor, buildMode, examined, scopesIn, sourcesFor } from './examine.ts'
import { prepared } from './prepared.ts'

/** What a run has read when it begins, and who is told what it says. */
export interface Begun {
  readonly walk: Walk
  readonly read: ReturnType<typeof readFiles>
  readonly remember: (said: Said, exitCode: number, uncertain: string | undefined) => void
}

/** Finds, fixes, writes where that is asked for, and reports. */
export async function check(paths: readonly string[], options: Options, begun?: Begun): Promise<number> {
  const show = progress(options.quiet === true)
  const ready = await prepared(paths, options, begun?.walk)
  const { walked, config, run } = ready
  if (options.printConfig) {
    const { profile, portStyle } = run
    print(`${JSON.stringify({ ...config, profile, portStyle, build: buildMode(options, config) }, null, 2)}\n`)
    return 0
  }
  const sources = sourcesFor(ready, options, show, begun?.read)
  if (options.printScopes) {
    const { repository } = sources
    const roots = rootsIn(walked.root, [...repository.files.keys()], options.allowRemote === true)
    print(`${scopeLines(roots, scopesIn(config, walked.root), repository).join('\n')}\n`)
    return 0
  }
  const baseline = baselineFor(options, walked.root)
  const found = await examined(ready, sources, options, baseline, show)
  show(undefined)
  const destinations = destinationsOf(options)
  const texts = options.write ? textsOf(found.outcome) : undefined
  const { said, code } = await concluded({ ready, sources, baseline, ...found }, texts, options, destinations)
  begun?.remember(said, code, otherThanText(config, found.record))
  return code
}

/** What a run looked at beside the texts that were read; undefined: nothing. */
function otherThanText({ plugins }: Config, { built, unbuilt }: BuildRecord): string | undefined {
  if (plugins.length > 0) return 'the configuration loads plugins'
  return built.length + unbuilt.length > 0 ? 'kustomizations are built, from more than what is read here' : undefined
}
