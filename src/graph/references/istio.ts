import { joined, pointer } from '../../pointer.ts'
import { at, isMap, stringAt, stringsAt } from '../../read/json.ts'
import { type KubeObject, labelsOf } from '../../read/resource.ts'
import type { Found, Referent, Row } from '../port-references.ts'
import { labelSelector } from '../selectors.ts'
import { member, numberIn, ONLY_PORT, type Place, places, portAt, portOf, serviceOfHost } from './places.ts'
import { moveKey } from './rename.ts'

/**
 * Istio's own objects. EnvoyFilter's `portName` is no row: Istio doesn't implement `listener.portName`, and
 * `routeConfiguration.portName` is the name of a Gateway's server (envoy_filter.proto).
 */
export const ISTIO: readonly Row[] = [
  {
    id: 'VirtualService destination',
    on: ['networking.istio.io/VirtualService'],
    source: 'istio virtual_service.proto PortSelector: a number (`name` is reserved)',
    names: 'service-port',
    references: object =>
      places(
        object,
        'spec.http.*.route.*.destination',
        'spec.http.*.mirror',
        'spec.http.*.mirrors.*.destination',
        'spec.tls.*.route.*.destination',
        'spec.tcp.*.route.*.destination',
      ).flatMap(destinationPort),
  },
  {
    id: 'DestinationRule port',
    on: ['networking.istio.io/DestinationRule'],
    source: 'istio destination_rule.proto PortTrafficPolicy.port: a number',
    names: 'service-port',
    references: object =>
      places(
        object,
        'spec.trafficPolicy.portLevelSettings.*',
        'spec.subsets.*.trafficPolicy.portLevelSettings.*',
      ).flatMap(settings => numberOfPort(settings, stringAt(object, 'spec', 'host'))),
  },
  {
    id: 'EnvoyFilter cluster',
    on: ['networking.istio.io/EnvoyFilter'],
    source: 'istio envoy_filter.proto ClusterMatch: service, and portNumber',
    names: 'service-port',
    references: object =>
      places(object, 'spec.configPatches.*.match.cluster').flatMap(cluster =>
        numberIn(cluster, 'portNumber', serviceOfHost(stringAt(cluster.value, 'service'))),
      ),
  },
  {
    id: 'PeerAuthentication port',
    on: ['security.istio.io/PeerAuthentication'],
    source: 'istio peer_authentication.proto portLevelMtls: numbers of the workload, not of the Service',
    names: 'container-port',
    references: object =>
      keysAt(object, 'spec.portLevelMtls', selectedPods(object)).filter(({ port }) => typeof port === 'number'),
  },
  {
    id: 'AuthorizationPolicy port',
    on: ['security.istio.io/AuthorizationPolicy'],
    source: 'istio authorization_policy.proto Operation.ports: numbers of the workload, written as text',
    names: 'container-port',
    references: object =>
      places(object, 'spec.rules.*.to.*.operation.ports.*', 'spec.rules.*.to.*.operation.notPorts.*')
        .flatMap(port => portAt(port, selectedPods(object)))
        .filter(({ port }) => typeof port === 'number'),
  },
  {
    id: 'WorkloadEntry ports',
    on: ['networking.istio.io/WorkloadEntry'],
    source: 'istio workload_entry.proto ports: keys are names of the Service port; istio/istio#33774',
    names: 'service-port',
    // Istio merges the labels of the metadata with those of the spec (pilot/pkg/serviceregistry/serviceentry).
    references: object =>
      keysAt(object, 'spec.ports', {
        type: 'selecting',
        labels: { ...labelsOf(object), ...stringsAt(object, 'spec', 'labels') },
      }),
    rename: moveKey,
  },
  {
    id: 'WorkloadGroup ports',
    on: ['networking.istio.io/WorkloadGroup'],
    source: 'istio workload_group.proto: the template of the WorkloadEntries that register',
    names: 'service-port',
    references: object =>
      keysAt(object, 'spec.template.ports', {
        type: 'selecting',
        labels: {
          ...stringsAt(object, 'spec', 'metadata', 'labels'),
          ...stringsAt(object, 'spec', 'template', 'labels'),
        },
      }),
    rename: moveKey,
  },
  {
    id: 'ServiceEntry endpoint ports',
    on: ['networking.istio.io/ServiceEntry'],
    source: "istio service_entry.proto endpoints: WorkloadEntries of the ServiceEntry's own ports",
    names: 'service-port',
    references: object => keysAt(object, 'spec.endpoints.*.ports', { type: 'self' }),
    rename: moveKey,
  },
]

/** A destination without a port means the only port of its Service (istio virtual_service.proto Destination). */
function destinationPort(destination: Place): readonly Found[] {
  const host = stringAt(destination.value, 'host')
  const to = serviceOfHost(host)
  if (at(destination.value, 'port') !== undefined || to === undefined) return numberOfPort(destination, host)
  return [{ at: destination.at, port: ONLY_PORT, to }]
}

/** The number in a PortSelector. */
function numberOfPort(place: Place, host: string | undefined): readonly Found[] {
  return numberIn(member(place, 'port'), 'number', serviceOfHost(host))
}

function selectedPods(object: KubeObject): Referent {
  return { type: 'pods', selector: labelSelector(at(object, 'spec', 'selector')), namespaces: 'own' }
}

/** The keys of a map, as ports. */
function keysAt(object: KubeObject, path: string, to: Referent): readonly Found[] {
  return places(object, path).flatMap(({ at, value }) =>
    isMap(value) ? Object.keys(value).map(key => ({ at: joined(at, pointer(key)), port: portOf(key) ?? key, to })) : [],
  )
}
