/** Random numbers that a seed decides. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0, below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }
}

/** Strings that need quotes somewhere, and some that don't. */
export const STRINGS: readonly string[] = [
  ...[
    'http',
    'nginx:1.25',
    'a b',
    'on',
    '1.10',
    '',
    'a: b',
    '# x',
    'a #b',
    '8080',
    'null',
    'two\nlines\n',
    'two\nlines',
  ],
  ...[' x', 'x ', '0x1F', '1_000', '2001-01-01', '{{ x }}', '*a', '@x', '%y', '`z', '=', '<<', '012', '1e3', '.5', '-'],
  ...[
    '?',
    '!t',
    '|',
    '[x',
    'a\tb',
    '---',
    '1:30',
    '0o17',
    'y',
    'N',
    '.inf',
    '\u2028',
    '\u0007',
    '\u0085',
    "it's",
    '"q"',
  ],
  ...[
    'http://x/y',
    'a,b',
    'x:',
    ':x',
    '- a',
    '-a',
    '? b',
    '& c',
    '>',
    '~',
    '...',
    '\ufeff',
    '😀',
    'é',
    '\\n',
    'a\r\nb',
    '...x',
  ],
]

/** How a document looks. */
interface Look {
  readonly step: number
  readonly sequenceOffset: number
  readonly gap: string
  /** How often comments, blank lines and odd blanks stand somewhere. */
  readonly noise: number
  /** How often there are anchors, aliases, merge keys, tags and explicit keys. */
  readonly exotic: number
}

/** A text of one to three documents of YAML, or one of JSON. */
export function randomText(random: Random): string {
  if (random.chance(0.1)) return randomJson(random)
  const documents = Array.from({ length: random.pick([1, 1, 1, 1, 2, 3]) }, () => new Writer(random).document())
  const [first = '', ...others] = documents
  const head = random.chance(0.15) ? random.pick(['---\n', '--- # comment\n', '# head\n---\n', '# head\n', '\n']) : ''
  const between = (): string =>
    random.pick(['---\n', '---\n', '--- # next\n', '...\n---\n', '...\n# c\n---\n', '---\n# only\n---\n'])
  const tail = random.chance(0.15)
    ? random.pick(['...\n', '# tail\n', '\n\n', '  # tail\n', '---\n', '---\n# tail\n'])
    : ''
  return finished(random, head + first + others.map(text => between() + text).join('') + tail)
}

/** Line endings, byte order mark, the end of the last line. */
function finished(random: Random, lines: string): string {
  let text = random.chance(0.15) ? lines.replace(/\n+$/, '') : lines
  if (random.chance(0.1)) text = text.replaceAll('\n', '\r\n')
  else if (random.chance(0.03)) text = text.replace(/\n/g, () => random.pick(['\n', '\r\n']))
  else if (random.chance(0.01)) text = text.replaceAll('\n', '\r')
  return random.chance(0.05) ? `\ufeff${text}` : text
}

