import { convertProtocol, declarationOf } from '../detect/protocol.ts'
import { containersOf } from '../graph/pod-template.ts'
import { joined, pointer } from '../pointer.ts'
import { listAt, lookUp, numberAt, stringAt } from '../read/json.ts'
import { nameOf } from '../read/resource.ts'
import type { ProtocolEvidence } from './fixer.ts'
import { IMAGE_PORTS, PORT_NUMBERS } from './known-ports.ts'
import type { EvidenceSource, ServicePort } from './service-port.ts'

/** Evidence in what else leads to the pods behind a Service port, in their images and in the numbers. */
export const workloadSources: readonly EvidenceSource[] = [siblings, images, portNumbers]

/**
 * Another Service that leads to the same container port and declares what it carries. `tcp` is often written by habit,
 * also for HTTP, so it is measured by itself.
 */
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
          row: protocol === 'tcp' ? 'sibling Service that says tcp' : 'sibling Service',
          protocol,
          says: `Service "${nameOf(other.object)}" leads to the same container port and declares ${protocol}`,
          at: { resource: other, pointer: pointer('spec', 'ports', otherIndex) },
        }
      }
    }
  }
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
