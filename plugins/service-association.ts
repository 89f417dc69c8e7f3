import { defineDetector } from '../src/detect/detector.ts'
import { isWorkloadInMesh } from '../src/detect/mesh.ts'
import { isCustomWorkload, isOwned } from '../src/detect/workloads.ts'
import { joined } from '../src/pointer.ts'
import { areSeparated, labelsOf, type Resource } from '../src/read/resource.ts'

/** Kinds whose pods serve. Knative's make Services of their own. */
const KINDS: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Rollout',
  'DeploymentConfig',
  'ReplicaSet',
  'ReplicationController',
  'Pod',
])

/**
 * Up to Istio 1.19 the page asked that every pod belongs to a Service; Istio's own analyzer for it was retired in 1.20
 * (istio/istio#46481). What another object owns belongs to a Service through its owner's pods.
 */
export default defineDetector({
  id: 'service-association',
  title: 'Pods belong to at least one Service',
  docs: 'https://istio.io/latest/docs/ops/deployment/application-requirements/',
  checks: { service: { classic: 'warning', sidecar: 'info', cni: 'info' } },

  *detect(resource, graph, { profile, all }) {
    const workload = graph.workload(resource)
    const isServing = KINDS.has(resource.object.kind) || isCustomWorkload(resource)
    if (workload === undefined || !isServing || isOwned(resource.object)) return
    if (Object.keys(labelsOf(workload.pod.template)).length === 0) return
    if (!all && !isWorkloadInMesh(workload, graph)) return
    for (const service of graph.servicesThatMaySelect(workload)) if (!areInTwoScopes(service, resource)) return
    const consequence =
      profile === 'classic'
        ? 'which Istio asks for even where they expose no port'
        : "which today's Istio no longer asks for"
    yield {
      check: 'service',
      resource,
      at: joined(workload.pod.at, '/metadata/labels'),
      message: `the pods belong to no Service, ${consequence}`,
      subject: 'service',
      data: undefined,
    }
  },
})

/** What two kustomizations build is applied apart; what none builds may be applied with either. */
function areInTwoScopes(one: Resource, other: Resource): boolean {
  return one.scope !== undefined && other.scope !== undefined && areSeparated(one, other)
}
