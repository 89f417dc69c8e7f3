import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { isMap, listAt, mapAt, stringAt } from '../src/read/json.ts'
import { isKustomizationFile } from '../src/read/kustomization.ts'
import { readFiles } from '../src/read/repository.ts'
import type { Json } from '../src/read/tree.ts'
import { walk } from '../src/read/walk.ts'
import { parse } from '../src/read/yaml.ts'
import { meshFix, PROGRAM, type Run } from './program.ts'
import { type RunSettings, runOn } from './run.ts'
import { type Objects, objectsOf } from './same-objects.ts'
import { missing, tool } from './tools.ts'

/** The function as kustomize and kpt start it. */
export const FUNCTION = join(dirname(PROGRAM), 'mesh-fix-krm.cjs')

/** What the forms of one fix are called, in the order in which one would choose. */
export const FORMS = ['sources', 'overlay', 'component', 'function', 'kpt'] as const
export type FormName = (typeof FORMS)[number]

/** What a form made of a kustomization. */
export type Form =
  | { readonly status: 'built'; readonly objects: Objects; readonly reasons: readonly Reason[] }
  /** It said that it would not, and why. */
  | { readonly status: 'refused'; readonly reason: string }
  /** It went wrong without saying why. */
  | { readonly status: 'failed'; readonly reason: string }

/** Why a form left something of an object as it is, or what it says of its fix. */
export interface Reason {
  readonly kind: string
  readonly name: string
  readonly because: string
  /** It is said of a fix that was made. */
  readonly isCaution?: boolean
}

/** What all forms made of one kustomization. */
export type Parity =
  /** Kustomize itself refuses it. */
  | { readonly status: 'unbuilt'; readonly reason: string }
  /** Neither its sources nor its build have anything that would be fixed. */
  | { readonly status: 'nothing to fix' }
  | { readonly status: 'built'; readonly before: Objects; readonly forms: ReadonlyMap<FormName, Form> }

/** A copy of what a kustomization is built from, and nothing else: the scope that all forms share. */
class Scope {
  readonly #scratch = realpathSync(mkdtempSync(join(tmpdir(), 'mesh-fix-parity-')))
  readonly #base: string
  readonly #files: readonly string[]
  readonly #root: string
  #copies = 0

  constructor(root: string) {
    const files = filesBehind(root)
    this.#files = files
    this.#base = commonDirectory(files)
    this.#root = relative(this.#base, root)
  }

