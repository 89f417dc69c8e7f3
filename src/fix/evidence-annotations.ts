import type { Protocol } from '../detect/protocol.ts'
import { pointer } from '../pointer.ts'
import { isMap, lookUp } from '../read/json.ts'
import { annotationsOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import type { EvidenceClass, ProtocolEvidence } from './fixer.ts'
import type { EvidenceSource, ServicePort } from './service-port.ts'

/** ProtocolEvidence in a Service's own annotations, which tell other controllers what its ports speak. */
export const annotationSources: readonly EvidenceSource[] = [backendProtocols, servingCertificates]

/** How a whole Service, or a list of its ports, is annotated: annotation → value → protocol. */
const WHOLE_SERVICE: Readonly<Record<string, Readonly<Record<string, Protocol>>>> = {
  // AWS: `tcp` says only that the balancer works at layer 4.
  'service.beta.kubernetes.io/aws-load-balancer-backend-protocol': { http: 'http', https: 'https', ssl: 'tls' },
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
}

function* backendProtocols(port: ServicePort): Iterable<ProtocolEvidence> {
  const annotations = annotationsOf(port.service.object)
  for (const [key, value] of Object.entries(annotations)) {
    const protocol = protocolIn(key, value, port)
    if (protocol !== undefined)
      yield evidence(port, 'backend protocol annotation', 'definitive', protocol, key, `${key}: ${value}`)
  }
}

function protocolIn(key: string, value: string, { declaration: { name, port } }: ServicePort): Protocol | undefined {
  const whole = lookUp(WHOLE_SERVICE, key)
  if (whole !== undefined) return lookUp(whole, value.toLowerCase())
  if (PER_PORT.includes(key)) {
    const ports = parsed(value)
    const said = lookUp(ports, name) ?? lookUp(ports, String(port))
    return typeof said === 'string' ? lookUp(GKE_PROTOCOLS, said.toUpperCase()) : undefined
  }
  const listed = lookUp(PORT_LISTS, key)
  if (listed === undefined) return undefined
  const ports = value.split(',').map(item => item.trim())
  return ports.includes(String(port)) || (name !== '' && ports.includes(name)) ? listed : undefined
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
