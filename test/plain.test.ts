import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { documentSpans } from '../src/read/cut.ts'
import { plainDocument } from '../src/read/plain.ts'
import { parse } from '../src/read/yaml.ts'
import { Random, randomText } from './random-text.ts'
import { comparison, yamlFilesIn } from './readers.ts'

const FILES = ['fixtures', '../examples'].flatMap(folder =>
  yamlFilesIn(fileURLToPath(new URL(folder, import.meta.url))).map(file => ({
    file,
    text: readFileSync(file, 'utf8'),
  })),
)

t.test('both readers read the same, or the plain one hands over', async t => {
  let [read, handedOver] = [0, 0]
  for (const { file, text } of FILES) {
    const compared = comparison(text)
    t.same(compared.mismatches, [], file)
    read += compared.read
    handedOver += compared.handedOver - compared.unreadable
  }
  t.ok(handedOver / (read + handedOver) < 0.02, `${handedOver} of ${read + handedOver} documents handed over`)
})

t.test('random texts', async t => {
  for (let seed = 0; seed < 1500; seed += 1) same(t, seed, randomText(new Random(seed)))
})

/** What changes the meaning of a line, or breaks it. */
const PIECES = [
  ...[
    '',
    ' ',
    '  ',
    '\n',
    '\n\n',
    '\n  ',
    '\t',
    '\r',
    ':',
    ': ',
    '- ',
    '-',
    '#',
    ' #',
    '|',
    '>',
    '|-\n',
    '>\n',
    '|+\n',
  ],
  ...['"', "'", "''", '{', '}', '{ ', '[', ']', ', ', '&a ', '*a', '!t ', '? ', '%', '...', '\n---\n', '\\', '\\n'],
  ...['a', '0', '~', '<<', '__proto__', '=', '@', '`', 'on', '\u0085', '\u2028', '\ufeff', '\u0000', 'é', '😀'],
]

t.test('real texts with slips in them', async t => {
  for (let seed = 0; seed < 1500; seed += 1) {
    const random = new Random(seed)
    let { text } = random.pick(FILES)
    const start = random.below(text.length)
    text = text.slice(start === 0 ? 0 : text.lastIndexOf('\n', start) + 1, start + 600)
    same(t, seed, withSlips(random, text))
  }
})

t.test('JSON with slips in it', async t => {
  const all = FILES.flatMap(({ text }) => parse(text).documents.map(({ value }) => value))
  const values = all.filter(value => JSON.stringify(value).length < 1000)
  for (let seed = 0; seed < 1500; seed += 1) {
    const random = new Random(seed)
    const text = JSON.stringify(random.pick(values), null, random.pick([0, 1, 2, '\t']))
    same(t, seed, withSlips(random, text))
  }
})

function withSlips(random: Random, text: string): string {
  let slipped = text
  for (let slips = 1 + random.below(3); slips > 0; slips -= 1) {
    const at = random.below(slipped.length + 1)
    slipped = slipped.slice(0, at) + random.pick(PIECES) + slipped.slice(at + random.pick([0, 0, 1, 2]))
  }
  return slipped
}

function same(t: Test, seed: number, text: string): void {
  const { mismatches } = comparison(text)
  if (mismatches.length > 0) t.fail(`seed ${seed}: read differently`, { text, mismatches })
}

/** What the plain reader takes by itself. */
const PLAIN: readonly string[] = [
  'a: 1\n',
  'a: 1',
  '---\na: 1\n',
  '# head\n\n--- # comment\n\n# more\na: 1 # one\n# tail\n',
  '  a: 1\n  b:\n   c: 2\n',
  'a:\nb: # none\nc:\n',
  'a:\n- 1\n-\n-   b: 2\n    c: 3\n- - x\n  -\n- # none\nd: 1\n',
  'a:\n  - 1\n  # comment\n\n # comment\n  - 2\n      # comment\nb: 1\n',
  '-\n  a: 1\n- b\n',
  `a: 'it''s' # one\nb: "# two"\n"c d": '#'\n'e': x#y\n`,
  'a: "\\"q\\" \\n \\\\ \\u00e9 \\t"\n',
  'a: http://x:80/y\nb: -x\nc: a, b]\nd: é\n',
  'a: [b, "c, d", 1, [], { }]\nb: { c: d, "e":1, f: [ g ] } # comment\n',
  'on: yes\n0644: 0644\n1.10: ~\n',
  'a: |\n  b\n\n   c\n  # d\n\n# comment\ne: >-\n    f\n    g\n\n    h\n',
  'a: |-\n  b\nc:\n- |\n d\n- > # comment\n  e\n',
  'a: b\n  c\n',
  'a: b  \n    c:d -e\n\n\n  "f\nb: 1\n  2\n',
  '- a\n b\n- c: d\n   e\n# tail\n- :8080\n',
  'a: b\n  c',
  'a: :b\n',
  '# head\r\na: 1 # one\r\n\r\nb: |\r\n  c\r\n\r\n   d\r\ne: >-\r\n  f\r\n  g\r\nh: i\r\n  j\r\n\r\n  k\r\n',
  '[a]\n',
  '{a: 1}\n',
  '{\r\n"a": 1\r\n}\r\n',
  '---\n{"a": 1} # comment\n\n# tail\n',
  '{\n\t"a":[\n\n1,\n{"b" : true}\n],\n"c":\n"d" }',
]

