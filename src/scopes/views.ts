import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, sep } from 'node:path'
import { type Built, builtFrom, type Identity, identityOf, ORIGIN, originOf, sourceAmong } from '../build/built.ts'
import type { Kustomize } from '../build/kustomize.ts'
import { mirrored, type Overrides } from '../build/scratch.ts'
import { MeshFixError } from '../errors.ts'
import { isMap } from '../read/json.ts'
import { BUILD, type Repository, repositoryOf } from '../read/repository.ts'
import { annotationsOf, type KubeObject, type Resource } from '../read/resource.ts'
import type { Root } from './roots.ts'

/** What a root is built to, as the rules get to see it. */
export interface View {
  readonly root: Root
  /** The build's output as a stream of its own. */
  readonly repository: Repository
  /** Built resource's id → the object in the sources that it is made of; what is generated or remote has none. */
  readonly sources: ReadonlyMap<string, Resource>
  /** As built, without what kustomize was asked to say of origins. */
  readonly objects: Built
}

/** A root that is not built, and why. */
export interface Unbuilt {
  readonly root: Root
  readonly reason: string
}

/** What builds need. */
export interface Builds {
  readonly kustomize: Kustomize
  /** A directory for temporary files. */
  readonly scratch: string
  readonly online: boolean
}

/**
 * Builds roots side by side. What does not build is said, and stops nothing.
 *
 * @param directory the root of what was read
 * @param repository what was read
 */
export async function viewsOf(
  roots: readonly Root[],
  directory: string,
  repository: Repository,
  builds: Builds,
): Promise<{ readonly views: readonly View[]; readonly unbuilt: readonly Unbuilt[] }> {
  const byPath = new Map<string, Resource[]>()
  for (const resource of repository.resources)
    byPath.set(resource.path, [...(byPath.get(resource.path) ?? []), resource])
  const results = await sideBySide(roots, async (root, index): Promise<View | Unbuilt> => {
    if (root.problem !== undefined) return { root, reason: root.problem }
    const wrapper = join(builds.scratch, `root-${index}`)
    try {
      return viewOf(root, directory, wrapper, byPath, await builtWithOrigins(root, wrapper, builds))
    } catch (error) {
      if (error instanceof MeshFixError) return { root, reason: await ownReason(root, builds, error.message) }
      throw error
    }
  })
  return {
    views: results.filter(result => 'repository' in result),
    unbuilt: results.filter(result => 'reason' in result),
  }
}

/** Why a root does not build, in the words for its own build: the wrapper is nothing that people know of. */
async function ownReason({ kustomization, name }: Root, { kustomize, online }: Builds, otherwise: string) {
  try {
    await kustomize.buildAlongside(kustomization.directory, { name, online })
    return otherwise
  } catch (error) {
    if (error instanceof MeshFixError) return error.message
    throw error
  }
}

function builtWithOrigins({ kustomization, name }: Root, wrapper: string, { kustomize, online }: Builds) {
  mkdirSync(wrapper, { recursive: true })
  const resources = [relative(wrapper, kustomization.directory)]
  writeFileSync(
    join(wrapper, 'kustomization.yaml'),
    JSON.stringify({ resources, buildMetadata: ['originAnnotations'] }),
  )
  return kustomize.buildAlongside(wrapper, { name, online })
}

function viewOf(
  root: Root,
  directory: string,
  wrapper: string,
  byPath: ReadonlyMap<string, readonly Resource[]>,
  output: string,
): View {
  const path = root.name === '.' ? BUILD : `${root.name}/${BUILD}`
  const read = repositoryOf([{ path, text: output, rendered: true }])
  const sources = new Map<string, Resource>()
  const fallback = [...root.files][0] ?? root.name
  const resources = read.resources.map((resource): Resource => {
    const source = sourceOf(resource.object, root, directory, wrapper, byPath)
    if (source !== undefined) sources.set(resource.id, source)
    const sourceName = source && annotatedName(source)
    return {
      ...resource,
      scope: root.name,
      sourcePath: source?.path ?? fallback,
      ...(sourceName === undefined ? {} : { sourceName }),
    }
  })
  const objects = new Map(resources.map(({ object }) => [identityOf(object), withoutOrigin(object)] as const))
  return { root, repository: { ...read, resources }, sources, objects }
}

function annotatedName({ object }: Resource): string | undefined {
  const name = isMap(object['metadata']) ? object['metadata']['name'] : undefined
  return typeof name === 'string' ? name : undefined
}

function sourceOf(
  object: KubeObject,
  { closure }: Root,
  directory: string,
  wrapper: string,
  byPath: ReadonlyMap<string, readonly Resource[]>,
): Resource | undefined {
  const origin = originOf(object, wrapper)
  if (origin === undefined) return undefined
  const path = relative(directory, existing(origin)).split(sep).join('/')
  return sourceAmong(byPath.get(path) ?? [], object, closure)
}

function existing(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** What roots are built to if some files had other texts, side by side. A build that fails gives its reason. */
export function rebuilt(
  roots: readonly Root[],
  overrides: Overrides,
  { kustomize, scratch, online }: Builds,
  attempt: number,
): Promise<readonly (ReadonlyMap<Identity, KubeObject> | string)[]> {
  return sideBySide(roots, async ({ kustomization, closure, name }, index) => {
    const directories = closure.map(each => each.directory)
    const place = mirrored(join(scratch, `attempt-${attempt}-${index}`), directories, overrides)
    try {
      return builtFrom(
        await kustomize.buildAlongside(place(kustomization.directory), { unrestricted: true, name, online }),
      )
    } catch (error) {
      if (error instanceof MeshFixError) return error.message
      throw error
    }
  })
}

/** An object without kustomize's word on its origin. */
export function withoutOrigin(object: KubeObject): KubeObject {
  if (annotationsOf(object)[ORIGIN] === undefined || !isMap(object['metadata'])) return object
  const { annotations, ...metadata } = object['metadata']
  const kept = isMap(annotations) ? Object.entries(annotations).filter(([key]) => key !== ORIGIN) : []
  const rest = kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }
  return { ...object, metadata: { ...metadata, ...rest } }
}

/** Runs as many at once as the machine has cores; the results stand in the order of what was given. */
async function sideBySide<One, Result>(
  all: readonly One[],
  run: (one: One, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < all.length; index = next++) results[index] = await run(all[index] as One, index)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return results
}
