import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { BUILD_MODES, type BuildMode } from './build/record.ts'
import { DEFAULT_RELEASE } from './chart/release.ts'
import { PORT_STYLES, type PortStyle, PROFILES, type Profile, SEVERITIES, type Severity } from './detect/detector.ts'
import { IMPACTS } from './fix/fixer.ts'
import {
  ABOUT,
  BASELINE_HELP,
  CHART_HELP,
  COMPLETION_HELP,
  CONFIG_FILE,
  FUNCTION_HELP,
  GROUPS,
  HELP,
  IGNORE_HELP,
  PROFILE,
  ROOT,
  RULE_HELP,
  VERIFY_HELP,
} from './help.ts'

/** The shells that completion is made for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof SHELLS)[number]

const REPORTERS = ['text', 'json', 'sarif', 'github', 'gitlab', 'junit', 'rdjson', 'html'] as const

/** How a run can be reported. */
export type Reporter = (typeof REPORTERS)[number]

/** A report that is asked for. */
export interface ReportRequest {
  readonly reporter: Reporter
  /** Undefined: it goes to where reports go. */
  readonly file?: string
}

/** The options as they are given, or their defaults. */
export interface Options {
  readonly write?: true
  readonly interactive?: true
  readonly diff?: true
  readonly dryRun?: true
  readonly unsafe?: readonly string[]
  readonly fix: boolean
  readonly root?: string
  readonly profile?: Profile
  readonly maxImpact: (typeof IMPACTS)[number]
  readonly config?: string
  readonly printConfig?: true
  readonly portStyle?: PortStyle
  readonly only?: readonly string[]
  readonly skip?: readonly string[]
  readonly all?: true
  readonly reports?: readonly ReportRequest[]
  readonly failOn: Severity
  readonly exitZero?: true
  readonly quiet?: true
  readonly color: boolean
  readonly overlay?: string
  readonly component?: string
  readonly force?: true
  readonly build?: BuildMode
  readonly allowRemote?: true
  readonly printScopes?: true
  readonly includeGenerated?: true
  readonly since?: string
  readonly changed?: true
  readonly staged?: true
  readonly cache?: true
  readonly cacheLocation?: string
  readonly baseline: boolean
}

/** What a chart is rendered for, beside all the rest. */
export interface ChartOptions extends Options {
  readonly values: readonly string[]
  readonly releaseName: string
  readonly namespace: string
  readonly kubeVersion?: string
  readonly apiVersions: readonly string[]
}

/** The command line of mesh-fix itself. */
export function program(): Command {
  const command = new Command('mesh-fix')
    .description(ABOUT)
    .argument(
      '[PATH...]',
      'files or directories to report on and to write; default: the working directory; the whole repository around them is read; "-" is YAML on standard input',
    )
  withRunOptions(command)
    .optionsGroup(GROUPS.fixes)
    .addOption(
      new Option(
        '--interactive',
        'show each fix, safe or unsafe, and ask what to do; what is chosen is written, once all is answered',
      ).conflicts(NOT_WITH_INTERACTIVE),
    )
    .addOption(
      new Option('--overlay <DIR>', 'leave the files alone: write a kustomize overlay that makes the fixes').conflicts([
        'component',
        ...NOT_WITH_OVERLAYS,
      ]),
    )
    .addOption(
      new Option('--component <DIR>', 'the same as a Component, which kustomizations list').conflicts(
        NOT_WITH_OVERLAYS,
      ),
    )
    .option('--force', 'with --overlay and --component: overwrite files that mesh-fix did not write')
    .optionsGroup(GROUPS.subject)
    .option('--root <DIR>', ROOT)
    .addOption(
      new Option('--changed', 'only what has changed since HEAD, and what that causes').conflicts(['staged', 'since']),
    )
    .addOption(new Option('--staged', 'only what the index changes, as it is there').conflicts('since'))
    .option('--since <REF>', 'only what has changed since the branch left REF')
    .addOption(
      new Option(
        '--build <WHEN>',
        'build kustomizations first, and look at what is applied; "auto": where there is a kustomize (default: "auto")',
      )
        .choices(BUILD_MODES)
        .conflicts(['overlay', 'component']),
    )
    .option('--allow-remote', 'let builds fetch what is remote')
    .option('--include-generated', 'generated files, rendered charts and the like, too')
    .option('--no-baseline', 'what the baseline accepts, too')
    .optionsGroup(GROUPS.rest)
    .option(
      '--cache',
      'remember what a run says, and say it again while nothing has changed; not with --write, and not where something is built',
    )
    .option(
      '--cache-location <DIR>',
      'where (default: node_modules/.cache/mesh-fix of the root, else mesh-fix in the user’s cache directory)',
    )
    .option('--print-scopes', 'print which files are applied together, and do nothing else')
    .option('--print-config', 'print what is configured, and do nothing else')
    .version(packageJson.version)
    .configureHelp({
      visibleCommands: of => (of === command ? commandLines().slice(1) : []),
      subcommandTerm: own => `${commandName(own)} ${own.registeredArguments.map(termOf).join(' ')}`,
      subcommandDescription: own => own.summary(),
    })
    .addHelpText('after', HELP)
  command
    .command('verify <DIR>')
    .summary('prove what --overlay or --component wrote')
    .description('Builds what --overlay or --component wrote, and proves that it does what the fixes say.')
    .addHelpText('after', VERIFY_HELP)
  command
    .command('rule [ID]')
    .summary('what a rule asks, and why')
    .description('Prints what a rule asks, why, what is wrong and what is right, and how safe its fix is.')
    .addHelpText('after', RULE_HELP)
  command
    .command('completion')
    .summary('completion for your shell')
    .description('Prints a script that completes what is typed.')
    .addArgument(new Argument('<SHELL>', 'for this shell').choices(SHELLS))
    .addHelpText('after', COMPLETION_HELP)
  return command
}

