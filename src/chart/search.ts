import { MeshFixError } from '../errors.ts'
import type { Change, Fix } from '../fix/fixer.ts'
import type { DecidingValue, Diagnosis } from '../outcome.ts'
import { parentOf, valueAt } from '../pointer.ts'
import type { Repository } from '../read/repository.ts'
import type { Json } from '../read/tree.ts'
import { positionAt, startOf } from '../read/yaml.ts'
import { composed, type TextEdit } from '../write/edit.ts'
import { type Candidate, candidatesFor, type IsHidden, type Wish } from './candidates.ts'
import type { ValuesFile } from './chart.ts'
import { differences, lasting, type State, stateAfter, stateOf } from './differences.ts'
import { DEFAULT_RELEASE } from './release.ts'
import type { Rendered, Renderer } from './rendered.ts'
import { itemAt, type ValuesEdit, valuesEdit } from './values.ts'

/** How often a chart is rendered for one fix, and for all of them, before the search gives up. */
export const MAX_FOR_ONE = 20
export const MAX_FOR_ALL = 200

/** What a search has to know of the outside. */
export interface SearchOptions {
  /** The keys of the findings in what was rendered. */
  readonly findingsIn: (repository: Repository) => ReadonlySet<string>
  readonly isHidden: IsHidden
  /** Texts that no value may repeat: they go stale. */
  readonly stale: ReadonlySet<string>
}

/** A fix, the findings that it puts right, and the chart's value that makes it. */
interface Decision {
  readonly fix: Fix
  readonly value: Omit<DecidingValue, 'line' | 'column'>
}

/** Finds the values that make fixes: changes one, renders the chart again, and looks what has become of everything. */
export class Search {
  /** The chart as the values that were found leave it. */
  rendered: Rendered
  /** Finding → what makes its fix. */
  readonly decisions = new Map<string, Decision>()
  /** Whether the bound was met. */
  isCut = false
  /** Whether something was not looked for, since it is called after a release that nobody has named. */
  isUnnamed = false
  /** Whether something was not looked for, since it repeats a version of the chart. */
  isStale = false
  readonly #renderer: Renderer
  readonly #options: SearchOptions
  /** Places that are different in every rendering: random passwords, times. */
  readonly #volatile: ReadonlySet<string>
  readonly #known: Set<string>
  readonly #edits = new Map<string, readonly TextEdit[]>()
  #files: readonly ValuesFile[]

  constructor(renderer: Renderer, files: readonly ValuesFile[], rendered: Rendered, options: SearchOptions) {
    this.#renderer = renderer
    this.#options = options
    this.#files = files
    this.rendered = rendered
    const again = renderer.render(new Map())
    this.#volatile = differences(stateOf(rendered.repository), stateOf(again.repository))
    this.#known = new Set(options.findingsIn(rendered.repository))
  }

  /** Looks for the values of the fixes that these findings have; what it finds is kept. */
  decide(diagnoses: readonly Diagnosis[]): void {
    const open = diagnoses.flatMap(({ key, treatment }) =>
      treatment.status === 'applied' ? [{ key, fix: treatment.fix }] : [],
    )
    for (const { key, fix } of open) if (!this.decisions.has(key)) this.#search(fix, open)
  }

  /** What makes a finding's fix, with its place in the file as all values that were found leave it. */
  decision(key: string): { readonly fix: Fix; readonly value: DecidingValue } | undefined {
    const decision = this.decisions.get(key)
    if (decision === undefined) return undefined
    const { fix, value } = decision
    const parsed = this.#files.find(({ path }) => path === value.path)?.parsed
    const [document] = parsed?.documents ?? []
    const offset = document === undefined ? 0 : startOf(document, value.at)
    return { fix, value: { ...value, ...positionAt(parsed?.text ?? '', offset) } }
  }

  /** Path → the edits of a values file. */
  edits(): ReadonlyMap<string, readonly TextEdit[]> {
    return this.#edits
  }

