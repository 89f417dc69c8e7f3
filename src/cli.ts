import { openSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { NOT_BUILT } from './build/record.ts'
import { isWithin } from './build/scratch.ts'
import { chartAt } from './chart/chart.ts'
import { fixChart } from './chart/command.ts'
import {
  type ChartOptions,
  chartProgram,
  deciding,
  functionProgram,
  given,
  type Options,
  parsed,
  program,
  spelledOut,
  usageCode,
} from './command-line.ts'
import { type Config, configFor, NOTHING } from './config.ts'
import { compose, PIPELINE } from './container.ts'
import { isAtLeast } from './detect/detector.ts'
import { MeshFixError } from './errors.ts'
import { type FunctionRun, runFunction } from './krm.ts'
import { loadPlugins } from './load-plugins.ts'
import type { Outcome } from './outcome.ts'
import { print, STDERR, STDOUT, say, writeAll } from './output.ts'
import { writeOverlay } from './overlay/command.ts'
import { surroundingsOf } from './overlay/context.ts'
import type { OverlayRequest } from './overlay/plan.ts'
import { argumentsOf, ownDirectory, recordOf } from './overlay/record.ts'
import { pathOf, realPathOf } from './overlay/sites.ts'
import { verified } from './overlay/verify.ts'
import { readFiles } from './read/repository.ts'
import { readStream, standardInput } from './read/stream.ts'
import { gitRootOf, ignoring, type Walk, walk } from './read/walk.ts'
import { jsonReport } from './report/json.ts'
import { clean } from './report/paint.ts'
import { progress } from './report/progress.ts'
import { diffOf, isFailing, type Result, shownPath } from './report/result.ts'
import { summaryLines, textReport } from './report/text.ts'
import { type Rules, shippedRules } from './rules.ts'
import { type Asked, runOptions } from './run-options.ts'
import { scopeOf, sourcesOf } from './scope.ts'
import { type ConfiguredScope, scopeLines, withScopes } from './scopes/print.ts'
import { rootsIn } from './scopes/roots.ts'
import { runInBuilds } from './scopes/run.ts'
import { runOnStream } from './stream.ts'
import { filesAfter, textsOf, write } from './texts.ts'

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
      error instanceof MeshFixError ? located(error) : `this is a bug of mesh-fix, please report it: ${traceOf(error)}`,
    )
    return 2
  }
}

/** What the arguments ask for. */
function jobOf(argv: readonly string[]): () => Promise<number> {
  const [name, ...rest] = argv
  if (name === 'krm') {
    const { args } = parsed(functionProgram(), rest)
    return () => krm(args)
  }
  if (name === 'chart') {
    const command = parsed(chartProgram(), spelledOut(rest))
    return () => chart(command.processedArgs[0], command.opts<ChartOptions>(), deciding(command))
  }
  let job = async (): Promise<number> => 0
  const command = program().action((paths: readonly string[], options: Options) => {
    if (paths.includes('-')) job = () => stream(paths, options, given(command))
    else
      job = () => (options.overlay === undefined && options.component === undefined ? check : overlay)(paths, options)
  })
  command
    .command('verify <DIR>')
    .description('build what --overlay or --component wrote, and prove that it does what the fixes say')
    .action((directory: string) => {
      job = async () => verify(directory)
    })
  parsed(command, spelledOut(argv))
  return job
}

function located({ message, location }: MeshFixError): string {
  return location === undefined ? message : `${location.file}:${location.line}:${location.column}: ${message}`
}

function traceOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** What a run needs to begin. */
async function prepared(paths: readonly string[], options: Options) {
  const walked = walk(paths.length > 0 ? paths : ['.'], { root: options.root })
  const config = await configFor(options.config, walked.start, walked.root)
  const rules = await rulesOf(config)
  const isInScope = scopeOf(walked, config)
  const run = runOptions({ ...asked(options, config), isInScope }, rules, '--')
  return { walked: { ...walked, isInScope }, config, run, pipeline: compose(rules).get(PIPELINE) }
}

