// Measures the evidence for protocols on any directory of repositories: npm run evidence -- DIR [--write]
//
// Every TCP port that declares its protocol loses its declaration (and its name, together with what refers to it), in
// all copies of its Service at once, and is inferred again. Counted is one per repository, Service and port; of several
// copies the worst counts. `--write` checks the counts in as `src/fix/measured-evidence.json`, which the program reads.
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { convertProtocol, declarationOf, type Protocol, prefixProtocol } from '../src/detect/protocol.ts'
import { evidenceFor, type Verdict, verdictOf } from '../src/fix/evidence.ts'
import { isQualified, type Measured, type RowCount } from '../src/fix/evidence-measured.ts'
import type { EvidenceClass, ProtocolEvidence } from '../src/fix/fixer.ts'
import { type ServicePort, servicePort } from '../src/fix/service-port.ts'
import { ResourceGraph } from '../src/graph/graph.ts'
import { containersOf, podTemplateOf } from '../src/graph/pod-template.ts'
import { portReferences, renamed } from '../src/graph/port-references.ts'
import { type Operation, patched } from '../src/json-patch.ts'
import { joined, pointer } from '../src/pointer.ts'
import { listAt, stringAt } from '../src/read/json.ts'
import { readFiles, repositoryOf } from '../src/read/repository.ts'
import { type KubeObject, nameOf, namespaceOf, type Resource } from '../src/read/resource.ts'
import { walk } from '../src/read/walk.ts'

const DATA = fileURLToPath(new URL('../src/fix/measured-evidence.json', import.meta.url))

/** The name that a port has while its own is hidden: it says nothing. */
const HIDDEN = 'hidden'

/** Protocols that count as the same: what Istio does with them differs, but neither breaks the other's traffic. */
const SAME_CLASS: readonly (readonly Protocol[])[] = [
  ['http2', 'grpc'],
  ['https', 'tls'],
  ['tcp', 'redis', 'mysql', 'mongo'],
]

/** From bad to good: of several copies of a port the first counts. */
const OUTCOMES = ['wrong', 'same class', 'right'] as const
type Outcome = (typeof OUTCOMES)[number]

/** A declared port of a Service, in every copy that the repository holds. */
interface DeclaredPort {
  readonly key: string
  readonly copies: readonly Copy[]
}

interface Copy {
  readonly service: Resource
  readonly index: number
  readonly declared: Protocol
}

/** What was inferred for a copy while the declaration was hidden. */
interface Inference extends Copy {
  readonly repository: string
  readonly key: string
  readonly evidence: readonly ProtocolEvidence[]
  /** What there is to go by, where nothing is decided: for the table of what is missing. */
  readonly lacks: string
}

/** One round over all repositories: the inferences by repository and port. */
type Round = ReadonlyMap<string, readonly Inference[]>

const [directory, ...flags] = process.argv.slice(2)
if (directory === undefined) throw new Error('which directory?')

const repositories = repositoriesIn(directory).map(path => {
  const { texts } = readFiles(walk([path], { root: path }))
  const { resources, skipped } = repositoryOf(texts)
  return { name: basename(path), resources, skipped }
})

const asIs = roundOver(resources => resources, hiddenName)
const unnamed = roundOver(withoutContainerPortNames, hiddenName)
const scrambledNames = roundOver(
  resources => resources,
  scrambled,
  ({ source }) => source === 'name word',
)

const rows = new Map(
  [...rowsOf([asIs, scrambledNames])].toSorted(([one], [other]) => one.localeCompare(other, 'en', { numeric: true })),
)
const measured: Measured = new Map([...rows].map(([name, { repositories: counts }]) => [name, [...counts.values()]]))

print('Rows of evidence', [
  ['row', 'class', 'spoke', 'right', 'same class', 'wrong', 'precision', 'repositories', 'safe'],
  ...[...rows].map(([name, counts]) => line(name, counts)),
])
printSources('names scrambled', [scrambledNames])
for (const [title, round] of [
  ['names hidden', asIs],
  ['names hidden, container ports’ names too', unnamed],
] as const) {
  printSources(title, [round])
  printDecisions(title, round)
}
if (flags.includes('--write')) writeFileSync(DATA, dataOf(measured))

/** The sub-directories, or the directory itself where it is a repository. */
function repositoriesIn(path: string): readonly string[] {
  if (existsSync(join(path, '.git'))) return [path]
  return readdirSync(path, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => join(path, entry.name))
    .toSorted()
}

