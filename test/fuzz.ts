import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { Lexer, parseAllDocuments } from 'yaml'
import { isSame, type Operation, patched } from '../src/json-patch.ts'
import { type Pointer, pointer, valueAt } from '../src/pointer.ts'
import type { Json, ParsedText } from '../src/read/tree.ts'
import { parse } from '../src/read/yaml.ts'
import { applied, EditRefused, edit, type RefusalCode, type TextEdit } from '../src/write/edit.ts'
import { Random, randomText, STRINGS } from './random-text.ts'

/** A text, and a patch that applies to one of its documents. */
export interface Case {
  readonly text: string
  readonly document: number
  readonly operations: readonly Operation[]
}

export type Verdict = 'right' | RefusalCode

/** Cases from seeds: what fails is told by its seed. */
export const cases: fc.Arbitrary<Case> = fc.noBias(fc.integer({ min: 0, max: 2 ** 31 - 1 })).map(caseFor)

export function caseFor(seed: number): Case {
  const random = new Random(seed)
  for (;;) {
    const text = randomText(random)
    const { documents, errors } = parse(text)
    const editable = documents.filter(({ readOnly }) => readOnly === undefined)
    if (errors.length > 0 || editable.length === 0) continue
    const { index, value } = random.pick(editable)
    return { text, document: index, operations: randomPatch(random, value) }
  }
}

/**
 * Edits the text and holds the result against what was asked for.
 *
 * @throws {Error} the edit is wrong
 */
export function verdictOf({ text, document, operations }: Case): Verdict {
  const before = parse(text)
  const meant = before.documents.map(({ index, value }) => (index === document ? patched(value, operations) : value))
  let edited: ReturnType<typeof edit>
  try {
    edited = edit(text, [{ document, operations }])
  } catch (error) {
    if (error instanceof EditRefused) return error.code
    throw error
  }
  must(applied(text, edited.edits) === edited.text, 'the edits do not make the text')
  must(isInOrder(edited.edits, text.length), 'the edits overlap')
  const after = parse(edited.text)
  must(isSame(valuesOf(after), meant) && after.errors.length === before.errors.length, 'it reads otherwise')
  // Another reader agrees with the result wherever it agrees with what was there.
  const opinion = readByYaml(text)
  if (opinion !== undefined && isSame(opinion, valuesOf(before)))
    must(isSame(readByYaml(edited.text) ?? null, meant), '`yaml` reads it otherwise')
  let value = before.documents.find(({ index }) => index === document)?.value ?? null
  const isMild = operations.every(operation => {
    const keeps = keepsComments(operation, value)
    value = patched(value, [operation])
    return keeps
  })
  if (isMild) must(hasAll(commentsIn(edited.text), commentsIn(text)), 'a comment is gone')
  return 'right'
}

/** Whether an operation on that value replaces nothing but scalars, and removes nothing. */
function keepsComments(operation: Operation, value: Json): boolean {
  if (operation.op === 'test') return true
  if (operation.op !== 'add' && operation.op !== 'replace') return false
  const isInsertion = operation.op === 'add' && Array.isArray(valueAt(value, parentOf(operation.path)))
  const old = valueAt(value, operation.path)
  return isInsertion || typeof old !== 'object' || old === null
}

function must(isTrue: boolean, message: string): void {
  if (!isTrue) throw new Error(message)
}

function isInOrder(edits: readonly TextEdit[], length: number): boolean {
  let position = 0
  return edits.every(({ start, end }) => {
    const fits = start >= position && end >= start && end <= length
    position = end
    return fits
  })
}

function valuesOf({ documents }: ParsedText): readonly Json[] {
  return documents.map(({ value }) => value)
}

function readByYaml(text: string): readonly Json[] | undefined {
  try {
    const documents = parseAllDocuments(plain(text), {
      merge: true,
      uniqueKeys: false,
      logLevel: 'silent',
      strict: false,
    })
    if (!Array.isArray(documents) || documents.some(({ errors }) => errors.some(({ code }) => code !== 'MISSING_CHAR')))
      return undefined
    return documents.filter(({ contents }) => contents !== null).map(document => document.toJS() as Json)
  } catch {
    return undefined
  }
}

/** What `yaml` doesn't know: carriage returns alone as line breaks, a byte order mark before a dash. */
function plain(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(/\r(?!\n)/g, '\n')
}

function commentsIn(text: string): readonly string[] {
  const lexemes = [...new Lexer().lex(plain(text))]
  return lexemes.filter((lexeme, index) => lexeme.startsWith('#') && lexemes[index - 1] !== '\u001f')
}

