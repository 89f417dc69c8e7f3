import type { Detector } from './detect/detector.ts'
import { isIgnored } from './detect/ignore.ts'
import { Diagnoses } from './diagnoses.ts'
import { type Change, type Declined, type Fix, type Fixer, IMPACTS } from './fix/fixer.ts'
import { type CreatedResource, Placements } from './fix/placement.ts'
import { neighboursOf, prove } from './fix/prove.ts'
import { ResourceGraph } from './graph/graph.ts'
import { selectsAlike } from './graph/index-keys.ts'
import { type Operation, PatchError, patched } from './json-patch.ts'
import type { Diagnosis, HeldBack, Outcome, RunOptions, Stop, Treatment } from './outcome.ts'
import { withCustomKinds } from './read/custom-kinds.ts'
import type { Repository } from './read/repository.ts'
import { type KubeObject, type Resource, sourcePathOf } from './read/resource.ts'
import { EditRefused } from './write/edit.ts'
import { type NewDocument, Sheets } from './write/sheets.ts'

/** Fixes must come to rest within so many passes over what is left; more are a bug of mesh-fix. */
const MAX_PASSES = 10

/** An outcome, and the texts with its edits: others can come on top. */
export interface PipelineOutcome extends Outcome {
  readonly sheets: Sheets
}

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
  run(
    repository: Repository,
    options: RunOptions,
    onProgress: (done: number, of: number) => void = () => {},
  ): PipelineOutcome {
    const oneByOne = new Set<string>()
    const known = withCustomKinds(repository, options.customKinds)
    for (;;) {
      const run = new Run(this.#detectors, this.#fixers, known, options, oneByOne)
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
  readonly #rules: readonly Detector[]
  readonly #fixers: ReadonlyMap<Detector, Fixer>
  readonly #repository: Repository
  readonly #options: RunOptions
  readonly #graph: ResourceGraph
  readonly #found: Diagnoses
  readonly #sheets: Sheets
  readonly #placements: Placements
  readonly #documents = new Map<string, Resource>()
  /** The ids of what is new. */
  readonly #created = new Set<string>()
  readonly #diagnoses = new Map<string, Diagnosis>()
  /** Resource id → the keys of its findings. */
  readonly #keysOf = new Map<string, string[]>()
  /** Finding → how many fixes had been made when it was treated. */
  readonly #treated = new Map<string, number>()
  readonly #operations = new Map<string, Operation[]>()
  /** Resource id → the last fix that changed or added it. */
  readonly #lastFixes = new Map<string, Fix>()
  readonly #fixes: Fix[] = []
  readonly #accepted: Diagnosis[] = []

  constructor(
    detectors: readonly Detector[],
    fixers: ReadonlyMap<Detector, Fixer>,
    repository: Repository,
    options: RunOptions,
    oneByOne: ReadonlySet<string>,
  ) {
    this.#rules = detectors.filter(
      ({ id, checks }) => options.isOn(id) && Object.values(checks).some(row => row[options.profile] !== undefined),
    )
    this.#fixers = fixers
    this.#repository = repository
    this.#options = options
    this.#graph = new ResourceGraph(repository.resources, repository.skipped)
    this.#found = new Diagnoses(detectors, this.#graph, options)
    this.#sheets = new Sheets(repository.files, oneByOne)
    this.#placements = new Placements(repository)
  }

  detect(): void {
    for (const resource of this.#repository.resources) {
      if (!this.#options.isInScope(sourcePathOf(resource))) continue
      const found = this.#found.on(resource)
      for (const diagnosis of found) {
        const isAccepted = this.#isAccepted(diagnosis, found)
        if (!this.#isReported(diagnosis)) continue
        if (isAccepted) this.#accepted.push(diagnosis)
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
        if (diagnosis === undefined || !this.#isDue(diagnosis)) continue
        this.#treated.set(key, this.#found.fixes)
        const treatment = this.#treat(diagnosis)
        if (treatment === undefined) this.#diagnoses.delete(key)
        else this.#diagnoses.set(key, { ...diagnosis, treatment })
        if (treatment?.status === 'applied') applied += 1
        done += 1
        if (pass === 1) onProgress(done, open.length)
      }
      if (applied === 0) return
      if (pass === MAX_PASSES)
        throw new Error(`fixes did not come to rest after ${MAX_PASSES} passes; nothing was written`)
      this.#findNew()
    }
  }

  /** Whether a finding is to be treated: for the first time, or after a fix that may have to do with it. */
  #isDue({ key, finding, treatment: { status } }: Diagnosis): boolean {
    const treated = this.#treated.get(key)
    if (status === 'applied') return false
    return treated === undefined || status === 'refused' || this.#found.isStale(finding.resource, treated)
  }

  /** The documents whose edited text does not read as the fixes say. */
  unproven(): readonly string[] {
    return this.#sheets.prove()
  }

  outcome(): PipelineOutcome {
    return {
      repository: this.#repository,
      options: this.#options,
      rules: this.#rules,
      diagnoses: [...this.#diagnoses.values()],
      suppressed: this.#accepted.length,
      accepted: this.#accepted,
      fixes: this.#fixes,
      operations: this.#operations,
      graph: this.#graph,
      documents: this.#documents,
      edits: this.#sheets.edits(),
      sheets: this.#sheets,
    }
  }

  /** What fixes have brought to light on the objects that they changed or added, and on their neighbours. */
  #findNew(): void {
    const touched = [...this.#operations.keys(), ...this.#created].flatMap(id => this.#graph.resource(id) ?? [])
    for (const resource of neighboursOf(touched, this.#graph).flatMap(id => this.#graph.resource(id) ?? [])) {
      if (!this.#options.isInScope(sourcePathOf(resource))) continue
      const found = this.#found.on(resource)
      for (const diagnosis of found) {
        const isNew = this.#isReported(diagnosis) && !this.#diagnoses.has(diagnosis.key)
        if (isNew && !this.#isAccepted(diagnosis, found)) this.#record(diagnosis)
      }
    }
  }

  #isReported(diagnosis: Diagnosis): boolean {
    const { isOn, isReported } = this.#options
    return isOn(diagnosis.detector.id) && (isReported === undefined || isReported(diagnosis))
  }

  #isAccepted(diagnosis: Diagnosis, beside: readonly Diagnosis[]): boolean {
    const { detector, finding } = diagnosis
    const isAnnotated = isIgnored(detector.id, finding)
    return this.#options.ignores?.covers(diagnosis, beside, isAnnotated) ?? isAnnotated
  }

  #record(diagnosis: Diagnosis): void {
    this.#diagnoses.set(diagnosis.key, diagnosis)
    const { id } = diagnosis.finding.resource
    this.#keysOf.set(id, [...(this.#keysOf.get(id) ?? []), diagnosis.key])
  }

  /** Undefined where the finding went away by a fix for another one, far away. */
  #treat(diagnosis: Diagnosis): Treatment | undefined {
    const { detector, key, finding } = diagnosis
    const current = this.#found.on(this.#graph.current(finding.resource)).find(found => found.key === key)
    if (current === undefined) {
      const fix = this.#fixBeside(finding.resource)
      return fix && { status: 'applied', fix }
    }
    const fixer = this.#fixers.get(detector)
    if (fixer === undefined)
      return { status: 'manual', reason: 'only a person can put it right', evidence: [], candidates: [] }

    const result = fixer.fix(current.finding, this.#graph, this.#options)
    if (isDeclined(result))
      return { status: 'manual', reason: result.declined, evidence: result.evidence, candidates: [] }
    return this.#firstProven([...result], diagnosis)
  }

  #firstProven(fixes: readonly Fix[], diagnosis: Diagnosis): Treatment {
    const candidates = fixes.filter(({ safety }) => safety === 'display')
    if (candidates.length > 0) {
      const [first] = candidates
      const reason = first?.note ?? 'a person has to choose'
      return { status: 'manual', reason, evidence: first?.evidence ?? [], candidates }
    }
    const reasons: string[] = []
    let refused: Treatment | undefined
    const inTurn = fixes.toSorted((one, other) => this.#turn(one, diagnosis) - this.#turn(other, diagnosis))
    for (const [turn, fix] of inTurn.entries()) {
      const heldBack = this.#heldBack(fix, diagnosis)
      const result = this.#try(fix, diagnosis.key, heldBack === undefined)
      if ('fix' in result) {
        const better = fixes.slice(0, fixes.indexOf(fix)).filter(other => inTurn.indexOf(other) > turn)
        const made = noted(result.fix, [...reasons, ...better.flatMap(({ cautions }) => cautions)])
        return heldBack === undefined ? { status: 'applied', fix: made } : { status: 'available', heldBack, fix: made }
      }
      reasons.push(result.reason)
      refused ??= { status: 'refused', ...result, fix }
    }
    return refused ?? { status: 'manual', reason: 'there is no fix', evidence: [], candidates: [] }
  }

  /** Which fixes are tried first: those that are asked for, those that may be chosen as they are, and then the rest. */
  #turn(fix: Fix, diagnosis: Diagnosis): number {
    const heldBack = this.#heldBack(fix, diagnosis)
    if (heldBack === undefined) return this.#isAskedFor(fix, diagnosis) ? 0 : 1
    return heldBack === 'choice' ? 2 : 3
  }

  #isAskedFor({ safety }: Fix, { detector }: Diagnosis): boolean {
    return safety === 'safe' || this.#options.isUnsafeOn(detector.id)
  }

  #heldBack(fix: Fix, diagnosis: Diagnosis): HeldBack | undefined {
    const { impact } = fix
    const { chosen, maxImpact } = this.#options
    const choice = chosen?.(diagnosis)
    if (!this.#isAskedFor(fix, diagnosis) && choice !== 'unsafe') return 'unsafe'
    if (impact !== 'new-object' && IMPACTS.indexOf(impact) > IMPACTS.indexOf(maxImpact)) return 'impact'
    return chosen !== undefined && choice === undefined ? 'choice' : undefined
  }

  /** Proves a fix and, if it is wanted, keeps it. Gives what stopped it where it is refused; then all is as it was. */
  #try(
    fix: Fix,
    key: string,
    isWanted: boolean,
  ): { readonly fix: Fix } | { readonly by: Stop; readonly reason: string } {
    const current = (resource: Resource): Resource => this.#current(resource)
    const placed = this.#placements.placed(fix, current, document => this.#sheets.isNew(document))
    if (typeof placed === 'string') return { by: 'placement', reason: placed }
    const { changes } = placed.fix
    const created = placed.created.map(({ resource }) => resource)
    const { isInScope, untouchable } = this.#options
    const outside = [...changes.map(({ resource }) => resource), ...created]
      .map(sourcePathOf)
      .find(path => !isInScope(path) || untouchable?.has(path))
    if (outside !== undefined) {
      const why = untouchable?.get(outside) ?? 'is outside the paths given'
      return {
        by: 'scope',
        reason: `it would have to change ${outside}${isInScope(outside) ? '' : ' too'}, which ${why}`,
      }
    }

    const versions = versionsAfter(changes)
    if (versions instanceof PatchError) return { by: 'text', reason: `the patch does not apply: ${versions.message}` }
    const changed = versions.filter(({ id }) => this.#graph.resource(id) !== undefined)
    const old = changed.map(current)
    this.#found.try()
    const refusal = prove(placed.fix, key, { changed, created }, this.#graph, {
      profile: this.#options.profile,
      findingsBefore: resource => this.#found.on(resource),
      findingsAfter: resource => this.#found.onTrial(resource),
    })
    if (refusal !== undefined) return refusal

    const undo = (): void => {
      for (const resource of created) this.#graph.remove(resource)
      for (const resource of old) this.#graph.replace(resource)
    }
    try {
      this.#sheets.apply(changes, newDocuments(placed.created), { keep: isWanted })
    } catch (error) {
      undo()
      if (error instanceof EditRefused) return { by: 'text', reason: `the text can't be edited: ${error.message}` }
      throw error
    }
    if (isWanted) {
      this.#found.keep(staleAfter(old, changed, created, this.#graph))
      this.#keep(placed.fix, versions, created)
    } else undo()
    return { fix: placed.fix }
  }

  /** The present version of a resource, or of a document that lists resources. */
  #current(resource: Resource): Resource {
    return this.#documents.get(resource.id) ?? this.#graph.current(resource)
  }

  #keep(fix: Fix, versions: readonly Resource[], created: readonly Resource[]): void {
    this.#fixes.push(fix)
    for (const { id } of created) this.#created.add(id)
    for (const { resource, operations } of fix.changes)
      this.#operations.set(resource.id, [...(this.#operations.get(resource.id) ?? []), ...operations])
    for (const resource of versions)
      if (this.#graph.resource(resource.id) === undefined) this.#documents.set(resource.id, resource)

    for (const resource of [...versions, ...created]) {
      this.#lastFixes.set(resource.id, fix)
      this.#settle(resource, fix)
    }
  }

  /** The fix beside an object that has put a finding on it right: a conflict of two Services ends with either's rename. */
  #fixBeside(resource: Resource): Fix | undefined {
    const near = neighboursOf([this.#graph.current(resource)], this.#graph)
    return near.flatMap(id => (id === resource.id ? [] : (this.#lastFixes.get(id) ?? [])))[0]
  }

  /** Other findings on an object that a fix has put right as well: a rename may concern several Services. */
  #settle(resource: Resource, fix: Fix): void {
    const keys = this.#keysOf.get(resource.id) ?? []
    if (keys.length === 0) return
    const left = new Set(this.#found.on(this.#graph.current(resource)).map(({ key }) => key))
    for (const key of keys) {
      const diagnosis = this.#diagnoses.get(key)
      if (diagnosis === undefined || diagnosis.treatment.status === 'applied' || left.has(key)) continue
      this.#diagnoses.set(key, { ...diagnosis, treatment: { status: 'applied', fix } })
    }
  }
}

/** The objects as the operations leave them, or why these don't apply: a rule of somebody else's may be wrong. */
function versionsAfter(changes: readonly Change[]): readonly Resource[] | PatchError {
  try {
    return changes.map(({ resource, operations }) => ({
      ...resource,
      object: patched(resource.object, operations) as KubeObject,
    }))
  } catch (error) {
    if (error instanceof PatchError) return error
    throw error
  }
}

/** On which resources the findings may be others after a fix, by id; undefined: on any. */
function staleAfter(
  old: readonly Resource[],
  changed: readonly Resource[],
  created: readonly Resource[],
  graph: ResourceGraph,
): readonly string[] | undefined {
  if (created.length > 0) return undefined
  const isSeenNearbyOnly = (resource: Resource, index: number): boolean =>
    selectsAlike(old[index] ?? resource, resource) &&
    (graph.isService(resource) || graph.workload(resource) !== undefined || graph.referencesOf(resource).length > 0)
  return changed.every(isSeenNearbyOnly) ? neighboursOf(changed, graph) : undefined
}

function newDocuments(created: readonly CreatedResource[]): readonly NewDocument[] {
  return created.flatMap(({ resource: { path, document, object }, beside, isItem }) =>
    isItem ? [] : [{ path, document, object, beside }],
  )
}

/** The fix, with why it isn't a better one. */
function noted(fix: Fix, reasons: readonly string[]): Fix {
  const note = [fix.note, ...reasons].filter(text => text !== undefined).join('; ')
  return note === '' ? fix : { ...fix, note }
}

function isDeclined(result: Iterable<Fix> | Declined): result is Declined {
  return 'declined' in result
}
