import type { ResourceGraph, Workload } from '../graph/graph.ts'
import { at, type JsonMap } from '../read/json.ts'
import { annotationsOf, labelsOf, nameOf, namespaceOf, type Resource } from '../read/resource.ts'

/** istioctl's ignored namespaces (pkg/kube/inject/initializer.go), and the control plane's own. */
const SYSTEM_NAMESPACES: ReadonlySet<string> = new Set([
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
  'istio-system',
])

/** Values of `gateway.istio.io/managed`: Istio makes such objects itself. */
const GATEWAY_CONTROLLERS: ReadonlySet<string> = new Set([
  'istio.io-gateway-controller',
  'istio.io-mesh-controller',
  'istio.io-eastwest-controller',
])

/**
 * Whether a Service is part of the mesh: not in a system namespace or one without injection, no part of Istio, and not
 * one that selects pods of which all are out.
 */
export function isServiceInMesh(service: Resource, graph: ResourceGraph): boolean {
  if (isExempt(service.object) || !isNamespaceInMesh(namespaceOf(service.object), graph)) return false
  const workloads = graph.workloadsOf(service)
  return workloads.length === 0 || workloads.some(workload => isWorkloadInMesh(workload, graph))
}

/** Whether a workload's pods get a proxy: not in a namespace that is out, not on the host's network, not opted out. */
export function isWorkloadInMesh({ resource, pod }: Workload, graph: ResourceGraph): boolean {
  if (isExempt(resource.object) || !isNamespaceInMesh(namespaceOf(resource.object), graph)) return false
  if (at(pod.template, 'spec', 'hostNetwork') === true) return false
  const inject =
    labelsOf(pod.template)['sidecar.istio.io/inject'] ?? annotationsOf(pod.template)['sidecar.istio.io/inject']
  return inject !== 'false'
}

/** Whether a workload is Istio's own: its control plane or a gateway, by the object, the template's labels or how it is injected. */
export function isIstioWorkload({ resource, pod: { template } }: Workload): boolean {
  if (isExempt(resource.object) || isExempt(template)) return true
  if (labelsOf(template)['gateway.networking.k8s.io/gateway-name'] !== undefined) return true
  return annotationsOf(template)['inject.istio.io/templates']?.split(',').includes('gateway') ?? false
}

/** Istio's control plane (istioctl's IsIstioControlPlane) and what its gateway controllers made. */
function isExempt(object: JsonMap): boolean {
  const labels = labelsOf(object)
  if (labels['istio'] !== undefined || labels['release'] === 'istio') return true
  return GATEWAY_CONTROLLERS.has(labels['gateway.istio.io/managed'] ?? '')
}

function isNamespaceInMesh(namespace: string | undefined, graph: ResourceGraph): boolean {
  if (namespace === undefined) return true
  if (SYSTEM_NAMESPACES.has(namespace)) return false
  for (const { object } of graph.ofKind('Namespace')) {
    if (nameOf(object) !== namespace) continue
    const labels = labelsOf(object)
    if (labels['istio-injection'] === 'disabled' || labels['istio.io/dataplane-mode'] === 'none') return false
  }
  return true
}
