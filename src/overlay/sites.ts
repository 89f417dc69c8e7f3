import { existsSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import {
  closureOf,
  directoriesOf,
  type Fetching,
  isComponent,
  type KustomizationDirectory,
  kustomizationIn,
} from '../build/closure.ts'
import { isWithin } from '../build/scratch.ts'
import { MeshFixError } from '../errors.ts'
import { listAt } from '../read/json.ts'
import { isKustomizationFile, type KustomizationField } from '../read/kustomization.ts'
import { walk } from '../read/walk.ts'

/** A kustomization whose build is to be fixed. */
export interface Site {
  readonly root: KustomizationDirectory
  /** All that it is built from, itself first. */
  readonly closure: readonly KustomizationDirectory[]
}

/** The absolute path, symbolic links resolved, of what may not exist yet. */
export function realPathOf(path: string): string {
  const absolute = resolve(path)
  return existsSync(absolute) ? realpathSync(absolute) : join(realPathOf(dirname(absolute)), basename(absolute))
}

/**
 * The directory that the arguments name, or the one of the kustomization that they do.
 *
 * @throws {MeshFixError} USAGE: there are several, or it is another file
 */
export function pathOf(paths: readonly string[]): string {
  const [path = '.', other] = paths
  if (other !== undefined)
    throw new MeshFixError('USAGE', '--overlay and --component take one PATH: a kustomization or a plain directory')
  const real = realPathOf(path)
  if (!(statSync(real, { throwIfNoEntry: false })?.isFile() ?? false)) return real
  if (isKustomizationFile(real)) return dirname(real)
  throw new MeshFixError('USAGE', `${path} is neither a kustomization nor a directory`)
}

export function siteOf(root: KustomizationDirectory, fetching: Fetching): Site {
  return { root, closure: closureOf(root, fetching) }
}

/**
 * The one kustomization that a path names or holds; undefined for a plain directory.
 *
 * @param own the directory that is to be written: it is not looked at
 * @throws {MeshFixError} USAGE: there are several that no other one is built from, or Components alone
 */
export function rootAt(path: string, own: string): KustomizationDirectory | undefined {
  const at = path === own ? undefined : kustomizationIn(path)
  if (at !== undefined) {
    if (isComponent(at))
      throw new MeshFixError('USAGE', `${shown(path)} is a Component, which builds nothing by itself`)
    return at
  }
  const all = kustomizationsUnder([path]).filter(({ directory }) => directory !== own && isWithin(directory, path))
  const used = new Set(all.flatMap(each => directoriesOf(each, 'resources', 'bases', 'components')))
  const roots = all.filter(each => !isComponent(each) && !used.has(each.directory))
  if (roots.length > 1) {
    const list = roots.map(({ directory }) => shown(directory)).join(', ')
    throw new MeshFixError('USAGE', `${shown(path)} holds ${roots.length} kustomizations; name one of them: ${list}`)
  }
  if (roots.length === 0 && all.length > 0)
    throw new MeshFixError('USAGE', `${shown(path)} holds Components alone, which build nothing by themselves`)
  return roots[0]
}

/** The kustomizations that list a Component, or a Component that does, in a repository or the paths' common directory. */
export function rootsThatList(component: string, path: string): readonly KustomizationDirectory[] {
  const all = kustomizationsUnder([path, component])
  const listed = new Set([component])
  const listing = (): readonly KustomizationDirectory[] =>
    all.filter(each => directoriesOf(each, 'components').some(directory => listed.has(realPathOf(directory))))
  for (;;) {
    const more = listing().filter(each => isComponent(each) && !listed.has(each.directory))
    if (more.length === 0) return listing().filter(each => !isComponent(each))
    for (const { directory } of more) listed.add(directory)
  }
}

function kustomizationsUnder(paths: readonly string[]): readonly KustomizationDirectory[] {
  const existing = paths.map(path => (existsSync(path) ? path : existingAbove(path)))
  const { root, files } = walk(existing)
  const directories = new Set(files.filter(isKustomizationFile).map(file => dirname(join(root, file))))
  return [...directories].flatMap(directory => kustomizationIn(directory) ?? [])
}

function existingAbove(path: string): string {
  return existsSync(path) ? path : existingAbove(dirname(path))
}

/** A root's kustomization with a Component as its last, as text: JSON is YAML. */
export function withComponent({ directory, value }: KustomizationDirectory, component: string): string {
  const components = [...listAt(value, 'components'), relative(directory, component)]
  return JSON.stringify({ ...(value as object), components })
}

/** A root's kustomization as far as it stands before its Components are asked: what they get to see. */
export function withoutOwnTransformations({ value }: KustomizationDirectory): string {
  const kept = Object.entries(value as object).filter(([key]) => BEFORE_COMPONENTS.has(key))
  return JSON.stringify({ metadata: { name: 'before' }, ...Object.fromEntries(kept) })
}

const BEFORE_COMPONENTS: ReadonlySet<string> = new Set<KustomizationField>([
  'resources',
  'bases',
  'components',
  'generators',
  'configMapGenerator',
  'secretGenerator',
  'generatorOptions',
  'openapi',
  'crds',
  'configurations',
])

/** A path as messages show it. */
export function shown(path: string): string {
  return relative(process.cwd(), path) || '.'
}