  /** A fresh copy: its directory, and the kustomization's in it. */
  copy(): { readonly all: string; readonly root: string } {
    this.#copies += 1
    const all = join(this.#scratch, `copy${this.#copies}`)
    for (const file of this.#files) {
      const target = join(all, relative(this.#base, file))
      mkdirSync(dirname(target), { recursive: true })
      cpSync(file, target, { dereference: true })
    }
    return { all, root: join(all, this.#root) }
  }

  /** A path that is free. */
  place(name: string): string {
    return join(this.#scratch, name)
  }

  remove(): void {
    rmSync(this.#scratch, { recursive: true, force: true })
  }
}

/** Builds a kustomization in all forms with the real tools, in copies. */
export function formsOf(directory: string, settings: RunSettings = {}): Parity {
  const scope = new Scope(realpathSync(directory))
  try {
    const { all, root } = scope.copy()
    const built = build(directory)
    if (built.status !== 0) return { status: 'unbuilt', reason: errorIn(built) }
    if (build(root).stdout !== built.stdout) throw new Error(`${directory}: the copy builds something else`)
    const { texts } = readFiles(walk([all], { root: all }))
    const isFixed = [texts, [{ path: 'built.yaml', text: built.stdout }]].some(
      scoped => runOn(scoped, settings).edits.size > 0,
    )
    if (!isFixed) return { status: 'nothing to fix' }
    const forms = new Map<FormName, Form>([
      ['sources', fromSources(scope, settings)],
      ['overlay', fromOverlay(scope, settings)],
      ['component', fromComponent(scope, settings)],
      ['function', fromFunction(scope, settings)],
    ])
    if (!missing('kpt')) forms.set('kpt', fromKpt(scope, settings))
    return { status: 'built', before: objectsOf(built.stdout), forms }
  } finally {
    scope.remove()
  }
}

function fromSources(scope: Scope, settings: RunSettings): Form {
  const { all, root } = scope.copy()
  const run = meshFix(all, '--write', '--root', '.', '--reporter', 'json', ...flagsOf(settings), '.')
  return outcome(run, root, reasonsIn(run.stdout))
}

function fromOverlay(scope: Scope, settings: RunSettings): Form {
  const { all, root } = scope.copy()
  const overlay = scope.place('overlay')
  const run = meshFix(all, '--overlay', overlay, '--reporter', 'json', ...flagsOf(settings), root)
  return outcome(run, overlay, reasonsIn(run.stdout))
}

function fromComponent(scope: Scope, settings: RunSettings): Form {
  const { all, root } = scope.copy()
  const component = scope.place('component')
  const run = meshFix(all, '--component', component, '--reporter', 'json', ...flagsOf(settings), root)
  if (existsSync(component)) addTo(root, 'components', relative(root, component))
  return outcome(run, root, reasonsIn(run.stdout))
}

function fromFunction(scope: Scope, settings: RunSettings): Form {
  const { root } = scope.copy()
  addTo(root, 'transformers', JSON.stringify(functionConfig(settings)))
  const built = build(root)
  if (built.status !== 0) return { status: 'failed', reason: errorIn(built) }
  return { status: 'built', objects: objectsOf(built.stdout), reasons: reasonsOf(built.stderr) }
}

function fromKpt(scope: Scope, settings: RunSettings): Form {
  const { all, root } = scope.copy()
  const [config, results] = [scope.place('function.yaml'), scope.place('results')]
  writeFileSync(config, JSON.stringify(functionConfig(settings)))
  const run = tool(all, 'kpt', ['fn', 'eval', '.', '--exec', FUNCTION, '--fn-config', config, '--results-dir', results])
  if (/must contain only KRM resources|MalformedYAMLError/.test(run.stderr))
    return { status: 'refused', reason: `kpt takes nothing but Kubernetes objects: ${errorIn(run)}` }
  if (run.status !== 0) return { status: 'failed', reason: errorIn(run) }
  return outcome(run, root, reasonsInResults(results))
}

/** What came of a run that may refuse, once kustomize has built what it wrote. */
function outcome(run: Run, directory: string, reasons: readonly Reason[]): Form {
  if (run.status === 2) return { status: 'refused', reason: run.stderr.trim().replace(/^mesh-fix: /, '') }
  if (run.status !== 0 && run.status !== 1) return { status: 'failed', reason: errorIn(run) }
  const built = build(directory)
  if (built.status !== 0) return { status: 'failed', reason: errorIn(built) }
  return { status: 'built', objects: objectsOf(built.stdout), reasons }
}

/** What kustomize makes of a directory, functions included. */
export function build(directory: string): Run {
  return tool(directory, 'kustomize', ['build', '.', '--enable-alpha-plugins', '--enable-exec'], { env: OFFLINE })
}

/** Nothing is fetched: a build that needs the network is one that fails. */
const OFFLINE = {
  GIT_ALLOW_PROTOCOL: 'none',
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '',
}

/** The options on the command line. */
export function flagsOf({ profile, portStyle, unsafe, maxImpact, all, only }: RunSettings): readonly string[] {
  return [
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...(portStyle === undefined ? [] : ['--port-style', portStyle]),
    ...(maxImpact === undefined ? [] : ['--max-impact', maxImpact]),
    ...(only === undefined ? [] : ['--only', only]),
    ...(unsafe ? ['--unsafe'] : []),
    ...(all ? ['--all'] : []),
  ]
}

/** The same options as the functionConfig of an exec function. */
export function functionConfig({ paths: _, externalReferences: __, ports: ___, only, ...settings }: RunSettings): Json {
  const annotations = { 'config.kubernetes.io/function': JSON.stringify({ exec: { path: FUNCTION } }) }
  const spec = { ...settings, ...(only === undefined ? {} : { only: [only] }) } as Json
  return { apiVersion: 'mesh-fix.dev/v1alpha1', kind: 'MeshFix', metadata: { name: 'all-forms', annotations }, spec }
}

/** Adds an entry to a list of a kustomization; JSON is YAML. */
function addTo(directory: string, key: string, entry: string): void {
  const file = kustomizationFile(directory)
  if (file === undefined) return
  const value = mapAt(parse(readFileSync(file, 'utf8')).documents[0]?.value)
  const own = Object.keys(value).find(name => name.toLowerCase() === key) ?? key
  writeFileSync(file, JSON.stringify({ ...value, [own]: [...listAt(value, own), entry] }))
}

/** The file that makes a directory a kustomization. */
export function kustomizationFile(directory: string): string | undefined {
  const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']
  return names.map(name => join(directory, name)).find(path => existsSync(path))
}

/** Every file that a kustomization names, and those that these name, if they are kustomizations. */
function filesBehind(root: string): readonly string[] {
  const files = new Set<string>()
  const visit = (path: string): void => {
    const stat = statSync(path, { throwIfNoEntry: false })
    const file = stat?.isDirectory() ? kustomizationFile(path) : stat?.isFile() ? path : undefined
    if (file === undefined || files.has(file)) return
    files.add(file)
    if (!isKustomizationFile(file)) return
    for (const { value } of parse(readFileSync(file, 'utf8')).documents)
      for (const word of wordsIn(value)) visit(resolve(dirname(file), word))
  }
  visit(root)
  return [...files]
}

/** All texts in a value that may name a file; `name=file` as generators write it. */
function wordsIn(value: Json): readonly string[] {
  if (typeof value === 'string')
    return value === '' || /[\n{]/.test(value) ? [] : [value, value.replace(/^[^=/]*=/, '')]
  if (Array.isArray(value)) return value.flatMap(wordsIn)
  return isMap(value) ? Object.values(value).flatMap(wordsIn) : []
}

function commonDirectory(files: readonly string[]): string {
  const [first = '/', ...rest] = files.map(file => dirname(file))
  const holds = (directory: string): boolean => rest.every(other => `${other}/`.startsWith(`${directory}/`))
  let directory = first
  while (directory !== '/' && !holds(directory)) directory = dirname(directory)
  return directory
}

/** What the JSON report leaves to people or fixes otherwise than one would expect, and why. */
function reasonsIn(report: string): readonly Reason[] {
  if (!report.startsWith('{')) return []
  return listAt(JSON.parse(report) as Json, 'findings').flatMap(finding => {
    const status = stringAt(finding, 'fix', 'status') ?? ''
    const reason = stringAt(finding, 'fix', 'reason')
    if (status === 'applied' && reason === undefined) return []
    return {
      kind: stringAt(finding, 'resource', 'kind') ?? '',
      name: stringAt(finding, 'resource', 'name') ?? '',
      because: `${stringAt(finding, 'rule')}: ${reason ?? status}`,
      isCaution: status === 'applied',
    }
  })
}

/** The same, of the lines that the function says on standard error. */
function reasonsOf(stderr: string): readonly Reason[] {
  return stderr.split('\n').flatMap(line => {
    const said =
      /^mesh-fix: (?:error|warning|info) (\S+): (?:\S+ )?([A-Z]\w+) (?:[\w.-]*\/)?(\S+?)(?: \S+)?: (.*)$/.exec(line)
    if (said === null) return []
    const [, rule = '', kind = '', name = '', message = ''] = said
    return reasonOf(rule, kind, name, message)
  })
}

/** The same, of kpt's file of results. */
function reasonsInResults(directory: string): readonly Reason[] {
  const file = join(directory, 'results.yaml')
  if (!existsSync(file)) return []
  const runs = listAt(parse(readFileSync(file, 'utf8')).documents[0]?.value, 'items')
  return runs
    .flatMap(run => listAt(run, 'results'))
    .flatMap(result =>
      reasonOf(
        stringAt(result, 'tags', 'rule') ?? '',
        stringAt(result, 'resourceRef', 'kind') ?? '',
        stringAt(result, 'resourceRef', 'name') ?? '',
        stringAt(result, 'message') ?? '',
      ),
    )
}

function reasonOf(rule: string, kind: string, name: string, message: string): readonly Reason[] {
  const fixed = /; fixed: (.*)$/.exec(message)?.[1]
  if (fixed !== undefined && !fixed.includes('; but: ')) return []
  const because = message.replace(/^.*; (?:left to you|not fixed|but|fix \(.*?\)): /, '')
  return [{ kind, name, because: `${rule}: ${because}`, isCaution: fixed !== undefined }]
}

/** The line that says what is wrong. */
function errorIn({ stderr, stdout }: Run): string {
  const lines = `${stderr}\n${stdout}`.trim().split('\n')
  return (lines.find(line => /error/i.test(line)) ?? lines.at(-1) ?? '').trim()
}
