import { declarationOf, type PortDeclaration } from '../detect/protocol.ts'
import type { PortTarget, Referrer, ResourceGraph } from '../graph/graph.ts'
import { ONLY_PORT } from '../graph/references/places.ts'
import { listAt } from '../read/json.ts'
import type { Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'

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
      .filter(({ reference }) => isMeant(reference.port, declaration, entries.length)),
    isOnlyTcpPort: entries.filter(other => declarationOf(other).protocol === 'TCP').length === 1,
    graph,
  }
}

function isMeant(port: string | number, { name, port: number }: PortDeclaration, ports: number): boolean {
  if (port === ONLY_PORT) return ports === 1
  return port === (typeof port === 'number' ? number : name)
}
