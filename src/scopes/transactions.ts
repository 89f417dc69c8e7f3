import type { Fix } from '../fix/fixer.ts'
import { type SourceEdit, type SourceFix, WAYS, type Way } from './source-edits.ts'

/** Fixes that meet in the sources: made together, or not at all. */
export interface Transaction {
  readonly fixes: readonly Placed[]
}

/** A fix, and the ways to make it in the sources. */
export interface Placed {
  readonly fix: Fix
  readonly source: SourceFix
}

/** Groups fixes that may write to one place of the sources; what a base gives, several builds want to have fixed. */
export function transactionsOf(all: readonly Placed[]): readonly Transaction[] {
  const parents = all.map((_, index) => index)
  const leader = (index: number): number => {
    const parent = parents[index] ?? index
    return parent === index ? index : leader(parent)
  }
  const first = new Map<string, number>()
  for (const [index, { source }] of all.entries()) {
    for (const place of placesIn(source)) {
      const known = first.get(place)
      if (known === undefined) first.set(place, index)
      else parents[leader(index)] = leader(known)
    }
  }
  const groups = new Map<number, Placed[]>()
  for (const [index, placed] of all.entries()) groups.set(leader(index), [...(groups.get(leader(index)) ?? []), placed])
  return [...groups.values()].map(fixes => ({ fixes }))
}

function placesIn({ alternatives, creates }: SourceFix): readonly string[] {
  const edited = WAYS.flatMap(way => alternatives[way]).flatMap(edit =>
    edit.operations.map(operation => placeOf(edit, operation.path)),
  )
  return [...edited, ...creates.map(({ object, beside }) => `${beside.path} + ${JSON.stringify(object['metadata'])}`)]
}

function placeOf({ resource, inline }: SourceEdit, path: string): string {
  const within = inline === undefined ? '' : `${inline.at} ${inline.document}`
  return `${resource.path}#${resource.document}${resource.base} ${within} ${path}`
}

/** The ways to make a transaction that differ, the likeliest first. */
export function waysOf({ fixes }: Transaction): readonly Way[] {
  const written = (way: Way): string =>
    JSON.stringify(
      fixes.flatMap(({ source }) =>
        source.alternatives[way].map(({ resource, inline, operations }) => [resource.id, inline, operations]),
      ),
    )
  const ways = WAYS.map(way => [written(way), way] as const).toReversed()
  return [...new Map(ways).values()].toReversed()
}
