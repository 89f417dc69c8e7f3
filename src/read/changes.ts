import { resolve, sep } from 'node:path'
import { MeshFixError } from '../errors.ts'
import { type GitInput, git } from './git.ts'
import type { FileText } from './repository.ts'
import { mayHoldManifests, type Walk } from './walk.ts'

/** Which changes: those of the working tree to HEAD, of the index to HEAD, or of the working tree since a commit. */
export type Comparison = { readonly to: 'changed' | 'staged' } | { readonly to: 'since'; readonly ref: string }

/** What git says has changed below the root. */
export interface Changes {
  readonly isChanged: (path: string) => boolean
  /** The texts that count: the files', but for `staged` those of the index. */
  readonly texts: readonly FileText[]
  /** The texts before the changes. */
  readonly before: readonly FileText[]
  /** With `staged`, the files that have changes beyond the index, which a fix of the index's text would lose. */
  readonly unstaged: ReadonlySet<string>
}

/** A line of `git diff --raw`. */
interface RawChange {
  readonly path: string
  /** The old side's blob; undefined where that is no regular file. */
  readonly blob: string | undefined
}

/**
 * Compares what was read with what git has.
 *
 * @throws {MeshFixError} USAGE: no git, no repository, no such commit
 */
export function changesIn({ root, gitRoot }: Walk, read: readonly FileText[], comparison: Comparison): Changes {
  const repository = new GitDirectory(root, gitRoot, `--${comparison.to}`, comparison.to === 'staged')
  const base = comparison.to === 'since' ? repository.forkPoint(comparison.ref) : repository.head()

  const texts = new Map(read.map(({ path, text }) => [path, text]))
  const unstaged = new Set<string>()
  if (comparison.to === 'staged') {
    for (const [path, text] of repository.oldTexts(['diff-files'])) {
      if (text === undefined || isSame(text, texts.get(path))) continue
      unstaged.add(path)
      texts.set(path, text)
    }
  }

  const old = repository.oldTexts(['diff-index', ...(comparison.to === 'staged' ? ['--cached'] : []), base])
  if (comparison.to !== 'staged') for (const path of repository.untracked()) old.set(path, undefined)
  const before = new Map(texts)
  const changed = new Set<string>()
  for (const [path, text] of old) {
    if (text !== undefined && isSame(text, texts.get(path))) continue
    changed.add(path)
    if (text === undefined) before.delete(path)
    else before.set(path, text)
  }
  return { isChanged: path => changed.has(path), texts: sorted(texts), before: sorted(before), unstaged }
}

/** Git's answers on a directory of a work tree. */
class GitDirectory {
  readonly #root: string
  readonly #option: string
  readonly #index: string | undefined

  /** @param isHook whether the index that git names to its hooks is meant: `git commit -a` makes one of its own */
  constructor(root: string, gitRoot: string | undefined, option: string, isHook: boolean) {
    this.#root = root
    this.#option = option
    if (gitRoot === undefined) throw new MeshFixError('USAGE', `${option}: ${root} is not in a git repository`)
    const directory = this.#line(['rev-parse', '--absolute-git-dir'])
    const index = process.env['GIT_INDEX_FILE']
    const file = index && resolve(gitRoot, index)
    this.#index = isHook && file?.startsWith(`${directory}${sep}`) ? file : undefined
  }

  /** The commit that is checked out; before the first one, the empty tree. */
  head(): string {
    return this.#commit('HEAD') ?? this.#line(['hash-object', '-t', 'tree', '--stdin'])
  }

  /** Where the work tree's history parted from a commit's. */
  forkPoint(ref: string): string {
    if (ref === '' || ref.startsWith('-'))
      throw new MeshFixError('USAGE', `${this.#option}: "${ref}" can't name a commit`)
    const commit = this.#commit(ref)
    if (commit === undefined) throw new MeshFixError('USAGE', `${this.#option}: there is no commit "${ref}"`)
    const found = this.#run(['merge-base', commit, 'HEAD'])
    if (found.isDone) return found.output.toString('utf8').trim()
    throw new MeshFixError(
      'USAGE',
      `${this.#option}: "${ref}" and HEAD have no common commit; a shallow clone may lack it (git fetch --unshallow)`,
    )
  }

  /** The old texts of what a comparison finds, by path; undefined for what was no readable file. */
  oldTexts([command = '', ...args]: readonly string[]): Map<string, string | undefined> {
    const changes = this.#changes([
      command,
      ...['--raw', '-z', '--no-abbrev', '--no-renames', '--no-ext-diff', '--ignore-submodules', '--relative'],
      ...args,
    ])
    const blobs = this.#blobs(changes.flatMap(({ blob }) => blob ?? []))
    return new Map(changes.map(({ path, blob }) => [path, blob && blobs.get(blob)]))
  }

  untracked(): readonly string[] {
    return this.#list(['ls-files', '-z', '--others', '--exclude-standard']).filter(mayHoldManifests)
  }

  #commit(ref: string): string | undefined {
    const { isDone, output } = this.#run(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`])
    return isDone ? output.toString('utf8').trim() : undefined
  }

  #changes(args: readonly string[]): readonly RawChange[] {
    const fields = this.#list(args)
    const changes: RawChange[] = []
    for (let index = 0; index + 1 < fields.length; index += 2) {
      const [mode = '', , blob] = (fields[index] ?? '').split(' ')
      const path = fields[index + 1] ?? ''
      if (mayHoldManifests(path)) changes.push({ path, blob: mode.startsWith(':100') ? blob : undefined })
    }
    return changes
  }

  /** Blobs by their ids, as texts; what is no UTF-8 is left out. */
  #blobs(ids: readonly string[]): ReadonlyMap<string, string> {
    const texts = new Map<string, string>()
    if (ids.length === 0) return texts
    const output = this.#output(['cat-file', '--batch'], { input: `${ids.join('\n')}\n` })
    for (let start = 0; start < output.length; ) {
      const end = output.indexOf('\n', start)
      const [id = '', type, size] = output.toString('utf8', start, end).split(' ')
      start = end + 1
      if (type !== 'blob') continue
      const text = textOf(output.subarray(start, start + Number(size)))
      if (text !== undefined) texts.set(id, text)
      start += Number(size) + 1
    }
    return texts
  }

  #list(args: readonly string[]): readonly string[] {
    return this.#output(args).toString('utf8').split('\0').slice(0, -1)
  }

  #line(args: readonly string[]): string {
    return this.#output(args).toString('utf8').trim()
  }

  #output(args: readonly string[], input: GitInput = {}): Buffer {
    const { isDone, output, message } = this.#run(args, input)
    if (!isDone) throw new MeshFixError('USAGE', `${this.#option}: git can't say what has changed: ${message}`)
    return output
  }

  #run(args: readonly string[], input: GitInput = {}) {
    const run = git(this.#root, args, { ...input, index: this.#index })
    if (run === undefined) throw new MeshFixError('USAGE', `${this.#option} needs git, and there is none on PATH`)
    return run
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Git may write other line ends into the working tree than it keeps. */
function isSame(one: string, other: string | undefined): boolean {
  return one === other || one.replaceAll('\r\n', '\n') === other?.replaceAll('\r\n', '\n')
}

function sorted(texts: ReadonlyMap<string, string>): readonly FileText[] {
  return [...texts].map(([path, text]) => ({ path, text })).toSorted((one, other) => (one.path < other.path ? -1 : 1))
}
