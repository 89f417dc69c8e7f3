import { isCustomWorkload, UNKNOWN_CONTROLLER } from '../detect/workloads.ts'
import type { Workload } from '../graph/graph.ts'
import type { Operation } from '../json-patch.ts'
import { joined, pointer } from '../pointer.ts'
import { at, isMap, lookUp } from '../read/json.ts'
import { groupOf, labelsOf, nameOf } from '../read/resource.ts'
import type { Fix, Impact, Place } from './fixer.ts'
import type { LabelSource } from './label-sources.ts'

/** What a new label in the template does to the pods of a kind. */
interface Rollout {
  readonly impact: Impact
  readonly caution?: string
}

const ROLLOUTS: Readonly<Record<string, Rollout>> = {
  Deployment: { impact: 'restart' },
  Rollout: { impact: 'restart' },
  DeploymentConfig: { impact: 'restart' },
  // The API takes new labels on a pod that runs.
  Pod: { impact: 'metadata' },
  StatefulSet: { impact: 'restart', caution: 'a StatefulSet restarts its pods one after the other' },
  DaemonSet: { impact: 'restart', caution: 'a DaemonSet restarts its pods on every node' },
  ReplicaSet: { impact: 'metadata', caution: "a ReplicaSet's pods that run already don't get it" },
  ReplicationController: {
    impact: 'metadata',
    caution: "a ReplicationController's pods that run already don't get it",
  },
  Service: { impact: 'restart', caution: 'Knative makes a new revision of it' },
  Configuration: { impact: 'restart', caution: 'Knative makes a new revision of it' },
}

const UNKNOWN: Rollout = { impact: 'restart', caution: UNKNOWN_CONTROLLER }

/**
 * The fix that labels the pods of a workload; the reason where the labels are no map.
 *
 * @param intended the selectors that shall select the pods then
 */
export function labelFix(
  workload: Workload,
  label: string,
  source: LabelSource,
  intended: readonly Place[],
): Fix | string {
  const operations = labelOperations(workload, label, source.value)
  if (operations === undefined) return 'the labels are no map'
  const { resource } = workload
  const rollout = isCustomWorkload(resource) ? undefined : lookUp(ROLLOUTS, resource.object.kind)
  const { impact, caution } = rollout ?? UNKNOWN
  const cautions = [...source.cautions, ...(caution === undefined ? [] : [caution]), ...selectorCautions(workload)]
  return {
    title: `label the pods ${label}: "${source.value}"`,
    safety: cautions.length > 0 ? 'unsafe' : 'safe',
    cautions,
    evidence: [source.evidence],
    impact,
    changes: [{ resource, operations }],
    intended,
  }
}

/** The API server makes a selector that is left out from the template's labels, so that it would gain the label. */
function selectorCautions({ resource, pod }: Workload): readonly string[] {
  const { object } = resource
  if (pod.at === '' || isCustomWorkload(resource) || groupOf(object) === 'serving.knative.dev') return []
  return at(object, 'spec', 'selector') === undefined ? ['its selector is left out, and follows the labels'] : []
}

/** Behind a `test` that makes a patch fail rather than hit another object: a label that is there, else the name. */
function labelOperations({ resource, pod }: Workload, label: string, value: string): readonly Operation[] | undefined {
  const metadataAt = joined(pod.at, '/metadata')
  const labelsAt = joined(metadataAt, '/labels')
  const place = joined(labelsAt, pointer(label))
  const labels = at(pod.template, 'metadata', 'labels') ?? null
  const name: Operation = { op: 'test', path: '/metadata/name', value: nameOf(resource.object) }

  if (isMap(labels)) {
    const old = labels[label]
    if (old !== undefined)
      return [
        { op: 'test', path: place, value: old },
        { op: 'replace', path: place, value },
      ]
    const [present] = Object.entries(labelsOf(pod.template))
    const guard: Operation =
      present === undefined ? name : { op: 'test', path: joined(labelsAt, pointer(present[0])), value: present[1] }
    return [guard, { op: 'add', path: place, value }]
  }
  if (labels !== null) return undefined
  return isMap(pod.template['metadata'])
    ? [name, { op: 'add', path: labelsAt, value: { [label]: value } }]
    : [name, { op: 'add', path: metadataAt, value: { labels: { [label]: value } } }]
}
