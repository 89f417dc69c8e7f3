import type { ResourceGraph, Workload } from '../graph/graph.ts'
import { listAt } from '../read/json.ts'
import { nameOf, type Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import type { Profile } from './detector.ts'
import { classOf, convertProtocol, declarationOf, type Protocol, type ProtocolClass } from './protocol.ts'

/** A Service's TCP port with the protocol that Istio gives it, and where its traffic arrives. */
export interface ProtocolPort {
  readonly service: Resource
  /** The place in `spec.ports`. */
  readonly index: number
  readonly entry: Json
  readonly port: number | undefined
  readonly protocol: Protocol
  readonly class: ProtocolClass
  /** For each workload that the Service selects, by id, the number of its port; undefined where no container has it. */
  readonly targets: ReadonlyMap<string, number | undefined>
}

/** The ports of a Service that say their protocol; in `classic` what says none is plain TCP. */
export function protocolPorts(service: Resource, graph: ResourceGraph, profile: Profile): readonly ProtocolPort[] {
  const selected = graph.workloadsOf(service).map(({ resource }) => [resource.id, undefined] as const)
  return listAt(service.object, 'spec', 'ports').flatMap((entry, index) => {
    const declaration = declarationOf(entry)
    const protocol = convertProtocol(declaration, profile) ?? (profile === 'classic' ? 'tcp' : undefined)
    const protocolClass = protocol === undefined ? undefined : classOf(protocol)
    if (declaration.protocol !== 'TCP' || protocol === undefined || protocolClass === undefined) return []
    const arrivals = graph
      .targetsOf(service, entry)
      .map(({ workload, number }) => [workload.resource.id, number] as const)
    const targets = new Map<string, number | undefined>([...selected, ...arrivals])
    return [{ service, index, entry, port: declaration.port, protocol, class: protocolClass, targets }]
  })
}

/** The ports of the other Services that select any of a Service's workloads. One of the same name is another version of it. */
export function portsBeside(
  service: Resource,
  workloads: readonly Workload[],
  graph: ResourceGraph,
  profile: Profile,
): readonly ProtocolPort[] {
  const others = new Map(
    workloads
      .flatMap(workload => graph.servicesOf(workload))
      .filter(({ object }) => nameOf(object) !== nameOf(service.object))
      .map(other => [other.id, other]),
  )
  return [...others.values()].flatMap(other => protocolPorts(other, graph, profile))
}
