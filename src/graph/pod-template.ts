import { joined, type Pointer, pointer } from '../pointer.ts'
import { isMap, type JsonMap, listAt, mapAt, stringAt } from '../read/json.ts'
import { groupOf, type KindedObject, type KubeObject } from '../read/resource.ts'

/** What the pods that an object makes look like, and where in the object it says so. */
export interface PodTemplate {
  /** With `metadata` and `spec`; of a Pod, the object itself. */
  readonly template: JsonMap
  readonly at: Pointer
}

/** A container of a pod template. */
export interface Container {
  readonly object: JsonMap
  /** The place within the object that owns the template. */
  readonly at: Pointer
  readonly role: 'container' | 'init' | 'ephemeral'
  /** An init container that goes on running beside the others (`restartPolicy: Always`). */
  readonly sidecar: boolean
}

interface PodKind {
  readonly kind: string
  readonly groups: readonly string[]
  /** The keys from the object to the template. */
  readonly path: readonly string[]
}

/** The kinds that make pods. The group counts too: Knative's `Service` makes pods, the core one doesn't. */
export const POD_KINDS: readonly PodKind[] = [
  { kind: 'Pod', groups: [''], path: [] },
  { kind: 'PodTemplate', groups: [''], path: ['template'] },
  { kind: 'ReplicationController', groups: [''], path: ['spec', 'template'] },
  { kind: 'Deployment', groups: ['apps', 'extensions'], path: ['spec', 'template'] },
  { kind: 'ReplicaSet', groups: ['apps', 'extensions'], path: ['spec', 'template'] },
  { kind: 'DaemonSet', groups: ['apps', 'extensions'], path: ['spec', 'template'] },
  { kind: 'StatefulSet', groups: ['apps'], path: ['spec', 'template'] },
  { kind: 'Job', groups: ['batch', 'extensions'], path: ['spec', 'template'] },
  { kind: 'CronJob', groups: ['batch'], path: ['spec', 'jobTemplate', 'spec', 'template'] },
  { kind: 'ScheduledJob', groups: ['batch'], path: ['spec', 'jobTemplate', 'spec', 'template'] },
  { kind: 'Rollout', groups: ['argoproj.io'], path: ['spec', 'template'] },
  // OpenShift's own kinds had no group before 3.6.
  { kind: 'DeploymentConfig', groups: ['apps.openshift.io', ''], path: ['spec', 'template'] },
  { kind: 'Service', groups: ['serving.knative.dev'], path: ['spec', 'template'] },
  { kind: 'Configuration', groups: ['serving.knative.dev'], path: ['spec', 'template'] },
]

const BY_NAME: ReadonlyMap<string, readonly PodKind[]> = new Map(
  POD_KINDS.map(({ kind }) => [kind, POD_KINDS.filter(other => other.kind === kind)]),
)

const templates = new WeakMap<KubeObject, PodTemplate>()

/**
 * The pod template of an object; undefined where its kind has none or it is left out (a Rollout with `workloadRef`).
 * Found once for each version of an object, since every rule asks.
 */
export function podTemplateOf({ object, custom }: KindedObject): PodTemplate | undefined {
  const podKinds = BY_NAME.get(object.kind)
  if (podKinds === undefined && custom === undefined) return undefined
  const known = templates.get(object)
  if (known !== undefined) return known
  const group = groupOf(object)
  const path = podKinds?.find(({ groups }) => groups.includes(group))?.path ?? custom?.podTemplate
  if (path === undefined) return undefined
  const template = mapAt(object, ...path)
  if (!isMap(template['spec'])) return undefined
  const found = { template, at: pointer(...path) }
  templates.set(object, found)
  return found
}

const LISTS = [
  ['containers', 'container'],
  ['initContainers', 'init'],
  ['ephemeralContainers', 'ephemeral'],
] as const

const containers = new WeakMap<PodTemplate, readonly Container[]>()

/** All containers of a pod template, in the order that Istio searches them: the pod's own, then init, then ephemeral ones. */
export function containersOf(pod: PodTemplate): readonly Container[] {
  const known = containers.get(pod)
  if (known !== undefined) return known
  const found = containersIn(pod)
  containers.set(pod, found)
  return found
}

function containersIn({ template, at }: PodTemplate): readonly Container[] {
  return LISTS.flatMap(([list, role]) =>
    listAt(template, 'spec', list).flatMap((object, index) =>
      isMap(object)
        ? {
            object,
            at: joined(at, pointer('spec', list, index)),
            role,
            sidecar: role === 'init' && stringAt(object, 'restartPolicy') === 'Always',
          }
        : [],
    ),
  )
}
