import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'

const PACKAGE = fileURLToPath(new URL('../src/kustomize-api-types', import.meta.url))

/** What is known of a field of kustomize's; the types of the list are written as in TypeScript. */
interface FieldFacts {
  readonly type: string
  readonly required?: boolean
  /** The words that it may hold. */
  readonly values?: readonly string[]
  /** The keys that a map may have. */
  readonly keys?: readonly string[]
  readonly deprecated?: boolean
  /** The first release line with the field, where that is later than 4.5.7; or `unreleased`. */
  readonly since?: string
}

/** The same, as both the list and the types can tell it. */
type Described = Required<Pick<FieldFacts, 'type' | 'required' | 'deprecated'>> & { readonly since: string | undefined }

/** A definition is a set of fields, a set of words or another name for a type. */
interface Definition {
  readonly fields?: Readonly<Record<string, FieldFacts>>
  readonly values?: readonly string[]
  readonly type?: string
  /** Former fields → the release line that no longer knew them. */
  readonly removed?: Readonly<Record<string, string>>
}

/** The field list, as Go's reflection gave it for kustomize's own types. What is nested there without a name has one here. */
const facts: {
  readonly definitions: Readonly<Record<string, Definition>>
  readonly annotations: readonly string[]
  readonly fileNames: readonly string[]
  readonly transformOrder: readonly string[]
} = JSON.parse(readFileSync(new URL('kustomize-fields.json', import.meta.url), 'utf8'))

/** Where the types say more than Go's: kinds that must be told apart, words known from the documentation. */
const STRICTER: Readonly<Record<string, Partial<FieldFacts>>> = {
  'Kustomization.openapi': { type: 'OpenApi' },
  'Component.openapi': { type: 'OpenApi' },
  'Component.kind': { required: true },
  'StorageMount.type': { values: ['bind', 'volume', 'tmpfs'] },
  'Origin.configuredBy': { type: 'Partial<ResourceIdentifier>' },
  'ResourceList.apiVersion': { required: true },
  'ResourceList.kind': { required: true },
  'ResourceList.items': { type: 'Item[]' },
  'ResourceList.functionConfig': { type: 'NonNullable<Config>' },
  'KptFunctionResultList.metadata': { type: 'NameMeta' },
}

/** Types that serve deprecated fields alone. */
const DEPRECATED = ['FieldSelector', 'HelmChartArgs', 'Target', 'Var']

