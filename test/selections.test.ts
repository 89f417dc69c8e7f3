import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Fix, Place } from '../src/fix/fixer.ts'
import { changedImmutable } from '../src/fix/immutability.ts'
import { prove } from '../src/fix/prove.ts'
import { invalidities } from '../src/fix/validity.ts'
import { ResourceGraph } from '../src/graph/graph.ts'
import { type Operation, patched } from '../src/json-patch.ts'
import type { Pointer } from '../src/pointer.ts'
import { customKinds, withCustomKinds } from '../src/read/custom-kinds.ts'
import { repositoryOf } from '../src/read/repository.ts'
import type { KubeObject, Resource } from '../src/read/resource.ts'
import { parse } from '../src/read/yaml.ts'

interface Case {
  readonly title: string
  readonly at: Pointer
  readonly elsewhere?: boolean
  readonly namespace?: string
  readonly object: KubeObject
}

const CASES = parse(readFileSync(new URL('selections.cases.yaml', import.meta.url), 'utf8')).documents[0]
  ?.value as unknown as readonly Case[]

const KINDS = customKinds({
  podTemplates: [{ group: 'queues.shop.example', kind: 'Worker', path: '/spec/pods' }],
  portReferences: [],
})

/** A Deployment whose pods have no label `app` yet, in a namespace. */
function storefront(namespace: string, labels: Readonly<Record<string, string>> = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'storefront', namespace },
    spec: { template: { metadata: { labels: { tier: 'front', ...labels } }, spec: { containers: [] } } },
  }
}

/** What the proof says of a fix that gives the Deployment's pods the label `app: web`, with other objects around. */
function labelling(
  deployment: KubeObject,
  others: readonly KubeObject[],
  intended: (resources: readonly Resource[]) => readonly Place[] = () => [],
): string | undefined {
  const texts = [deployment, ...others].map((object, index) => ({
    path: `dir${index}/object.yaml`,
    text: JSON.stringify(object),
  }))
  const { resources } = withCustomKinds(repositoryOf(texts), KINDS)
  const graph = new ResourceGraph(resources)
  const [resource] = resources
  if (resource === undefined) throw new Error('there is a Deployment')
  const operations: readonly Operation[] = [{ op: 'add', path: '/spec/template/metadata/labels/app', value: 'web' }]
  const fix: Fix = {
    title: 'add the label app',
    safety: 'safe',
    cautions: [],
    evidence: [],
    impact: 'restart',
    changes: [{ resource, operations }],
    intended: intended(resources),
  }
  const changed = { ...resource, object: patched(resource.object, operations) as KubeObject }
  const findingsOn = (on: Resource) =>
    on.object.kind === 'Deployment' && !JSON.stringify(on.object).includes('"app"')
      ? [{ key: 'unlabelled', severity: 'info' as const, finding: { resource: on, message: 'it has no app' } }]
      : []
  const refusal = prove(fix, 'unlabelled', { changed: [changed], created: [] }, graph, {
    profile: 'sidecar',
    findingsBefore: findingsOn,
    findingsAfter: findingsOn,
  })
  if (refusal !== undefined) t.equal(graph.current(resource).object, resource.object, 'the graph is as it was')
  return refusal === undefined ? undefined : `${refusal.by}: ${refusal.reason}`
}

function named(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { name: 'other', namespace } }
}

t.test('a label that makes any other selector select the pods is refused', async t => {
  t.equal(labelling(storefront('shop'), []), undefined, 'nothing selects it')
  for (const { title, at, elsewhere = false, namespace = 'shop', object } of CASES) {
    const refusal = labelling(storefront('shop'), [named(object, namespace)]) ?? 'it was not refused'
    t.match(refusal, /^selection: .* would start selecting the pods of Deployment shop\/storefront/, title)
    t.ok(refusal.endsWith(` by ${at}`), `${title}: by ${at}, not ${refusal}`)
    if (namespace !== 'shop') continue
    const far = labelling(storefront('warehouse'), [named(object, namespace)])
    t.equal(far !== undefined, elsewhere, `${title}: in another namespace`)
  }
})