async function check(paths: readonly string[], options: Options): Promise<number> {
  const show = progress(process.stderr, options.quiet === true)
  const { walked, config, run, pipeline } = await prepared(paths, options)
  const mode = options.build ?? config.build ?? 'auto'
  if (options.printConfig) {
    print(`${JSON.stringify({ ...config, profile: run.profile, build: mode }, null, 2)}\n`)
    return 0
  }
  const read = readFiles(walked, done => show(`reading ${done}/${walked.files.length} files`))
  const { repository, skipped, errors, narrowed, changes } = sourcesOf(walked, read, options, config, done =>
    show(`parsing ${done}/${read.texts.length} files`),
  )
  const configured = scopesIn(config, walked.root)
  if (options.printScopes) {
    const roots = rootsIn(walked.root, [...repository.files.keys()], options.allowRemote === true)
    print(`${scopeLines(roots, configured, repository).join('\n')}\n`)
    return 0
  }
  const scoped = changes && { ...changes, before: withScopes(changes.before, configured) }
  const { outcome, record } = await runInBuilds(
    withScopes(repository, configured),
    narrowed(run),
    { mode, allowRemote: options.allowRemote === true, directory: walked.root, changes: scoped },
    (seen, asked) => pipeline.run(seen, asked, (done, of) => show(`proving ${done}/${of} fixes`)),
  )

  const reportFile = options.reporterFile === undefined ? undefined : opened(options.reporterFile)
  const texts = options.write ? textsOf(outcome) : new Map<string, string>()
  const failures = options.write ? write(walked.root, outcome, texts) : []
  show(undefined)
  const failed = new Set(failures.flatMap(({ paths }) => paths))
  const result: Result = {
    ...placesOf(walked, options),
    outcome,
    build: record,
    skipped,
    errors,
    written: options.write === true,
    failures,
    filesAfter: filesAfter(outcome, texts, failed),
  }
  report(result, options, reportFile)
  if (failures.length > 0) return 2
  return exitCode([result], options)
}

/** What a report's paths are from, and what makes it fail. */
function placesOf({ root, gitRoot }: Walk, { failOn }: Options): Pick<Result, 'root' | 'gitRoot' | 'cwd' | 'failOn'> {
  return { root, gitRoot, cwd: realpathSync(process.cwd()), failOn }
}

/** What the outcome alone says; everything is written. */
function resultOf(outcome: Outcome, walked: Walk, options: Options): Result {
  const { isInScope } = walked
  const { skipped, errors } = outcome.repository
  return {
    ...placesOf(walked, options),
    outcome,
    skipped: skipped.filter(({ path }) => isInScope(path)),
    errors: errors.filter(({ path }) => isInScope(path)),
    written: true,
    failures: [],
    build: NOT_BUILT,
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
  const { walked, run, pipeline } = await prepared([path], options)
  return {
    form: options.overlay === undefined ? 'component' : 'overlay',
    directory,
    path,
    walk: walked,
    fetching: options.allowRemote ? 'allowed' : 'refused',
    around: await surroundingsOf(directory, walked),
    record: recordOf(directory, path, { ...options, profile: run.profile }),
    run: (repository, isInScope) => pipeline.run(repository, { ...run, isInScope }),
  }
}

async function verify(directory: string): Promise<number> {
  const own = ownDirectory(realPathOf(directory))
  if (own === undefined) throw new MeshFixError('USAGE', `${directory} holds no kustomization that mesh-fix wrote`)
  const { path, arguments: args } = argumentsOf(own)
  const options = parsed(program(), args).opts<Options>()
  const { holds, lines } = verified(await overlayRequest([path], options), own)
  print(`${lines.map(clean).join('\n')}\n`)
  return holds ? 0 : 1
}

async function chart(path: string, options: ChartOptions, deciding: readonly string[]): Promise<number> {
  const show = progress(process.stderr, options.quiet === true)
  const source = chartAt(path, options.values)
  const { directory, values } = source
  const gitRoot = gitRootOf(directory)
  const root = gitRoot ?? directory
  const config = await configFor(options.config, directory, root)
  const rules = await rulesOf(config)
  const isInScope = scopeOf({ isInScope: () => true, root }, config)
  const run = runOptions({ ...asked(options, config), isInScope }, rules, '--')
  const pipeline = compose(rules).get(PIPELINE)
  const reportFile = options.reporterFile === undefined ? undefined : opened(options.reporterFile)
  const { releaseName: name, namespace, kubeVersion, apiVersions } = options
  const fixed = fixChart({
    chart: source,
    release: { name, namespace, kubeVersion, apiVersions },
    root,
    write: options.write === true,
    options: deciding,
    run: (repository, changes) => pipeline.run(repository, { ...run, ...changes }),
    onRendered: count => show(`rendering the chart: ${count}`),
  })
  show(undefined)
  const isInGit = gitRoot !== undefined && values.every(file => isWithin(file.path, gitRoot))
  const result: Result = {
    ...fixed,
    build: NOT_BUILT,
    root,
    gitRoot: isInGit ? gitRoot : undefined,
    cwd: realpathSync(process.cwd()),
    failOn: options.failOn,
  }
  report(result, options, reportFile)
  return fixed.failures.length > 0 ? 2 : exitCode([result], options)
}

/** Options that have no meaning for a stream. */
const NOT_FOR_STREAMS = new Set([
  '--write',
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
])

/** Standard input, fixed, on standard output; it goes on whatever is found, unless `--fail-on` is given. */
async function stream(paths: readonly string[], options: Options, given: readonly string[]): Promise<number> {
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

/** The scopes of the configuration; their patterns are from its file's directory. */
function scopesIn({ scopes, file }: Config, root: string): readonly ConfiguredScope[] {
  return scopes.map(({ name, paths }) => ({ name, has: ignoring(paths, dirname(file ?? root), root) }))
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
