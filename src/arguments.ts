import type { Options, program, ReportRequest } from './command-line.ts'
import { MeshFixError } from './errors.ts'
import { print, STDERR, say, writeAll } from './output.ts'
import { ALL } from './run-options.ts'

type Command = ReturnType<typeof program>

/** Reads arguments; what is wrong with them is said as mesh-fix says things. */
export function parsed(command: Command, argv: readonly string[]): Command {
  const output = {
    writeOut: print,
    writeErr: (text: string) => writeAll(STDERR, text),
    outputError: (text: string) => say(text.trimEnd().replace(/^error: /, '')),
  }
  for (const own of [command, ...command.commands]) own.exitOverride().configureOutput(output)
  command.parse(argv, { from: 'user' })
  mustGoApart(command.opts<Partial<Options>>().reports ?? [])
  return command
}

/** @throws {MeshFixError} USAGE: two reports would be written into each other */
function mustGoApart(reports: readonly ReportRequest[]): void {
  for (const [index, { reporter, file }] of reports.entries()) {
    const other = reports.slice(0, index).find(before => before.file === file)
    if (other === undefined) continue
    const where = file === undefined ? 'on standard output' : `in "${file}"`
    throw new MeshFixError(
      'USAGE',
      `the reports ${other.reporter} and ${reporter} can't both be ${where}: each --reporter but one takes its own --reporter-file behind it`,
    )
  }
}

/** commander would take a path behind a bare `--unsafe` for its value. */
export function spelledOut(argv: readonly string[]): string[] {
  const end = argv.indexOf('--')
  return argv.map((argument, index) =>
    argument === '--unsafe' && (end < 0 || index < end) ? `--unsafe=${ALL}` : argument,
  )
}

/** The options that were given and decide what is found and fixed, written out. */
export function deciding(command: Command): readonly string[] {
  return given(command).flatMap(long => {
    if (!DECIDING.has(long)) return []
    const value = command.getOptionValue(long.slice(2).replace(/-([a-z])/g, (_, letter) => letter.toUpperCase()))
    if (value === true || value?.[0] === ALL) return [long]
    return [`${long}=${[value].flat().join(',')}`]
  })
}

const DECIDING = new Set(['--profile', '--port-style', '--unsafe', '--only', '--skip', '--max-impact', '--all'])

/** The options that were given, by their long names. */
export function given(command: Command): readonly string[] {
  return command.options.flatMap(option =>
    command.getOptionValueSource(option.attributeName()) === 'cli' ? (option.long ?? []) : [],
  )
}
