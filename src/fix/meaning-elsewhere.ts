import type { Referrer } from '../graph/graph.ts'
import { skippedRouteTo } from '../graph/skipped.ts'
import { stringAt } from '../read/json.ts'
import { annotationsOf, nameOf, type Resource } from '../read/resource.ts'
import type { ServicePort } from './service-port.ts'

/** Kinds that lead traffic into a Service and may be served by a controller that reads appProtocol. */
const ROUTES: ReadonlySet<string> = new Set([
  'Ingress',
  'HTTPRoute',
  'GRPCRoute',
  'TLSRoute',
  'TCPRoute',
  'IngressRoute',
  'IngressRouteTCP',
  'TraefikService',
  'HTTPProxy',
])

/** Why a port's new name would mean something to another controller as well. */
export function nameCautions({ referrers, declaration }: ServicePort, name: string): readonly string[] {
  if (!name.startsWith('https') || declaration.name.startsWith('https') || declaration.port === 443) return []
  const traefik = referrers.find(({ resource }) => mayBeTraefik(resource))
  if (traefik === undefined) return []
  return [`Traefik speaks TLS to ports whose names start with "https", and may serve ${titleOf(traefik)}`]
}

/** Why an appProtocol on a port would mean something to another controller as well. */
export function appProtocolCautions({ service, graph }: ServicePort): readonly string[] {
  const cautions: string[] = []
  if (stringAt(service.object, 'spec', 'type') === 'LoadBalancer') {
    cautions.push('on a LoadBalancer, Azure takes appProtocol for the protocol of its health probe')
  }
  const route = graph.referencesTo(service).find(({ resource }) => ROUTES.has(resource.object.kind))
  if (route !== undefined) cautions.push(`the controller behind ${titleOf(route)} may read appProtocol, too`)
  const skipped = skippedRouteTo(service, ROUTES, graph)
  if (skipped !== undefined) cautions.push(`${skipped} was skipped and may be a route to this Service`)
  if (Object.keys(annotationsOf(service.object)).some(key => key.startsWith('projectcontour.io/upstream-protocol.'))) {
    cautions.push('Contour ignores its upstream-protocol annotation once appProtocol is set')
  }
  return cautions
}

function mayBeTraefik({ object }: Resource): boolean {
  if (object.kind.startsWith('IngressRoute') || object.kind === 'TraefikService' || object.kind === 'HTTPRoute')
    return true
  if (object.kind !== 'Ingress') return false
  const annotations = annotationsOf(object)
  const className = stringAt(object, 'spec', 'ingressClassName') ?? annotations['kubernetes.io/ingress.class']
  if (className !== undefined) return className.includes('traefik')
  return !Object.keys(annotations).some(key => /^(nginx|alb)\.ingress\.kubernetes\.io\//.test(key))
}

function titleOf({ resource }: Referrer): string {
  return `${resource.object.kind} "${nameOf(resource.object)}"`
}
