import { areSeparated, labelsOf, mayShareNamespace, namespaceOf, type Resource } from '../read/resource.ts'
import type { ResourceGraph } from './graph.ts'
import { podTemplateOf } from './pod-template.ts'
import { isAmong } from './port-references.ts'
import { type Selection, serviceOfSubset } from './selections.ts'
import { type Labels, selects, serviceSelector } from './selectors.ts'

/** A selector of pods, and the object that holds it. */
export interface Selecting {
  readonly resource: Resource
  readonly selection: Selection
}

/** Whether a selector could select a workload's pods if they had these labels, however far away it is. */
export function maySelect(
  { resource: owner, selection }: Selecting,
  workload: Resource,
  labels: Labels,
  graph: ResourceGraph,
): boolean {
  if (areSeparated(owner, workload)) return false
  if (!selects(selection.selector, labels) || !isAmong(selection.namespaces, owner, workload)) return false
  if (selection.host === undefined) return true
  const meant = serviceOfSubset(selection)
  const namespace = meant?.namespace ?? namespaceOf(owner.object)
  return graph
    .servicesNamed(meant?.name ?? '')
    .some(
      ({ object }) =>
        mayShareNamespace(namespace, namespaceOf(object)) &&
        mayShareNamespace(namespaceOf(workload.object), namespaceOf(object)) &&
        selects(serviceSelector(object), labels),
    )
}

/** The workloads whose pods a selector could select as they are now, by id. */
export function mayBeSelectedBy(selecting: Selecting, graph: ResourceGraph): readonly string[] {
  return graph
    .workloadsLike(selecting.selection.selector)
    .filter(workload => maySelect(selecting, workload, labelsOf(podTemplateOf(workload)?.template ?? {}), graph))
    .map(({ id }) => id)
}
