import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { MeshFixError } from '../errors.ts'
import { at, isMap, listAt, mapAt, stringAt } from '../read/json.ts'
import { isKustomizationFile, type KustomizationField } from '../read/kustomization.ts'
import type { Json } from '../read/tree.ts'
import { parse, positionAt } from '../read/yaml.ts'

/** A directory with a kustomization. */
export interface KustomizationDirectory {
  /** Absolute, symbolic links resolved. */
  readonly directory: string
  /** The file's name in it. */
  readonly file: string
  readonly value: Json
}

/**
 * The kustomization of a directory; undefined where there is none.
 *
 * @throws {MeshFixError} BUILD: it can't be read
 */
export function kustomizationIn(directory: string): KustomizationDirectory | undefined {
  if (!existsSync(directory)) return undefined
  const real = realpathSync(directory)
  const file = statSync(real).isDirectory() ? readdirSync(real).find(isKustomizationFile) : undefined
  if (file === undefined) return undefined
  const path = relative(process.cwd(), join(real, file))
  const { documents, errors, text } = parse(readFileSync(join(real, file), 'utf8'))
  const [error] = errors
  if (error !== undefined) {
    throw new MeshFixError('BUILD', error.message, { file: path, ...positionAt(text, error.offset) })
  }
  const value = documents[0]?.value ?? null
  return { directory: real, file, value: isMap(value) ? withFieldNames(value) : {} }
}

/** Whether a kustomization is a Component, which builds nothing by itself. */
export function isComponent({ value }: KustomizationDirectory): boolean {
  return stringAt(value, 'kind') === 'Component'
}

/** The directories that a kustomization lists under a key, absolute. */
export function directoriesOf({ directory, value }: KustomizationDirectory, ...keys: KustomizationField[]) {
  const entries = keys.flatMap(key => listAt(value, key)).filter(entry => typeof entry === 'string')
  return entries.map(entry => resolve(directory, entry)).filter(path => isDirectory(path))
}

/**
 * A kustomization and all those that it is built from, itself first.
 *
 * @throws {MeshFixError} BUILD: one of them can't be read, or would fetch something
 */
export function closureOf(
  root: KustomizationDirectory,
  fetching: Fetching = 'refused',
): readonly KustomizationDirectory[] {
  const closure = new Map<string, KustomizationDirectory>()
  const visit = (kustomization: KustomizationDirectory): void => {
    if (closure.has(kustomization.directory)) return
    closure.set(kustomization.directory, kustomization)
    if (fetching !== 'ignored') refuseFetching(kustomization, fetching === 'allowed')
    for (const directory of directoriesOf(kustomization, ...DIRECTORIES)) {
      const next = kustomizationIn(directory)
      if (next !== undefined) visit(next)
    }
  }
  visit(root)
  return [...closure.values()]
}

/** The keys whose entries may be directories with a kustomization. */
const DIRECTORIES = [
  'resources',
  'bases',
  'components',
  'generators',
  'transformers',
  'validators',
] as const satisfies readonly KustomizationField[]

/** What becomes of what a build would fetch; charts are refused even where it is allowed. */
export type Fetching = 'refused' | 'allowed' | 'ignored'

/** The keys that have kustomize fetch a chart. */
const CHARTS = ['helmCharts', 'helmChartInflationGenerator'] as const satisfies readonly KustomizationField[]

function refuseFetching({ directory, file, value }: KustomizationDirectory, isRemoteAllowed: boolean): void {
  const path = relative(process.cwd(), join(directory, file))
  const chart = CHARTS.find(key => listAt(value, key).length > 0)
  if (chart !== undefined)
    throw new MeshFixError(
      'BUILD',
      `${path}: ${chart} needs a chart to be fetched and rendered, which mesh-fix does not`,
    )
  if (isRemoteAllowed) return
  const remote = filesNamedIn(value).find(entry => isRemote(entry) && !existsSync(resolve(directory, entry)))
  if (remote !== undefined)
    throw new MeshFixError(
      'BUILD',
      `${path}: "${remote}" is remote, and mesh-fix fetches nothing without --allow-remote; keep a copy beside it`,
    )
}

/** Every entry that kustomize opens as a file, a directory or a URL. */
export function filesNamedIn(value: Json): readonly string[] {
  const lists = [...DIRECTORIES, 'crds', 'configurations', 'patchesStrategicMerge'].flatMap(key => listAt(value, key))
  const members = ['patches', 'patchesJson6902', 'replacements'].flatMap(key => listAt(value, key))
  const generators = ['configMapGenerator', 'secretGenerator'].flatMap(key => listAt(value, key))
  const sources = generators.flatMap(generator => [
    ...listAt(generator, 'files').map(entry => (typeof entry === 'string' ? entry.replace(/^[^=/]*=/, '') : entry)),
    ...listAt(generator, 'envs'),
    at(generator, 'env'),
  ])
  const named = [...lists, ...members.map(entry => at(entry, 'path')), at(mapAt(value, 'openapi'), 'path'), ...sources]
  return named.filter((entry): entry is string => typeof entry === 'string' && !/[\n{]/.test(entry))
}

/** What kustomize takes for a URL or a git repository, unless a file or directory of that name is there. */
function isRemote(entry: string): boolean {
  return /:\/\/|^git::|^git@|^gh:|^[\w.-]+@[\w.-]+:|^[\w.-]+\.[a-z]{2,}\/.*\/|\?(ref|version|timeout|submodules)=|\.git(\/|$)/i.test(
    entry,
  )
}

/** kustomize takes its fields' names in any case. */
function withFieldNames(value: { readonly [key: string]: Json }): Json {
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [FIELDS.get(key.toLowerCase()) ?? key, member]),
  )
}

/** The fields that mesh-fix reads, by their names in small letters. */
const FIELDS: ReadonlyMap<string, string> = new Map(
  (
    [
      ...DIRECTORIES,
      ...CHARTS,
      'kind',
      'metadata',
      'namePrefix',
      'nameSuffix',
      'namespace',
      'patches',
      'patchesJson6902',
      'patchesStrategicMerge',
      'configMapGenerator',
      'secretGenerator',
      'crds',
      'configurations',
      'replacements',
      'openapi',
      'generatorOptions',
    ] as const satisfies readonly KustomizationField[]
  ).map(name => [name.toLowerCase(), name]),
)

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
