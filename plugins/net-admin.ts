import { type Context, defineDetector, type Finding } from '../src/detect/detector.ts'
import { isNamespaceInMesh, isWorkloadInMesh } from '../src/detect/mesh.ts'
import { accountOf, isPodPolicy, workloadUnder } from '../src/detect/pod-policies.ts'
import type { ResourceGraph } from '../src/graph/graph.ts'
import { joined, keysOf, type Pointer, pointer } from '../src/pointer.ts'
import { listAt, lookUp } from '../src/read/json.ts'
import { groupOf, labelsOf, nameOf, type Resource, titleOf } from '../src/read/resource.ts'

/** The label by which a namespace says how far its pods may go. */
export const ENFORCE = 'pod-security.kubernetes.io/enforce'

/** The levels of the Pod Security Standards that don't admit NET_ADMIN. */
const REFUSING_LEVELS: ReadonlySet<string | undefined> = new Set(['baseline', 'restricted'])

/** What keeps a policy from admitting istio-init. */
export interface Shortage {
  /** Where the policy's fields stand: in `spec`, or in the object itself. */
  readonly base: Pointer
  /** The capabilities that it does not allow. */
  readonly missing: readonly string[]
  /** The entries of `requiredDropCapabilities` that take them away. */
  readonly dropped: readonly string[]
}

/**
 * Without the CNI plugin, the init container that redirects a pod's traffic needs NET_ADMIN, and today NET_RAW too: a
 * namespace or policy that refuses it keeps pods from being created.
 */
export default defineDetector<Shortage | undefined>({
  id: 'net-admin',
  title: 'Pods may set up their own redirection, unless the CNI plugin does',
  docs: 'https://istio.io/latest/docs/ops/deployment/application-requirements/',
  checks: {
    namespace: { sidecar: 'error' },
    policy: { classic: 'warning', sidecar: 'warning' },
  },

  *detect(resource, graph, context) {
    if (resource.object.kind === 'Namespace' && groupOf(resource.object) === '') {
      yield* refusingNamespace(resource, graph, context)
    }
    if (isPodPolicy(resource)) yield* refusingPolicy(resource, graph, context)
  },
})

function* refusingNamespace(
  resource: Resource,
  graph: ResourceGraph,
  { all }: Context,
): Iterable<Finding<Shortage | undefined>> {
  const labels = labelsOf(resource.object)
  const level = lookUp(labels, ENFORCE)
  if (!isInjected(labels) || !REFUSING_LEVELS.has(level)) return
  if (!all && !isNamespaceInMesh(nameOf(resource.object), graph)) return
  yield {
    check: 'namespace',
    resource,
    at: pointer('metadata', 'labels', ENFORCE),
    message: `namespace "${nameOf(resource.object)}" is injected, but enforces pod security "${level}", which refuses istio-init's NET_ADMIN and NET_RAW: it takes the Istio CNI plugin, or pod security "privileged"`,
    subject: 'enforce',
    data: undefined,
  }
}

/** The label for injection beats the one for a revision. */
function isInjected(labels: Readonly<Record<string, string>>): boolean {
  const injection = lookUp(labels, 'istio-injection')
  return injection === 'enabled' || (injection !== 'disabled' && Boolean(lookUp(labels, 'istio.io/rev')))
}

function* refusingPolicy(
  policy: Resource,
  graph: ResourceGraph,
  { profile, all }: Context,
): Iterable<Finding<Shortage | undefined>> {
  const isClassic = profile === 'classic'
  if (isClassic && policy.object.kind !== 'PodSecurityPolicy') return
  const needed = isClassic ? ['NET_ADMIN'] : ['NET_ADMIN', 'NET_RAW']
  const shortage = shortageOf(policy, needed)
  if (shortage === undefined) return
  const workload = workloadUnder(policy, graph, found => all || isWorkloadInMesh(found, graph))
  if (workload === undefined) return
  const { object } = policy
  const who = `${titleOf(workload.resource.object)} (service account "${accountOf(workload)}")`
  yield {
    check: 'policy',
    resource: policy,
    at: placeOf(policy, shortage),
    message: `${object.kind} "${nameOf(object)}" ${faultOf(shortage)}, but istio-init needs ${needed.join(' and ')} in the pods of ${who}: it takes the Istio CNI plugin, or a policy that allows it`,
    subject: 'capabilities',
    data: shortage,
  }
}

/** Names in either list are allowed, and `*` is all; what must be dropped is not, and `ALL` is all. */
function shortageOf({ object }: Resource, needed: readonly string[]): Shortage | undefined {
  const path = object.kind === 'PodSecurityPolicy' ? ['spec'] : []
  const texts = (list: string): readonly string[] =>
    listAt(object, ...path, list).filter(item => typeof item === 'string')
  const allowed = new Set([...texts('allowedCapabilities'), ...texts('defaultAddCapabilities')])
  const missing = allowed.has('*') ? [] : needed.filter(capability => !allowed.has(capability))
  const dropped = texts('requiredDropCapabilities').filter(item => item === 'ALL' || needed.includes(item))
  return missing.length + dropped.length === 0 ? undefined : { base: pointer(...path), missing, dropped }
}

/** The list at fault, or the policy where it has none. */
function placeOf({ object }: Resource, { base, missing }: Shortage): Pointer {
  const list = missing.length > 0 ? 'allowedCapabilities' : 'requiredDropCapabilities'
  return listAt(object, ...keysOf(base), list).length > 0 ? joined(base, pointer(list)) : base
}

function faultOf({ missing, dropped }: Shortage): string {
  const faults = [
    ...(missing.length > 0 ? [`does not allow ${missing.join(' and ')}`] : []),
    ...(dropped.length > 0 ? [`drops ${dropped.join(' and ')}`] : []),
  ]
  return faults.join(' and ')
}
