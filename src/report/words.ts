import type { Change, Evidence, Fix } from '../fix/fixer.ts'
import { pathOf } from '../fix/placement.ts'
import type { Diagnosis, Treatment } from '../outcome.ts'
import { dotted, type Pointer } from '../pointer.ts'
import { isKustomizationFile } from '../read/kustomization.ts'
import { type Resource, titleOf } from '../read/resource.ts'
import type { Locator } from './locate.ts'
import { line, type Paint } from './paint.ts'
import { failureOf, locators, type Result, shownPath, statusOf } from './result.ts'

/** Says for people what became of findings. */
export class Words {
  readonly #result: Result
  readonly #paint: Paint
  readonly #input: Locator
  readonly #after: Locator

  constructor(result: Result, paint: Paint) {
    this.#result = result
    this.#paint = paint
    const { input, after } = locators(result)
    this.#input = input
    this.#after = after
  }

  /** The builds that a finding is in. */
  builds({ scopes = [] }: Diagnosis): readonly string[] {
    return scopes.length === 0 ? [] : [line`in what ${scopes.join(', ')} ${scopes.length > 1 ? 'build' : 'builds'}`]
  }

  /** The fix, or why there is none, with its evidence. */
  fix(diagnosis: Diagnosis): readonly string[] {
    const { treatment } = diagnosis
    const paint = this.#paint
    switch (treatment.status) {
      case 'skipped':
        return []
      case 'manual':
        return [
          line`${paint('yellow', 'left to you')}: ${treatment.reason}`,
          ...treatment.candidates.flatMap(({ title, changes }) => [
            line`  candidate: ${title}`,
            ...changes.flatMap(change => this.#operations(change)),
          ]),
          ...treatment.evidence.map(evidence => this.#evidence(evidence)),
        ]
      case 'refused':
        return [
          line`${paint('yellow', 'refused')}: ${treatment.fix.title}`,
          line`  because ${treatment.reason}`,
          ...treatment.fix.evidence.map(evidence => this.#evidence(evidence)),
        ]
      default:
        return [
          ...this.change(diagnosis, treatment.fix, wordFor(diagnosis, this.#result)),
          ...this.#value(treatment),
          ...this.grounds(treatment.fix),
        ]
    }
  }

  /** What a fix of a finding does, and where. */
  change({ finding: { resource: own } }: Diagnosis, fix: Fix, word: string): readonly string[] {
    const { changes, creates = [] } = fix
    const [first] = changes
    const isElsewhere = first !== undefined && creates.length === 0 && first.resource.id !== own.id
    const where = isElsewhere ? ` in ${titleOf(first.resource.object)}` : ''
    const others = changes.filter(({ resource }) => resource.id !== own.id)
    return [
      line`${this.#paint('green', word)} (${fix.safety}, ${fix.impact}): ${fix.title}${where}`,
      ...others.map(({ resource }) => line`  also in ${kindOf(resource)} of ${shownPath(resource.path, this.#result)}`),
      ...creates.map(fresh => line`  new: ${titleOf(fresh.object)} in ${shownPath(pathOf(fresh), this.#result)}`),
    ]
  }

  /** Why a fix is what it is: its evidence, why it isn't safe, and why it isn't a better one. */
  grounds({ evidence, cautions, note }: Fix): readonly string[] {
    return [
      ...evidence.map(one => this.#evidence(one)),
      ...cautions.map(caution => line`  unsafe: ${caution}`),
      ...(note === undefined ? [] : [line`  not a better fix: ${note}`]),
    ]
  }

  #evidence({ class: level, says, at }: Evidence): string {
    const place = at === undefined ? '' : ` (${this.#place(this.#input, at.resource, at.pointer)})`
    return line`  ${this.#paint('dim', `${level}:`)} ${says}${this.#paint('dim', place)}`
  }

  #operations({ resource, operations }: Change): readonly string[] {
    return operations
      .filter(({ op }) => op !== 'test')
      .map(operation => {
        const place = this.#place(this.#after, resource, operation.path)
        const value = 'value' in operation ? `: ${JSON.stringify(operation.value)}` : ''
        return line`    ${operation.op} ${operation.path}${value} ${this.#paint('dim', `(${place})`)}`
      })
  }

  #value(treatment: Treatment): readonly string[] {
    if (treatment.status === 'available' && treatment.heldBack === 'template') return ['  no value decides it']
    if (treatment.status !== 'applied' || treatment.value === undefined) return []
    const { path, line: number, column, at, from, to } = treatment.value
    const place = this.#paint('bold', `${shownPath(path, this.#result)}:${number}:${column}`)
    const change = `${from === undefined ? '' : `${JSON.stringify(from)} → `}${JSON.stringify(to)}`
    return [line`  ${place}: ${dotted(at)}: ${change}`]
  }

  /** Lines of what a template makes are no lines of the template. */
  #place(locator: Locator, resource: Resource, at: Pointer): string {
    const path = shownPath(resource.path, this.#result)
    return this.#result.chart === undefined ? `${path}:${locator.position(resource, at).line}` : path
  }
}

function kindOf({ object, path }: Resource): string {
  return isKustomizationFile(path) ? 'the kustomization' : object.kind
}

function wordFor(diagnosis: Diagnosis, result: Result): string {
  const { treatment } = diagnosis
  if (treatment.status === 'available')
    return {
      unsafe: 'fix with --unsafe',
      impact: `fix with --max-impact ${treatment.fix.impact}`,
      template: 'fix with the post-renderer',
      choice: 'fix not chosen',
    }[treatment.heldBack]
  if (treatment.status !== 'applied') return 'no fix'
  if (statusOf(diagnosis, result) === 'applied') return 'fixed'
  return failureOf(treatment, result) === undefined ? 'fix' : 'not written'
}
