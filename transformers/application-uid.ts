import applicationUid, { type ProxyId } from '../plugins/application-uid.ts'
import type { Profile } from '../src/detect/detector.ts'
import { defineFixer, type Fix } from '../src/fix/fixer.ts'
import type { Operation } from '../src/json-patch.ts'
import { valueAt } from '../src/pointer.ts'
import type { Json } from '../src/read/tree.ts'

/** The example of Istio's own page on IST0144; any but 1337 does. */
const ANOTHER_ID = 1338

/** Which user an application can run as is known to its image and its volumes: both ways out are shown. */
export default defineFixer(applicationUid, {
  fix({ resource, at, data }, _, { profile }) {
    const test: Operation = { op: 'test', path: at, value: valueAt(resource.object, at) as Json }
    const candidate = (title: string, operation: Operation): Fix => ({
      title,
      safety: 'display',
      cautions: [],
      note: adviceOn(data, profile),
      evidence: [],
      impact: 'restart',
      changes: [{ resource, operations: [test, operation] }],
    })
    const other = candidate(`set another ID, such as ${ANOTHER_ID}`, { op: 'replace', path: at, value: ANOTHER_ID })
    // Without its own word the container would go by the pod's, which is the same.
    return data.isInherited ? [other] : [candidate(removalOf(data), { op: 'remove', path: at }), other]
  },
})

function removalOf({ member }: ProxyId): string {
  if (member === 'fsGroup') return 'leave the volumes as they are'
  return `leave it to the image or, on OpenShift, to the namespace's range`
}

function adviceOn({ member, containers }: ProxyId, profile: Profile): string {
  const what = member === 'runAsUser' ? 'user' : 'group'
  const advice = `choose another ${what}, and see that the files it needs are that ${what}'s`
  const isInit = containers.every(({ role, sidecar }) => role === 'init' && !sidecar)
  if (profile !== 'cni' || !isInit || member === 'fsGroup') return advice
  return `${advice}; with the CNI plugin it may be meant, for an init container that needs the network before the proxy runs`
}
