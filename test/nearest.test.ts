import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { ResourceGraph } from '../src/graph/graph.ts'
import { NearestIndex } from '../src/graph/nearest-index.ts'
import { NearestMemory } from '../src/graph/nearest-memory.ts'
import type { KubeObject, Resource } from '../src/read/resource.ts'

const LABELS = fc.dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('a', 'b'), { maxKeys: 2 })
const NAME = fc.constantFrom('cart', 'stock')
const PORT = fc.constantFrom('http', 'grpc')
const KINDS = ['Service', 'Deployment', 'Ingress', 'ServiceMonitor', 'WorkloadEntry', 'ConfigMap'] as const

/** What random objects are made of: each kind takes what it needs. */
const FACTS = fc.record({
  kind: fc.constantFrom('Service', 'Deployment', ...KINDS),
  name: NAME,
  namespace: fc.option(fc.constantFrom('shop', 'market'), { freq: 3, nil: undefined }),
  labels: LABELS,
  selector: LABELS,
  port: PORT,
})
type Facts = typeof FACTS extends fc.Arbitrary<infer Value> ? Value : never

/** Few places, so that files meet in some of them and not in others. */
const PLACE = fc.constantFrom('', 'x/', 'x/y/', 'x/y/z/', 'w/')

function objectOf({ kind, name, namespace, labels, selector, port }: Facts): KubeObject {
  const metadata = { name, labels, ...(namespace === undefined ? {} : { namespace }) }
  switch (kind) {
    case 'Service':
      return { apiVersion: 'v1', kind, metadata, spec: { selector, ports: [{ name: port, port: 80 }] } }
    case 'Deployment':
      return { apiVersion: 'apps/v1', kind, metadata, spec: { template: { metadata: { labels }, spec: {} } } }
    case 'Ingress': {
      const backend = { service: { name, port: { name: port } } }
      return { apiVersion: 'networking.k8s.io/v1', kind, metadata, spec: { defaultBackend: backend } }
    }
    case 'ServiceMonitor': {
      const spec = { selector: { matchLabels: selector }, endpoints: [{ port }] }
      return { apiVersion: 'monitoring.coreos.com/v1', kind, metadata, spec }
    }
    case 'WorkloadEntry':
      return { apiVersion: 'networking.istio.io/v1', kind, metadata, spec: { labels, ports: { [port]: 8080 } } }
    case 'ConfigMap': {
      const text = `keep by __meta_kubernetes_service_port_name for ${name}`
      const rule = `- source_labels: [__meta_kubernetes_service_port_name]\n  action: keep\n  regex: ${port}\n`
      return { apiVersion: 'v1', kind, metadata, data: { rules: `# ${text}\n${rule}` } }
    }
  }
}

/** A random object, where it stands. */
interface Placed {
  readonly path: string
  readonly id: string
  readonly facts: Facts
}

/** The same facts by looking at everything, again for each question: what the graph has to find, however it does. */
function plainlySaid(objects: readonly Placed[]): readonly unknown[] {
  const selected = (one: Placed): readonly Placed[] => {
    const { kind, selector, namespace = 'default' } = one.facts
    if (kind !== 'Service' || Object.keys(selector).length === 0) return []
    const workloads = objects.filter(({ facts }) => facts.kind === 'Deployment' && isIn(selector, facts.labels))
    return nearest(
      one,
      workloads.filter(({ facts }) => (facts.namespace ?? 'default') === namespace),
    )
  }
  const means = (one: Placed): readonly Placed[] => {
    const services = objects.filter(({ facts }) => facts.kind === 'Service' && facts.port === one.facts.port)
    return nearest(
      one,
      services.filter(({ facts }) => isMeant(one.facts, facts)),
    )
  }
  const ids = (found: readonly Placed[]): readonly string[] => found.map(({ id }) => id).toSorted()
  const isLabelled = (one: Placed, app: string): boolean =>
    objects.some(other => other !== one && other.facts.kind === 'Deployment' && other.facts.labels['app'] === app)
  const ofWorkload = (one: Placed): readonly unknown[] => [
    ids(objects.filter(other => selected(other).includes(one))),
    ids(objects.filter(other => maySelect(other.facts, one.facts))),
    ['a', 'b'].map(app => isLabelled(one, app)),
  ]
  return objects
    .map(one => [
      one.id,
      ...(one.facts.kind === 'Deployment' ? ofWorkload(one) : [undefined, undefined, undefined]),
      ids(selected(one)),
      ids(objects.filter(other => means(other).includes(one))),
      ids(means(one)),
    ])
    .toSorted()
}

function maySelect(service: Facts, { labels, namespace }: Facts): boolean {
  if (service.kind !== 'Service' || Object.keys(service.selector).length === 0) return false
  return mayMeet(service.namespace, namespace) && isIn(service.selector, labels)
}

function mayMeet(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other
}

function isMeant(referrer: Facts, service: Facts): boolean {
  const { kind, name, selector, labels, namespace } = referrer
  if (kind === 'ConfigMap') return service.name === name
  if (!mayMeet(namespace, service.namespace)) return false
  if (kind === 'Ingress') return service.name === name
  if (kind === 'ServiceMonitor') return isIn(selector, service.labels)
  return kind === 'WorkloadEntry' && Object.keys(service.selector).length > 0 && isIn(service.selector, labels)
}

function isIn(labels: Facts['labels'], others: Facts['labels']): boolean {
  return Object.entries(labels).every(([key, value]) => others[key] === value)
}

