import t from 'tap'
import type { Json } from '../src/read/tree.ts'
import { parse, positionAt, spanAt } from '../src/read/yaml.ts'

/** Plain scalars as `sigs.k8s.io/yaml` reads them, which kubectl and the API server use. */
const SCALARS: readonly (readonly [text: string, value: Json])[] = [
  ...['', '~', 'null', 'Null', 'NULL'].map(text => [text, null] as const),
  ...'y Y yes Yes YES true True TRUE on On ON'.split(' ').map(text => [text, true] as const),
  ...'n N no No NO false False FALSE off Off OFF'.split(' ').map(text => [text, false] as const),
  ...'yEs tRUE oN nO nULL none t f Y1 nullx'.split(' ').map(text => [text, text] as const),
  ...([
    ['0', 0],
    ['-0', 0],
    ['+1', 1],
    ['-1', -1],
    ['8080', 8080],
    ['1_000', 1000],
    ['1__0_', 10],
    ['+_1', 1],
    ['0x1F', 31],
    ['0X1f', 31],
    ['-0x1F', -31],
    ['0x_1F', 31],
    ['0b11', 3],
    ['0B1_1', 3],
    ['+0b11', 3],
    ['0o17', 15],
    ['0O17', 15],
    ['0644', 420],
    ['-0644', -420],
    ['0_17', 15],
    ['00', 0],
    ['9223372036854775807', 2 ** 63],
    ['-9223372036854775808', -(2 ** 63)],
    ['18446744073709551615', 2 ** 64],
    ['-9223372036854775809', -(2 ** 63)],
    ['18446744073709551616', 2 ** 64],
  ] as const),
  ...([
    ['1.5', 1.5],
    ['1.', 1],
    ['.5', 0.5],
    ['+.5', 0.5],
    ['-.5', -0.5],
    ['-0.0', 0],
    ['09', 9],
    ['1e3', 1000],
    ['1E-3', 0.001],
    ['1.e1', 10],
    ['1_0.5', 10.5],
    ['1_0e1_0', 1e11],
    ['.5_0', 0.5],
    ['1e400', '1e400'],
    ['.5_', '.5_'],
    ['._5', '._5'],
  ] as const),
  ...[
    '1:30',
    '10:01:03:01:01:01',
    '190:20:30.15',
    '2001-01-01',
    '2001-01-01T00:00:00Z',
    '.',
    '..',
    'e1',
    '1e',
    '1e+',
  ].map(text => [text, text] as const),
  ...['+', '0x', '0xg', '0b2', '0o8', '_1', '1 000', '1,000', '1.2.3', '1.1.1.1/8', 'NaN', 'inf', '=', '1a', '--1'].map(
    text => [text, text] as const,
  ),
]

const SPECIAL: readonly (readonly [text: string, value: number])[] = [
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(text => [text, Infinity] as const),
  ...['-.inf', '-.Inf', '-.INF'].map(text => [text, -Infinity] as const),
  ...['.nan', '.NaN', '.NAN'].map(text => [text, NaN] as const),
]

/** Keys as they become strings; undefined where Kubernetes refuses them. */
const KEYS: readonly (readonly [text: string, key: string | undefined])[] = [
  ['true', 'true'],
  ['on', 'true'],
  ['No', 'false'],
  ['0644', '420'],
  ['0x10', '16'],
  ['1_000', '1000'],
  ['-1', '-1'],
  ['12345678901234567', '12345678901234567'],
  ['9223372036854775807', '9223372036854775807'],
  ['9223372036854775808', undefined],
  ['1.10', '1.1'],
  ['1.0', '1'],
  ['100000.5', '100000.5'],
  ['1e6', '1e+06'],
  ['1234567.5', '1.2345675e+06'],
  ['1e21', '1e+21'],
  ['0.00001', '1e-05'],
  ['3.14159265358979', '3.1415927'],
  ['.inf', '.inf'],
  ['-.inf', '-.inf'],
  ['.nan', '.nan'],
  ['1e40', '.inf'],
  ['2001-01-01', '2001-01-01'],
  ['"0644"', '0644'],
  ["'on'", 'on'],
  ['!!str 1', '1'],
  ['a b', 'a b'],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['"<<"', '<<'],
  ['""', ''],
  ['~', undefined],
  ['null', undefined],
  ['', undefined],
  ['[a]', undefined],
  ['{a: b}', undefined],
  ['? {a: b}\n', undefined],
]

