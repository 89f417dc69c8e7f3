import { declarationOf, type PortDeclaration } from '../detect/protocol.ts'
import type { PortTarget, Referrer, ResourceGraph } from '../graph/graph.ts'
import { portsMeant } from '../graph/service-ports.ts'
import { listAt } from '../read/json.ts'
import type { Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import type { ProtocolEvidence } from './fixer.ts'

/** One port of a Service, with all that evidence sources ask about it. */
export interface ServicePort {
  readonly service: Resource
  /** The place in `spec.ports`. */
  readonly index: number
  readonly entry: Json
  readonly declaration: PortDeclaration
  /** Where its traffic arrives. */
  readonly targets: readonly PortTarget[]
  /** What refers to this port, by its name or its number. */
  readonly referrers: readonly Referrer[]
  /** It is the Service's only TCP port. */
  readonly isOnlyTcpPort: boolean
  readonly graph: ResourceGraph
}

/** Gathers what the graph knows of a Service's port; undefined where there is none at that place. */
export function servicePort(service: Resource, index: number, graph: ResourceGraph): ServicePort | undefined {
  const entries = listAt(service.object, 'spec', 'ports')
  const entry = entries[index]
  if (entry === undefined) return undefined
  const declaration = declarationOf(entry)
  return {
    service,
    index,
    entry,
    declaration,
    targets: graph.targetsOf(service, entry),
    referrers: graph
      .referencesTo(service)
      .filter(({ reference }) => portsMeant(service.object, reference.port).includes(index)),
    isOnlyTcpPort: entries.filter(other => declarationOf(other).protocol === 'TCP').length === 1,
    graph,
  }
}

/** One place where manifests say, or hint at, what a port carries. */
export type EvidenceSource = (port: ServicePort) => Iterable<ProtocolEvidence>
