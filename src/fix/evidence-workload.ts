import { convertProtocol, declarationOf, type Protocol, prefixProtocol } from '../detect/protocol.ts'
import { containersOf } from '../graph/pod-template.ts'
import { joined, type Pointer, pointer } from '../pointer.ts'
import { listAt, lookUp, mapAt, numberAt, stringAt } from '../read/json.ts'
import { annotationsOf, nameOf } from '../read/resource.ts'
import type { ProtocolEvidence } from './fixer.ts'
import { IMAGE_PORTS, PORT_NUMBERS } from './known-ports.ts'
import { runTogether } from './port-name.ts'
import type { EvidenceSource, ServicePort } from './service-port.ts'

/** Protocols that a name's words decide; all others are tie-breakers. */
const NAME_WORDS: readonly string[] = ['http', 'https', 'http2', 'grpc']

/** ProtocolEvidence in the pods behind a Service port, in its name and in its number. */
export const workloadSources: readonly EvidenceSource[] = [
  probes,
  containerPortNames,
  scrapeAnnotations,
  siblings,
  nameWords,
  images,
  portNumbers,
]

/** The kubelet speaks plain HTTP, HTTPS or gRPC to a probed port: whoever answers serves that. */
function* probes({ targets }: ServicePort): Iterable<ProtocolEvidence> {
  for (const { workload, number, name } of targets) {
    for (const container of containersOf(workload.pod)) {
      for (const kind of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
        const http = mapAt(container.object, kind, 'httpGet')
        const grpc = mapAt(container.object, kind, 'grpc')
        const isHttp = http['port'] === number || (name !== '' && http['port'] === name)
        if (!isHttp && grpc['port'] !== number) continue
        const scheme = (stringAt(http, 'scheme') ?? 'HTTP').toUpperCase()
        const protocol = !isHttp ? 'grpc' : scheme === 'HTTPS' ? 'https' : 'http'
        yield {
          class: 'definitive',
          source: 'probe',
          row: 'probe',
          protocol,
          says: `${kind} of container "${stringAt(container.object, 'name') ?? ''}" asks port ${number} over ${isHttp ? scheme : 'gRPC'}`,
          at: { resource: workload.resource, pointer: joined(container.at, pointer(kind)) },
        }
      }
    }
  }
}

/** The name says it, whether it is found at the container or, its pod being elsewhere, at the `targetPort` only. */
function* containerPortNames({ service, index, entry, targets }: ServicePort): Iterable<ProtocolEvidence> {
  const source = 'container port name'
  for (const { workload, container, name, number } of targets) {
    const protocol = protocolOfName(name)
    if (container === undefined || protocol === undefined) continue
    const place = listAt(container.object, 'ports').findIndex(port => stringAt(port, 'name') === name)
    const at = joined(container.at, pointer('ports', place, 'name'))
    yield {
      class: 'strong',
      source,
      row: source,
      protocol,
      says: `container port ${number} is named "${name}"`,
      at: { resource: workload.resource, pointer: at },
    }
  }
  const name = stringAt(entry, 'targetPort') ?? ''
  const protocol = targets.length === 0 ? protocolOfName(name) : undefined
  if (protocol === undefined) return
  const at = pointer('spec', 'ports', index, 'targetPort')
  yield {
    class: 'strong',
    source,
    row: source,
    protocol,
    says: `its container port is named "${name}"`,
    at: { resource: service, pointer: at },
  }
}

function protocolOfName(name: string): Protocol | undefined {
  return wordOf(name) ?? databaseOf(name)
}

/** A container port that is called after a protocol with a filter of its own in Istio. */
function databaseOf(name: string): Protocol | undefined {
  const protocol = prefixProtocol(name)
  return protocol === 'redis' || protocol === 'mongo' || protocol === 'mysql' || protocol === 'tls'
    ? protocol
    : undefined
}

/** Prometheus scrapes over HTTP or HTTPS only; the annotations are a convention of its example configuration. */
function* scrapeAnnotations({ service, targets, declaration }: ServicePort): Iterable<ProtocolEvidence> {
  const onService = scrape(annotationsOf(service.object), declaration.port)
  if (onService !== undefined) {
    yield scraped(onService, { resource: service, pointer: pointer('metadata', 'annotations') })
  }
  for (const { workload, number } of targets) {
    const onPod = scrape(annotationsOf(workload.pod.template), number)
    if (onPod === undefined) continue
    const at = joined(workload.pod.at, pointer('metadata', 'annotations'))
    yield scraped(onPod, { resource: workload.resource, pointer: at })
  }
}

