import {
  APP_LABELS,
  type AppLabel,
  keysFor,
  type LabelFault,
  labelFault,
  saidByLabels,
} from '../src/detect/app-labels.ts'
import { type Context, defineDetector, type Profile } from '../src/detect/detector.ts'
import { isWorkloadInMesh } from '../src/detect/mesh.ts'
import { isLongRunning } from '../src/detect/workloads.ts'
import type { ResourceGraph, Workload } from '../src/graph/graph.ts'
import { joined, type Pointer } from '../src/pointer.ts'
import { isMap, mapAt } from '../src/read/json.ts'
import { nameOf, titleOf } from '../src/read/resource.ts'

/** What is wrong with the labels of a pod template. */
export type LabelFinding =
  | { readonly label: AppLabel; readonly fault: LabelFault }
  /** Another workload says the very same. */
  | { readonly fault: 'indistinct' }

/**
 * Telemetry and tracing call pods by their app and version, and subsets tell versions apart by their labels. Where they
 * say nothing, Istio falls back to the workload's name and to "latest".
 */
export default defineDetector<LabelFinding>({
  id: 'app-version-labels',
  title: 'Pods carry labels that say which app and which version they are',
  docs: 'https://istio.io/latest/docs/ops/deployment/application-requirements/',
  checks: {
    app: { classic: 'info', sidecar: 'info', cni: 'info', ambient: 'info' },
    version: { classic: 'info', sidecar: 'info', cni: 'info', ambient: 'info' },
    indistinct: { classic: 'info', sidecar: 'info', cni: 'info', ambient: 'info' },
  },

  *detect(resource, graph, context) {
    const workload = graph.workload(resource)
    if (workload === undefined || !isLongRunning(resource.object)) return
    if (!context.all && !isWorkloadInMesh(workload, graph)) return

    const { template } = workload.pod
    const silent = APP_LABELS.filter(label => saidByLabels(template, label, context.profile) === undefined)
    const at = placeOfLabels(workload)
    for (const label of silent) {
      const { key, fault } = labelFault(template, label, context.profile)
      const message = messageOf(label, key, fault, context.profile)
      yield { check: label, resource, at, message, subject: label, data: { label, fault } }
    }
    const twin = silent.length > 0 ? undefined : twinOf(workload, graph, context)
    if (twin === undefined) return
    const [app, version] = APP_LABELS.map(label => saidByLabels(template, label, context.profile))
    const message = `the pods are app "${app}" and version "${version}", and so are those of ${titleOf(twin.resource.object)} in ${twin.resource.path}: Istio can't tell them apart`
    yield { check: 'indistinct', resource, at, message, subject: 'indistinct', data: { fault: 'indistinct' } }
  },
})

/** The template's labels, else the nearest place around them that is there. */
function placeOfLabels({ pod: { template, at } }: Workload): Pointer {
  if (isMap(mapAt(template, 'metadata')['labels'])) return joined(at, '/metadata/labels')
  return isMap(template['metadata']) ? joined(at, '/metadata') : at
}

function messageOf(label: AppLabel, key: string, fault: LabelFault, profile: Profile): string {
  if (fault === 'no-text') return `the pods' label "${key}" is no text, which the API server refuses: it needs quotes`
  const other = profile === 'classic' ? '' : ` (or "${keysFor(label, profile)[1]}")`
  const fact = fault === 'empty' ? `the pods' label "${key}" is empty` : `the pods have no label "${label}"${other}`
  return `${fact}: ${consequenceOf(label, profile)}`
}

function consequenceOf(label: AppLabel, profile: Profile): string {
  if (profile === 'classic') return `telemetry and tracing can't tell their ${label}`
  return label === 'app' ? "Istio calls them by their workload's name" : 'Istio calls their version "latest"'
}

/**
 * Another workload with the same app and version that runs beside it: in the same file, or behind the same Service.
 * Others are another example more often than a neighbour, and what has the same kind and name is another environment.
 */
function twinOf(workload: Workload, graph: ResourceGraph, { profile, all }: Context): Workload | undefined {
  const { object } = workload.resource
  const [app = '', version = ''] = APP_LABELS.map(label => saidByLabels(workload.pod.template, label, profile))
  const isTwin = (other: Workload): boolean =>
    isLongRunning(other.resource.object) &&
    (other.resource.object.kind !== object.kind || nameOf(other.resource.object) !== nameOf(object)) &&
    saidByLabels(other.pod.template, 'app', profile) === app &&
    saidByLabels(other.pod.template, 'version', profile) === version &&
    (all || isWorkloadInMesh(other, graph))

  const appKeys = keysFor('app', profile).filter(key => graph.areOthersLabelled(key, app, workload))
  if (appKeys.length === 0) return undefined
  const versionKeys = keysFor('version', profile).filter(key => graph.areOthersLabelled(key, version, workload))
  if (versionKeys.length === 0) return undefined
  for (const appKey of appKeys) {
    for (const versionKey of versionKeys) {
      for (const other of graph.neighboursWith({ [appKey]: app, [versionKey]: version }, workload)) {
        if (isTwin(other)) return other
      }
    }
  }
  return graph
    .servicesOf(workload)
    .flatMap(service => graph.workloadsOf(service))
    .find(isTwin)
}
