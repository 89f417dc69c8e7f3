import type { Context, Detector, Finding, Severity } from './detect/detector.ts'
import { isSuppressed } from './detect/mesh.ts'
import type { Declined, Evidence, Fix, Fixer } from './fix/fixer.ts'
import { type Counted, prove } from './fix/prove.ts'
import { ResourceGraph } from './graph/graph.ts'
import { type Operation, patched } from './json-patch.ts'
import { keysOf } from './pointer.ts'
import type { Repository } from './read/repository.ts'
import { type KubeObject, type Resource, titleOf } from './read/resource.ts'
import { EditRefused, type TextEdit } from './write/edit.ts'
import { Sheets } from './write/sheets.ts'

/** What a run is asked for. */
export interface RunOptions extends Context {
  /** Whether a file may be reported on and written. */
  readonly isInScope: (path: string) => boolean
  /** Whether a rule is reported on and fixed; the proof knows all rules. */
  readonly isOn: (rule: string) => boolean
  /** Whether a rule's unsafe fixes are applied, too. */
  readonly isUnsafeOn: (rule: string) => boolean
  /** Find only, compute no fix. */
  readonly noFix: boolean
}

/** What became of a finding's fix. */
export type Treatment =
  /** It is proven and part of the result. */
  | { readonly status: 'applied'; readonly fix: Fix }
  /** It is proven, but unsafe and not asked for. */
  | { readonly status: 'available'; readonly fix: Fix }
  /** A fix was computed, and a check stopped it. */
  | { readonly status: 'refused'; readonly reason: string; readonly fix: Fix }
  /** Left to people: no fixer, no evidence or contradictory evidence, or candidates to choose from. */
  | {
      readonly status: 'manual'
      readonly reason: string
      readonly evidence: readonly Evidence[]
      readonly candidates: readonly Fix[]
    }
  | { readonly status: 'skipped' }

/** A finding, its rule, and what became of it. */
export interface Diagnosis {
  readonly detector: Detector
  readonly severity: Severity
  /** As it was found in the input; what is left can be found again in the result by its key. */
  readonly finding: Finding
  /** Rule, check, object and subject: the same before and after. */
  readonly key: string
  readonly treatment: Treatment
}

/** What a run found and made of it. Nothing is written yet. */
export interface Outcome {
  readonly repository: Repository
  readonly options: RunOptions
  readonly diagnoses: readonly Diagnosis[]
  readonly suppressed: number
  /** Resource id → the operations that lead from the input to the result, in order. */
  readonly operations: ReadonlyMap<string, readonly Operation[]>
  /** The resources in their last version. */
  readonly graph: ResourceGraph
  /** Path → the edits of its text. */
  readonly edits: ReadonlyMap<string, readonly TextEdit[]>
}

/** Fixes must come to rest within so many passes over what is left; more are a bug of mesh-fix. */
const MAX_PASSES = 10

/** Detects, fixes and proves, to a fixpoint. */
export class Pipeline {
  readonly #detectors: readonly Detector[]
  readonly #fixers: ReadonlyMap<Detector, Fixer>

  constructor(detectors: readonly Detector[], fixers: readonly Fixer[]) {
    this.#detectors = detectors
    this.#fixers = new Map(fixers.map(fixer => [fixer.fixes, fixer]))
  }

  /**
   * Fixes run in the order of files, documents, pointers and rules; the result depends on nothing else.
   *
   * @param onProgress told from time to time how many of how many findings are treated
   */
  run(repository: Repository, options: RunOptions, onProgress: (done: number, of: number) => void = () => {}): Outcome {
    const oneByOne = new Set<string>()
    for (;;) {
      const run = new Run(this.#detectors, this.#fixers, repository, options, oneByOne)
      run.detect()
      if (!options.noFix) run.fix(onProgress)
      const unproven = run.unproven()
      if (unproven.length === 0) return run.outcome()
      if (unproven.some(document => oneByOne.has(document)))
        throw new Error(`edits of ${unproven.join()} can't be proven`)
      for (const document of unproven) oneByOne.add(document)
    }
  }
}

/** One run's state. */
class Run {
  readonly #detectors: readonly Detector[]
  readonly #fixers: ReadonlyMap<Detector, Fixer>
  readonly #repository: Repository
  readonly #options: RunOptions
  readonly #graph: ResourceGraph
  readonly #sheets: Sheets
  readonly #diagnoses = new Map<string, Diagnosis>()
  /** Resource id → the keys of its findings. */
  readonly #keysOf = new Map<string, string[]>()
  readonly #operations = new Map<string, Operation[]>()
  /** Resource id → the last fix that changed it. */
  readonly #lastFixes = new Map<string, Fix>()
  #suppressed = 0