function roundOver(
  prepared: (resources: readonly Resource[]) => readonly Resource[],
  nameFor: (copy: Copy) => string | undefined,
  counts: (evidence: ProtocolEvidence) => boolean = () => true,
): Round {
  const round = new Map<string, Inference[]>()
  for (const { name: repository, resources, skipped } of repositories) {
    const graph = new ResourceGraph(prepared(resources), skipped)
    for (const { key, copies } of declaredPorts(graph)) {
      const names = copies.map(nameFor)
      if (names.includes(undefined)) continue
      const originals = new Map<string, Resource>()
      const replace = (resource: Resource): void => {
        const old = graph.current(resource)
        if (!originals.has(old.id)) originals.set(old.id, old)
        graph.replace(resource)
      }
      for (const [index, copy] of copies.entries()) hide(copy, names[index] ?? HIDDEN, graph, replace)
      const inferences = copies.flatMap(copy => {
        const port = servicePort(graph.current(copy.service), copy.index, graph)
        if (port === undefined) return []
        return { ...copy, repository, key, evidence: evidenceFor(port).filter(counts), lacks: lackOf(port) }
      })
      round.set(`${repository} ${key}`, inferences)
      for (const original of originals.values()) graph.replace(original)
    }
  }
  return round
}

/** The TCP ports that declare a protocol by `appProtocol` or name; Istio's well-known numbers declare nothing. */
function declaredPorts(graph: ResourceGraph): readonly DeclaredPort[] {
  const ports = new Map<string, Copy[]>()
  for (const service of graph.ofKind('Service')) {
    if (!graph.isService(service) || stringAt(service.object, 'spec', 'type') === 'ExternalName') continue
    for (const [index, entry] of listAt(service.object, 'spec', 'ports').entries()) {
      const declaration = declarationOf(entry)
      const declared = convertProtocol({ ...declaration, port: undefined }, 'sidecar')
      if (declaration.protocol !== 'TCP' || declared === undefined || declared === 'udp') continue
      const key = `${namespaceOf(service.object) ?? ''}/${nameOf(service.object)}:${declaration.port}`
      ports.set(key, [...(ports.get(key) ?? []), { service, index, declared }])
    }
  }
  return [...ports].map(([key, copies]) => ({ key, copies }))
}

/** Takes the declaration away: another name, also in all that refers to it, and no `appProtocol`. */
function hide({ service, index }: Copy, name: string, graph: ResourceGraph, replace: (resource: Resource) => void) {
  const port = servicePort(graph.current(service), index, graph)
  const old = port?.declaration.name ?? ''
  for (const { resource, reference } of port?.referrers ?? []) {
    const { object } = graph.current(resource)
    if (old === '' || !portReferences({ object }).some(other => isDeepStrictEqual(other, reference))) continue
    replace(changed(graph.current(resource), renamed(object, reference, name) ?? []))
  }
  const at = pointer('spec', 'ports', index)
  const declares = port?.declaration.appProtocol !== undefined
  replace(
    changed(graph.current(service), [
      ...(old === '' ? [] : [{ op: 'replace' as const, path: joined(at, '/name'), value: name }]),
      ...(declares ? [{ op: 'remove' as const, path: joined(at, '/appProtocol') }] : []),
    ]),
  )
}

function hiddenName(): string {
  return HIDDEN
}

/** `http-x` → `x-http`. A port that is called `http` has no word to move; one that has an appProtocol keeps its name. */
function scrambled({ service, index }: Copy): string | undefined {
  const { name } = declarationOf(listAt(service.object, 'spec', 'ports')[index] ?? null)
  const word = prefixProtocol(name)
  if (word === undefined) return name
  const rest = name.slice(word.length + 1)
  return rest === '' ? undefined : `${rest}-${word}`
}

/** All container ports under names that say nothing, and all that refers to them by name. */
function withoutContainerPortNames(resources: readonly Resource[]): readonly Resource[] {
  const names = new Map<string, string>()
  const neutral = (name: string): string => {
    names.set(name, names.get(name) ?? `hidden-${names.size}`)
    return names.get(name) ?? name
  }
  return resources.map(resource => {
    let { object } = resource
    for (const reference of portReferences({ object })) {
      if (reference.names !== 'container-port' || typeof reference.port !== 'string') continue
      object = patched(object, renamed(object, reference, neutral(reference.port)) ?? []) as KubeObject
    }
    const pod = podTemplateOf({ object })
    const containers = pod === undefined ? [] : containersOf(pod)
    const operations = containers.flatMap(container =>
      listAt(container.object, 'ports').flatMap((port, index) => {
        const name = stringAt(port, 'name')
        const path = joined(container.at, pointer('ports', index, 'name'))
        return name === undefined ? [] : { op: 'replace' as const, path, value: neutral(name) }
      }),
    )
    return changed({ ...resource, object }, operations)
  })
}

function changed(resource: Resource, operations: readonly Operation[]): Resource {
  return { ...resource, object: patched(resource.object, operations) as KubeObject }
}

