import { askedPorts, askersNamed } from '../src/detect/asked-ports.ts'
import { type Context, defineDetector, type Finding } from '../src/detect/detector.ts'
import { isMissedByKiali } from '../src/detect/kiali.ts'
import { listenerOn } from '../src/detect/listening-container.ts'
import { isServiceInMesh, isWorkloadInMesh } from '../src/detect/mesh.ts'
import { declarationOf } from '../src/detect/protocol.ts'
import { portsTakenBy, portsTakenThrough, proxyPort, type TakenPort } from '../src/detect/proxy-ports.ts'
import { listedPorts } from '../src/graph/container-ports.ts'
import type { ResourceGraph, Workload } from '../src/graph/graph.ts'
import { joined, type Pointer, pointer } from '../src/pointer.ts'
import { listAt, stringAt } from '../src/read/json.ts'
import { groupOf, type Resource, titleOf } from '../src/read/resource.ts'

/** What is wrong with a port of a pod, or with the Service port that leads to it. */
export type PodPortFinding =
  | { readonly fault: 'unlisted'; readonly workload: Workload; readonly number: number; readonly protocol: string }
  /** The place in the Service's ports, and the workloads in which it leads nowhere. */
  | { readonly fault: 'unresolved'; readonly index: number; readonly workloads: readonly Workload[] }
  | { readonly fault: 'reserved' }

/**
 * Up to Istio 1.2 the proxy took only the ports that a pod lists as `containerPort`. Today it takes all, and the list
 * still gives the names that a `targetPort` may use.
 */
export default defineDetector<PodPortFinding>({
  id: 'pod-ports',
  title: 'Pods list the ports that their containers listen on',
  docs: 'https://istio.io/latest/docs/ops/deployment/application-requirements/',
  checks: {
    'unlisted-port': { classic: 'error', sidecar: 'info', cni: 'info' },
    'unresolved-target-port': { classic: 'warning', sidecar: 'warning', cni: 'warning', ambient: 'warning' },
    'proxy-port': { classic: 'error', sidecar: 'error', cni: 'error' },
    'reserved-port': { classic: 'warning', sidecar: 'warning', cni: 'warning' },
  },

  *detect(resource, graph, context) {
    if (graph.isService(resource)) {
      if (!context.all && !isServiceInMesh(resource, graph)) return
      const workloads = graph.workloadsOf(resource).filter(workload => isLookedAt(workload, graph, context))
      yield* unresolvedTargetPorts(resource, workloads)
      for (const taken of portsTakenThrough(resource, workloads)) yield reservedPort(resource, taken)
      return
    }
    const workload = graph.workload(resource)
    if (workload === undefined || !isLookedAt(workload, graph, context)) return
    yield* unlistedPorts(workload, graph, context)
    for (const taken of portsTakenBy(workload, graph)) yield reservedPort(resource, taken)
  },
})

/** Knative decides itself where its pods listen; a job's pods listen only where a Service leads to them. */
function isLookedAt(workload: Workload, graph: ResourceGraph, { all }: Context): boolean {
  const { object } = workload.resource
  if (groupOf(object) === 'serving.knative.dev') return false
  if (/Job$/.test(object.kind) && graph.servicesOf(workload).length === 0) return false
  return all || isWorkloadInMesh(workload, graph)
}

function* unlistedPorts(
  workload: Workload,
  graph: ResourceGraph,
  { profile }: Context,
): Iterable<Finding<PodPortFinding>> {
  const { resource, pod } = workload
  for (const { number, protocol, askers } of askedPorts(workload, graph)) {
    if (proxyPort(number) !== undefined) continue
    if (listedPorts(pod).some(port => port.number === number && port.protocol === protocol)) continue
    const consequence = profile === 'classic' ? 'it bypasses the proxy' : "today's Istio no longer demands it"
    yield {
      check: 'unlisted-port',
      resource,
      at: portsPlace(workload, number, protocol),
      message: `no container lists port ${portNamed(number, protocol)}, expected by ${askersNamed(askers)}: ${consequence}`,
      codes: askers.some(asker => asker.by === 'service' && isMissedByKiali(asker.service, number, workload))
        ? ['KIA0701']
        : [],
      subject: `${protocol}/${number}`,
      data: { fault: 'unlisted', workload, number, protocol },
    }
  }
}

function portNamed(number: number, protocol: string): string {
  return protocol === 'TCP' ? String(number) : `${number}/${protocol}`
}

/** The `ports` of the container that listens, where that is known and it has some, else the pod's containers. */
function portsPlace({ pod }: Workload, number: number, protocol: string): Pointer {
  const container = listenerOn(pod, number, protocol)?.container
  const hasPorts = Array.isArray(container?.object['ports'])
  return container !== undefined && hasPorts
    ? joined(container.at, pointer('ports'))
    : joined(pod.at, pointer('spec', 'containers'))
}

/** A name leads to a container port of that name and L4 protocol, or nowhere. */
function* unresolvedTargetPorts(service: Resource, workloads: readonly Workload[]): Iterable<Finding<PodPortFinding>> {
  for (const [index, entry] of listAt(service.object, 'spec', 'ports').entries()) {
    const name = stringAt(entry, 'targetPort')
    if (!name || name.includes('$')) continue
    const { port, protocol } = declarationOf(entry)
    const lacking = workloads.filter(workload => !listsName(workload, name, protocol))
    if (lacking.length === 0) continue
    const where = lacking.map(({ resource }) => titleOf(resource.object)).join(', ')
    yield {
      check: 'unresolved-target-port',
      resource: service,
      at: pointer('spec', 'ports', index, 'targetPort'),
      message: `port ${port} leads to "${name}", but no ${protocol} port of ${where} has that name`,
      codes: lacking.some(workload => isMissedByKiali(service, name, workload)) ? ['KIA0701'] : [],
      subject: `${protocol}/${port ?? index}`,
      data: { fault: 'unresolved', index, workloads: lacking },
    }
  }
}

function listsName({ pod }: Workload, name: string, protocol: string): boolean {
  return listedPorts(pod).some(port => port.name === name && port.protocol === protocol)
}

function reservedPort(resource: Resource, { number, protocol, at, taken, says }: TakenPort): Finding<PodPortFinding> {
  return {
    check: taken.check,
    resource,
    at,
    message: `${says}, which the proxy uses for ${taken.use}`,
    subject: `${protocol}/${number}`,
    data: { fault: 'reserved' },
  }
}
