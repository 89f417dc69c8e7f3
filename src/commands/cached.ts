import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { BASELINE } from '../baseline.ts'
import { Cache, keyOf } from '../cache.ts'
import type { Options } from '../command-line.ts'
import { configFileFor } from '../config.ts'
import { STDOUT, say } from '../output.ts'
import { readFiles } from '../read/repository.ts'
import type { Walk } from '../read/walk.ts'
import { walkFrom } from './begin.ts'
import { deliver, destinationsOf, isColored, type Said } from './delivery.ts'

/** Options under which a run does something else than to report on the files as they are. */
const NOT_CACHED = ['write', 'changed', 'staged', 'since', 'printConfig', 'printScopes'] as const

/**
 * A check that says again what it said before, where nothing that it depends on has changed. A finding depends on the
 * whole repository, so it is the run that is remembered.
 */
export async function cached(paths: readonly string[], options: Options): Promise<number> {
  const needless = NOT_CACHED.find(name => options[name] !== undefined)
  if (needless !== undefined) {
    notCached(`it is of no use with --${needless.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`)
    return (await import('./check.ts')).check(paths, options)
  }
  const walked = walkFrom(paths, options)
  const read = readFiles(walked)
  const cache = new Cache(options.cacheLocation ?? locationFor(walked.root))
  const key = keyOf(everythingIn(walked, read, options))
  const known = cache.get(key)
  if (known !== undefined) {
    deliver(known, destinationsOf(options))
    return known.exitCode
  }
  const remember = (said: Said, exitCode: number, uncertain: string | undefined): void => {
    if (uncertain === undefined) cache.put(key, { ...said, exitCode })
    else notCached(uncertain)
  }
  return (await import('./check.ts')).check(paths, options, { walk: walked, read, remember })
}

function notCached(reason: string): void {
  say(`--cache: nothing is remembered: ${reason}`)
}

/** Everything that decides what a run says. */
function* everythingIn(walked: Walk, read: ReturnType<typeof readFiles>, options: Options): Iterable<string> {
  const { cache, cacheLocation, ...deciding } = options
  const { root, start, gitRoot, named } = walked
  const [, program = ''] = process.argv
  const config = configFileFor(options.config, start, root)
  yield JSON.stringify({
    program: [packageJson.version, process.version],
    options: deciding,
    isColored: isColored(options, STDOUT),
    places: [process.cwd(), root, start, gitRoot, [...named].toSorted(), config],
    skipped: read.skipped,
    errors: read.errors,
  })
  yield readFileSync(program, 'utf8')
  yield config !== undefined && existsSync(config) ? readFileSync(config, 'utf8') : ''
  const baseline = join(root, BASELINE)
  yield existsSync(baseline) ? readFileSync(baseline, 'utf8') : ''
  for (const { path, text } of read.texts) {
    yield path
    yield text
  }
}

/** Beside the packages of a repository that has some, else with the user's own files: never among the manifests. */
function locationFor(root: string): string {
  const modules = join(root, 'node_modules')
  if (existsSync(modules)) return join(modules, '.cache', 'mesh-fix')
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'mesh-fix')
}
