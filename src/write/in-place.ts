import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/** A file's new text, and the text that it was computed from. */
export interface Rewrite {
  /** From the root, with `/`. */
  readonly path: string
  /** Undefined for a file that is new. */
  readonly before: string | undefined
  readonly after: string
}

/** Rewrites that belong together could not be made; all of their files are as they were. */
export interface WriteFailure {
  readonly paths: readonly string[]
  readonly path: string
  readonly reason: string
}

interface Staged {
  readonly path: string
  readonly target: string
  readonly temporary: string
  /** Undefined for a file that is new. */
  readonly original: { readonly text: string; readonly stat: Stats } | undefined
}

/**
 * Writes groups of files, each group all or none: every new text is first written and synced to a temporary file beside
 * its target, then all are renamed over their targets (a new file: linked to it, which never replaces another); what
 * fails is undone for the whole group. A file that changed since it was read, or is no regular file any more, or is to
 * be new and is there already, fails its group. Permissions and owner are kept.
 */
export function writeInPlace(root: string, groups: readonly (readonly Rewrite[])[]): readonly WriteFailure[] {
  return groups.flatMap(group => writeGroup(root, group) ?? [])
}

function writeGroup(root: string, group: readonly Rewrite[]): WriteFailure | undefined {
  const paths = group.map(({ path }) => path)
  const staged: Staged[] = []
  let at = paths[0] ?? ''
  try {
    for (const rewrite of group) {
      at = rewrite.path
      staged.push(stage(root, rewrite))
    }
  } catch (error) {
    for (const { temporary } of staged) rmSync(temporary, { force: true })
    return { paths, path: at, reason: reasonOf(error) }
  }
  const renamed: Staged[] = []
  try {
    for (const file of staged) {
      at = file.path
      put(file)
      renamed.push(file)
    }
  } catch (error) {
    for (const { temporary } of staged) rmSync(temporary, { force: true })
    const reasons = [reasonOf(error), ...renamed.flatMap(file => restore(file) ?? [])]
    return { paths, path: at, reason: reasons.join('; ') }
  }
  return undefined
}

function put({ temporary, target, original }: Staged): void {
  if (original === undefined) {
    linkSync(temporary, target)
    rmSync(temporary)
  } else renameSync(temporary, target)
}

/** Puts a file's old text back in its place, or takes a new file away. Gives the reason where that fails as well. */
function restore({ path, target, original }: Staged): string | undefined {
  let temporary: string | undefined
  try {
    if (original === undefined) {
      rmSync(target)
      return undefined
    }
    temporary = temporaryCopy(target, original.text, original.stat)
    renameSync(temporary, target)
    return undefined
  } catch (error) {
    if (temporary !== undefined) rmSync(temporary, { force: true })
    return `${path} holds the new text and could not be restored: ${reasonOf(error)}`
  }
}

/** @throws {Error} the file changed since it was read, or its directory takes no new file */
function stage(root: string, { path, before, after }: Rewrite): Staged {
  const target = join(root, path)
  if (before === undefined) return { path, target, temporary: temporaryCopy(target, after), original: undefined }
  const file = openSync(target, constants.O_RDWR | constants.O_NOFOLLOW)
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) throw new Error('it is no regular file')
    if (stat.nlink > 1) throw new Error('it has several hard links, which a rewrite would part; unlink it first')
    if (!readFileSync(file).equals(Buffer.from(before))) {
      throw new Error('it changed while mesh-fix was running; run it again')
    }
    return { path, target, temporary: temporaryCopy(target, after, stat), original: { text: before, stat } }
  } finally {
    closeSync(file)
  }
}

/**
 * Writes a text to a new file beside its target, with the target's permissions and owner, else those of any new file,
 * and gives the file's path.
 */
function temporaryCopy(target: string, text: string, stat?: Stats): string {
  const temporary = join(dirname(target), `.mesh-fix-${randomBytes(6).toString('hex')}.tmp`)
  try {
    const file = openSync(temporary, 'wx', 0o600)
    try {
      writeFileSync(file, text)
      // A change of owner clears special permissions, so it comes first.
      if (stat !== undefined && process.getuid?.() === 0) fchownSync(file, stat.uid, stat.gid)
      fchmodSync(file, stat === undefined ? 0o666 & ~process.umask() : stat.mode & 0o7777)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    return temporary
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** What people can do something with: what is wrong, without the system call and the absolute path. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error))
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it is gone',
  EEXIST: 'it is there already',
  EISDIR: 'it is a directory now',
  ELOOP: 'it is a symbolic link now',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
}

/** Groups files that some transaction changes together. */
export function transactionGroups(transactions: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const leader = new Map<string, string>()
  const find = (path: string): string => {
    let current = path
    while (leader.get(current) !== undefined && leader.get(current) !== current)
      current = leader.get(current) ?? current
    return current
  }
  for (const paths of transactions) {
    const [first] = paths
    if (first === undefined) continue
    for (const path of paths) {
      if (!leader.has(path)) leader.set(path, path)
      leader.set(find(path), find(first))
    }
  }
  const groups = new Map<string, string[]>()
  for (const path of leader.keys()) groups.set(find(path), [...(groups.get(find(path)) ?? []), path])
  return [...groups.values()]
}
