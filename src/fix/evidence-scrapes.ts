import type { Protocol } from '../detect/protocol.ts'
import type { Referrer, ResourceGraph } from '../graph/graph.ts'
import { containersOf } from '../graph/pod-template.ts'
import type { PortReference } from '../graph/port-references.ts'
import { joined, type Pointer, parentOf, pointer, valueAt } from '../pointer.ts'
import { listAt, numberAt, stringAt } from '../read/json.ts'
import { annotationsOf, labelsOf, nameOf, type Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import type { ProtocolEvidence } from './fixer.ts'
import type { EvidenceSource, ServicePort } from './service-port.ts'

/**
 * Evidence in what Prometheus is told to scrape. It speaks HTTP or HTTPS and nothing else, whoever tells it so:
 * the sources are equal, and are measured as one row.
 */
export const scrapeSources: readonly EvidenceSource[] = [
  servicePortMonitors,
  targetPortMonitors,
  podMonitors,
  scrapeAnnotations,
]

const SERVICE_MONITORS = ['ServiceMonitor', 'VMServiceScrape']
const POD_MONITORS = ['PodMonitor', 'VMPodScrape', 'PodMonitoring', 'ClusterPodMonitoring']

/** Monitors, and Prometheus itself for its Alertmanagers, that name the Service's port. */
function* servicePortMonitors({ referrers }: ServicePort): Iterable<ProtocolEvidence> {
  for (const { resource, reference } of referrers) {
    const { kind } = resource.object
    if (SERVICE_MONITORS.includes(kind) || kind === 'Prometheus') yield monitored(resource, reference.at)
  }
}

/** Monitors that mean the Service, and its port by where that leads: `targetPort`. */
function* targetPortMonitors({ service, entry, declaration, targets, graph }: ServicePort): Iterable<ProtocolEvidence> {
  const { port = 0 } = declaration
  const ends = new Set<Json>([stringAt(entry, 'targetPort') ?? numberAt(entry, 'targetPort') ?? port])
  for (const { number, name } of targets) ends.add(number).add(name)
  for (const { resource, reference } of monitorsOf(graph, 'services', labelsOf(service.object))) {
    if (reference.to.type !== 'behind' || !ends.has(reference.port)) continue
    const meant = graph.meantBy(resource, { ...reference, to: reference.to.services, port, names: 'service-port' })
    if (meant.some(({ id }) => id === service.id)) yield monitored(resource, reference.at)
  }
}

function* podMonitors({ targets, graph }: ServicePort): Iterable<ProtocolEvidence> {
  for (const { workload, number, name } of targets) {
    for (const { resource, reference } of monitorsOf(graph, 'pods', labelsOf(workload.pod.template))) {
      if (reference.port !== number && (name === '' || reference.port !== name)) continue
      const ends = graph.resolve(resource, reference)
      if (ends.includes(`${workload.resource.id}:${number}`)) yield monitored(resource, reference.at)
    }
  }
}

/** `services` or `pods`, and a label that they select by or `any` → the monitors' references to container ports. */
type MonitorIndex = ReadonlyMap<string, readonly { readonly id: string; readonly reference: PortReference }[]>

/** Made once: no fix changes what a monitor selects, or a container port's name. */
const indexes = new WeakMap<ResourceGraph, MonitorIndex>()

/** The references of monitors that may select what has these labels. */
function monitorsOf(
  graph: ResourceGraph,
  what: 'services' | 'pods',
  labels: Readonly<Record<string, string>>,
): readonly Referrer[] {
  const index = indexes.get(graph) ?? monitorIndex(graph)
  indexes.set(graph, index)
  return ['any', ...Object.entries(labels).map(label => label.join('='))]
    .flatMap(label => index.get(`${what} ${label}`) ?? [])
    .flatMap(({ id, reference }) => {
      const resource = graph.resource(id)
      return resource === undefined ? [] : { resource, reference }
    })
}

function monitorIndex(graph: ResourceGraph): MonitorIndex {
  const index = new Map<string, { readonly id: string; readonly reference: PortReference }[]>()
  for (const resource of [...SERVICE_MONITORS, ...POD_MONITORS].flatMap(kind => [...graph.ofKind(kind)])) {
    for (const reference of graph.referencesOf(resource)) {
      const to = reference.to.type === 'behind' ? reference.to.services : reference.to
      if (reference.names !== 'container-port' || (to.type !== 'services' && to.type !== 'pods')) continue
      const [label] = Object.entries(to.selector.matchLabels)
      const key = `${to.type} ${label?.join('=') ?? 'any'}`
      const known = index.get(key)
      if (known === undefined) index.set(key, [{ id: resource.id, reference }])
      else known.push({ id: resource.id, reference })
    }
  }
  return index
}

/** Where an endpoint names no scheme, it is HTTP. */
function monitored(resource: Resource, at: Pointer): ProtocolEvidence {
  const { kind } = resource.object
  const endpoint = valueAt(resource.object, parentOf(at)) as Json | undefined
  const protocol = stringAt(endpoint, 'scheme')?.toLowerCase() === 'https' ? 'https' : 'http'
  const does = kind === 'Prometheus' ? 'sends alerts to it' : 'scrapes it'
  return scrape(kind, protocol, `${kind} "${nameOf(resource.object)}" ${does} over ${protocol}`, resource, at)
}

/**
 * The annotations of Prometheus's example configuration. Their port is the pod's, on a Service too; without one, all
 * ports are scraped, which is sure to mean this one only where it is the only one.
 */
function* scrapeAnnotations({ service, entry, declaration, targets, isOnlyTcpPort }: ServicePort) {
  const numbers = targets.length > 0 ? targets.map(({ number }) => number) : [numberOf(entry, declaration.port)]
  const onService = scraped(annotationsOf(service.object), numbers, isOnlyTcpPort)
  if (onService !== undefined) yield annotated(onService, service, pointer('metadata', 'annotations'))
  for (const { workload, number } of targets) {
    const listed = containersOf(workload.pod).flatMap(container => listAt(container.object, 'ports'))
    const onPod = scraped(annotationsOf(workload.pod.template), [number], listed.length === 1)
    const at = joined(workload.pod.at, pointer('metadata', 'annotations'))
    if (onPod !== undefined) yield annotated(onPod, workload.resource, at)
  }
}

function numberOf(entry: Json, port: number | undefined): number | undefined {
  return stringAt(entry, 'targetPort') === undefined ? (numberAt(entry, 'targetPort') ?? port) : undefined
}

function scraped(
  annotations: Readonly<Record<string, string>>,
  numbers: readonly (number | undefined)[],
  isOnlyPort: boolean,
): Protocol | undefined {
  if (annotations['prometheus.io/scrape'] !== 'true') return undefined
  const port = annotations['prometheus.io/port']
  if (port === undefined ? !isOnlyPort : !numbers.includes(Number(port))) return undefined
  return annotations['prometheus.io/scheme'] === 'https' ? 'https' : 'http'
}

function annotated(protocol: Protocol, resource: Resource, at: Pointer): ProtocolEvidence {
  return scrape('scrape annotation', protocol, `prometheus.io annotations scrape it over ${protocol}`, resource, at)
}

function scrape(source: string, protocol: Protocol, says: string, resource: Resource, at: Pointer): ProtocolEvidence {
  return { class: 'strong', source, row: 'scraping', protocol, says, at: { resource, pointer: at } }
}