  constructor(
    detectors: readonly Detector[],
    fixers: ReadonlyMap<Detector, Fixer>,
    repository: Repository,
    options: RunOptions,
    oneByOne: ReadonlySet<string>,
  ) {
    this.#detectors = detectors
    this.#fixers = fixers
    this.#repository = repository
    this.#options = options
    this.#graph = new ResourceGraph(repository.resources, repository.skipped)
    this.#sheets = new Sheets(repository.files, oneByOne)
  }

  detect(): void {
    for (const resource of this.#repository.resources) {
      if (!this.#options.isInScope(resource.path)) continue
      for (const diagnosis of this.#diagnose(resource)) {
        if (!this.#options.isOn(diagnosis.detector.id)) continue
        if (isSuppressed(resource.object, diagnosis.finding.codes ?? [])) this.#suppressed += 1
        else this.#record(diagnosis)
      }
    }
  }

  fix(onProgress: (done: number, of: number) => void): void {
    for (let pass = 1; ; pass += 1) {
      let applied = 0
      let done = 0
      const open = [...this.#diagnoses.values()].filter(({ treatment }) => treatment.status !== 'applied')
      for (const { key } of open) {
        const diagnosis = this.#diagnoses.get(key)
        if (diagnosis === undefined || diagnosis.treatment.status === 'applied') continue
        const treatment = this.#treat(diagnosis)
        this.#diagnoses.set(diagnosis.key, { ...diagnosis, treatment })
        if (treatment.status === 'applied') applied += 1
        done += 1
        if (pass === 1) onProgress(done, open.length)
      }
      if (applied === 0) return
      if (pass === MAX_PASSES)
        throw new Error(`fixes did not come to rest after ${MAX_PASSES} passes; nothing was written`)
      this.#findNew()
    }
  }

  /** The documents whose edited text does not read as the fixes say. */
  unproven(): readonly string[] {
    return this.#sheets.prove()
  }

  outcome(): Outcome {
    return {
      repository: this.#repository,
      options: this.#options,
      diagnoses: [...this.#diagnoses.values()],
      suppressed: this.#suppressed,
      operations: this.#operations,
      graph: this.#graph,
      edits: this.#sheets.edits(),
    }
  }

  /** What fixes have brought to light on the objects that they changed, and beside them. */
  #findNew(): void {
    const changed = [...this.#operations.keys()].flatMap(id => this.#graph.resource(id) ?? [])
    for (const resource of withNeighbours(changed, this.#graph)) {
      if (!this.#options.isInScope(resource.path)) continue
      for (const diagnosis of this.#diagnose(resource)) {
        const isNew = this.#options.isOn(diagnosis.detector.id) && !this.#diagnoses.has(diagnosis.key)
        if (isNew && !isSuppressed(resource.object, diagnosis.finding.codes ?? [])) this.#record(diagnosis)
      }
    }
  }

  #record(diagnosis: Diagnosis): void {
    this.#diagnoses.set(diagnosis.key, diagnosis)
    const { id } = diagnosis.finding.resource
    this.#keysOf.set(id, [...(this.#keysOf.get(id) ?? []), diagnosis.key])
  }

  /** The findings of all rules on a resource, in the order of their places. */
  #diagnose(resource: Resource): readonly Diagnosis[] {
    const found: Diagnosis[] = []
    const keys = new Set<string>()
    for (const detector of this.#detectors) {
      for (const finding of detector.detect(resource, this.#graph, this.#options)) {
        const severity = detector.checks[finding.check]?.[this.#options.profile]
        if (severity === undefined) continue
        let key = `${detector.id} ${finding.check} ${resource.id} ${finding.subject}`
        while (keys.has(key)) key += "'"
        keys.add(key)
        found.push({ detector, severity, finding, key, treatment: { status: 'skipped' } })
      }
    }
    return found.toSorted((one, other) => comparePointers(one.finding, other.finding))
  }

  #treat(diagnosis: Diagnosis): Treatment {
    const { detector, key, finding } = diagnosis
    const current = this.#diagnose(this.#graph.current(finding.resource)).find(found => found.key === key)
    if (current === undefined) {
      const fix = this.#fixBeside(this.#graph.current(finding.resource))
      if (fix === undefined) throw new Error(`a finding went away without a fix: ${key}`)
      return { status: 'applied', fix }
    }
    const fixer = this.#fixers.get(detector)
    if (fixer === undefined)
      return { status: 'manual', reason: 'only a person can put it right', evidence: [], candidates: [] }

    const result = fixer.fix(current.finding, this.#graph, this.#options)
    if (isDeclined(result))
      return { status: 'manual', reason: result.declined, evidence: result.evidence, candidates: [] }
    return this.#firstProven([...result], detector, key)
  }

  #firstProven(fixes: readonly Fix[], detector: Detector, key: string): Treatment {
    const candidates = fixes.filter(({ safety }) => safety === 'display')
    if (candidates.length > 0) {
      const [first] = candidates
      const reason = first?.note ?? 'a person has to choose'
      return { status: 'manual', reason, evidence: first?.evidence ?? [], candidates }
    }
    const isWanted = ({ safety }: Fix): boolean => safety === 'safe' || this.#options.isUnsafeOn(detector.id)
    const reasons: string[] = []
    let refused: Treatment | undefined
    for (const fix of fixes.filter(isWanted)) {
      const reason = this.#try(fix, key, true)
      const better = fixes.slice(0, fixes.indexOf(fix)).filter(other => !isWanted(other))
      if (reason === undefined)
        return { status: 'applied', fix: noted(fix, [...reasons, ...better.flatMap(({ cautions }) => cautions)]) }
      reasons.push(reason)
      refused ??= { status: 'refused', reason, fix }
    }
    for (const fix of fixes.filter(other => !isWanted(other))) {
      const reason = this.#try(fix, key, false)
      if (reason === undefined) return { status: 'available', fix: noted(fix, reasons) }
      reasons.push(reason)
      refused ??= { status: 'refused', reason, fix }
    }
    return refused ?? { status: 'manual', reason: 'there is no fix', evidence: [], candidates: [] }
  }

  /** Proves a fix and, if it is wanted, keeps it. Gives the reason where it is refused; then all is as it was. */
  #try(fix: Fix, key: string, isWanted: boolean): string | undefined {
    const outside = fix.changes.find(({ resource }) => !this.#options.isInScope(resource.path))
    if (outside !== undefined)
      return `it would have to change ${outside.resource.path} too, which is outside the paths given`

    const old = fix.changes.map(({ resource }) => this.#graph.current(resource))
    const changed = fix.changes.map(({ resource, operations }) => ({
      ...resource,
      object: patched(resource.object, operations) as KubeObject,
    }))
    const refusal = prove(fix, key, changed, this.#graph, {
      profile: this.#options.profile,
      findingsOn: resource => this.#counted(resource),
    })
    if (refusal !== undefined) return refusal

    const undo = (): void => {
      for (const resource of old) this.#graph.replace(resource)
    }
    try {
      this.#sheets.apply(fix.changes, { keep: isWanted })
    } catch (error) {
      undo()
      if (error instanceof EditRefused) return `the text can't be edited: ${error.message}`
      throw error
    }
    if (isWanted) this.#keep(fix)
    else undo()
    return undefined
  }

  #keep(fix: Fix): void {
    for (const { resource, operations } of fix.changes) {
      this.#operations.set(resource.id, [...(this.#operations.get(resource.id) ?? []), ...operations])
      this.#lastFixes.set(resource.id, fix)
      this.#settle(resource, fix)
    }
  }

  /** Other findings on an object that a fix has put right as well: a rename may concern several Services. */
  #settle(resource: Resource, fix: Fix): void {
    const left = new Set(this.#diagnose(this.#graph.current(resource)).map(({ key }) => key))
    for (const key of this.#keysOf.get(resource.id) ?? []) {
      const diagnosis = this.#diagnoses.get(key)
      if (diagnosis === undefined || diagnosis.treatment.status === 'applied' || left.has(key)) continue
      this.#diagnoses.set(key, { ...diagnosis, treatment: { status: 'applied', fix } })
    }
  }

  /** The fix beside an object that has put a finding on it right: a conflict of two Services ends with either's rename. */
  #fixBeside(resource: Resource): Fix | undefined {
    const ids = [...withNeighbours([resource], this.#graph)].map(({ id }) => id)
    return ids.flatMap(id => this.#lastFixes.get(id) ?? [])[0]
  }

  #counted(resource: Resource): readonly Counted[] {
    return this.#diagnose(resource).map(({ key, severity, finding }) => ({
      key,
      severity,
      message: `${titleOf(resource.object)}: ${finding.message}`,
    }))
  }
}

/** The resources and those whose findings may follow from them: a Service's pods, and the Services of pods. */
function withNeighbours(resources: readonly Resource[], graph: ResourceGraph): Iterable<Resource> {
  const workloads = new Map(
    resources
      .flatMap(resource => (graph.isService(resource) ? graph.workloadsOf(resource) : (graph.workload(resource) ?? [])))
      .map(workload => [workload.resource.id, workload]),
  )
  const beside = [...workloads.values()].flatMap(workload => [workload.resource, ...graph.servicesOf(workload)])
  return new Map([...resources, ...beside].map(resource => [resource.id, resource])).values()
}

/** The fix, with why it isn't a better one. */
function noted(fix: Fix, reasons: readonly string[]): Fix {
  const note = [fix.note, ...reasons].filter(text => text !== undefined).join('; ')
  return note === '' ? fix : { ...fix, note }
}

function isDeclined(result: Iterable<Fix> | Declined): result is Declined {
  return 'declined' in result
}

function comparePointers(one: Finding, other: Finding): number {
  const [left, right] = [keysOf(one.at), keysOf(other.at)]
  for (const [index, key] of left.entries()) {
    const against = right[index]
    if (against === undefined) return 1
    if (key !== against) return Number(key) - Number(against) || (key < against ? -1 : 1)
  }
  return left.length - right.length
}
