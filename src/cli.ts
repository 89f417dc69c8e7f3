import { openSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { Command, CommanderError, Option } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { type Config, configFor, NOTHING } from './config.ts'
import { compose, PIPELINE } from './container.ts'
import {
  isAtLeast,
  PORT_STYLES,
  type PortStyle,
  PROFILES,
  type Profile,
  SEVERITIES,
  type Severity,
} from './detect/detector.ts'
import { MeshFixError } from './errors.ts'
import { IMPACTS } from './fix/fixer.ts'
import { changedPaths } from './fix/placement.ts'
import { type FunctionRun, runFunction } from './krm.ts'
import { loadPlugins } from './load-plugins.ts'
import type { Outcome } from './outcome.ts'
import { print, STDERR, STDOUT, say, writeAll } from './output.ts'
import { readFiles, repositoryOf, type SourceFile } from './read/repository.ts'
import { readStream, standardInput } from './read/stream.ts'
import { gitRootOf, ignoring, type Walk, walk } from './read/walk.ts'
import { parse } from './read/yaml.ts'
import { jsonReport } from './report/json.ts'
import { progress } from './report/progress.ts'
import { diffOf, isFailing, type Result, shownPath } from './report/result.ts'
import { summaryLines, textReport } from './report/text.ts'
import { type Rules, shippedRules } from './rules.ts'
import { ALL, type Asked, runOptions } from './run-options.ts'
import { runOnStream } from './stream.ts'
import { applied } from './write/edit.ts'
import { transactionGroups, type WriteFailure, writeInPlace } from './write/in-place.ts'

const REPORTERS = ['text', 'json'] as const

interface Options {
  readonly write?: true
  readonly diff?: true
  readonly dryRun?: true
  readonly unsafe?: readonly string[]
  readonly fix: boolean
  readonly root?: string
  readonly profile?: Profile
  readonly maxImpact: (typeof IMPACTS)[number]
  readonly config?: string
  readonly printConfig?: true
  readonly portStyle: PortStyle
  readonly only?: readonly string[]
  readonly skip?: readonly string[]
  readonly all?: true
  readonly reporter: (typeof REPORTERS)[number]
  readonly reporterFile?: string
  readonly failOn: Severity
  readonly exitZero?: true
  readonly quiet?: true
  readonly color: boolean
}

/**
 * Runs the command line.
 *
 * @param argv the arguments behind the program's name
 * @returns the exit code: 0 nothing left, 1 findings at or above `--fail-on` (or, unless written, fixes for such), 2
 *   arguments that can't be used, a path that doesn't exist, a file that can't be written
 */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv
  try {
    if (name === 'krm') return await krm(parsed(functionProgram(), rest).args)
    const command = parsed(program(), spelledOut(argv))
    if (command.args.includes('-')) return await stream(command)
    return await check(command.args, command.opts<Options>())
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    say(
      error instanceof MeshFixError ? located(error) : `this is a bug of mesh-fix, please report it: ${traceOf(error)}`,
    )
    return 2
  }
}

function located({ message, location }: MeshFixError): string {
  return location === undefined ? message : `${location.file}:${location.line}:${location.column}: ${message}`
}

function traceOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function program(): Command {
  return new Command('mesh-fix')
    .description('Finds what in Kubernetes manifests breaks Istio’s requirements, and repairs it in place.')
    .argument('[PATH...]', 'files or directories to report on and write; the whole repository around them is read')
    .addOption(new Option('--write', 'apply the safe fixes in place').conflicts(['diff', 'dryRun', 'fix']))
    .option('--dry-run', 'preview the fixes and write nothing: the default')
    .addOption(
      new Option('--diff', 'print only the unified diff, as `git apply` takes it').conflicts([
        'reporter',
        'reporterFile',
        'fix',
      ]),
    )
    .addOption(new Option('--unsafe [RULES]', 'the unsafe fixes too, of all rules or of those listed').argParser(list))
    .option('--no-fix', 'findings only; no fix is computed')
    .option('--root <DIR>', 'what to read (default: the git repository around the paths, else their common directory)')
    .addOption(new Option('--profile <NAME>', 'which mesh (default: "sidecar")').choices(PROFILES))
    .addOption(new Option('--port-style <STYLE>', 'how to declare a protocol').choices(PORT_STYLES).default('auto'))
    .addOption(new Option('--only <RULES>', 'report and fix these rules only').argParser(list))
    .addOption(new Option('--skip <RULES>', 'leave out these rules').argParser(list))
    .addOption(
      new Option('--max-impact <IMPACT>', 'leave out fixes that do more to a running cluster')
        .choices(IMPACTS)
        .default('restart'),
    )
    .option('--all', 'report on what is out of the mesh, too')
    .addOption(new Option('--reporter <NAME>', 'how to report').choices(REPORTERS).default('text'))
    .option('--reporter-file <FILE>', 'write the report to a file')
    .addOption(
      new Option('--fail-on <SEVERITY>', 'from which severity on findings make the exit code 1')
        .choices(SEVERITIES)
        .default('warning'),
    )
    .option('--config <FILE>', 'the configuration (default: the nearest mesh-fix.config.yaml, up to the root)')
    .option('--print-config', 'print what is configured, and do nothing else')
    .option('--exit-zero', 'exit with 0 even if there are findings')
    .option('--quiet', 'no diff, no skipped files, no progress')
    .option('--no-color', 'no colours (also: NO_COLOR=1)')
    .version(packageJson.version, '-V, --version')
    .addHelpText('after', HELP)
}