/**
 * What an inference is worth. A declared `tcp` may be there to keep Istio off; where a definitive source points at the
 * very port, it and not the declaration is the truth.
 */
function outcomeOf(protocol: Protocol, { declared, evidence }: Inference): Outcome {
  if (protocol === declared || (declared === 'tcp' && isAgainstTcp(evidence) === protocol)) return 'right'
  return SAME_CLASS.some(group => group.includes(protocol) && group.includes(declared)) ? 'same class' : 'wrong'
}

/** The kind of HTTP that definitive evidence agrees on. */
function isAgainstTcp(evidence: readonly ProtocolEvidence[]): Protocol | undefined {
  const protocols = new Set(evidence.filter(item => item.class === 'definitive').map(({ protocol }) => protocol))
  const [protocol] = protocols
  return protocols.size === 1 && (protocol === 'grpc' || protocol?.startsWith('http')) ? protocol : undefined
}

function worst(outcomes: readonly Outcome[]): Outcome | undefined {
  return OUTCOMES.find(outcome => outcomes.includes(outcome))
}

interface Counts {
  readonly class: EvidenceClass
  /** Repository → its count. */
  readonly repositories: Map<string, RowCount>
}

/** What the evidence said in some rounds, by its rows or, for the table, by its sources. A port counts once for each. */
function rowsOf(
  rounds: readonly Round[],
  nameOf: (evidence: ProtocolEvidence) => string = ({ row }) => row,
): Map<string, Counts> {
  const rows = new Map<string, Counts>()
  for (const key of new Set(rounds.flatMap(round => [...round.keys()]))) {
    const sayings = rounds.flatMap(round =>
      (round.get(key) ?? []).flatMap(inference =>
        inference.evidence.map(evidence => ({ inference, evidence, outcome: outcomeOf(evidence.protocol, inference) })),
      ),
    )
    for (const [name, own] of grouped(sayings, ({ evidence }) => nameOf(evidence))) {
      const [first] = own
      if (first === undefined) continue
      const { repository } = first.inference
      const row = rows.get(name) ?? { class: first.evidence.class, repositories: new Map() }
      const [right, sameClass, wrong] = row.repositories.get(repository) ?? [0, 0, 0]
      const outcome = worst(own.map(({ outcome }) => outcome))
      row.repositories.set(repository, [
        right + Number(outcome === 'right'),
        sameClass + Number(outcome === 'same class'),
        wrong + Number(outcome === 'wrong'),
      ])
      rows.set(name, row)
    }
  }
  return rows
}

function line(name: string, { class: level, repositories: counts }: Counts): readonly string[] {
  const list = [...counts.values()]
  const [right, sameClass, wrong] = list.reduce(
    ([right, sameClass, wrong], count) => [right + count[0], sameClass + count[1], wrong + count[2]],
    [0, 0, 0],
  )
  const spoke = right + sameClass + wrong
  const share = percent(right + sameClass, spoke)
  return [name, level, spoke, right, sameClass, wrong, share, list.length, isQualified(level, list) ? 'yes' : 'no'].map(
    String,
  )
}

function printSources(title: string, rounds: readonly Round[]): void {
  print(`Sources, ${title}`, [
    ['source', 'class', 'spoke', 'right', 'same class', 'wrong', 'precision', 'repositories'],
    ...[...rowsOf(rounds, ({ source }) => source)].map(([name, counts]) => line(name, counts).slice(0, -1)),
  ])
}

/** A decision on a port: of its copies the worst, a wrong one before none before one that isn't safe. */
interface Decision {
  readonly inference: Inference
  readonly verdict: Verdict
  readonly outcome: Outcome | undefined
  readonly isSafe: boolean
}

function decisionsIn(round: Round, measuredFor: (repository: string) => Measured): readonly Decision[] {
  return [...round.values()].flatMap(inferences => {
    const decisions = inferences.map(inference => {
      const verdict = verdictOf(inference.evidence, '', measuredFor(inference.repository))
      const outcome = verdict.protocol === undefined ? undefined : outcomeOf(verdict.protocol, inference)
      return { inference, verdict, outcome, isSafe: verdict.protocol !== undefined && verdict.doubt === undefined }
    })
    return decisions.toSorted((one, other) => rankOf(one) - rankOf(other)).slice(0, 1)
  })
}

function rankOf({ outcome, isSafe }: Decision): number {
  if (isSafe) return outcome === 'wrong' ? 0 : 3
  return outcome === undefined ? 1 : 2
}

