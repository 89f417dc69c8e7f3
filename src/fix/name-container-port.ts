import { declarationOf } from '../detect/protocol.ts'
import { type ContainerPort, listedPorts, portsOf } from '../graph/container-ports.ts'
import type { ResourceGraph, Workload } from '../graph/graph.ts'
import { containersOf } from '../graph/pod-template.ts'
import { joined, pointer } from '../pointer.ts'
import { listAt, stringAt } from '../read/json.ts'
import { type Resource, titleOf } from '../read/resource.ts'
import { containerName, unwritable } from './container-ports.ts'
import type { Fix, Place } from './fixer.ts'
import { isServiceName } from './port-name.ts'

/**
 * The unsafe fix that names the unnamed container port with a Service port's number as the Service's `targetPort` says,
 * in each of the workloads that lack the name. The reason where there is none such, or several.
 */
export function namingFix(
  service: Resource,
  index: number,
  workloads: readonly Workload[],
  graph: ResourceGraph,
): Fix | string {
  const entry = listAt(service.object, 'spec', 'ports')[index] ?? null
  const { port, protocol } = declarationOf(entry)
  const name = stringAt(entry, 'targetPort') ?? ''
  if (!isServiceName(name)) return `"${name}" can't be the name of a container port`
  const ports: { readonly workload: Workload; readonly listed: ContainerPort }[] = []
  for (const workload of workloads) {
    const title = titleOf(workload.resource.object)
    const reason = unwritable(workload, graph)
    if (reason !== undefined) return reason
    if (
      containersOf(workload.pod)
        .flatMap(portsOf)
        .some(other => other.name === name)
    )
      return `another container port of ${title} has that name`
    const [listed, ...others] = listedPorts(workload.pod).filter(
      other => other.number === port && other.protocol === protocol && other.name === '',
    )
    if (listed === undefined || others.length > 0)
      return `${listed === undefined ? 'no' : 'more than one'} unnamed container port of ${title} is ${port}`
    ports.push({ workload, listed })
  }
  return {
    title: `name container port ${port} "${name}"`,
    safety: 'unsafe',
    cautions: ['that the unnamed container port is the one that is meant follows from its number alone'],
    evidence: ports.map(({ workload, listed }) => ({
      class: 'weak',
      source: 'container port number',
      says: `container "${containerName(listed.container)}" lists port ${port} without a name`,
      at: { resource: workload.resource, pointer: listed.at },
    })),
    impact: 'restart',
    changes: ports.map(({ workload: { resource }, listed }) => ({
      resource,
      operations: [
        { op: 'test', path: joined(listed.at, '/containerPort'), value: port ?? null },
        { op: 'add', path: joined(listed.at, '/name'), value: name },
      ],
    })),
    intended: ports.flatMap(({ workload }) => targetsNamed(name, protocol, workload, graph)),
  }
}

/** The references by which Services lead to a workload's port of that name and L4 protocol. */
function targetsNamed(name: string, protocol: string, workload: Workload, graph: ResourceGraph): readonly Place[] {
  return graph.servicesOf(workload).flatMap(resource => {
    const places = listAt(resource.object, 'spec', 'ports').flatMap((entry, index) =>
      declarationOf(entry).protocol === protocol ? pointer('spec', 'ports', index, 'targetPort') : [],
    )
    return graph
      .referencesOf(resource)
      .filter(({ at, port }) => port === name && places.includes(at))
      .map(({ at }) => ({ resource, pointer: at }))
  })
}
