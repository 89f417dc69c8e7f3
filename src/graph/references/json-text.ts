import { type Pointer, pointer } from '../../pointer.ts'
import type { Json, Span } from '../../read/tree.ts'

/** A key or a scalar of a JSON text, and its span there. */
export interface JsonToken extends Span {
  /** The place of the value; of a key, the place of its member. */
  readonly at: Pointer
  readonly key: boolean
  readonly value: Json
}

/** The JSON of a text that holds JSON, as annotations do; undefined where it doesn't. */
export function jsonIn(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g

interface Frame {
  /** The key or index of the member at hand; undefined where a key comes next. */
  key: string | number | undefined
}

/** The keys and scalars of a JSON text in their order; none where it isn't JSON. */
export function jsonTokens(text: string): readonly JsonToken[] {
  if (jsonIn(text) === undefined) return []

  const tokens: JsonToken[] = []
  const frames: Frame[] = []
  for (const { 0: token, index: start } of text.matchAll(TOKEN)) {
    const frame = frames.at(-1)
    if (token === '{') frames.push({ key: undefined })
    else if (token === '[') frames.push({ key: 0 })
    else if (token === '}' || token === ']') frames.pop()
    else if (token === ',' && frame !== undefined) frame.key = typeof frame.key === 'number' ? frame.key + 1 : undefined
    else if (token !== ':') {
      const value = JSON.parse(token) as Json
      const key = frame !== undefined && frame.key === undefined
      if (key) frame.key = String(value)
      const at = pointer(...frames.map(open => open.key ?? ''))
      tokens.push({ at, key, value, start, end: start + token.length })
    }
  }
  return tokens
}
