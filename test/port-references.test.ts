import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { opaqueReferences, type PortReference, portReferences, ROWS, renamed } from '../src/graph/port-references.ts'
import type { Selector } from '../src/graph/selectors.ts'
import { patched } from '../src/json-patch.ts'
import { keysOf, type Pointer, valueAt } from '../src/pointer.ts'
import type { CustomKind } from '../src/read/custom-kinds.ts'
import type { KubeObject } from '../src/read/resource.ts'
import type { Json } from '../src/read/tree.ts'

interface Case {
  readonly row: string
  readonly object: KubeObject
  /** What the configuration says of its kind. */
  readonly custom?: CustomKind
  readonly finds: readonly string[]
  readonly renamed?: Readonly<Record<Pointer, Json>>
}

const file = new URL('./port-references.cases.yaml', import.meta.url)
const cases: readonly Case[] = parseAllDocuments(readFileSync(file, 'utf8')).map(document => document.toJS())

t.test('every row finds its references and renames them', async t => {
  for (const [index, { row, object, custom, finds, renamed: expected }] of cases.entries()) {
    await t.test(`${row} (case ${index})`, async t => {
      const references = portReferences({ object, custom }).filter(reference => reference.row === row)
      t.same(references.map(described), finds)

      const named = references.find(({ port }) => typeof port === 'string')
      const operations = named && renamed(object, named, 'http-web')
      if (expected === undefined) return t.equal(operations, undefined)
      t.equal(operations?.[0]?.op, 'test', 'a guard comes first')
      t.same(patched(object, operations ?? []), withValues(object, expected))
    })
  }
})

t.test('every row has a case', async t => {
  t.same([...new Set(cases.map(({ row }) => row))].toSorted(), ROWS.map(({ id }) => id).toSorted())
})

t.test('a reference is found by one row only', async t => {
  for (const { object, custom } of cases) {
    const rows = new Map<Pointer, string>()
    for (const { at, row, opaque } of portReferences({ object, custom })) {
      if (!opaque) t.equal(row, rows.get(at) ?? row, at)
      if (!opaque) rows.set(at, row)
    }
  }
})

t.test('the references of one text are renamed one after the other', async t => {
  const annotation = 'service.beta.kubernetes.io/aws-load-balancer-ssl-ports'
  let service: KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', annotations: { [annotation]: 'web,  admin,web' } },
  }
  for (const reference of portReferences({ object: service })) {
    service = patched(service, renamed(service, reference, `http-${reference.port}`) ?? []) as KubeObject
  }
  t.equal(
    valueAt(service, '/metadata/annotations/service.beta.kubernetes.io~1aws-load-balancer-ssl-ports'),
    'http-web,  http-admin,http-web',
  )
})

t.test('kinds count with their group', async t => {
  const spec = { template: { spec: { containers: [{ livenessProbe: { httpGet: { port: 'web' } } }] } } }
  const rowsOf = (apiVersion: string, kind: string) =>
    portReferences({ object: { apiVersion, kind, spec } }).map(({ row }) => row)
  t.same(rowsOf('serving.knative.dev/v1', 'Service'), ['probe'])
  t.same(rowsOf('extensions/v1beta1', 'Deployment'), ['probe'])
  t.same(rowsOf('apps.openshift.io/v1', 'DeploymentConfig'), ['probe'])
  t.same(rowsOf('v1', 'DeploymentConfig'), ['probe'])
  t.same(rowsOf('v1', 'Service'), [])
  t.same(rowsOf('example.com/v1', 'Deployment'), [])
})

t.test('text that is no object', async t => {
  const text = '{{ if .x }}\n- --peers=_{{ .port }}._tcp.web _web._tcp.{{ .name }} _web._tcp.web.{{ .namespace }}.svc'
  t.same(opaqueReferences(text).map(described), [' "web" Service web'])
})

