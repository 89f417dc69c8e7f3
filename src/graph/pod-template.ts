import { joined, type Pointer, pointer } from '../pointer.ts'
import { isMap, type JsonMap, listAt, mapAt, stringAt } from '../read/json.ts'
import { groupOf, type KubeObject } from '../read/resource.ts'

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

/** The pod template of an object; undefined where its kind has none or it is left out (a Rollout with `workloadRef`). */
export function podTemplateOf(object: KubeObject): PodTemplate | undefined {
  const group = groupOf(object)
  const podKind = BY_NAME.get(object.kind)?.find(({ groups }) => groups.includes(group))
  if (podKind === undefined) return undefined
  const template = mapAt(object, ...podKind.path)
  return isMap(template['spec']) ? { template, at: pointer(...podKind.path) } : undefined
}

const LISTS = [
  ['containers', 'container'],
  ['initContainers', 'init'],
  ['ephemeralContainers', 'ephemeral'],
] as const

/** All containers of a pod template, in the order that Istio searches them: the pod's own, then init, then ephemeral ones. */
export function containersOf({ template, at }: PodTemplate): readonly Container[] {
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
