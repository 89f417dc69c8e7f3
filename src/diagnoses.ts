import type { Context, Detector } from './detect/detector.ts'
import type { ResourceGraph } from './graph/graph.ts'
import type { Diagnosis, RunOptions } from './outcome.ts'
import { comparePointers } from './pointer.ts'
import type { Resource } from './read/resource.ts'

/** What decides what the rules find, and how grave it is. */
type Settings = Context & Pick<RunOptions, 'severities'>

/**
 * What the rules find, remembered from fix to fix: it follows from a resource and its neighbours, so a fix makes only
 * what was found on those stale.
 */
export class Diagnoses {
  readonly #detectors: readonly Detector[]
  readonly #graph: ResourceGraph
  readonly #context: Settings
  /** Resource id → the findings on its present version. */
  readonly #known = new Map<string, readonly Diagnosis[]>()
  /** The same of the fix on trial. */
  #onTrial = new Map<string, readonly Diagnosis[]>()
  /** How many fixes stay. */
  #fixes = 0
  /** Resource id → how many fixes stayed when the last came that may be seen on it. */
  readonly #seenOn = new Map<string, number>()
  #seenOnAll = 0

  constructor(detectors: readonly Detector[], graph: ResourceGraph, context: Settings) {
    this.#detectors = detectors
    this.#graph = graph
    this.#context = context
  }

  /** The findings of all rules on the present version of a resource, in the order of their places. */
  on(resource: Resource): readonly Diagnosis[] {
    const known = this.#known.get(resource.id)
    if (known !== undefined) return known
    const found = this.#find(resource)
    this.#known.set(resource.id, found)
    return found
  }

  /** The graph is about to hold what a fix would make. */
  try(): void {
    this.#onTrial = new Map()
  }

  /** The findings on a resource in a graph that holds what the fix on trial makes. */
  onTrial(resource: Resource): readonly Diagnosis[] {
    const found = this.#find(resource)
    this.#onTrial.set(resource.id, found)
    return found
  }

  /**
   * The fix on trial stays.
   *
   * @param stale the ids of the resources on which its changes may be seen; undefined: of all
   */
  keep(stale: readonly string[] | undefined): void {
    this.#fixes += 1
    if (stale === undefined) {
      this.#known.clear()
      this.#seenOnAll = this.#fixes
    }
    for (const id of stale ?? []) {
      this.#known.delete(id)
      this.#seenOn.set(id, this.#fixes)
    }
    for (const [id, found] of this.#onTrial) this.#known.set(id, found)
  }

  /** How many fixes stay by now. */
  get fixes(): number {
    return this.#fixes
  }

  /** Whether a fix that may be seen on a resource has come since so many stayed. */
  isStale({ id }: Resource, since: number): boolean {
    return Math.max(this.#seenOn.get(id) ?? 0, this.#seenOnAll) > since
  }

  #find(resource: Resource): readonly Diagnosis[] {
    const found: Diagnosis[] = []
    for (const detector of this.#detectors) {
      for (const finding of detector.detect(resource, this.#graph, this.#context)) {
        const usual = detector.checks[finding.check]?.[this.#context.profile]
        if (usual === undefined) continue
        const severity = this.#context.severities.get(detector.id) ?? usual
        let key = `${detector.id} ${finding.check} ${resource.id} ${finding.subject}`
        while (found.some(other => other.key === key)) key += "'"
        found.push({ detector, severity, finding, key, treatment: { status: 'skipped' } })
      }
    }
    if (found.length === 0) return NONE
    return found.length === 1
      ? found
      : found.toSorted((one, other) => comparePointers(one.finding.at, other.finding.at))
  }
}

const NONE: readonly Diagnosis[] = []
