import type { Protocol } from '../detect/protocol.ts'
import { joined, pointer } from '../pointer.ts'
import { isMap, lookUp } from '../read/json.ts'
import { annotationsOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import type { EvidenceClass, ProtocolEvidence } from './fixer.ts'
import type { EvidenceSource, ServicePort } from './service-port.ts'

/** Evidence in a Service's or a pod's own annotations, which tell other controllers what its ports speak. */
export const annotationSources: readonly EvidenceSource[] = [backendProtocols, servingCertificates, daprApps]

/** `tcp` says only that the balancer works at layer 4; TLS is for the listed ports, and for all where none are. */
const AWS_BACKEND = 'service.beta.kubernetes.io/aws-load-balancer-backend-protocol'
const AWS_SSL_PORTS = 'service.beta.kubernetes.io/aws-load-balancer-ssl-ports'

/** How a whole Service, or a list of its ports, is annotated: annotation → value → protocol. */
const WHOLE_SERVICE: Readonly<Record<string, Readonly<Record<string, Protocol>>>> = {
  [AWS_BACKEND]: { http: 'http', https: 'https', ssl: 'tls' },
  'traefik.ingress.kubernetes.io/service.serversscheme': { http: 'http', https: 'https', h2c: 'http2' },
  'konghq.com/protocol': { http: 'http', https: 'https', grpc: 'grpc', grpcs: 'https', tcp: 'tcp', tls: 'tls' },
}

/** GKE: a JSON object from port name (or number) to protocol. */
const PER_PORT = ['cloud.google.com/app-protocols', 'service.alpha.kubernetes.io/app-protocols']
const GKE_PROTOCOLS: Readonly<Record<string, Protocol>> = { HTTP: 'http', HTTPS: 'https', HTTP2: 'http2' }

/** Contour: comma-separated port names or numbers. */
const PORT_LISTS: Readonly<Record<string, Protocol>> = {
  'projectcontour.io/upstream-protocol.tls': 'https',
  'projectcontour.io/upstream-protocol.h2': 'https',
  'projectcontour.io/upstream-protocol.h2c': 'http2',
  'contour.heptio.com/upstream-protocol.tls': 'https',
  'contour.heptio.com/upstream-protocol.h2': 'https',
  'contour.heptio.com/upstream-protocol.h2c': 'http2',
}

function* backendProtocols(port: ServicePort): Iterable<ProtocolEvidence> {
  const annotations = annotationsOf(port.service.object)
  for (const [key, value] of Object.entries(annotations)) {
    const protocol = protocolIn(key, value, port)
    if (protocol !== undefined)
      yield evidence(port, 'backend protocol annotation', 'definitive', protocol, key, `${key}: ${value}`)
  }
}

function protocolIn(key: string, value: string, port: ServicePort): Protocol | undefined {
  const { name, port: number } = port.declaration
  const whole = lookUp(WHOLE_SERVICE, key)
  if (whole !== undefined) {
    const protocol = lookUp(whole, value.toLowerCase())
    const sslPorts = annotationsOf(port.service.object)[AWS_SSL_PORTS] ?? '*'
    const isPlain = key === AWS_BACKEND && protocol !== 'http' && sslPorts !== '*' && !lists(sslPorts, port)
    return isPlain ? undefined : protocol
  }
  if (PER_PORT.includes(key)) {
    const ports = parsed(value)
    const said = lookUp(ports, name) ?? lookUp(ports, String(number))
    return typeof said === 'string' ? lookUp(GKE_PROTOCOLS, said.toUpperCase()) : undefined
  }
  const listed = lookUp(PORT_LISTS, key)
  return listed !== undefined && lists(value, port) ? listed : undefined
}

/** Whether a comma-separated list of names and numbers has the port. */
function lists(value: string, { declaration: { name, port } }: ServicePort): boolean {
  const ports = value.split(',').map(item => item.trim())
  return ports.includes(String(port)) || (name !== '' && ports.includes(name))
}

function parsed(text: string): { readonly [key: string]: Json } {
  try {
    const value: Json = JSON.parse(text)
    return isMap(value) ? value : {}
  } catch {
    return {}
  }
}

/** OpenShift makes a certificate for the Service; which of several ports serves it, only 443 and 8443 tell for sure. */
function* servingCertificates(port: ServicePort): Iterable<ProtocolEvidence> {
  for (const channel of ['beta', 'alpha']) {
    const key = `service.${channel}.openshift.io/serving-cert-secret-name`
    if (annotationsOf(port.service.object)[key] === undefined) continue
    const isSure = port.isOnlyTcpPort || port.declaration.port === 443 || port.declaration.port === 8443
    yield evidence(
      port,
      isSure ? 'serving certificate' : 'serving certificate for several ports',
      isSure ? 'definitive' : 'strong',
      'https',
      key,
      `${key} gives the Service a certificate`,
    )
    return
  }
}

/** Dapr's sidecar calls the application in the language that the pod's annotations name; without one, over HTTP. */
const DAPR_PROTOCOLS: Readonly<Record<string, Protocol>> = {
  http: 'http',
  https: 'https',
  h2c: 'http2',
  grpc: 'grpc',
  grpcs: 'https',
}

function* daprApps({ targets }: ServicePort): Iterable<ProtocolEvidence> {
  for (const { workload, number } of targets) {
    const annotations = annotationsOf(workload.pod.template)
    if (annotations['dapr.io/enabled'] !== 'true' || annotations['dapr.io/app-port'] !== String(number)) continue
    const said = annotations['dapr.io/app-protocol']
    const protocol = lookUp(DAPR_PROTOCOLS, said ?? 'http')
    if (protocol === undefined) continue
    const source = said === undefined ? 'Dapr app port' : 'Dapr app protocol'
    yield {
      class: said === undefined ? 'weak' : 'definitive',
      source,
      row: source,
      protocol,
      says: `Dapr calls port ${number} over ${said ?? 'http'}`,
      at: {
        resource: workload.resource,
        pointer: joined(workload.pod.at, pointer('metadata', 'annotations', 'dapr.io/app-port')),
      },
    }
  }
}

function evidence(
  { service }: ServicePort,
  source: string,
  level: EvidenceClass,
  protocol: Protocol,
  key: string,
  says: string,
): ProtocolEvidence {
  return {
    class: level,
    source,
    row: source,
    protocol,
    says,
    at: { resource: service, pointer: pointer('metadata', 'annotations', key) },
  }
}
