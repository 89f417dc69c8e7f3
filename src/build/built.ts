import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { MeshFixError } from '../errors.ts'
import { stringAt } from '../read/json.ts'
import { type Repository, repositoryOf } from '../read/repository.ts'
import { annotationsOf, groupOf, type KubeObject, nameOf, namespaceOf, type Resource } from '../read/resource.ts'
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
export function repositoryOfBuild(
  output: string,
  path: string,
  sourceNames: ReadonlyMap<Identity, string>,
): Repository {
  const { files, resources, skipped, errors } = repositoryOf([{ path, text: output }])
  const named = (resource: Resource): Resource => {
    const sourceName = sourceNames.get(identityOf(resource.object))
    return sourceName === undefined ? resource : { ...resource, sourceName }
  }
  return { files, resources: resources.map(named), skipped, errors }
}

const ORIGIN = 'config.kubernetes.io/origin'

/**
 * The names that the sources give the objects of a build, before the prefixes and suffixes of the kustomizations. What is
 * generated has none.
 *
 * @param closure the kustomizations of the build, the one that is built first
 * @throws {MeshFixError} BUILD
 */
export function sourceNames(
  kustomize: Kustomize,
  closure: readonly KustomizationDirectory[],
  overrides: Overrides,
): ReadonlyMap<Identity, string> {
  const directories = closure.map(({ directory }) => directory)
  return withScratch(scratch => {
    const root = mirrored(scratch, directories, overrides)(directories[0] ?? '')
    const wrapper = join(scratch, 'wrapper')
    mkdirSync(wrapper)
    const kustomization = { resources: [relative(wrapper, root)], buildMetadata: ['originAnnotations'] }
    writeFileSync(join(wrapper, 'kustomization.yaml'), JSON.stringify(kustomization))
    const sources = new Sources(wrapper, closure)
    const names = [
      ...builtFrom(
        kustomize.build(wrapper, { unrestricted: true, name: relative(process.cwd(), directories[0] ?? '') || '.' }),
      ),
    ].flatMap(([identity, object]) => {
      const name = sources.nameOf(object)
      return name === undefined ? [] : ([[identity, name]] as const)
    })
    return new Map(names)
  })
}

/** What kustomize makes of a directory if some files had other texts. */
export function buildWith(
  kustomize: Kustomize,
  directory: string,
  directories: readonly string[],
  overrides: Overrides,
): string {
  return withScratch(scratch => {
    const place = mirrored(scratch, directories, overrides)
    return kustomize.build(place(directory), { unrestricted: true, name: relative(process.cwd(), directory) || '.' })
  })
}

/** The files that objects come from. */
class Sources {
  readonly #from: string
  readonly #affixes: RegExp
  readonly #files = new Map<string, readonly Resource[]>()

  constructor(from: string, closure: readonly KustomizationDirectory[]) {
    this.#from = from
    const all = (key: 'namePrefix' | 'nameSuffix'): string =>
      closure.flatMap(({ value }) => escaped(stringAt(value, key) ?? '') || []).join('|')
    this.#affixes = new RegExp(`^(?:${all('namePrefix')})*\0(?:${all('nameSuffix')})*$`)
  }

  /** The longest name in the file that is the object's own but for prefixes and suffixes. */
  nameOf(object: KubeObject): string | undefined {
    const path = stringAt(parse(annotationsOf(object)[ORIGIN] ?? '').documents[0]?.value, 'path')
    if (path === undefined) return undefined
    const rendered = nameOf(object)
    const names = this.#objectsIn(resolve(this.#from, path))
      .filter(({ object: source }) => source.kind === object.kind && groupOf(source) === groupOf(object))
      .map(source => nameOf(source.object))
      .filter(name => name !== '' && rendered.includes(name) && this.#affixes.test(rendered.replace(name, '\0')))
    return names.toSorted((one, other) => other.length - one.length)[0]
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
