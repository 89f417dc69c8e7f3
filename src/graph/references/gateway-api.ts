import { stringAt } from '../../read/json.ts'
import type { Row } from '../port-references.ts'
import { kindsOf, nameIn, numberIn, type Place, places, serviceIn } from './places.ts'

const ROUTES = kindsOf(['gateway.networking.k8s.io'], ['HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute', 'UDPRoute'])

/** The Gateway API, for gateways and for meshes (GAMMA). */
export const GATEWAY_API: readonly Row[] = [
  {
    id: 'Route backendRef',
    on: ROUTES,
    source: 'gateway-api apis/v1 BackendObjectReference.Port: a number',
    names: 'service-port',
    references: object =>
      places(
        object,
        'spec.rules.*.backendRefs.*',
        'spec.rules.*.backendRefs.*.filters.*.requestMirror.backendRef',
        'spec.rules.*.filters.*.requestMirror.backendRef',
      )
        .filter(backend => isService(backend, 'Service'))
        .flatMap(backend => numberIn(backend, 'port', serviceIn(backend))),
  },
  {
    id: 'Route parentRef',
    on: ROUTES,
    source: 'gateway-api apis/v1 ParentReference: sectionName of a Service is a port name',
    names: 'service-port',
    references: object =>
      places(object, 'spec.parentRefs.*')
        .filter(parent => isService(parent))
        .flatMap(parent => [
          ...nameIn(parent, 'sectionName', serviceIn(parent)),
          ...numberIn(parent, 'port', serviceIn(parent)),
        ]),
  },
  {
    id: 'policy targetRef',
    // BackendTLSPolicy, and the policies of every implementation.
    on: 'any',
    source: 'gateway-api apis/v1/policy_types.go: sectionName of a Service is a port name, and must exist',
    names: 'service-port',
    references: object =>
      places(object, 'spec.targetRefs.*', 'spec.targetRef')
        .filter(target => isService(target))
        .flatMap(target => nameIn(target, 'sectionName', serviceIn(target))),
  },
]

/** Whether a reference means a core Service. The core group is often left out where it must not be. */
function isService({ value }: Place, defaultKind?: string): boolean {
  const group = stringAt(value, 'group') ?? ''
  return (stringAt(value, 'kind') ?? defaultKind) === 'Service' && (group === '' || group === 'core')
}
