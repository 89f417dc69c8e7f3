import { joined, pointer } from '../pointer.ts'
import { documentSpans } from '../read/cut.ts'
import { listAt } from '../read/json.ts'
import { filesOf, isKustomizationFile, resolvedFrom } from '../read/kustomization.ts'
import { documentAt } from '../read/place.ts'
import { isStream, type Repository } from '../read/repository.ts'
import { type KubeObject, nameOf, type Resource } from '../read/resource.ts'
import type { Change, Fix, NewResource } from './fixer.ts'

/** A fix whose new objects have their places. */
export interface PlacedFix {
  /** With the changes to Lists and kustomizations that list what is new. */
  readonly fix: Fix
  readonly created: readonly CreatedResource[]
}

/** A new object as a resource of the run. */
export interface CreatedResource {
  readonly resource: Resource
  readonly beside: Resource
  /** Whether it is an item of the List that the other stands in; otherwise it is a document of its own. */
  readonly isItem: boolean
}

/** The file that a new object goes to: the other's own if that is a List or a stream, else `<name>-<kind>.yaml` beside it. */
export function pathOf({ object, beside }: NewResource): string {
  if (beside.base !== '' || isStream(beside.path)) return beside.path
  return `${directoryOf(beside.path)}${nameOf(object)}-${object.kind.toLowerCase()}.yaml`
}

/** The files that a fix changes or adds. */
export function changedPaths({ changes, creates = [] }: Fix): readonly string[] {
  return [...changes.map(({ resource }) => resource.path), ...creates.map(pathOf)]
}

/** Finds the places of new objects in a repository. */
export class Placements {
  readonly #repository: Repository
  /** File → the kustomizations that list it among their resources. */
  readonly #listedIn = new Map<string, Resource[]>()

  constructor(repository: Repository) {
    this.#repository = repository
    for (const { path, document, value, role } of repository.skipped) {
      if (role !== 'kustomization' || document === undefined || value === undefined || !isKustomizationFile(path))
        continue
      const kustomization: Resource = {
        id: `${path}#${document}`,
        object: value as KubeObject,
        path,
        document,
        base: '',
      }
      for (const file of filesOf(value, path, 'resources'))
        this.#listedIn.set(file, [...(this.#listedIn.get(file) ?? []), kustomization])
    }
  }

  /**
   * The fix with its new objects placed. Gives the reason where a place is taken.
   *
   * @param current the present version of a kustomization or List
   * @param isTaken whether a document (`path#index`) that was not read is there by now
   */
  placed(
    fix: Fix,
    current: (document: Resource) => Resource,
    isTaken: (document: string) => boolean,
  ): PlacedFix | string {
    const created: CreatedResource[] = []
    const listing: Change[] = []
    for (const fresh of fix.creates ?? []) {
      const path = pathOf(fresh)
      if (fresh.beside.base !== '') {
        const { resource, change } = this.#item(fresh, current)
        created.push({ resource, beside: fresh.beside, isItem: true })
        listing.push(change)
        continue
      }
      if (isStream(path)) {
        created.push({ resource: this.#inStream(fresh, isTaken), beside: fresh.beside, isItem: false })
        continue
      }
      if (isTaken(`${path}#0`) || this.#isKnown(path)) return `the file ${path} is there already`
      created.push({
        resource: { ...fresh.beside, id: `${path}#0`, object: fresh.object, path, document: 0, base: '' },
        beside: fresh.beside,
        isItem: false,
      })
      for (const kustomization of this.#listedIn.get(fresh.beside.path) ?? [])
        listing.push(listed(current(kustomization), fresh.beside.path, path))
    }
    return { fix: { ...fix, changes: [...fix.changes, ...listing] }, created }
  }

  #isKnown(path: string): boolean {
    const { files, skipped, errors } = this.#repository
    return files.has(path) || [...skipped, ...errors].some(known => known.path === path)
  }

  /** A new last document of the stream. */
  #inStream({ object, beside }: NewResource, isTaken: (document: string) => boolean): Resource {
    const { path } = beside
    let document = documentSpans(this.#repository.files.get(path)?.parsed.text ?? '').length
    while (isTaken(`${path}#${document}`)) document += 1
    return { ...beside, id: `${path}#${document}`, object, path, document, base: '' }
  }

  /** A new last item of the List that an object stands in. */
  #item({ object, beside }: NewResource, current: (document: Resource) => Resource) {
    const { path, document, base } = beside
    const [, key = 'items'] = base.split('/')
    const file = this.#repository.files.get(path)
    const value = file && documentAt(file.parsed, document)?.value
    const list = current({ id: `${path}#${document}`, object: value as KubeObject, path, document, base: '' })
    const index = listAt(list.object, key).length
    const resource: Resource = {
      id: `${path}#${document}/${key}/${index}`,
      object,
      path,
      document,
      base: pointer(key, index),
    }
    const change: Change = {
      resource: list,
      operations: [{ op: 'add', path: joined(pointer(key), '/-'), value: object }],
    }
    return { resource, change }
  }
}

/** The entry of a new file right behind that of the file which it stands beside, written the same way. */
function listed(kustomization: Resource, beside: string, path: string): Change {
  const entries = listAt(kustomization.object, 'resources')
  const index = entries.findIndex(
    entry => typeof entry === 'string' && resolvedFrom(kustomization.path, entry) === beside,
  )
  const entry = String(entries[index])
  const fresh = directoryOf(entry) + path.slice(directoryOf(path).length)
  return {
    resource: kustomization,
    operations: [
      { op: 'test', path: pointer('resources', index), value: entry },
      { op: 'add', path: pointer('resources', index + 1), value: fresh },
    ],
  }
}

/** The directory of a path with its slash; empty where it has none. */
function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}
