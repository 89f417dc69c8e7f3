import { runningContainers } from '../graph/container-ports.ts'
import type { ResourceGraph, Workload } from '../graph/graph.ts'
import type { Container } from '../graph/pod-template.ts'
import { targetPortOf } from '../graph/service-ports.ts'
import { listAt, mapAt, numberAt, stringAt } from '../read/json.ts'
import { annotationsOf, nameOf, type Resource } from '../read/resource.ts'

/** Who expects a pod to listen on a port. */
export type Asker =
  | { readonly by: 'service'; readonly service: Resource }
  | { readonly by: 'probe'; readonly container: Container; readonly probe: string }
  | { readonly by: 'scrape' }

/** A port that a pod is expected to listen on, by its number. */
export interface AskedPort {
  readonly number: number
  /** The L4 protocol. */
  readonly protocol: string
  readonly askers: readonly Asker[]
}

/** The ports that others expect a workload's pods to listen on, as far as they are numbers, each once. */
export function askedPorts(workload: Workload, graph: ResourceGraph): readonly AskedPort[] {
  const ports = new Map<string, AskedPort>()
  for (const { number, protocol, asker } of asked(workload, graph)) {
    if (!Number.isInteger(number) || number < 1 || number > 65535) continue
    const key = `${protocol}/${number}`
    ports.set(key, { number, protocol, askers: [...(ports.get(key)?.askers ?? []), asker] })
  }
  return [...ports.values()]
}

function* asked(
  workload: Workload,
  graph: ResourceGraph,
): Iterable<{ readonly number: number; readonly protocol: string; readonly asker: Asker }> {
  for (const service of graph.servicesOf(workload)) {
    for (const entry of listAt(service.object, 'spec', 'ports')) {
      const number = targetPortOf(entry)
      const protocol = stringAt(entry, 'protocol') || 'TCP'
      if (typeof number === 'number' && /^(TCP|UDP|SCTP)$/.test(protocol))
        yield { number, protocol, asker: { by: 'service', service } }
    }
  }
  for (const container of runningContainers(workload.pod)) {
    for (const { number, probe } of probedPorts(container))
      yield { number, protocol: 'TCP', asker: { by: 'probe', container, probe } }
  }
  const annotations = annotationsOf(workload.pod.template)
  const scraped = annotations['prometheus.io/port'] ?? ''
  if (/^\d+$/.test(scraped) && annotations['prometheus.io/scrape'] !== 'false')
    yield { number: Number(scraped), protocol: 'TCP', asker: { by: 'scrape' } }
}

/** The ports that a container's probes ask the pod for as numbers. A probe with a host of its own asks elsewhere. */
export function probedPorts({ object }: Container): readonly { readonly number: number; readonly probe: string }[] {
  const asked: { readonly number: number; readonly probe: string }[] = []
  for (const probe of PROBES) {
    if (object[probe] === undefined) continue
    for (const way of ['httpGet', 'tcpSocket', 'grpc']) {
      const action = mapAt(object, probe, way)
      const number = numberAt(action, 'port')
      if (number !== undefined && !stringAt(action, 'host')) asked.push({ number, probe })
    }
  }
  return asked
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe']

/** How messages name those who expect a port: `Services "web" and "api" and the probes of container "web"`. */
export function askersNamed(askers: readonly Asker[]): string {
  const services = askers.flatMap(asker => (asker.by === 'service' ? nameOf(asker.service.object) : []))
  const probes = askers.filter(asker => asker.by === 'probe')
  const isOne = new Set(probes.map(({ probe }) => probe)).size === 1
  return [
    ...listed('Service', services),
    ...listed(
      `the ${isOne ? probes[0]?.probe : 'probes'} of container`,
      probes.map(({ container }) => stringAt(container.object, 'name') ?? ''),
    ),
    ...(askers.some(({ by }) => by === 'scrape') ? ['the annotation prometheus.io/port'] : []),
  ].join(' and ')
}

function listed(what: string, names: readonly string[]): readonly string[] {
  const quoted = [...new Set(names)].map(name => `"${name}"`)
  const last = quoted.pop()
  if (last === undefined) return []
  return [quoted.length === 0 ? `${what} ${last}` : `${what}s ${quoted.join(', ')} and ${last}`]
}
