import { at, stringAt } from '../../read/json.ts'
import type { KubeObject } from '../../read/resource.ts'
import type { Row, ServiceByName } from '../port-references.ts'
import { kindsOf, numberIn, type Place, places, portIn, portOf, service, serviceIn, serviceOfHost } from './places.ts'
import { type Spot, textRow } from './rename.ts'

const TRAEFIK_GROUPS = ['traefik.io', 'traefik.containo.us']
const EMISSARY_GROUPS = ['getambassador.io', 'x.getambassador.io']

/** The objects of ingress controllers and load balancers; what they read from annotations stands in `annotations.ts`. */
export const INGRESS_CONTROLLERS: readonly Row[] = [
  {
    id: 'Route targetPort',
    on: ['route.openshift.io/Route', '/Route'],
    source: 'openshift/api route/v1 RoutePort: a name is that of the endpoint port, so of the Service port',
    names: 'service-port',
    references: object =>
      routePorts(object, 'string').flatMap(port => routeServices(object).flatMap(to => portIn(port, 'targetPort', to))),
  },
  {
    id: 'Route targetPort number',
    on: ['route.openshift.io/Route', '/Route'],
    source: 'openshift/api route/v1 RoutePort: a number is that of the endpoint, so of the pod',
    names: 'container-port',
    references: object =>
      routePorts(object, 'number').flatMap(port =>
        routeServices(object).flatMap(services => portIn(port, 'targetPort', { type: 'behind', services })),
      ),
  },
  {
    id: 'Traefik service',
    on: kindsOf(TRAEFIK_GROUPS, ['IngressRoute', 'IngressRouteTCP', 'IngressRouteUDP', 'TraefikService', 'Middleware']),
    source: 'traefik v1alpha1 LoadBalancerSpec.Port: a name or a number',
    names: 'service-port',
    references: object =>
      places(
        object,
        'spec.routes.*.services.*',
        'spec.weighted.services.*',
        'spec.highestRandomWeight.services.*',
        'spec.mirroring',
        'spec.mirroring.mirrors.*',
        'spec.failover.service',
        'spec.failover.fallback',
        'spec.errors.service',
      )
        .filter(({ value }) => (stringAt(value, 'kind') || 'Service') === 'Service')
        .flatMap(entry => portIn(entry, 'port', serviceIn(entry))),
  },
  {
    id: 'HTTPProxy service',
    on: ['projectcontour.io/HTTPProxy', 'projectcontour.io/ExtensionService', 'contour.heptio.com/IngressRoute'],
    source: 'contour httpproxy.go Service.Port: a number',
    names: 'service-port',
    references: object =>
      places(object, 'spec.routes.*.services.*', 'spec.tcpproxy.services.*', 'spec.services.*').flatMap(entry =>
        numberIn(entry, 'port', serviceIn(entry)),
      ),
  },
  {
    id: 'TargetGroupBinding serviceRef',
    on: ['elbv2.k8s.aws/TargetGroupBinding'],
    source: 'aws-load-balancer-controller ServiceReference.Port: a name or a number',
    names: 'service-port',
    references: object =>
      places(object, 'spec.serviceRef').flatMap(reference =>
        portIn(reference, 'port', service(stringAt(reference.value, 'name'))),
      ),
  },
  textRow({
    id: 'ingress-nginx tcp-services',
    on: ['/ConfigMap'],
    source: 'ingress-nginx exposing-tcp-udp-services.md: external port: "namespace/service:port[:PROXY]"',
    names: 'service-port',
    spots: object => places(object, 'data.*').flatMap(streamService),
  }),
  textRow({
    id: 'Emissary service',
    on: kindsOf(EMISSARY_GROUPS, [
      ...['Mapping', 'TCPMapping', 'AmbassadorMapping', 'AmbassadorTCPMapping'],
      ...['AuthService', 'RateLimitService', 'TracingService', 'LogService'],
    ]),
    source: 'emissary endpoint_routing.go: "[scheme://]host[:port]", 80 or 443 by default',
    names: 'service-port',
    spots: object => places(object, 'spec.service', 'spec.auth_service').flatMap(upstream),
  }),
]

function routePorts(object: KubeObject, type: 'string' | 'number'): readonly Place[] {
  return places(object, 'spec.port').filter(port => typeof portOf(at(port.value, 'targetPort')) === type)
}

function routeServices(object: KubeObject): readonly ServiceByName[] {
  return places(object, 'spec.to', 'spec.alternateBackends.*')
    .filter(({ value }) => (stringAt(value, 'kind') || 'Service') === 'Service')
    .flatMap(({ value }) => service(stringAt(value, 'name')) ?? [])
}

function streamService({ at: place, value }: Place): readonly Spot[] {
  const externalPort = place.split('/').at(-1) ?? ''
  const match = /^\s*([a-z0-9-]+)\/([a-z0-9-]+):([A-Za-z0-9-]+)(?::|\s*$)/d.exec(typeof value === 'string' ? value : '')
  return /^\d+$/.test(externalPort) ? spotOf(match, place, 3, service(match?.[2], match?.[1])) : []
}

function upstream({ at: place, value }: Place): readonly Spot[] {
  const match = /^(?:(\w+):\/\/)?([^:/?#\s]+)(?::([A-Za-z0-9-]+))?/d.exec(typeof value === 'string' ? value : '')
  const to = serviceOfHost(match?.[2])
  if (match?.[3] !== undefined) return spotOf(match, place, 3, to)
  return to === undefined ? [] : [{ at: place, port: match?.[1] === 'https' ? 443 : 80, to, start: 0, end: 0 }]
}

/** The port that a group of a match names. */
function spotOf(
  match: RegExpExecArray | null,
  place: Place['at'],
  group: number,
  to: ServiceByName | undefined,
): readonly Spot[] {
  const [start, end] = match?.indices?.[group] ?? []
  const port = portOf(match?.[group])
  if (start === undefined || end === undefined || port === undefined || to === undefined) return []
  return [{ at: place, port, to, start, end }]
}