/** What it leaves to the full reader: it may mean something else than it seems to, or be wrong. */
const NOT_PLAIN: readonly string[] = [
  ...[
    '',
    '# only\n',
    '---\n',
    'a\n',
    '"a"\n',
    '--- {a: 1}\n',
    ' {a: 1}\n',
    '{a: 1}: 2\n',
    '{a: 1}]\n',
    '{"a"\n:1}\n',
    '{a: b\n c}\n',
    '{a: b # c\n}\n',
    '[a,\n]\n',
    '[a\n',
    '[a,\n... ]\n',
    '[a\n...\n]\n',
    '[a,\n--- b]\n',
    '{"a": 1, "a": 2}\n',
    '{"a": "b\n"}\n',
    '--- a\n',
    '%YAML 1.2\n---\na: 1\n',
  ],
  ...[
    'a: &b 1\n',
    'a: *b\n',
    'a: !t 1\n',
    '&a b: 1\n',
    '? a\n: 1\n',
    '<<: { a: 1 }\n',
    '"<<": 1\n',
    '__proto__: 1\n',
    '~: 1\n',
    '[a]: 1\n',
  ],
  ...[
    'a: 1\na: 2\n',
    'a: { b: 1, b: 2 }\n',
    '"a": 1\na: 2\n',
    'a : 1\n',
    '"a" : 1\n',
    'a: b: c\n',
    'a: - b\n',
    'a: "b" c\n',
    'a: "b"#c\n',
    'a: [b]c\n',
  ],
  ...[
    'a: b\n  c: d\n',
    'a: b # c\n  d\n',
    'a: b\n  c # d\n',
    'a: b\n  # c\n  d\n',
    'a: b\n  - c\n',
    'a: "b"\n  c\n',
    'a:\n  b\n',
    'a: "b\n  c"\n',
    "a: 'b\n\n  c'\n",
    'a: [b,\n  c]\n',
    'a: { b: 1\n  }\n',
    'a: "\\x41"\n',
    'a: "\\ "\n',
  ],
  ...[
    'a:\n  b: 1\n c: 2\n',
    ' a: 1\nb: 2\n',
    'a: 1\n b: 2\n',
    '- a\n b: 1\n',
    '- a\nb: 1\n',
    'a: 1\n- b\n',
    '- a: 1\n   b: 2\n',
  ],
  ...[
    'a:\tb\n',
    '\ta: 1\n',
    'a:\n\tb: 1\n',
    'a: b\tc\n',
    'a: 1\t# b\n',
    'a: 1\r',
    'a: 1\rb: 2\r\n',
    'a: "b\r\n  c"\r\n',
    '\ufeffa: 1\n',
    'a: \u2028\n',
    'a: \u0085\n',
    'a: \u0007\n',
  ],
  ...[
    'a: |2\n   b\n',
    'a: |+\n  b\n\n',
    'a: |\n  b',
    'a: |\nb: 1\n',
    'a: |\n     \n  b\n',
    'a: >\n  b\n   c\n',
    'a: >\n\n  b\n',
    'a: |\n  b\n\tc\n',
    'a: | b\n',
  ],
  ...[
    'a: [b: c]\n',
    'a: [b, ]\n',
    'a: [, b]\n',
    'a: {b}\n',
    'a: {b: }\n',
    'a: {b: c\n',
    'a: [b]]\n',
    'a: {{ b }}\n',
    'a: {b:c}\n',
    'a: [b #c]\n',
    'a: [-]\n',
  ],
  ...[
    'a: ,b\n',
    'a: %b\n',
    'a: @b\n',
    'a: `b\n',
    'a: ]\n',
    'a: [:b]\n',
    'a: : b\n',
    'a: ?b\n',
    'a: -\n',
    'a: 1\n...\n',
    '... a: 1\n',
    '.a: 1\n',
  ],
  `${'- '.repeat(120)}a\n`,
]

t.test('what is plain, and what is not', async t => {
  for (const text of [...PLAIN, ...NOT_PLAIN]) {
    const [span = { start: 0, end: text.length }] = documentSpans(text)
    const isPlain = plainDocument(text, span, 0) !== undefined
    t.equal(isPlain, PLAIN.includes(text), JSON.stringify(text).replace(/[^ -~]/g, '.'))
    same(t, -1, text)
  }
})

t.test('a tree that is not kept is made again', async t => {
  const text = Array.from({ length: 100 }, (_, index) => `- a: { b: ${index} }\n`).join('---\n')
  const { documents } = parse(text)
  const trees = documents.map(({ root }) => root)
  const [first, last] = [documents.at(0), documents.at(-1)]
  t.equal(last?.root, trees.at(-1), 'what was asked for last')
  t.not(first?.root, trees.at(0), 'what was asked for long ago')
  t.same(first?.root, trees.at(0))
})