function printDecisions(title: string, round: Round): void {
  const decisions = decisionsIn(round, () => measured)
  const elsewhere = decisionsIn(round, repository => measuredWithout(repository))
  print(`Decisions, ${title}`, [
    ['rows measured', 'ports', 'decided safely', 'coverage', 'wrong', 'precision', 'decided at all', 'wrong'],
    summary('everywhere', decisions),
    summary('in the other repositories', elsewhere),
  ])
  printMatrix(title, decisions)
  printList(
    `Wrong safe decisions, ${title}`,
    decisions.filter(({ isSafe, outcome }) => isSafe && outcome === 'wrong'),
  )
  const definitive = decisions.filter(({ verdict }) => verdict.protocol !== undefined && verdict.class === 'definitive')
  printList(
    `Counter-examples to definitive sources, ${title}`,
    definitive.filter(({ outcome }) => outcome === 'wrong'),
  )
  printList(
    `Declared tcp, HTTP by a definitive source, ${title}`,
    definitive.filter(({ inference, verdict }) => inference.declared === 'tcp' && verdict.protocol !== 'tcp'),
  )
  const reasons = decisions.filter(({ isSafe }) => !isSafe).map(reasonOf)
  print(`Not decided safely, ${title}`, [
    ['reason', 'ports'],
    ...[...grouped(reasons, reason => reason)]
      .map(([reason, ports]) => [reason, String(ports.length)])
      .toSorted(([, one], [, other]) => Number(other) - Number(one)),
  ])
}

function measuredWithout(repository: string): Measured {
  return new Map(
    [...rows].map(([name, { repositories: counts }]) => [
      name,
      [...counts].filter(([other]) => other !== repository).map(([, count]) => count),
    ]),
  )
}

function summary(title: string, decisions: readonly Decision[]): readonly string[] {
  const safe = decisions.filter(({ isSafe }) => isSafe)
  const wrong = safe.filter(({ outcome }) => outcome === 'wrong').length
  const decided = decisions.filter(({ outcome }) => outcome !== undefined)
  return [
    title,
    String(decisions.length),
    String(safe.length),
    percent(safe.length, decisions.length),
    String(wrong),
    percent(safe.length - wrong, safe.length),
    String(decided.length),
    String(decided.filter(({ outcome }) => outcome === 'wrong').length),
  ]
}

function printMatrix(title: string, decisions: readonly Decision[]): void {
  const inferred = [...new Set(decisions.map(({ verdict }) => verdict.protocol ?? 'undecided'))].toSorted()
  const byDeclared = grouped(decisions, ({ inference }) => inference.declared)
  print(`Declared and inferred (of it safe), ${title}`, [
    ['declared', ...inferred],
    ...[...byDeclared].toSorted().map(([declared, own]) => [
      declared,
      ...inferred.map(protocol => {
        const cell = own.filter(({ verdict }) => (verdict.protocol ?? 'undecided') === protocol)
        const safe = cell.filter(({ isSafe }) => isSafe).length
        return cell.length === 0 ? '' : protocol === 'undecided' ? `${cell.length}` : `${cell.length} (${safe})`
      }),
    ]),
  ])
}

function printList(title: string, decisions: readonly Decision[]): void {
  console.log(`\n## ${title}\n`)
  if (decisions.length === 0) console.log('none')
  for (const { inference, verdict } of decisions) {
    const { repository, service, key, declared } = inference
    const says = verdict.evidence.map(item => item.says).join('; ')
    console.log(`- ${repository} ${service.path}: ${key} declares ${declared}, inferred ${verdict.protocol}: ${says}`)
  }
}

function reasonOf({ verdict, inference }: Decision): string {
  if (verdict.protocol !== undefined) return verdict.doubt ?? ''
  return verdict.evidence.length > 0 ? verdict.reason : inference.lacks
}

/** What there is to go by where nothing is said. */
function lackOf({ targets, service, graph }: ServicePort): string {
  if (targets.length > 0) return 'its pods say nothing'
  return graph.workloadsOf(service).length > 0 ? 'no pod has its target port' : 'its pods are not among the manifests'
}

function dataOf(measured: Measured): string {
  const lines = [...measured].map(([row, counts]) => {
    const sorted = counts.toSorted((one, other) => other[0] - one[0] || other[1] - one[1] || other[2] - one[2])
    return `    ${JSON.stringify(row)}: ${JSON.stringify(sorted).replaceAll(',', ', ')}`
  })
  return `{\n  "command": "npm run evidence -- DIR --write",\n  "counts": "right, same class, wrong for each repository",\n  "rows": {\n${lines.join(',\n')}\n  }\n}\n`
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`
}

function print(title: string, table: readonly (readonly string[])[]): void {
  const lines = table.map(cells => `| ${cells.join(' | ')} |`)
  console.log(`\n## ${title}\n`)
  console.log(lines.toSpliced(1, 0, `|${' --- |'.repeat(table[0]?.length ?? 0)}`).join('\n'))
}

function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}