/** Those in one's own file, else in its directory, else below its directory or the nearest one above it that has any. */
function nearest({ path }: Placed, found: readonly Placed[]): readonly Placed[] {
  const directories = path.split('/').slice(0, -1)
  const near = [
    (other: string): boolean => other === path,
    (other: string): boolean => dirname(other) === dirname(path),
    ...directories.map((_, index) => {
      const above = directories.slice(0, directories.length - index)
      return (other: string): boolean => other.startsWith(`${above.join('/')}/`)
    }),
    (): boolean => true,
  ].find(isNear => found.some(other => isNear(other.path)))
  return near === undefined ? [] : found.filter(other => near(other.path))
}

function idsOf(resources: Iterable<Resource>): readonly string[] {
  return Array.from(resources, ({ id }) => id).toSorted()
}

/** What a graph says of who selects and who means whom. */
function saidBy(graph: ResourceGraph): readonly unknown[] {
  return Array.from(graph.resources, resource => {
    const workload = graph.workload(resource)
    const referrers = new Set(graph.referencesTo(resource).map(referrer => referrer.resource))
    return [
      resource.id,
      workload && idsOf(graph.servicesOf(workload)),
      workload && idsOf(graph.servicesThatMaySelect(workload)),
      workload && ['a', 'b'].map(app => graph.areOthersLabelled('app', app, workload)),
      idsOf(graph.workloadsOf(resource).map(selected => selected.resource)),
      idsOf(referrers),
      idsOf(graph.referencesOf(resource).flatMap(reference => graph.meantBy(resource, reference))),
    ]
  }).toSorted()
}

/** What stands under the keys of indexes. */
function found(graph: ResourceGraph): readonly unknown[] {
  return [
    ...KINDS.map(kind => idsOf(graph.ofKind(kind))),
    ...['cart', 'stock'].map(name => idsOf(graph.servicesNamed(name))),
    ...['a', 'b'].map(app => idsOf(graph.workloadsLike({ matchLabels: { app }, matchExpressions: [] }))),
    ...['a', 'b'].map(app => idsOf(graph.selectingBy({ app }, {}, []).map(({ resource }) => resource))),
  ]
}

t.test('who means whom is found and remembered rightly, whatever changes', async t => {
  let met = 0
  const property = fc.property(
    fc.array(fc.record({ place: PLACE, facts: FACTS }), { minLength: 2, maxLength: 36, size: 'max' }),
    fc.array(fc.record({ index: fc.nat(35), facts: fc.option(FACTS, { freq: 3 }) }), { maxLength: 6 }),
    (slots, changes) => {
      const objects = new Map<string, Placed>()
      const resourceOf = ({ id, path, facts }: Placed): Resource => {
        return { id, path, document: Number(id.slice(-1)), base: '', object: objectOf(facts) }
      }
      const placed = slots.map(({ place, facts }, index): Placed => {
        const path = `${place}f${index % 12}.yaml`
        return { id: `${path}#${Math.floor(index / 12)}`, path, facts }
      })
      for (const one of placed) objects.set(one.id, one)
      const graph = new ResourceGraph(placed.map(resourceOf))
      const isRight = (): boolean => {
        const said = saidBy(graph)
        met += said.length
        return (
          isDeepStrictEqual(said, plainlySaid([...objects.values()])) &&
          isDeepStrictEqual(found(graph), found(new ResourceGraph(graph.resources)))
        )
      }
      if (!isRight()) return false
      for (const { index, facts } of changes) {
        const before = placed[index % placed.length]
        if (before === undefined) continue
        const now = { ...before, facts: facts ?? before.facts }
        objects.set(now.id, now)
        if (facts === null) {
          graph.remove(resourceOf(before))
          objects.delete(before.id)
          if (!isRight()) return false
          objects.set(now.id, now)
        }
        graph.replace(resourceOf(now))
        if (!isRight()) return false
      }
      return true
    },
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }), 'what is remembered is what looking at everything finds')
  t.ok(met > 20_000, `there was something to agree on (${met})`)
})

t.test('a change is of no concern to those who find something nearer', async t => {
  const keys = ['name web']
  const resources = Array.from({ length: 100 }, (_, index): Resource => {
    const path = `apps/${index}/service.yaml`
    return { id: path, path, document: 0, base: '', object: { apiVersion: 'v1', kind: 'Service' } }
  })
  const index = new NearestIndex(
    () => keys,
    () => resources,
  )
  const asked: string[] = []
  const memory = new NearestMemory(
    () => resources.map(({ id }) => id),
    id => {
      asked.push(id)
      return [{ ...index.nearest(keys, id.replace('service', 'route'), () => true), keys }]
    },
  )
  for (const { id } of resources) t.same(memory.askersOf(id), [id])
  t.equal(asked.length, resources.length, 'each asks once')
  for (const resource of resources.slice(0, 3)) {
    memory.forgetAround(resource, keys)
    memory.askersOf(resource.id)
  }
  t.same(asked.slice(resources.length), ['apps/0/service.yaml', 'apps/1/service.yaml', 'apps/2/service.yaml'])
})

t.test('an object that has a key twice is found once', async t => {
  const index = new NearestIndex(
    () => ['name web', 'name web'],
    () => [],
  )
  const resources = ['a.yaml', 'b.yaml'].map((path): Resource => {
    return { id: path, path, document: 0, base: '', object: { apiVersion: 'v1', kind: 'Service' } }
  })
  t.same(idsOf(index.all('name web')), [])
  for (const resource of resources) index.add(resource)
  t.same(idsOf(index.all('name web')), ['a.yaml', 'b.yaml'])
  for (const resource of resources) index.delete(resource)
  t.same(idsOf(index.all('name web')), [])
})
