import { isSame } from '../json-patch.ts'
import { at, mapAt } from '../read/json.ts'
import { groupOf, type KubeObject, titleOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'

/** Fields that the API server refuses to change on an existing object, by `group/Kind`; keys joined by dots. */
const IMMUTABLE: Readonly<Record<string, readonly string[]>> = {
  // kubernetes pkg/apis/apps/validation
  'apps/Deployment': ['spec.selector'],
  'apps/ReplicaSet': ['spec.selector'],
  'apps/DaemonSet': ['spec.selector'],
  // pkg/apis/batch/validation: ValidateJobSpecUpdate
  'batch/Job': ['spec.template', 'spec.selector', 'spec.completions', 'spec.completionMode', 'spec.manualSelector'],
  // pkg/apis/core/validation: ValidatePodUpdate takes a new image and little else
  '/Pod': ['spec'],
  '/Service': ['spec.clusterIP', 'spec.clusterIPs'],
  '/Secret': ['type'],
  'discovery.k8s.io/EndpointSlice': ['addressType'],
  'rbac.authorization.k8s.io/RoleBinding': ['roleRef'],
  'rbac.authorization.k8s.io/ClusterRoleBinding': ['roleRef'],
}

const IDENTITY = ['apiVersion', 'kind', 'metadata.name', 'metadata.namespace']

/** Of a StatefulSet's spec all but these (pkg/apis/apps/validation: ValidateStatefulSetUpdate). */
const STATEFUL_SET_MUTABLE: ReadonlySet<string> = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
])

/** Why the API server would refuse to turn an existing object into its new version; undefined where it would not. */
export function changedImmutable(before: KubeObject, after: KubeObject): string | undefined {
  const field = immutableFields(before, after).find(path => !isSame(valueAt(before, path), valueAt(after, path)))
  return field === undefined
    ? undefined
    : `the API server does not let ${field} of an existing object change: ${titleOf(before)}`
}

function immutableFields(object: KubeObject, after: KubeObject): readonly string[] {
  const kind = `${groupOf(object)}/${object.kind}`
  if (kind === 'apps/StatefulSet') {
    const members = new Set([object, after].flatMap(version => Object.keys(mapAt(version, 'spec'))))
    return [...IDENTITY, ...[...members].filter(key => !STATEFUL_SET_MUTABLE.has(key)).map(key => `spec.${key}`)]
  }
  const isFrozen = (object.kind === 'ConfigMap' || object.kind === 'Secret') && at(object, 'immutable') === true
  const frozen = isFrozen ? ['data', 'binaryData', 'stringData', 'immutable'] : []
  return [...IDENTITY, ...frozen, ...(Object.hasOwn(IMMUTABLE, kind) ? (IMMUTABLE[kind] ?? []) : [])]
}

function valueAt(object: KubeObject, path: string): Json {
  return at(object, ...path.split('.')) ?? null
}
