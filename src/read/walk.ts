import {
  accessSync,
  constants,
  type Dirent,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import ignore, { type Ignore } from 'ignore'
import { MeshFixError } from '../errors.ts'
import { git } from './git.ts'

/** Directories that never hold a team's own manifests. */
const NEVER = new Set(['.git', 'node_modules'])

/** What may hold manifests; kustomize also reads a file named `Kustomization`. */
const MANIFEST = /(\.ya?ml|\.json|(^|\/)Kustomization)$/i

/** Whether a file that git knows may hold manifests of a team. */
export function mayHoldManifests(path: string): boolean {
  return MANIFEST.test(path) && !path.split('/').some(name => NEVER.has(name))
}

/** The files to read, and what the paths given limit. */
export interface Walk {
  /** Absolute, symbolic links resolved. */
  readonly root: string
  /** The directory that all the given paths are in; absolute. */
  readonly start: string
  /** The git work tree's top directory, where there is one. */
  readonly gitRoot: string | undefined
  /** Paths from the root with `/`, sorted. */
  readonly files: readonly string[]
  /** Symbolic links to files: they are not followed. */
  readonly links: readonly string[]
  /** Directories that can't be opened. */
  readonly closed: readonly string[]
  /** Whether a file is one that the given paths name or hold: only such are reported and written. */
  readonly isInScope: (path: string) => boolean
  /** The paths given, files and directories, from the root. */
  readonly named: ReadonlySet<string>
}

/** What is below a directory, as paths from it with `/`. */
interface Tree {
  readonly files: readonly string[]
  /** Directories that can't be opened. */
  readonly closed: readonly string[]
}

/**
 * Finds the root around the paths (the git root, else their common directory, unless one is given) and every manifest
 * under it. `.gitignore` is respected, but what a path names is taken all the same.
 *
 * @throws {MeshFixError} USAGE: a path does not exist, is neither file nor directory, or is outside the root given
 */
export function walk(paths: readonly string[], options: { readonly root?: string | undefined } = {}): Walk {
  const targets = paths.map(targetAt)
  const common = commonDirectory(targets)
  const root = options.root === undefined ? (gitRootOf(common) ?? common) : directoryAt(options.root)
  const scopes = new Set(targets.map(({ path }) => scopeOf(path, root)))

  const tree = listed(root)
  const found = new Set(tree.files)
  const closed = new Set(tree.closed)
  const holding = new Set(tree.files.flatMap(ancestorsOf))
  for (const { path, isFile } of targets) {
    const scope = scopeOf(path, root)
    if (isFile) found.add(scope)
    else if (!holding.has(scope)) {
      const named = walked(path)
      for (const file of named.files) found.add(joined(scope, file))
      for (const directory of named.closed) closed.add(joined(scope, directory))
    }
  }

  const files: string[] = []
  const links: string[] = []
  for (const path of [...found].toSorted()) {
    const stat = lstatSync(join(root, path), { throwIfNoEntry: false })
    if (stat?.isFile()) files.push(path)
    if (stat?.isSymbolicLink()) links.push(path)
  }
  const isInScope = (path: string): boolean => scopes.has(path) || ancestorsOf(path).some(above => scopes.has(above))
  const gitRoot = gitRootOf(root)
  return { root, start: common, gitRoot, files, links, closed: [...closed].toSorted(), isInScope, named: scopes }
}

/** The directories above a path, up to the root, which is the empty path. */
function ancestorsOf(path: string): readonly string[] {
  const ancestors = ['']
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    ancestors.push(path.slice(0, slash))
  }
  return ancestors
}

function joined(directory: string, path: string): string {
  return [directory, path].filter(part => part !== '').join('/')
}

/** A path that the user gave, symbolic links resolved. */
interface Target {
  readonly path: string
  readonly isFile: boolean
}

function targetAt(path: string): Target {
  const real = realPath(path)
  const stat: Stats = statSync(real)
  if (!stat.isFile() && !stat.isDirectory()) {
    throw new MeshFixError('USAGE', `${path}: it is neither a file nor a directory`)
  }
  return { path: real, isFile: stat.isFile() }
}