/** The value of the only document. */
function read(text: string): Json | undefined {
  const { documents, errors } = parse(text)
  if (errors[0] !== undefined) throw new Error(`${errors[0].message} (${JSON.stringify(text)})`)
  return documents[0]?.value
}

function errorsOf(text: string): readonly string[] {
  return parse(text).errors.map(({ message, offset }) => `${positionAt(text, offset).line}: ${message}`)
}

t.test('plain scalars as Go reads them', t => {
  for (const [text, value] of [...SCALARS, ...SPECIAL]) {
    const name = text === '' ? 'nothing' : text
    t.same(read(`a: ${text}\n`), { a: value }, name)
    if (!/[,]/.test(text)) t.same(read(`[x, ${text === '' ? '~' : text}]`), ['x', value], `${name}, between brackets`)
    t.same(read(`a: "${text}"\nb: '${text}'\n`), { a: text, b: text }, `${name}, quoted`)
  }
  t.same(read('a: |\n  8080\nb: >-\n  true\n'), { a: '8080\n', b: 'true' }, 'block scalars are strings')
  t.same(read('8080'), 8080, 'a scalar alone')
  t.end()
})

t.test('keys', t => {
  for (const [text, key] of KEYS) {
    const source = `${text}: x\n`
    if (key === undefined) t.match(errorsOf(source), [/^1: a (key|map)/], `${text || 'nothing'} is refused`)
    else t.same(Object.keys(read(source) ?? {}), [key], text)
  }
  t.same(Object.keys(read('? |\n  a\n: x\n') ?? {}), ['a\n'], 'a block scalar')
  t.same(Object.keys(read('&k a: *k\n') ?? {}), ['a'], 'an anchored key')
  t.same(read('x: &k a\n*k : b\n'), { x: 'a', a: 'b' }, 'an alias')
  t.same(read('? a\n? b\n: 1\n'), { a: null, b: 1 }, 'explicit keys')
  t.same(read('{a, b: , "c":1}'), { a: null, b: null, c: 1 }, 'bare keys')
  t.end()
})

t.test('`__proto__` is a key like any other', t => {
  const value = read('{"__proto__": {"polluted": 1}, "a": {"__proto__": 2}, "constructor": 3}') as object
  t.same(Object.keys(value), ['__proto__', 'a', 'constructor'])
  t.equal(Object.getPrototypeOf(value), Object.prototype)
  t.equal('polluted' in {}, false)
  t.same(Object.entries(read('x: &x\n  __proto__: 1\ny:\n  <<: *x\n') as object)[1]?.[1], JSON.parse('{"__proto__":1}'))
  t.end()
})

t.test('tags', t => {
  const tags: readonly (readonly [text: string, value: Json])[] = [
    ['!!str 1', '1'],
    ['!!str', ''],
    ['!!str null', 'null'],
    ['!!int "5"', 5],
    ['!!int 0x10', 16],
    ['!!float 1', 1],
    ['!!bool "yes"', true],
    ['!!null ""', null],
    ['!!binary aGk=', 'hi'],
    ['!!timestamp 2001-01-01', '2001-01-01'],
    ['!local 12', '12'],
    ['!myint 12', '12'],
    ['! 12', '12'],
    ['!!map {b: 1}', { b: 1 }],
    ['!<tag:yaml.org,2002:str> 1', '1'],
  ]
  for (const [text, value] of tags) t.same(read(`a: ${text}\n`), { a: value }, text)
  t.end()
})

