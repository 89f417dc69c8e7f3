import { convertProtocol, declarationOf } from '../detect/protocol.ts'
import { listedPorts } from '../graph/container-ports.ts'
import { ResourceGraph } from '../graph/graph.ts'
import type { PortReference } from '../graph/port-references.ts'
import { ONLY_PORT } from '../graph/references/places.ts'
import { portsMeant, targetPortOf } from '../graph/service-ports.ts'
import { listAt } from '../read/json.ts'
import { nameOf, namespaceOf, type Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import type { PageEdge, PageNode, PagePort, PortSide, Role } from './html/page-data.ts'
import { locators, type Result, shownPath } from './result.ts'

const SIDES = ['before', 'after'] as const

type Side = (typeof SIDES)[number]

/** A node while its ports are gathered, by keys that are the same on both sides. */
interface Draft {
  readonly resource: Resource
  readonly role: Role
  readonly ports: Map<string, { before?: PortSide; after?: PortSide }>
}

type DraftEdge = { -readonly [key in keyof Omit<PageEdge, 'fromPort' | 'toPort'>]: PageEdge[key] } & {
  readonly fromPort: string
  readonly toPort: string
}

/** Nodes and edges, and the places of resources among the nodes. */
export interface Mesh {
  readonly nodes: readonly PageNode[]
  readonly edges: readonly PageEdge[]
  readonly placeOf: (resource: Resource) => number | undefined
}

/**
 * The mesh as it is and as the fixes leave it: what routes lead to which ports of Services, and those to which pods.
 *
 * @param before the resources as they were read
 */
export function meshOf(result: Result, before: ResourceGraph): Mesh {
  const { options } = result.outcome
  const draft = new MeshDraft(result)
  draft.add('before', before)
  draft.add('after', graphAfter(result, before))
  return draft.mesh(({ path }) => options.isInScope(path))
}

/** The last versions of the resources, but for those whose files could not be written. */
function graphAfter({ outcome, failures }: Result, before: ResourceGraph): ResourceGraph {
  if (failures.length === 0) return outcome.graph
  const failed = new Set(failures.flatMap(({ paths }) => paths))
  const resources = [...outcome.graph.resources].flatMap(resource =>
    failed.has(resource.path) ? (before.resource(resource.id) ?? []) : resource,
  )
  return new ResourceGraph(resources, outcome.repository.skipped)
}

class MeshDraft {
  readonly #result: Result
  readonly #nodes = new Map<string, Draft>()
  readonly #edges = new Map<string, DraftEdge>()

  constructor(result: Result) {
    this.#result = result
  }

  /** Adds one side of the picture: Services and workloads first, so that what leads to them finds them. */
  add(side: Side, graph: ResourceGraph): void {
    const resources = [...graph.resources]
    for (const resource of resources) {
      if (graph.isService(resource)) this.#addService(side, resource)
      else if (graph.workload(resource) !== undefined) this.#addWorkload(side, resource, graph)
    }
    for (const resource of resources) {
      if (graph.isService(resource)) this.#addTargets(side, resource, graph)
      this.#addReferences(side, resource, graph)
    }
  }

  /** Nodes and edges with their places for names, as far as they are asked for or next to what is. */
  mesh(isAskedFor: (resource: Resource) => boolean): Mesh {
    const drafts = [...this.#nodes.values()]
    const isIn = drafts.map(({ resource }) => isAskedFor(resource))
    const edges = [...this.#edges.values()].filter(({ from, to }) => isIn[from] || isIn[to])
    const kept = new Set([...drafts.keys()].filter(index => isIn[index]))
    for (const { from, to } of edges) kept.add(from).add(to)
    const places = new Map([...kept].toSorted((one, other) => one - other).map((index, place) => [index, place]))
    const { input, after } = locators(this.#result)
    const byId = new Map([...places].map(([index, place]) => [drafts[index]?.resource.id, place]))
    return {
      placeOf: ({ id }) => byId.get(id),
      nodes: [...places].flatMap(([index, id]) => {
        const draft = drafts[index]
        if (draft === undefined) return []
        const { resource, role, ports } = draft
        const isNew = !this.#result.outcome.repository.files.has(resource.path)
        const { line } = (isNew ? after : input).position(resource, '')
        const path = shownPath(resource.path, this.#result)
        return {
          id,
          role,
          kind: resource.object.kind,
          name: nameOf(resource.object),
          namespace: namespaceOf(resource.object) ?? '',
          place: this.#result.chart === undefined ? `${path}:${line}` : path,
          isNew: [...ports.values()].every(port => port.before === undefined) && ports.size > 0,
          ports: [...ports.values()] satisfies readonly PagePort[],
        }
      }),
      edges: edges.map(edge => ({
        ...edge,
        from: places.get(edge.from) ?? 0,
        to: places.get(edge.to) ?? 0,
        fromPort: placeOf(edge.fromPort, drafts[edge.from]),
        toPort: placeOf(edge.toPort, drafts[edge.to]),
      })),
    }
  }

  #addService(side: Side, service: Resource): void {
    const { ports } = this.#node(service, 'service')
    for (const [index, entry] of listAt(service.object, 'spec', 'ports').entries())
      set(ports, `${index}`, side, this.#servicePort(entry))
  }

  #servicePort(entry: Json): PortSide {
    const declaration = declarationOf(entry)
    const { port, name, protocol: transport } = declaration
    const target = targetPortOf(entry)
    const protocol = convertProtocol(declaration, this.#result.outcome.options.profile)
    return {
      port: target === undefined || target === port ? `${port ?? '?'}` : `${port ?? '?'} → ${target}`,
      name,
      protocol: protocol ?? (transport === 'TCP' ? '' : transport.toLowerCase()),
    }
  }

  #addWorkload(side: Side, resource: Resource, graph: ResourceGraph): void {
    const { ports } = this.#node(resource, 'workload')
    const pod = graph.workload(resource)?.pod
    for (const { number, name } of pod === undefined ? [] : listedPorts(pod))
      if (number !== undefined) set(ports, `${number}`, side, { port: `${number}`, name })
  }

  #addTargets(side: Side, service: Resource, graph: ResourceGraph): void {
    for (const [index, entry] of listAt(service.object, 'spec', 'ports').entries())
      for (const { workload, number } of graph.targetsOf(service, entry))
        this.#link(side, this.#node(service, 'service'), `${index}`, workload.resource, number, false)
  }

  #addReferences(side: Side, resource: Resource, graph: ResourceGraph): void {
    for (const [index, reference] of graph.referencesOf(resource).entries()) {
      const { names, to, port, opaque } = reference
      if (names === 'service-port' && to.type !== 'self') {
        const services = graph.meantBy(resource, reference).filter(({ id }) => id !== resource.id)
        if (services.length === 0) continue
        const called = [...new Set(services.map(service => nameOf(service.object)))].join(', ')
        const [from, key] = this.#reference(side, resource, index, { port: called, name: nameIn(reference) })
        for (const service of services)
          for (const place of portsMeant(service.object, port)) this.#link(side, from, key, service, place, opaque)
      }
      if (names === 'container-port' && to.type === 'behind') {
        const pods = graph.resolve(resource, reference)
        if (pods.length === 0) continue
        const [from, key] = this.#reference(side, resource, index, { port: 'pods', name: nameIn(reference) })
        for (const pod of pods) {
          const cut = pod.lastIndexOf(':')
          const workload = graph.resource(pod.slice(0, cut))
          if (workload !== undefined) this.#link(side, from, key, workload, Number(pod.slice(cut + 1)), opaque)
        }
      }
    }
  }

  /** What an object says of a port elsewhere: rewritten in place, so its place in the list is the same on both sides. */
  #reference(side: Side, resource: Resource, index: number, said: PortSide): readonly [Draft, string] {
    const node = this.#node(resource, 'route')
    const key = `reference ${index}`
    set(node.ports, key, side, said)
    return [node, key]
  }

  #link(side: Side, from: Draft, fromPort: string, target: Resource, toPort: number, isMention: boolean): void {
    const to = this.#node(target, 'workload')
    const port = to.ports.get(`${toPort}`)
    if (port?.[side] === undefined) set(to.ports, `${toPort}`, side, { port: `${toPort}`, name: '', isUnlisted: true })
    const key = [from.resource.id, fromPort, target.id, toPort].join('\0')
    const edge = this.#edges.get(key) ?? {
      from: this.#placeOf(from),
      fromPort,
      to: this.#placeOf(to),
      toPort: `${toPort}`,
      isMention,
      before: false,
      after: false,
    }
    edge[side] = true
    this.#edges.set(key, edge)
  }

  /** @param role what it is taken for where it is not known yet */
  #node(resource: Resource, role: Role): Draft {
    const known = this.#nodes.get(resource.id)
    if (known !== undefined) return known
    const node: Draft = { resource, role, ports: new Map() }
    this.#places.set(node, this.#nodes.size)
    this.#nodes.set(resource.id, node)
    return node
  }

  readonly #places = new Map<Draft, number>()

  #placeOf(node: Draft): number {
    return this.#places.get(node) ?? 0
  }
}

function set(ports: Draft['ports'], key: string, side: Side, said: PortSide): void {
  ports.set(key, { ...ports.get(key), [side]: said })
}

function placeOf(port: string, draft: Draft | undefined): number {
  return [...(draft?.ports.keys() ?? [])].indexOf(port)
}

/** How a reference calls the port. */
function nameIn({ port }: PortReference): string {
  if (port === ONLY_PORT) return 'its only port'
  return port === '' ? 'the port without a name' : `${port}`
}
