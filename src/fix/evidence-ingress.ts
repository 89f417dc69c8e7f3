import type { Protocol } from '../detect/protocol.ts'
import { lookUp } from '../read/json.ts'
import { annotationsOf, type KubeObject } from '../read/resource.ts'

/** An annotation of an Ingress that says how its controller speaks to the backends. */
interface BackendAnnotation {
  readonly key: string
  readonly value: string
  readonly protocol: Protocol
}

/** ingress-nginx, AWS, Azure, haproxy-ingress, HAProxy, Traefik 1: annotation → value → protocol, what beats others first. */
const BACKENDS: Readonly<Record<string, Readonly<Record<string, Protocol>>>> = {
  'nginx.ingress.kubernetes.io/ssl-passthrough': { true: 'tls' },
  'haproxy-ingress.github.io/ssl-passthrough': { true: 'tls' },
  'haproxy.org/ssl-passthrough': { true: 'tls' },
  // With HTTPS the version below is spoken inside TLS.
  'alb.ingress.kubernetes.io/backend-protocol': { https: 'https' },
  'alb.ingress.kubernetes.io/backend-protocol-version': { grpc: 'grpc', http2: 'http2', http1: 'http' },
  'nginx.ingress.kubernetes.io/backend-protocol': {
    http: 'http',
    https: 'https',
    grpc: 'grpc',
    grpcs: 'https',
    fcgi: 'tcp',
  },
  // Before ingress-nginx 0.21.
  'nginx.ingress.kubernetes.io/secure-backends': { true: 'https' },
  'nginx.ingress.kubernetes.io/grpc-backend': { true: 'grpc' },
  'appgw.ingress.kubernetes.io/backend-protocol': { http: 'http', https: 'https' },
  'haproxy-ingress.github.io/backend-protocol': {
    h1: 'http',
    h2: 'http2',
    'h1-ssl': 'https',
    'h2-ssl': 'https',
    grpc: 'grpc',
    grpcs: 'https',
  },
  'haproxy.org/server-ssl': { true: 'https' },
  'ingress.kubernetes.io/protocol': { http: 'http', https: 'https', h2c: 'http2' },
}

/** NGINX's own controller lists the Services that it speaks so to. */
const SERVICE_LISTS: Readonly<Record<string, Protocol>> = {
  'nginx.org/ssl-services': 'https',
  'nginx.org/grpc-services': 'grpc',
  'nginx.org/websocket-services': 'http',
}

/** What an Ingress's annotations say of the backends that are a Service's; AWS's plain HTTP is what it does anyway. */
export function backendAnnotation(ingress: KubeObject, service: string): BackendAnnotation | undefined {
  const annotations = annotationsOf(ingress)
  for (const [key, protocols] of Object.entries(BACKENDS)) {
    const value = annotations[key] ?? ''
    const protocol = lookUp(protocols, value.toLowerCase())
    if (protocol !== undefined) return { key, value, protocol }
  }
  for (const [key, protocol] of Object.entries(SERVICE_LISTS)) {
    const value = annotations[key] ?? ''
    if (value.split(',').some(item => item.trim() === service)) return { key, value, protocol }
  }
  return undefined
}
