import { existsSync, realpathSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import {
  closureOf,
  directoriesOf,
  type Fetching,
  filesNamedIn,
  isComponent,
  type KustomizationDirectory,
  kustomizationIn,
} from '../build/closure.ts'
import { MeshFixError } from '../errors.ts'
import { isKustomizationFile } from '../read/kustomization.ts'

/** A kustomization that no other one lists: what it builds is applied together, and is a scope. */
export interface Root {
  /** Its directory's path from the root of what is read; `.` for that itself. */
  readonly name: string
  readonly kustomization: KustomizationDirectory
  /** All that it is built from, itself first. */
  readonly closure: readonly KustomizationDirectory[]
  /** Everything that the closure names, as paths from the root of what is read. */
  readonly files: ReadonlySet<string>
  /** Why it can't be built, where that is known beforehand. */
  readonly problem: string | undefined
}

/**
 * The kustomizations that no other one lists.
 *
 * @param root the directory of what is read: absolute, symbolic links resolved
 * @param paths the files that are read, from there
 * @param allowRemote whether builds may fetch what is remote
 */
export function rootsIn(root: string, paths: readonly string[], allowRemote: boolean): readonly Root[] {
  const found = paths.filter(isKustomizationFile).flatMap(path => kustomizationAt(join(root, path, '..')) ?? [])
  const all = [...new Map(found.map(each => [each.directory, each])).values()]
  const listed = new Set(all.flatMap(each => directoriesOf(each, 'resources', 'bases', 'components').map(realOf)))
  return all
    .filter(each => !isComponent(each) && !listed.has(each.directory))
    .map(kustomization => rootOf(root, kustomization, allowRemote))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

function rootOf(root: string, kustomization: KustomizationDirectory, allowRemote: boolean): Root {
  const name = fromRoot(root, kustomization.directory) || '.'
  const { closure, problem } = reached(kustomization, allowRemote ? 'allowed' : 'refused')
  const files = new Set(closure.flatMap(each => filesOf(each)).map(file => fromRoot(root, file)))
  return { name, kustomization, closure, files, problem }
}

function reached(kustomization: KustomizationDirectory, fetching: Fetching): Pick<Root, 'closure' | 'problem'> {
  try {
    return { closure: closureOf(kustomization, fetching), problem: undefined }
  } catch (error) {
    if (!(error instanceof MeshFixError)) throw error
    const rest = fetching === 'ignored' ? { closure: [kustomization] } : reached(kustomization, 'ignored')
    return { closure: rest.closure, problem: error.message }
  }
}

/** What can't be read is an error of the reader's. */
function kustomizationAt(directory: string): KustomizationDirectory | undefined {
  try {
    return kustomizationIn(directory)
  } catch (error) {
    if (error instanceof MeshFixError) return undefined
    throw error
  }
}

function filesOf({ directory, file, value }: KustomizationDirectory): readonly string[] {
  return [join(directory, file), ...filesNamedIn(value).map(entry => realOf(resolve(directory, entry)))]
}

function realOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : path
}

function fromRoot(root: string, path: string): string {
  return relative(root, path).split(sep).join('/')
}
