import { isDeepStrictEqual } from 'node:util'
import type { Context } from '../detect/detector.ts'
import { convertProtocol, declarationOf, type Protocol, spoken } from '../detect/protocol.ts'
import type { Referrer, ResourceGraph } from '../graph/graph.ts'
import { type PortReference, portReferences, renamed } from '../graph/port-references.ts'
import { portsMeant } from '../graph/service-ports.ts'
import { type Operation, patched } from '../json-patch.ts'
import { pointer } from '../pointer.ts'
import { listAt } from '../read/json.ts'
import { type KubeObject, nameOf, type Resource, titleOf } from '../read/resource.ts'
import { inferProtocol, type Verdict } from './evidence.ts'
import type { Change, Fix, ProtocolEvidence } from './fixer.ts'
import { appProtocolCautions, nameCautions } from './meaning-elsewhere.ts'
import { portNames } from './port-name.ts'
import { isReferredToOutside } from './port-patterns.ts'
import { type ServicePort, servicePort } from './service-port.ts'

type Decided = Extract<Verdict, { protocol: Protocol }>

/** The protocol of a port by its evidence, in the profile's words. In `classic` a port that nothing speaks for is TCP. */
export function verdictOn(port: ServicePort, context: Context): Verdict {
  const { profile } = context
  const verdict = inferProtocol(port, context)
  if (verdict.protocol !== undefined) return { ...verdict, protocol: spoken(verdict.protocol, profile) }
  if (profile !== 'classic' || verdict.evidence.length > 0) return verdict
  const plainTcp: ProtocolEvidence = {
    class: 'strong',
    source: 'classic default',
    row: 'classic default',
    protocol: 'tcp',
    says: 'Istio up to 1.2 treats the port as plain TCP already, and nothing says otherwise',
  }
  return { protocol: 'tcp', class: 'strong', evidence: [plainTcp], doubt: undefined }
}

/**
 * The fix that renames a port in one transaction with everything that refers to its name, and with the ports of other
 * Services that those referrers mean as well. Where no name fits, the reason.
 *
 * @param kept what of the old name the new one keeps
 */
export function renameFix(
  port: ServicePort,
  verdict: Decided,
  context: Context,
  kept = port.declaration.name,
): Fix | string {
  const group = groupOf(port)
  const others = group.slice(1).map(member => ({ member, verdict: declaredOrInferred(member, context) }))
  for (const { member, verdict: other } of others) {
    if (other.protocol !== verdict.protocol) return disagreement(member, other.protocol)
  }
  const bound = group.find(member => isReferredToOutside(member, context.externalReferences))
  if (bound !== undefined)
    return `the configuration's externalReferences says that something outside refers to ${titleOf(bound.service.object)} port ${bound.declaration.name || bound.declaration.port}`
  const referrers = namingReferrers(group)
  const [name] = portNames({
    protocol: verdict.protocol,
    name: kept,
    port: port.declaration.port ?? 0,
    service: nameOf(port.service.object),
    taken: new Set(group.flatMap(otherNames)),
    length: referrers.some(({ reference }) => reference.short) ? 15 : 63,
    profile: context.profile,
  })
  if (name === undefined) return 'every name that would fit is taken by another port'

  const changes = changesOf(group, referrers, name)
  const { declaration } = port
  return {
    title:
      declaration.name === ''
        ? `name port ${declaration.port} "${name}"`
        : `rename port ${declaration.port} from "${declaration.name}" to "${name}"`,
    ...safetyOf(
      [verdict, ...others.map(({ verdict: other }) => other)],
      group.flatMap(member => nameCautions(member, name)),
    ),
    evidence: verdict.evidence,
    impact: changes.some(({ resource }) => port.graph.workload(resource) !== undefined) ? 'restart' : 'routing',
    changes,
    protocols: group.map(({ service, index }) => ({ service, index, protocol: verdict.protocol })),
  }
}

/** The fix that leaves the name and declares the protocol as `appProtocol`, which beats it (Kubernetes 1.18+). */
export function appProtocolFix(port: ServicePort, verdict: Decided): Fix {
  const { service, index, declaration } = port
  const at = pointer('spec', 'ports', index)
  return {
    title: `declare port ${declaration.port} as appProtocol "${verdict.protocol}"`,
    ...safetyOf([verdict], appProtocolCautions(port)),
    evidence: verdict.evidence,
    impact: 'routing',
    changes: [
      {
        resource: service,
        operations: [...guardOf(port), { op: 'add', path: `${at}/appProtocol`, value: verdict.protocol }],
      },
    ],
    protocols: [{ service, index, protocol: verdict.protocol }],
  }
}

/** The candidates for an `appProtocol` that Istio doesn't know: without it, and, with evidence, another one. */
export function appProtocolCandidates({ service, index, declaration }: ServicePort, verdict: Verdict): readonly Fix[] {
  const path = pointer('spec', 'ports', index, 'appProtocol')
  const test: Operation = { op: 'test', path, value: declaration.appProtocol ?? null }
  const candidate = (title: string, operation: Operation): Fix => ({
    title,
    safety: 'display',
    cautions: [],
    evidence: verdict.evidence,
    impact: 'routing',
    changes: [{ resource: service, operations: [test, operation] }],
  })
  const removal = candidate(`remove appProtocol "${declaration.appProtocol}"`, { op: 'remove', path })
  if (verdict.protocol === undefined) return [removal]
  return [removal, candidate(`replace it with "${verdict.protocol}"`, { op: 'replace', path, value: verdict.protocol })]
}

