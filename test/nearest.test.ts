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
  namespace: fc.option(fc.constantFrom('shop', 'market'), { freq: 1, nil: undefined }),
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

function idsOf(resources: Iterable<Resource>): readonly string[] {
  return Array.from(resources, ({ id }) => id).toSorted()
}

/** Everything that a graph says of nearness, selection and reference. */
function saidBy(graph: ResourceGraph): readonly unknown[] {
  const found = [
    ...KINDS.map(kind => idsOf(graph.ofKind(kind))),
    ...['cart', 'stock'].map(name => idsOf(graph.servicesNamed(name))),
    ...['a', 'b'].map(app => idsOf(graph.workloadsLike({ matchLabels: { app }, matchExpressions: [] }))),
    ...['a', 'b'].map(app => idsOf(graph.selectingBy({ app }, {}, []).map(({ resource }) => resource))),
  ]
  const related = [...graph.resources].map(resource => {
    const workload = graph.workload(resource)
    return [
      resource.id,
      workload && idsOf(graph.servicesOf(workload)),
      idsOf(graph.workloadsOf(resource).map(selected => selected.resource)),
      graph.referencesTo(resource).map(referrer => `${referrer.resource.id}${referrer.reference.at}`),
    ]
  })
  return [found, related.toSorted()]
}

t.test('who means whom is remembered rightly, whatever changes', async t => {
  let met = 0
  const property = fc.property(
    fc.array(fc.record({ place: PLACE, facts: FACTS }), { minLength: 2, maxLength: 36, size: 'max' }),
    fc.array(fc.record({ index: fc.nat(35), facts: fc.option(FACTS, { freq: 3 }) }), { maxLength: 6 }),
    (slots, changes) => {
      const resources = slots.map(({ place, facts }, index): Resource => {
        const path = `${place}f${index % 12}.yaml`
        const document = Math.floor(index / 12)
        return { id: `${path}#${document}`, path, document, base: '', object: objectOf(facts) }
      })
      const graph = new ResourceGraph(resources)
      saidBy(graph)
      for (const { index, facts } of changes) {
        const resource = resources[index % resources.length]
        if (resource === undefined) continue
        if (facts === null) graph.remove(resource)
        else graph.replace({ ...resource, object: objectOf(facts) })
        const said = saidBy(graph)
        if (!isDeepStrictEqual(said, saidBy(new ResourceGraph(graph.resources)))) return false
        met += JSON.stringify(said).split('/').length
        if (facts === null) graph.replace(resource)
      }
      return true
    },
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }), 'remembered and fresh answers agree')
  t.ok(met > 10_000, `there was something to agree on (${met})`)
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
