import { join, relative, sep } from 'node:path'
import type { KustomizationDirectory } from '../build/closure.ts'
import { keysOf, type Pointer, pointer, valueAt } from '../pointer.ts'
import { at, isMap, listAt, stringAt } from '../read/json.ts'
import { resolvedFrom } from '../read/kustomization.ts'
import type { Repository } from '../read/repository.ts'
import { type KubeObject, nameOf, type Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { parse } from '../read/yaml.ts'
import { counterpartOf } from './counterpart.ts'

/** A document of a patch, in a file of its own or in a string of a kustomization. */
export interface PatchDocument {
  /** The document of the file. */
  readonly resource: Resource
  /** Of a patch in a string: where that stands, and which document of it is meant. */
  readonly inline: { readonly at: Pointer; readonly document: number } | undefined
  readonly value: Json
  /** The objects that the kustomization says it is for; undefined where the patch itself says so. */
  readonly target: Json | undefined
}

/** All documents of all patches of a kustomization and those that it is built from. */
export function patchDocumentsOf(
  closure: readonly KustomizationDirectory[],
  root: string,
  { files }: Repository,
): readonly PatchDocument[] {
  return closure.flatMap(({ directory, file, value }) => {
    const path = relative(root, join(directory, file)).split(sep).join('/')
    const documentsIn = (of: string, target: Json | undefined): readonly PatchDocument[] =>
      (files.get(of)?.parsed.documents ?? []).map(document => ({
        resource: resourceAt(of, document.index, document.value),
        inline: undefined,
        value: document.value,
        target,
      }))
    const fromString = (text: string, place: Pointer, target: Json | undefined): readonly PatchDocument[] =>
      parse(text).documents.map(document => ({
        resource: resourceAt(path, 0, value),
        inline: { at: place, document: document.index },
        value: document.value,
        target,
      }))
    const entries = (['patches', 'patchesJson6902'] as const).flatMap(key =>
      listAt(value, key).flatMap((entry, index) => {
        const target = at(entry, 'target')
        const named = stringAt(entry, 'path')
        const text = stringAt(entry, 'patch')
        if (named !== undefined) return documentsIn(resolvedFrom(path, named), target)
        return text === undefined ? [] : fromString(text, pointer(key, index, 'patch'), target)
      }),
    )
    const merges = listAt(value, 'patchesStrategicMerge').flatMap((entry, index) => {
      if (typeof entry !== 'string') return []
      return /[\n{]/.test(entry)
        ? fromString(entry, pointer('patchesStrategicMerge', index), undefined)
        : documentsIn(resolvedFrom(path, entry), undefined)
    })
    return [...entries, ...merges]
  })
}

/** The place in a patch that gives a built object the value that stands at a place of it; undefined where it doesn't. */
export function placeInPatch(
  { value, target }: PatchDocument,
  place: Pointer,
  built: KubeObject,
  names: readonly string[],
): Pointer | undefined {
  const wanted = valueAt(built, place)
  if (wanted === undefined || typeof wanted === 'object') return undefined
  if (Array.isArray(value))
    return target === undefined || isTargeted(target, built, names)
      ? placeInOperations(value, place, wanted)
      : undefined
  if (!isMap(value) || !isTargeted(target ?? asTarget(value), built, names)) return undefined
  const found = counterpartOf(place, built, value)
  return found !== undefined && valueAt(value, found) === wanted ? found : undefined
}

/** Of a JSON patch, the last operation that writes the value. */
function placeInOperations(operations: readonly Json[], place: Pointer, wanted: unknown): Pointer | undefined {
  for (const [index, operation] of [...operations.entries()].toReversed()) {
    const path = stringAt(operation, 'path') ?? ''
    if (!['add', 'replace'].includes(stringAt(operation, 'op') ?? '')) continue
    const rest = restOf(path, place)
    if (rest === undefined) continue
    const found = pointer(index, 'value', ...rest)
    if (valueAt(operations, found) === wanted) return found
  }
  return undefined
}

/** The keys of a place below a path of a JSON patch, in which `-` may be any item. */
function restOf(path: string, place: Pointer): readonly string[] | undefined {
  const [own, all] = [keysOf(path as Pointer), keysOf(place)]
  const isAbove = own.every((key, index) => key === all[index] || (key === '-' && /^\d+$/.test(all[index] ?? '')))
  return isAbove ? all.slice(own.length) : undefined
}

function asTarget(value: Json): Json {
  const [kind, name] = [stringAt(value, 'kind'), stringAt(value, 'metadata', 'name')]
  return { ...(kind === undefined ? {} : { kind }), ...(name === undefined ? {} : { name }) }
}

/** A target's words are patterns; what it might mean it may mean, since a build tells in the end. */
function isTargeted(target: Json, built: KubeObject, names: readonly string[]): boolean {
  const isPlain = (word: string): boolean => /^[\w.-]+$/.test(word)
  const [kind, name] = [stringAt(target, 'kind'), stringAt(target, 'name')]
  if (kind !== undefined && isPlain(kind) && kind !== built.kind) return false
  return name === undefined || !isPlain(name) || [...names, nameOf(built)].includes(name)
}

function resourceAt(path: string, document: number, value: Json): Resource {
  return { id: `${path}#${document}`, object: value as KubeObject, path, document, base: '' }
}
