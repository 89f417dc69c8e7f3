import { createRequire } from 'node:module'
import fc from 'fast-check'
import t from 'tap'
import { Document, parse as parseYaml } from 'yaml'
import { isSame, type Operation, PatchError, patched } from '../src/json-patch.ts'
import type { Json } from '../src/read/tree.ts'
import { parse } from '../src/read/yaml.ts'
import { applied, composed, EditRefused, edit } from '../src/write/edit.ts'
import { EDIT_CASES } from './edit.cases.ts'
import { cases, verdictOf } from './fuzz.ts'

t.test('traps', t => {
  for (const { title, before, document = 0, operations, after } of EDIT_CASES) {
    if (typeof after !== 'string') {
      t.equal(refusalOf(() => edit(before, [{ document, operations }]))?.code, after.refused, title)
      continue
    }
    const { text, edits } = edit(before, [{ document, operations }])
    t.equal(text, after, title)
    t.equal(applied(before, edits), after, `${title}: the edits make the text`)
  }
  t.end()
})

t.test('a refusal tells the places', t => {
  const text = 'a: &x\n  k: 1\nb: *x\nc: [*x]\n'
  const refusal = refusalOf(() => edit(text, [{ document: 0, operations: [{ op: 'remove', path: '/a' }] }]))
  t.same(
    refusal?.places.map(({ start, end }) => [text.slice(start, end), start]),
    [
      ['*x', 16],
      ['*x', 23],
    ],
  )
  t.match(refusal?.message, '&x')
  const second = refusalOf(() =>
    edit(`z: 1\n---\n${text}`, [
      {
        document: 1,
        operations: [
          { op: 'add', path: '/d', value: 1 },
          { op: 'remove', path: '/a' },
        ],
      },
    ]),
  )
  t.same(
    second?.places.map(({ start }) => start),
    [25, 32],
    'in the whole text',
  )
  t.end()
})

t.test('an edit touches only what it must', t => {
  const text = 'a:\n  - b: 1 # one\n    c: "x"\n  - b: 2\n'
  const editsOf = (operation: Operation) => edit(text, [{ document: 0, operations: [operation] }]).edits
  t.same(editsOf({ op: 'replace', path: '/a/0/b', value: 3 }), [{ start: 10, end: 11, text: '3' }])
  t.same(editsOf({ op: 'replace', path: '/a/0/c', value: 'y' }), [{ start: 25, end: 28, text: '"y"' }])
  t.same(editsOf({ op: 'add', path: '/a/0/d', value: 'z' }), [{ start: 28, end: 28, text: '\n    d: z' }])
  t.same(editsOf({ op: 'add', path: '/a/-', value: { b: 3 } }), [{ start: 37, end: 37, text: '\n  - b: 3' }])
  t.same(editsOf({ op: 'remove', path: '/a/0/c' }), [{ start: 18, end: 29, text: '' }])
  t.same(editsOf({ op: 'move', from: '/a/0/c', path: '/a/0/d' }), [{ start: 22, end: 23, text: 'd' }])
  t.same(editsOf({ op: 'test', path: '/a/0/b', value: 1 }), [])
  t.end()
})

t.test('several documents at once; the others are left alone, broken ones too', t => {
  const text = 'a: 1\n---\n{broken\n---\n# only a comment\n---\nb: 1\n...\n---\nc: 1'
  const { text: after, edits } = edit(text, [
    { document: 4, operations: [{ op: 'add', path: '/d', value: 2 }] },
    { document: 0, operations: [{ op: 'replace', path: '/a', value: 2 }] },
  ])
  t.equal(after, 'a: 2\n---\n{broken\n---\n# only a comment\n---\nb: 1\n...\n---\nc: 1\nd: 2')
  t.ok(
    edits.every(({ start }, index) => start >= (edits[index - 1]?.end ?? 0)),
    'in order',
  )
  for (const document of [1, 2, 5])
    t.equal(refusalOf(() => edit(text, [{ document, operations: [] }]))?.code, 'unreadable', `document ${document}`)
  const twice = [{ document: 0, operations: [] }]
  t.equal(refusalOf(() => edit(text, [...twice, ...twice]))?.code, 'patch', 'two patches for one document')
  t.end()
})

