import type { Change, Fix, NewResource } from '../fix/fixer.ts'
import { podTemplateOf } from '../graph/pod-template.ts'
import { ownSelectorOf } from '../graph/selections.ts'
import { isSame, type Operation } from '../json-patch.ts'
import { keysOf, type Pointer, parentOf, pointer, valueAt } from '../pointer.ts'
import { mapAt } from '../read/json.ts'
import { type KubeObject, labelsOf, nameOf, namespaceOf, type Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { counterpartOf } from './counterpart.ts'
import { type PatchDocument, placeInPatch } from './patches.ts'

/** What a fix of a built object changes in one document of the sources. */
export interface SourceEdit {
  readonly resource: Resource
  /** Of a patch that stands in a string of the document: where, and which of its documents is meant. */
  readonly inline: PatchDocument['inline']
  readonly operations: readonly Operation[]
}

/** Where a value that a file and a patch both give may be changed, the likeliest first: builds tell which one is right. */
export const WAYS = ['in the source', 'in the patch', 'in both'] as const

export type Way = (typeof WAYS)[number]

/** The ways to make a fix in the sources. What is there already, since another build wants it as well, is not made again. */
export interface SourceFix {
  readonly alternatives: Readonly<Record<Way, readonly SourceEdit[]>>
  readonly creates: readonly NewResource[]
  /** The built objects that nothing in the sources gives what the fix is about: they are generated or remote. */
  readonly homeless: readonly Resource[]
}

/** Where built objects come from. */
export interface Origins {
  /** The object of the sources; undefined for what no file of the repository holds. */
  source(built: Resource): Resource | undefined
  /** The patches that are applied in the build, none for an object of a file. */
  patches(built: Resource): readonly PatchDocument[]
  /** Whether it is built at all. */
  isBuilt(resource: Resource): boolean
}

export function sourceFixOf({ changes, creates = [] }: Fix, origins: Origins): SourceFix {
  const places = changes.flatMap(change => placesOf(change, origins))
  const added = creates.map(fresh => sourceOfNew(fresh, origins))
  return {
    alternatives: {
      'in the source': places.flatMap(({ own, patched }) => own ?? patched.slice(0, 1)),
      'in the patch': places.flatMap(({ own, patched }) => (patched.length > 0 ? patched.slice(0, 1) : (own ?? []))),
      'in both': places.flatMap(({ own, patched }) => [...(own ?? []), ...patched]),
    },
    creates: added.filter(fresh => fresh !== undefined),
    homeless: [
      ...(isHomeless(places) ? changes.map(({ resource }) => resource) : []),
      ...creates.filter((_, index) => added[index] === undefined).map(({ beside }) => beside),
    ],
  }
}

/** Where one operation may be made. */
interface Places {
  readonly own: readonly SourceEdit[] | undefined
  readonly patched: readonly SourceEdit[]
}

/** What one change finds no place for may follow from the others: a replacement takes a new name along. */
function isHomeless(places: readonly Places[]): boolean {
  return places.length > 0 && places.every(({ own, patched }) => own === undefined && patched.length === 0)
}

function placesOf({ resource, operations }: Change, origins: Origins): readonly Places[] {
  if (!origins.isBuilt(resource)) return [{ own: [{ resource, inline: undefined, operations }], patched: [] }]
  const source = origins.source(resource)
  const names = [nameOf(resource.object), ...(source === undefined ? [] : [nameOf(source.object)])]
  return operations
    .filter(({ op }) => op !== 'test')
    .map(operation => {
      const own = source && inSource(operation, resource.object, source.object)
      return {
        own: own && [{ resource: source, inline: undefined, operations: own }],
        patched: origins.patches(resource).flatMap(patch => inPatch(operation, resource.object, names, patch)),
      }
    })
}

/** The operation on the source, if that gives what the operation changes. */
function inSource(operation: Operation, built: KubeObject, source: KubeObject): readonly Operation[] | undefined {
  if (operation.op === 'add') return addedTo(source, operation.path, operation.value, built)
  const place = counterpartOf(operation.path, built, source)
  const value = place === undefined ? undefined : valueAt(source, place)
  if (place === undefined || value === undefined) return undefined
  if (!isSame(value as Json, (valueAt(built, operation.path) ?? null) as Json)) return undefined
  const guard: Operation = { op: 'test', path: place, value: value as Json }
  if (operation.op === 'replace') return [guard, { ...operation, path: place }]
  return operation.op === 'remove' ? [guard, { op: 'remove', path: place }] : undefined
}

/** Adds a member, with the maps around it that the source leaves to others. */
function addedTo(source: KubeObject, path: Pointer, value: Json, built: KubeObject): readonly Operation[] | undefined {
  const place = counterpartOf(path, built, source)
  if (place !== undefined) {
    const parent = valueAt(source, parentOf(place))
    const isThere = Array.isArray(parent)
      ? parent.some(item => isSame(item as Json, value))
      : valueAt(source, place) !== undefined
    return isThere ? undefined : [{ op: 'add', path: place, value }]
  }
  const keys = keysOf(path)
  const key = keys.pop()
  if (key === undefined || keys.length === 0) return undefined
  return addedTo(source, pointer(...keys), key === '-' ? [value] : { [key]: value }, built)
}

function inPatch(
  operation: Operation,
  built: KubeObject,
  names: readonly string[],
  patch: PatchDocument,
): readonly SourceEdit[] {
  if (operation.op !== 'replace') return []
  const path = placeInPatch(patch, operation.path, built, names)
  if (path === undefined) return []
  const value = valueAt(built, operation.path) as Json
  const operations: readonly Operation[] = [
    { op: 'test', path, value },
    { op: 'replace', path, value: operation.value },
  ]
  return [{ resource: patch.resource, inline: patch.inline, operations }]
}

/** A new object as it stands in the sources: without the names, namespace and labels that builds add. */
function sourceOfNew(fresh: NewResource, origins: Origins): NewResource | undefined {
  if (!origins.isBuilt(fresh.beside)) return fresh
  const beside = origins.source(fresh.beside)
  if (beside === undefined) return undefined
  const namespace = namespaceOf(beside.object)
  const spec = mapAt(fresh.object, 'spec')
  const labels = {
    ...labelsOf(podTemplateOf(beside)?.template ?? {}),
    ...ownSelectorOf(beside)?.selector.matchLabels,
  }
  const selector = Object.entries(mapAt(spec, 'selector')).filter(([key]) => Object.hasOwn(labels, key))
  const { namespace: _, ...metadata } = mapAt(fresh.object, 'metadata')
  const isRenamed = nameOf(fresh.object) === nameOf(fresh.beside.object)
  return {
    object: {
      ...fresh.object,
      metadata: {
        ...metadata,
        ...(isRenamed ? { name: nameOf(beside.object) } : {}),
        ...(namespace === undefined ? {} : { namespace }),
      },
      spec: selector.length === 0 ? spec : { ...spec, selector: Object.fromEntries(selector) },
    },
    beside,
  }
}
