import { defineDetector, type Finding, type Profile } from '../src/detect/detector.ts'
import { isInMeshForIstioctl, isServiceInMesh, isWorkloadInMesh } from '../src/detect/mesh.ts'
import { type ProtocolPort, portsAgainst, protocolPorts } from '../src/detect/protocol-ports.ts'
import type { ResourceGraph, Workload } from '../src/graph/graph.ts'
import { pointer } from '../src/pointer.ts'
import { at } from '../src/read/json.ts'
import { nameOf, titleOf } from '../src/read/resource.ts'

/** A port, and those of other Services that say another protocol of the same. */
export interface PortConflict {
  readonly own: ProtocolPort
  readonly others: readonly ProtocolPort[]
}

/** The checks, gravest first: a port has one finding. */
const CHECKS = ['target-port', 'target-port-http', 'service-port', 'service-port-http'] as const

interface Clash {
  readonly check: (typeof CHECKS)[number]
  readonly other: ProtocolPort
  readonly workload: Workload
}

/** How many of many other ports are named, and how many candidates are made for them. */
export const SHOWN = 3

/**
 * A port of a pod is one listener of its proxy, with one protocol: where Services say different ones, the oldest one's
 * holds (pilot/pkg/networking/core/listener_inbound.go).
 */
export default defineDetector<PortConflict>({
  id: 'port-protocol-conflict',
  title: 'Services that select the same pods agree on the protocol of a port',
  docs: 'https://istio.io/latest/docs/ops/deployment/application-requirements/',
  checks: {
    'target-port': { classic: 'error', sidecar: 'error', cni: 'error', ambient: 'warning' },
    'target-port-http': { classic: 'warning', sidecar: 'warning', cni: 'warning', ambient: 'warning' },
    'service-port': { classic: 'error', sidecar: 'info', cni: 'info' },
    'service-port-http': { classic: 'warning', sidecar: 'info', cni: 'info' },
  },

  *detect(resource, graph, { profile, all }) {
    if (!graph.isService(resource)) return
    if (!all && !isServiceInMesh(resource, graph)) return

    const workloads = graph.workloadsOf(resource).filter(workload => all || isWorkloadInMesh(workload, graph))
    const against = portsAgainst(resource, workloads, graph, profile)
    if (against.length === 0) return
    for (const own of protocolPorts(resource, graph, profile)) {
      const clashes = against.flatMap(other => clashOf(own, other, workloads) ?? [])
      const check = CHECKS.find(row => clashes.some(clash => clash.check === row))
      const gravest = clashes.filter(clash => clash.check === check)
      if (check !== undefined) yield findingOf(own, check, gravest, graph, profile)
    }
  },
})

function clashOf(own: ProtocolPort, other: ProtocolPort, workloads: readonly Workload[]): Clash | undefined {
  if (own.class === other.class) return undefined
  const isHttp = own.class !== 'tcp' && other.class !== 'tcp'
  const shared = workloads.filter(({ resource }) => other.targets.has(resource.id))
  const workload = shared.find(({ resource: { id } }) => {
    const target = own.targets.get(id)
    return target !== undefined && target === other.targets.get(id)
  })
  if (workload !== undefined) return { check: isHttp ? 'target-port-http' : 'target-port', other, workload }
  const [first] = shared
  if (first === undefined || own.port === undefined || own.port !== other.port) return undefined
  return { check: isHttp ? 'service-port-http' : 'service-port', other, workload: first }
}

function findingOf(
  own: ProtocolPort,
  check: Clash['check'],
  clashes: readonly Clash[],
  graph: ResourceGraph,
  profile: Profile,
): Finding<PortConflict> {
  return {
    check,
    resource: own.service,
    at: pointer('spec', 'ports', own.index),
    message: `port ${own.port} is ${own.protocol}, but ${othersIn(clashes)}; ${meetingOf(own, check, clashes, profile)}`,
    codes: profile !== 'ambient' && clashes.some(clash => isSeenByIstioctl(own, clash, graph)) ? ['IST0137'] : [],
    subject: `TCP/${own.port ?? own.index}`,
    data: { own, others: clashes.map(({ other }) => other) },
  }
}

function othersIn(clashes: readonly Clash[]): string {
  const shown = clashes
    .slice(0, SHOWN)
    .map(({ other }) => `port ${other.port} of Service "${nameOf(other.service.object)}" is ${other.protocol}`)
  const more = clashes.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more are not`] : [])].join(' and ')
}

function meetingOf(own: ProtocolPort, check: Clash['check'], clashes: readonly Clash[], profile: Profile): string {
  const [first] = clashes
  if (first === undefined) return ''
  const workload = titleOf(first.workload.resource.object)
  if (check.startsWith('service-port')) {
    const rest = profile === 'classic' ? '' : ', and today Istio goes by that'
    return `they lead to different ports of ${workload}${rest}`
  }
  const target = own.targets.get(first.workload.resource.id)
  const rest = profile === 'ambient' ? '' : ', whose proxy goes by the oldest Service'
  return `they lead to the same port ${target} of ${workload}${rest}`
}

/** istioctl's MultiServiceAnalyzer reports two Service ports on one target of a Deployment; without sidecars it sees no mesh. */
function isSeenByIstioctl(own: ProtocolPort, { check, other, workload }: Clash, graph: ResourceGraph): boolean {
  const targetOf = ({ entry, port }: ProtocolPort): string => String(at(entry, 'targetPort') || port)
  return (
    check.startsWith('target-port') &&
    workload.resource.object.kind === 'Deployment' &&
    own.port !== other.port &&
    targetOf(own) === targetOf(other) &&
    isInMeshForIstioctl(workload, graph)
  )
}
