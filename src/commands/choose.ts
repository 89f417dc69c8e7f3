import { grouped } from '../annotate.ts'
import type { Safety } from '../fix/fixer.ts'
import { print } from '../output.ts'
import { ask } from '../prompt.ts'
import { titleOf } from '../read/resource.ts'
import { type Offer, OfferWords } from '../report/offer.ts'
import { line, type Paint } from '../report/paint.ts'
import type { Result } from '../report/result.ts'
import { plural } from '../report/summary.ts'
import { type Ignored, isCovered, obstacleTo } from './accept.ts'

/** What a person wants of what was offered. */
export interface Answers {
  readonly chosen: readonly Offer[]
  readonly ignored: readonly Ignored[]
}

/** What may be answered, and what it means. */
const KEYS = {
  y: 'apply this fix',
  n: 'do not apply it',
  a: 'apply it, and all later fixes of this rule that are as safe',
  i: 'ignore the finding, with a reason: an annotation on the object',
  e: 'show the evidence, and what the fix does to a running cluster',
  q: 'apply what was chosen so far, and nothing else',
  '?': 'show this help',
} as const

type Key = keyof typeof KEYS

/**
 * Walks through what is offered, as `git add -p` does.
 *
 * @param result of a run in which nothing is chosen
 * @throws {Left} nobody answers any more
 */
export async function choose(offers: readonly Offer[], result: Result, paint: Paint): Promise<Answers> {
  const words = new OfferWords(result, paint)
  const chosen: Offer[] = []
  const ignored: Ignored[] = []
  /** Rule → how unsafe fixes of it are applied unasked. */
  const all = new Map<string, Safety>()
  const isIgnored = ({ diagnoses }: Offer): boolean =>
    diagnoses.every(diagnosis => ignored.some(each => isCovered(diagnosis, each.diagnosis)))
  const isTaken = (offer: Offer): boolean => {
    const wanted = all.get(offer.diagnoses[0].detector.id)
    return (wanted === 'unsafe' || wanted === offer.fix.safety) && !isIgnored(offer)
  }
  for (const [index, offer] of offers.entries()) {
    if (isTaken(offer)) {
      chosen.push(offer)
      continue
    }
    if (isIgnored(offer)) continue
    print(`${words.offer(offer).join('\n')}\n`)
    const { key, reason } = await answerTo(offer, `(${index + 1}/${offers.length})`, { words, result, chosen, paint })
    if (key === 'y' || key === 'a') chosen.push(offer)
    if (key === 'a') {
      const { id } = offer.diagnoses[0].detector
      all.set(id, offer.fix.safety)
      const later = plural(offers.slice(index + 1).filter(isTaken).length, 'later fix', 'later fixes')
      if (later !== '') print(`  with it, ${later} of ${id}\n`)
    }
    if (key === 'i') ignored.push(...offer.diagnoses.map(diagnosis => ({ diagnosis, reason })))
    print('\n')
    if (key === 'q') break
  }
  return { chosen, ignored }
}

/** What a question is asked with. */
interface Desk {
  readonly words: OfferWords
  readonly result: Result
  /** So far. */
  readonly chosen: readonly Offer[]
  readonly paint: Paint
}

/** The answer that settles an offer, after as much help and evidence as was asked for. */
async function answerTo(
  offer: Offer,
  head: string,
  { words, result, chosen, paint }: Desk,
): Promise<{ readonly key: Key; readonly reason: string }> {
  for (;;) {
    const text = `Apply this ${offer.fix.safety === 'unsafe' ? 'unsafe ' : ''}fix [${Object.keys(KEYS).join()}]?`
    const given = await ask({ head, text, objection: answer => (isKey(answer) ? undefined : HINT) }, paint)
    const key = given.toLowerCase() as Key
    if (key === '?') print(`${helpLines(paint).join('\n')}\n`)
    else if (key === 'e') print(`${words.evidence(offer).join('\n')}\n`)
    else if (key === 'i') {
      const obstacle = offer.diagnoses.map(diagnosis => obstacleTo(diagnosis, result.outcome)).find(Boolean)
      if (obstacle !== undefined) {
        print(`${line`  ${paint('yellow', 'not possible')}: ${obstacle}`}\n`)
        continue
      }
      for (const text of companyOf(offer, chosen, result)) print(`${line`  ${text}`}\n`)
      const question = { head, text: 'Why is it ignored (nothing: go back)?', objection: () => undefined }
      const reason = (await ask(question, paint)).replace(/\s+/g, ' ')
      if (reason !== '') return { key, reason }
    } else return { key, reason: '' }
  }
}

const HINT = 'answer with one of these letters; ? says what they mean'

function isKey(answer: string): boolean {
  return Object.hasOwn(KEYS, answer.toLowerCase())
}

function helpLines(paint: Paint): readonly string[] {
  return Object.entries(KEYS).map(([key, meaning]) => line`  ${paint('cyan', key)} - ${meaning}`)
}

/** What an annotation accepts beside what an offer is for: all that is not fixed. */
function companyOf({ diagnoses }: Offer, chosen: readonly Offer[], { outcome }: Result): readonly string[] {
  const known = new Set([...diagnoses, ...chosen.flatMap(other => other.diagnoses)])
  const others = outcome.diagnoses.filter(
    diagnosis => !known.has(diagnosis) && diagnoses.some(own => isCovered(diagnosis, own)),
  )
  return [...grouped(others, ({ finding }) => finding.resource.id).values()].map(([{ detector, finding }, ...more]) => {
    const count = plural(more.length + 1, 'other finding', 'other findings')
    return `with it, ${count} of ${detector.id} on ${titleOf(finding.resource.object)}`
  })
}
