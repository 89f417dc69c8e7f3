import type { Options } from '../command-line.ts'
import { MeshFixError } from '../errors.ts'
import type { Safety } from '../fix/fixer.ts'
import type { Diagnosis } from '../outcome.ts'
import { isTerminal, STDIN, STDOUT, say } from '../output.ts'
import { progress } from '../progress.ts'
import { Left } from '../prompt.ts'
import { type Missed, missedIn, type Offer, OfferWords, offersIn } from '../report/offer.ts'
import { painter } from '../report/paint.ts'
import { accepting } from './accept.ts'
import { type Answers, choose } from './choose.ts'
import { concluded, type Looked, previewOf } from './conclude.ts'
import { destinationsOf, isColored } from './delivery.ts'
import { baselineFor, examined, sourcesFor } from './examine.ts'
import { prepared } from './prepared.ts'

/** The exit code of a program that was interrupted, as shells have it. */
const INTERRUPTED = 130

/**
 * Offers the fixes one by one, and makes what was chosen: proven once more, without the others.
 *
 * @throws {MeshFixError} USAGE: nobody can be asked
 */
export async function interactive(paths: readonly string[], options: Options): Promise<number> {
  if (!isTerminal(STDIN) || !isTerminal(STDOUT))
    throw new MeshFixError('USAGE', '--interactive asks at a terminal, and there is none: use --write')
  const first = await looked(paths, options, [])
  const preview = previewOf(first, options)
  const offers = offersIn(preview)
  const paint = painter(isColored(options, STDOUT))
  let answers: Answers
  try {
    answers = await choose(offers, preview, paint)
  } catch (error) {
    if (!(error instanceof Left)) throw error
    say('interrupted: nothing was written')
    return INTERRUPTED
  }

  const destinations = destinationsOf(options)
  const { last, missed } =
    answers.chosen.length === 0 ? { last: first, missed: [] } : await made(paths, options, answers.chosen)
  const { outcome, texts } = accepting(last.outcome, answers.ignored)
  // The code and the hunks have been shown.
  const brief: Options = options.reports === undefined ? { ...options, quiet: true } : options
  const { code } = await concluded({ ...last, outcome }, texts, brief, destinations)
  const words = new OfferWords(preview, painter(false))
  for (const { offer, reason } of missed)
    say(`not applied: ${words.place(offer.diagnoses[0])}: ${offer.fix.title}: ${reason}`)
  return code
}

/** A run in which some offers are chosen, over the files as they are now. */
async function looked(paths: readonly string[], options: Options, offers: readonly Offer[]): Promise<Looked> {
  const chosen = new Map<string, Safety>()
  for (const { diagnoses, fix } of offers) for (const { key } of diagnoses) chosen.set(key, fix.safety)
  const show = progress(options.quiet === true)
  const ready = await prepared(paths, options)
  const sources = sourcesFor(ready, options, show)
  const baseline = baselineFor(options, ready.walked.root)
  const run = { ...ready.run, chosen: ({ key }: Diagnosis) => chosen.get(key) }
  const found = await examined({ ...ready, run }, sources, options, baseline, show)
  show(undefined)
  return { ready, sources, baseline, ...found }
}

/** A run that has made nothing but what was chosen as it was shown, and what could not be made so. */
async function made(
  paths: readonly string[],
  options: Options,
  chosen: readonly Offer[],
): Promise<{ readonly last: Looked; readonly missed: readonly Missed[] }> {
  const last = await looked(paths, options, chosen)
  const missed = missedIn(last.outcome, chosen)
  const replaced = missed.filter(({ isReplaced }) => isReplaced)
  if (replaced.length === 0) return { last, missed }
  const rest = await made(
    paths,
    options,
    chosen.filter(offer => !replaced.some(each => each.offer === offer)),
  )
  return { last: rest.last, missed: [...replaced, ...rest.missed] }
}