/** An argument as a usage line has it. */
function termOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

/** The command line for a chart. */
export function chartProgram(): Command {
  const command = new Command('mesh-fix chart')
    .summary('which values of a Helm chart repair what it renders')
    .description('Renders a Helm chart with the real helm, and looks for the values that repair what comes out.')
    .argument('[PATH]', 'the chart’s directory', '.')
    .optionsGroup('The chart:')
    .addOption(
      new Option('-f, --values <FILE>', 'a values file, as for helm; may be repeated')
        .argParser(repeated)
        .default([], 'none'),
    )
    .addOption(new Option('--release-name <NAME>', 'the release to render for').default(DEFAULT_RELEASE))
    .addOption(new Option('--namespace <NAMESPACE>', 'its namespace').default('default'))
    .option('--kube-version <VERSION>', 'the Kubernetes version to render for (default: helm’s own)')
    .addOption(
      new Option('--api-versions <VERSIONS>', 'API versions to render for, beside Kubernetes’ own')
        .argParser(list)
        .default([], 'none'),
    )
  return withRunOptions(command).addHelpText('after', CHART_HELP)
}

/** What is accepted, and why. */
export interface IgnoreOptions extends Options {
  readonly reason: string
}

/** The command line that accepts findings. */
export function ignoreProgram(): Command {
  const command = new Command('mesh-fix ignore')
    .summary('accept what rules find, with a reason')
    .description(
      'Accepts what rules find: writes an annotation with the reason on every object on which they find something.',
    )
    .argument('<RULES>', 'whose findings, separated by commas', list)
    .argument('[PATH...]', 'files or directories in which they are')
    .requiredOption('--reason <TEXT>', 'why they are accepted')
    .option('--diff', 'print what would be written, and write nothing')
  return withFindingOptions(command).addHelpText('after', IGNORE_HELP)
}

/** What the baseline is made of. */
export interface BaselineOptions extends Options {
  readonly prune?: true
}

/** The command line of the baseline. */
export function baselineProgram(): Command {
  const command = new Command('mesh-fix baseline')
    .summary('accept what is found today')
    .description('Writes down in a file what is found today: from then on that is accepted, and what is new is not.')
    .argument('[PATH...]', 'files or directories whose findings are written down; of others nothing changes')
    .option('--prune', 'only take out what is gone')
    .addOption(new Option('--only <RULES>', 'of these rules only').argParser(list))
  return withFindingOptions(command).addHelpText('after', BASELINE_HELP)
}

/** The options that decide what is found, beside the defaults of a check. */
function withFindingOptions(command: Command): Command {
  return command
    .option('--root <DIR>', ROOT)
    .addOption(new Option('--profile <NAME>', PROFILE).choices(PROFILES))
    .option('--all', 'what is out of the mesh, too')
    .addOption(new Option('--build <WHEN>', 'build kustomizations first (default: "auto")').choices(BUILD_MODES))
    .option('--allow-remote', 'let builds fetch what is remote')
    .option('--include-generated', 'generated files, rendered charts and the like, too')
    .option('--config <FILE>', CONFIG_FILE)
    .option('--quiet', 'no progress')
}

/** The options of a check that finds and fixes nothing, with those that were given. */
export function findingOptions<Given extends Options>(command: Command): Given {
  return { ...program().opts<Options>(), ...command.opts<Given>(), fix: false }
}

