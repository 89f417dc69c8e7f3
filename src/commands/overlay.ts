import { parsed } from '../arguments.ts'
import { baselineAt } from '../baseline.ts'
import { NOT_BUILT } from '../build/record.ts'
import { type Options, program } from '../command-line.ts'
import { MeshFixError } from '../errors.ts'
import { Ignores } from '../ignores.ts'
import type { Outcome } from '../outcome.ts'
import { print, say } from '../output.ts'
import { writeOverlay } from '../overlay/command.ts'
import { surroundingsOf } from '../overlay/context.ts'
import type { OverlayRequest } from '../overlay/plan.ts'
import { argumentsOf, ownDirectory, recordOf } from '../overlay/record.ts'
import { pathOf, realPathOf } from '../overlay/sites.ts'
import { verified } from '../overlay/verify.ts'
import type { Walk } from '../read/walk.ts'
import { clean } from '../report/paint.ts'
import type { Result } from '../report/result.ts'
import { summaryLine } from '../report/summary.ts'
import { configuredIgnores } from '../scope.ts'
import { filesAfter, textsOf } from '../texts.ts'
import { destinationsOf } from './delivery.ts'
import { prepared } from './prepared.ts'
import { exitCode, placesOf, report } from './reporting.ts'

/** Writes an overlay or a Component, and reports what it fixes. */
export async function overlay(paths: readonly string[], options: Options): Promise<number> {
  const request = await overlayRequest(paths, options)
  const { outcomes, notes } = writeOverlay(request, options.force === true)
  const results = outcomes.map(outcome => resultOf(outcome, request.walk, options))
  const [first, ...others] = results
  if (first !== undefined) await report(first, options, destinationsOf(options))
  for (const result of others) say(summaryLine(result))
  for (const note of notes) say(note)
  return exitCode(results, options)
}

async function overlayRequest(paths: readonly string[], options: Options): Promise<OverlayRequest> {
  const directory = realPathOf(options.overlay ?? options.component ?? '')
  const path = pathOf(paths)
  const { walked, config, run, pipeline } = await prepared([path], options)
  const ignored = configuredIgnores(config, walked.root)
  const baseline = baselineAt(walked.root)
  return {
    form: options.overlay === undefined ? 'component' : 'overlay',
    directory,
    path,
    walk: walked,
    fetching: options.allowRemote ? 'allowed' : 'refused',
    around: await surroundingsOf(directory, walked),
    record: recordOf(directory, path, { ...options, profile: run.profile, portStyle: run.portStyle }),
    run: (repository, isInScope) =>
      pipeline.run(repository, { ...run, isInScope, ignores: new Ignores(repository.files, ignored, baseline) }),
  }
}

/** Proves what an overlay or a Component promises. */
export async function verify(directory: string): Promise<number> {
  const own = ownDirectory(realPathOf(directory))
  if (own === undefined) throw new MeshFixError('USAGE', `${directory} holds no kustomization that mesh-fix wrote`)
  const { path, arguments: args } = argumentsOf(own)
  // Without something to do, a program with commands of its own prints its help.
  const options = parsed(
    program().action(() => {}),
    args,
  ).opts<Options>()
  const { holds, lines } = verified(await overlayRequest([path], options), own)
  print(`${lines.map(clean).join('\n')}\n`)
  return holds ? 0 : 1
}

/** What the outcome alone says; everything is written. */
function resultOf(outcome: Outcome, walked: Walk, options: Options): Result {
  const { isInScope } = walked
  const { skipped, errors } = outcome.repository
  return {
    ...placesOf(walked, options),
    outcome,
    skipped: skipped.filter(({ path }) => isInScope(path)),
    errors: errors.filter(({ path }) => isInScope(path)),
    written: true,
    failures: [],
    build: NOT_BUILT,
    filesAfter: filesAfter(outcome, textsOf(outcome), new Set()),
  }
}
