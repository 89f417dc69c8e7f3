import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { evidenceFor, verdictOf } from '../src/fix/evidence.ts'
import { doubtAbout, isQualified, MEASURED, type RowCount } from '../src/fix/evidence-measured.ts'
import type { EvidenceClass, ProtocolEvidence } from '../src/fix/fixer.ts'
import { servicePort } from '../src/fix/service-port.ts'
import { ResourceGraph } from '../src/graph/graph.ts'
import { repositoryOf } from '../src/read/repository.ts'
import { nameOf } from '../src/read/resource.ts'
import { tool } from './tools.ts'

/** The first port of Service "web", in `class source: protocol`, with what only numbers and images say left out. */
function evidenceIn(manifests: readonly string[], index = 0): readonly string[] {
  return allEvidenceIn(manifests, index).filter(line => !/^weak (port number|image and port):/.test(line))
}

function allEvidenceIn(manifests: readonly string[], index = 0): readonly string[] {
  const { resources, skipped } = repositoryOf([{ path: 'shop.yaml', text: manifests.join('\n---\n') }])
  const graph = new ResourceGraph(resources, skipped)
  const service = [...graph.ofKind('Service')].find(({ object }) => nameOf(object) === 'web')
  const port = service === undefined ? undefined : servicePort(service, index, graph)
  if (port === undefined) throw new Error('there is a Service "web"')
  return evidenceFor(port).map(item => `${item.class} ${item.source}: ${item.protocol}`)
}

/** A Service "web" with one port, 7000, called "front", unless it is said otherwise. */
function service(annotations = '{}', ports = '[{ name: front, port: 7000 }]', name = 'web'): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: ${name}, labels: { app: ${name} }, annotations: ${annotations} }
spec: { selector: { app: web }, ports: ${ports} }`
}

/** The Deployment behind it, with one container. */
function deployment(container: string, annotations = '{}'): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web }, annotations: ${annotations} }
    spec:
      containers:
        - { name: web, ${container} }`
}

function object(kind: string, apiVersion: string, spec: string, annotations = '{}'): string {
  return `
apiVersion: ${apiVersion}
kind: ${kind}
metadata: { name: front-${kind.toLowerCase()}, annotations: ${annotations} }
spec: ${spec}`
}

function ingress(annotations: string): string {
  const backend = '{ service: { name: web, port: { name: front } } }'
  const spec = `{ rules: [{ http: { paths: [{ path: /, pathType: Prefix, backend: ${backend} }] } }] }`
  return object('Ingress', 'networking.k8s.io/v1', spec, annotations)
}

function gatewayRoute(kind: string): string {
  return object(kind, 'gateway.networking.k8s.io/v1', '{ rules: [{ backendRefs: [{ name: web, port: 7000 }] }] }')
}

function virtualService(section: string): string {
  return object(
    'VirtualService',
    'networking.istio.io/v1',
    `{ hosts: [web], ${section}: [{ route: [{ destination: { host: web, port: { number: 7000 } } }] }] }`,
  )
}

function openShiftRoute(tls: string): string {
  return object(
    'Route',
    'route.openshift.io/v1',
    `{ to: { kind: Service, name: web }, port: { targetPort: front }${tls} }`,
  )
}

type Case = readonly [title: string, manifests: readonly string[], expected: readonly string[], index?: number]

function check(cases: readonly Case[]): (t: Test) => Promise<void> {
  return async t => {
    for (const [title, manifests, expected, index] of cases) t.same(evidenceIn(manifests, index), expected, title)
  }
}

const SERVING_CERTIFICATE = '{ service.beta.openshift.io/serving-cert-secret-name: web-tls }'
const TWO_PORTS = '[{ name: front, port: 7000 }, { name: back, port: 8443 }]'
const AWS = 'service.beta.kubernetes.io/aws-load-balancer'