t.test('block scalars', t => {
  const scalars: readonly (readonly [text: string, value: string])[] = [
    ['|\n  foo\n', 'foo\n'],
    ['|\n  foo', 'foo'],
    ['|+\n  foo', 'foo'],
    ['>\n  foo', 'foo'],
    ['>\n  foo\n  bar', 'foo bar'],
    ['|-\n  foo', 'foo'],
    ['|\n  foo\n  ', 'foo\n'],
    ['|+\n  foo\n\n  ', 'foo\n\n'],
    ['|\n  foo\n    ', 'foo\n  '],
    ['|\n  foo\n    \n', 'foo\n  \n'],
    ['|+\n  foo\n\n\n', 'foo\n\n\n'],
    ['|', ''],
    ['|\n\n', ''],
    ['|+\n\n', '\n'],
    ['| # comment\n  foo\n # comment\n', 'foo\n'],
    ['|2\n   foo\n', ' foo\n'],
    ['|\n  # no comment\n  --- no marker\n', '# no comment\n--- no marker\n'],
    ['|\r\n  foo\r\n  bar\r\n', 'foo\nbar\n'],
  ]
  for (const [text, value] of scalars) t.same(read(`a: ${text}`), { a: value }, JSON.stringify(text))
  t.same(read('a: |\n  foo\n---\n'), { a: 'foo\n' }, 'a marker is no end of the text')
  t.end()
})

t.test('documents are cut at markers', t => {
  const cut = (text: string) => parse(text).documents.map(({ index, value }) => [index, value])
  const cases: readonly (readonly [text: string, documents: readonly (readonly [number, Json])[]])[] = [
    ['', []],
    ['\n\n', []],
    ['# only a comment\n', []],
    ['---\n', []],
    ['---\n---\na\n', [[1, 'a']]],
    [
      'a\n---\nb\n',
      [
        [0, 'a'],
        [1, 'b'],
      ],
    ],
    ['# head\n---\na\n', [[0, 'a']]],
    ['%YAML 1.1\n---\na\n', [[0, 'a']]],
    [
      'a\n---\n# only a comment\n---\nb\n',
      [
        [0, 'a'],
        [2, 'b'],
      ],
    ],
    ['a\n...\n', [[0, 'a']]],
    ['a\n...\n# tail\n', [[0, 'a']]],
    [
      'a\n...\n---\nb\n',
      [
        [0, 'a'],
        [1, 'b'],
      ],
    ],
    [
      'a\n...\nb\n',
      [
        [0, 'a'],
        [1, 'b'],
      ],
    ],
    [
      'a\n... # end\n# between\n--- # start\nb\n',
      [
        [0, 'a'],
        [1, 'b'],
      ],
    ],
    [
      '--- a\n--- b',
      [
        [0, 'a'],
        [1, 'b'],
      ],
    ],
    [
      '--- |\n a\n---\tb\n',
      [
        [0, 'a\n'],
        [1, 'b'],
      ],
    ],
    ['--- # c\na: 1', [[0, { a: 1 }]]],
    ['a: |\n  x\n  ---\n  y\n', [[0, { a: 'x\n---\ny\n' }]]],
    [
      'a: |\n  x\n---\nb\n',
      [
        [0, { a: 'x\n' }],
        [1, 'b'],
      ],
    ],
    ['a: ---\nb: ---x\n', [[0, { a: '---', b: '---x' }]]],
    ['---a: 1\n', [[0, { '---a': 1 }]]],
    [
      'a\r\n---\r\nb\r\n',
      [
        [0, 'a'],
        [1, 'b'],
      ],
    ],
    [
      'a\r---\rb\r',
      [
        [0, 'a'],
        [1, 'b'],
      ],
    ],
    ['\ufeff---\na\n', [[0, 'a']]],
    [
      'a\n\ufeff---\nb\n',
      [
        [0, 'a'],
        [1, 'b'],
      ],
    ],
    ['a: "x\u2028--- y"\n', [[0, { a: 'x\u2028--- y' }]]],
  ]
  for (const [text, documents] of cases) t.same(cut(text), documents, ascii(text))
  const { documents } = parse('a\n---\nb\n...\nc')
  t.same(
    documents.map(({ start, end }) => [start, end]),
    [
      [0, 2],
      [2, 12],
      [12, 13],
    ],
    'their spans',
  )
  t.end()
})

