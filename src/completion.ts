/** What a place on the command line takes: some words (a list of them has commas), paths, or what nobody can guess. */
export type Words =
  | { readonly words: readonly string[]; readonly isList: boolean }
  | 'directories'
  | 'files'
  | 'anything'

/** An option, as completion sees it. */
export interface WordsOfOption {
  readonly long: string
  readonly short: string | undefined
  readonly description: string
  /** Undefined: it takes no value. */
  readonly takes: Words | undefined
  /** Whether the value may be left out, so that one that is given stands behind `=`. */
  readonly isOptional: boolean
}

/** A command, as completion sees it. */
export interface WordsOfCommand {
  /** Empty for mesh-fix itself. */
  readonly name: string
  readonly description: string
  /** What its arguments are; undefined: it has none. */
  readonly takes: Words | undefined
  readonly isRepeated: boolean
  readonly options: readonly WordsOfOption[]
}

/** The script for bash, which needs no other package. */
export function bashScript(commands: readonly WordsOfCommand[]): string {
  const values = unique(commands.flatMap(({ options }) => options.filter(({ takes }) => takes !== undefined)))
  const names = namesOf(commands)
  return `# Completion of mesh-fix for bash: source <(mesh-fix completion bash)
_mesh_fix_words() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

_mesh_fix_list() {
  local before=''
  [[ $cur == *,* ]] && before=\${cur%,*},
  compopt -o nospace 2>/dev/null
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "\${cur##*,}"))
}

_mesh_fix_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$cur"))
}

_mesh_fix_directories() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -d -- "$cur"))
}

_mesh_fix() {
  local IFS=$' \\t\\n' cur=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD-1]} command=''
  # Bash takes the = of --option=value for a word.
  if [[ $cur == = ]]; then
    cur='' option=$option=
  elif [[ $option == = ]]; then
    option=\${COMP_WORDS[COMP_CWORD-2]}=
  fi
  if (( COMP_CWORD > 1 )); then
    case \${COMP_WORDS[1]} in ${names.join('|')}) command=\${COMP_WORDS[1]} ;; esac
  fi
  case $option in
${values.map(option => `    ${bashPattern(option)}) ${bashCall(option.takes)}; return ;;`).join('\n')}
  esac
  case $command in
${commands.map(command => bashCommand(command, names)).join('\n')}
  esac
}

complete -F _mesh_fix mesh-fix
`
}

function bashPattern({ long, short, isOptional }: WordsOfOption): string {
  return [...(isOptional ? [] : [long, ...(short === undefined ? [] : [short])]), `${long}=`].join('|')
}

function bashCall(takes: Words | undefined): string {
  if (takes === undefined || takes === 'anything') return ':'
  if (typeof takes === 'string') return `_mesh_fix_${takes}`
  return `_mesh_fix_${takes.isList ? 'list' : 'words'} ${quoted(takes.words.join(' '))}`
}

function bashCommand({ name, takes, options }: WordsOfCommand, names: readonly string[]): string {
  const flags = options.map(({ long }) => long).join(' ')
  const first =
    name === '' ? `; (( COMP_CWORD == 1 )) && COMPREPLY+=($(compgen -W ${quoted(names.join(' '))} -- "$cur"))` : ''
  return `    ${quoted(name)}) if [[ $cur == -* ]]; then _mesh_fix_words ${quoted(flags)}; else ${bashCall(takes)}${first}; fi ;;`
}

/** The script for zsh, in its own terms. */
export function zshScript(commands: readonly WordsOfCommand[]): string {
  const [main, ...others] = commands
  if (main === undefined) return ''
  const described = others.map(({ name, description }) => quoted(`${name}:${description}`))
  return `#compdef mesh-fix
# Completion of mesh-fix for zsh: mesh-fix completion zsh > "\${fpath[1]}/_mesh-fix"
_mesh_fix_commands() {
  local -a commands=(${described.join(' ')})
  _describe command commands
}

_mesh_fix_first() {
  _alternative 'commands:command:_mesh_fix_commands' 'paths:path:_files'
}

_mesh_fix() {
  local curcontext=$curcontext state line
  if (( CURRENT > 2 )); then
    case $words[2] in
${others.map(command => `      ${command.name}) shift words; (( CURRENT-- )); ${zshArguments(command)}; return ;;`).join('\n')}
    esac
  fi
  ${zshArguments(main)}
}

if [[ $funcstack[1] == _mesh-fix ]]; then _mesh_fix "$@"; else compdef _mesh_fix mesh-fix; fi
`
}

