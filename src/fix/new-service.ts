import type { ResourceGraph, Workload } from '../graph/graph.ts'
import { ownSelectorOf } from '../graph/selections.ts'
import { isEmptySelector, type Labels, mapSelector, type Selector, selects } from '../graph/selectors.ts'
import { skippedNamesake } from '../graph/skipped.ts'
import { stringAt } from '../read/json.ts'
import {
  areSeparated,
  type KubeObject,
  labelsOf,
  mayShareNamespace,
  nameOf,
  namespaceOf,
  type Resource,
  titleOf,
} from '../read/resource.ts'
import type { NewPort } from './new-service-ports.ts'
import { isServiceObjectName } from './validity.ts'

/** The labels by which a Service would select a workload's pods and no others; the reason where there are none. */
export function labelsForService(workload: Workload, graph: ResourceGraph): Labels | string {
  const selector = selectorOf(workload)
  if (selector.matchExpressions.length > 0) return 'its selector has matchExpressions, and a Service can have none'
  if (isEmptySelector(selector)) return 'its selector is empty'
  if (!selects(selector, labelsOf(workload.pod.template))) return 'its selector does not select its own pods'
  const { matchLabels } = selector
  const parameter = Object.values(matchLabels).find(value => value.includes('$'))
  if (parameter !== undefined) return `"${parameter}" is a parameter, which is filled in elsewhere`

  const other = graph
    .workloadsThatMayHave(matchLabels, workload.resource)
    .find(({ resource }) => !isNamesake(resource, workload.resource))?.resource
  if (other === undefined) return matchLabels
  return `it would select the pods of ${titleOf(other.object)} in ${other.path} as well`
}

/** Why a Service can't be called like the workload; undefined where it can. */
export function nameObstacle(resource: Resource, graph: ResourceGraph): string | undefined {
  const { object } = resource
  const name = nameOf(object)
  const namespace = namespaceOf(object)
  if (name === '') return 'it has no name'
  if (`${name}${namespace}`.includes('$')) return 'its name is a parameter, which is filled in elsewhere'
  if (!isServiceObjectName(name)) return `"${name}" is no name that a Service can have`
  const other = graph
    .servicesNamed(name)
    .find(service => !areSeparated(service, resource) && mayShareNamespace(namespaceOf(service.object), namespace))
  if (other !== undefined) return `${titleOf(other.object)} in ${other.path} has its name already`
  const template = skippedNamesake(resource, graph)
  return template === undefined ? undefined : `${template}, a template, may hold a Service of its name`
}

/**
 * A Service for a workload's pods, with nothing that isn't needed. Headless, which can't be changed later, only without
 * ports, and where a StatefulSet names it as the one that gives its pods their DNS names.
 */
export function newService({ object }: Resource, selector: Labels, ports: readonly NewPort[]): KubeObject {
  const name = nameOf(object)
  const namespace = namespaceOf(object)
  const isHeadless = ports.length === 0 || stringAt(object, 'spec', 'serviceName') === name
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: {
      ...(isHeadless ? { clusterIP: 'None' } : {}),
      selector,
      ...(ports.length === 0 ? {} : { ports: ports.map(({ entry }) => entry) }),
    },
  }
}

/** What selects a workload's pods. Where it is left out, the API server takes the labels; a bare Pod has nothing else. */
function selectorOf({ resource, pod }: Workload): Selector {
  const own = pod.at === '' ? undefined : ownSelectorOf(resource)
  return own?.selector ?? mapSelector(labelsOf(pod.template))
}

/** Two files with an object of one kind and name are two environments, of which a namespace holds one. */
function isNamesake(one: Resource, other: Resource): boolean {
  return one.object.kind === other.object.kind && nameOf(one.object) === nameOf(other.object)
}
