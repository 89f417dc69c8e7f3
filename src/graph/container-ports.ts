import { joined, type Pointer, pointer } from '../pointer.ts'
import { isMap, type JsonMap, listAt, numberAt, stringAt } from '../read/json.ts'
import { type Container, containersOf, type PodTemplate } from './pod-template.ts'

/** An entry of a container's `ports`. */
export interface ContainerPort {
  readonly container: Container
  readonly entry: JsonMap
  /** The entry's place within the object that owns the template. */
  readonly at: Pointer
  readonly number: number | undefined
  /** Empty where it has none. */
  readonly name: string
  /** The L4 protocol, `TCP` where the manifest names none. */
  readonly protocol: string
}

/** The containers that run as long as the pod does: its own and native sidecars, in the order that Istio searches them. */
export function runningContainers(pod: PodTemplate): readonly Container[] {
  return containersOf(pod).filter(({ role, sidecar }) => role === 'container' || sidecar)
}

/** The ports that a container lists. */
export function portsOf(container: Container): readonly ContainerPort[] {
  return listAt(container.object, 'ports').flatMap((entry, index) =>
    isMap(entry)
      ? {
          container,
          entry,
          at: joined(container.at, pointer('ports', index)),
          number: numberAt(entry, 'containerPort'),
          name: stringAt(entry, 'name') ?? '',
          protocol: stringAt(entry, 'protocol') || 'TCP',
        }
      : [],
  )
}

/** The ports that a pod's running containers list: those that a Service's `targetPort` can mean. */
export function listedPorts(pod: PodTemplate): readonly ContainerPort[] {
  return runningContainers(pod).flatMap(portsOf)
}
