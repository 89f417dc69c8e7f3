import { type Finding, isAtLeast, type Profile, type Severity } from '../detect/detector.ts'
import { convertProtocol, declarationOf } from '../detect/protocol.ts'
import type { Referrer, ResourceGraph } from '../graph/graph.ts'
import { containersOf, podTemplateOf } from '../graph/pod-template.ts'
import { mentionsOf } from '../graph/skipped.ts'
import { keysOf, type Pointer, parentOf } from '../pointer.ts'
import { listAt, numberAt, stringAt } from '../read/json.ts'
import { type Resource, titleOf } from '../read/resource.ts'
import type { Change, Fix, Place } from './fixer.ts'
import { changedImmutable } from './immutability.ts'
import { type Changed, changedSelection } from './selection.ts'
import { invalidities } from './validity.ts'

/** What must hold between before and after, as requirements call it; `mention`: something skipped could mean the port. */
export type Invariant = 'selection' | 'references' | 'immutability' | 'validity' | 'progress' | 'protocol' | 'mention'

/** Which invariant a fix would break, and how. */
export interface Refusal {
  readonly by: Invariant
  readonly reason: string
}

/** A finding as the proof counts it. */
export interface Counted {
  /** The same before and after, wherever the finding moves to in its object. */
  readonly key: string
  readonly severity: Severity
  readonly finding: Pick<Finding, 'resource' | 'message'>
}

/** Where a reference leads. */
interface Lead {
  readonly resource: Resource
  /** The row of the table that it was found by. */
  readonly row: string
  readonly place: Pointer
  readonly resolved: string
  readonly places: readonly Place[]
}

/** All that the proof compares before and after a fix: facts by key. */
interface Facts {
  /** Referrer, row and place → what the reference leads to. Those that dangle are left out. */
  readonly references: ReadonlyMap<string, Lead>
  readonly invalid: ReadonlySet<string>
  /** Service and place of the port → Istio's protocol. */
  readonly protocols: ReadonlyMap<string, string>
  readonly findings: ReadonlyMap<string, Counted>
}

/** What the proof asks the pipeline. */
export interface ProofContext {
  readonly profile: Profile
  /** The findings of all rules on a resource in the graph as it is, whatever `--only` and `--skip` say. */
  readonly findingsBefore: (resource: Resource) => readonly Counted[]
  /** The same in the graph with the fix. */
  readonly findingsAfter: (resource: Resource) => readonly Counted[]
}

/** The objects that a fix changes, in their new versions, and those that it adds. */
export interface Result {
  readonly changed: readonly Resource[]
  readonly created: readonly Resource[]
}

/**
 * Puts the result of a fix into the graph and compares before and after: selectors select the same, references lead
 * where they led, no field that can't change has changed, nothing valid has become invalid, the finding is gone and no
 * graver one has come, and Istio's protocols are what the fix intends. Where that does not hold, the graph is as it was.
 *
 * @param key the finding that the fix is for
 */
export function prove(
  fix: Fix,
  key: string,
  { changed, created }: Result,
  graph: ResourceGraph,
  context: ProofContext,
): Refusal | undefined {
  const mentioned = mentionedBySkipped(fix.changes, graph)
  if (mentioned !== undefined) return { by: 'mention', reason: mentioned }

  const versions = changed.map((after): Changed => ({ before: graph.current(after), after }))
  const near = neighboursOf([...versions.map(({ before }) => before), ...besides(fix)], graph)
  const neighbours = near.filter(id => !changed.some(resource => resource.id === id))
  const names = versions.flatMap(changedPortNames)
  const before = factsOf(
    versions.map(version => version.before),
    neighbours,
    names,
    graph,
    context.profile,
    context.findingsBefore,
  )
  for (const resource of [...changed, ...created]) graph.replace(resource)
  const after = factsOf([...changed, ...created], neighbours, names, graph, context.profile, context.findingsAfter)

  const { intended = [] } = fix
  const refusal =
    refusedBy(
      'immutability',
      firstOf(versions, ({ before, after }) => changedImmutable(before.object, after.object)),
    ) ??
    refusedBy('selection', changedSelection(versions, graph, intended)) ??
    refusedBy('references', brokenReference(before, after, intended)) ??
    refusedBy('validity', newlyInvalid(before, after)) ??
    refusedBy('progress', noProgress(key, before, after)) ??
    refusedBy('protocol', wrongProtocol(fix, before, after))
  if (refusal === undefined) return undefined
  for (const resource of created) graph.remove(resource)
  for (const version of versions) graph.replace(version.before)
  return refusal
}

function refusedBy(by: Invariant, reason: string | undefined): Refusal | undefined {
  return reason === undefined ? undefined : { by, reason }
}

function firstOf<Item>(items: readonly Item[], of: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = of(item)
    if (found !== undefined) return found
  }
  return undefined
}

function besides({ creates = [] }: Fix): readonly Resource[] {
  return creates.map(({ beside }) => beside)
}

/** The objects, and what rules look at when they judge them: the workloads behind Services, all Services before them. */
export function neighboursOf(resources: readonly Resource[], graph: ResourceGraph): readonly string[] {
  const found = new Set(resources.map(({ id }) => id))
  for (const resource of resources) {
    const own = graph.workload(resource)
    const workloads = graph.isService(resource) ? graph.workloadsOf(resource) : own === undefined ? [] : [own]
    for (const workload of workloads) {
      found.add(workload.resource.id)
      for (const { id } of graph.servicesOf(workload)) found.add(id)
    }
  }
  return [...found]
}

