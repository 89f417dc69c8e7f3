import type { Node, ParsedDocument, ParsedText } from './tree.ts'

/** The document at a place of its text, from 0; undefined where none is, or where it was not read. */
export function documentAt({ documents }: Pick<ParsedText, 'documents'>, place: number): ParsedDocument | undefined {
  const found = lastOf(documents, ({ index }) => index <= place)
  return found?.index === place ? found : undefined
}

/** The document that an offset of its text is in; undefined between documents. */
export function documentHolding({ documents }: ParsedText, offset: number): ParsedDocument | undefined {
  const found = lastOf(documents, ({ start }) => start <= offset)
  return found !== undefined && offset < found.end ? found : undefined
}

/** The last of the documents, in their order, that are up to a place: by bisection, for a file may hold thousands. */
function lastOf(
  documents: readonly ParsedDocument[],
  isUpTo: (document: ParsedDocument) => boolean,
): ParsedDocument | undefined {
  let low = 0
  let high = documents.length
  while (low < high) {
    const middle = (low + high) >> 1
    const document = documents[middle]
    if (document !== undefined && isUpTo(document)) low = middle + 1
    else high = middle
  }
  return documents[low - 1]
}

/** What stands where keys lead to or, if nothing does, its nearest ancestor. */
export function nodeAt(root: Node, keys: readonly string[]): Node {
  let node = root
  for (const key of keys) {
    const child = childOf(node, key)
    if (child === undefined) return node
    node = child
  }
  return node
}

function childOf(node: Node, key: string): Node | undefined {
  if (node.type === 'map') return node.entries.find(entry => entry.key === key && !entry.merge)?.value
  return node.type === 'sequence' && /^\d+$/.test(key) ? node.items[Number(key)]?.value : undefined
}