t.test(
  'annotations of Services and pods',
  check([
    [
      'AWS, for the balancer',
      [service(`{ ${AWS}-backend-protocol: http }`)],
      ['definitive backend protocol annotation: http'],
    ],
    ['AWS, layer 4', [service(`{ ${AWS}-backend-protocol: tcp }`)], []],
    ['AWS, TLS', [service(`{ ${AWS}-backend-protocol: ssl }`)], ['definitive backend protocol annotation: tls']],
    ['AWS, TLS for another port', [service(`{ ${AWS}-backend-protocol: https, ${AWS}-ssl-ports: "443" }`)], []],
    [
      'AWS, TLS for this port',
      [service(`{ ${AWS}-backend-protocol: https, ${AWS}-ssl-ports: "443, front" }`)],
      ['definitive backend protocol annotation: https'],
    ],
    [
      'GKE, by name',
      [service(`{ cloud.google.com/app-protocols: '{"front":"HTTP2"}' }`)],
      ['definitive backend protocol annotation: http2'],
    ],
    ['GKE, another port', [service(`{ cloud.google.com/app-protocols: '{"back":"HTTP2"}' }`)], []],
    ['GKE, no JSON', [service('{ cloud.google.com/app-protocols: HTTP2 }')], []],
    [
      'Contour, by number',
      [service('{ projectcontour.io/upstream-protocol.h2c: "80, 7000" }')],
      ['definitive backend protocol annotation: http2'],
    ],
    ['Kong', [service('{ konghq.com/protocol: grpcs }')], ['definitive backend protocol annotation: https']],
    [
      'Traefik',
      [service('{ traefik.ingress.kubernetes.io/service.serversscheme: h2c }')],
      ['definitive backend protocol annotation: http2'],
    ],
    ['a certificate for the only port', [service(SERVING_CERTIFICATE)], ['definitive serving certificate: https']],
    [
      'a certificate for one of two',
      [service(SERVING_CERTIFICATE, TWO_PORTS)],
      ['strong serving certificate for several ports: https'],
    ],
    ['a certificate for 8443', [service(SERVING_CERTIFICATE, TWO_PORTS)], ['definitive serving certificate: https'], 1],
    [
      'Dapr, said',
      [
        service(),
        deployment('image: shop', '{ dapr.io/enabled: "true", dapr.io/app-port: "7000", dapr.io/app-protocol: grpc }'),
      ],
      ['definitive Dapr app protocol: grpc'],
    ],
    [
      'Dapr, by default',
      [service(), deployment('image: shop', '{ dapr.io/enabled: "true", dapr.io/app-port: "7000" }')],
      ['weak Dapr app port: http'],
    ],
    [
      'Dapr, another port',
      [service(), deployment('image: shop', '{ dapr.io/enabled: "true", dapr.io/app-port: "3500" }')],
      [],
    ],
  ]),
)

const GATEWAY = object(
  'Gateway',
  'gateway.networking.k8s.io/v1',
  '{ listeners: [{ name: tls, port: 443, protocol: TLS, tls: { mode: Terminate } }] }',
)
const TLS_ROUTE = '{ parentRefs: [{ name: front-gateway }], rules: [{ backendRefs: [{ name: web, port: 7000 }] }] }'
const TRAEFIK = 'traefik.io/v1alpha1'
const CONTOUR = 'projectcontour.io/v1'

