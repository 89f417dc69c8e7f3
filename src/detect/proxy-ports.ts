import { listedPorts, portsOf, runningContainers } from '../graph/container-ports.ts'
import type { ResourceGraph, Workload } from '../graph/graph.ts'
import type { Container } from '../graph/pod-template.ts'
import { targetPortOf } from '../graph/service-ports.ts'
import { joined, type Pointer, pointer } from '../pointer.ts'
import { at, listAt, stringAt } from '../read/json.ts'
import type { Resource } from '../read/resource.ts'
import { probedPorts } from './asked-ports.ts'
import { isIstioWorkload } from './mesh.ts'
import { declarationOf } from './protocol.ts'

/** A port that the proxy takes in every pod. */
export interface ProxyPort {
  /** What the proxy does there. */
  readonly use: string
  /** `proxy-port`: Istio makes no listener for an application there. `reserved-port`: the second to bind it fails. */
  readonly check: 'proxy-port' | 'reserved-port'
  /** The proxy answers probes or scrapes there, so that whoever asks means the proxy. */
  readonly answers?: true
}

/**
 * The ports of the sidecar (istio.io, "Application Requirements"). Those for which pilot makes no inbound listener are
 * in its conflictWithReservedListener (istio pilot/pkg/model/context.go); on the others binding fails.
 */
const PROXY_PORTS: Readonly<Record<number, ProxyPort>> = {
  15000: { use: 'administration', check: 'reserved-port' },
  15001: { use: 'outbound traffic', check: 'proxy-port', answers: true },
  15002: { use: 'the detection of port conflicts', check: 'reserved-port' },
  15004: { use: 'debugging', check: 'reserved-port' },
  15006: { use: 'inbound traffic', check: 'proxy-port', answers: true },
  15008: { use: 'tunnels', check: 'reserved-port' },
  15020: { use: 'merged metrics', check: 'reserved-port', answers: true },
  15021: { use: 'health checks', check: 'proxy-port', answers: true },
  15053: { use: 'DNS', check: 'reserved-port' },
  15090: { use: 'its metrics', check: 'proxy-port', answers: true },
}

/** What the proxy does on a port; undefined on those that it leaves to applications. */
export function proxyPort(number: number): ProxyPort | undefined {
  return PROXY_PORTS[number]
}

/** A place where an object says that an application listens on a port of the proxy. */
export interface TakenPort {
  readonly number: number
  readonly protocol: string
  readonly at: Pointer
  readonly taken: ProxyPort
  /** Who says so, for people: `container "web" lists port 15001`. */
  readonly says: string
}

/**
 * The ports of the proxy that a workload's own containers list, and those that their probes ask for where neither a
 * list nor a Service says so already; each once.
 */
export function portsTakenBy(workload: Workload, graph: ResourceGraph): readonly TakenPort[] {
  if (isIstioWorkload(workload)) return []
  const own = runningContainers(workload.pod).filter(({ object }) => stringAt(object, 'name') !== 'istio-proxy')
  const taken = [...own.flatMap(listedBy), ...own.flatMap(probedOf).filter(port => !isTargeted(port, workload, graph))]
  return taken.filter((port, index) => taken.findIndex(other => keyOf(other) === keyOf(port)) === index)
}

function listedBy(container: Container): readonly TakenPort[] {
  return portsOf(container).flatMap(({ number, protocol, at }) => {
    const taken = number === undefined ? undefined : proxyPort(number)
    if (number === undefined || taken === undefined) return []
    const says = `container "${stringAt(container.object, 'name') ?? ''}" lists port ${number}`
    return { number, protocol, at: joined(at, pointer('containerPort')), taken, says }
  })
}

function probedOf(container: Container): readonly TakenPort[] {
  return probedPorts(container).flatMap(({ number, probe }) => {
    const taken = proxyPort(number)
    if (taken === undefined || taken.answers) return []
    const says = `the ${probe} of container "${stringAt(container.object, 'name') ?? ''}" asks port ${number}`
    return { number, protocol: 'TCP', at: container.at, taken, says }
  })
}

function isTargeted({ number }: TakenPort, workload: Workload, graph: ResourceGraph): boolean {
  return graph
    .servicesOf(workload)
    .flatMap(({ object }) => listAt(object, 'spec', 'ports'))
    .some(entry => targetPortOf(entry) === number)
}

function keyOf({ number, protocol }: TakenPort): string {
  return `${protocol}/${number}`
}

/** The ports of the proxy that a Service leads to in applications where none of its pods lists them. */
export function portsTakenThrough(service: Resource, workloads: readonly Workload[]): readonly TakenPort[] {
  const applications = workloads.filter(workload => !isIstioWorkload(workload))
  if (applications.length === 0) return []
  const listed = new Set(applications.flatMap(({ pod }) => listedPorts(pod).map(({ number }) => number)))
  return listAt(service.object, 'spec', 'ports').flatMap((entry, index) => {
    const number = targetPortOf(entry)
    const taken = typeof number === 'number' && !listed.has(number) ? proxyPort(number) : undefined
    if (typeof number !== 'number' || taken === undefined) return []
    const member = at(entry, 'targetPort') === number ? 'targetPort' : 'port'
    const { port, protocol } = declarationOf(entry)
    const says = `port ${port} leads to port ${number} of the pods`
    return { number, protocol, at: pointer('spec', 'ports', index, member), taken, says }
  })
}
