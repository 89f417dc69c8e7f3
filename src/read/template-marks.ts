import type { Node } from './tree.ts'

/** The marks of Go templates (Helm), Jinja and ERB. */
const MARK = /\{\{|\{%|<%/

/** Expressions that only Helm's own objects and functions give, wherever they stand, quoted text included. */
const HELM =
  /\{\{-?\s*(\(?\s*(include|template|toYaml|tpl)\s|\$?\.(Values|Release|Chart|Capabilities|Files|Template)\b)/

/** Prometheus' variables, which alerts hold in plain text as well: `summary: {{ $labels.pod }} is down`. */
const ALERT = /\{\{-?[^{}]*\$(labels|value|externalLabels|externalURL)\b[^{}]*\}\}/g

/** Whether the text can hold a template at all: a cheap test before the exact ones. */
export function mayBeTemplate(text: string): boolean {
  return MARK.test(text)
}

/**
 * Whether a document that parses is a template all the same: `name: {{ .x }}` is a map with a map for a key, and
 * `image: shop:{{ .tag }}` a plain scalar. Quoted text and block scalars may hold marks of other languages
 * (Prometheus, Argo Workflows), so there only Helm's own expressions count.
 */
export function hasTemplateMarks(node: Node | undefined): boolean {
  if (node === undefined) return false
  switch (node.type) {
    case 'scalar':
      if (typeof node.value !== 'string') return false
      return HELM.test(node.value) || (node.style === 'plain' && MARK.test(node.value.replace(ALERT, '')))
    case 'sequence':
      return node.items.some(item => hasTemplateMarks(item.value))
    case 'map':
      return node.entries.some(
        entry => entry.keyNode?.type === 'map' || hasTemplateMarks(entry.keyNode) || hasTemplateMarks(entry.value),
      )
    case 'alias':
      return false
  }
}

/**
 * Whether a text that does not parse has marks outside comments, quotes and block scalars, judged line by line,
 * or Helm's own expressions anywhere.
 */
export function looksLikeTemplate(text: string): boolean {
  if (HELM.test(text)) return true
  let block: number | undefined
  for (const line of text.split(/\r?\n/)) {
    const indent = line.search(/\S/)
    if (indent < 0) continue
    if (block !== undefined && indent > block) continue
    block = undefined
    const bare = line.replace(/"(\\.|[^"\\])*"|'([^']|'')*'/g, '""').replace(/(^|\s)#.*$/, '')
    if (MARK.test(bare)) return true
    if (/(^|[:\-?]\s+)([!&]\S+\s+)*[|>][-+0-9]*\s*$/.test(bare)) block = indent
  }
  return false
}
