import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
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

/** Every build in the scratch directory has a place of its own. */
let mirrors = 0

/** What builds need. */
export interface Builds {
  readonly kustomize: Kustomize
  /** A directory for temporary files. */
  readonly scratch: string
  /** The root of what was read: absolute, symbolic links resolved. */
  readonly directory: string
  /** Path from there → the text that counts, where it is not the one on the disk. */
  readonly texts: ReadonlyMap<string, string>
}

/**
 * Builds roots side by side. What does not build is said, and stops nothing.
 *
 * @param repository what was read
 */
export async function viewsOf(
  roots: readonly Root[],
  repository: Repository,
  builds: Builds,
): Promise<{ readonly views: readonly View[]; readonly unbuilt: readonly Unbuilt[] }> {
  const byPath = new Map<string, Resource[]>()
  for (const resource of repository.resources)
    byPath.set(resource.path, [...(byPath.get(resource.path) ?? []), resource])
  const results = await sideBySide(roots, async (root): Promise<View | Unbuilt> => {
    if (root.problem !== undefined) return { root, reason: root.problem }
    const place = join(builds.scratch, `root-${mirrors++}`)
    try {
      return viewOf(root, builds.directory, byPath, await builtWithOrigins(root, place, builds))
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
async function ownReason({ kustomization, name }: Root, { kustomize }: Builds, otherwise: string) {
  try {
    await kustomize.buildAlongside(kustomization.directory, { name })
    return otherwise
  } catch (error) {
    if (error instanceof MeshFixError) return error.message
    throw error
  }
}

/** A build's output, and where the files stand that its origins name. */
interface OutputWithOrigins {
  readonly output: string
  readonly wrapper: string
  /** The real path of a file of the scratch directory. */
  readonly real: (path: string) => string
}

async function builtWithOrigins(root: Root, place: string, builds: Builds): Promise<OutputWithOrigins> {
  const { kustomize } = builds
  const overrides = overridesFor(root, builds.texts, builds)
  const directories = root.closure.map(each => each.directory)
  const wrapper = join(place, 'wrapper')
  mkdirSync(wrapper, { recursive: true })
  const at = overrides.size === 0 ? (path: string) => path : mirrored(place, directories, overrides)
  const resources = [relative(wrapper, at(root.kustomization.directory))]
  writeFileSync(
    join(wrapper, 'kustomization.yaml'),
    JSON.stringify({ resources, buildMetadata: ['originAnnotations'] }),
  )
  const written = new Map([...overrides.keys()].map(path => [at(path), path]))
  const output = await kustomize.buildAlongside(wrapper, { name: root.name, unrestricted: overrides.size > 0 })
  return { output, wrapper, real: path => written.get(path) ?? existing(path) }
}

/** The texts that a build must see otherwise than they stand on the disk. */
function overridesFor(root: Root, texts: ReadonlyMap<string, string>, { directory }: Builds): Overrides {
  const own = [...texts].filter(([path]) => root.files.has(path) || isBeside(root, join(directory, path)))
  return new Map(own.map(([path, text]) => [join(directory, path), text]))
}

/** Whether a file stands in a directory that is built: it may be one that was listed before. */
function isBeside({ closure }: Root, path: string): boolean {
  return closure.some(({ directory }) => dirname(path) === directory)
}

function viewOf(
  root: Root,
  directory: string,
  byPath: ReadonlyMap<string, readonly Resource[]>,
  built: OutputWithOrigins,
): View {
  const path = root.name === '.' ? BUILD : `${root.name}/${BUILD}`
  const read = repositoryOf([{ path, text: built.output, rendered: true }])
  const sources = new Map<string, Resource>()
  const fallback = [...root.files][0] ?? root.name
  const resources = read.resources.map((resource): Resource => {
    const source = sourceOf(resource.object, root, directory, built, byPath)
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
  { wrapper, real }: OutputWithOrigins,
  byPath: ReadonlyMap<string, readonly Resource[]>,
): Resource | undefined {
  const origin = originOf(object, wrapper)
  if (origin === undefined) return undefined
  const path = relative(directory, real(origin)).split(sep).join('/')
  return sourceAmong(byPath.get(path) ?? [], object, closure)
}

function existing(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/**
 * What roots are built to if some files had other texts, side by side. A build that fails gives its reason.
 *
 * @param texts paths from the root of what was read → texts
 */
export function rebuilt(
  roots: readonly Root[],
  texts: ReadonlyMap<string, string>,
  builds: Builds,
): Promise<readonly (ReadonlyMap<Identity, KubeObject> | string)[]> {
  const { kustomize, scratch } = builds
  return sideBySide(roots, async (root): Promise<ReadonlyMap<Identity, KubeObject> | string> => {
    const { kustomization, closure, name } = root
    const directories = closure.map(each => each.directory)
    const overrides = overridesFor(root, new Map([...builds.texts, ...texts]), builds)
    const place = mirrored(join(scratch, `again-${mirrors++}`), directories, overrides)
    try {
      return builtFrom(await kustomize.buildAlongside(place(kustomization.directory), { unrestricted: true, name }))
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
