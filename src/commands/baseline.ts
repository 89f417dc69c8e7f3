import { BASELINE, baselineAt, entryOf, writeBaseline } from '../baseline.ts'
import type { BaselineOptions } from '../command-line.ts'
import { MeshFixError } from '../errors.ts'
import { print } from '../output.ts'
import { progress } from '../progress.ts'
import { examined, sourcesFor } from './examine.ts'
import { prepared } from './prepared.ts'

/** Writes down what is found, or takes out what is not found any more. */
export async function baseline(paths: readonly string[], options: BaselineOptions): Promise<number> {
  const show = progress(options.quiet === true)
  const ready = await prepared(paths, options)
  const { root } = ready.walked
  const { profile } = ready.run
  const old = baselineAt(root)
  if (old !== undefined && old.profile !== profile && (options.prune || paths.length > 0))
    throw new MeshFixError('USAGE', `${BASELINE} was made with --profile ${old.profile}, not ${profile}`)
  const sources = sourcesFor(ready, options, show)
  const { outcome } = await examined(ready, sources, options, options.prune ? old : undefined, show)
  show(undefined)
  if (options.prune) {
    const gone = new Set(old?.gone(outcome.options))
    const left = old?.entries.filter(entry => !gone.has(entry)) ?? []
    if (gone.size > 0) writeBaseline(root, profile, left)
    print(`${BASELINE}: ${gone.size} taken out, ${left.length} left\n`)
    return 0
  }
  const { isInScope, isOn } = outcome.options
  const kept = old?.entries.filter(({ file, rule }) => !isInScope(file) || !isOn(rule)) ?? []
  const found = outcome.diagnoses.map(entryOf)
  writeBaseline(root, profile, [...kept, ...found])
  print(`${BASELINE}: ${found.length + kept.length} accepted\n`)
  return 0
}
