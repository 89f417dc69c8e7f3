import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type Operation, patched } from '../src/json-patch.ts'
import { runFunction } from '../src/krm.ts'
import type { Outcome } from '../src/outcome.ts'
import { type Pointer, valueAt } from '../src/pointer.ts'
import { isMap, listAt, mapAt } from '../src/read/json.ts'
import { type FileText, readFiles, repositoryOf } from '../src/read/repository.ts'
import { type Resource, titleOf } from '../src/read/resource.ts'
import type { Json } from '../src/read/tree.ts'
import { walk } from '../src/read/walk.ts'
import { parse } from '../src/read/yaml.ts'
import { jsonReport } from '../src/report/json.ts'
import { shippedRules } from '../src/rules.ts'
import { differencesIn } from './compare-forms.ts'
import { formsOf, functionConfig } from './forms.ts'
import { type RunSettings, resultOf, runOn, textsAfter } from './run.ts'
import { differences, normalised, type Objects, objectsIn } from './same-objects.ts'
import { missing } from './tools.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** A scope: the files of a fixture or an example, how they are run, and what comes out. */
interface Scope {
  readonly name: string
  readonly texts: readonly FileText[]
  readonly settings: RunSettings
  readonly outcome: Outcome
}

const SCOPES: readonly Scope[] = [
  ...directoriesIn('test/fixtures').flatMap(directoriesIn).map(scopeOf),
  ...directoriesIn('examples').map(scopeOf),
]

t.test('the report’s patches make the same objects as the written text', async t => {
  for (const { name, texts, outcome } of SCOPES) {
    const written = objectsIn(textsAfter(texts, outcome))
    t.strictSame(differences(written, patchedObjects(texts, outcome, [...written.keys()])), [], name)
  }
})

/** Where a function can't know what a run over files knows: it gets objects, and those as one scope. */
const KNOWS_LESS: ReadonlyMap<string, string> = new Map([
  ['test/fixtures/named-service-ports/helm-template-means-it', 'no template is an item'],
  ['test/fixtures/named-service-ports/nearest-place', 'its items are one scope, whatever directories they come from'],
  ['test/fixtures/pod-ports/kustomize-patch', 'no patch of a kustomization is an item'],
  ['examples/environments', 'no patch of a kustomization is an item'],
])

t.test('a function makes the same objects of the items as --write of the files', async t => {
  for (const { name, texts, settings, outcome } of SCOPES) {
    const { resources } = outcome.repository
    const places = new Set(resources.map(({ id }) => id))
    const written = repositoryOf(textsAfter(texts, outcome)).resources
    const list = await outOfFunction(itemsOf(resources), settings)
    const items = repositoryOf([{ path: 'list.yaml', text: list }]).resources
    const different = differences(
      new Map(written.map(({ id, object }) => [places.has(id) ? id : titleOf(object), normalised(object)])),
      new Map(items.map(({ object }, index) => [resources[index]?.id ?? titleOf(object), normalised(object)])),
    )
    const reason = KNOWS_LESS.get(name)
    if (reason === undefined) t.strictSame(different, [], name)
    else t.not(different.length, 0, `${name}: ${reason}`)
  }
})

/** Kustomizations, and what is to be fixed in them. */
const BUILDS: readonly (readonly [path: string, settings: RunSettings])[] = [
  ['examples/environments/base', {}],
  ['examples/environments/overlays/prod', {}],
  ['examples/krm-function/shop', { unsafe: true }],
  ['test/fixtures/pod-ports/kustomize-patch/input/size', { unsafe: true }],
]

t.test('every form of a fix builds the same objects, or says why not', async t => {
  for (const [path, settings] of BUILDS) {
    const parity = formsOf(join(ROOT, path), settings)
    if (parity.status !== 'built') {
      t.fail(`${path}: ${parity.status}`)
      continue
    }
    for (const [name, form] of parity.forms)
      t.not(form.status, 'failed', `${path}: ${name}${form.status === 'built' ? '' : `: ${form.reason}`}`)
    const unexplained = differencesIn(parity).filter(({ because }) => because === undefined)
    t.strictSame(unexplained, [], path)
  }
  t.pass('kpt is one of the forms', { skip: missing('kpt') })
})