function directoryAt(path: string): string {
  const { path: real, isFile } = targetAt(path)
  if (isFile) throw new MeshFixError('USAGE', `${path}: it is not a directory`)
  return real
}

function realPath(path: string): string {
  try {
    const real = realpathSync(resolve(path))
    accessSync(real, constants.R_OK)
    return real
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? 'there is no such file or directory'
        : 'it cannot be opened'
    throw new MeshFixError('USAGE', `${path}: ${reason}`)
  }
}

function scopeOf(target: string, root: string): string {
  const path = relative(root, target)
  if (path === '..' || path.startsWith(`..${sep}`) || resolve(path) === path) {
    throw new MeshFixError('USAGE', `${target} is outside the root ${root}`)
  }
  return path.split(sep).join('/')
}

function commonDirectory(targets: readonly Target[]): string {
  const directories = targets.map(({ path, isFile }) => (isFile ? dirname(path) : path))
  const isAbove = (above: string, path: string): boolean =>
    path === above || path.startsWith(above.endsWith(sep) ? above : above + sep)
  let common = directories[0] ?? resolve('.')
  while (!directories.every(directory => isAbove(common, directory))) common = dirname(common)
  return common
}

/** The git work tree's top directory around one; undefined where there is none. */
export function gitRootOf(directory: string): string | undefined {
  if (existsSync(join(directory, '.git'))) return directory
  const parent = dirname(directory)
  return parent === directory ? undefined : gitRootOf(parent)
}

/** Git's own list of what is tracked or could be; where git can't say, the directory tree without what is ignored. */
function listed(root: string): Tree {
  if (gitRootOf(root) === undefined) return walked(root)
  const list = git(root, ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  if (!list?.isDone) return walked(root)
  return { files: list.output.toString('utf8').split('\0').filter(mayHoldManifests), closed: [] }
}

/** The rules of a `.gitignore` and the directory that it stands in, as a prefix of paths. */
interface IgnoreRules {
  readonly prefix: string
  readonly rules: Ignore
}

/** The tree below a directory, with the `.gitignore` files that stand in it. */
function walked(directory: string): Tree {
  const files: string[] = []
  const closed: string[] = []
  const visit = (prefix: string, above: readonly IgnoreRules[]): void => {
    const entries = entriesOf(join(directory, prefix))
    if (entries === undefined) {
      closed.push(prefix.slice(0, -1))
      return
    }
    const own = entries.find(entry => entry.name === '.gitignore' && entry.isFile())
    const ignores = own === undefined ? above : [rulesOf(join(directory, prefix), prefix), ...above]
    for (const entry of entries) {
      const path = `${prefix}${entry.name}`
      if (NEVER.has(entry.name) || isIgnored(entry.isDirectory() ? `${path}/` : path, ignores)) continue
      if (entry.isDirectory()) visit(`${path}/`, ignores)
      else if (MANIFEST.test(path)) files.push(path)
    }
  }
  visit('', [])
  return { files, closed }
}

function entriesOf(directory: string): readonly Dirent[] | undefined {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch {
    return undefined
  }
}

function rulesOf(directory: string, prefix: string): IgnoreRules {
  return { prefix, rules: ignore({ ignorecase: false }).add(readFileSync(join(directory, '.gitignore'), 'utf8')) }
}

/**
 * Says of a path from the root whether patterns as in a `.gitignore` match it.
 *
 * @param directory where the patterns stand: absolute, in or below the root
 */
export function ignoring(patterns: readonly string[], directory: string, root: string): (path: string) => boolean {
  const below = relative(root, directory).split(sep).join('/')
  const rules = { prefix: below === '' ? '' : `${below}/`, rules: ignore({ ignorecase: false }).add(patterns) }
  return path => path.startsWith(rules.prefix) && isIgnored(path, [rules])
}

/** The nearest `.gitignore` that has a word on a path decides. */
function isIgnored(path: string, ignores: readonly IgnoreRules[]): boolean {
  for (const { prefix, rules } of ignores) {
    const { ignored, unignored } = rules.test(path.slice(prefix.length))
    if (ignored || unignored) return ignored
  }
  return false
}
