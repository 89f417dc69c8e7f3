import { NOT_BUILT } from './build/record.ts'
import { compose, PIPELINE } from './container.ts'
import { type Context, PORT_STYLES, PROFILES } from './detect/detector.ts'
import { MeshFixError } from './errors.ts'
import { IMPACTS } from './fix/fixer.ts'
import { Ignores } from './ignores.ts'
import type { FixReport, Report } from './library-report.ts'
import type { KindPlaces } from './read/custom-kinds.ts'
import { type FileText, repositoryOf } from './read/repository.ts'
import { jsonReport } from './report/json.ts'
import { type Rules, shippedRules } from './rules.ts'
import { ALL, RULE_SETTINGS, type RuleSetting, runOptions } from './run-options.ts'
import { filesAfter, textsOf } from './texts.ts'

/** Manifests: texts by their paths, or a list of them. Paths are from a common root, with `/`. */
export type Files = Readonly<Record<string, string>> | readonly FileText[]

/** What is asked for; what is left out has the command line's default. */
export interface CheckOptions extends Partial<Context>, Partial<KindPlaces> {
  /** The files or directories to report on and change; default: all. References are looked up in all files. */
  readonly paths?: readonly string[]
  /** Report and fix these rules only. */
  readonly only?: readonly string[]
  /** Leave out these rules. */
  readonly skip?: readonly string[]
  /** The unsafe fixes too: of all rules, or of those listed. */
  readonly unsafe?: boolean | readonly string[]
  /** Leave out fixes that do more to a running cluster. */
  readonly maxImpact?: (typeof IMPACTS)[number]
  /** Rule → whether it is on, or how grave what it finds is. What is named by `only` is on. */
  readonly rules?: Readonly<Record<string, RuleSetting>>
  /** Rules beside those that come with mesh-fix. */
  readonly plugins?: readonly Rules[]
}

/** Where the texts are said to be: no directory is looked at. */
const ROOT = '/files'

/**
 * Finds what breaks Istio's requirements, and the fixes, which are not made. Nothing but the texts is looked at: no
 * disk, no network, no kustomization is built.
 *
 * @example
 * const { findings } = await check({ 'shop/web.yaml': text })
 * for (const { file, line, message, fix } of findings) console.log(`${file}:${line} ${message}`, fix.title)
 *
 * @throws {MeshFixError} USAGE: paths or options that can't be used
 */
export async function check(files: Files, options: CheckOptions = {}): Promise<Report> {
  return (await ran(files, options, false)).report
}

/**
 * Makes the fixes that are asked for: by default the safe ones. Places of what was fixed are in the texts that came in,
 * those of what is left in the texts that come out.
 *
 * @example
 * const { texts } = await fix({ 'shop/web.yaml': text }, { profile: 'ambient' })
 * for (const [path, text] of Object.entries(texts)) await writeFile(path, text)
 *
 * @throws {MeshFixError} USAGE: paths or options that can't be used
 */
export async function fix(files: Files, options: CheckOptions = {}): Promise<FixReport> {
  const { report, texts } = await ran(files, options, true)
  return { ...report, texts: Object.fromEntries(texts) }
}

async function ran(
  files: Files,
  { paths, rules = {}, plugins = [], unsafe, ...asked }: CheckOptions,
  written: boolean,
) {
  const sets = [await shippedRules(), ...plugins]
  const { profile = 'sidecar', portStyle = 'auto', maxImpact = 'restart' } = asked
  const { all = false, externalReferences = [], ports = [], labelSources = {} } = asked
  const { podTemplates = [], portReferences = [] } = asked
  mustBeOneOf('profile', profile, PROFILES)
  mustBeOneOf('portStyle', portStyle, PORT_STYLES)
  mustBeOneOf('maxImpact', maxImpact, IMPACTS)
  for (const [rule, setting] of Object.entries(rules)) mustBeOneOf(`rules["${rule}"]`, setting, RULE_SETTINGS)
  for (const { path } of podTemplates) mustBePointer('podTemplates', path)
  for (const { service, namespace, port, targetPort } of portReferences)
    for (const place of [service, namespace, port, targetPort]) mustBePointer('portReferences', place)
  const run = runOptions(
    {
      profile,
      portStyle,
      maxImpact,
      all,
      externalReferences,
      ports,
      labelSources,
      podTemplates,
      portReferences,
      ruleSettings: rules,
      only: asked.only,
      skip: asked.skip,
      noFix: false,
      unsafe: typeof unsafe === 'boolean' ? (unsafe ? [ALL] : undefined) : unsafe,
      isInScope: path => paths === undefined || paths.some(own => path === own || path.startsWith(`${own}/`)),
    },
    sets,
    '',
  )
  const repository = repositoryOf(listed(files))
  const ignores = new Ignores(repository.files, [])
  const outcome = compose(sets)
    .get(PIPELINE)
    .run(repository, { ...run, ignores })
  const texts = written ? textsOf(outcome) : new Map<string, string>()
  const isOwn = ({ path }: { readonly path: string }): boolean => run.isInScope(path)
  const report = jsonReport({
    outcome,
    skipped: repository.skipped.filter(isOwn),
    errors: repository.errors.filter(isOwn),
    written,
    failures: [],
    build: NOT_BUILT,
    root: ROOT,
    gitRoot: undefined,
    cwd: ROOT,
    failOn: 'warning',
    filesAfter: filesAfter(outcome, texts, new Set()),
  })
  return { report: JSON.parse(report) as Report, texts }
}

/** @throws {MeshFixError} USAGE: programs without types may say anything */
function mustBeOneOf(option: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return
  throw new MeshFixError('USAGE', `${option} is "${value}"; it takes: ${known.join(', ')}`)
}

/** @throws {MeshFixError} USAGE: programs without types may say anything */
function mustBePointer(option: string, text: string | undefined): void {
  if (text === undefined || /^(\/([^/~]|~[01])+)+$/.test(text)) return
  throw new MeshFixError('USAGE', `${option}: "${text}" is no JSON Pointer, such as /spec/template`)
}

/** @throws {MeshFixError} USAGE: a path that is none from a common root, or is there twice */
function listed(files: Files): readonly FileText[] {
  const texts = isList(files) ? files : Object.entries(files).map(([path, text]) => ({ path, text }))
  const known = new Set<string>()
  for (const { path } of texts) {
    if (path.split('/').some(part => part === '' || part === '.' || part === '..'))
      throw new MeshFixError('USAGE', `"${path}" is no path from a common root`)
    if (known.has(path)) throw new MeshFixError('USAGE', `there are two files "${path}"`)
    known.add(path)
  }
  return texts
}

function isList(files: Files): files is readonly FileText[] {
  return Array.isArray(files)
}