function functionProgram(): Command {
  return new Command('mesh-fix krm')
    .description('A KRM function: a ResourceList, or plain YAML, in on standard input and out on standard output.')
    .argument('[FUNCTION_CONFIG]', 'a file with the functionConfig; default: what the ResourceList says')
    .addHelpText('after', FUNCTION_HELP)
}

function parsed(command: Command, argv: readonly string[]): Command {
  const output = {
    writeOut: print,
    writeErr: (text: string) => writeAll(STDERR, text),
    outputError: (text: string) => say(text.trimEnd().replace(/^error: /, '')),
  }
  return command.exitOverride().configureOutput(output).parse(argv, { from: 'user' })
}

const HELP = `
Exit codes:
  0  nothing at or above --fail-on is left (or would be changed)
  1  something is; with --write, something that was not fixed
  2  arguments or a path that can't be used, or a file that can't be written

Examples:
  mesh-fix                      check the repository, and preview the fixes
  mesh-fix --write apps/        repair what is under apps/; references are looked up everywhere
  mesh-fix --diff | git apply   the same by way of a patch
  mesh-fix -                    YAML on standard input, fixed on standard output, the report on standard error
  mesh-fix krm                  the same as a KRM function, for kustomize and kpt (mesh-fix krm --help)`

const FUNCTION_HELP = `
The functionConfig is a MeshFix (mesh-fix.dev/v1alpha1) whose spec takes mode (fix or check), profile, portStyle, unsafe,
only, skip, all, maxImpact, failOn, externalReferences and ignore, or a ConfigMap with the same keys in its data.

Exit codes:
  0  the output is whole; findings are in its results, and on standard error
  1  mode check: something at or above failOn (default: error) is left; mode fix: the same, if failOn is given
  2  the input or the functionConfig can't be used; there is no output`

