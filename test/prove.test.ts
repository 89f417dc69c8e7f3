import t from 'tap'
import { convertProtocol, declarationOf } from '../src/detect/protocol.ts'
import type { Fix, IntendedProtocol } from '../src/fix/fixer.ts'
import { type Counted, prove } from '../src/fix/prove.ts'
import { ResourceGraph } from '../src/graph/graph.ts'
import { type Operation, patched } from '../src/json-patch.ts'
import { listAt } from '../src/read/json.ts'
import { repositoryOf } from '../src/read/repository.ts'
import type { KubeObject, Resource } from '../src/read/resource.ts'

/** A Service with a port to be fixed and one that is right, and an Ingress that refers to both by name. */
const TEXT = `apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - { name: main, port: 80 }
    - { name: http-admin, port: 81 }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  defaultBackend: { service: { name: web, port: { name: main } } }
  rules: [{ http: { paths: [{ path: /gone, backend: { service: { name: web, port: { name: http-gone } } } }] } }]
`

const NAME = '/spec/ports/0/name'
const BACKEND = '/spec/defaultBackend/service/port/name'

/** What becomes of a naive fix: operations on the Service and on the Ingress, and the protocol that port 80 shall have. */
function verdictOn(
  onService: readonly Operation[],
  onIngress: readonly Operation[],
  protocol: IntendedProtocol['protocol'] = 'http',
): { readonly refusal: string | undefined; readonly isRestored: boolean } {
  const { resources } = repositoryOf([{ path: 'shop.yaml', text: TEXT }])
  const graph = new ResourceGraph(resources)
  const [service, ingress] = resources
  if (service === undefined || ingress === undefined) throw new Error('the text has two objects')
  const changes = [
    { resource: service, operations: onService },
    { resource: ingress, operations: onIngress },
  ].filter(({ operations }) => operations.length > 0)
  const fix: Fix = {
    title: 'a naive fix',
    safety: 'safe',
    cautions: [],
    evidence: [],
    impact: 'routing',
    changes,
    protocols: [{ service, index: 0, protocol }],
  }
  const changed = changes.map(({ resource, operations }) => ({
    ...resource,
    object: patched(resource.object, operations) as KubeObject,
  }))
  const refusal = prove(fix, 'undeclared 80', { changed, created: [] }, graph, {
    profile: 'sidecar',
    findingsBefore: undeclared,
    findingsAfter: undeclared,
  })
  return {
    refusal: refusal?.reason,
    isRestored: graph.current(service).object === service.object && graph.current(ingress).object === ingress.object,
  }
}

/** A stand-in for the rules: every port that declares no protocol is a finding. */
function undeclared(resource: Resource): readonly Counted[] {
  return listAt(resource.object, 'spec', 'ports')
    .map(declarationOf)
    .filter(port => convertProtocol(port, 'sidecar') === undefined)
    .map(({ port }) => ({
      key: `undeclared ${port}`,
      severity: 'warning',
      finding: { resource, message: `port ${port} is undeclared` },
    }))
}

const rename = (path: Operation['path'], value: string): Operation => ({ op: 'replace', path, value })

t.test('a fix that holds stays in the graph', async t => {
  const { refusal, isRestored } = verdictOn([rename(NAME, 'http-main')], [rename(BACKEND, 'http-main')])
  t.equal(refusal, undefined)
  t.notOk(isRestored)
})

t.test('a fix that breaks something is refused, and the graph is as it was', async t => {
  const cases: readonly (readonly [string, RegExp, Parameters<typeof verdictOn>])[] = [
    ['a reference is left behind', /Ingress web .* would break/, [[rename(NAME, 'http-main')], []]],
    [
      'a reference comes to lead elsewhere',
      /would break/,
      [[rename(NAME, 'http-main')], [rename(BACKEND, 'http-admin')]],
    ],
    [
      'a dangling reference comes to lead somewhere',
      /leads nowhere now/,
      [[rename(NAME, 'http-gone')], [rename(BACKEND, 'http-gone')]],
    ],
    [
      'a name is too long for the Ingress',
      /at most 15 characters/,
      [[rename(NAME, 'http-main-entrance')], [rename(BACKEND, 'http-main-entrance')]],
    ],
    ['a name is no label', /no RFC 1123 label/, [[rename(NAME, 'http-Main')], [rename(BACKEND, 'http-Main')]]],
    ['a name is taken', /two ports named/, [[rename(NAME, 'http-admin')], [rename(BACKEND, 'http-admin')]]],
    [
      'a port loses its name',
      /one is unnamed/,
      [[rename(NAME, 'http-main'), { op: 'remove', path: '/spec/ports/1/name' }], [rename(BACKEND, 'http-main')]],
    ],
    [
      'an appProtocol is invalid',
      /invalid appProtocol/,
      [[{ op: 'add', path: '/spec/ports/0/appProtocol', value: 'http!' }], []],
    ],
    ['the finding is still there', /still be there/, [[rename(NAME, 'front')], [rename(BACKEND, 'front')]]],
    [
      'another finding comes',
      /another finding: Service web: port 81/,
      [[rename(NAME, 'http-main'), rename('/spec/ports/1/name', 'admin')], [rename(BACKEND, 'http-main')]],
    ],
    [
      'Istio reads another protocol',
      /read tcp where http is meant/,
      [[rename(NAME, 'tcp-main')], [rename(BACKEND, 'tcp-main')]],
    ],
    [
      'another port changes its protocol',
      /read grpc where http is meant/,
      [[rename(NAME, 'http-main'), rename('/spec/ports/1/name', 'grpc-admin')], [rename(BACKEND, 'http-main')]],
    ],
  ]
  for (const [title, reason, fix] of cases) {
    const { refusal, isRestored } = verdictOn(...fix)
    t.match(refusal ?? 'it was not refused', reason, title)
    t.ok(isRestored, `${title}: the graph is restored`)
  }
})
