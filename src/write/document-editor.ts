import type { Operation } from '../json-patch.ts'
import { keysOf, pointer, valueAt } from '../pointer.ts'
import type { Json, MapEntry, MapNode, Node, SequenceItem, SequenceNode, Span } from '../read/tree.ts'
import * as block from './block-edits.ts'
import * as flow from './flow-edits.ts'
import { insertion, Page } from './page.ts'
import { EditRefused } from './refusal.ts'
import { renderFlow, renderInline, renderKey, renderScalar, styleOf } from './render.ts'
import type { TextEdit } from './text-edit.ts'

/** Where in the tree a pointer leads to. */
type Slot =
  | { readonly in: 'document'; readonly node: Node }
  | { readonly in: 'map'; readonly parent: MapNode; readonly index: number; readonly entry: MapEntry }
  | { readonly in: 'sequence'; readonly parent: SequenceNode; readonly index: number; readonly item: SequenceItem }

/** Finds the text edits for one operation on one document, from the spans of its tree. */
export class DocumentEditor {
  readonly #page: Page
  /** Its tree is asked for each time: it need not be kept as long as the editor is. */
  readonly #document: { readonly root: Node }
  #aliases: readonly (Span & { readonly name: string })[] | undefined

  /** @param text the text that the spans of the document count in */
  constructor(text: string, document: Span & { readonly root: Node }, json: boolean) {
    this.#page = new Page(text, styleOf(text, document.root, json, document))
    this.#document = document
  }

  /**
   * The edits for an operation that applies to the document's value and changes it; sorted, not overlapping.
   * A `move` must stay in its map.
   *
   * @throws {EditRefused} the place can't be edited alone
   */
  edits(operation: Operation, value: Json): readonly TextEdit[] {
    return this.#editsFor(operation, value).filter(({ start, end, text }) => end > start || text !== '')
  }