function randomJson(random: Random): string {
  const value = jsonValue(random, 0)
  const unit = random.pick([undefined, undefined, 2, 4, '\t'])
  const text = JSON.stringify(value, null, unit)
  const spaced = unit === undefined && random.chance(0.3) ? text.replace(/([:,])(?=["[{\d])/g, '$1 ') : text
  return finished(random, `${spaced}\n`)
}

function jsonValue(random: Random, depth: number): unknown {
  const length = random.below(4)
  if (depth === 0 || (depth < 3 && random.chance(0.5))) {
    if (random.chance(0.4)) return Array.from({ length }, () => jsonValue(random, depth + 1))
    return Object.fromEntries(
      Array.from({ length }, () => [random.pick(KEYS).replaceAll(/['"]/g, ''), jsonValue(random, depth + 1)]),
    )
  }
  return random.pick([1, true, null, ...STRINGS.filter(text => !text.includes(','))])
}

const KEYS = [
  'name',
  'kind',
  'metadata',
  'labels',
  'ports',
  'spec',
  'containers',
  'image',
  'port',
  'targetPort',
  'data',
  'on',
  '0644',
  '"a b"',
  "'x'",
  'app.kubernetes.io/name',
  'key with blanks',
  'true',
  '"8080"',
  'env',
  'a:b',
  '-k',
]

const PLAIN = [
  'web',
  'nginx:1.25',
  '8080',
  'true',
  'null',
  '~',
  'on',
  '0644',
  '1.10',
  'a b c',
  'http://x/y',
  '1:30',
  'x#y',
  '-a',
  '"8080"',
  "'on'",
  '"a: b"',
  "'it''s'",
  '"\\n# no"',
  "''",
  '""',
  'é',
  'a-b',
  '2001-01-01',
  '0x1F',
]

/**
 * Writes one document of block style. Each method gives text from where it is asked for to the end of a line; `column`
 * is that of the key or dash that the text belongs to.
 */
class Writer {
  readonly #random: Random
  readonly #look: Look
  readonly #anchors: { readonly name: string; readonly isMap: boolean }[] = []
  #comments = 0

  constructor(random: Random) {
    this.#random = random
    const step = random.pick([2, 2, 2, 2, 3, 4, 8, 1])
    this.#look = {
      step,
      sequenceOffset: random.pick([0, 0, 2, step]),
      gap: random.pick([' ', ' ', ' ', ' ', '   ']),
      noise: random.pick([0, 0.1, 0.1, 0.3]),
      exotic: random.pick([0, 0, 0.05, 0.2]),
    }
  }

  document(): string {
    const kind = this.#random.next()
    if (kind < 0.75) return this.#map(0, 0)
    if (kind < 0.9) return this.#sequence(0, 0)
    if (kind < 0.97) return `${this.#flow(0, 0)}${this.#ending()}`
    return `${this.#scalar()}${this.#ending()}`
  }

  #map(column: number, depth: number): string {
    const keys = new Set(Array.from({ length: 1 + this.#random.below(4) }, () => this.#random.pick(KEYS)))
    const entries = [...keys].map(key => this.#entry(key, column, depth))
    const target = this.#random.chance(this.#look.exotic) ? this.#anchors.find(({ isMap }) => isMap) : undefined
    if (target !== undefined)
      entries.splice(this.#random.below(2) * entries.length, 0, `<<: *${target.name}${this.#ending()}`)
    return entries
      .map((entry, index) => (index === 0 ? entry : this.#between(column) + ' '.repeat(column) + entry))
      .join('')
  }

  #entry(key: string, column: number, depth: number): string {
    const value = this.#value(column, depth)
    if (this.#random.chance(this.#look.exotic / 4)) return `? ${key}\n${' '.repeat(column)}:${value}`
    const anchor = this.#random.chance(this.#look.exotic / 5) ? `&k${this.#anchors.length + this.#comments} ` : ''
    return `${anchor}${key}${this.#random.chance(this.#look.noise / 5) ? ' ' : ''}:${value}`
  }

  #sequence(column: number, depth: number): string {
    const items = Array.from({ length: 1 + this.#random.below(3) }, () => `-${this.#item(column, depth)}`)
    return items.map((item, index) => (index === 0 ? item : this.#between(column) + ' '.repeat(column) + item)).join('')
  }

  #item(column: number, depth: number): string {
    const { gap, noise, step } = this.#look
    const kind = this.#random.next()
    if (depth > 3 || kind < 0.5) return this.#value(column, 4)
    const inner = column + 1 + gap.length
    if (kind < 0.6) return gap + this.#sequence(inner, depth + 1)
    if (this.#random.chance(noise / 2))
      return `${this.#ending()}${' '.repeat(column + step)}${this.#map(column + step, depth + 1)}`
    return gap + this.#map(inner, depth + 1)
  }

  #value(column: number, depth: number): string {
    const { step, sequenceOffset, exotic } = this.#look
    if (this.#anchors.length > 0 && this.#random.chance(exotic))
      return ` *${this.#random.pick(this.#anchors).name}${this.#ending()}`
    const kind = this.#random.next() * (depth > 3 ? 0.65 : 1)
    const isMap = kind > 0.84
    const properties = this.#properties(isMap)
    const inner = ' '.repeat(column + step)
    if (kind < 0.35) return `${properties} ${this.#scalar()}${this.#ending()}`
    if (kind < 0.4) return properties + this.#ending()
    if (kind < 0.43) return `${properties}${this.#ending()}${inner}${this.#scalar()}${this.#ending()}`
    if (kind < 0.47) return `${properties} ${this.#folded(inner)}${this.#ending()}`
    if (kind < 0.55) return `${properties} ${this.#blockScalar(inner)}`
    if (kind < 0.65) return `${properties} ${this.#flow(column + step, 0)}${this.#ending()}`
    const head = properties + this.#ending() + this.#between(column + step)
    if (isMap) return head + inner + this.#map(column + step, depth + 1)
    const dashes = column + sequenceOffset
    return `${head}${' '.repeat(dashes)}${this.#sequence(dashes, depth + 1)}`
  }

  #properties(isMap: boolean): string {
    if (this.#random.chance(this.#look.exotic / 6)) return this.#random.pick([' !!str', ' !local', ' !'])
    if (!this.#random.chance(this.#look.exotic)) return ''
    const name = this.#random.pick(['x', 'base', 'common'])
    this.#anchors.push({ name, isMap })
    return ` &${name}`
  }

  #scalar(): string {
    return this.#random.pick(PLAIN)
  }

  /** A scalar over several lines. */
  #folded(indent: string): string {
    const lines = `one\n${this.#random.chance(0.3) ? '\n' : ''}${indent}two`
    return this.#random.pick([lines, `"${lines}"`, `'${lines}'`, `"${lines}\\\n${indent}three"`])
  }

  #blockScalar(indent: string): string {
    const header = this.#random.pick(['|', '|', '|', '>', '|-', '>-', '|+', '>+'])
    const lines = this.#random.pick([
      ['text'],
      ['one', 'two'],
      ['# no comment', 'a: b'],
      ['one', '', '  deeper', 'two'],
      ['x', ' '],
    ])
    const behind = this.#random.chance(0.2)
      ? this.#random.pick(['\n', '\n\n', '  \n', `${indent}\n`, `${indent}  \n`])
      : ''
    const body = lines.map(line => `${line === '' ? '' : indent + line}\n`).join('')
    return header + this.#ending() + body + behind
  }

  #flow(column: number, depth: number): string {
    const { noise } = this.#look
    const isBroken = this.#random.chance(0.25)
    const isList = this.#random.chance(0.5)
    const line = ' '.repeat(column + 2 * depth)
    const keys = [...new Set(Array.from({ length: this.#random.below(4) }, () => this.#random.pick(FLOW_KEYS)))]
    const members = keys.map(key => {
      const value = this.#flowValue(column, depth)
      if (isList) return this.#random.chance(0.1) ? `${key}: ${value}` : value
      return this.#random.chance(0.1) ? key : `${key}: ${this.#random.chance(0.1) ? '' : value}`
    })
    const [open, close] = isList ? '[]' : '{}'
    const comma = members.length > 0 && this.#random.chance(0.15) ? ',' : ''
    const pad = this.#random.chance(0.2) ? ' ' : ''
    if (!isBroken) return open + pad + members.join(this.#random.chance(noise / 2) ? ' , ' : ', ') + comma + pad + close
    const lines = members.map((member, index) => {
      const isLast = index === members.length - 1
      return `${line}${member}${isLast ? comma : ','}${this.#ending()}`
    })
    return `${open}${this.#ending()}${this.#random.chance(noise) ? `${line}${this.#comment()}\n` : ''}${lines.join('')}${line}${close}`
  }

  #flowValue(column: number, depth: number): string {
    if (depth < 2 && this.#random.chance(0.25)) return this.#flow(column, depth + 1)
    if (this.#anchors.length > 0 && this.#random.chance(this.#look.exotic))
      return `*${this.#random.pick(this.#anchors).name} `
    return this.#random.pick(FLOW_VALUES)
  }

  #comment(): string {
    this.#comments += 1
    return `# c${this.#comments}`
  }

  /** The rest of a line. */
  #ending(): string {
    if (!this.#random.chance(this.#look.noise)) return '\n'
    return this.#random
      .pick([` ${this.#comment()}`, `   ${this.#comment()}`, `\t${this.#comment()}`, '  ', '\t'])
      .concat('\n')
  }

  /** Comments and empty lines between two entries. */
  #between(column: number): string {
    if (!this.#random.chance(this.#look.noise)) return ''
    const comment = (indent: number): string => `${' '.repeat(indent)}${this.#comment()}\n`
    return this.#random.pick([
      ...[
        comment(column),
        comment(column),
        comment(0),
        comment(column + 2),
        comment(column + 6),
        comment(column) + comment(column),
      ],
      ...['\n', '   \n', `\n${comment(column)}`],
    ])
  }
}

const FLOW_KEYS = ['a', 'b', 'c', '"d"', "'e f'", 'on', '0644', 'http']

const FLOW_VALUES = ['x', '1', 'true', 'a b', '"q, r"', "'s'", '~', 'http://x/y', '""', '[]', '{}', '{ }', '"#"', 'a#b']
