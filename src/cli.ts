import { deciding, given, parsed, spelledOut } from './arguments.ts'
import {
  baselineProgram,
  type ChartOptions,
  chartProgram,
  commandLines,
  commandName,
  findingOptions,
  functionProgram,
  ignoreProgram,
  type Options,
  program,
  type Shell,
  usageCode,
} from './command-line.ts'
import { MeshFixError } from './errors.ts'
import { say } from './output.ts'

/**
 * Runs the command line.
 *
 * @param argv the arguments behind the program's name
 * @returns the exit code: 0 nothing left, 1 findings at or above `--fail-on` (or, unless written, fixes for such), 2
 *   arguments that can't be used, a path that doesn't exist, a file that can't be written
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await jobOf(argv)()
  } catch (error) {
    const code = usageCode(error)
    if (code !== undefined) return code
    say(
      error instanceof MeshFixError
        ? await located(error, argv)
        : `this is a bug of mesh-fix, please report it: ${traceOf(error)}`,
    )
    return 2
  }
}

/** What the arguments ask for. Only the code of that is loaded: the program starts in every build. */
function jobOf(argv: readonly string[]): () => Promise<number> {
  const [name, ...rest] = argv
  if (name === 'krm') {
    const { args } = parsed(functionProgram(), rest)
    return async () => (await import('./commands/stream.ts')).krm(args)
  }
  if (name === 'chart') {
    const command = parsed(chartProgram(), spelledOut(rest))
    const options = command.opts<ChartOptions>()
    return async () => (await import('./commands/chart.ts')).chart(command.processedArgs[0], options, deciding(command))
  }
  if (name === 'ignore') {
    const command = parsed(ignoreProgram(), rest)
    const [rules, paths] = command.processedArgs
    return async () => (await import('./commands/ignore.ts')).ignore(rules, paths, findingOptions(command))
  }
  if (name === 'baseline') {
    const command = parsed(baselineProgram(), rest)
    return async () => (await import('./commands/baseline.ts')).baseline(command.args, findingOptions(command))
  }
  let job = async (): Promise<number> => 0
  const command = program().action((paths: readonly string[], options: Options) => {
    if (paths.includes('-'))
      job = async () => (await import('./commands/stream.ts')).stream(paths, options, given(command))
    else if (options.overlay !== undefined || options.component !== undefined)
      job = async () => (await import('./commands/overlay.ts')).overlay(paths, options)
    else if (options.interactive)
      job = async () => (await import('./commands/interactive.ts')).interactive(paths, options)
    else if (options.cache) job = async () => (await import('./commands/cached.ts')).cached(paths, options)
    else job = async () => (await import('./commands/check.ts')).check(paths, options)
  })
  const jobs: Readonly<Record<string, (argument: string) => Promise<number>>> = {
    verify: async directory => (await import('./commands/overlay.ts')).verify(directory),
    rule: async id => (await import('./commands/rule.ts')).rule(id),
    completion: async shell => (await import('./commands/completion.ts')).completion(shell as Shell),
  }
  for (const own of command.commands)
    own.action((argument: string) => {
      job = async () => jobs[own.name()]?.(argument) ?? 0
    })
  parsed(command, spelledOut(argv))
  return job
}

async function located({ message, location }: MeshFixError, [word = '']: readonly string[]): Promise<string> {
  if (location !== undefined) return `${location.file}:${location.line}:${location.column}: ${message}`
  // A command that is misspelt is taken for a path.
  if (!/^[a-z]+$/.test(word) || message !== `${word}: there is no such file or directory`) return message
  const { suggestion } = await import('./suggestion.ts')
  return `${message}, and no such command; ${suggestion(word, commandLines().map(commandName).filter(Boolean))}`
}

function traceOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