function zshArguments({ name, takes, isRepeated, options }: WordsOfCommand): string {
  const specs = options.flatMap(({ long, short, description, takes: value, isOptional }) => {
    const text = `[${description.replace(/[[\]\\:]/g, '\\$&')}]`
    const behind = value === undefined ? '' : `${isOptional ? '::' : ':'}${zshValue(value)}`
    const equals = value === undefined ? '' : isOptional ? '=-' : '='
    return [`${long}${equals}${text}${behind}`, ...(short === undefined ? [] : [`${short}${text}${behind}`])]
  })
  const first = name === '' ? ['1:path:_mesh_fix_first'] : []
  const rest = takes === undefined ? [] : [`${isRepeated ? '*:' : '1:'}${zshValue(takes)}`]
  return ['_arguments -S', ...[...specs, ...first, ...rest].map(quoted)].join(' \\\n      ')
}

function zshValue(takes: Words): string {
  if (takes === 'anything') return 'value: '
  if (takes === 'files') return 'file:_files'
  if (takes === 'directories') return 'directory:_files -/'
  const words = takes.words.join(' ')
  return takes.isList ? `rules:_sequence compadd - ${words}` : `value:(${words})`
}

/** The script for fish. */
export function fishScript(commands: readonly WordsOfCommand[]): string {
  const names = namesOf(commands)
  const lines = commands.flatMap(({ name, description, takes, options }) => {
    const isHere =
      name === '' ? `not __fish_seen_subcommand_from ${names.join(' ')}` : `__fish_seen_subcommand_from ${name}`
    const rule = `complete -c mesh-fix -n ${quoted(isHere)}`
    return [
      ...(name === '' ? [] : [`complete -c mesh-fix -n '__fish_is_nth_token 1' -a ${name} -d ${quoted(description)}`]),
      ...(takes === undefined ? [] : [[rule, ...fishPaths(takes), ...fishWords(takes)].join(' ')]),
      ...options.map(option => `${rule} ${fishOption(option)}`),
    ]
  })
  return [
    '# Completion of mesh-fix for fish: mesh-fix completion fish > ~/.config/fish/completions/mesh-fix.fish',
    ...lines,
    '',
  ].join('\n')
}

function fishOption({ long, short, description, takes, isOptional }: WordsOfOption): string {
  const names = [`-l ${long.slice(2)}`, ...(short === undefined ? [] : [`-s ${short.slice(1)}`])]
  // Behind an option whose value may be left out comes what it would be without it, paths included.
  const value =
    takes === undefined ? [] : isOptional ? fishWords(takes) : ['-r', ...fishPaths(takes), ...fishWords(takes)]
  return [...names, ...value, `-d ${quoted(description)}`].join(' ')
}

/** Whether paths are offered, too. */
function fishPaths(takes: Words): readonly string[] {
  return [takes === 'files' ? '-F' : '-f']
}

function fishWords(takes: Words): readonly string[] {
  if (takes === 'anything' || takes === 'files') return []
  if (takes === 'directories') return ["-a '(__fish_complete_directories)'"]
  const words = takes.words.join(' ')
  return [`-a ${quoted(takes.isList ? `(__fish_append , ${words})` : words)}`]
}

function namesOf(commands: readonly WordsOfCommand[]): readonly string[] {
  return commands.map(({ name }) => name).filter(name => name !== '')
}

/** The options of all commands, each once. */
function unique(options: readonly WordsOfOption[]): readonly WordsOfOption[] {
  return [...new Map(options.map(option => [option.long, option])).values()]
}

/** A word of all three shells, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
