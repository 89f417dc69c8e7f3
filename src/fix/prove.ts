import { isAtLeast, type Profile, type Severity } from '../detect/detector.ts'
import { convertProtocol, declarationOf } from '../detect/protocol.ts'
import type { Referrer, ResourceGraph } from '../graph/graph.ts'
import { keysOf, pointer } from '../pointer.ts'
import { listAt } from '../read/json.ts'
import { type Resource, titleOf } from '../read/resource.ts'
import type { Change, Fix } from './fixer.ts'
import { invalidities } from './validity.ts'

/** A finding as the proof counts it. */
export interface Counted {
  /** The same before and after, wherever the finding moves to in its object. */
  readonly key: string
  readonly severity: Severity
  readonly message: string
}

/** All that the proof compares before and after a fix: facts by key. */
interface Facts {
  /** Referrer, row and place → what the reference leads to. Those that dangle are left out. */
  readonly references: ReadonlyMap<string, string>
  readonly invalid: ReadonlySet<string>
  /** Service and place of the port → Istio's protocol. */
  readonly protocols: ReadonlyMap<string, string>
  readonly findings: ReadonlyMap<string, Counted>
}

/** What the proof asks the pipeline. */
export interface ProofContext {
  readonly profile: Profile
  /** The findings of all rules on a resource, whatever `--only` and `--skip` say. */
  readonly findingsOn: (resource: Resource) => readonly Counted[]
}

/**
 * Puts the new versions of the changed objects into the graph and compares: no reference has come to lead elsewhere or
 * out of nowhere, nothing valid has become invalid, the finding is gone and no graver one has come, and Istio's
 * protocols are what the fix intends. Gives the reason where that does not hold, and then the graph is as it was.
 *
 * @param key the finding that the fix is for
 */
export function prove(
  fix: Fix,
  key: string,
  changed: readonly Resource[],
  graph: ResourceGraph,
  context: ProofContext,
): string | undefined {
  const old = changed.map(resource => graph.current(resource))
  const mentioned = mentionedBySkipped(fix.changes, graph)
  if (mentioned !== undefined) return mentioned

  const before = factsOf(old, graph, context)
  for (const resource of changed) graph.replace(resource)
  const after = factsOf(changed, graph, context)
  const refusal =
    brokenReference(fix, before, after) ??
    newlyInvalid(before, after) ??
    noProgress(key, before, after) ??
    wrongProtocol(fix, before, after)
  if (refusal !== undefined) for (const resource of old) graph.replace(resource)
  return refusal
}

/** The facts of resources and their neighbours. */
function factsOf(changed: readonly Resource[], graph: ResourceGraph, { profile, findingsOn }: ProofContext): Facts {
  const near = [...changed, ...changed.flatMap(resource => graph.neighboursOf(resource))]
  const resources = [...new Map(near.map(resource => [resource.id, resource])).values()]
  const services = resources.filter(resource => graph.isService(resource))
  const referrers = services.flatMap(service => graph.referencesTo(service))
  const own = resources.flatMap(resource => graph.referencesOf(resource).map(reference => ({ resource, reference })))
  return {
    references: resolutions([...referrers, ...own], graph),
    invalid: new Set([
      ...resources.flatMap(invalidities),
      ...own.concat(referrers).flatMap(({ resource, reference }) => shortNameFault(resource, reference)),
    ]),
    protocols: new Map(services.flatMap(service => protocolsOf(service, profile))),
    findings: new Map(resources.flatMap(resource => findingsOn(resource).map(finding => [finding.key, finding]))),
  }
}

/** A rename may move the key of a map, so the place is that of the map. */
function referenceKey({ resource, reference }: Referrer): string {
  const place = pointer(...keysOf(reference.at).slice(0, -1))
  return `${titleOf(resource.object)} in ${resource.path} refers to it by name (${reference.row}, ${place})`
}

/** Referrer, row and place → where it leads. */
function resolutions(referrers: readonly Referrer[], graph: ResourceGraph): ReadonlyMap<string, string> {
  const unique = new Map(referrers.map(referrer => [referrer.reference, referrer]))
  const found = new Map<string, string[]>()
  for (const { resource, reference } of unique.values()) {
    const resolved = graph.resolve(resource, reference)
    if (resolved.length === 0) continue
    const key = referenceKey({ resource, reference })
    found.set(key, [...(found.get(key) ?? []), resolved.join()])
  }
  return new Map([...found].map(([key, facts]) => [key, facts.toSorted().join(' ')]))
}

function shortNameFault(
  resource: Resource,
  reference: { readonly short: boolean; readonly port: string | number },
): readonly string[] {
  if (!reference.short || typeof reference.port === 'number' || reference.port.length <= 15) return []
  return [
    `${titleOf(resource.object)} takes names of at most 15 characters, and "${reference.port}" has ${reference.port.length}`,
  ]
}

function protocolsOf(service: Resource, profile: Profile): readonly (readonly [string, string])[] {
  return listAt(service.object, 'spec', 'ports').map((entry, index) => [
    `${service.id}/${index}`,
    convertProtocol(declarationOf(entry), profile) ?? 'undeclared',
  ])
}

/** What was skipped can't be rewritten: where it could mean a port whose name changes, the fix would break it or be undone. */
function mentionedBySkipped(changes: readonly Change[], graph: ResourceGraph): string | undefined {
  for (const { resource, operations } of changes) {
    if (!graph.isService(resource)) continue
    for (const operation of operations) {
      const [, , index, member] = keysOf(operation.path)
      if (operation.op === 'test' || member !== 'name') continue
      const { name } = declarationOf(listAt(resource.object, 'spec', 'ports')[Number(index)] ?? null)
      const [mention] = graph.mentionsOf(resource, name)
      if (mention !== undefined) return `${mention.path}, which mesh-fix does not edit, ${mention.does}`
    }
  }
  return undefined
}

function brokenReference({ connects = [] }: Fix, before: Facts, after: Facts): string | undefined {
  const connected = new Set(connects.map(referenceKey))
  for (const [key, resolved] of before.references) {
    const now = after.references.get(key)
    if (now !== resolved && !(connected.has(key) && now?.includes(resolved))) return `${key}, and would break`
  }
  for (const key of after.references.keys()) {
    if (!before.references.has(key) && !connected.has(key))
      return `${key}: that leads nowhere now and would start to lead somewhere`
  }
  return undefined
}

function newlyInvalid(before: Facts, after: Facts): string | undefined {
  for (const fault of after.invalid) if (!before.invalid.has(fault)) return `the API server would refuse it: ${fault}`
  return undefined
}

function noProgress(key: string, before: Facts, after: Facts): string | undefined {
  const finding = before.findings.get(key)
  if (finding === undefined) return 'the finding is gone already'
  if (after.findings.has(key)) return 'the finding would still be there'
  for (const [other, { severity, message }] of after.findings) {
    if (!before.findings.has(other) && isAtLeast(severity, finding.severity))
      return `it would bring another finding: ${message}`
  }
  return undefined
}

function wrongProtocol({ protocols = [] }: Fix, before: Facts, after: Facts): string | undefined {
  const intended = new Map(protocols.map(({ service, index, protocol }) => [`${service.id}/${index}`, protocol]))
  for (const [port, protocol] of after.protocols) {
    const expected = intended.get(port) ?? before.protocols.get(port)
    if (protocol !== expected) return `Istio would read ${protocol} where ${expected} is meant`
  }
  return undefined
}
