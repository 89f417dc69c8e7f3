import { documentHolding } from './place.ts'
import type { Node, ParsedText } from './tree.ts'
import { lineStarts, positionIn } from './yaml.ts'

/** A comment that accepts what rules find on its line or on the one below it. */
export interface IgnoreComment {
  readonly rules: readonly string[]
  /** From 1. */
  readonly line: number
  readonly column: number
  /** Nothing else stands on its line. */
  readonly isAlone: boolean
}

const COMMENT = /(?<=^|[ \t])#[ \t]*mesh-fix-ignore(?=[ \t]|$)(.*)$/gm

/** The comments of a text that name rules whose findings are accepted; what looks like one in a string is none. */
export function ignoreComments(parsed: ParsedText): readonly IgnoreComment[] {
  const { text, json } = parsed
  if (json || !text.includes('mesh-fix-ignore')) return []
  const starts = lineStarts(text)
  return [...text.matchAll(COMMENT)].flatMap(({ index, 1: rest = '' }) => {
    const document = documentHolding(parsed, index)
    if (document === undefined || isInScalar(document.root, index, text)) return []
    const { line, column } = positionIn(starts, index)
    return [{ rules: ignoredRules(rest), line, column, isAlone: text.slice(index - column + 1, index).trim() === '' }]
  })
}

/** The rules of `rule-id, rule-id -- reason`. */
export function ignoredRules(text: string): readonly string[] {
  const [rules = ''] = text.split(REASON, 1)
  return listed(rules)
}

/** The reason of `rule-id, rule-id -- reason`; empty where it gives none. */
export function ignoreReason(text: string): string {
  const found = REASON.exec(text)
  return found === null ? '' : text.slice(found.index + found[0].length).trim()
}

const REASON = /(?:^|\s)--(?:\s|$)/

/** What a text lists, separated by commas. */
export function listed(text: string): readonly string[] {
  return text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
}

function isInScalar(node: Node | undefined, offset: number, text: string): boolean {
  if (node === undefined || offset < node.start || offset >= node.end) return false
  switch (node.type) {
    case 'scalar':
      // A comment may stand behind the head of a block.
      return (node.style !== 'literal' && node.style !== 'folded') || text.slice(node.start, offset).includes('\n')
    case 'sequence':
      return node.items.some(({ value }) => isInScalar(value, offset, text))
    case 'map':
      return node.entries.some(
        ({ keyNode, value }) => isInScalar(keyNode, offset, text) || isInScalar(value, offset, text),
      )
    case 'alias':
      return false
  }
}
