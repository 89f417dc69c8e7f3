import { portsOf } from '../graph/container-ports.ts'
import type { ResourceGraph, Workload } from '../graph/graph.ts'
import { type Container, containersOf } from '../graph/pod-template.ts'
import { portsPatchOf } from '../graph/skipped.ts'
import { at, stringAt } from '../read/json.ts'
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
  if (containersOf(pod).some(({ object }) => hasParameters(object['ports'])))
    return `the container ports of ${titleOf(resource.object)} hold a parameter, which is filled in elsewhere`
  const patch = portsPatchOf(workload, graph)
  if (patch !== undefined)
    return `${patch}, which mesh-fix does not edit, patches the containers or ports of ${titleOf(resource.object)}`
  return undefined
}

/** A value of an OpenShift Template, `${PORT}` or `${{PORT}}`, which may stand for a whole list. */
function hasParameters(ports: Json | undefined): boolean {
  return JSON.stringify(ports ?? null).includes('${')
}

/** Why a port that an init container lists in vain can't be listed again: no pod has one twice. */
export function listedByInit({ pod }: Workload, number: number, protocol: string): string | undefined {
  const ports = containersOf(pod).flatMap(portsOf)
  const port = ports.find(listed => listed.number === number && listed.protocol === protocol)
  if (port === undefined) return undefined
  return `container "${containerName(port.container)}", which does not run beside the others, lists it already`
}

/** The name of a container; the API demands one. */
export function containerName({ object }: Container): string {
  return stringAt(object, 'name') ?? ''
}
