import { openSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Command, CommanderError, Option } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { type Config, configFor } from './config.ts'
import { compose, PIPELINE } from './container.ts'
import { isAtLeast, type PortStyle, type Profile, SEVERITIES, type Severity } from './detect/detector.ts'
import { MeshFixError } from './errors.ts'
import { IMPACTS } from './fix/fixer.ts'
import { loadPlugins } from './load-plugins.ts'
import type { Outcome, RunOptions } from './outcome.ts'
import { writeOverlay } from './overlay/command.ts'
import type { OverlayRequest } from './overlay/plan.ts'
import { argumentsOf, ownDirectory, recordOf } from './overlay/record.ts'
import { pathOf, realPathOf } from './overlay/sites.ts'
import { verified } from './overlay/verify.ts'
import { readFiles, repositoryOf } from './read/repository.ts'
import { ignoring, type Walk, walk } from './read/walk.ts'
import { jsonReport } from './report/json.ts'
import { clean } from './report/paint.ts'
import { progress } from './report/progress.ts'
import { diffOf, isFailing, type Result, shownPath } from './report/result.ts'
import { summaryLines, textReport } from './report/text.ts'
import { type Rules, shippedRules } from './rules.ts'
import { print, say, writeAll } from './streams.ts'
import { filesAfter, textsOf, write } from './texts.ts'

const PROFILES: readonly Profile[] = ['classic', 'sidecar', 'cni', 'ambient']
const PORT_STYLES: readonly PortStyle[] = ['auto', 'name', 'appProtocol']
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
  readonly overlay?: string
  readonly component?: string
  readonly force?: true
}

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
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    say(
      error instanceof MeshFixError ? located(error) : `this is a bug of mesh-fix, please report it: ${traceOf(error)}`,
    )
    return 2
  }
}

