import type { ResourceGraph, Workload } from '../graph/graph.ts'
import { listAt } from '../read/json.ts'
import { type KubeObject, nameOf, type Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import type { Profile } from './detector.ts'
import { classOf, convertProtocol, declarationOf, type Protocol, type ProtocolClass } from './protocol.ts'

/** A Service's TCP port that says its protocol. */
interface DeclaredPort {
  /** The place in `spec.ports`. */
  readonly index: number
  readonly entry: Json
  readonly port: number | undefined
  readonly protocol: Protocol
  readonly class: ProtocolClass
}

/** Such a port, and where its traffic arrives. */
export interface ProtocolPort extends DeclaredPort {
  readonly service: Resource
  /** For each workload that the Service selects, by id, the number of its port; undefined where no container has it. */
  readonly targets: ReadonlyMap<string, number | undefined>
}

/** The ports of a Service that say their protocol; in `classic` what says none is plain TCP. */
export function protocolPorts(service: Resource, graph: ResourceGraph, profile: Profile): readonly ProtocolPort[] {
  return withTargets(service, declaredPorts(service.object, profile), graph)
}

/**
 * The ports of the other Services that select any of a Service's workloads, as far as they are of another class than one
 * of its own. What has the Service's name is another version of it, and no other Service.
 */
export function portsAgainst(
  service: Resource,
  workloads: readonly Workload[],
  graph: ResourceGraph,
  profile: Profile,
): readonly ProtocolPort[] {
  const own = new Set(declaredPorts(service.object, profile).map(port => port.class))
  const mixed = workloads.filter(workload => classesOn(workload, graph, profile).size > 1)
  const others = new Set(mixed.flatMap(workload => graph.servicesOf(workload)))
  return [...others].flatMap(other => {
    const against = declaredPorts(other.object, profile).filter(port => own.size > (own.has(port.class) ? 1 : 0))
    if (against.length === 0 || nameOf(other.object) === nameOf(service.object)) return []
    return withTargets(other, against, graph)
  })
}

function withTargets(service: Resource, ports: readonly DeclaredPort[], graph: ResourceGraph): readonly ProtocolPort[] {
  const selected = graph.workloadsOf(service).map(({ resource }) => [resource.id, undefined] as const)
  return ports.map(port => {
    const arrivals = graph.targetsOf(service, port.entry)
    const numbers = arrivals.map(({ workload, number }) => [workload.resource.id, number] as const)
    return { ...port, service, targets: new Map<string, number | undefined>([...selected, ...numbers]) }
  })
}

/** Of one state of a graph: for each workload, by id and profile, the classes that its Services declare. */
interface ClassIndex {
  readonly revision: number
  readonly classes: Map<string, ReadonlySet<ProtocolClass>>
}

const indexes = new WeakMap<ResourceGraph, ClassIndex>()

/** The classes that a workload's Services declare. With one there is no conflict, however many Services they are. */
function classesOn(workload: Workload, graph: ResourceGraph, profile: Profile): ReadonlySet<ProtocolClass> {
  const { classes } = indexOf(graph)
  const key = `${profile} ${workload.resource.id}`
  const known = classes.get(key)
  if (known !== undefined) return known
  const ports = graph.servicesOf(workload).flatMap(({ object }) => declaredPorts(object, profile))
  const found = new Set(ports.map(port => port.class))
  classes.set(key, found)
  return found
}

function indexOf(graph: ResourceGraph): ClassIndex {
  const known = indexes.get(graph)
  if (known?.revision === graph.revision) return known
  const index = { revision: graph.revision, classes: new Map<string, ReadonlySet<ProtocolClass>>() }
  indexes.set(graph, index)
  return index
}

/** Remembered by version of the object: each of many Services on one workload is compared with all the others. */
const declared = new WeakMap<KubeObject, Map<Profile, readonly DeclaredPort[]>>()

function declaredPorts(object: KubeObject, profile: Profile): readonly DeclaredPort[] {
  const known = declared.get(object) ?? new Map<Profile, readonly DeclaredPort[]>()
  const ports = known.get(profile) ?? readPorts(object, profile)
  declared.set(object, known.set(profile, ports))
  return ports
}

function readPorts(object: KubeObject, profile: Profile): readonly DeclaredPort[] {
  return listAt(object, 'spec', 'ports').flatMap((entry, index) => {
    const declaration = declarationOf(entry)
    const protocol = convertProtocol(declaration, profile) ?? (profile === 'classic' ? 'tcp' : undefined)
    const protocolClass = protocol === undefined ? undefined : classOf(protocol)
    if (declaration.protocol !== 'TCP' || protocol === undefined || protocolClass === undefined) return []
    return [{ index, entry, port: declaration.port, protocol, class: protocolClass }]
  })
}
