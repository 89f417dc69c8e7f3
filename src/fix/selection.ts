import type { ResourceGraph } from '../graph/graph.ts'
import { mayBeSelectedBy, maySelect } from '../graph/pod-selectors.ts'
import { podTemplateOf } from '../graph/pod-template.ts'
import { selectionsOf } from '../graph/selections.ts'
import type { Labels } from '../graph/selectors.ts'
import { isSame } from '../json-patch.ts'
import { labelsOf, type Resource, titleOf } from '../read/resource.ts'
import type { Place } from './fixer.ts'

/** An object before a fix and after it; it stands in the graph as it is after. */
export interface Changed {
  readonly before: Resource
  readonly after: Resource
}

/**
 * Why some selector would select other pods than before: one that asks about a label which changes, or one that is
 * changed itself. Judged pessimistically, over all selectors whose namespace may be the pods'.
 *
 * @param intended the selectors that the fix means to meet
 */
export function changedSelection(
  changed: readonly Changed[],
  graph: ResourceGraph,
  intended: readonly Place[],
): string | undefined {
  for (const change of changed) {
    const reason = otherwiseSelected(change, graph, intended) ?? otherwiseSelecting(change, graph)
    if (reason !== undefined) return reason
  }
  return undefined
}

function otherwiseSelected(
  { before, after }: Changed,
  graph: ResourceGraph,
  intended: readonly Place[],
): string | undefined {
  const [old, now] = [podLabels(before), podLabels(after)]
  if (isSame(old, now)) return undefined
  const versions = [before, after].flatMap(version => graph.workload(version) ?? [])
  for (const selecting of graph.selectingBy(old, now, versions)) {
    const { resource, selection } = selecting
    if (intended.some(place => place.resource.id === resource.id && place.pointer === selection.at)) continue
    const isSelected = maySelect(selecting, after, now, graph)
    // Without it the API server refuses the workload.
    if (isSelected && resource.id === after.id && selection.at === '/spec/selector') continue
    if (maySelect(selecting, before, old, graph) === isSelected) continue
    const does = isSelected ? 'start' : 'stop'
    return `${titleOf(resource.object)} in ${resource.path} would ${does} selecting the pods of ${titleOf(after.object)} by ${selection.at}`
  }
  return undefined
}

function otherwiseSelecting({ before, after }: Changed, graph: ResourceGraph): string | undefined {
  const now = selectionsOf(after)
  for (const [index, selection] of selectionsOf(before).entries()) {
    const fresh = now[index]
    if (fresh !== undefined && JSON.stringify(fresh) === JSON.stringify(selection)) continue
    const selected = (resource: Resource, of: typeof selection): string =>
      mayBeSelectedBy({ resource, selection: of }, graph).toSorted().join()
    if (fresh === undefined || selected(before, selection) !== selected(after, fresh))
      return `${titleOf(after.object)} would select other pods by ${selection.at}`
  }
  return undefined
}

function podLabels(resource: Resource): Labels {
  const pod = podTemplateOf(resource)
  return pod === undefined ? {} : labelsOf(pod.template)
}
