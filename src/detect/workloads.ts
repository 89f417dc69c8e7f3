import { listAt } from '../read/json.ts'
import type { KubeObject, Resource } from '../read/resource.ts'

/** Kinds whose pods come to an end, and the one that makes none. */
const NOT_RUNNING_ON: ReadonlySet<string> = new Set(['Job', 'CronJob', 'ScheduledJob', 'PodTemplate'])

/** Why changing the pod template of a custom kind is for people to decide. */
export const UNKNOWN_CONTROLLER = 'what its kind does when the pod template changes is not known'

/** Whether the configuration says where an object's pod template is: nothing else is known of what makes the pods. */
export function isCustomWorkload({ custom }: Resource): boolean {
  return custom?.podTemplate !== undefined
}

/** Whether an object with a pod template makes pods that run on and serve. */
export function isLongRunning({ kind }: KubeObject): boolean {
  return !NOT_RUNNING_ON.has(kind)
}

/** Whether another object makes and keeps this one: what is changed here is undone there. */
export function isOwned(object: KubeObject): boolean {
  return listAt(object, 'metadata', 'ownerReferences').length > 0
}
