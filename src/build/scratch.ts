import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'

/** Files of a build that are not, or not so, on the disk: absolute path → text. */
export type Overrides = ReadonlyMap<string, string>

/** Lends a temporary directory, which is gone afterwards. */
export function withScratch<Result>(use: (directory: string) => Result): Result {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'mesh-fix-')))
  try {
    return use(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The same for work that takes its time. */
export async function withScratchAlongside<Result>(use: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'mesh-fix-')))
  try {
    return await use(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * Shows directories as they would be with other files, without touching them: in a scratch directory they are made
 * anew, with symbolic links to everything that stays. kustomize follows such links only without load restrictions.
 *
 * @param directories those that kustomize goes through: a link to one would lead it out of the scratch directory
 * @returns where a directory stands in the scratch
 */
export function mirrored(
  scratch: string,
  directories: readonly string[],
  overrides: Overrides,
): (directory: string) => string {
  const all = [...directories, ...[...overrides.keys()].map(dirname)]
  const top = commonDirectory(all)
  const real = new Set(all.flatMap(directory => upTo(top, directory)))
  const place = (path: string): string => join(scratch, 'tree', relative(top, path))
  for (const directory of [...real].toSorted()) {
    mkdirSync(place(directory), { recursive: true })
    for (const name of existsSync(directory) ? readdirSync(directory) : []) {
      const path = join(directory, name)
      if (!real.has(path) && !overrides.has(path)) symlinkSync(path, place(path))
    }
  }
  for (const [path, text] of overrides) writeFileSync(place(path), text)
  return place
}

/** The directory that all of them are in. */
export function commonDirectory(directories: readonly string[]): string {
  let [common = '/'] = directories
  while (!directories.every(directory => isWithin(directory, common))) common = dirname(common)
  return common
}

/** Whether a path is that of the directory, or in it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}

function upTo(top: string, directory: string): readonly string[] {
  return directory === top ? [top] : [directory, ...upTo(top, dirname(directory))]
}