t.test(
  'routes',
  check([
    ['a plain Ingress', [service(), ingress('{}')], ['weak Ingress: http']],
    [
      'ingress-nginx',
      [service(), ingress('{ nginx.ingress.kubernetes.io/backend-protocol: GRPC }')],
      ['definitive Ingress annotation: grpc'],
    ],
    [
      'ingress-nginx, passed through',
      [service(), ingress('{ nginx.ingress.kubernetes.io/ssl-passthrough: "true" }')],
      ['definitive Ingress annotation: tls'],
    ],
    [
      'AWS, a version inside TLS',
      [
        service(),
        ingress(
          '{ alb.ingress.kubernetes.io/backend-protocol: HTTPS, alb.ingress.kubernetes.io/backend-protocol-version: GRPC }',
        ),
      ],
      ['definitive Ingress annotation: https'],
    ],
    [
      'AWS, plain',
      [service(), ingress('{ alb.ingress.kubernetes.io/backend-protocol: HTTP }')],
      ['weak Ingress: http'],
    ],
    [
      'NGINX’s lists of Services',
      [service(), ingress('{ nginx.org/ssl-services: "cart, web" }')],
      ['definitive Ingress annotation: https'],
    ],
    ['NGINX’s list without it', [service(), ingress('{ nginx.org/ssl-services: cart }')], ['weak Ingress: http']],
    ['HTTPRoute', [service(), gatewayRoute('HTTPRoute')], ['weak HTTPRoute: http']],
    ['GRPCRoute', [service(), gatewayRoute('GRPCRoute')], ['definitive GRPCRoute: grpc']],
    ['TCPRoute', [service(), gatewayRoute('TCPRoute')], ['definitive TCPRoute: tcp']],
    ['TLSRoute', [service(), gatewayRoute('TLSRoute')], ['definitive TLSRoute: tls']],
    [
      'TLSRoute behind a listener that ends TLS',
      [service(), GATEWAY, object('TLSRoute', 'gateway.networking.k8s.io/v1', TLS_ROUTE)],
      [],
    ],
    [
      'BackendTLSPolicy for a port',
      [
        service(),
        object(
          'BackendTLSPolicy',
          'gateway.networking.k8s.io/v1',
          '{ targetRefs: [{ group: "", kind: Service, name: web, sectionName: front }] }',
        ),
      ],
      ['definitive BackendTLSPolicy: tls'],
    ],
    [
      'BackendTLSPolicy for all ports',
      [
        service(),
        object(
          'BackendTLSPolicy',
          'gateway.networking.k8s.io/v1',
          '{ targetRefs: [{ group: "", kind: Service, name: web }] }',
        ),
      ],
      ['definitive BackendTLSPolicy: tls'],
    ],
    [
      'BackendTLSPolicy of old',
      [
        service(),
        object(
          'BackendTLSPolicy',
          'gateway.networking.k8s.io/v1alpha2',
          '{ targetRef: { group: "", kind: Service, name: web } }',
        ),
      ],
      ['definitive BackendTLSPolicy: tls'],
    ],
    ['VirtualService http', [service(), virtualService('http')], ['weak VirtualService http route: http']],
    ['VirtualService tls', [service(), virtualService('tls')], ['definitive VirtualService tls route: tls']],
    ['VirtualService tcp', [service(), virtualService('tcp')], ['definitive VirtualService tcp route: tcp']],
    ['Route', [service(), openShiftRoute('')], ['weak Route without TLS: http']],
    [
      'Route, edge',
      [service(), openShiftRoute(', tls: { termination: edge }')],
      ['definitive Route termination: http'],
    ],
    [
      'Route, reencrypt',
      [service(), openShiftRoute(', tls: { termination: reencrypt }')],
      ['definitive Route termination: https'],
    ],
    [
      'Route, passthrough',
      [service(), openShiftRoute(', tls: { termination: passthrough }')],
      ['definitive Route termination: tls'],
    ],
    [
      'IngressRoute',
      [service(), object('IngressRoute', TRAEFIK, '{ routes: [{ services: [{ name: web, port: front }] }] }')],
      ['weak IngressRoute: http'],
    ],
    [
      'IngressRoute with a scheme',
      [
        service(),
        object('IngressRoute', TRAEFIK, '{ routes: [{ services: [{ name: web, port: front, scheme: h2c }] }] }'),
      ],
      ['definitive IngressRoute scheme: http2'],
    ],
    [
      'IngressRouteTCP',
      [service(), object('IngressRouteTCP', TRAEFIK, '{ routes: [{ services: [{ name: web, port: front }] }] }')],
      ['definitive TCP proxy: tcp'],
    ],
    [
      'HTTPProxy',
      [
        service(),
        object('HTTPProxy', CONTOUR, '{ routes: [{ services: [{ name: web, port: 7000, protocol: tls }] }] }'),
      ],
      ['definitive HTTPProxy protocol: https'],
    ],
    [
      'HTTPProxy that passes TLS through',
      [
        service(),
        object(
          'HTTPProxy',
          CONTOUR,
          '{ virtualhost: { fqdn: shop.example.com, tls: { passthrough: true } }, tcpproxy: { services: [{ name: web, port: 7000 }] } }',
        ),
      ],
      ['definitive TLS passthrough: tls'],
    ],
    [
      'Emissary, gRPC',
      [service(), object('Mapping', 'getambassador.io/v3alpha1', '{ grpc: true, service: "web:7000" }')],
      ['definitive Mapping: grpc'],
    ],
    [
      'Emissary, plain',
      [service(), object('Mapping', 'getambassador.io/v3alpha1', '{ service: "web:7000" }')],
      ['weak Mapping without scheme: http'],
    ],
    [
      'ingress-nginx streams',
      [
        service(),
        '\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: tcp-services, namespace: shop }\ndata: { "7000": "shop/web:7000" }',
      ],
      ['strong ingress-nginx tcp-services: tcp'],
    ],
    [
      'a webhook',
      [
        service('{}', '[{ port: 443 }]'),
        '\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: { name: shop }\nwebhooks: [{ clientConfig: { service: { name: web, namespace: shop } } }]',
      ],
      ['definitive webhook: https'],
    ],
    ['another Service’s route', [service(), gatewayRoute('GRPCRoute').replace('name: web', 'name: cart')], []],
  ]),
)