  #editsFor(operation: Operation, value: Json): readonly TextEdit[] {
    switch (operation.op) {
      case 'test':
        return []
      case 'replace':
        return this.#replace(keysOf(operation.path), operation.value)
      case 'add':
        return this.#add(keysOf(operation.path), operation.value)
      case 'remove':
        return this.#remove(keysOf(operation.path))
      case 'copy':
        return this.#add(keysOf(operation.path), valueAt(value, operation.from) as Json)
      case 'move':
        return this.#rename(keysOf(operation.from), keysOf(operation.path).at(-1) ?? '')
    }
  }

  #add(keys: readonly string[], fresh: Json): readonly TextEdit[] {
    const key = keys.at(-1)
    if (key === undefined) return this.#replace(keys, fresh)
    const parent = this.#container(keys.slice(0, -1))
    if (parent.type === 'map' && entryOf(parent, key) !== undefined) return this.#replace(keys, fresh)
    const index = parent.type === 'map' ? parent.entries.length : key === '-' ? parent.items.length : Number(key)
    if (!parent.flow)
      return parent.type === 'map'
        ? block.insertEntry(this.#page, parent, key, fresh)
        : block.insertItem(this.#page, parent, index, fresh)
    const name = parent.type === 'map' ? renderKey(key, this.#page.style, true) + this.#colon(parent) : ''
    return flow.insertMember(this.#page, parent, index, indent => name + renderFlow(fresh, this.#page.style, indent))
  }

  /** The colon of a map between braces, with the blanks that its neighbours have behind theirs. */
  #colon({ entries }: MapNode): string {
    const { minified, json } = this.#page.style
    const known = entries.find(({ colon, value }) => colon !== undefined && value !== undefined)
    const gap = known === undefined ? '' : this.#page.text.slice((known.colon ?? 0) + 1, known.value?.outer)
    if (/^ +$/.test(gap) || (json && known !== undefined && gap === '')) return `:${gap}`
    return minified ? ':' : ': '
  }

  #replace(keys: readonly string[], fresh: Json): readonly TextEdit[] {
    const slot = this.#slot(keys)
    // A merged key gets an entry of its own.
    if (slot === undefined) return this.#add(keys, fresh)
    const old = nodeOf(slot)
    if (old !== undefined) this.#mustBeAlone(old)
    const isText = old?.tag === 'tag:yaml.org,2002:str' && old.type === 'scalar' && typeof fresh === 'string'
    if (old?.tag !== undefined && !isText) throw new EditRefused('tag', `the value has a tag (${old.tag})`, [old])
    if (slot.in !== 'document' && slot.parent.flow) return this.#replaceInFlow(slot, old, fresh)
    if (old === undefined) return slot.in === 'document' ? [] : block.fill(this.#page, slot, fresh)
    if (this.#page.style.json) return this.#replaceFlow(old, fresh)
    if (old.type === 'scalar' || old.type === 'alias') return block.replaceScalar(this.#page, slot, old, fresh)
    return old.flow ? this.#replaceFlow(old, fresh) : block.replaceBlock(this.#page, slot, old, fresh)
  }

  #replaceInFlow(slot: Exclude<Slot, { in: 'document' }>, old: Node | undefined, fresh: Json): readonly TextEdit[] {
    const { style, text: page } = this.#page
    if (old === undefined) {
      const end = slot.in === 'map' ? slot.entry.end : slot.item.end
      const hasColon = slot.in === 'map' && slot.entry.colon !== undefined
      return [insertion(end, `${hasColon ? '' : ':'} ${renderFlow(fresh, style)}`)]
    }
    const quotes = old.type === 'scalar' ? old.style : undefined
    const isScalar = typeof fresh !== 'object' || fresh === null
    const text = isScalar
      ? renderScalar(fresh, style, true, quotes)
      : renderFlow(fresh, style, this.#page.indentAt(old.start))
    const gap = /[^\s[{,:]/.test(page[old.start - 1] ?? ' ') ? ' ' : ''
    return [{ start: old.start, end: old.end, text: gap + text }]
  }

  /** Brackets on a line of block style stay brackets. */
  #replaceFlow(old: Node, fresh: Json): readonly TextEdit[] {
    const { style } = this.#page
    const isScalar = typeof fresh !== 'object' || fresh === null
    const text = isScalar ? renderInline(fresh, style) : renderFlow(fresh, style, this.#page.indentAt(old.start))
    return [{ start: old.start, end: old.end, text }]
  }

  #remove(keys: readonly string[]): readonly TextEdit[] {
    const slot = this.#slot(keys)
    if (slot === undefined) throw new EditRefused('merge', `${pointer(...keys)} comes from a merge key`)
    if (slot.in === 'document') return this.#replace(keys, null)
    if (slot.in === 'map') this.#mustNotBeMerged(slot.parent, slot.entry)
    const old = nodeOf(slot)
    if (old !== undefined) this.#mustBeAlone(old)
    if (slot.parent.flow) return flow.removeMember(this.#page, slot.parent, slot.index)
    const members = slot.parent.type === 'map' ? slot.parent.entries : slot.parent.items
    if (members.length > 1) return block.removeMember(this.#page, slot.parent, slot.index)
    const around = this.#slot(keys.slice(0, -1))
    const empty = slot.parent.type === 'map' ? {} : []
    return around === undefined ? [] : block.replaceBlock(this.#page, around, slot.parent, empty)
  }

  /** A move within one map: the key gets another name. */
  #rename(from: readonly string[], key: string): readonly TextEdit[] {
    const slot = this.#slot(from)
    if (slot?.in !== 'map') throw new EditRefused('merge', `${pointer(...from)} comes from a merge key`)
    this.#mustNotBeMerged(slot.parent, slot.entry)
    const { keyNode, explicit } = slot.entry
    if (keyNode?.type !== 'scalar') throw new EditRefused('alias', `the key of ${pointer(...from)} is an alias`)
    if (keyNode.tag !== undefined) throw new EditRefused('tag', `the key has a tag (${keyNode.tag})`, [keyNode])
    if (explicit) throw new EditRefused('explicit-key', 'the key is written with a question mark', [slot.entry])
    const text = renderKey(key, this.#page.style, slot.parent.flow, keyNode.style)
    return [{ start: keyNode.start, end: keyNode.end, text }]
  }

  /** The place that a pointer leads to; undefined where it is no entry of its own: merged, or not there. */
  #slot(keys: readonly string[]): Slot | undefined {
    const key = keys.at(-1)
    if (key === undefined) return { in: 'document', node: this.#document.root }
    const parent = this.#container(keys.slice(0, -1))
    if (parent.type === 'sequence') {
      const item = parent.items[Number(key)]
      return item === undefined ? undefined : { in: 'sequence', parent, index: Number(key), item }
    }
    const entry = entryOf(parent, key)
    return entry === undefined ? undefined : { in: 'map', parent, index: parent.entries.indexOf(entry), entry }
  }

  #container(keys: readonly string[]): MapNode | SequenceNode {
    let node: Node | undefined = this.#document.root
    for (const key of [undefined, ...keys]) {
      if (key !== undefined) node = childOf(node, key)
      if (node === undefined) throw new EditRefused('merge', `${pointer(...keys)} comes from a merge key`)
      if (node.type === 'alias')
        throw new EditRefused('alias', `${pointer(...keys)} stands behind the alias *${node.name}`, [node])
      this.#mustNotBeUsed(node)
    }
    if (node?.type !== 'map' && node?.type !== 'sequence')
      throw new EditRefused('layout', `${pointer(...keys)} holds no members`)
    if (node.tag !== undefined)
      throw new EditRefused('tag', `${pointer(...keys) || 'the document'} has a tag (${node.tag})`, [node])
    return node
  }

  /** @throws {EditRefused} without the entry, the map would get the key from another map that it merges */
  #mustNotBeMerged(parent: MapNode, { key, keyNode }: MapEntry): void {
    if (keyNode !== undefined) this.#mustBeAlone(keyNode)
    for (const { merge, value } of parent.entries)
      if (merge && value !== undefined && this.#hasKey(value, key))
        throw new EditRefused('merge', `${key} would come from a merge key instead`, [value])
  }

  #hasKey(node: Node, key: string): boolean {
    if (node.type === 'alias')
      return anchorsIn(this.#document.root, node.name).some(target => this.#hasKey(target, key))
    if (node.type !== 'map') return false
    return node.entries.some(entry =>
      entry.merge ? entry.value !== undefined && this.#hasKey(entry.value, key) : entry.key === key,
    )
  }

  /** @throws {EditRefused} the node or something in it has an anchor that is used elsewhere */
  #mustBeAlone(node: Node, whole: Node = node): void {
    this.#mustNotBeUsed(node, whole)
    for (const child of childrenOf(node)) this.#mustBeAlone(child, whole)
  }

  /** @throws {EditRefused} the node has an anchor that is used outside of what is to go */
  #mustNotBeUsed({ anchor }: Node, whole?: Span): void {
    if (anchor === undefined) return
    this.#aliases ??= aliasesIn(this.#document.root)
    const uses = this.#aliases.filter(
      ({ name, start }) => name === anchor && !(whole !== undefined && start >= whole.start && start < whole.end),
    )
    if (uses.length > 0) throw new EditRefused('anchor', `the anchor &${anchor} is used elsewhere as well`, uses)
  }
}

function nodeOf(slot: Slot): Node | undefined {
  if (slot.in === 'document') return slot.node
  return slot.in === 'map' ? slot.entry.value : slot.item.value
}

function entryOf(node: MapNode, key: string): MapEntry | undefined {
  return node.entries.find(entry => entry.key === key && !entry.merge)
}

function childOf(node: Node | undefined, key: string): Node | undefined {
  if (node?.type === 'map') return entryOf(node, key)?.value
  return node?.type === 'sequence' ? node.items[Number(key)]?.value : undefined
}

function childrenOf(node: Node): readonly Node[] {
  const children =
    node.type === 'map'
      ? node.entries.flatMap(({ keyNode, value }) => [keyNode, value])
      : node.type === 'sequence'
        ? node.items.map(({ value }) => value)
        : []
  return children.filter(child => child !== undefined)
}

function aliasesIn(node: Node): readonly (Span & { readonly name: string })[] {
  return node.type === 'alias' ? [node] : childrenOf(node).flatMap(aliasesIn)
}

function anchorsIn(node: Node, name: string): readonly Node[] {
  return [...(node.anchor === name ? [node] : []), ...childrenOf(node).flatMap(child => anchorsIn(child, name))]
}