  #search(fix: Fix, open: readonly { readonly key: string; readonly fix: Fix }[]): void {
    const state = stateOf(this.rendered.repository)
    if (stateAfter(state, fix) === undefined) return
    const wishes = fix.changes.flatMap(change => wishesOf(change, state, this.#renderer.place))
    const candidates = candidatesFor(wishes, this.rendered.values, this.#options.isHidden)
    const lasting = candidates.filter(candidate => this.#isLasting(candidate))
    const left = open.filter(({ key }) => !this.decisions.has(key))
    for (const candidate of lasting.slice(0, MAX_FOR_ONE)) {
      if (this.#renderer.count >= MAX_FOR_ALL) {
        this.isCut = true
        return
      }
      if (this.#try(candidate, fix, left)) return
    }
  }

  /** Whether a value would be right for another release and the chart's next version as well. */
  #isLasting({ value }: Candidate): boolean {
    const texts = textsIn(value)
    const isUnnamed = texts.some(text => text.includes(DEFAULT_RELEASE))
    const isStale = texts.some(text => this.#options.stale.has(text))
    if (isUnnamed) this.isUnnamed = true
    if (isStale) this.isStale = true
    return !isUnnamed && !isStale
  }

  /** Takes a candidate if it makes the fix, and else nothing but other fixes. */
  #try(candidate: Candidate, fix: Fix, open: readonly { readonly key: string; readonly fix: Fix }[]): boolean {
    const { isHidden, findingsIn } = this.#options
    const made = valuesEdit(candidate, this.#files, this.rendered.values, list => !holds(list, isHidden))
    if (made === undefined) return false
    const next = this.#render(made)
    if (next === undefined || next.output === this.rendered.output) return false

    const [before, after] = [stateOf(this.rendered.repository), stateOf(next.repository)]
    const done = explained(before, after, open, this.#volatile)
    if (!done?.some(({ fix: other }) => isSameFix(other, fix))) return false
    const keys = new Set(done.map(({ key }) => key))
    const left = findingsIn(next.repository)
    if ([...left].some(key => keys.has(key) || !this.#known.has(key))) return false

    const value = decidingValue(candidate, made, this.rendered.values)
    for (const { key, fix: other } of done) this.decisions.set(key, { fix: other, value })
    this.#keep(made, next)
    return true
  }

  #render({ path, parsed }: ValuesEdit): Rendered | undefined {
    const texts = new Map(this.#files.map(file => [file.path, file.parsed.text]))
    try {
      return this.#renderer.render(texts.set(path, parsed.text))
    } catch (error) {
      if (error instanceof MeshFixError) return undefined
      throw error
    }
  }

  #keep({ path, edits, parsed }: ValuesEdit, next: Rendered): void {
    const text = this.#files.find(file => file.path === path)?.parsed.text ?? ''
    this.#edits.set(path, composed(this.#edits.get(path) ?? [], edits, text))
    this.#files = this.#files.map(file => (file.path === path ? { ...file, parsed } : file))
    this.rendered = next
  }
}

/**
 * The findings whose fixes have been made, if these and nothing else explain the difference; undefined otherwise.
 *
 * @param open the findings that are left, with their fixes in the order in which they were proven
 */
function explained<Item extends { readonly fix: Fix }>(
  before: State,
  after: State,
  open: readonly Item[],
  volatile: ReadonlySet<string>,
): readonly Item[] | undefined {
  let expected = before
  const done: Item[] = []
  for (const item of open) {
    if (done.some(({ fix }) => isSameFix(fix, item.fix))) {
      done.push(item)
      continue
    }
    const next = stateAfter(expected, item.fix)
    const written = next && differences(expected, next)
    if (next === undefined || written === undefined || written.size === 0) continue
    const missing = differences(next, after)
    if ([...written].some(place => missing.has(place))) continue
    expected = next
    done.push(item)
  }
  return lasting(differences(expected, after), volatile).length === 0 ? done : undefined
}

/** A fix is handed on with other remarks, but its changes stay the same. */
function isSameFix({ changes }: Fix, other: Fix): boolean {
  return changes === other.changes
}

/**
 * What a change writes, with what is there now.
 *
 * @param place the chart's path, which its templates' paths start with
 */
function wishesOf({ resource, operations }: Change, state: State, place: string): readonly Wish[] {
  const document = state.get(`${resource.path}#${resource.document}`)
  const object = valueAt(document, resource.base) as Json | undefined
  const [charts = ''] = resource.path.slice(place.length).split('/templates/')
  const scope = [...charts.matchAll(/charts\/([^/]+)/g)].map(([, name = '']) => name)
  return operations.flatMap(operation => {
    if (operation.op !== 'add' && operation.op !== 'replace') return []
    const { path, value } = operation
    const around = valueAt(object, parentOf(path)) as Json | undefined
    return [
      {
        at: path,
        kind: resource.object.kind,
        old: valueAt(object, path) as Json | undefined,
        around,
        to: value,
        scope,
      },
    ]
  })
}

function decidingValue(candidate: Candidate, { path }: ValuesEdit, values: Json): Decision['value'] {
  const at = itemAt(candidate.at, values)
  return { path, at, from: valueAt(values, at) as Json | undefined, to: candidate.value }
}

/** Whether a secret stands anywhere in a value. */
function holds(value: Json, isHidden: IsHidden, key = ''): boolean {
  if (isHidden(key, value)) return true
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([own, member]) => holds(member, isHidden, own))
}

function textsIn(value: Json): readonly string[] {
  if (typeof value !== 'object' || value === null) return [String(value)]
  return Object.values(value).flatMap(textsIn)
}
