import type { Context } from '../detect/detector.ts'
import { convertProtocol } from '../detect/protocol.ts'
import type { ResourceGraph, Workload } from '../graph/graph.ts'
import { containersOf } from '../graph/pod-template.ts'
import { type JsonMap, listAt, numberAt, stringAt } from '../read/json.ts'
import { type KubeObject, nameOf } from '../read/resource.ts'
import type { Verdict } from './evidence.ts'
import type { Declined, ProtocolEvidence } from './fixer.ts'
import { verdictOn } from './port-fixes.ts'
import { portNames } from './port-name.ts'
import { type ServicePort, servicePort } from './service-port.ts'

/** A port of a Service to be, named by what its container port carries. */
export interface NewPort {
  readonly entry: { readonly name: string; readonly port: number; readonly protocol?: 'UDP' }
  readonly evidence: readonly ProtocolEvidence[]
  /** Why the protocol may be another one. */
  readonly doubt: string | undefined
}

/** A TCP or UDP port that a container lists. */
interface ListedPort {
  readonly number: number
  /** Empty where it has none. */
  readonly name: string
  readonly protocol: 'TCP' | 'UDP'
}

/**
 * A port for every TCP and UDP port that the containers of a workload list. What a port carries is inferred as for the
 * port of a Service that is there.
 *
 * @param service the Service as it would be, without its ports
 */
export function newPorts(
  workload: Workload,
  service: KubeObject,
  graph: ResourceGraph,
  context: Context,
): readonly NewPort[] | Declined {
  const listed = listedPorts(workload)
  if (listed === undefined) return { declined: 'a containerPort is no number', evidence: [] }
  const draft = withPorts(service, listed)
  const ports: NewPort[] = []
  for (const [index, { number, name: old, protocol }] of listed.entries()) {
    const port = servicePort({ ...workload.resource, object: draft }, index, graph)
    if (port === undefined) continue
    const verdict = verdictFor(port, context)
    if (verdict.protocol === undefined) {
      return { declined: `of container port ${number}, ${verdict.reason}`, evidence: verdict.evidence }
    }
    const [name] = portNames({
      protocol: verdict.protocol,
      name: old,
      port: number,
      service: nameOf(service),
      taken: new Set(ports.map(({ entry }) => entry.name)),
      length: 63,
      profile: context.profile,
    })
    if (name === undefined) return { declined: `no name fits container port ${number}`, evidence: verdict.evidence }
    ports.push({
      entry: { name, port: number, ...(protocol === 'UDP' ? { protocol } : {}) },
      evidence: verdict.evidence,
      doubt: verdict.doubt,
    })
  }
  return ports
}

/** UDP needs no evidence, nor does a number that Istio takes for TCP because the server speaks first there. */
function verdictFor(port: ServicePort, context: Context): Verdict {
  const own = convertProtocol(port.declaration, context.profile)
  const verdict = verdictOn(port, context)
  const isUnknown = verdict.protocol === undefined && verdict.evidence.length === 0
  if (own !== 'udp' && (own === undefined || !isUnknown)) return verdict
  return { protocol: own, class: 'definitive', evidence: [], doubt: undefined }
}

function withPorts(service: KubeObject, listed: readonly ListedPort[]): KubeObject {
  const ports = listed.map(({ number, protocol }) => ({ port: number, protocol }))
  return { ...service, spec: { ...(service['spec'] as JsonMap), ports } }
}

/** Each number and protocol once, without the proxy's own where manifests hold it; undefined where one is no number. */
function listedPorts({ pod }: Workload): readonly ListedPort[] | undefined {
  const listed = new Map<string, ListedPort>()
  for (const { object, role, sidecar } of containersOf(pod)) {
    if ((role !== 'container' && !sidecar) || stringAt(object, 'name') === 'istio-proxy') continue
    for (const entry of listAt(object, 'ports')) {
      const protocol = stringAt(entry, 'protocol') || 'TCP'
      if (protocol !== 'TCP' && protocol !== 'UDP') continue
      const number = numberAt(entry, 'containerPort')
      if (number === undefined) return undefined
      const key = `${protocol}/${number}`
      if (!listed.has(key)) listed.set(key, { number, name: stringAt(entry, 'name') ?? '', protocol })
    }
  }
  return [...listed.values()]
}