const MONITORING = 'monitoring.coreos.com/v1'
const monitor = (endpoint: string): string =>
  object('ServiceMonitor', MONITORING, `{ selector: { matchLabels: { app: web } }, endpoints: [${endpoint}] }`)
const podMonitor = (endpoint: string): string =>
  object('PodMonitor', MONITORING, `{ selector: { matchLabels: { app: web } }, podMetricsEndpoints: [${endpoint}] }`)
const NAMED = deployment('ports: [{ name: own, containerPort: 9000 }]')
const TO_NAMED = '[{ name: front, port: 7000, targetPort: own }]'

t.test(
  'scrapes',
  check([
    ['ServiceMonitor', [service(), monitor('{ port: front }')], ['strong ServiceMonitor: http']],
    ['ServiceMonitor, HTTPS', [service(), monitor('{ port: front, scheme: HTTPS }')], ['strong ServiceMonitor: https']],
    ['ServiceMonitor, another port', [service(), monitor('{ port: back }')], []],
    [
      'ServiceMonitor, by the name of the target',
      [service('{}', TO_NAMED), NAMED, monitor('{ targetPort: own, scheme: https }')],
      ['strong ServiceMonitor: https'],
    ],
    [
      'ServiceMonitor, by the number of the target',
      [service('{}', TO_NAMED), NAMED, monitor('{ targetPort: 9000 }')],
      ['strong ServiceMonitor: http'],
    ],
    [
      'ServiceMonitor, by a target elsewhere',
      [service(), monitor('{ targetPort: 7000 }')],
      ['strong ServiceMonitor: http'],
    ],
    [
      'ServiceMonitor of another Service on the target',
      [
        service(),
        service('{}', '[{ port: 81, targetPort: 7000 }]', 'cart'),
        monitor('{ targetPort: 7000 }').replace('app: web', 'app: cart'),
      ],
      [],
    ],
    [
      'PodMonitor',
      [service('{}', TO_NAMED), NAMED, podMonitor('{ port: own, scheme: https }')],
      ['strong PodMonitor: https'],
    ],
    ['PodMonitor, another port', [service('{}', TO_NAMED), NAMED, podMonitor('{ port: other }')], []],
    [
      'PodMonitoring',
      [
        service('{}', TO_NAMED),
        NAMED,
        object(
          'PodMonitoring',
          'monitoring.googleapis.com/v1',
          '{ selector: { matchLabels: { app: web } }, endpoints: [{ port: own }] }',
        ),
      ],
      ['strong PodMonitoring: http'],
    ],
    [
      'Prometheus’s Alertmanager',
      [
        service(),
        object(
          'Prometheus',
          MONITORING,
          '{ alerting: { alertmanagers: [{ name: web, port: front, scheme: https }] } }',
        ),
      ],
      ['strong Prometheus: https'],
    ],
    [
      'annotations of the Service name the pod’s port',
      [service('{ prometheus.io/scrape: "true", prometheus.io/port: "9000" }', TO_NAMED), NAMED],
      ['strong scrape annotation: http'],
    ],
    ['and not its own', [service('{ prometheus.io/scrape: "true", prometheus.io/port: "7000" }', TO_NAMED), NAMED], []],
    [
      'annotations of the pod',
      [
        service(),
        deployment(
          'image: shop',
          '{ prometheus.io/scrape: "true", prometheus.io/port: "7000", prometheus.io/scheme: https }',
        ),
      ],
      ['strong scrape annotation: https'],
    ],
    ['annotations without a port', [service('{ prometheus.io/scrape: "true" }')], ['strong scrape annotation: http']],
    ['annotations without a port, of two', [service('{ prometheus.io/scrape: "true" }', TWO_PORTS)], []],
    ['no scraping', [service('{ prometheus.io/scrape: "false", prometheus.io/port: "7000" }')], []],
  ]),
)

