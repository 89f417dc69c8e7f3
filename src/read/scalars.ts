/** What a scalar can be, as Kubernetes reads it. */
export type Scalar = null | boolean | number | string

/** The words that are no strings. */
const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...['', '~', 'null', 'Null', 'NULL'].map(word => [word, null] as const),
  ...'y Y yes Yes YES true True TRUE on On ON'.split(' ').map(word => [word, true] as const),
  ...'n N no No NO false False FALSE off Off OFF'.split(' ').map(word => [word, false] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(word => [word, Infinity] as const),
  ...['-.inf', '-.Inf', '-.INF'].map(word => [word, -Infinity] as const),
  ...['.nan', '.NaN', '.NAN'].map(word => [word, NaN] as const),
])

/** `false`, `+.inf` */
const LONGEST_WORD = 5

/** The value of a plain scalar by the rules of Go's yaml.v2, which kubectl and the API server read with. */
export function plainScalar(text: string): Scalar {
  if (text.length <= LONGEST_WORD) {
    const value = WORDS.get(text)
    if (value !== undefined) return value
  }
  return (startsNumber(text.charCodeAt(0)) ? numberIn(text) : undefined) ?? text
}

/** A digit, `+`, `-` or `.`. */
function startsNumber(code: number): boolean {
  return code <= 57 && (code >= 48 || code === 43 || code === 45 || code === 46)
}

/**
 * A mapping key is a string in the end: `true: x` has the key `true`, `0644: x` the key `420`, `1e6: x` the key
 * `1e+06`. Undefined for what Kubernetes refuses as a key: null, and integers above 2^63−1.
 */
export function plainKey(text: string): string | undefined {
  const value = plainScalar(text)
  if (value === null) return undefined
  if (typeof value !== 'number') return String(value)
  const integer = integerOf(text)
  if (integer !== undefined) return integer < 2n ** 63n ? String(integer) : undefined
  return floatKey(value)
}

/** A float as Go prints it with `%g` and 32 bits. */
function floatKey(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  const single = Math.fround(value)
  if (!Number.isFinite(single)) return single > 0 ? '.inf' : '-.inf'
  let digits = 1
  while (digits < 9 && Math.fround(Number(single.toPrecision(digits))) !== single) digits += 1
  const [, mantissa = '', sign = '', exponent = ''] = /^(.*)e([-+])(.*)$/.exec(single.toExponential(digits - 1)) ?? []
  const power = Number(sign + exponent)
  if (power >= -4 && power < 6) return String(Number(single.toPrecision(digits)))
  return `${mantissa}e${sign}${exponent.padStart(2, '0')}`
}

function numberIn(text: string): number | undefined {
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text)
  const integer = integerOf(text)
  if (integer !== undefined) return Number(integer)
  // Behind a leading point Go allows `_` between digits only.
  if (text.startsWith('.') && /(?<!\d)_|_(?!\d)/.test(text)) return undefined
  const digits = text.replaceAll('_', '')
  if (!/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(digits)) return undefined
  const float = Number(digits)
  // Go reads what no float can hold as a string. There is no −0 in JSON Patch.
  return Number.isFinite(float) ? float + 0 : undefined
}

/** Integers from −2^63 to 2^64−1; beyond, the text is read as a float. */
function integerOf(text: string): bigint | undefined {
  const [, sign, digits] = /^([-+]?)([0-9].*)$/.exec(text.replaceAll('_', '')) ?? []
  if (digits === undefined || text.startsWith('_')) return undefined
  const literal = integerLiteral(digits)
  if (literal === undefined) return undefined
  const value = sign === '-' ? -literal : literal
  return value >= -(2n ** 63n) && value < 2n ** 64n ? value : undefined
}

function integerLiteral(digits: string): bigint | undefined {
  if (/^(0|[1-9][0-9]*)$/.test(digits)) return BigInt(digits)
  if (/^0[xX][0-9a-fA-F]+$/.test(digits)) return BigInt(digits)
  if (/^0[bB][01]+$/.test(digits)) return BigInt(digits)
  const octal = /^0[oO]?([0-7]+)$/.exec(digits)
  return octal === null ? undefined : BigInt(`0o${octal[1]}`)
}

/** What YAML 1.1 (kustomize's patches, many editors) or 1.2 reads as something else than a string. */
const OTHER_READINGS =
  /^([-+]?[0-9][0-9_,]*(:[0-5]?[0-9])*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|[-+]?\.[0-9_]*([eE][-+]?[0-9]+)?|[-+]?0[xob][0-9a-fA-F_]+|[-+]?\.(inf|nan)|\d{4}-\d\d?-\d\d?([Tt ].*)?|=|<<|~|null|true|false|yes|no|on|off|y|n|[-+]?e[0-9]+)$/i

/**
 * Whether a string can stand without quotes: Go's rules, YAML 1.1 and YAML 1.2 all read the same string back.
 *
 * @param flow whether it stands between brackets or braces, where more characters end it
 */
export function plainIsSafe(text: string, { flow }: { readonly flow: boolean }): boolean {
  if (typeof plainScalar(text) !== 'string' || OTHER_READINGS.test(text)) return false
  if (!isPrintable(text) || text !== text.trim()) return false
  if (/^[-?:,[\]{}#&*!|>'"%@`]/.test(text) && !/^-[A-Za-z0-9]/.test(text)) return false
  if (/: |:$| #/.test(text) || /^(---|\.\.\.)/.test(text)) return false
  // Between brackets some readers end a plain scalar at any colon.
  return !flow || !/[,[\]{}:]/.test(text)
}

/** Whether a text can stand in YAML as it is: no control characters, no line breaks, none of Unicode's invisible ones. */
export function isPrintable(text: string): boolean {
  return /^[\x20-\x7e\u00a1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u.test(text)
}
