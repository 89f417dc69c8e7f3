import type { ResourceGraph, Workload } from '../graph/graph.ts'
import { at, type JsonMap, listAt, stringAt } from '../read/json.ts'
import { annotationsOf, labelsOf, namespaceOf, type Resource } from '../read/resource.ts'

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
  return injectionOf(pod.template) !== 'false'
}

/** Whether a namespace is not one of the system's, and none of its manifests takes it out. */
export function isNamespaceInMesh(namespace: string | undefined, graph: ResourceGraph): boolean {
  if (namespace === undefined) return true
  if (SYSTEM_NAMESPACES.has(namespace)) return false
  return !graph.namespacesNamed(namespace).some(({ object }) => {
    const labels = labelsOf(object)
    return labels['istio-injection'] === 'disabled' || labels['istio.io/dataplane-mode'] === 'none'
  })
}

/**
 * Whether istioctl takes a workload's pods for part of the mesh (analyzers/util/in_mesh.go), which is narrower than what
 * injection does: it doesn't know `istio.io/rev`. A namespace whose manifest is elsewhere is taken for an injected one.
 */
export function isInMeshForIstioctl({ resource, pod }: Workload, graph: ResourceGraph): boolean {
  const proxy = listAt(pod.template, 'spec', 'containers').find(item => stringAt(item, 'name') === 'istio-proxy')
  if (stringAt(proxy, 'image')) return true
  const injection = injectionOf(pod.template)
  if (injection !== undefined) return injection === 'true'
  const namespaces = graph.namespacesNamed(namespaceOf(resource.object) ?? 'default')
  return namespaces.length === 0 || namespaces.some(({ object }) => labelsOf(object)['istio-injection'] === 'enabled')
}

/** Istio's control plane, as istioctl's IsIstioControlPlane knows it. */
export function isControlPlane(object: JsonMap): boolean {
  const labels = labelsOf(object)
  return labels['istio'] !== undefined || labels['release'] === 'istio'
}

/** Whether a workload is Istio's own: its control plane or a gateway, by the object or by its template. */
export function isIstioWorkload({ resource, pod: { template } }: Workload): boolean {
  return isExempt(resource.object) || isExempt(template) || isGatewayPod(template)
}

/** Whether a template makes a gateway's own pods: a proxy and nothing else, installed by hand or made for a Gateway. */
export function isGatewayPod(template: JsonMap): boolean {
  const labels = labelsOf(template)
  if (/gateway$/.test(labels['istio'] ?? '')) return true
  if (GATEWAY_LABELS.some(label => labels[label] !== undefined)) return true
  const templates = annotationsOf(template)['inject.istio.io/templates'] ?? labels['inject.istio.io/templates'] ?? ''
  return templates.split(',').some(name => name.trim() === 'gateway')
}

/** What Istio's controllers put on the pods that they make for a Gateway; the second name is the older one. */
const GATEWAY_LABELS = ['gateway.networking.k8s.io/gateway-name', 'istio.io/gateway-name', 'gateway.istio.io/managed']

/** Whether the pods ask for a proxy or against one; a label beats an annotation. */
function injectionOf(template: JsonMap): string | undefined {
  return labelsOf(template)['sidecar.istio.io/inject'] ?? annotationsOf(template)['sidecar.istio.io/inject']
}

/** Istio's control plane, and what its gateway controllers made. */
function isExempt(object: JsonMap): boolean {
  return isControlPlane(object) || GATEWAY_CONTROLLERS.has(labelsOf(object)['gateway.istio.io/managed'] ?? '')
}