t.test(
  'probes',
  check([
    ['HTTP', [service(), deployment('livenessProbe: { httpGet: { port: 7000 } }')], ['definitive probe: http']],
    [
      'HTTPS, by name',
      [
        service('{}', TO_NAMED),
        deployment(
          'ports: [{ name: own, containerPort: 9000 }], readinessProbe: { httpGet: { port: own, scheme: HTTPS } }',
        ),
      ],
      ['definitive probe: https'],
    ],
    ['gRPC', [service(), deployment('startupProbe: { grpc: { port: 7000 } }')], ['definitive probe: grpc']],
    ['TCP says nothing', [service(), deployment('livenessProbe: { tcpSocket: { port: 7000 } }')], []],
    ['another port', [service(), deployment('livenessProbe: { httpGet: { port: 7001 } }')], []],
    ...exec([
      ['curl -f http://localhost:7000/health', 7000, 'http'],
      ['curl -k https://127.0.0.1:7000/health', 7000, 'https'],
      ['curl -f localhost/health', 80, 'http'],
      ['curl -f http://cart:7000/health', 7000, undefined],
      ['/bin/grpc_health_probe -addr=:7000', 7000, 'grpc'],
      ['/bin/grpc_health_probe -addr=:7000 -tls', 7000, 'https'],
      ['redis-cli ping', 6379, 'redis'],
      ['redis-cli -p 7000 ping', 7000, 'redis'],
      ['redis-cli ping', 7000, undefined],
      ['pg_isready -U shop', 5432, 'tcp'],
      ['mysqladmin ping', 3306, 'mysql'],
      ['mongosh --eval 1', 27017, 'mongo'],
      ['cat /tmp/healthy', 7000, undefined],
    ]),
  ]),
)

function exec(rows: readonly (readonly [string, number, string | undefined])[]): readonly Case[] {
  return rows.map(([command, port, protocol]) => [
    `${command} for ${port}`,
    [
      service('{}', `[{ name: front, port: ${port} }]`),
      deployment(`livenessProbe: { exec: { command: [sh, -c, "${command}"] } }`),
    ],
    protocol === undefined ? [] : [`strong exec probe: ${protocol}`],
  ])
}

const named = (name: string): readonly string[] => [
  service('{}', '[{ name: front, port: 7000, targetPort: 9000 }]'),
  deployment(`ports: [{ name: ${name}, containerPort: 9000 }]`),
]
const called = (name: string): readonly string[] => [service('{}', `[{ name: ${name}, port: 7000 }]`)]
const withArguments = (args: string): readonly string[] => [service(), deployment(`args: [${args}]`)]

t.test(
  'names',
  check([
    ['a container port', named('grpc-api'), ['strong container port name: grpc']],
    ['a container port with two words', named('grpc-http'), []],
    ['a container port called after a database', named('redis'), ['strong container port name: redis']],
    ['a container port that says nothing', named('main'), []],
    [
      'a container port elsewhere',
      [service('{}', '[{ name: front, port: 7000, targetPort: https }]')],
      ['strong container port name: https'],
    ],
    ['a word at the end', called('query-http'), ['strong name word: http']],
    ['a tie-breaker', called('exporter-redis'), []],
    ['a flag', withArguments('--grpc-port=7000'), ['strong container argument: grpc']],
    ['a flag and its value', withArguments('--http.address, ":7000"'), ['strong container argument: http']],
    ['a secure flag', withArguments('"--secure-listen-address=0.0.0.0:7000"'), ['strong container argument: https']],
    ['a flag for the pod itself', withArguments('--http-address=127.0.0.1:7000'), []],
    ['a flag of another port', withArguments('--grpc-port=7001'), []],
    ['a flag that listens nowhere', withArguments('--http-timeout=7000'), []],
    ['a flag that says no protocol', withArguments('--port=7000'), []],
  ]),
)

