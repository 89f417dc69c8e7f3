import serviceAssociation from '../plugins/service-association.ts'
import { defineFixer, type Evidence } from '../src/fix/fixer.ts'
import { labelsForService, nameObstacle, newService } from '../src/fix/new-service.ts'
import { type NewPort, newPorts } from '../src/fix/new-service-ports.ts'
import { nameOf } from '../src/read/resource.ts'

/** Writes a Service beside the workload, called like it, that selects what the workload selects and nothing else. */
export default defineFixer(serviceAssociation, {
  fix({ resource, at }, graph, context) {
    const workload = graph.workload(resource)
    if (workload === undefined) return { declined: 'the pod template is gone', evidence: [] }
    const obstacle = nameObstacle(resource, graph)
    if (obstacle !== undefined) return { declined: obstacle, evidence: [] }
    const selector = labelsForService(workload, graph)
    if (typeof selector === 'string') return { declined: selector, evidence: [] }
    const ports = newPorts(workload, newService(resource, selector, []), graph, context)
    if ('declined' in ports) return ports

    const words = Object.entries(selector).map(([key, value]) => `${key}: "${value}"`)
    const selected: Evidence = {
      class: 'definitive',
      source: 'selector',
      says: `${words.join(', ')} selects these pods and no others`,
      at: { resource, pointer: at },
    }
    return [
      {
        title: `add Service "${nameOf(resource.object)}" with ${portsText(ports)}`,
        safety: 'unsafe',
        cautions: ['whether the pods are to be reached by a name is for you to say', ...ports.flatMap(weakness)],
        evidence: [selected, ...ports.flatMap(({ evidence }) => evidence)],
        impact: 'new-object',
        changes: [],
        creates: [{ object: newService(resource, selector, ports), beside: resource }],
      },
    ]
  },
})

function portsText(ports: readonly NewPort[]): string {
  const words = ports.map(({ entry: { name, port } }) => `${port} "${name}"`)
  return ports.length === 0 ? 'no port' : `port${ports.length > 1 ? 's' : ''} ${words.join(', ')}`
}

function weakness({ entry: { port }, doubt }: NewPort): readonly string[] {
  return doubt === undefined ? [] : [`the evidence for port ${port} is uncertain: ${doubt}`]
}