function scrape(annotations: Readonly<Record<string, string>>, port: number | undefined): Protocol | undefined {
  if (annotations['prometheus.io/scrape'] !== 'true' || annotations['prometheus.io/port'] !== String(port))
    return undefined
  return annotations['prometheus.io/scheme'] === 'https' ? 'https' : 'http'
}

function scraped(protocol: Protocol, at: NonNullable<ProtocolEvidence['at']>): ProtocolEvidence {
  return {
    class: 'strong',
    source: 'scrape annotation',
    row: 'scrape',
    protocol,
    says: `prometheus.io annotations scrape it over ${protocol}`,
    at,
  }
}

/** Another Service that leads to the same container port and declares what it carries. */
function* siblings({ service, targets, graph }: ServicePort): Iterable<ProtocolEvidence> {
  const seen = new Set<string>()
  for (const { workload, number } of targets) {
    for (const other of graph.servicesOf(workload)) {
      for (const [otherIndex, entry] of listAt(other.object, 'spec', 'ports').entries()) {
        const key = `${other.id}/${otherIndex}`
        if (other.id === service.id || seen.has(key)) continue
        const declaration = declarationOf(entry)
        const protocol = convertProtocol({ ...declaration, port: undefined }, 'sidecar')
        if (protocol === undefined || protocol === 'udp' || declaration.protocol !== 'TCP') continue
        if (
          !graph
            .targetsOf(other, entry)
            .some(target => target.number === number && target.workload.resource.id === workload.resource.id)
        )
          continue
        seen.add(key)
        yield {
          class: 'strong',
          source: 'sibling Service',
          row: 'sibling Service',
          protocol,
          says: `Service "${nameOf(other.object)}" leads to the same container port and declares ${protocol}`,
          at: { resource: other, pointer: pointer('spec', 'ports', otherIndex) },
        }
      }
    }
  }
}

function* nameWords({ service, index, declaration: { name } }: ServicePort): Iterable<ProtocolEvidence> {
  const protocol = wordOf(name)
  if (protocol === undefined) return
  const at: Pointer = pointer('spec', 'ports', index, 'name')
  yield {
    class: 'strong',
    source: 'name word',
    row: 'name word',
    protocol,
    says: `the name "${name}" holds the word ${protocol}`,
    at: { resource: service, pointer: at },
  }
}

/** The protocol that one word of a name says; undefined where none does, or several contradict each other. */
export function wordOf(name: string): Protocol | undefined {
  const segments = name.toLowerCase().split('-')
  if (segments.some((segment, index) => segment === 'grpc' && segments[index + 1] === 'web')) return 'grpc-web'
  const words = new Set(segments.filter(segment => NAME_WORDS.includes(segment)))
  if (words.size > 1) return undefined
  const [word] = words
  return word === undefined ? runTogether(segments[0] ?? '') : (word as Protocol)
}

function* images({ targets }: ServicePort): Iterable<ProtocolEvidence> {
  for (const { workload, container, number } of targets) {
    const candidates =
      container === undefined ? containersOf(workload.pod).filter(({ role }) => role === 'container') : [container]
    const [only] = candidates
    if (only === undefined || candidates.length > 1) continue
    const image = stringAt(only.object, 'image') ?? ''
    const protocol = lookUp(IMAGE_PORTS, imageName(image))?.[number]
    if (protocol === undefined) continue
    yield {
      class: 'weak',
      source: 'image and port',
      row: `image ${imageName(image)} on port ${number}`,
      protocol,
      says: `image "${image}" serves ${protocol} on port ${number}`,
      at: { resource: workload.resource, pointer: joined(only.at, '/image') },
    }
  }
}

/** The last segment of an image's path, without tag and digest. */
function imageName(image: string): string {
  const path = image.split('@', 1)[0] ?? ''
  return (path.split('/').at(-1) ?? '').split(':', 1)[0] ?? ''
}

function* portNumbers({ entry, targets, declaration }: ServicePort): Iterable<ProtocolEvidence> {
  const target = targets[0]?.number ?? numberAt(entry, 'targetPort')
  for (const number of new Set([declaration.port, target])) {
    const protocol = number === undefined ? undefined : PORT_NUMBERS[number]
    if (protocol !== undefined)
      yield {
        class: 'weak',
        source: 'port number',
        row: `port ${number}`,
        protocol,
        says: `port ${number} usually carries ${protocol}`,
      }
  }
}