const README_SNIPPETS = [...readFileSync(join(PACKAGE, 'README.md'), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map(
  ([, code = '']) => code,
)

/** What an author or a reader may say. */
const RIGHT: Readonly<Record<string, string>> = {
  'a kustomization without fields': `export const file: api.Kustomization = {}`,
  'a component': `export const file: api.Component = { kind: 'Component', patches: [{ patch: '[]' }] }`,
  'a kustomization with deprecated fields': `export const file: api.Kustomization = { bases: ['../base'] }`,
  'replacements inline and in a file': `export const list: api.ReplacementField[] = [
    { path: 'replacements.yaml' },
    { sourceValue: 'a', targets: [{ select: { kind: 'Service' } }] },
  ]`,
  'a list of any objects': `export const list: api.ResourceList = {
    apiVersion: 'config.kubernetes.io/v1',
    kind: 'ResourceList',
    items: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'cart' }, spec: { ports: [] } }],
  }`,
  'a list of objects of known kinds': `
    interface Service { apiVersion: 'v1'; kind: 'Service'; spec: { ports: { port: number }[] } }
    export const ports = (list: api.ResourceList<Service>) => list.items.map(item => item.spec.ports[0]?.port)`,
  'an annotation': `export const key: api.AnnotationKey = 'config.kubernetes.io/origin'`,
  'a tuple in order': `export const first: api.TransformOrder[0] = 'PatchStrategicMergeTransformer'`,
  'null lists and items': `export const file: api.ReadKustomization = {
    resources: null, labels: [null], images: [{ name: null }], commonLabels: { app: null }, patches: [{ options: null }],
  }`,
  'what is missing': `export const read: api.Read<api.TargetSelector> = { fieldPaths: ['data.a'] }`,
  'words that kustomize never checks': `export const read: api.Read<api.ConfigMapArgs> = { behavior: 'append' }`,
  'deprecated and removed fields': `
    export const file: api.ReadKustomization = { bases: null, vars: [{ name: 'A' }], inventory: {} }
    export const part: api.ReadComponent = { kind: 'Component', inventory: null }
    export const spec: api.ReadFunctionSpec = { starlark: { path: 'a.star' } }`,
  "an author's file is one that can be read": `
    export const read = (file: api.Kustomization): api.ReadKustomization => file
    export const readPart = (file: api.Component): api.ReadComponent => file`,
  'the kind tells what was read': `
    export const names = (file: api.ReadKustomization | api.ReadComponent): 'Component' | 'Kustomization' =>
      file.kind === 'Component' ? file.kind : (file.kind ?? 'Kustomization')`,
  'fields of either form of a patch': `
    export const sources = (file: api.ReadKustomization) => file.patches?.map(patch => patch?.path ?? patch?.patch)`,
}

/** What must not pass, with TypeScript's number for it. */
const WRONG: Readonly<Record<string, readonly [code: number, snippet: string]>> = {
  'an unknown key': [2353, `export const file: api.Kustomization = { manifests: ['a.yaml'] }`],
  'an unknown key in a part': [2353, `export const file: api.Kustomization = { images: [{ tag: 'a' }] }`],
  'a key in another case': [2561, `export const file: api.Kustomization = { nameprefix: 'a-' }`],
  'a removed field': [2353, `export const file: api.Kustomization = { inventory: {} }`],
  'a removed form of function': [2353, `export const spec: api.FunctionSpec = { starlark: {} }`],
  'a null list': [2322, `export const file: api.Kustomization = { resources: null }`],
  'another kind': [2322, `export const file: api.Kustomization = { kind: 'Component' }`],
  'a component without its kind': [2741, `export const file: api.Component = { resources: [] }`],
  'a patch with both forms': [2322, `export const patch: api.Patch = { path: 'a.yaml', patch: '[]' }`],
  'a patch with neither form': [2322, `export const patch: api.Patch = { target: { kind: 'Service' } }`],
  'a replacement both inline and in a file': [
    2322,
    `export const field: api.ReplacementField = { path: 'a.yaml', sourceValue: 'a' }`,
  ],
  'a target that selects nothing': [2741, `export const target: api.TargetSelector = { fieldPaths: ['a'] }`],
  'half of a sort order': [2741, `export const options: api.LegacySortOptions = { orderFirst: [] }`],
  'a word that means nothing': [2322, `export const args: api.ConfigMapArgs = { behavior: 'append' }`],
  'provenance that does not exist': [2322, `export const file: api.Kustomization = { buildMetadata: ['origin'] }`],
  'a tag that is a number': [2322, `export const image: api.Image = { newTag: 1.1 }`],
  'a label that is a boolean': [2322, `export const label: api.Label = { pairs: { a: true } }`],
  'a schema under an unknown key': [2353, `export const file: api.Kustomization = { openapi: { id: 'v1' } }`],
  'a result without text': [2741, `export const result: api.Result = { severity: 'info' }`],
  'a severity that does not exist': [2322, `export const result: api.Result = { message: 'a', severity: 'fatal' }`],
  'an unknown annotation': [2820, `export const key: api.AnnotationKey = 'config.kubernetes.io/orgin'`],
  'trust in a list that may be null': [
    18049,
    `export const count = (file: api.ReadKustomization): number => file.resources.length`,
  ],
  "a lenient file where an author's is due": [
    2375,
    `export const write = (file: api.ReadKustomization): api.Kustomization => file`,
  ],
}

const program = programOf([
  ...README_SNIPPETS,
  ...Object.values(RIGHT).map(withImport),
  ...Object.values(WRONG).map(([, snippet]) => withImport(snippet)),
])
const checker = program.getTypeChecker()
const exported = new Map(exportsOf(join(PACKAGE, 'index.d.ts')).map(symbol => [symbol.name, symbol]))

t.test('each definition has its fields and no other, as they should be', async t => {
  for (const [name, { fields }] of Object.entries(facts.definitions)) {
    if (fields === undefined) continue
    const expected = Object.entries(fields).map(([field, known]) => [
      field,
      described({ ...known, ...STRICTER[`${name}.${field}`] }),
    ])
    t.strictSame(
      Object.fromEntries(fieldsOf(name).map(field => [field.name, found(field)])),
      Object.fromEntries(expected),
      name,
    )
  }
})

t.test('definitions without fields are what they should be', async t => {
  for (const [name, { values, type }] of Object.entries(facts.definitions)) {
    if (values !== undefined) t.equal(textOf(declaredType(name)), words(values), name)
    if (type !== undefined) t.equal(textOf(declaredType(name), ts.TypeFormatFlags.InTypeAlias), type, name)
  }
  t.same(
    fieldsOf('OpenApi')
      .map(({ name }) => name)
      .toSorted(),
    facts.definitions['Kustomization']?.fields?.['openapi']?.keys?.toSorted(),
  )
})

t.test('everything exported is explained, and what is deprecated says what to use instead', async t => {
  for (const [name, symbol] of exported) {
    const fields = symbol.flags & ts.SymbolFlags.Interface ? fieldsOf(name) : []
    t.same(
      [symbol, ...fields].filter(isUnclear).map(symbol => symbol.name),
      [],
      name,
    )
  }
  t.same(
    [...exported.values()]
      .filter(isDeprecated)
      .map(({ name }) => name)
      .toSorted(),
    DEPRECATED,
  )
})

t.test('what was removed is for readers alone', async t => {
  for (const [name, { removed = {} }] of Object.entries(facts.definitions)) {
    for (const [field, since] of Object.entries(removed)) {
      const read = fieldsOf(`Read${name}`).find(symbol => symbol.name === field)
      t.match(read && docOf(read), `Gone since ${since}`, `${name}.${field}`)
    }
  }
})

t.test('constants are literal types', async t => {
  t.equal(textOf(declaredType('AnnotationKey')), words(facts.annotations))
  t.equal(textOf(declaredType('KustomizationFileName')), words(facts.fileNames))
  const order = checker.getTypeArguments(declaredType('TransformOrder') as ts.TypeReference)
  t.same(
    order.map(type => textOf(type)),
    facts.transformOrder.map(name => JSON.stringify(name)),
  )
})

t.test('no definition is open', async t => {
  for (const name of Object.keys(facts.definitions)) {
    if (facts.definitions[name]?.fields === undefined) continue
    t.equal(checker.getIndexInfosOfType(declaredType(name)).length, 0, name)
  }
})

t.test('the examples of the README compile', async t => {
  t.equal(README_SNIPPETS.length, 3)
  for (const snippet of README_SNIPPETS) t.same(errorsIn(snippet), [], snippet)
})

t.test('what is right compiles', async t => {
  for (const [name, snippet] of Object.entries(RIGHT)) t.same(errorsIn(withImport(snippet)), [], name)
})

t.test('what is wrong does not compile', async t => {
  for (const [name, [code, snippet]] of Object.entries(WRONG)) {
    t.same(
      errorsIn(withImport(snippet)).map(error => error.code),
      [code],
      name,
    )
  }
})

t.test('the package is types alone', async t => {
  const manifest = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'))
  const main = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  t.notOk(manifest.dependencies ?? manifest.peerDependencies)
  t.notOk(manifest.repository ?? manifest.homepage ?? manifest.bugs)
  t.same(manifest.engines, main.engines)
  t.equal(manifest.license, main.license)
  t.equal(manifest.sideEffects, false)
  t.equal(manifest.types, './index.d.ts')
  t.same(manifest.exports['.'], { types: './index.d.ts' })
  for (const name of manifest.files) t.ok(readFileSync(join(PACKAGE, name), 'utf8').length > 0, name)
})

function withImport(snippet: string): string {
  return `import type * as api from 'kustomize-api-types'\n${snippet}\n`
}

/** Snippets lie in the package's folder, so that they get its types by its name and through its `exports`. */
function programOf(snippets: readonly string[]): ts.Program {
  const texts = new Map(snippets.map((text, index) => [join(PACKAGE, `snippet-${index}.ts`), text]))
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts'],
    module: ts.ModuleKind.NodeNext,
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = path => texts.has(path) || fileExists(path)
  host.readFile = path => texts.get(path) ?? readFile(path)
  return ts.createProgram([join(PACKAGE, 'index.d.ts'), ...texts.keys()], options, host)
}

function errorsIn(snippet: string): readonly { code: number; text: string }[] {
  const file = program.getSourceFiles().find(({ text }) => text === snippet)
  if (file === undefined) throw new Error('the snippet was not compiled')
  return ts.getPreEmitDiagnostics(program, file).map(({ code, messageText }) => ({
    code,
    text: ts.flattenDiagnosticMessageText(messageText, '\n'),
  }))
}

function exportsOf(path: string): readonly ts.Symbol[] {
  const file = program.getSourceFile(path)
  const symbol = file && checker.getSymbolAtLocation(file)
  return symbol === undefined ? [] : checker.getExportsOfModule(symbol)
}

function declaredType(name: string): ts.Type {
  const symbol = exported.get(name)
  if (symbol === undefined) throw new Error(`"${name}" is not exported`)
  return checker.getDeclaredTypeOfSymbol(symbol)
}

/** The fields of a definition; of a union, the fields of its members. */
function fieldsOf(name: string): readonly ts.Symbol[] {
  return checker.getPropertiesOfType(declaredType(name))
}

/** Facts in the form in which `found` has them. */
function described({ type, values, required = false, deprecated = false, since }: FieldFacts): Described {
  return { type: values === undefined ? type : words(values), required, deprecated, since }
}

/** The facts of a field as the types have it. */
function found(field: ts.Symbol): Described {
  return { type: typeOf(field), required: !isOptional(field), deprecated: isDeprecated(field), since: sinceOf(field) }
}

function isOptional(field: ts.Symbol): boolean {
  return (field.flags & ts.SymbolFlags.Optional) !== 0
}

/** A doc comment is a sentence, and so is the advice at what is deprecated. */
function isUnclear(symbol: ts.Symbol): boolean {
  const advice = deprecationOf(symbol)
  return !/^[A-Z`].*\.$/s.test(docOf(symbol)) || (advice !== undefined && !/^Use .+\.$/.test(advice))
}

function isDeprecated(symbol: ts.Symbol): boolean {
  return deprecationOf(symbol) !== undefined
}

function deprecationOf(symbol: ts.Symbol): string | undefined {
  const tag = symbol.getJsDocTags(checker).find(({ name }) => name === 'deprecated')
  return tag && ts.displayPartsToString(tag.text)
}

function docOf(symbol: ts.Symbol): string {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker))
}

/** The release that the doc comment names. */
function sinceOf(field: ts.Symbol): string | undefined {
  const doc = docOf(field)
  return /\bUnreleased\b/.test(doc) ? 'unreleased' : /\b[Ss]ince (\d+\.\d+)/.exec(doc)?.[1]
}

/** A field's type as it is written, without the `undefined` of a field that may be left out. */
function typeOf(field: ts.Symbol): string {
  const type = checker.getTypeOfSymbol(field)
  return textOf(mayBeNull(type) ? type : checker.getNonNullableType(type))
}

function mayBeNull(type: ts.Type): boolean {
  if (type.isUnion()) return type.types.some(mayBeNull)
  return (type.flags & (ts.TypeFlags.Null | ts.TypeFlags.Unknown)) !== 0
}

function textOf(type: ts.Type, flags = ts.TypeFormatFlags.None): string {
  const members = type.isUnion() ? type.types : [type]
  if (members.every(member => member.isStringLiteral())) return words(members.map(member => member.value))
  return checker.typeToString(type, undefined, flags)
}

function words(values: readonly string[]): string {
  return values
    .map(value => JSON.stringify(value))
    .toSorted()
    .join(' | ')
}
