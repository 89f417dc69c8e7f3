import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { PatchError, patched } from '../src/json-patch.ts'
import type { Resource } from '../src/read/resource.ts'
import { parse } from '../src/read/yaml.ts'
import { applied, EditRefused } from '../src/write/edit.ts'
import { Sheets } from '../src/write/sheets.ts'
import { caseFor } from './fuzz.ts'

const RUNS = 1500

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