function hasAll(some: readonly string[], wanted: readonly string[]): boolean {
  const left = [...some]
  return wanted.every(comment => {
    const found = left.findIndex(other => other.trimEnd() === comment.trimEnd())
    if (found >= 0) left.splice(found, 1)
    return found >= 0
  })
}

/** One to three operations, each of which applies to what the ones before leave. */
export function randomPatch(random: Random, value: Json): readonly Operation[] {
  const operations: Operation[] = []
  let current = value
  const wanted = random.pick([1, 1, 1, 2, 3])
  for (let attempt = 0; attempt < 20 && operations.length < wanted; attempt += 1) {
    const operation = randomOperation(random, current)
    try {
      current = patched(current, [operation])
      operations.push(operation)
    } catch {
      // It doesn't apply: another one.
    }
  }
  return operations
}

function randomOperation(random: Random, value: Json): Operation {
  const places = placesIn(value)
  const path = random.pick(places)
  switch (random.pick(['add', 'add', 'replace', 'replace', 'remove', 'remove', 'move', 'copy', 'test'] as const)) {
    case 'add':
      return { op: 'add', path: placeIn(random, value, random.pick(places)), value: randomValue(random) }
    case 'replace':
      return { op: 'replace', path, value: randomValue(random) }
    case 'remove':
      return { op: 'remove', path }
    case 'move':
      return {
        op: 'move',
        from: path,
        path: random.chance(0.5) ? placeIn(random, value, parentOf(path)) : placeIn(random, value, random.pick(places)),
      }
    case 'copy':
      return { op: 'copy', from: path, path: placeIn(random, value, random.pick(places)) }
    case 'test':
      return { op: 'test', path, value: valueAt(value, path) as Json }
  }
}

/** The place of a new member of what stands there, or the place itself. */
function placeIn(random: Random, value: Json, at: Pointer): Pointer {
  const parent = valueAt(value, at)
  if (Array.isArray(parent)) return `${at}${pointer(random.pick(['-', 0, random.below(parent.length + 1)]))}`
  return typeof parent === 'object' && parent !== null ? `${at}${pointer(random.pick(KEYS))}` : at
}

const KEYS = [
  'new',
  'name',
  'app.kubernetes.io/name',
  'on',
  '8080',
  'a b',
  'x: y',
  '',
  '# k',
  'é',
  'ports',
  'null',
  'zzz',
]

function placesIn(value: Json, at: Pointer = ''): readonly Pointer[] {
  if (typeof value !== 'object' || value === null) return [at]
  return [at, ...Object.entries(value).flatMap(([key, member]) => placesIn(member as Json, `${at}${pointer(key)}`))]
}

function parentOf(path: Pointer): Pointer {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0)) as Pointer
}

function randomValue(random: Random, depth = 0): Json {
  const kind = random.below(depth > 1 ? 6 : 9)
  if (kind < 3) return random.pick(STRINGS)
  if (kind === 3) return random.pick([0, 1, -1, 8080, 1.5, 1e21, 1e-7, 2 ** 52])
  if (kind === 4) return random.pick([true, false, null])
  if (kind === 5) return random.pick([{}, [], 'plain', 'http'])
  const length = 1 + random.below(3)
  if (kind === 6) return Array.from({ length }, () => randomValue(random, depth + 1))
  return Object.fromEntries(Array.from({ length }, () => [random.pick(KEYS), randomValue(random, depth + 1)]))
}

/** Runs by hand: `node --import=tsx test/fuzz.ts RUNS [SEED]`. */
function main(runs: number, seed: number): void {
  const counts = new Map<string, number>()
  let wrong = 0
  for (let run = 0; run < runs; run += 1) {
    const number = (seed + run) % 2 ** 31
    const sample = caseFor(number)
    let verdict: string
    try {
      verdict = verdictOf(sample)
    } catch (error) {
      wrong += 1
      verdict = 'wrong'
      if (wrong <= 5) console.log(`${told(sample)}\nseed ${number}: ${error instanceof Error ? error.stack : error}\n`)
    }
    if (verdict === process.env['SHOW']) console.log(`seed ${number}\n${told(sample)}\n`)
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
  }
  const verdicts = [...counts].toSorted(([, one], [, other]) => other - one).map(([code, count]) => `${code} ${count}`)
  console.log(`${runs} runs from seed ${seed}: ${verdicts.join(', ')}; wrong: ${wrong}`)
  process.exitCode = wrong > 0 ? 1 : 0
}

function told(sample: Case): string {
  let after = ''
  try {
    after = applied(sample.text, edit(sample.text, [sample]).edits)
  } catch (error) {
    after = String(error)
  }
  return [JSON.stringify(sample.text), sample.text, JSON.stringify(sample.operations), after].join('\n----\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  main(Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? Date.now() % 2 ** 30))
