import { at, lookUp, numberAt, stringAt } from '../read/json.ts'
import type { Json } from '../read/tree.ts'
import type { Profile } from './detector.ts'

/** The protocols that Istio knows (pkg/config/protocol/instance.go), in its own spelling but lower-cased. */
export type Protocol =
  | 'http'
  | 'http_proxy'
  | 'http2'
  | 'https'
  | 'grpc'
  | 'grpc-web'
  | 'tcp'
  | 'tls'
  | 'mongo'
  | 'redis'
  | 'mysql'
  | 'udp'

/** Those that the name of a TCP port can declare. */
export const DECLARABLE = [
  'grpc',
  'grpc-web',
  'http',
  'http2',
  'https',
  'mongo',
  'mysql',
  'redis',
  'tcp',
  'tls',
] as const satisfies readonly Protocol[]

/** What a Service port says about itself, as Istio reads it. */
export interface PortDeclaration {
  readonly port: number | undefined
  readonly name: string
  /** The L4 protocol, `TCP` where the manifest names none. */
  readonly protocol: string
  /** Null counts as absent, like in the API. */
  readonly appProtocol: string | undefined
}

const WORDS: ReadonlySet<string> = new Set<Protocol>([
  'http',
  'http_proxy',
  'http2',
  'https',
  'grpc',
  'grpc-web',
  'tcp',
  'tls',
  'mongo',
  'redis',
  'mysql',
  'udp',
])

/** The words of the page "Requirements for Pods and Services", which knew no others (Istio up to 1.2). */
const CLASSIC_WORDS: ReadonlySet<string> = new Set<Protocol>([
  'grpc',
  'http',
  'http2',
  'https',
  'mongo',
  'redis',
  'tcp',
  'tls',
  'udp',
])

/** SMTP, DNS, MySQL, MongoDB: the server speaks first, so Istio takes them for TCP (pkg/config/kube/conversion.go). */
const WELL_KNOWN_TCP: ReadonlySet<number> = new Set([25, 53, 3306, 27017])

const KUBERNETES_APP_PROTOCOLS: Readonly<Record<string, Protocol>> = {
  'kubernetes.io/h2c': 'http2',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'https',
}

/** Reads an entry of a Service's `spec.ports`. */
export function declarationOf(port: Json): PortDeclaration {
  const appProtocol = at(port, 'appProtocol')
  return {
    port: numberAt(port, 'port'),
    name: stringAt(port, 'name') ?? '',
    protocol: stringAt(port, 'protocol') || 'TCP',
    appProtocol: typeof appProtocol === 'string' ? appProtocol : undefined,
  }
}

/**
 * The protocol that Istio gives a Service port; undefined where it gives none (auto-detection, or plain TCP in
 * `classic`). Istio's `ConvertProtocol` (pkg/config/kube/conversion.go) to the letter; in `classic` the page's rule.
 */
export function convertProtocol(port: PortDeclaration, profile: Profile): Protocol | undefined {
  if (port.protocol === 'UDP') return 'udp'
  if (profile === 'classic') return classicProtocol(port.name)

  const { appProtocol } = port
  const kubernetes = lookUp(KUBERNETES_APP_PROTOCOLS, appProtocol ?? '')
  if (kubernetes !== undefined) return kubernetes
  const declared = prefixProtocol(appProtocol ?? port.name)
  if (declared !== undefined) return declared
  return port.port !== undefined && WELL_KNOWN_TCP.has(port.port) ? 'tcp' : undefined
}

/** The protocol that a name starts with, by today's words: `http-web` gives http, `grpc-webfoo` grpc-web. */
export function prefixProtocol(name: string): Protocol | undefined {
  const lower = name.toLowerCase()
  if (lower.startsWith('grpc-web')) return 'grpc-web'
  return parsed(lower.split('-', 1)[0] ?? '', WORDS)
}

function classicProtocol(name: string): Protocol | undefined {
  return parsed(name.toLowerCase().split('-', 1)[0] ?? '', CLASSIC_WORDS)
}

function parsed(word: string, words: ReadonlySet<string>): Protocol | undefined {
  return words.has(word) ? (word as Protocol) : undefined
}

/** Protocols that the proxy handles alike: two of one class on the same container port are no conflict. */
export type ProtocolClass = 'http' | 'http2' | 'tcp'

const CLASSES: Readonly<Partial<Record<Protocol, ProtocolClass>>> = {
  http: 'http',
  http_proxy: 'http',
  'grpc-web': 'http',
  http2: 'http2',
  grpc: 'http2',
  tcp: 'tcp',
  tls: 'tcp',
  https: 'tcp',
  mongo: 'tcp',
  redis: 'tcp',
  mysql: 'tcp',
}

/** How the proxy handles a protocol; undefined for UDP, which it doesn't. */
export function classOf(protocol: Protocol): ProtocolClass | undefined {
  return CLASSES[protocol]
}

/** The nearest protocol that the profile has a word for: the page knew neither gRPC-Web nor MySQL. */
export function spoken(protocol: Protocol, profile: Profile): Protocol {
  if (profile !== 'classic') return protocol
  if (protocol === 'grpc-web') return 'http'
  if (protocol === 'mysql') return 'tcp'
  return protocol
}
