import { portsOf } from '../graph/container-ports.ts'
import type { Workload } from '../graph/graph.ts'
import { containersOf } from '../graph/pod-template.ts'
import { mapSelector, selects } from '../graph/selectors.ts'
import { mapAt } from '../read/json.ts'
import { labelsOf, type Resource } from '../read/resource.ts'

/**
 * Whether Kiali says KIA0701 where a Service leads to a port of a workload: it looks at Deployments whose own labels the
 * Service selects, at containers alone, and not at the L4 protocol (business/checkers/services/port_mapping_checker.go).
 */
export function isMissedByKiali(service: Resource, port: string | number, { resource, pod }: Workload): boolean {
  const selector = mapSelector(mapAt(service.object, 'spec', 'selector'))
  if (resource.object.kind !== 'Deployment' || !selects(selector, labelsOf(resource.object))) return false
  return !containersOf(pod)
    .filter(({ role }) => role === 'container')
    .flatMap(portsOf)
    .some(({ name, number }) => (typeof port === 'string' ? name : number) === port)
}