t.test('only what changes counts', async t => {
  const service = (selector: Readonly<Record<string, string>>): KubeObject =>
    named({ apiVersion: 'v1', kind: 'Service', spec: { selector } }, 'shop')
  t.equal(labelling(storefront('shop'), [service({ app: 'web', tier: 'back' })]), undefined, 'another label is wanted')
  t.equal(labelling(storefront('shop'), [service({ tier: 'front' })]), undefined, 'it is selected before and after')
  const without = { podSelector: { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] } }
  const policy = named({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', spec: without }, 'shop')
  t.match(labelling(storefront('shop'), [policy]), /would stop selecting/, 'a policy for pods without the label')
})

t.test('a subset chooses from the pods of its host', async t => {
  const rule = named(
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      spec: { host: 'front', subsets: [{ name: 'web', labels: { app: 'web' } }] },
    },
    'shop',
  )
  const front = (tier: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'front', namespace: 'shop' },
    spec: { selector: { tier } },
  })
  t.match(labelling(storefront('shop'), [rule, front('front')]), /DestinationRule shop\/other .* start selecting/)
  t.equal(labelling(storefront('shop'), [rule, front('back')]), undefined, 'the host selects other pods')
  const meant = (resources: readonly Resource[]): readonly Place[] => [
    { resource: resources[1] as Resource, pointer: '/spec/subsets/0/labels' },
  ]
  t.equal(labelling(storefront('shop'), [rule, front('front')], meant), undefined, 'the fix means to meet the subset')
})

t.test('what the API server does not let change', async t => {
  const change = (object: KubeObject, ...operations: readonly Operation[]): string | undefined =>
    changedImmutable(object, patched(object, operations) as KubeObject)
  const replaced = (path: Pointer): Operation => ({ op: 'add', path, value: { any: 'thing' } })
  const kinds: readonly (readonly [string, string, Pointer])[] = [
    ['apps/v1', 'Deployment', '/spec/selector'],
    ['apps/v1', 'ReplicaSet', '/spec/selector'],
    ['apps/v1', 'DaemonSet', '/spec/selector'],
    ['apps/v1', 'StatefulSet', '/spec/selector'],
    ['apps/v1', 'StatefulSet', '/spec/volumeClaimTemplates'],
    ['apps/v1', 'StatefulSet', '/spec/serviceName'],
    ['batch/v1', 'Job', '/spec/template'],
    ['v1', 'Pod', '/spec/containers'],
    ['v1', 'Service', '/spec/clusterIP'],
    ['v1', 'Secret', '/type'],
    ['v1', 'ConfigMap', '/metadata/name'],
    ['apps/v1', 'Deployment', '/metadata/namespace'],
  ]
  for (const [apiVersion, kind, path] of kinds) {
    const object = { apiVersion, kind, metadata: { name: 'web' }, spec: { replicas: 1 } }
    t.match(change(object, replaced(path)), /does not let/, `${kind} ${path}`)
  }
  const frozen = { apiVersion: 'v1', kind: 'ConfigMap', immutable: true, data: {} }
  t.match(change(frozen, replaced('/data/port')), /does not let data/, 'an immutable ConfigMap')
  const free: readonly (readonly [string, string, Pointer])[] = [
    ['apps/v1', 'Deployment', '/spec/template'],
    ['apps/v1', 'StatefulSet', '/spec/template'],
    ['batch/v1', 'CronJob', '/spec/jobTemplate'],
    ['v1', 'Pod', '/metadata/labels'],
    ['v1', 'Service', '/spec/ports'],
    ['v1', 'ReplicationController', '/spec/selector'],
  ]
  for (const [apiVersion, kind, path] of free) {
    const object = { apiVersion, kind, metadata: { name: 'web' }, spec: { replicas: 1 } }
    t.equal(change(object, replaced(path)), undefined, `${kind} ${path}`)
  }
})

t.test('what the API server would refuse of a pod template', async t => {
  const pod = (spec: object, labels: object = { app: 'web' }): Resource => ({
    id: 'a#0',
    path: 'a',
    document: 0,
    base: '',
    object: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels }, spec } },
    } as unknown as KubeObject,
  })
  const ports = (...entries: readonly object[]): object => ({ containers: [{ name: 'web', ports: entries }] })
  const cases: readonly (readonly [Resource, RegExp | undefined])[] = [
    [pod(ports({ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' })), undefined],
    [
      pod(ports({ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' })),
      /lists the container port 80\/TCP twice/,
    ],
    [pod(ports({ containerPort: 80, name: 'a' }, { containerPort: 81, name: 'a' })), /two container ports named "a"/],
    [pod(ports({ containerPort: 80, name: 'much-too-long-a-name' })), /no IANA service name/],
    [pod(ports({ containerPort: 70000 })), /has the container port 70000/],
    [pod({ hostNetwork: true, ...ports({ containerPort: 80 }) }), /takes the host's/],
    [pod({}, { app: 'web', version: 'not valid' }), /invalid label version: "not valid"/],
    [pod({}, { app: 'shop' }), /does not select its own pods by the label app/],
  ]
  for (const [resource, fault] of cases) {
    const found = invalidities(resource).join()
    if (fault === undefined) t.equal(found, '')
    else t.match(found, fault)
  }
})
