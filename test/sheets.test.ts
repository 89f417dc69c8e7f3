import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { PatchError, patched } from '../src/json-patch.ts'
import { Pipeline } from '../src/pipeline.ts'
import type { Pointer } from '../src/pointer.ts'
import { repositoryOf, type SourceFile } from '../src/read/repository.ts'
import type { Resource } from '../src/read/resource.ts'
import type { Node } from '../src/read/tree.ts'
import { parse } from '../src/read/yaml.ts'
import { shippedRules } from '../src/rules.ts'
import { applied, EditRefused } from '../src/write/edit.ts'
import { Sheets } from '../src/write/sheets.ts'
import { caseFor } from './fuzz.ts'
import { SHOP, SHOP_FIXED } from './program.ts'
import { optionsFor } from './run.ts'

const RUNS = 3000

/** A text whose reader takes a scalar to start one character later than it does, so that edits of it go wrong. */
function misread(path: string, text: string, scalar: string): SourceFile {
  const parsed = parse(text)
  const documents = parsed.documents.map(document => ({
    ...document,
    root: JSON.parse(JSON.stringify(document.root), (_, node) =>
      node?.type === 'scalar' && node.value === scalar
        ? { ...node, start: node.start + 1, outer: node.outer + 1 }
        : node,
    ) as Node,
  }))
  return { path, parsed: { ...parsed, documents } }
}

t.test('an edit that goes wrong is found in the end, and is not made', async t => {
  const text = 'apiVersion: v1\nkind: Thing\nspec:\n  one: web\n  two: api\n'
  const path = 'thing.yaml'
  const resource: Resource = { id: path, object: { apiVersion: 'v1', kind: 'Thing' }, path, document: 0, base: '' }
  const run = (place: Pointer, oneByOne: readonly string[]): Sheets => {
    const sheets = new Sheets(new Map([[path, misread(path, text, 'web')]]), new Set(oneByOne))
    const operations = [{ op: 'replace', path: place, value: 'http' }] as const
    sheets.apply([{ resource, operations }], [], { keep: true })
    return sheets
  }
  t.strictSame(run('/spec/one', []).prove(), [`${path}#0`])
  t.strictSame(run('/spec/two', []).prove(), [], 'the other one is right')
  const again = run('/spec/one', [`${path}#0`])
  t.strictSame(again.prove(), [])
  t.equal(
    applied(text, again.edits().get(path) ?? []),
    text.replace('web', 'http'),
    'proven by itself it is made right',
  )
})

t.test('a run makes its edits again, one by one, where together they would go wrong', async t => {
  const path = 'shop/service.yaml'
  const texts = Object.entries(SHOP).map(([path, text]) => ({ path, text: String(text) }))
  const text = String(SHOP[path])
  const repository = repositoryOf(texts, () => {}, new Map([[path, misread(path, text, 'web')]]))
  const { detectors, fixers } = await shippedRules()
  const { edits } = new Pipeline(detectors, fixers).run(repository, optionsFor({}))
  t.equal(applied(text, edits.get(path) ?? []), SHOP_FIXED[path])
})

/** What is made change by change, with one proof in the end or one for each, reads as all changes say. */
function check(seed: number, isOneByOne: boolean): 'right' | 'refused' {
  const { text, document, operations } = caseFor(seed)
  const path = 'random.yaml'
  const parsed = parse(text)
  const found = parsed.documents.find(({ index }) => index === document)
  if (found === undefined) return 'refused'
  const resource: Resource = { id: path, object: { apiVersion: 'v1', kind: 'Random' }, path, document, base: '' }
  const sheets = new Sheets(new Map([[path, { path, parsed }]]), new Set(isOneByOne ? [`${path}#${document}`] : []))

  let value = found.value
  let made = 0
  for (const operation of operations) {
    try {
      const next = patched(value, [operation])
      sheets.apply([{ resource, operations: [operation] }], [], { keep: false })
      sheets.apply([{ resource, operations: [operation] }], [], { keep: true })
      value = next
      made += 1
    } catch (error) {
      if (!(error instanceof EditRefused) && !(error instanceof PatchError)) throw error
    }
  }
  if (sheets.prove().length > 0) throw new Error(`seed ${seed}: not proven`)
  const after = parse(applied(text, sheets.edits().get(path) ?? []))
  for (const { index, value: old } of parsed.documents) {
    const now = after.documents.find(other => other.index === index)?.value
    if (!isDeepStrictEqual(now, index === document ? value : old))
      throw new Error(`seed ${seed}: document ${index} reads otherwise`)
  }
  return made > 0 ? 'right' : 'refused'
}

for (const isOneByOne of [false, true]) {
  t.test(`changes to one document, proven ${isOneByOne ? 'one by one' : 'together'}`, async t => {
    let right = 0
    t.doesNotThrow(() => {
      for (let seed = 0; seed < RUNS; seed += 1) if (check(seed, isOneByOne) === 'right') right += 1
    })
    t.ok(right > 0.9 * RUNS, `${right} of ${RUNS}`)
  })
}
