import type { AliasNode, Json, Node } from './tree.ts'
import { Unreadable } from './unreadable.ts'

/** How many values the aliases of a document may stand for; more is an alias bomb. */
const MAX_ALIASED = 100_000

/** Makes the values of a span tree: plain data, in which nothing is shared. */
export class Values {
  /** Why the document can be read but not edited, if so. */
  readOnly: string | undefined
  readonly #targets: ReadonlyMap<AliasNode, Node>
  #aliased = 0

  /** @param targets what each alias stands for */
  constructor(targets: ReadonlyMap<AliasNode, Node>) {
    this.#targets = targets
  }

  valueOf(node: Node | undefined, isAliased = false): Json {
    if (isAliased) {
      this.#aliased += 1
      if (this.#aliased > MAX_ALIASED) throw new Unreadable(node?.start ?? 0, 'its aliases stand for too many values')
    }
    if (node === undefined) return null
    switch (node.type) {
      case 'scalar':
        return node.value
      case 'alias':
        return this.valueOf(this.#targets.get(node), true)
      case 'sequence':
        return node.items.map(item => this.valueOf(item.value, isAliased))
      case 'map': {
        const value: Record<string, Json> = {}
        for (const entry of node.entries) if (entry.merge) this.#merge(value, entry.value)
        this.#noteLateMerges(node.entries, value)
        for (const entry of node.entries)
          if (!entry.merge) define(value, entry.key, this.valueOf(entry.value, isAliased))
        return value
      }
    }
  }

  #merge(into: Record<string, Json>, source: Node | undefined): void {
    const merged = this.valueOf(source, true)
    const maps: readonly Json[] = Array.isArray(merged) ? merged : [merged]
    if (!isMap(merged) || Object.keys(into).length > 0)
      this.readOnly = 'it merges several maps, or something that is no map, which parsers read differently'
    for (const map of maps) {
      if (!isMap(map)) continue
      for (const [key, value] of Object.entries(map)) if (!Object.hasOwn(into, key)) define(into, key, value)
    }
  }

  /** YAML 1.1's readers in Go let a merge win over the keys that stand before it, others never. */
  #noteLateMerges(entries: readonly { readonly key: string; readonly merge: boolean }[], merged: object): void {
    const first = entries.findIndex(({ merge }) => merge)
    if (first > 0 && entries.slice(0, first).some(({ key }) => Object.hasOwn(merged, key)))
      this.readOnly = 'it merges a key that stands before the merge as well, which parsers read differently'
  }
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An own property, whatever its name: `__proto__` is a key like any other. */
function define(object: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}