t.test('a broken document leaves the others readable', t => {
  for (const broken of [
    '{a',
    'a: b: c',
    '"x',
    'a: [1',
    '- a\nb: c',
    'a:\n\t- b',
    'a: *nowhere',
    '{{ x }}: y',
    '[a]: b',
    'a: 1\na: 2',
    '@a',
    'a: |x\n',
  ]) {
    const text = `a: 1\n---\n${broken}\n---\nb: 2\n`
    const { documents, errors } = parse(text)
    t.same(
      documents.map(({ index, value }) => [index, value]),
      [
        [0, { a: 1 }],
        [2, { b: 2 }],
      ],
      broken,
    )
    t.equal(errors.length, 1, `${broken}: one error`)
    t.equal(errors[0]?.document, 1)
    t.ok((errors[0]?.offset ?? 0) >= 9 && (errors[0]?.offset ?? 0) <= 9 + broken.length + 1, `${broken}: its place`)
    t.match(errors[0]?.message, /\w+ \w+/, `${broken}: ${errors[0]?.message}`)
    t.notMatch(errors[0]?.message, '\n')
  }
  t.end()
})

t.test('duplicate keys are told with both lines', t => {
  t.same(errorsOf('# c\na: 1\nb: 2\na: 3\n'), ['4: the key "a" stands twice in one map, first in line 2; remove one'])
  for (const text of [
    '{a: 1, a: 2}',
    '0644: 1\n420: 2\n',
    'on: 1\ntrue: 2\n',
    'a: 1\n"a": 2\n',
    '1_0: a\n10: b\n',
    'x: &k a\n*k : 1\na: 2\n',
  ])
    t.match(errorsOf(text), [/stands twice/], text)
  t.same(errorsOf('a: {b: 1}\nb: 1\n'), [], 'in different maps')
  t.same(errorsOf('9007199254740993: a\n9007199254740992: b\n'), [], 'numbers that only JavaScript takes for the same')
  t.end()
})

t.test('aliases', t => {
  t.same(read('a: &x {b: 1}\nc: *x\nd: [*x, *x]\n'), { a: { b: 1 }, c: { b: 1 }, d: [{ b: 1 }, { b: 1 }] })
  t.same(read('a: &x 1\nb: *x\nc: &x 2\nd: *x\n'), { a: 1, b: 1, c: 2, d: 2 }, 'an anchor that is set again')
  t.same(read('a: &x\nb: *x\n'), { a: null, b: null }, 'of nothing')
  t.same(read('&r\na: 1\n'), { a: 1 }, 'of the whole')
  t.match(errorsOf('a: *x\nb: &x 1\n'), [/\*x has no anchor before it/])
  t.match(errorsOf('a: &x 1\n---\nb: *x\n'), [/no anchor/], 'of another document')
  t.match(errorsOf('a: &x [*x]\n'), [/no anchor/], 'of what it is in')
  t.end()
})

t.test('merge keys', t => {
  const base = 'x: &x {a: 1, b: 1}\ny: &y {c: 1}\n'
  const merged = (text: string) => {
    const [document] = parse(base + text).documents
    const value = document?.value as { readonly z?: Json } | undefined
    return [value?.z, document?.readOnly?.replace(/, which .*/, '')]
  }
  t.same(merged('z:\n  <<: *x\n  a: 2\n'), [{ a: 2, b: 1 }, undefined])
  t.same(merged('z:\n  c: 2\n  <<: *x\n'), [{ c: 2, a: 1, b: 1 }, undefined], 'behind another key')
  t.same(merged('z: {<<: {a: 3}, b: 2}\n'), [{ a: 3, b: 2 }, undefined], 'of a map that stands there')
  t.same(merged('z: {"<<": *x}\n'), [{ '<<': { a: 1, b: 1 } }, undefined], 'in quotes it is a key like any other')
  t.match(merged('z:\n  <<: [*x, *y]\n'), [{ a: 1, b: 1, c: 1 }, 'it merges several maps'])
  t.match(merged('z:\n  <<: *x\n  <<: *y\n'), [{ a: 1, b: 1, c: 1 }, 'it merges several maps'])
  t.match(merged('z:\n  <<: 1\n  a: 2\n'), [{ a: 2 }, 'it merges'])
  t.match(merged('z:\n  <<:\n  a: 2\n'), [{ a: 2 }, 'it merges'])
  t.match(merged('z:\n  a: 2\n  <<: *x\n'), [{ a: 2, b: 1 }, 'it merges a key that stands before'], 'in Go, 1 wins')
  t.end()
})

