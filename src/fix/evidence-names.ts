import { type Protocol, prefixProtocol } from '../detect/protocol.ts'
import { containersOf } from '../graph/pod-template.ts'
import { joined, type Pointer, pointer } from '../pointer.ts'
import { listAt, lookUp, stringAt } from '../read/json.ts'
import type { ProtocolEvidence } from './fixer.ts'
import { runTogether } from './port-name.ts'
import type { EvidenceSource, ServicePort } from './service-port.ts'

/** Protocols that a name's words decide; all others are tie-breakers. */
const NAME_WORDS: readonly string[] = ['http', 'https', 'http2', 'grpc']

/**
 * Evidence in the words that people chose: of the container's port, of the Service's port, of the flag that sets it.
 * The names of the two ports are equal sources, read by one rule, and are measured as one row.
 */
export const nameSources: readonly EvidenceSource[] = [containerPortNames, nameWords, containerArguments]

const PORT_NAME = 'word in a port name'

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
      row: PORT_NAME,
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
    row: PORT_NAME,
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

function* nameWords({ service, index, declaration: { name } }: ServicePort): Iterable<ProtocolEvidence> {
  const protocol = wordOf(name)
  if (protocol === undefined) return
  const at: Pointer = pointer('spec', 'ports', index, 'name')
  yield {
    class: 'strong',
    source: 'name word',
    row: PORT_NAME,
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

/** Flags that set where a program listens: `--grpc-port=9000`, `--http.address :8080`, `--secure-listen-address=:8443`. */
const FLAG = /^--?([a-z0-9]+(?:[-._][a-z0-9]+)*)(?:=(.*))?$/i
const LISTENS = ['port', 'address', 'addr', 'listen', 'bind']
const FLAG_WORDS: Readonly<Record<string, Protocol>> = { http: 'http', https: 'https', secure: 'https', grpc: 'grpc' }

/** The program's own flags say what it serves where; an address of the pod's loopback is for itself only. */
function* containerArguments({ targets }: ServicePort): Iterable<ProtocolEvidence> {
  for (const { workload, number } of targets) {
    for (const container of containersOf(workload.pod)) {
      for (const list of ['command', 'args']) {
        const words = listAt(container.object, list).map(word => (typeof word === 'string' ? word : ''))
        for (const [index, word] of words.entries()) {
          const [, flag = '', value = words[index + 1] ?? ''] = FLAG.exec(word) ?? []
          const protocol = protocolOfFlag(flag)
          if (protocol === undefined || listenPort(value) !== number) continue
          yield {
            class: 'strong',
            source: 'container argument',
            row: 'container argument',
            protocol,
            says: `container "${stringAt(container.object, 'name') ?? ''}" has the argument ${word}`,
            at: { resource: workload.resource, pointer: joined(container.at, pointer(list, index)) },
          }
        }
      }
    }
  }
}

function protocolOfFlag(flag: string): Protocol | undefined {
  const segments = flag.toLowerCase().split(/[-._]/)
  if (!segments.some(segment => LISTENS.includes(segment))) return undefined
  const protocols = new Set(segments.flatMap(segment => lookUp(FLAG_WORDS, segment) ?? []))
  const [protocol] = protocols
  return protocols.size === 1 ? protocol : undefined
}

function listenPort(value: string): number | undefined {
  const port = /^(?:(?:0\.0\.0\.0|\[::\]|\$\(\w+\))?:)?(\d+)$/.exec(value)?.[1]
  return port === undefined ? undefined : Number(port)
}
