import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { ResourceGraph } from '../src/graph/graph.ts'
import { type PortReference, portReferences } from '../src/graph/port-references.ts'
import type { Outcome } from '../src/outcome.ts'
import { type FileText, repositoryOf } from '../src/read/repository.ts'
import { type KubeObject, nameOf, namespaceOf } from '../src/read/resource.ts'
import { runOn, textsAfter } from './run.ts'

/** The objects of the table's own test: something for every row that refers to ports. */
const objects: readonly KubeObject[] = parseAllDocuments(
  readFileSync(new URL('./port-references.cases.yaml', import.meta.url), 'utf8'),
).map(document => document.toJS().object)

/** Rows whose objects say themselves what the port carries; a probe over HTTP would contradict them. */
const SAYS_ITSELF = ['Route parentRef', 'policy targetRef', 'GKE app-protocols', 'Contour upstream-protocol']

const probed = { name: 'probed', readinessProbe: { httpGet: { port: 8080 } } }

t.test('for each row of the table: after the fix, what resolved resolves to the same number', async t => {
  const rows = new Set<string>()
  for (const object of objects) {
    for (const reference of portReferences({ object })) {
      if (reference.names !== 'service-port' || typeof reference.port !== 'string' || rows.has(reference.row)) continue
      const texts = repositoryWith(object, reference)
      if (texts === undefined || resolved(texts, reference).length === 0) continue
      rows.add(reference.row)
      await t.test(reference.row, async t => {
        const before = resolved(texts, reference)
        const outcome = runOn(texts, { unsafe: true, only: 'named-service-ports' })
        const after = textsAfter(texts, outcome)
        t.same(resolved(after, reference), before, 'the reference leads where it led')
        t.ok(declares(outcome), 'the port declares its protocol')
        if (reference.opaque)
          t.equal(after[0]?.text, texts[0]?.text, 'text that only looks like a reference is left alone')
      })
    }
  }
  const expected = [
    ...new Set(
      objects
        .flatMap(object => portReferences({ object }))
        .filter(named)
        .map(({ row }) => row),
    ),
  ]
  const left = expected.filter(row => !rows.has(row))
  t.same(
    left,
    ['ServiceEntry endpoint port'].filter(row => expected.includes(row)),
    'rows without a Service of the run to mean',
  )
})

function named({ names, port, to }: PortReference): boolean {
  return names === 'service-port' && typeof port === 'string' && to.type !== 'self'
}

/** The object, a Service that the reference means, and a workload whose probe says that the port carries HTTP. */
function repositoryWith(object: KubeObject, { to, port, row }: PortReference): readonly FileText[] | undefined {
  const isService = object.kind === 'Service' && object.apiVersion === 'v1'
  const entry = { ...(port === '' ? {} : { name: port }), port: 80, targetPort: 8080 }
  const spec = { selector: { app: 'web', tier: 'front' }, ports: [entry] }
  const base = { apiVersion: 'v1', kind: 'Service' }
  const own = namespaceOf(object)
  const namespace = own === undefined ? {} : { namespace: own }
  const service = ((): object | undefined => {
    switch (to.type) {
      case 'service':
        return {
          ...base,
          metadata: { name: to.name, ...namespace, ...(to.namespace === undefined ? {} : { namespace: to.namespace }) },
          spec,
        }
      case 'services':
        return {
          ...base,
          metadata: { name: 'web', ...namespaceIn(to.namespaces, own), labels: to.selector.matchLabels },
          spec,
        }
      case 'selecting':
        return { ...base, metadata: { name: 'web', ...namespace }, spec: { ...spec, selector: to.labels } }
      case 'mentioned':
        return {
          ...base,
          metadata: { name: [...to.words].find(word => /^[a-z][a-z0-9-]*$/.test(word)), ...namespace },
          spec,
        }
      default:
        return undefined
    }
  })()
  if (service === undefined) return undefined
  const selected = isService ? spec.selector : (service as { spec: typeof spec }).spec.selector
  const workload = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'probed', ...(service as { metadata: { namespace?: string } }).metadata, labels: {} },
    spec: {
      template: {
        metadata: { labels: selected },
        spec: { containers: SAYS_ITSELF.includes(row) ? [] : [probed] },
      },
    },
  }
  const referrer = isService && to.type === 'service' && to.name === nameOf(object) ? { ...object, spec } : object
  const all = referrer === object ? [referrer, service, workload] : [referrer, workload]
  return all.map((one, index) => ({
    path: `${['referrer', 'service', 'workload'][all.length === 2 && index === 1 ? 2 : index]}.json`,
    text: JSON.stringify(one, null, 2),
  }))
}

function namespaceIn(
  namespaces: readonly string[] | 'own' | 'any',
  own: string | undefined,
): { readonly namespace?: string } {
  if (typeof namespaces !== 'string' && namespaces[0] !== undefined) return { namespace: namespaces[0] }
  return own === undefined ? {} : { namespace: own }
}

/** Where the reference's row leads in the first file, by place. */
function resolved(texts: readonly FileText[], { row, at }: PortReference): readonly string[] {
  const { resources } = repositoryOf(texts)
  const graph = new ResourceGraph(resources)
  const referrer = resources.find(({ path }) => path === 'referrer.json')
  if (referrer === undefined) return []
  const parent = at.slice(0, at.lastIndexOf('/'))
  return graph
    .referencesOf(referrer)
    .filter(reference => reference.row === row && reference.at.slice(0, reference.at.lastIndexOf('/')) === parent)
    .flatMap(reference => graph.resolve(referrer, reference))
    .toSorted()
}

function declares({ diagnoses }: Outcome): boolean {
  // The case of the environment variables names a port that needs no fix.
  return diagnoses.every(({ treatment }) => treatment.status === 'applied')
}

t.test('a finding that a fix beside it puts right is fixed, whichever of the two comes first', async t => {
  const documents = [
    'metadata: { name: web }\nspec: { selector: { app: web }, ports: [{ name: api, port: 80 }] }',
    'metadata: { name: web-http }\nspec: { selector: { app: web }, ports: [{ name: http, port: 80 }] }',
  ].map(rest => `apiVersion: v1\nkind: Service\n${rest}\n`)
  const pod = 'apiVersion: v1\nkind: Pod\nmetadata: { name: web, labels: { app: web } }\nspec: { containers: [] }\n'
  for (const order of [documents, documents.toReversed()]) {
    // In `classic` the port that says nothing is TCP, and clashes with the other until it is renamed.
    const { diagnoses } = runOn([{ path: 'web.yaml', text: [...order, pod].join('---\n') }], { profile: 'classic' })
    const conflicts = diagnoses.filter(({ detector }) => detector.id === 'port-protocol-conflict')
    t.same(
      conflicts.map(({ treatment }) => treatment.status),
      ['applied', 'applied'],
    )
  }
})