/** The port, and every port that a referrer of it means by the same word, and so on. */
function groupOf(port: ServicePort): readonly ServicePort[] {
  const { graph } = port
  const group = new Map([[keyOf(port), port]])
  const words = new Set<PortReference>()
  for (const member of group.values()) {
    for (const { resource, reference } of member.referrers) {
      if (typeof reference.port === 'number' || words.has(reference)) continue
      words.add(reference)
      for (const service of meantInOneWord(resource, reference, graph)) {
        const [index = -1] = portsMeant(service.object, reference.port)
        if (group.has(keyOf({ service, index }))) continue
        const other = servicePort(service, index, graph)
        if (other !== undefined) group.set(keyOf(other), other)
      }
    }
  }
  return [...group.values()]
}

/** One word may refer to ports of several Services: by a selector, or as the port of all of a Route's backends. */
function meantInOneWord(referrer: Resource, { at, port }: PortReference, graph: ResourceGraph): readonly Resource[] {
  return graph
    .referencesOf(referrer)
    .filter(reference => reference.at === at && reference.port === port)
    .flatMap(reference => graph.meantBy(referrer, reference))
}

function keyOf({ service, index }: Pick<ServicePort, 'service' | 'index'>): string {
  return `${service.id}/${index}`
}

/** What a port carries by its own word, which needs no evidence, else by what the evidence says. */
function declaredOrInferred(
  port: ServicePort,
  context: Context,
): Pick<Verdict, 'protocol'> & { readonly doubt?: string | undefined } {
  const protocol = convertProtocol(port.declaration, context.profile)
  return protocol === undefined || protocol === 'udp' ? verdictOn(port, context) : { protocol }
}

function disagreement({ service }: ServicePort, protocol: Protocol | undefined): string {
  const what = protocol === undefined ? 'and nothing says what that carries' : `which carries ${protocol}`
  return `what refers to the name means a port of ${titleOf(service.object)} as well, ${what}`
}

function otherNames({ service, index }: ServicePort): readonly string[] {
  return listAt(service.object, 'spec', 'ports').flatMap((entry, other) =>
    other === index ? [] : [declarationOf(entry).name],
  )
}

/** What refers to the group by name, each once. */
function namingReferrers(group: readonly ServicePort[]): readonly Referrer[] {
  const byName = group
    .flatMap(({ referrers }) => referrers)
    .filter(({ reference }) => typeof reference.port === 'string')
  return [...new Map(byName.map(referrer => [referrer.reference, referrer])).values()]
}

/** One change per object: each operation is made for the object as the ones before it leave it. */
function changesOf(group: readonly ServicePort[], referrers: readonly Referrer[], name: string): readonly Change[] {
  const changes = new Map<string, { readonly resource: Resource; readonly operations: Operation[] }>()
  const changeOf = (resource: Resource): { readonly resource: Resource; readonly operations: Operation[] } => {
    const change = changes.get(resource.id) ?? { resource, operations: [] }
    changes.set(resource.id, change)
    return change
  }
  for (const port of group) changeOf(port.service).operations.push(...nameOperations(port, name))
  for (const { resource, reference } of referrers) {
    const { operations } = changeOf(resource)
    const object = patched(resource.object, operations) as KubeObject
    // Where one word means several Services, the first of its references has renamed it for all.
    if (!portReferences({ ...resource, object }).some(other => isDeepStrictEqual(other, reference))) continue
    operations.push(...(renamed(object, reference, name) ?? []))
  }
  return [...changes.values()].filter(({ operations }) => operations.length > 0)
}

function nameOperations(port: ServicePort, name: string): readonly Operation[] {
  const path = pointer('spec', 'ports', port.index, 'name')
  return [...guardOf(port), { op: port.declaration.name === '' ? 'add' : 'replace', path, value: name }]
}

/** The tests that make a patch fail rather than hit another port: the old name, else the number. */
function guardOf({ index, declaration: { name, port } }: ServicePort): readonly Operation[] {
  const at = pointer('spec', 'ports', index)
  return [
    name === ''
      ? { op: 'test', path: `${at}/port`, value: port ?? null }
      : { op: 'test', path: `${at}/name`, value: name },
  ]
}

/** A fix is as safe as the least safe evidence that it rests on. */
function safetyOf(
  [own, ...others]: readonly { readonly doubt?: string | undefined }[],
  cautions: readonly string[],
): Pick<Fix, 'safety' | 'cautions'> {
  const doubts = others.flatMap(({ doubt }) =>
    doubt === undefined || doubt === own?.doubt ? [] : `of a port that would be renamed with it: ${doubt}`,
  )
  const all = [...new Set([...(own?.doubt === undefined ? [] : [own.doubt]), ...doubts, ...cautions])]
  return { safety: all.length > 0 ? 'unsafe' : 'safe', cautions: all }
}