t.test('operations that build on each other, or meet', t => {
  const after = (operations: readonly Operation[]) => edit('a:\n  - x\nb: 1 # c\n', [{ document: 0, operations }]).text
  t.equal(
    after([
      { op: 'add', path: '/a/-', value: 'y' },
      { op: 'add', path: '/a/-', value: 'z' },
    ]),
    'a:\n  - x\n  - "y"\n  - z\nb: 1 # c\n',
  )
  t.equal(
    after([
      { op: 'add', path: '/m', value: { k: 1 } },
      { op: 'add', path: '/m/l', value: 2 },
      { op: 'replace', path: '/m/k', value: 3 },
    ]),
    'a:\n  - x\nb: 1 # c\nm:\n  k: 3\n  l: 2\n',
  )
  t.equal(
    after([
      { op: 'remove', path: '/a/0' },
      { op: 'add', path: '/a/0', value: 'w' },
    ]),
    'a: [w]\nb: 1 # c\n',
  )
  t.equal(
    after([
      { op: 'replace', path: '/b', value: 2 },
      { op: 'replace', path: '/b', value: 1 },
    ]),
    'a:\n  - x\nb: 1 # c\n',
    'back to what it was',
  )
  t.equal(
    refusalOf(() =>
      after([
        { op: 'replace', path: '/b', value: 2 },
        { op: 'test', path: '/b', value: 1 },
      ]),
    )?.code,
    'patch',
  )
  t.end()
})

t.test('many operations and many documents take no time of their square', t => {
  const list = `items:\n${Array.from({ length: 300 }, (_, index) => `- name: n${index}\n  port: 80 # p\n`).join('')}`
  const replaced = Array.from({ length: 300 }, (_, index): Operation => {
    return { op: 'replace', path: `/items/${index}/port`, value: 81 }
  })
  const started = performance.now()
  t.equal(edit(list, [{ document: 0, operations: replaced }]).text, list.replaceAll('port: 80', 'port: 81'))
  t.ok(performance.now() - started < 3000, 'a list of 300 items')

  const documents = Array.from({ length: 1000 }, (_, index) => `name: n${index}\nport: 80\n`).join('---\n')
  const patches = Array.from({ length: 1000 }, (_, document) => {
    return { document, operations: [{ op: 'replace', path: '/port', value: 81 } as const] }
  })
  t.equal(edit(documents, patches).text, documents.replaceAll('port: 80', 'port: 81'))
  t.ok(performance.now() - started < 10_000, '1,000 documents')
  t.end()
})

/** What some reader takes for something else than a string, or for something else than it is. */
const AWKWARD = [
  ...['on', '1.10', '', 'a: b', '# x', 'a #x', '8080', 'null', 'two\nlines', ' x', 'x ', '0x1F', '1_000', '2001-01-01'],
  ...[
    '{{ x }}',
    '*a',
    '&a',
    '@x',
    '%y',
    '`z',
    '=',
    '<<',
    '012',
    '1e3',
    '.5',
    '-',
    '- x',
    '?',
    '? x',
    '!t',
    '|',
    '>',
    '[x',
  ],
  ...[
    'a\tb',
    '---',
    '--- x',
    '...',
    '1:30',
    '0o17',
    '0b1',
    'y',
    'N',
    'Yes',
    'oFF',
    '~',
    '.inf',
    '-.INF',
    '.nan',
    '.',
    '+1',
    '-1',
  ],
  ...[
    '\u2028',
    '\u2029',
    '\u0007',
    '\u0085',
    '\ufeff',
    '\u00a0',
    '\r',
    'a\r\nb',
    "it's",
    '"',
    "'",
    '\\',
    'x:',
    ':x',
    'a:b',
    ',',
  ],
  ...[
    '{',
    '}',
    'a,b',
    'a]b',
    '1,000',
    '1e400',
    '190:20:30.15',
    '2001-01-01T00:00:00Z',
    '0x',
    '1.',
    '_1',
    'é',
    '😀',
    '\ud800',
  ],
]

t.test('strings are read back as they are, by YAML 1.1 and 1.2 and by Go’s rules', t => {
  for (const text of [
    'a: x\n',
    "a: 'x'\n",
    'a: "x"\n',
    'a: |\n  x\n',
    '{a: x}\n',
    '[{a: x}]\n',
    '- a: x # c\n',
    '{"a":"x"}',
  ]) {
    const [document] = parse(text).documents
    const at = Array.isArray(document?.value) ? '/0' : ''
    for (const value of AWKWARD) {
      const name = ascii(`${JSON.stringify(value)} into ${JSON.stringify(text)}`)
      const operations: Operation[] = [
        { op: 'replace', path: `${at}/a`, value },
        { op: 'add', path: `${at}/b`, value: [value] },
      ]
      const meant = patched(document?.value ?? null, operations)
      const { text: after } = edit(text, [{ document: 0, operations }])
      const keyed = edit(text, [
        { document: 0, operations: [{ op: 'add', path: `${at}/${escaped(value)}`, value: 1 }] },
      ])
      for (const version of ['1.1', '1.2'] as const) {
        t.ok(isSame(parseYaml(after, { version, logLevel: 'silent' }), meant), `${name}, YAML ${version}`)
        const keys = Object.keys([parseYaml(keyed.text, { version, logLevel: 'silent' })].flat()[0] ?? {})
        t.ok(keys.includes(value), `${name} as a key, YAML ${version}`)
      }
    }
  }
  t.equal(edit('a: x\n', [{ document: 0, operations: [{ op: 'replace', path: '/a', value: 'b c' }] }]).text, 'a: b c\n')
  for (const plain of [
    'http',
    'nginx:1.25',
    'http://x/y',
    '-a',
    'a-b',
    'a#b',
    'x=y',
    'é',
    'v1.2.3',
    '10:01:03:01:01:zz',
  ])
    t.equal(
      edit('a: x\n', [{ document: 0, operations: [{ op: 'replace', path: '/a', value: plain }] }]).text,
      `a: ${plain}\n`,
    )
  t.end()
})

