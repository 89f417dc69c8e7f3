import type { Node } from './tree.ts'

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