t.test('other Services, images and numbers', async t => {
  const siblings: readonly Case[] = [
    [
      'another Service on the target',
      [service(), service('{}', '[{ name: grpc, port: 80, targetPort: 7000 }]', 'cart'), deployment('image: shop')],
      ['strong sibling Service: grpc'],
    ],
    [
      'another that says nothing',
      [service(), service('{}', '[{ name: main, port: 80, targetPort: 7000 }]', 'cart'), deployment('image: shop')],
      [],
    ],
    [
      'another on another target',
      [service(), service('{}', '[{ name: grpc, port: 80, targetPort: 7001 }]', 'cart'), deployment('image: shop')],
      [],
    ],
  ]
  await check(siblings)(t)
  const redis = service('{}', '[{ name: front, port: 6379 }]')
  t.same(
    allEvidenceIn([redis, deployment('image: "registry.example.com/redis:7@sha256:0"')]),
    ['weak image and port: redis', 'weak port number: redis'],
    'an image and its port',
  )
  t.same(allEvidenceIn([service(), deployment('image: redis')]), [], 'an image alone')
  t.same(allEvidenceIn([service('{}', '[{ name: front, port: 5432 }]')]), [], 'no number says tcp')
})

const says = (level: EvidenceClass, protocol: ProtocolEvidence['protocol'], row = protocol): ProtocolEvidence => ({
  class: level,
  source: row,
  row,
  protocol,
  says: row,
})

t.test('the highest class decides', async t => {
  const rows: readonly (readonly [string, readonly ProtocolEvidence[], string, string | undefined])[] = [
    ['a lower class never vetoes', [says('definitive', 'https'), says('strong', 'http')], 'x', 'https'],
    ['nor settles', [says('strong', 'http'), says('strong', 'grpc'), says('weak', 'http')], 'x', undefined],
    ['a tie-breaker settles', [says('strong', 'redis'), says('strong', 'http')], 'x-redis', 'redis'],
    ['but decides nothing', [says('strong', 'http')], 'x-redis', 'http'],
    ['HTTPS is TLS', [says('definitive', 'tls'), says('definitive', 'https')], 'x', 'https'],
    ['gRPC is HTTP/2', [says('strong', 'http2'), says('strong', 'grpc')], 'x', 'grpc'],
    ['HTTP is neither', [says('strong', 'http'), says('strong', 'http2')], 'x', undefined],
    ['nothing says nothing', [], 'x', undefined],
  ]
  for (const [title, evidence, name, protocol] of rows) t.equal(verdictOf(evidence, name).protocol, protocol, title)
})

t.test('what is safe is measured', async t => {
  const rows: readonly (readonly [string, EvidenceClass, readonly RowCount[], boolean])[] = [
    ['definitive by decision', 'definitive', [], true],
    ['definitive with a counter-example', 'definitive', [[9, 0, 1]], false],
    ['definitive with one in many', 'definitive', [[199, 0, 1]], true],
    ['strong, never measured', 'strong', [], false],
    ['strong, 58 of 58', 'strong', [[58, 0, 0]], false],
    ['strong, 59 of 59', 'strong', [[29, 30, 0]], true],
    ['strong, 1 in 99', 'strong', [[98, 0, 1]], false],
    ['strong, 1 in 100', 'strong', [[99, 0, 1]], true],
    [
      'weak, of four repositories',
      'weak',
      [
        [99, 0, 0],
        [99, 0, 0],
        [99, 0, 0],
        [99, 0, 0],
      ],
      false,
    ],
    [
      'weak, of five',
      'weak',
      [
        [30, 0, 0],
        [30, 0, 0],
        [30, 0, 0],
        [30, 0, 0],
        [30, 0, 0],
      ],
      true,
    ],
    [
      'weak, most of it of one',
      'weak',
      [
        [500, 0, 0],
        [10, 0, 0],
        [10, 0, 0],
        [10, 0, 0],
        [10, 0, 0],
      ],
      false,
    ],
  ]
  for (const [title, level, counts, isSafe] of rows) t.equal(isQualified(level, counts), isSafe, title)

  const measured = new Map<string, readonly RowCount[]>([
    ['proven', [[80, 0, 0]]],
    ['wrong', [[8, 1, 1]]],
    ['rare', [[1, 0, 0]]],
  ])
  const strong = (row: string): ProtocolEvidence => ({ ...says('strong', 'http'), row })
  t.equal(doubtAbout([strong('wrong'), strong('proven')], measured), undefined, 'one proven row is enough')
  t.equal(
    doubtAbout([strong('wrong'), strong('rare'), strong('none')], measured),
    'wrong was wrong for 1 of 10 measured ports; rare was right for 1 of 1 measured ports in 1 repository, which are too few to be sure; none was never measured',
  )
  const lower = verdictOf([says('definitive', 'tls', 'tls'), { ...strong('proven'), protocol: 'tls' }], '', measured)
  t.equal(lower.evidence.length, 1, 'a safe class needs no help')
  const helped = verdictOf([{ ...strong('rare') }, strong('proven')], '', measured)
  t.match(helped, { protocol: 'http', doubt: undefined })
  const refuted = new Map<string, readonly RowCount[]>([
    ['once', [[0, 0, 9]]],
    [
      'mostly',
      [
        [0, 0, 9],
        [0, 0, 1],
        [9, 0, 0],
      ],
    ],
    [
      'half',
      [
        [0, 0, 9],
        [1, 0, 0],
      ],
    ],
  ])
  const weak = (row: string): ProtocolEvidence => ({ ...says('weak', 'http'), row })
  t.equal(verdictOf([weak('mostly')], '', refuted).protocol, undefined, 'weak evidence that is mostly wrong is none')
  t.equal(verdictOf([weak('half')], '', refuted).protocol, 'http')
  t.equal(verdictOf([weak('once')], '', refuted).protocol, 'http', 'one repository is not enough')
  for (const counts of MEASURED.values()) {
    t.ok(
      counts.every(count => count.length === 3 && count.every(number => number >= 0)),
      'the data is counts',
    )
  }
})

