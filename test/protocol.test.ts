import fc from 'fast-check'
import t from 'tap'
import type { Profile } from '../src/detect/detector.ts'
import { convertProtocol, type PortDeclaration, type Protocol } from '../src/detect/protocol.ts'
import { wordOf } from '../src/fix/evidence-names.ts'
import { isLabel, isServiceName, portNames } from '../src/fix/port-name.ts'

const PORT: PortDeclaration = { port: 8080, name: '', protocol: 'TCP', appProtocol: undefined }

t.test('convertProtocol is Istio’s ConvertProtocol', async t => {
  const rows: readonly (readonly [Partial<PortDeclaration>, Protocol | undefined, (Protocol | undefined)?])[] = [
    [{ name: 'http' }, 'http', 'http'],
    [{ name: 'http-' }, 'http', 'http'],
    [{ name: 'HTTP-x' }, 'http', 'http'],
    [{ name: 'httpfoo' }, undefined, undefined],
    [{ name: '-http' }, undefined, undefined],
    [{ name: 'http_x' }, undefined, undefined],
    [{ name: 'http2-foo' }, 'http2', 'http2'],
    [{ name: 'http2foo' }, undefined, undefined],
    [{ name: 'grpc-web' }, 'grpc-web', 'grpc'],
    [{ name: 'grpc-webfoo' }, 'grpc-web', 'grpc'],
    [{ name: 'GRPC-WEB-x' }, 'grpc-web', 'grpc'],
    [{ name: 'grpc-we' }, 'grpc', 'grpc'],
    [{ name: 'mysql' }, 'mysql', undefined],
    [{ name: 'mongo-db' }, 'mongo', 'mongo'],
    [{ name: 'mongodb' }, undefined, undefined],
    [{ name: 'hbone' }, undefined, undefined],
    [{ name: 'udp-x' }, 'udp', 'udp'],
    [{ name: 'web', appProtocol: 'http' }, 'http', undefined],
    [{ name: 'http', appProtocol: '' }, undefined, 'http'],
    [{ name: 'http', appProtocol: 'amqp' }, undefined, 'http'],
    [{ appProtocol: 'http-foo' }, 'http', undefined],
    [{ appProtocol: 'kubernetes.io/h2c' }, 'http2', undefined],
    [{ appProtocol: 'kubernetes.io/ws' }, 'http', undefined],
    [{ appProtocol: 'kubernetes.io/wss' }, 'https', undefined],
    [{ appProtocol: 'Kubernetes.io/wss' }, undefined, undefined],
    [{ name: 'kubernetes.io/h2c' }, undefined, undefined],
    [{ appProtocol: 'constructor' }, undefined, undefined],
    [{ protocol: 'UDP', appProtocol: 'http' }, 'udp', 'udp'],
    [{ protocol: 'udp', name: 'http' }, 'http', 'http'],
    [{ port: 25 }, 'tcp', undefined],
    [{ port: 53, name: 'dns' }, 'tcp', undefined],
    [{ port: 3306, appProtocol: 'x' }, 'tcp', undefined],
    [{ port: 27017, name: 'http' }, 'http', 'http'],
    [{ port: 9411, name: 'zipkin' }, undefined, undefined],
  ]
  for (const [declared, sidecar, classic] of rows) {
    const port = { ...PORT, ...declared }
    for (const profile of ['sidecar', 'cni', 'ambient'] satisfies Profile[]) {
      t.equal(convertProtocol(port, profile), sidecar, `${profile} ${JSON.stringify(declared)}`)
    }
    t.equal(convertProtocol(port, 'classic'), classic, `classic ${JSON.stringify(declared)}`)
  }
})