interface SuiteCase {
  readonly comment?: string
  readonly doc: Json
  readonly patch: readonly Operation[]
  readonly expected?: Json
  readonly error?: string
  readonly disabled?: boolean
}

t.test('the public test suite of RFC 6902', t => {
  const require = createRequire(import.meta.url)
  const suite = ['tests.json', 'spec_tests.json'].flatMap(
    name => require(`json-patch-test-suite/${name}`) as readonly SuiteCase[],
  )
  const enabled = suite.filter(({ disabled, patch }) => disabled !== true && patch !== undefined)
  t.ok(enabled.length >= 90, `${enabled.length} cases`)
  for (const { comment, doc, patch, expected, error } of enabled) {
    const name = comment ?? error ?? JSON.stringify(patch)
    if (error === undefined) t.ok(isSame(patched(doc, patch), expected ?? doc), name)
    else t.throws(() => patched(doc, patch), PatchError, name)
    if (typeof doc !== 'object' || doc === null) continue
    const styles = [JSON.stringify(doc, null, 2), JSON.stringify(doc), new Document(doc).toString()]
    for (const text of styles) {
      if (error !== undefined) {
        t.equal(refusalOf(() => edit(text, [{ document: 0, operations: patch }]))?.code, 'patch', `${name}: ${text}`)
        continue
      }
      const edited = edit(text, [{ document: 0, operations: patch }])
      t.ok(isSame(edited.parsed.documents[0]?.value ?? null, expected ?? doc), `${name}: ${text}`)
      t.ok(isSame(parseYaml(edited.text), expected ?? doc), `${name}: ${text}, by \`yaml\``)
    }
  }
  t.end()
})

t.test('a patch never reaches what all objects share, nor changes its argument', t => {
  const value = JSON.parse('{"a":{"__proto__":{"x":1}},"l":[{"b":1}]}') as Json
  const copy = structuredClone(JSON.stringify(value))
  for (const path of ['/__proto__/polluted', '/a/__proto__/y', '/constructor/prototype/z', '/l/__proto__/z'] as const)
    t.throws(() => patched(value, [{ op: 'add', path, value: 1 }]), PatchError, path)
  patched(value, [
    { op: 'add', path: '/l/0/c', value: 1 },
    { op: 'remove', path: '/a' },
  ])
  t.equal(JSON.stringify(value), copy)
  t.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
  const kept = patched(value, [{ op: 'add', path: '/a/new', value: 1 }])
  t.equal(JSON.stringify(kept), '{"a":{"__proto__":{"x":1},"new":1},"l":[{"b":1}]}', 'a key of that name stays')
  t.end()
})

t.test('edits one after the other are edits at once', t => {
  const first = [
    { start: 1, end: 2, text: 'BB' },
    { start: 4, end: 4, text: '+' },
  ]
  const between = applied('abcdef', first)
  t.equal(between, 'aBBcd+ef')
  for (let start = 0; start <= between.length; start += 1) {
    for (let end = start; end <= between.length; end += 1) {
      const second = [{ start, end, text: '_' }]
      t.equal(applied('abcdef', composed(first, second, between)), applied(between, second), `${start}–${end}`)
    }
  }
  t.end()
})

t.test('random documents, random patches', t => {
  const runs = 10_000
  const counts = new Map<string, number>()
  const property = fc.property(cases, sample => {
    const verdict = verdictOf(sample)
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: runs, seed: 1, endOnFailure: true }), 'wrong: 0')
  t.comment([...counts].map(([verdict, count]) => `${verdict}: ${count}`).join(', '))
  t.equal(
    [...counts.values()].reduce((sum, count) => sum + count, 0),
    runs,
    'every run counts',
  )
  const countOf = (...verdicts: readonly string[]) =>
    verdicts.reduce((sum, verdict) => sum + (counts.get(verdict) ?? 0), 0)
  t.equal(countOf('proof'), 0, 'the engine knows what it can’t do')
  t.equal(countOf('patch', 'unreadable'), 0, 'every patch applies')
  t.ok(countOf('layout', 'block-scalar') < runs / 1000, 'hardly anything is refused for how it is written')
  t.ok(countOf('right') > 0.96 * runs, 'what is refused is refused for anchors, aliases, merge keys and tags')
  t.end()
})

function refusalOf(act: () => unknown): EditRefused | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof EditRefused) return error
    throw error
  }
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** A text for the name of a test, which line breaks of any kind would end. */
function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
