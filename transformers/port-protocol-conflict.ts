import portProtocolConflict, { SHOWN } from '../plugins/port-protocol-conflict.ts'
import type { Context } from '../src/detect/detector.ts'
import type { ProtocolPort } from '../src/detect/protocol-ports.ts'
import { inferProtocol } from '../src/fix/evidence.ts'
import { type Declined, defineFixer, type Fix, type ProtocolEvidence } from '../src/fix/fixer.ts'
import { redeclaration } from '../src/fix/redeclaration.ts'
import { servicePort } from '../src/fix/service-port.ts'
import type { ResourceGraph } from '../src/graph/graph.ts'
import type { Operation } from '../src/json-patch.ts'
import { pointer } from '../src/pointer.ts'
import { listAt, numberAt } from '../src/read/json.ts'
import { nameOf } from '../src/read/resource.ts'

/**
 * Which of two Services is right is known to the application: what would make either say what the other does is shown.
 * Where they lead to different ports both may be right, and one of them needs another number.
 */
export default defineFixer(portProtocolConflict, {
  fix({ check, data: { own, others } }, graph, context) {
    const [other] = others
    if (other === undefined) return { declined: 'the other port is gone', evidence: [] }
    if (!check.startsWith('target-port')) return renumberings([own, ...others.slice(0, SHOWN)])
    const evidence = evidenceOf(own, graph, context)
    // This port can be made like one of the others only; where they don't agree, that would not be the end of it.
    const ownWay = others.every(({ class: its }) => its === other.class) ? candidate(own, other, graph, context) : []
    const candidates = [...ownWay, ...others.slice(0, SHOWN).flatMap(its => candidate(its, own, graph, context))]
    if (candidates.length === 0) return { declined: 'no other declaration would fit', evidence }
    const note = `only the application knows which is right: change this port, or ${others.length > 1 ? 'all the others' : 'the other'}`
    return candidates.map(fix => ({ ...fix, evidence, note }))
  },
})

function candidate(port: ProtocolPort, like: ProtocolPort, graph: ResourceGraph, context: Context): readonly Fix[] {
  const found = servicePort(port.service, port.index, graph)
  const fix = found === undefined ? undefined : redeclaration(found, like.protocol, context)
  if (fix === undefined) return []
  return [{ ...fix, title: `Service "${nameOf(port.service.object)}": ${fix.title}`, safety: 'display', cautions: [] }]
}

/** Each Service on the number that it leads to, if that is one, another and free. */
function renumberings(ports: readonly ProtocolPort[]): readonly Fix[] | Declined {
  const note = 'one of the Services has to take another port number, and its clients with it'
  const candidates = ports.flatMap(({ service, index, port = 0, targets }): readonly Fix[] => {
    const [target, ...more] = new Set(targets.values())
    const numbers = listAt(service.object, 'spec', 'ports').map(entry => numberAt(entry, 'port'))
    if (target === undefined || more.length > 0 || numbers.includes(target)) return []
    const path = pointer('spec', 'ports', index, 'port')
    const operations: readonly Operation[] = [
      { op: 'test', path, value: port },
      { op: 'replace', path, value: target },
    ]
    return [
      {
        title: `Service "${nameOf(service.object)}": serve port ${port} on the number that it leads to`,
        safety: 'display',
        cautions: [],
        note,
        evidence: [],
        impact: 'routing',
        changes: [{ resource: service, operations }],
      },
    ]
  })
  return candidates.length > 0 ? candidates : { declined: note, evidence: [] }
}

/** What speaks for either, other than the two declarations themselves. */
function evidenceOf(
  { service, index }: ProtocolPort,
  graph: ResourceGraph,
  context: Context,
): readonly ProtocolEvidence[] {
  const port = servicePort(service, index, graph)
  if (port === undefined) return []
  return inferProtocol(port, context).evidence.filter(
    ({ source }) => source !== 'sibling Service' && source !== 'name word',
  )
}
