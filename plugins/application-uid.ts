import { defineDetector, type Finding } from '../src/detect/detector.ts'
import { isControlPlane, isGatewayPod, isWorkloadInMesh } from '../src/detect/mesh.ts'
import type { Workload } from '../src/graph/graph.ts'
import { type Container, containersOf } from '../src/graph/pod-template.ts'
import { joined, type Pointer, pointer } from '../src/pointer.ts'
import { at, stringAt } from '../src/read/json.ts'

/** The user and the group that the proxy runs as, and whose traffic it therefore does not redirect. */
const PROXY_ID = 1337

/** Istio's own containers, which run as the proxy's user or set its redirection up. */
const ISTIO_CONTAINERS: ReadonlySet<string> = new Set(['istio-proxy', 'istio-init', 'istio-validation'])

type Member = 'runAsUser' | 'runAsGroup' | 'fsGroup'

/** A security context that gives containers the proxy's user or group. */
export interface ProxyId {
  readonly member: Member
  /** The containers that have it from there. */
  readonly containers: readonly Container[]
  /** Whether the same would come from the pod if the container did not say it. */
  readonly isInherited: boolean
}

/** Traffic of the proxy's user goes past the proxy, or it would be sent to the proxy for ever: an application's goes with it. */
export default defineDetector<ProxyId>({
  id: 'application-uid',
  title: 'No application runs as the user of the proxy',
  docs: 'https://istio.io/latest/docs/ops/deployment/application-requirements/',
  checks: {
    user: { classic: 'error', sidecar: 'error', cni: 'error' },
    group: { classic: 'info', sidecar: 'info', cni: 'info' },
  },

  *detect(resource, graph, { all }) {
    const workload = graph.workload(resource)
    if (workload === undefined || isGatewayPod(workload.pod.template)) return
    if (!all && !isWorkloadInMesh(workload, graph)) return

    yield* settersOf('runAsUser', workload)
    yield* settersOf('runAsGroup', workload)
    yield* volumeGroup(workload)
  },
})

/** Where it is set: in containers that set it themselves, and at the pod if any container goes by that. */
function* settersOf(member: Member, workload: Workload): Iterable<Finding<ProxyId>> {
  const isInherited = podSays(member, workload) === PROXY_ID
  const inheriting: Container[] = []
  for (const container of applicationContainers(workload)) {
    const own = at(container.object, 'securityContext', member) ?? undefined
    if (own === undefined) inheriting.push(container)
    else if (own === PROXY_ID) yield findingOn(workload, container.at, { member, containers: [container], isInherited })
  }
  if (!isInherited || inheriting.length === 0) return
  yield findingOn(workload, podOf(workload), { member, containers: inheriting, isInherited: false })
}

/** The injector gives the pods that it has been at this group itself, so that the proxy can read its token. */
function* volumeGroup(workload: Workload): Iterable<Finding<ProxyId>> {
  const containers = applicationContainers(workload)
  if (podSays('fsGroup', workload) !== PROXY_ID || containers.length === 0) return
  if (containers.length < containersOf(workload.pod).length) return
  yield findingOn(workload, podOf(workload), { member: 'fsGroup', containers, isInherited: false })
}

function applicationContainers({ pod }: Workload): readonly Container[] {
  return containersOf(pod).filter(container => !ISTIO_CONTAINERS.has(titleOf(container)))
}

function podOf({ pod }: Workload): Pointer {
  return joined(pod.at, '/spec')
}

function podSays(member: Member, { pod }: Workload): unknown {
  return at(pod.template, 'spec', 'securityContext', member)
}

function findingOn(workload: Workload, owner: Pointer, data: ProxyId): Finding<ProxyId> {
  const { member, containers } = data
  const isPod = owner === podOf(workload)
  return {
    check: member === 'runAsUser' ? 'user' : 'group',
    resource: workload.resource,
    at: joined(owner, pointer('securityContext', member)),
    message: messageOf(member, containers.map(titleOf)),
    codes: member === 'runAsUser' && isSeenByIstioctl(workload, containers, isPod) ? ['IST0144'] : [],
    subject: isPod ? `pod ${member}` : `container ${titleOf(containers[0])} ${member}`,
    data,
  }
}

function messageOf(member: Member, names: readonly string[]): string {
  const isOne = names.length === 1
  const who = `${isOne ? 'container' : 'containers'} ${names.map(name => `"${name}"`).join(', ')}`
  const past = `${isOne ? 'its' : 'their'} traffic goes past the proxy`
  switch (member) {
    case 'runAsUser':
      return `${who} ${isOne ? 'runs' : 'run'} as UID 1337, which is the proxy's own: ${past}; take another UID`
    case 'runAsGroup':
      return `${who} ${isOne ? 'runs' : 'run'} as GID 1337, which is the proxy's own: ${past}`
    case 'fsGroup':
      return `the volumes of ${who} belong to GID 1337, which is the proxy's own`
  }
}

/** istioctl looks at Pods and Deployments only, and neither at init nor at ephemeral containers. */
function isSeenByIstioctl({ resource }: Workload, containers: readonly Container[], isPod: boolean): boolean {
  const { kind } = resource.object
  if ((kind !== 'Pod' && kind !== 'Deployment') || isControlPlane(resource.object)) return false
  return isPod || containers.some(({ role, object }) => role === 'container' && object['name'] !== 'istio-operator')
}

function titleOf(container: Container | undefined): string {
  return stringAt(container?.object, 'name') ?? ''
}
