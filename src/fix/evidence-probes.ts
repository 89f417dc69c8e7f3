import type { Protocol } from '../detect/protocol.ts'
import type { Workload } from '../graph/graph.ts'
import { type Container, containersOf } from '../graph/pod-template.ts'
import { joined, pointer } from '../pointer.ts'
import { at, listAt, mapAt, stringAt } from '../read/json.ts'
import type { Json } from '../read/tree.ts'
import type { EvidenceClass, ProtocolEvidence } from './fixer.ts'
import type { EvidenceSource, ServicePort } from './service-port.ts'

/** Evidence in how a pod is asked whether it is well. */
export const probeSources: readonly EvidenceSource[] = [probes, execProbes]

interface Probe {
  readonly workload: Workload
  readonly container: Container
  readonly kind: string
  readonly probe: Json
}

function probesOf(workload: Workload): readonly Probe[] {
  return containersOf(workload.pod).flatMap(container =>
    ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap(kind => {
      const probe = at(container.object, kind)
      return probe === undefined ? [] : { workload, container, kind, probe }
    }),
  )
}

/** The kubelet speaks plain HTTP, HTTPS or gRPC to a probed port: whoever answers serves that. */
function* probes({ targets }: ServicePort): Iterable<ProtocolEvidence> {
  for (const { workload, number, name } of targets) {
    for (const found of probesOf(workload)) {
      const http = mapAt(found.probe, 'httpGet')
      const isHttp = http['port'] === number || (name !== '' && http['port'] === name)
      if (!isHttp && at(found.probe, 'grpc', 'port') !== number) continue
      const scheme = (stringAt(http, 'scheme') ?? 'HTTP').toUpperCase()
      const protocol = !isHttp ? 'grpc' : scheme === 'HTTPS' ? 'https' : 'http'
      const says = `${titleOf(found)} asks port ${number} over ${isHttp ? scheme : 'gRPC'}`
      yield evidenceIn(found, 'definitive', 'probe', protocol, says)
    }
  }
}

/** Programs that ask a port of the pod in a language of their own, and the port that they ask unless told another. */
interface Client {
  readonly command: RegExp
  readonly protocol: Protocol
  /** Its group is the port. */
  readonly port: RegExp
  readonly defaultPort?: number
}

/** From the programs' manuals; the first that fits. */
const CLIENTS: readonly Client[] = [
  { command: /\bgrpc_health_probe\b.*-tls\b/, protocol: 'https', port: /-addr[= ]\S*?:(\d+)/ },
  { command: /\bgrpc_health_probe\b/, protocol: 'grpc', port: /-addr[= ]\S*?:(\d+)/ },
  { command: /\bredis-cli\b.*--tls\b/, protocol: 'tls', port: / -p ?(\d+)/, defaultPort: 6379 },
  { command: /\bredis-cli\b/, protocol: 'redis', port: / -p ?(\d+)/, defaultPort: 6379 },
  { command: /\bpg_isready\b/, protocol: 'tcp', port: / (?:-p ?|--port[= ])(\d+)/, defaultPort: 5432 },
  { command: /\bmysqladmin\b/, protocol: 'mysql', port: / (?:-P ?|--port[= ])(\d+)/, defaultPort: 3306 },
  { command: /\b(mongo|mongosh)\b/, protocol: 'mongo', port: / --port[= ](\d+)/, defaultPort: 27017 },
]

const URL_OF_POD =
  /\b(?:curl|wget)\b.*?\s['"]?(?:(https?):\/\/)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::(\d+))?/

/** A command is free to take another answer than one, so what it says is not as sure as the kubelet's own question. */
function* execProbes({ targets }: ServicePort): Iterable<ProtocolEvidence> {
  for (const { workload, number } of targets) {
    for (const found of probesOf(workload)) {
      const words = listAt(found.probe, 'exec', 'command').filter(word => typeof word === 'string')
      const asked = askedBy(` ${words.join(' ').replaceAll('\n', ' ')}`)
      if (asked?.port !== number) continue
      const says = `${titleOf(found)} runs a command that asks port ${number} over ${asked.protocol}`
      yield evidenceIn(found, 'strong', 'exec probe', asked.protocol, says)
    }
  }
}

function askedBy(command: string): { readonly protocol: Protocol; readonly port: number | undefined } | undefined {
  const url = URL_OF_POD.exec(command)
  if (url !== null) {
    const protocol = url[1] === 'https' ? 'https' : 'http'
    return { protocol, port: Number(url[2] ?? (protocol === 'https' ? 443 : 80)) }
  }
  const client = CLIENTS.find(({ command: program }) => program.test(command))
  if (client === undefined) return undefined
  const port = client.port.exec(command)?.[1]
  return { protocol: client.protocol, port: port === undefined ? client.defaultPort : Number(port) }
}

function titleOf({ container, kind }: Probe): string {
  return `${kind} of container "${stringAt(container.object, 'name') ?? ''}"`
}

function evidenceIn(
  { workload, container, kind }: Probe,
  level: EvidenceClass,
  source: string,
  protocol: Protocol,
  says: string,
): ProtocolEvidence {
  const at = { resource: workload.resource, pointer: joined(container.at, pointer(kind)) }
  return { class: level, source, row: source, protocol, says, at }
}