t.test('any JSON is read and renamed without an error', async t => {
  const kinds = [...new Set(ROWS.flatMap(({ on }) => (typeof on === 'string' ? 'example.com/Thing' : on)))]
  const keys = [...new Set(cases.flatMap(({ object }) => keysIn(object)))]
  const json = fc.letrec<{ json: Json }>(tie => ({
    json: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(
        fc.constantFrom<Json>(null, true, 0, -1, 1.5, '', 'web', 'Service', '443', '{"ports":[{}]}'),
        fc.string(),
      ),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), tie('json'), { maxKeys: 4 }),
    ),
  })).json

  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.dictionary(fc.constantFrom(...keys), json), (kind, members) => {
        readAndRename({
          ...members,
          apiVersion: `${kind.split('/')[0]}/v1`.replace(/^\//, ''),
          kind: `${kind.split('/')[1]}`,
        })
      }),
      { numRuns: 2000 },
    ),
  )
  // Junk deep within an object that is otherwise right.
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.nat(), json, ({ object, custom }, nth, junk) => {
        const places = pointersIn(object)
        const at = places[nth % places.length] ?? ''
        const junked = { ...withValues(object, { [at]: junk ?? 0 }), apiVersion: object.apiVersion, kind: object.kind }
        readAndRename(junked, custom)
      }),
      { numRuns: 2000 },
    ),
  )
})

/** Whatever is found can be renamed, and is found under its new name only. */
function readAndRename(object: KubeObject, custom?: CustomKind): void {
  for (const reference of portReferences({ object, custom })) {
    const operations = renamed(object, reference, 'new-name')
    if (operations === undefined) continue
    const lines = portReferences({ object: patched(object, operations) as KubeObject, custom }).map(described)
    if (lines.includes(described(reference))) throw new Error(`${described(reference)} is still there`)
    if (!lines.some(line => line.includes('"new-name"'))) throw new Error(`${described(reference)} is lost`)
  }
}

/** A reference in a line. */
function described({ at, port, to, short }: PortReference): string {
  return `${at} ${JSON.stringify(port)} ${referent(to)}${short ? ', short' : ''}`
}

function referent(to: PortReference['to']): string {
  switch (to.type) {
    case 'service':
      return `Service ${to.namespace === undefined ? '' : `${to.namespace}/`}${to.name}`
    case 'services':
      return `Services ${chosen(to)}`
    case 'selecting':
      return `Services that select ${labels(to.labels)}`
    case 'mentioned':
      return `Services among ${[...to.words].toSorted().join(' ')}`
    case 'self':
      return 'itself'
    case 'pods':
      return `pods ${chosen(to)}`
    case 'behind':
      return `pods behind ${referent(to.services)}`
    case 'selected':
      return 'own pods'
    case 'workload':
      return `${to.kind} ${to.name}`
    case 'pod':
      return 'own pod'
    case 'container':
      return `container ${to.container}`
  }
}

function chosen({ selector, namespaces }: { selector: Selector; namespaces: string | readonly string[] }): string {
  const { matchLabels, matchExpressions } = selector
  const [expression] = matchExpressions
  const by = expression ? `${expression.key} ${expression.operator} ${expression.values}` : labels(matchLabels)
  return `${by} in ${namespaces}`
}

function labels(map: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(map).map(([key, value]) => `${key}=${value}`)
  return pairs.length > 0 ? pairs.toSorted().join(',') : '*'
}

/** A copy in which other values stand at these places; null removes. */
function withValues(object: KubeObject, values: Readonly<Record<string, Json>>): Record<string, Json> {
  const copy = structuredClone(object) as Record<string, Json>
  for (const [at, value] of Object.entries(values)) {
    const keys = keysOf(at as Pointer)
    const last = keys.pop() ?? ''
    let parent = copy as Record<string, unknown>
    for (const key of keys) parent = parent[key] as Record<string, unknown>
    if (value === null) delete parent[last]
    else parent[last] = value
  }
  return copy
}

function keysIn(value: Json): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => [key, ...keysIn(member)])
}

function pointersIn(value: Json, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => {
    const place = `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    return [place, ...pointersIn(member, place)]
  })
}
