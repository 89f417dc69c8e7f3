import type { Protocol } from '../detect/protocol.ts'
import type { ResourceGraph } from '../graph/graph.ts'
import { keysOf, type Pointer, pointer, valueAt } from '../pointer.ts'
import { listAt, lookUp, stringAt } from '../read/json.ts'
import { annotationsOf, groupOf, type KubeObject, nameOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import type { EvidenceClass, ProtocolEvidence } from './fixer.ts'
import type { EvidenceSource, ServicePort } from './service-port.ts'

/** What a referrer says of the port it leads to. */
interface Saying {
  readonly class: EvidenceClass
  readonly source: string
  readonly protocol: Protocol
  readonly says: string
  readonly row?: string
}

/** ProtocolEvidence in the objects that lead traffic, or a scrape, to a Service port. */
export const routeSources: readonly EvidenceSource[] = [routes]

function* routes({ referrers, graph }: ServicePort): Iterable<ProtocolEvidence> {
  for (const { resource, reference } of referrers) {
    if (reference.opaque) continue
    const saying = lookUp(SAYINGS, resource.object.kind)?.(resource.object, reference.at, graph)
    if (saying === undefined) continue
    yield {
      row: saying.source,
      ...saying,
      says: `${resource.object.kind} "${nameOf(resource.object)}" ${saying.says}`,
      at: { resource, pointer: reference.at },
    }
  }
}

/** Kind → what a reference at a place of such an object says. */
const SAYINGS: Readonly<Record<string, (object: KubeObject, at: Pointer, graph: ResourceGraph) => Saying | undefined>> =
  {
    Ingress: ingress,
    HTTPRoute: () => weak('HTTPRoute', 'routes HTTP to it'),
    GRPCRoute: () => definitive('GRPCRoute', 'grpc', 'routes gRPC to it'),
    TLSRoute: tlsRoute,
    TCPRoute: () => definitive('TCPRoute', 'tcp', 'routes TCP to it'),
    BackendTLSPolicy: () => definitive('BackendTLSPolicy', 'tls', 'says that it takes TLS'),
    VirtualService: virtualService,
    Route: openShiftRoute,
    ServiceMonitor: serviceMonitor,
    IngressRoute: (object, at) => bySchema(object, at, 'scheme'),
    IngressRouteTCP: () => definitive('IngressRouteTCP', 'tcp', 'routes TCP to it'),
    HTTPProxy: (object, at) => bySchema(object, at, 'protocol'),
  }

/** ingress-nginx's and AWS's words for what a backend speaks. */
const BACKEND_PROTOCOLS: Readonly<Record<string, Protocol>> = {
  HTTP: 'http',
  HTTPS: 'https',
  GRPC: 'grpc',
  GRPCS: 'https',
}

function ingress(object: KubeObject): Saying {
  const annotations = annotationsOf(object)
  if (annotations['nginx.ingress.kubernetes.io/ssl-passthrough'] === 'true') {
    return definitive('Ingress annotation', 'tls', 'passes TLS through to it')
  }
  const version = annotations['alb.ingress.kubernetes.io/backend-protocol-version']
  if (version === 'GRPC') return definitive('Ingress annotation', 'grpc', `has backend-protocol-version: ${version}`)
  if (version === 'HTTP2') return definitive('Ingress annotation', 'http2', `has backend-protocol-version: ${version}`)
  for (const key of ['nginx.ingress.kubernetes.io/backend-protocol', 'alb.ingress.kubernetes.io/backend-protocol']) {
    const said = annotations[key]
    const protocol = said === undefined ? undefined : lookUp(BACKEND_PROTOCOLS, said.toUpperCase())
    if (protocol !== undefined) return definitive('Ingress annotation', protocol, `has ${key}: ${said}`)
  }
  return weak('Ingress', 'routes HTTP to it')
}

/** Where the Gateway's listener ends TLS (`mode: Terminate`), what arrives is plain, and the route doesn't say what. */
function tlsRoute(object: KubeObject, _at: Pointer, graph: ResourceGraph): Saying | undefined {
  const parents = listAt(object, 'spec', 'parentRefs').map(parent => stringAt(parent, 'name'))
  const ends = [...graph.ofKind('Gateway')].some(
    ({ object: gateway }) =>
      parents.includes(nameOf(gateway)) &&
      listAt(gateway, 'spec', 'listeners').some(
        listener => stringAt(listener, 'protocol') === 'TLS' && stringAt(listener, 'tls', 'mode') !== 'Passthrough',
      ),
  )
  return ends ? undefined : definitive('TLSRoute', 'tls', 'passes TLS through to it')
}

function virtualService(object: KubeObject, at: Pointer): Saying | undefined {
  if (groupOf(object) !== 'networking.istio.io') return undefined
  const [, section] = keysOf(at)
  if (section === 'http') return weak('VirtualService', 'routes HTTP to it')
  if (section === 'tls') return definitive('VirtualService', 'tls', 'routes it by TLS server name')
  return section === 'tcp' ? definitive('VirtualService', 'tcp', 'routes TCP to it') : undefined
}

/** An OpenShift Route without `tls` takes plain HTTP, but says so by what it leaves out only. */
function openShiftRoute(object: KubeObject): Saying | undefined {
  switch (stringAt(object, 'spec', 'tls', 'termination')?.toLowerCase()) {
    case 'reencrypt':
      return definitive('Route', 'https', 're-encrypts to it')
    case 'edge':
      return definitive('Route', 'http', 'ends TLS before it')
    case 'passthrough':
      return definitive('Route', 'tls', 'passes TLS through to it')
    case undefined:
      return weak('Route', 'routes HTTP to it')
    default:
      return undefined
  }
}

/** Prometheus scrapes over HTTP where an endpoint names no scheme. */
function serviceMonitor(object: KubeObject, at: Pointer): Saying | undefined {
  const [spec, endpoints, index] = keysOf(at)
  if (endpoints !== 'endpoints') return undefined
  const endpoint = valueAt(object, pointer(spec ?? '', endpoints, index ?? '')) as Json | undefined
  const protocol = stringAt(endpoint, 'scheme')?.toLowerCase() === 'https' ? 'https' : 'http'
  return { class: 'strong', source: 'ServiceMonitor', row: 'scrape', protocol, says: `scrapes it over ${protocol}` }
}

const SCHEMES: Readonly<Record<string, Protocol>> = {
  https: 'https',
  tls: 'https',
  h2: 'https',
  h2c: 'http2',
  http: 'http',
}

/** Traefik and Contour: HTTP, unless the service's entry says how to speak to it. */
function bySchema(object: KubeObject, at: Pointer, member: string): Saying {
  const service = valueAt(object, pointer(...keysOf(at).slice(0, -1))) as Json | undefined
  const said = stringAt(service, member)?.toLowerCase() ?? ''
  const protocol = lookUp(SCHEMES, said)
  if (protocol !== undefined) return definitive(object.kind, protocol, `speaks ${said} to it`)
  return weak(object.kind, 'routes HTTP to it')
}

function definitive(source: string, protocol: Protocol, says: string): Saying {
  return { class: 'definitive', source, protocol, says }
}

function weak(source: string, says: string): Saying {
  return { class: 'weak', source, protocol: 'http', says }
}