/** commander would take a path behind a bare `--unsafe` for its value. */
function spelledOut(argv: readonly string[]): string[] {
  const end = argv.indexOf('--')
  return argv.map((argument, index) =>
    argument === '--unsafe' && (end < 0 || index < end) ? `--unsafe=${ALL}` : argument,
  )
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

async function check(paths: readonly string[], options: Options): Promise<number> {
  const cwd = realpathSync(process.cwd())
  const show = progress(process.stderr, options.quiet === true)
  const walked = walk(paths.length > 0 ? paths : ['.'], { root: options.root })
  const config = await configFor(options.config, walked.start, walked.root)
  const profile = options.profile ?? config.profile ?? 'sidecar'
  if (options.printConfig) {
    print(`${JSON.stringify({ ...config, profile }, null, 2)}\n`)
    return 0
  }
  const rules = await rulesOf(config)
  const isInScope = scopeOf(walked, config)
  const run = runOptions({ ...asked(options, config), isInScope }, rules, '--')
  const read = readFiles(walked, done => show(`reading ${done}/${walked.files.length} files`))
  const repository = repositoryOf(read.texts, done => show(`parsing ${done}/${read.texts.length} files`))
  const pipeline = compose(rules).get(PIPELINE)
  const outcome = pipeline.run(repository, run, (done, of) => show(`proving ${done}/${of} fixes`))

  const reportFile = options.reporterFile === undefined ? undefined : opened(options.reporterFile)
  const texts = new Map([...outcome.edits].map(([path, edits]) => [path, applied(textOf(outcome, path) ?? '', edits)]))
  const failures = options.write ? write(walked.root, outcome, texts) : []
  show(undefined)
  const failed = new Set(failures.flatMap(({ paths }) => paths))
  const result: Result = {
    outcome,
    skipped: [...read.skipped, ...repository.skipped].filter(({ path }) => isInScope(path)),
    errors: [...read.errors, ...repository.errors].filter(({ path }) => isInScope(path)),
    written: options.write === true,
    failures,
    root: walked.root,
    gitRoot: walked.gitRoot,
    cwd,
    failOn: options.failOn,
    filesAfter: options.write ? filesAfter(outcome, texts, failed) : repository.files,
  }
  report(result, options, reportFile)
  if (failures.length > 0) return 2
  if (options.exitZero) return 0
  return isFailing(result, ({ severity }) => isAtLeast(severity, options.failOn)) ? 1 : 0
}

/** Options that have no meaning for a stream. */
const NOT_FOR_STREAMS = new Set(['--write', '--dry-run', '--diff', '--root', '--print-config'])

/** Standard input, fixed, on standard output; it goes on whatever is found, unless `--fail-on` is given. */
async function stream(command: Command): Promise<number> {
  const options = command.opts<Options>()
  const given = command.options.flatMap(option =>
    command.getOptionValueSource(option.attributeName()) === 'cli' ? (option.long ?? []) : [],
  )
  const needless = given.find(option => NOT_FOR_STREAMS.has(option))
  if (needless !== undefined) throw new MeshFixError('USAGE', `${needless} has no meaning for standard input`)
  if (command.args.length > 1) throw new MeshFixError('USAGE', '"-" is standard input, and takes no paths beside it')

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
  const reportFile = options.reporterFile === undefined ? STDERR : opened(options.reporterFile)
  print(run.text.trim() === '' ? '---\n' : run.text)
  report(run.result, options, reportFile)
  if (!given.includes('--fail-on') || options.exitZero) return 0
  return isFailing(run.result, ({ severity }) => isAtLeast(severity, options.failOn)) ? 1 : 0
}

async function krm([configFile]: readonly string[]): Promise<number> {
  if (process.stdin.isTTY) throw new MeshFixError('USAGE', 'krm takes a ResourceList on standard input')
  return finished(await runFunction(await standardInput(), configFile, await rulesOf(NOTHING)))
}

function finished({ output, lines, exitCode }: FunctionRun): number {
  print(output)
  for (const line of lines) say(line)
  return exitCode
}

function asked(options: Options, config: Config): Omit<Asked, 'isInScope'> {
  const { portStyle, maxImpact, only, skip, unsafe } = options
  return {
    profile: options.profile ?? config.profile ?? 'sidecar',
    portStyle,
    maxImpact,
    only,
    skip,
    unsafe,
    all: options.all === true,
    noFix: !options.fix,
    externalReferences: config.externalReferences,
  }
}

/** The shipped rules, and those of the configuration's plugins. */
async function rulesOf({ plugins, file }: Config): Promise<readonly Rules[]> {
  const sets = [await shippedRules(), ...(file === undefined ? [] : await loadPlugins(plugins, file))]
  const ids = new Set<string>()
  for (const { id } of sets.flatMap(({ detectors }) => detectors)) {
    if (ids.has(id)) throw new MeshFixError('CONFIG', `there are two rules "${id}": a plugin's id must be its own`)
    ids.add(id)
  }
  return sets
}

/** What is reported and written: what the paths name or hold, without what the configuration ignores. */
function scopeOf({ isInScope, root }: Walk, { ignore, file }: Config): (path: string) => boolean {
  if (ignore.length === 0 || file === undefined) return isInScope
  const isIgnored = ignoring(ignore, dirname(file), root)
  return path => isInScope(path) && !isIgnored(path)
}

/** A file's text as it was read; undefined for one that is new. */
function textOf({ repository }: Outcome, path: string): string | undefined {
  return repository.files.get(path)?.parsed.text
}

/** Files that one fix changes together are written together or not at all. */
function write(root: string, outcome: Outcome, texts: ReadonlyMap<string, string>): readonly WriteFailure[] {
  const fixes = outcome.diagnoses.flatMap(({ treatment }) => (treatment.status === 'applied' ? [treatment.fix] : []))
  const groups = transactionGroups(fixes.map(changedPaths))
  const rewrites = groups.map(paths =>
    paths.flatMap(path => {
      const after = texts.get(path)
      return after === undefined ? [] : [{ path, before: textOf(outcome, path), after }]
    }),
  )
  return writeInPlace(root, rewrites)
}

function filesAfter(
  outcome: Outcome,
  texts: ReadonlyMap<string, string>,
  failed: ReadonlySet<string>,
): ReadonlyMap<string, SourceFile> {
  const files = new Map(outcome.repository.files)
  for (const [path, text] of texts) if (!failed.has(path)) files.set(path, { path, parsed: parse(text) })
  return files
}

/**
 * Opens the report's file before anything else is written.
 *
 * @throws {MeshFixError} UNWRITABLE
 */
function opened(path: string): number {
  try {
    return openSync(path, 'w')
  } catch (error) {
    throw new MeshFixError(
      'UNWRITABLE',
      `the report can't be written: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function report(result: Result, options: Options, file: number | undefined): void {
  if (options.diff) {
    print(diffOf(result))
    for (const { path, line, column, message } of result.errors)
      say(`${shownPath(path, result)}:${line}:${column}: ${message}`)
    if (!options.quiet) say(summaryLines(result)[0] ?? '')
    return
  }
  const color = file === undefined && options.color && !process.env['NO_COLOR'] && process.stdout.isTTY === true
  const text =
    options.reporter === 'json' ? jsonReport(result) : textReport(result, { color, quiet: options.quiet === true })
  writeAll(file ?? STDOUT, text)
}
