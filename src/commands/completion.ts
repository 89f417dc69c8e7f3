import { commandLines, commandName, type Shell } from '../command-line.ts'
import {
  bashScript,
  fishScript,
  type Words,
  type WordsOfCommand,
  type WordsOfOption,
  zshScript,
} from '../completion.ts'
import { print } from '../output.ts'
import { shippedRules } from '../rules.ts'

type Command = ReturnType<typeof commandLines>[number]

const SCRIPTS: Readonly<Record<Shell, (commands: readonly WordsOfCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

/** Prints a shell's script for completion, made from what the command line takes. */
export async function completion(shell: Shell): Promise<number> {
  const { detectors } = await shippedRules()
  const rules = detectors.map(({ id }) => id)
  print(SCRIPTS[shell](commandLines().map(command => wordsOf(command, rules))))
  return 0
}

function wordsOf(command: Command, rules: readonly string[]): WordsOfCommand {
  const [argument] = command.registeredArguments
  return {
    name: commandName(command),
    description: command.description(),
    takes: argument === undefined ? undefined : taken(argument.name(), argument.argChoices, rules),
    isRepeated: argument?.variadic ?? false,
    options: [...command.options, HELP].map(option => optionWords(option, rules)),
  }
}

/** commander adds it by itself, to every command. */
const HELP = { long: '--help', short: '-h', description: 'say all this', flags: '-h, --help', optional: false } as const

interface OptionData {
  readonly long?: string | undefined
  readonly short?: string | undefined
  readonly description: string
  readonly flags: string
  readonly optional: boolean
  readonly argChoices?: readonly string[] | undefined
}

function optionWords(
  { long = '', short, description, flags, optional, argChoices }: OptionData,
  rules: readonly string[],
): WordsOfOption {
  const [, placeholder] = /[<[](\w+)[>\]]/.exec(flags) ?? []
  return {
    long,
    short,
    description,
    takes: placeholder === undefined ? undefined : taken(placeholder, argChoices, rules),
    isOptional: optional,
  }
}

/** What stands for a value in the help says what it is. */
function taken(placeholder: string, choices: readonly string[] | undefined, rules: readonly string[]): Words {
  if (choices !== undefined) return { words: choices, isList: false }
  if (/^(ID|RULES)$/i.test(placeholder)) return { words: rules, isList: /^RULES$/i.test(placeholder) }
  if (/^DIR$/i.test(placeholder)) return 'directories'
  return /^(FILE|PATH|FUNCTION_CONFIG)$/i.test(placeholder) ? 'files' : 'anything'
}