t.test('what parsers read differently is not edited', t => {
  for (const text of ['a: x\u2028\n', 'a: 1 # \u2029\n', 'a: "\u0085"\n'])
    t.match(parse(text).documents[0]?.readOnly, /line breaks of another kind/, ascii(text))
  t.equal(parse('{"a": "\u2028\u0085"}').documents[0]?.readOnly, undefined, 'JSON knows none of them')
  t.end()
})

function timed<Result>(run: () => Result): { readonly result: Result; readonly time: number } {
  const started = performance.now()
  const result = run()
  return { result, time: performance.now() - started }
}

t.test('limits: a clear error, soon', t => {
  const many = 100_000
  const bombs: Readonly<Record<string, string>> = {
    'flow lists': '['.repeat(many),
    'closed flow lists': '['.repeat(many) + ']'.repeat(many),
    'flow maps': '{a: '.repeat(many) + '}'.repeat(many),
    'lists beside dashes': `${'- '.repeat(many)}a`,
    'explicit keys': `${'? '.repeat(10_000)}a`,
    indentation: Array.from({ length: 1500 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    JSON: `${'{"a":'.repeat(many)}1${'}'.repeat(many)}`,
  }
  const flat = timed(() => parse(`[${'a: 1, '.repeat(many)}]`))
  for (const [name, text] of Object.entries(bombs)) {
    const { result, time } = timed(() => parse(text))
    t.same(
      result.errors.map(({ message }) => message),
      ['nested too deeply'],
      name,
    )
    t.ok(time < 2 * flat.time, `${name}: about as soon as one that is as long and flat`)
  }
  const laughs = Array.from(
    { length: 30 },
    (_, index) => `a${index}: &a${index} [${Array(9).fill(index === 0 ? 'lol' : `*a${index - 1}`)}]`,
  )
  t.match(errorsOf(laughs.join('\n')), [/aliases stand for too many values/], 'aliases of aliases')
  const merges = Array.from(
    { length: 40 },
    (_, index) => `a${index}: &a${index} {k${index}: 1${index === 0 ? '' : `, l: *a${index - 1}, <<: *a${index - 1}`}}`,
  )
  t.match(errorsOf(merges.join('\n')), [/aliases stand for too many values/], 'merges of merges')

  const deep = 150
  t.same(errorsOf('['.repeat(deep) + ']'.repeat(deep)), [], 'deep, but not too deep')
  t.same(
    errorsOf(`a: |\n  ${'[{'.repeat(5000)}\nb: "${'['.repeat(5000)}" # ${'{'.repeat(5000)}\n`),
    [],
    'brackets in texts',
  )
  t.end()
})

t.test('byte order mark, line endings', t => {
  for (const text of ['a: 1\nb:\n  - c\n', '- a\n- b\n', '{a: 1}\n', '# c\na: 1\n', '"x"\n']) {
    const value = read(text)
    t.same(read(`\ufeff${text}`), value, `${text} behind a byte order mark`)
    t.same(read(text.replaceAll('\n', '\r\n')), value, `${text} with CRLF`)
    t.same(read(text.replaceAll('\n', '\r')), value, `${text} with CR`)
  }
  t.same(read('a: "x\r\n  y"\r\nb: x\r  y\r'), { a: 'x y', b: 'x y' }, 'scalars over several lines')
  t.end()
})

t.test('JSON', t => {
  const value = { a: [1, -1.5e3, true, null, 'x\ty', '\u00e9😀/"\\\b\f\n\r'], b: {}, c: [], 'd e': { '': '' } }
  for (const unit of [undefined, 2, 4, '\t']) {
    const text = JSON.stringify(value, null, unit)
    t.same(read(text), value, `indented with ${JSON.stringify(unit)}`)
    t.equal(parse(text).json, true)
    t.equal(parse(`\ufeff${text}\n`).json, true, 'behind a byte order mark')
  }
  t.same(read('{"a":"\\ud83d\\ude00\\u00e9\\/"}'), { a: '😀é/' }, 'escapes and surrogates')
  t.same(read('{"a"\n:\n1\n,"b":"c:d,e#f"}'), { a: 1, b: 'c:d,e#f' })
  t.same(read('{\n# c4\n"a": {}\n# c5\n}'), { a: {} }, 'nearly: with comments')
  for (const text of ['{a: 1}', '[1,]', 'a: 1', '{"a": 1} # c', '{"a":1}\n---\n{"a":1}', "{'a':1}"])
    t.equal(parse(text).json, false, `${text} is no JSON`)
  t.end()
})

t.test('positionAt', t => {
  const of = (text: string, mark: string) => Object.values(positionAt(text, text.indexOf(mark)))
  t.same(of('abc', 'a'), [1, 1])
  t.same(of('abc', 'c'), [1, 3])
  t.same(of('a\nb\n\ncd', 'd'), [4, 2])
  t.same(of('a\r\nb\r\ncd', 'd'), [3, 2])
  t.same(of('a\rb\rcd', 'd'), [3, 2])
  t.same(of('a\r\rb\r\n\ncd', 'd'), [5, 2], 'mixed')
  t.same(of('\ufeffab', 'b'), [1, 2], 'a byte order mark has no column')
  t.same(of('\ufeffa\nb', 'b'), [2, 1])
  t.same(of('a\u2028b', 'b'), [1, 3], 'U+2028 ends no line')
  t.same(positionAt('\ufeffa', 0), { line: 1, column: 1 })
  t.same(positionAt('a\n', 1), { line: 1, column: 2 }, 'a line break is the end of its line')
  t.same(positionAt('a\n', 2), { line: 2, column: 1 }, 'the end of the text')
  t.same(positionAt('', 0), { line: 1, column: 1 })
  t.end()
})

t.test('spanAt', t => {
  const text = '\ufeff# c\na: {b: "x"}\nl:\n  - 1\n  - &x two # c\nz:\n  <<: {m: 1}\n---\na: second\n'
  const [first, second] = parse(text).documents
  const at = (document: typeof first, pointer: '' | `/${string}`) => {
    if (document === undefined) return undefined
    const { start, end } = spanAt(document, pointer)
    return text.slice(start, end)
  }
  t.equal(at(first, '/a/b'), '"x"')
  t.equal(at(first, '/l/1'), 'two')
  t.equal(at(first, '/a/none'), '{b: "x"}', 'the nearest ancestor')
  t.equal(at(first, '/l/7/x'), at(first, '/l'))
  t.equal(at(first, '/l/'), at(first, '/l'), 'an empty key is no index')
  t.equal(at(first, '/l/-'), at(first, '/l'))
  t.match(at(first, '/z/m'), /^<<: \{m: 1\}/, 'what is merged stands nowhere else')
  t.match(at(first, ''), /^a: [\s\S]*\{m: 1\}/)
  t.equal(at(second, '/a'), 'second')
  t.end()
})

t.test('spans of the tree', t => {
  const text = 'a: &x # c\n  k: 1\nb: !t "v"\n? c\n: - 1\n  -\nd: [&y e: f]\n'
  const root = parse(text).documents[0]?.root
  const entries = root?.type === 'map' ? root.entries : []
  const told = entries.map(({ start, end, colon, value, explicit }) => [
    text.slice(start, end).trimEnd(),
    text[colon ?? -1],
    value === undefined ? '' : text.slice(value.outer, value.start),
    explicit,
  ])
  t.same(told, [
    ['a: &x # c\n  k: 1', ':', '&x # c\n  ', false],
    ['b: !t "v"', ':', '!t ', false],
    ['? c\n: - 1\n  -', ':', '', true],
    ['d: [&y e: f]', ':', '', false],
  ])
  t.end()
})

function ascii(text: string): string {
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, character => `\\u${character.charCodeAt(0).toString(16)}`)
}
