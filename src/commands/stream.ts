import { realpathSync } from 'node:fs'
import type { Options } from '../command-line.ts'
import { configFor, NOTHING } from '../config.ts'
import { isAtLeast } from '../detect/detector.ts'
import { MeshFixError } from '../errors.ts'
import { type FunctionRun, runFunction } from '../krm.ts'
import { print, STDERR, say } from '../output.ts'
import { readStream, standardInput } from '../read/stream.ts'
import { gitRootOf } from '../read/walk.ts'
import { isFailing } from '../report/result.ts'
import { runOnStream } from '../stream.ts'
import { destinationsOf } from './delivery.ts'
import { asked, rulesOf } from './prepared.ts'
import { report } from './reporting.ts'

/** Options that have no meaning for a stream. */
const NOT_FOR_STREAMS = new Set([
  '--write',
  '--interactive',
  '--overlay',
  '--component',
  '--force',
  '--dry-run',
  '--diff',
  '--root',
  '--build',
  '--allow-remote',
  '--print-scopes',
  '--print-config',
  '--include-generated',
  '--changed',
  '--staged',
  '--since',
  '--cache',
  '--cache-location',
  '--no-baseline',
])

/** Standard input, fixed, on standard output; it goes on whatever is found, unless `--fail-on` is given. */
export async function stream(paths: readonly string[], options: Options, given: readonly string[]): Promise<number> {
  const needless = given.find(option => NOT_FOR_STREAMS.has(option))
  if (needless !== undefined) throw new MeshFixError('USAGE', `${needless} has no meaning for standard input`)
  if (paths.length > 1) throw new MeshFixError('USAGE', '"-" is standard input, and takes no paths beside it')

  const text = await standardInput()
  const source = readStream(text)
  if (source.list !== undefined) {
    const [option] = given
    if (option === undefined) return finished(await runFunction(text, undefined, await rulesOf(NOTHING)))
    throw new MeshFixError('USAGE', `${option}: what is asked of a ResourceList stands in its functionConfig`)
  }
  const cwd = realpathSync(process.cwd())
  const config = await configFor(options.config, cwd, gitRootOf(cwd) ?? cwd)
  const run = runOnStream(source, {
    ...asked(options, config),
    ignore: config.ignore,
    failOn: options.failOn,
    write: options.fix,
    rules: await rulesOf(config),
    prefix: '--',
  })
  const destinations = destinationsOf(options, STDERR)
  print(run.text.trim() === '' ? '---\n' : run.text)
  await report(run.result, options, destinations)
  if (!options.quiet) for (const note of run.notes) say(note)
  if (!given.includes('--fail-on') || options.exitZero) return 0
  return isFailing(run.result, ({ severity }) => isAtLeast(severity, options.failOn)) ? 1 : 0
}

/** Runs as a KRM function. */
export async function krm([configFile]: readonly string[]): Promise<number> {
  if (process.stdin.isTTY) throw new MeshFixError('USAGE', 'krm takes a ResourceList on standard input')
  return finished(await runFunction(await standardInput(), configFile, await rulesOf(NOTHING)))
}

function finished({ output, lines, exitCode }: FunctionRun): number {
  print(output)
  for (const line of lines) say(line)
  return exitCode
}
