import type { Protocol } from '../detect/protocol.ts'
import type { Referrer, ResourceGraph } from '../graph/graph.ts'
import { places } from '../graph/references/places.ts'
import { keysOf, parentOf, valueAt } from '../pointer.ts'
import { at, listAt, lookUp, stringAt } from '../read/json.ts'
import { groupOf, nameOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { backendAnnotation } from './evidence-ingress.ts'
import type { EvidenceClass, ProtocolEvidence } from './fixer.ts'
import type { EvidenceSource, ServicePort } from './service-port.ts'

/** What a referrer says of the port it leads to. */
interface Saying {
  readonly class: EvidenceClass
  readonly source: string
  readonly protocol: Protocol
  readonly says: string
}

/** What a reference says of a port of the Service with that name. */
type Says = (referrer: Referrer, service: string, graph: ResourceGraph) => Saying | undefined

/** Evidence in the objects that lead traffic to a Service port. */
export const routeSources: readonly EvidenceSource[] = [routes, tlsPolicies]

function* routes({ service, referrers, graph }: ServicePort): Iterable<ProtocolEvidence> {
  for (const referrer of referrers) {
    const { resource, reference } = referrer
    if (reference.opaque) continue
    const saying = lookUp(SAYINGS, resource.object.kind)?.(referrer, nameOf(service.object), graph)
    if (saying === undefined) continue
    yield {
      ...saying,
      row: saying.source,
      says: `${resource.object.kind} "${nameOf(resource.object)}" ${saying.says}`,
      at: { resource, pointer: reference.at },
    }
  }
}

/** Kind → what a reference in such an object says. */
const SAYINGS: Readonly<Record<string, Says>> = {
  Ingress: ingress,
  HTTPRoute: () => weak('HTTPRoute'),
  GRPCRoute: () => definitive('GRPCRoute', 'grpc', 'routes gRPC to it'),
  TLSRoute: tlsRoute,
  TCPRoute: () => definitive('TCPRoute', 'tcp', 'routes TCP to it'),
  BackendTLSPolicy: tlsPolicy,
  VirtualService: virtualService,
  Route: openShiftRoute,
  IngressRoute: referrer => bySchema(referrer, 'scheme'),
  IngressRouteTCP: referrer => tcpProxy(referrer, 'tls', 'passthrough'),
  HTTPProxy: referrer =>
    keysOf(referrer.reference.at)[1] === 'tcpproxy'
      ? tcpProxy(referrer, 'virtualhost', 'tls', 'passthrough')
      : bySchema(referrer, 'protocol'),
  Mapping: mapping,
  AmbassadorMapping: mapping,
  TCPMapping: () => definitive('TCPMapping', 'tcp', 'routes TCP to it'),
  AmbassadorTCPMapping: () => definitive('TCPMapping', 'tcp', 'routes TCP to it'),
  ConfigMap: streamService,
  ValidatingWebhookConfiguration: webhook,
  MutatingWebhookConfiguration: webhook,
  CustomResourceDefinition: webhook,
  APIService: webhook,
}

function ingress({ resource }: Referrer, service: string): Saying {
  const said = backendAnnotation(resource.object, service)
  if (said === undefined) return weak('Ingress')
  return definitive('Ingress annotation', said.protocol, `has ${said.key}: ${said.value}`)
}

/** Where the Gateway's listener ends TLS (`mode: Terminate`), what arrives is plain, and the route doesn't say what. */
function tlsRoute({ resource }: Referrer, _service: string, graph: ResourceGraph): Saying | undefined {
  const parents = listAt(resource.object, 'spec', 'parentRefs').map(parent => stringAt(parent, 'name'))
  const ends = [...graph.ofKind('Gateway')].some(
    ({ object: gateway }) =>
      parents.includes(nameOf(gateway)) &&
      listAt(gateway, 'spec', 'listeners').some(
        listener => stringAt(listener, 'protocol') === 'TLS' && stringAt(listener, 'tls', 'mode') !== 'Passthrough',
      ),
  )
  return ends ? undefined : definitive('TLSRoute', 'tls', 'passes TLS through to it')
}

function tlsPolicy(): Saying {
  return definitive('BackendTLSPolicy', 'tls', 'says that it takes TLS')
}

/** A BackendTLSPolicy that names no port is for all of them; those that do are references to it. */
function* tlsPolicies({ service, declaration, graph }: ServicePort): Iterable<ProtocolEvidence> {
  const name = nameOf(service.object)
  for (const resource of graph.ofKind('BackendTLSPolicy', name)) {
    for (const { value: target, at: place } of places(resource.object, 'spec.targetRefs.*', 'spec.targetRef')) {
      const isWhole = stringAt(target, 'kind') === 'Service' && at(target, 'sectionName') === undefined
      if (!isWhole || stringAt(target, 'name') !== name) continue
      const meant = graph.meantBy(resource, {
        at: place,
        port: declaration.port ?? declaration.name,
        to: { type: 'service', name },
        row: 'policy targetRef',
        names: 'service-port',
        short: false,
        opaque: false,
      })
      if (!meant.some(({ id }) => id === service.id)) continue
      const saying = tlsPolicy()
      const says = `BackendTLSPolicy "${nameOf(resource.object)}" ${saying.says}`
      yield { ...saying, row: saying.source, says, at: { resource, pointer: place } }
    }
  }
}

function virtualService({ resource, reference }: Referrer): Saying | undefined {
  if (groupOf(resource.object) !== 'networking.istio.io') return undefined
  const [, section] = keysOf(reference.at)
  if (section === 'http') return weak('VirtualService http route')
  if (section === 'tls') return definitive('VirtualService tls route', 'tls', 'routes it by TLS server name')
  return section === 'tcp' ? definitive('VirtualService tcp route', 'tcp', 'routes TCP to it') : undefined
}

/** An OpenShift Route without `tls` takes plain HTTP, but says so by what it leaves out only. */
function openShiftRoute({ resource }: Referrer): Saying | undefined {
  switch (stringAt(resource.object, 'spec', 'tls', 'termination')?.toLowerCase()) {
    case 'reencrypt':
      return definitive('Route termination', 'https', 're-encrypts to it')
    case 'edge':
      return definitive('Route termination', 'http', 'ends TLS before it')
    case 'passthrough':
      return definitive('Route termination', 'tls', 'passes TLS through to it')
    case undefined:
      return weak('Route without TLS')
    default:
      return undefined
  }
}

const SCHEMES: Readonly<Record<string, Protocol>> = {
  https: 'https',
  tls: 'https',
  h2: 'https',
  h2c: 'http2',
  http: 'http',
}

/** Traefik and Contour: HTTP, unless the service's entry says how to speak to it. */
function bySchema({ resource, reference }: Referrer, member: string): Saying {
  const entry = valueAt(resource.object, parentOf(reference.at)) as Json | undefined
  const said = stringAt(entry, member)?.toLowerCase() ?? ''
  const protocol = lookUp(SCHEMES, said)
  const { kind } = resource.object
  return protocol === undefined ? weak(kind) : definitive(`${kind} ${member}`, protocol, `speaks ${said} to it`)
}

function tcpProxy({ resource }: Referrer, ...passthrough: readonly string[]): Saying {
  return at(resource.object, 'spec', ...passthrough) === true
    ? definitive('TLS passthrough', 'tls', 'passes TLS through to it')
    : definitive('TCP proxy', 'tcp', 'routes TCP to it')
}

/** Emissary: HTTP, unless the service is written with a scheme or marked as gRPC. */
function mapping({ resource: { object } }: Referrer): Saying {
  const scheme = /^(https?):\/\//.exec(stringAt(object, 'spec', 'service') ?? '')?.[1]
  if (scheme === 'https') return definitive('Mapping', 'https', 'speaks https to it')
  if (at(object, 'spec', 'grpc') === true) return definitive('Mapping', 'grpc', 'routes gRPC to it')
  return scheme === 'http' ? definitive('Mapping', 'http', 'speaks http to it') : weak('Mapping without scheme')
}

/** ingress-nginx's `tcp-services`: what it proxies byte by byte may still be HTTP to others, so it isn't the last word. */
function streamService({ resource }: Referrer): Saying | undefined {
  if (/udp/i.test(nameOf(resource.object))) return undefined
  return { class: 'strong', source: 'ingress-nginx tcp-services', protocol: 'tcp', says: 'passes TCP through to it' }
}

/** The API server speaks HTTPS and nothing else to webhooks and extension servers (kubernetes ServiceReference). */
function webhook(): Saying {
  return definitive('webhook', 'https', 'makes the API server ask it over HTTPS')
}

function definitive(source: string, protocol: Protocol, says: string): Saying {
  return { class: 'definitive', source, protocol, says }
}

function weak(source: string): Saying {
  return { class: 'weak', source, protocol: 'http', says: 'routes HTTP to it' }
}
