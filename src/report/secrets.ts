import { documentSpans } from '../read/cut.ts'
import { isMap, stringsAt } from '../read/json.ts'
import type { Resource } from '../read/resource.ts'
import type { Json, MapEntry, MapNode, Node, ParsedText, Span } from '../read/tree.ts'

/** What of a Secret may be seen. The rest may hold what is secret, comments and misspelt keys included. */
const PUBLIC = new Set(['apiVersion', 'kind', 'type'])

/** Keys that may be seen where they stand alone on their lines. */
const HEADS = new Set(['metadata', 'data', 'stringData'])

/**
 * What of a text must not be shown, not even around a change: Secrets, all but the lines that say that they are. Where
 * a change is, git needs a line below it.
 */
export function secretSpans({ text, documents }: ParsedText): readonly Span[] {
  if (!MAYBE.test(text)) return []
  const parsed = new Map(documents.map(document => [document.start, document]))
  return documentSpans(text).flatMap(({ start, end }) => {
    const source = text.slice(start, end)
    if (!MAYBE.test(source)) return []
    const root = parsed.get(start)?.root
    const content = start + markerOf(source)
    return root === undefined
      ? linesIn(text, content, end)
      : [...linesIn(text, content, root.outer), ...hiddenBelow(text, root, end)]
  })
}

const MAYBE = /\bSecret\b/

/** How long the marker that begins a document is. */
function markerOf(source: string): number {
  return /^\uFEFF?---[ \t]*(#[^\n]*)?\r?\n/.exec(source)?.[0].length ?? 0
}

/** @param until where the node's text ends, comments behind it included */
function hiddenBelow(text: string, node: Node | undefined, until: number): readonly Span[] {
  if (node?.type === 'sequence') {
    return node.items.flatMap(({ value }, index) => hiddenBelow(text, value, node.items[index + 1]?.start ?? until))
  }
  if (node?.type !== 'map') return []
  if (isSecret(node)) return hiddenIn(text, node, until)
  return node.entries.flatMap(({ value }, index) => hiddenBelow(text, value, node.entries[index + 1]?.start ?? until))
}

function isSecret({ entries }: MapNode): boolean {
  return entries.some(({ key, value }) => key === 'kind' && value?.type === 'scalar' && value.value === 'Secret')
}

/** The spans between those that may be shown, line by line: a line that is only indentation hides nothing. */
function hiddenIn(text: string, { start, flow, entries }: MapNode, until: number): readonly Span[] {
  const shown = flow ? [] : entries.flatMap(shownOf)
  const ends = [start, ...shown.map(({ end }) => end)]
  return ends.flatMap((from, index) => linesIn(text, from, shown[index]?.start ?? until))
}

/** The lines between two offsets that hold more than blanks. */
function linesIn(text: string, from: number, to: number): readonly Span[] {
  return [...text.slice(from, to).matchAll(/\S[^\n]*/g)].map(({ index, 0: line }) => ({
    start: from + index,
    end: from + index + line.length,
  }))
}

function shownOf({ key, start, colon, end, value }: MapEntry): readonly Span[] {
  if (PUBLIC.has(key) && value?.type === 'scalar') return [{ start, end }]
  return HEADS.has(key) && colon !== undefined ? [{ start, end: colon + 1 }] : []
}

/** Keys of a chart's values under which secrets are kept. */
const SECRET_KEY = /passw|passphrase|secret|token|credential|(private|api|access)_?key/i

/** Shorter texts stand in Secrets and elsewhere by chance. */
const MIN_SECRET = 4

/** The texts that Secrets hold, as they are and decoded. */
export function secretTextsIn(resources: readonly Resource[]): ReadonlySet<string> {
  const secrets = resources.filter(({ object }) => object.kind === 'Secret').map(({ object }) => object)
  const encoded = secrets.flatMap(secret => Object.values(stringsAt(secret, 'data')))
  const decoded = encoded.map(text => Buffer.from(text, 'base64').toString())
  const plain = secrets.flatMap(secret => Object.values(stringsAt(secret, 'stringData')))
  return new Set([...encoded, ...decoded, ...plain].filter(text => text.length >= MIN_SECRET))
}

/** Whether a value of a chart must not be shown: its key says so, or a Secret holds it. */
export function isSecretValue(key: string, value: Json, secrets: ReadonlySet<string>): boolean {
  if (value === null || value === '' || typeof value === 'boolean') return false
  return SECRET_KEY.test(key) || (typeof value !== 'object' && secrets.has(String(value)))
}

/** The lines of a values file that must not be shown. */
export function hiddenValues(
  { text, documents }: ParsedText,
  isHidden: (key: string, value: Json) => boolean,
): readonly Span[] {
  const hiddenIn = (node: Node | undefined, value: Json, key: string, span: Span): readonly Span[] => {
    if (isHidden(key, value)) return linesIn(text, span.start, span.end)
    if (node?.type === 'sequence' && Array.isArray(value))
      return node.items.flatMap((item, index) => hiddenIn(item.value, value[index] ?? null, '', item))
    if (node?.type !== 'map') return []
    return node.entries.flatMap(entry => hiddenIn(entry.value, memberOf(value, entry.key), entry.key, entry))
  }
  return documents.flatMap(({ root, value, ...span }) => hiddenIn(root, value, '', span))
}

function memberOf(value: Json, key: string): Json {
  return isMap(value) && Object.hasOwn(value, key) ? (value[key] ?? null) : null
}