t.test('new names', async t => {
  const rows: readonly (readonly [
    Protocol,
    string,
    string | undefined,
    { taken?: string[]; length?: 15; service?: string }?,
  ])[] = [
    ['http', '', 'http'],
    ['http', '', 'http-8080', { taken: ['http'] }],
    ['http', '', undefined, { taken: ['http', 'http-8080'] }],
    ['http', 'web', 'http-web'],
    ['http', 'web', 'http-8080', { taken: ['http-web'] }],
    ['http', 'query-http', 'http-query'],
    ['https', 'grpc-https', 'https-grpc'],
    ['http', 'httpmetrics', 'http-metrics'],
    ['http', 'httpab', 'http-httpab'],
    ['http2', 'http2foo', 'http2-foo'],
    ['http', 'Web_UI', 'http-web-ui'],
    ['http', '$(NAME)', 'http-name'],
    ['grpc', 'web', 'grpc'],
    ['grpc', 'web-api', 'grpc'],
    ['grpc', 'api-web', 'grpc-api-web'],
    ['grpc-web', 'web', 'grpc-web-web'],
    ['grpc-web', 'api-grpc-web', 'grpc-web-api'],
    ['redis', 'cache-redis', 'redis-cache'],
    ['http', 'storefront-web', 'http-web', { length: 15, service: 'storefront' }],
    ['http', 'storefront-public-web', 'http-public-web', { length: 15, service: 'storefront' }],
    ['http', 'one-two-three-four', 'http-three-four', { length: 15 }],
    ['http', 'administration', 'http-administra', { length: 15 }],
    ['http', 'storefront-web', 'http-storefront-web', { service: 'storefront' }],
    ['http', 'ab---cd', 'http-ab-cd', { length: 15 }],
  ]
  for (const [protocol, name, expected, { taken = [], length = 63, service = 'shop' } = {}] of rows) {
    const [found] = portNames({
      protocol,
      name,
      port: 8080,
      service,
      taken: new Set(taken),
      length,
      profile: 'sidecar',
    })
    t.equal(found, expected, `${protocol} ${name} ${taken.join()}`)
  }
})

t.test('every new name is valid and says the protocol', async t => {
  const protocol = fc.constantFrom<Protocol>(
    'http',
    'https',
    'http2',
    'grpc',
    'grpc-web',
    'tcp',
    'tls',
    'mongo',
    'redis',
    'mysql',
  )
  const segment = fc.oneof(
    fc.constantFrom('http', 'grpc', 'web', 'tcp', 'a', '', 'httpmetrics', 'X_y'),
    fc.string({ maxLength: 20 }),
  )
  const name = fc.array(segment, { maxLength: 5 }).map(segments => segments.join('-'))
  const property = fc.property(
    protocol,
    name,
    fc.constantFrom<15 | 63>(15, 63),
    name,
    (wanted, old, length, service) => {
      const names = portNames({
        protocol: wanted,
        name: old,
        port: 8080,
        service,
        taken: new Set(),
        length,
        profile: 'sidecar',
      })
      if (names.length === 0) throw new Error('nothing is taken, so there is a name')
      for (const found of names) {
        if (convertProtocol({ ...PORT, name: found }, 'sidecar') !== wanted)
          throw new Error(`${found} is not ${wanted}`)
        if (!(length === 15 ? isServiceName(found) : isLabel(found))) throw new Error(`${found} is not valid`)
      }
    },
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 5000 }))
})

t.test('words in names', async t => {
  const rows: readonly (readonly [string, Protocol | undefined])[] = [
    ['query-http', 'http'],
    ['https', 'https'],
    ['api-grpc', 'grpc'],
    ['x-grpc-web', 'grpc-web'],
    ['httpmetrics', 'http'],
    ['httpab', undefined],
    ['httpserver', undefined],
    ['httpsadmin', undefined],
    ['grpcapi', 'grpc'],
    ['grpcwebsite', undefined],
    ['http2foo', 'http2'],
    ['myhttp', undefined],
    ['8080-tcp', undefined],
    ['exporter-redis', undefined],
    ['http-https', undefined],
    ['web', undefined],
  ]
  for (const [name, protocol] of rows) t.equal(wordOf(name), protocol, name)
})