/** The names of container ports that lead to another number after a change than before. */
function changedPortNames({ before, after }: Changed): readonly string[] {
  const [old, now] = [numbersByName(before), numbersByName(after)]
  return [...new Set([...old.keys(), ...now.keys()])].filter(name => old.get(name) !== now.get(name))
}

function numbersByName(resource: Resource): ReadonlyMap<string, string> {
  const pod = podTemplateOf(resource)
  const numbers = new Map<string, string>()
  for (const container of pod === undefined ? [] : containersOf(pod)) {
    for (const port of listAt(container.object, 'ports')) {
      const name = stringAt(port, 'name')
      if (name !== undefined) numbers.set(name, `${numbers.get(name) ?? ''} ${numberAt(port, 'containerPort')}`)
    }
  }
  return numbers
}

function factsOf(
  resources: readonly Resource[],
  neighbours: readonly string[],
  portNames: readonly string[],
  graph: ResourceGraph,
  profile: Profile,
  findingsOn: (resource: Resource) => readonly Counted[],
): Facts {
  const services = resources.filter(resource => graph.isService(resource))
  const referrers = services.flatMap(service => graph.referencesTo(service))
  const own = resources.flatMap(resource => graph.referencesOf(resource).map(reference => ({ resource, reference })))
  const judged = [...resources, ...neighbours.flatMap(id => graph.resource(id) ?? [])]
  return {
    references: leadsOf([...referrers, ...own, ...graph.referrersToContainerPorts(portNames)], graph),
    invalid: new Set([
      ...resources.flatMap(invalidities),
      ...own.concat(referrers).flatMap(({ resource, reference }) => shortNameFault(resource, reference)),
    ]),
    protocols: new Map(services.flatMap(service => protocolsOf(service, profile))),
    findings: new Map(judged.flatMap(resource => findingsOn(resource).map(finding => [finding.key, finding]))),
  }
}

/** Referrer, row and place → where it leads. A rename may move the key of a map, so the place is that of the map. */
function leadsOf(referrers: readonly Referrer[], graph: ResourceGraph): ReadonlyMap<string, Lead> {
  const unique = new Map(referrers.map(referrer => [referrer.reference, referrer]))
  const found = new Map<string, Lead>()
  for (const { resource, reference } of unique.values()) {
    const resolved = graph.resolve(resource, reference)
    if (resolved.length === 0) continue
    const place = parentOf(reference.at)
    const key = `${resource.id} ${reference.row} ${place}`
    const known = found.get(key)
    found.set(key, {
      resource,
      row: reference.row,
      place,
      resolved: [...(known === undefined ? [] : known.resolved.split(' ')), resolved.join()].toSorted().join(' '),
      places: [...(known?.places ?? []), { resource, pointer: reference.at }],
    })
  }
  return found
}

/** Who refers, and how, for people. */
function titleOfLead({ resource, row, place }: Lead): string {
  return `${titleOf(resource.object)} in ${resource.path} refers to it by name (${row}, ${place})`
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
      const [mention] = mentionsOf(resource, name, graph)
      if (mention !== undefined) return `${mention.path}, which mesh-fix does not edit, ${mention.does}`
    }
  }
  return undefined
}

function brokenReference(before: Facts, after: Facts, intended: readonly Place[]): string | undefined {
  const isIntended = ({ places }: Lead): boolean =>
    places.every(place =>
      intended.some(({ resource, pointer: at }) => resource.id === place.resource.id && at === place.pointer),
    )
  for (const [key, lead] of before.references) {
    const now = after.references.get(key)
    if (now?.resolved === lead.resolved) continue
    if (now === undefined || !isIntended(lead) || !isAllIn(lead.resolved, now.resolved))
      return `${titleOfLead(lead)}, and would break`
  }
  for (const [key, lead] of after.references) {
    if (!before.references.has(key) && !isIntended(lead))
      return `${titleOfLead(lead)}: that leads nowhere now and would start to lead somewhere`
  }
  return undefined
}

function isAllIn(leads: string, others: string): boolean {
  const all = new Set(others.split(/[ ,]/))
  return leads.split(/[ ,]/).every(lead => all.has(lead))
}

function newlyInvalid(before: Facts, after: Facts): string | undefined {
  for (const fault of after.invalid) if (!before.invalid.has(fault)) return `the API server would refuse it: ${fault}`
  return undefined
}

function noProgress(key: string, before: Facts, after: Facts): string | undefined {
  const finding = before.findings.get(key)
  if (finding === undefined) return 'the finding is gone already'
  if (after.findings.has(key)) return 'the finding would still be there'
  for (const [other, { severity, finding: brought }] of after.findings) {
    if (!before.findings.has(other) && isAtLeast(severity, finding.severity))
      return `it would bring another finding: ${titleOf(brought.resource.object)}: ${brought.message}`
  }
  return undefined
}

function wrongProtocol({ protocols = [] }: Fix, before: Facts, after: Facts): string | undefined {
  const intended = new Map(protocols.map(({ service, index, protocol }) => [`${service.id}/${index}`, protocol]))
  for (const [port, protocol] of after.protocols) {
    const expected = intended.get(port) ?? before.protocols.get(port)
    if (expected !== undefined && protocol !== expected)
      return `Istio would read ${protocol} where ${expected} is meant`
  }
  return undefined
}