/** The options of every run over files. */
function withRunOptions(command: Command): Command {
  return command
    .optionsGroup(GROUPS.fixes)
    .option('--dry-run', 'show the fixes and write nothing: the default')
    .addOption(new Option('--write', 'make the safe fixes in place').conflicts(['diff', 'dryRun', 'fix']))
    .addOption(
      new Option('--diff', 'print only the unified diff, as `git apply` takes it').conflicts(['reports', 'fix']),
    )
    .option('--no-fix', 'findings only, without fixes')
    .optionsGroup(GROUPS.choice)
    .addOption(
      new Option(
        '--unsafe [RULES]',
        'the unsafe fixes too, of all rules or, behind "=", of those listed: look at them first',
      ).argParser(list),
    )
    .addOption(
      new Option(
        '--max-impact <IMPACT>',
        'leave out fixes that do more to a running cluster; "restart": pods are made anew',
      )
        .choices(IMPACTS)
        .default('restart'),
    )
    .addOption(
      new Option(
        '--port-style <STYLE>',
        'how to declare a protocol; "auto": rename the port, else set appProtocol (default: "auto")',
      ).choices(PORT_STYLES),
    )
    .addOption(new Option('--only <RULES>', 'only these rules, separated by commas').argParser(list))
    .addOption(new Option('--skip <RULES>', 'leave out these rules').argParser(list))
    .optionsGroup(GROUPS.subject)
    .addOption(new Option('--profile <NAME>', PROFILE).choices(PROFILES))
    .option('--all', 'what is out of the mesh, too')
    .option('--config <FILE>', CONFIG_FILE)
    .optionsGroup(GROUPS.reports)
    .addOption(
      new ReportOption('--reporter <NAME>', 'how to report; may be repeated').choices(REPORTERS).argParser(reporter),
    )
    .addOption(
      new ReportOption('--reporter-file <FILE>', 'write the report of the --reporter before it to a file').argParser(
        file,
      ),
    )
    .addOption(
      new Option('--fail-on <SEVERITY>', 'from which severity on findings make the exit code 1')
        .choices(SEVERITIES)
        .default('warning'),
    )
    .option('--exit-zero', 'exit with 0 even if there are findings')
    .option('--quiet', 'no diff, no skipped files, no progress')
    .option('--no-color', 'no colours (also: NO_COLOR=1)')
    .optionsGroup(GROUPS.rest)
}

/** `--reporter` and `--reporter-file` come in pairs, so that they are one list. */
class ReportOption extends Option {
  override attributeName(): string {
    return 'reports'
  }
}

function reporter(name: string, reports: readonly ReportRequest[] = []): readonly ReportRequest[] {
  const known = REPORTERS.find(other => other === name)
  if (known === undefined) throw new InvalidArgumentError(`Allowed choices are ${REPORTERS.join(', ')}.`)
  return [...reports, { reporter: known }]
}

/** Without a `--reporter` before it the file is that of the text report. */
function file(path: string, reports: readonly ReportRequest[] = [{ reporter: 'text' }]): readonly ReportRequest[] {
  const last = reports.at(-1)
  if (last?.file !== undefined) throw new InvalidArgumentError(`The ${last.reporter} report has a file already.`)
  return reports.map(report => (report === last ? { ...report, file: path } : report))
}

/** Options that have no meaning where fixes are chosen one by one, and written. */
const NOT_WITH_INTERACTIVE = ['diff', 'dryRun', 'fix', 'overlay', 'component', 'cache', 'printScopes', 'printConfig']

/** Options that have no meaning with those that write an overlay. */
const NOT_WITH_OVERLAYS = [
  'write',
  'diff',
  'dryRun',
  'fix',
  'includeGenerated',
  'changed',
  'staged',
  'since',
  'cache',
  'baseline',
]

/** The command line of the function. */
export function functionProgram(): Command {
  return new Command('mesh-fix krm')
    .summary('a KRM function, for kustomize and kpt')
    .description(
      'A KRM function: reads a ResourceList, or plain YAML, on standard input, and writes it fixed to standard output.',
    )
    .argument('[FUNCTION_CONFIG]', 'a file with the functionConfig; default: what the ResourceList says')
    .addHelpText('after', FUNCTION_HELP)
}

/** All command lines: mesh-fix itself first, then its commands. */
export function commandLines(): readonly Command[] {
  const own = program()
  return [own, ignoreProgram(), baselineProgram(), chartProgram(), functionProgram(), ...own.commands]
}

/** What a command is called behind `mesh-fix`; empty for mesh-fix itself. */
export function commandName(command: Command): string {
  return command.name().replace(/^mesh-fix ?/, '')
}

function repeated(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value]
}

function list(value: string, previous: readonly string[] = []): readonly string[] {
  return [
    ...previous,
    ...value
      .split(',')
      .map(item => item.trim())
      .filter(item => item !== ''),
  ]
}

/** The exit code where commander has said all there is to say (help, a version, what is wrong); undefined for others. */
export function usageCode(error: unknown): 0 | 2 | undefined {
  if (!(error instanceof CommanderError)) return undefined
  return error.exitCode === 0 ? 0 : 2
}
