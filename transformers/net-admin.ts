import netAdmin, { ENFORCE, type Shortage } from '../plugins/net-admin.ts'
import { defineFixer, type Fix } from '../src/fix/fixer.ts'
import type { Operation } from '../src/json-patch.ts'
import { joined, keysOf, type Pointer, pointer, valueAt } from '../src/pointer.ts'
import { listAt } from '../src/read/json.ts'
import { type KubeObject, labelsOf, nameOf, type Resource } from '../src/read/resource.ts'

/** How far pods may go is the cluster's owners' to say: what would let istio-init through is only shown. */
export default defineFixer(netAdmin, {
  fix({ resource, data }) {
    const candidate = (title: string, note: string, operations: readonly Operation[]): Fix => ({
      title,
      safety: 'display',
      cautions: [],
      note: `with the Istio CNI plugin nothing has to change (--profile cni); the candidate ${note}`,
      evidence: [],
      impact: 'metadata',
      changes: [{ resource, operations }],
    })
    return data === undefined
      ? [
          candidate(
            'let it enforce "privileged"',
            'lets all pods of the namespace go as far',
            levelOperations(resource),
          ),
        ]
      : [candidate('let it allow them', 'lets all who may use the policy go as far', policyOperations(resource, data))]
  },
})

function levelOperations({ object }: Resource): readonly Operation[] {
  const path = pointer('metadata', 'labels', ENFORCE)
  return [
    { op: 'test', path, value: labelsOf(object)[ENFORCE] ?? null },
    { op: 'replace', path, value: 'privileged' },
  ]
}

function policyOperations({ object }: Resource, { base, missing, dropped }: Shortage): readonly Operation[] {
  const name: Operation = { op: 'test', path: '/metadata/name', value: nameOf(object) }
  const allowed = joined(base, '/allowedCapabilities')
  const additions: readonly Operation[] = Array.isArray(valueAt(object, allowed))
    ? missing.map(value => ({ op: 'add', path: joined(allowed, '/-'), value }))
    : [{ op: 'add', path: allowed, value: [...missing] }]
  return [name, ...(missing.length > 0 ? additions : []), ...removals(object, base, dropped)]
}

/** From the end, so that no removal moves what is still to be removed. */
function removals(object: KubeObject, base: Pointer, dropped: readonly string[]): readonly Operation[] {
  const list = joined(base, '/requiredDropCapabilities')
  return listAt(object, ...keysOf(list))
    .flatMap((value, index): readonly Operation[] => {
      const path = joined(list, pointer(index))
      return dropped.some(item => item === value)
        ? [
            { op: 'remove', path },
            { op: 'test', path, value },
          ]
        : []
    })
    .toReversed()
}
