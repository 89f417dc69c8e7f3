import { at, listAt } from '../../read/json.ts'
import type { KubeObject } from '../../read/resource.ts'
import type { Namespaces, Referent, Row, ServicesByLabel } from '../port-references.ts'
import { labelSelector } from '../selectors.ts'
import { kindsOf, nameIn, places, portIn, serviceIn } from './places.ts'

/** Forks with the same API: Azure's managed Prometheus, the Cluster Observability Operator. */
const PROMETHEUS_GROUPS = ['monitoring.coreos.com', 'azmonitoring.coreos.com', 'monitoring.rhobs']

export const SERVICE_MONITORS = [
  ...kindsOf(PROMETHEUS_GROUPS, ['ServiceMonitor']),
  'operator.victoriametrics.com/VMServiceScrape',
]
const POD_MONITORS = [...kindsOf(PROMETHEUS_GROUPS, ['PodMonitor']), 'operator.victoriametrics.com/VMPodScrape']

/** Those who scrape metrics or send alerts. */
export const MONITORING: readonly Row[] = [
  {
    id: 'ServiceMonitor port',
    on: SERVICE_MONITORS,
    source: 'prometheus-operator monitoring/v1 Endpoint.Port: the name of the Service port',
    names: 'service-port',
    references: object => places(object, 'spec.endpoints.*').flatMap(entry => nameIn(entry, 'port', monitored(object))),
  },
  {
    id: 'ServiceMonitor targetPort',
    on: SERVICE_MONITORS,
    source: 'prometheus-operator monitoring/v1 Endpoint.TargetPort: of the pod behind the Service',
    names: 'container-port',
    references: object =>
      places(object, 'spec.endpoints.*').flatMap(entry =>
        portIn(entry, 'targetPort', { type: 'behind', services: monitored(object) }),
      ),
  },
  {
    id: 'PodMonitor port',
    on: POD_MONITORS,
    source: 'prometheus-operator monitoring/v1 PodMetricsEndpoint.Port, PortNumber, TargetPort',
    names: 'container-port',
    references: object =>
      places(object, 'spec.podMetricsEndpoints.*').flatMap(entry =>
        ['port', 'portNumber', 'targetPort'].flatMap(key => portIn(entry, key, pods(object, namespacesOf(object)))),
      ),
  },
  {
    id: 'Prometheus alertmanagers',
    on: kindsOf(PROMETHEUS_GROUPS, ['Prometheus']),
    source: 'prometheus-operator monitoring/v1 AlertmanagerEndpoints.Port',
    names: 'service-port',
    references: object =>
      places(object, 'spec.alerting.alertmanagers.*').flatMap(entry => portIn(entry, 'port', serviceIn(entry))),
  },
  {
    id: 'PodMonitoring port',
    on: ['monitoring.googleapis.com/PodMonitoring'],
    source: 'GoogleCloudPlatform/prometheus-engine ScrapeEndpoint.Port',
    names: 'container-port',
    references: object =>
      places(object, 'spec.endpoints.*').flatMap(entry => portIn(entry, 'port', pods(object, 'own'))),
  },
  {
    id: 'ClusterPodMonitoring port',
    on: ['monitoring.googleapis.com/ClusterPodMonitoring'],
    source: 'GoogleCloudPlatform/prometheus-engine ScrapeEndpoint.Port',
    names: 'container-port',
    references: object =>
      places(object, 'spec.endpoints.*').flatMap(entry => portIn(entry, 'port', pods(object, 'any'))),
  },
]

/** The Services that a ServiceMonitor selects. */
export function monitored(object: KubeObject): ServicesByLabel {
  return { type: 'services', selector: labelSelector(at(object, 'spec', 'selector')), namespaces: namespacesOf(object) }
}

function pods(object: KubeObject, namespaces: Namespaces): Referent {
  return { type: 'pods', selector: labelSelector(at(object, 'spec', 'selector')), namespaces }
}

/** prometheus-operator's NamespaceSelector: the own namespace where it says nothing. */
function namespacesOf(object: KubeObject): Namespaces {
  if (at(object, 'spec', 'namespaceSelector', 'any') === true) return 'any'
  const names = listAt(object, 'spec', 'namespaceSelector', 'matchNames').filter(name => typeof name === 'string')
  return names.length > 0 ? names : 'own'
}
