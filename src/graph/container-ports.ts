import { joined, type Pointer, pointer } from '../pointer.ts'
import { isMap, type JsonMap, listAt, numberAt, stringAt } from '../read/json.ts'
import type { Json } from '../read/tree.ts'
import { type Container, containersOf, type PodTemplate } from './pod-template.ts'
import { targetPortOf } from './service-ports.ts'

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

const listed = new WeakMap<PodTemplate, readonly ContainerPort[]>()

/**
 * The ports that a pod's running containers list: those that a Service's `targetPort` can mean. Found once for each
 * version of a pod template, since most rules ask.
 */
export function listedPorts(pod: PodTemplate): readonly ContainerPort[] {
  const known = listed.get(pod)
  if (known !== undefined) return known
  const found = runningContainers(pod).flatMap(portsOf)
  listed.set(pod, found)
  return found
}

/** Where a Service port leads to in a pod. */
export interface PodTarget {
  /** The container whose `ports` list it; undefined where none does. */
  readonly container: Container | undefined
  readonly number: number
  /** The name of the container port; empty where it has none or isn't listed. */
  readonly name: string
}

/** Istio's FindPort: a name needs a container port of that name and L4 protocol; a number stands for itself. */
export function targetIn(pod: PodTemplate, port: Json): PodTarget | undefined {
  const targetPort = targetPortOf(port)
  const protocol = stringAt(port, 'protocol') || 'TCP'
  for (const { container, number, name, protocol: ofPort } of listedPorts(pod)) {
    const isMeant = (typeof targetPort === 'string' ? name : number) === targetPort
    if (isMeant && number !== undefined && ofPort === protocol) return { container, number, name }
  }
  return typeof targetPort === 'number' ? { container: undefined, number: targetPort, name: '' } : undefined
}

/**
 * The numbers that a reference to a container port means in a pod, or in the one container at a place: a name those of
 * the ports that are called so, a number itself, listed or not.
 */
export function numbersMeant(
  pod: PodTemplate,
  port: string | number,
  place: Pointer | undefined,
): readonly (number | undefined)[] {
  if (typeof port === 'number') return [port]
  return containersOf(pod)
    .filter(container => place === undefined || container.at === place)
    .flatMap(portsOf)
    .filter(({ name }) => name === port)
    .map(({ number }) => number)
}
