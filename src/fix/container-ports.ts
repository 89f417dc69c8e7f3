import { listedPorts, portsOf } from '../graph/container-ports.ts'
import type { ResourceGraph, Workload } from '../graph/graph.ts'
import { type Container, containersOf } from '../graph/pod-template.ts'
import { portsPatchOf } from '../graph/skipped.ts'
import { at, numberAt, stringAt } from '../read/json.ts'
import { titleOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'

/** Why the ports of a workload's containers can't be written; undefined where they can. */
export function unwritable(workload: Workload, graph: ResourceGraph): string | undefined {
  const { resource, pod } = workload
  const { kind } = resource.object
  if (kind === 'Job' || kind === 'Pod')
    return `the API lets nobody change the containers of a ${kind}: recreate it with the port in its manifest`
  if (at(pod.template, 'spec', 'hostNetwork') === true)
    return "the pod is on the host's network, where listing a port reserves it on the node"
  if (!containersOf(pod).every(({ object }) => isReadable(object['ports'] ?? [])))
    return `not all container ports of ${titleOf(resource.object)} are numbers: a parameter or text may mean any`
  const patch = portsPatchOf(workload, graph)
  if (patch !== undefined)
    return `${patch}, which mesh-fix does not edit, patches the containers or ports of ${titleOf(resource.object)}`
  return undefined
}

/** Whether all ports are known: a value of an OpenShift Template, `${{PORT}}`, may stand for a number or for a whole list. */
function isReadable(ports: Json): boolean {
  return Array.isArray(ports) && ports.every(entry => numberAt(entry, 'containerPort') !== undefined)
}

/** Why a port that an init container lists in vain can't be listed again: no pod has one twice. */
export function listedByInit({ pod }: Workload, number: number, protocol: string): string | undefined {
  const ports = containersOf(pod).flatMap(portsOf)
  const port = ports.find(listed => listed.number === number && listed.protocol === protocol)
  if (port === undefined) return undefined
  return `container "${containerName(port.container)}", which does not run beside the others, lists it already`
}

/** Why a number seems to be taken for that of the node: a container has the node's port of that number lead to another. */
export function mappedFromNode({ pod }: Workload, number: number): string | undefined {
  const port = listedPorts(pod).find(({ entry }) => entry['hostPort'] === number)
  if (port === undefined) return undefined
  const name = containerName(port.container)
  return `container "${name}" listens on ${port.number}, to which port ${number} of the node leads`
}

/** The name of a container; the API demands one. */
export function containerName({ object }: Container): string {
  return stringAt(object, 'name') ?? ''
}