/** The objects as an orchestrator hands them to a function: with their files, and without what is no object. */
function itemsOf(resources: readonly Resource[]): readonly Json[] {
  return resources.map(({ object, path, document }) => {
    const notes = { 'config.kubernetes.io/path': path, 'config.kubernetes.io/index': String(document) }
    const metadata = mapAt(object, 'metadata')
    return { ...object, metadata: { ...metadata, annotations: { ...mapAt(metadata, 'annotations'), ...notes } } }
  })
}

async function outOfFunction(items: readonly Json[], settings: RunSettings): Promise<string> {
  const list = {
    apiVersion: 'config.kubernetes.io/v1',
    kind: 'ResourceList',
    items,
    functionConfig: functionConfig(settings),
  }
  return (await runFunction(JSON.stringify(list), undefined, [await shippedRules()])).output
}

/** The objects of the input with the report's patches, and those that it says are new, at the places given. */
function patchedObjects(texts: readonly FileText[], outcome: Outcome, places: readonly string[]): Objects {
  const report = JSON.parse(jsonReport({ ...resultOf(outcome), written: true })) as Report
  const documents = new Map(
    texts.flatMap(({ path, text }) => parse(text).documents.map(({ index, value }) => [`${path}#${index}`, value])),
  )
  // In a List a new object is an item, which the List's own patch adds.
  const created = report.findings.flatMap(({ fix }) => (fix.status === 'applied' ? fix.creates : []))
  for (const { file, object } of created) if (!documents.has(`${file}#0`)) documents.set(`${file}#0`, object)
  for (const { file, document, item, patch } of report.patches) {
    const key = `${file}#${document}`
    const value = documents.get(key) ?? null
    documents.set(key, item === undefined ? patched(value, patch) : withItem(value, item, patch))
  }
  return new Map(
    places.map(place => {
      const [, document = '', base = ''] = /^(.*#\d+)(.*)$/.exec(place) ?? []
      return [place, normalised((valueAt(documents.get(document), base as Pointer) ?? null) as Json)]
    }),
  )
}

/** The part of the JSON report that says what is changed. */
interface Report {
  readonly findings: readonly {
    readonly fix: { readonly status: string; readonly creates: readonly { file: string; object: Json }[] }
  }[]
  readonly patches: readonly {
    readonly file: string
    readonly document: number
    readonly item?: number
    readonly patch: readonly Operation[]
  }[]
}

/** A List, or an OpenShift Template, with one of its objects patched. */
function withItem(list: Json, item: number, patch: readonly Operation[]): Json {
  const key = isMap(list) && Array.isArray(list['objects']) ? 'objects' : 'items'
  const items = listAt(list, key).map((object, index) => (index === item ? patched(object, patch) : object))
  return { ...mapAt(list), [key]: items }
}

function scopeOf(name: string): Scope {
  const folder = join(ROOT, name)
  const single = join(folder, 'input.yaml')
  const settingsFile = join(folder, 'settings.yaml')
  const input = existsSync(join(folder, 'input')) ? join(folder, 'input') : folder
  const texts = existsSync(single) ? [{ path: 'input.yaml', text: readFileSync(single, 'utf8') }] : textsUnder(input)
  const settings = existsSync(settingsFile)
    ? (parse(readFileSync(settingsFile, 'utf8')).documents[0]?.value as RunSettings)
    : {}
  return { name, texts, settings, outcome: runOn(texts, settings) }
}

function textsUnder(root: string): readonly FileText[] {
  return readFiles(walk([root], { root })).texts
}

function directoriesIn(path: string): readonly string[] {
  const entries = readdirSync(join(ROOT, path), { withFileTypes: true })
  return entries.filter(entry => entry.isDirectory()).map(({ name }) => `${path}/${name}`)
}