/** What the arguments ask for. */
function jobOf(argv: readonly string[]): () => Promise<number> {
  let job = async (): Promise<number> => 0
  const command = program().action((paths: readonly string[], options: Options) => {
    job = () => (options.overlay === undefined && options.component === undefined ? check : overlay)(paths, options)
  })
  command
    .command('verify <DIR>')
    .description('build what --overlay or --component wrote, and prove that it does what the fixes say')
    .action((directory: string) => {
      job = async () => verify(directory)
    })
  command.parse(spelledOut(argv), { from: 'user' })
  return job
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
    .addOption(
      new Option('--overlay <DIR>', 'write a kustomize overlay that makes the fixes').conflicts([
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
    .exitOverride()
    .configureOutput({
      writeOut: print,
      writeErr: text => writeAll(2, text),
      outputError: text => say(text.trimEnd().replace(/^error: /, '')),
    })
}

const NOT_WITH_OVERLAYS = ['write', 'diff', 'dryRun', 'fix']

const HELP = `
Exit codes:
  0  nothing at or above --fail-on is left (or would be changed)
  1  something is; with --write, --overlay and --component, something that was not fixed; verify: it does not hold
  2  arguments or a path that can't be used, or a file that can't be written

Examples:
  mesh-fix                      check the repository, and preview the fixes
  mesh-fix --write apps/        repair what is under apps/; references are looked up everywhere
  mesh-fix --diff | git apply   the same by way of a patch
  mesh-fix --overlay fixed/ base/   leave the files alone, and fix what kustomize builds of base/
  mesh-fix verify fixed/        prove that it does`

/** commander would take a path behind a bare `--unsafe` for its value. */
function spelledOut(argv: readonly string[]): string[] {
  const end = argv.indexOf('--')
  return argv.map((argument, index) =>
    argument === '--unsafe' && (end < 0 || index < end) ? `--unsafe=${ALL}` : argument,
  )
}

/** All rules: what a bare `--unsafe` means. */
const ALL = '*'

function list(value: string, previous: readonly string[] = []): readonly string[] {
  return [
    ...previous,
    ...value
      .split(',')
      .map(item => item.trim())
      .filter(item => item !== ''),
  ]
}

/** @throws {MeshFixError} USAGE: options that can't be used, or not together */
function validate(options: Options, profile: Profile, known: readonly string[]): void {
  const { only, skip, unsafe } = options
  for (const rule of [...(only ?? []), ...(skip ?? []), ...(unsafe ?? [])]) {
    if (!known.includes(rule) && !(rule === ALL && unsafe?.includes(rule)))
      throw new MeshFixError('USAGE', `there is no rule "${rule}"; there are: ${known.join(', ')}`)
  }
  // An empty variable in a script must not make a run that looks for nothing.
  for (const [option, named] of Object.entries({ only, unsafe })) {
    if (named?.length === 0)
      throw new MeshFixError('USAGE', `--${option} names no rule; there are: ${known.join(', ')}`)
  }
  if (profile === 'classic' && options.portStyle === 'appProtocol') {
    throw new MeshFixError(
      'USAGE',
      '--port-style appProtocol has no meaning with --profile classic: Istio up to 1.2 does not read appProtocol',
    )
  }
}

/** What a run needs to begin. */
async function prepared(paths: readonly string[], options: Options) {
  const walked = walk(paths.length > 0 ? paths : ['.'], { root: options.root })
  const config = await configFor(options.config, walked.start, walked.root)
  const profile = options.profile ?? config.profile ?? 'sidecar'
  const rules = await rulesOf(config)
  validate(
    options,
    profile,
    rules.flatMap(({ detectors }) => detectors.map(({ id }) => id)),
  )
  const runOptions: Omit<RunOptions, 'isInScope'> = {
    profile,
    portStyle: options.portStyle,
    all: options.all === true,
    externalReferences: config.externalReferences,
    isOn: rule => (options.only === undefined || options.only.includes(rule)) && !options.skip?.includes(rule),
    isUnsafeOn: rule => [rule, ALL].some(name => options.unsafe?.includes(name)),
    maxImpact: options.maxImpact,
    noFix: !options.fix,
  }
  const isInScope = scopeOf(walked, config)
  return { walked: { ...walked, isInScope }, config, runOptions, pipeline: compose(rules).get(PIPELINE) }
}

async function check(paths: readonly string[], options: Options): Promise<number> {
  const show = progress(process.stderr, options.quiet === true)
  const { walked, config, runOptions, pipeline } = await prepared(paths, options)
  if (options.printConfig) {
    print(`${JSON.stringify({ ...config, profile: runOptions.profile }, null, 2)}\n`)
    return 0
  }
  const { isInScope } = walked
  const read = readFiles(walked, done => show(`reading ${done}/${walked.files.length} files`))
  const repository = repositoryOf(read.texts, done => show(`parsing ${done}/${read.texts.length} files`))
  const outcome = pipeline.run(repository, { ...runOptions, isInScope }, (done, of) =>
    show(`proving ${done}/${of} fixes`),
  )

  const reportFile = options.reporterFile === undefined ? undefined : opened(options.reporterFile)
  const texts = textsOf(outcome)
  const failures = options.write ? write(walked.root, outcome, texts) : []
  show(undefined)
  const failed = new Set(failures.flatMap(({ paths }) => paths))
  const result: Result = {
    ...resultOf(outcome, walked, options),
    skipped: [...read.skipped, ...repository.skipped].filter(({ path }) => isInScope(path)),
    errors: [...read.errors, ...repository.errors].filter(({ path }) => isInScope(path)),
    written: options.write === true,
    failures,
    filesAfter: options.write ? filesAfter(outcome, texts, failed) : repository.files,
  }
  report(result, options, reportFile)
  if (failures.length > 0) return 2
  return exitCode([result], options)
}

/** What the outcome alone says; everything is written. */
function resultOf(outcome: Outcome, { root, gitRoot, isInScope }: Walk, { failOn }: Options): Result {
  const { skipped, errors } = outcome.repository
  return {
    outcome,
    skipped: skipped.filter(({ path }) => isInScope(path)),
    errors: errors.filter(({ path }) => isInScope(path)),
    written: true,
    failures: [],
    root,
    gitRoot,
    cwd: realpathSync(process.cwd()),
    failOn,
    filesAfter: filesAfter(outcome, textsOf(outcome), new Set()),
  }
}

function exitCode(results: readonly Result[], { exitZero, failOn }: Options): number {
  if (exitZero) return 0
  return results.some(result => isFailing(result, ({ severity }) => isAtLeast(severity, failOn))) ? 1 : 0
}

async function overlay(paths: readonly string[], options: Options): Promise<number> {
  const request = await overlayRequest(paths, options)
  const { outcomes, notes } = writeOverlay(request, options.force === true)
  const results = outcomes.map(outcome => resultOf(outcome, request.walk, options))
  const [first, ...others] = results
  if (first !== undefined)
    report(first, options, options.reporterFile === undefined ? undefined : opened(options.reporterFile))
  for (const result of others) say(summaryLines(result)[0] ?? '')
  for (const note of notes) say(note)
  return exitCode(results, options)
}

async function overlayRequest(paths: readonly string[], options: Options): Promise<OverlayRequest> {
  const directory = realPathOf(options.overlay ?? options.component ?? '')
  const path = pathOf(paths)
  const { walked, runOptions, pipeline } = await prepared([path], options)
  return {
    form: options.overlay === undefined ? 'component' : 'overlay',
    directory,
    path,
    walk: walked,
    record: recordOf(directory, path, { ...options, profile: runOptions.profile }),
    run: (repository, isInScope) => pipeline.run(repository, { ...runOptions, isInScope }),
  }
}

async function verify(directory: string): Promise<number> {
  const own = ownDirectory(realPathOf(directory))
  if (own === undefined) throw new MeshFixError('USAGE', `${directory} holds no kustomization that mesh-fix wrote`)
  const { path, arguments: args } = argumentsOf(own)
  const options = program()
    .parse([...args], { from: 'user' })
    .opts<Options>()
  const { holds, lines } = verified(await overlayRequest([path], options), own)
  print(`${lines.map(clean).join('\n')}\n`)
  return holds ? 0 : 1
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
  if (file === undefined) print(text)
  else writeFileSync(file, text)
}
