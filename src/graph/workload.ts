import type { Pointer } from '../pointer.ts'
import { listAt, mapAt, numberAt, stringAt } from '../read/json.ts'
import type { Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { type Container, containersOf, type PodTemplate } from './pod-template.ts'

/** A resource that makes pods, and the template it makes them from. */
export interface Workload {
  readonly resource: Resource
  readonly pod: PodTemplate
}

/** Where a Service port's traffic arrives in one workload. */
export interface PortTarget {
  readonly workload: Workload
  /** The container whose `ports` list it; undefined where none does. */
  readonly container: Container | undefined
  readonly number: number
  /** The name of the container port; empty where it has none or isn't listed. */
  readonly name: string
}

/** Istio's FindPort: a name needs a container port of that name and L4 protocol; a number stands for itself. */
export function targetIn(workload: Workload, port: Json): PortTarget | undefined {
  const targetPort = mapAt(port)['targetPort'] || mapAt(port)['port']
  const protocol = stringAt(port, 'protocol') || 'TCP'
  for (const container of containersOf(workload.pod)) {
    if (container.role === 'ephemeral' || (container.role === 'init' && !container.sidecar)) continue
    for (const entry of listAt(container.object, 'ports')) {
      const number = numberAt(entry, 'containerPort')
      const name = stringAt(entry, 'name') ?? ''
      const isMeant = (typeof targetPort === 'string' ? name : number) === targetPort
      if (!isMeant || number === undefined || (stringAt(entry, 'protocol') || 'TCP') !== protocol) continue
      return { workload, container, number, name }
    }
  }
  if (typeof targetPort !== 'number') return undefined
  return { workload, container: undefined, number: targetPort, name: '' }
}

/** The container ports of that name in a workload, or in the one container at a place. */
export function containerPorts(workload: Workload, name: string, place: Pointer | undefined): string[] {
  return containersOf(workload.pod)
    .filter(container => place === undefined || container.at === place)
    .flatMap(container => listAt(container.object, 'ports'))
    .filter(entry => stringAt(entry, 'name') === name)
    .map(entry => `${workload.resource.id}:${numberAt(entry, 'containerPort')}`)
}
