import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { MeshFixError } from '../errors.ts'
import { listAt, stringAt } from '../read/json.ts'
import { type Repository, repositoryOf } from '../read/repository.ts'
import { annotationsOf, groupOf, type KubeObject, nameOf, namespaceOf, type Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { parse } from '../read/yaml.ts'
import type { KustomizationDirectory } from './closure.ts'
import type { Kustomize } from './kustomize.ts'
import { mirrored, type Overrides, withScratch } from './scratch.ts'

/** What a build gave. */
export type Built = ReadonlyMap<Identity, KubeObject>

/** What kustomize tells objects apart by: group, version, kind, namespace and name. */
export type Identity = string & { readonly identity?: never }

export function identityOf(object: KubeObject): Identity {
  return `${object.apiVersion} ${object.kind} ${namespaceOf(object) ?? 'default'}/${nameOf(object)}`
}

/**
 * The objects of a build's output.
 *
 * @throws {MeshFixError} BUILD: some can't be read
 */
export function builtFrom(output: string): Built {
  const { documents, errors } = parse(output)
  if (errors[0] !== undefined)
    throw new MeshFixError('BUILD', `what kustomize built can't be read: ${errors[0].message}`)
  const objects = documents.map(({ value }) => value as KubeObject)
  return new Map(objects.map(object => [identityOf(object), object]))
}

/**
 * A build's output as a scope of its own, for the rules.
 *
 * @param path how reports call it
 */
export function repositoryOfBuild(output: string, path: string, sources: Sources): Repository {
  const { files, resources, skipped, errors } = repositoryOf([{ path, text: output, rendered: true }])
  const named = (resource: Resource): Resource => {
    const source = sources.get(identityOf(resource.object))
    return source === undefined ? resource : { ...resource, sourceName: nameOf(source.object) }
  }
  return { files, resources: resources.map(named), skipped, errors }
}

/** Where a built object comes from. */
export interface Source {
  /** The file, absolute. */
  readonly file: string
  readonly object: KubeObject
}

/** Where the objects of a build come from; what is generated comes from nowhere. */
export type Sources = ReadonlyMap<Identity, Source>

/** With `buildMetadata: [originAnnotations]` kustomize says here which file an object comes from. */
export const ORIGIN = 'config.kubernetes.io/origin'

/**
 * The objects of the sources that those of a build are made from.
 *
 * @param closure the kustomizations of the build, the one that is built first
 * @throws {MeshFixError} BUILD
 */
export function sourcesOf(
  kustomize: Kustomize,
  closure: readonly KustomizationDirectory[],
  overrides: Overrides,
): Sources {
  const directories = closure.map(({ directory }) => directory)
  const [built = ''] = directories
  return withScratch(scratch => {
    const root = mirrored(scratch, directories, overrides)(built)
    const wrapper = join(scratch, 'wrapper')
    mkdirSync(wrapper)
    const kustomization = { resources: [relative(wrapper, root)], buildMetadata: ['originAnnotations'] }
    writeFileSync(join(wrapper, 'kustomization.yaml'), JSON.stringify(kustomization))
    const files = new SourceFiles(wrapper, closure)
    const output = kustomize.build(wrapper, { unrestricted: true, name: shown(built) })
    return new Map(
      [...builtFrom(output)].flatMap(([identity, object]) => {
        const source = files.sourceOf(object)
        return source === undefined ? [] : ([[identity, source]] as const)
      }),
    )
  })
}

/**
 * What a build makes of a new object that stands in the directory of another one's source, listed where that is;
 * undefined where no kustomization lists it.
 *
 * @throws {MeshFixError} BUILD
 */
export function builtBeside(
  kustomize: Kustomize,
  closure: readonly KustomizationDirectory[],
  overrides: Overrides,
  { file, object: beside }: Source,
  object: KubeObject,
): KubeObject | undefined {
  const [root] = closure
  const listing = closure.filter(({ directory, value }) =>
    listAt(value, 'resources').some(entry => typeof entry === 'string' && resolve(directory, entry) === file),
  )
  if (root === undefined || listing.length === 0) return undefined
  const namespace = namespaceOf(beside)
  const metadata = { name: nameOf(beside), ...(namespace === undefined ? {} : { namespace }) }
  const texts = new Map(overrides)
  for (const { directory, file: name, value } of listing) {
    const path = join(directory, name)
    const text = texts.get(path)
    const current = text === undefined ? value : (JSON.parse(text) as Json)
    const resources = [...listAt(current, 'resources'), NEW]
    texts.set(path, JSON.stringify({ ...(current as object), resources }))
    texts.set(join(directory, NEW), JSON.stringify({ ...object, metadata }))
  }
  const directories = closure.map(({ directory }) => directory)
  const before = builtFrom(buildWith(kustomize, root.directory, directories, overrides))
  const after = builtFrom(buildWith(kustomize, root.directory, directories, texts))
  return [...after].find(([identity]) => !before.has(identity))?.[1]
}

/** A file of no other name. */
const NEW = '.mesh-fix-new.yaml'

/** What kustomize makes of a directory if some files had other texts. */
export function buildWith(
  kustomize: Kustomize,
  directory: string,
  directories: readonly string[],
  overrides: Overrides,
): string {
  return withScratch(scratch => {
    const place = mirrored(scratch, directories, overrides)
    return kustomize.build(place(directory), { unrestricted: true, name: shown(directory) })
  })
}

function shown(directory: string): string {
  return relative(process.cwd(), directory) || '.'
}

/** The file that a built object says it comes from, as an absolute path; undefined where it is generated or remote. */
export function originOf(object: KubeObject, from: string): string | undefined {
  const origin = parse(annotationsOf(object)[ORIGIN] ?? '').documents[0]?.value
  const path = stringAt(origin, 'path')
  return path === undefined || stringAt(origin, 'repo') !== undefined ? undefined : resolve(from, path)
}

/**
 * Of the objects in a file the one that a built object is made of: of its kind, and with the longest name that is the
 * built one's but for prefixes and suffixes.
 *
 * @param closure the kustomizations of the build
 */
export function sourceAmong<Candidate extends { readonly object: KubeObject }>(
  candidates: readonly Candidate[],
  built: KubeObject,
  closure: readonly KustomizationDirectory[],
): Candidate | undefined {
  const all = (key: 'namePrefix' | 'nameSuffix'): string =>
    closure.flatMap(({ value }) => escaped(stringAt(value, key) ?? '') || []).join('|')
  const isLike = (name: string): boolean =>
    new RegExp(`^(?:${all('namePrefix')})*${escaped(name)}(?:${all('nameSuffix')})*$`).test(nameOf(built))
  return candidates
    .filter(({ object }) => object.kind === built.kind && groupOf(object) === groupOf(built) && isLike(nameOf(object)))
    .toSorted((one, other) => closeness(other.object, built) - closeness(one.object, built))[0]
}

/** The longer name first; of namesakes the one of the same namespace. */
function closeness(object: KubeObject, built: KubeObject): number {
  return nameOf(object).length + (namespaceOf(object) === namespaceOf(built) ? 0.5 : 0)
}

/** The files that objects come from. */
class SourceFiles {
  readonly #from: string
  readonly #closure: readonly KustomizationDirectory[]
  readonly #files = new Map<string, readonly Resource[]>()

  constructor(from: string, closure: readonly KustomizationDirectory[]) {
    this.#from = from
    this.#closure = closure
  }

  sourceOf(object: KubeObject): Source | undefined {
    const file = originOf(object, this.#from)
    if (file === undefined) return undefined
    const source = sourceAmong(this.#objectsIn(file), object, this.#closure)
    return source === undefined ? undefined : { file: realpathSync(file), object: source.object }
  }

  #objectsIn(path: string): readonly Resource[] {
    const known = this.#files.get(path)
    if (known !== undefined) return known
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    const { resources } = repositoryOf([{ path, text }])
    this.#files.set(path, resources)
    return resources
  }
}

/** A text as a part of a regular expression that means the text itself. */
export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
