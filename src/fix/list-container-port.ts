import type { Context } from '../detect/detector.ts'
import type { Listener } from '../detect/listening-container.ts'
import { isCustomWorkload, UNKNOWN_CONTROLLER } from '../detect/workloads.ts'
import type { ResourceGraph, Workload } from '../graph/graph.ts'
import type { Container } from '../graph/pod-template.ts'
import type { Operation } from '../json-patch.ts'
import { joined, pointer } from '../pointer.ts'
import { at, stringAt } from '../read/json.ts'
import { annotationsOf, mayShareNamespace, nameOf, namespaceOf, type Resource } from '../read/resource.ts'
import { containerName } from './container-ports.ts'
import type { Fix } from './fixer.ts'

/** The fix that lists a port at the container that listens on it: without a name, which would give others a meaning. */
export function listingFix(
  workload: Workload,
  port: { readonly number: number; readonly protocol: string },
  listener: Listener,
  graph: ResourceGraph,
  context: Context,
): Fix {
  const { container, source, says, at: place } = listener
  const { number, protocol } = port
  const value = protocol === 'TCP' ? { containerPort: number } : { containerPort: number, protocol }
  const ports = joined(container.at, pointer('ports'))
  const hasPorts = Array.isArray(container.object['ports'])
  const cautions = listingCautions(workload, graph, context)
  return {
    title: `list port ${number}${protocol === 'TCP' ? '' : `/${protocol}`} at container "${containerName(container)}"`,
    safety: cautions.length > 0 ? 'unsafe' : 'safe',
    cautions,
    evidence: [
      {
        class: source === 'probe' ? 'definitive' : 'strong',
        source: `listening container: ${source}`,
        says,
        at: { resource: workload.resource, pointer: place },
      },
    ],
    impact: 'restart',
    changes: [
      {
        resource: workload.resource,
        operations: [
          ...guardOf(container),
          hasPorts ? { op: 'add', path: joined(ports, '/-'), value } : { op: 'add', path: ports, value: [value] },
        ],
      },
    ],
  }
}

/** The test that makes a patch fail rather than hit another container. */
function guardOf(container: Container): readonly Operation[] {
  const value = stringAt(container.object, 'name')
  return value === undefined ? [] : [{ op: 'test', path: joined(container.at, '/name'), value }]
}

/** Why listing a port does more than say what is so. */
function listingCautions({ resource, pod }: Workload, graph: ResourceGraph, { profile }: Context): readonly string[] {
  const { kind } = resource.object
  const cautions: string[] = isCustomWorkload(resource) ? [UNKNOWN_CONTROLLER] : []
  if (profile !== 'classic' && (kind === 'StatefulSet' || kind === 'DaemonSet'))
    cautions.push(`it restarts the pods of a ${kind} for what today's Istio no longer demands`)
  const canary = publisherOf(resource, graph)
  if (canary !== undefined)
    cautions.push(`Canary "${nameOf(canary.object)}" has portDiscovery, by which Flagger publishes every listed port`)
  const annotations = annotationsOf(pod.template)
  if (annotations['prometheus.io/scrape'] === 'true' && annotations['prometheus.io/port'] === undefined)
    cautions.push('prometheus.io/scrape names no port, so Prometheus scrapes every listed one')
  return cautions
}

function publisherOf({ object }: Resource, graph: ResourceGraph): Resource | undefined {
  for (const canary of graph.ofKind('Canary', nameOf(object))) {
    const isMeant = (at(canary.object, 'spec', 'targetRef', 'kind') ?? 'Deployment') === object.kind
    if (at(canary.object, 'spec', 'service', 'portDiscovery') !== true || !isMeant) continue
    if (mayShareNamespace(namespaceOf(canary.object), namespaceOf(object))) return canary
  }
  return undefined
}