t.test('CONTRIBUTING shows what the program reads', async t => {
  const page = readFileSync(new URL('../CONTRIBUTING.md', import.meta.url), 'utf8')
  const lines = [...page.matchAll(/^\| (.+) \| (?:definitive|strong|weak) \| (.+) \|$/gm)]
  const shown = new Map(lines.map(([, row = '', cells = '']) => [row, cells.split(' | ').slice(0, -1).map(Number)]))
  const sums = [...MEASURED].map(([row, counts]) => {
    const [right, sameClass, wrong] = [0, 1, 2].map(place =>
      counts.reduce((sum, count) => sum + (count[place] ?? 0), 0),
    )
    return [row, [(right ?? 0) + (sameClass ?? 0) + (wrong ?? 0), right, sameClass, wrong, counts.length]] as const
  })
  const byItself = /^(port \d|image )/
  t.same(shown, new Map(sums.filter(([row]) => !byItself.test(row))))
})

t.test('measuring hides the declaration, and all that repeats it', async t => {
  const shop = (name: string, port: string): string =>
    [
      service(
        `{ cloud.google.com/app-protocols: '{"${name}":"HTTP"}' }`,
        `[{ name: ${name}, port: 80, targetPort: ${port} }]`,
      ),
      deployment(`ports: [{ name: ${port}, containerPort: 7000 }], livenessProbe: { httpGet: { port: ${port} } }`),
      monitor(`{ port: ${name} }`),
    ].join('\n---\n')
  const directory = t.testdir({
    one: { 'shop.yaml': shop('http-web', 'http') },
    two: { 'right.yaml': shop('http-web', 'http'), 'wrong.yaml': shop('grpc-api', 'grpc-own') },
  })
  const script = fileURLToPath(new URL('evidence.ts', import.meta.url))
  const { stdout, stderr } = tool('.', process.execPath, ['--import=tsx', script, directory])
  t.equal(stderr, '')
  const rounds = stdout.split('## Sources, ').map(text => text.split('\n').filter(line => line.startsWith('| ')))
  const [rows = [], scrambled = [], asIs = [], unnamed = []] = rounds
  t.ok(rows.includes('| probe | definitive | 2 | 1 | 0 | 1 | 50.0 % | 2 | no |'), 'of two copies the worst counts')
  t.ok(rows.includes('| word in a port name | strong | 2 | 2 | 0 | 0 | 100.0 % | 2 | no |'))
  t.ok(scrambled.includes('| name word | strong | 2 | 2 | 0 | 0 | 100.0 % | 2 |'))
  t.ok(asIs.includes('| backend protocol annotation | definitive | 2 | 1 | 0 | 1 | 50.0 % | 2 |'), 'by its hidden name')
  t.ok(asIs.includes('| ServiceMonitor | strong | 2 | 1 | 0 | 1 | 50.0 % | 2 |'), 'by its hidden name')
  t.ok(asIs.some(line => line.startsWith('| container port name |')))
  t.notOk(
    unnamed.some(line => line.startsWith('| container port name |')),
    'container ports have no names',
  )
  t.ok(unnamed.includes('| probe | definitive | 2 | 1 | 0 | 1 | 50.0 % | 2 |'), 'and probes still find them')
})
