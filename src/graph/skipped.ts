import type { Skipped } from '../read/repository.ts'
import type { Resource } from '../read/resource.ts'
import type { ResourceGraph, Workload } from './graph.ts'
import { type Mention, mayHold, mentionOf } from './mentions.ts'
import { mayPatchPorts } from './patched-ports.ts'

/** What in the skipped files could mean a port of this Service, by its name, its selector or its old name. */
export function mentionsOf(service: Resource, portName: string, graph: ResourceGraph): readonly Mention[] {
  return graph.skipped.flatMap(skipped => {
    const mention = mentionOf(skipped, service, portName)
    return mention !== undefined && hasNoNearer(skipped, service, graph) ? [mention] : []
  })
}

/** The path of a skipped template that may be a route of these kinds to a Service, if there is one. */
export function skippedRouteTo(
  service: Resource,
  kinds: ReadonlySet<string>,
  graph: ResourceGraph,
): string | undefined {
  return graph.skipped.find(skipped => mayHold(skipped, service, kinds) && hasNoNearer(skipped, service, graph))?.path
}

const SERVICE: ReadonlySet<string> = new Set(['Service'])

/** The path of a skipped template that may be a Service of the same name, if there is one. */
export function skippedNamesake(service: Resource, graph: ResourceGraph): string | undefined {
  return graph.skipped.find(skipped => mayHold(skipped, service, SERVICE))?.path
}

/** The path of a skipped patch that may add to a workload's containers or write their ports, if there is one. */
export function portsPatchOf(workload: Workload, graph: ResourceGraph): string | undefined {
  return graph.skipped.find(skipped => mayPatchPorts(skipped, workload))?.path
}

/** Whether no Service of the same name is nearer to a skipped file. A patch is tied to its target by other means than place. */
function hasNoNearer({ path, role }: Skipped, service: Resource, graph: ResourceGraph): boolean {
  if (role === 'patch' || role === 'kustomization') return true
  return graph.nearestNamesakes(service, path).some(({ id }) => id === service.id)
}
