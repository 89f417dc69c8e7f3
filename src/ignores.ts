import type { Baseline } from './baseline.ts'
import { IGNORE } from './detect/ignore.ts'
import { podTemplateOf } from './graph/pod-template.ts'
import type { Diagnosis, Outcome } from './outcome.ts'
import { joined, type Pointer, pointer } from './pointer.ts'
import { type IgnoreComment, ignoreComments, ignoredRules } from './read/ignore-comments.ts'
import { type JsonMap, stringAt } from './read/json.ts'
import type { SourceFile } from './read/repository.ts'
import { type Resource, sourceNameOf, sourcePathOf } from './read/resource.ts'
import { Locator } from './report/locate.ts'
import type { UnusedIgnore } from './report/unused-ignores.ts'

/** An entry of the configuration that accepts what rules find in some files. */
export interface ConfiguredIgnore {
  /** Its place in the list. */
  readonly index: number
  readonly rules: readonly string[]
  /** Whether it is about a file, by its path from the root. */
  readonly has: (path: string) => boolean
}

/**
 * What accepts findings, beside istioctl's annotation: annotations, comments, the configuration, the baseline. It knows what
 * is used.
 */
export class Ignores {
  readonly #locator: Locator
  readonly #comments: ReadonlyMap<string, readonly IgnoreComment[]>
  readonly #configured: readonly ConfiguredIgnore[]
  readonly #baseline: Baseline | undefined
  readonly #used = new Set<string>()

  /** @param files whose comments count, by their paths */
  constructor(
    files: ReadonlyMap<string, SourceFile>,
    configured: readonly ConfiguredIgnore[],
    baseline?: Baseline | undefined,
  ) {
    this.#locator = new Locator(files)
    this.#configured = configured
    this.#baseline = baseline
    this.#comments = new Map(
      [...files].flatMap(([path, { parsed }]) => {
        const comments = ignoreComments(parsed)
        return comments.length === 0 ? [] : [[path, comments] as const]
      }),
    )
  }

  /**
   * Whether a finding in a source is accepted.
   *
   * @param beside the findings on the same object
   * @param isAnnotated its object says so
   */
  covers(diagnosis: Diagnosis, beside: readonly Diagnosis[], isAnnotated: boolean): boolean {
    const { detector, finding } = diagnosis
    const { id: rule } = detector
    const { resource, at } = finding
    const used = this.#configured.flatMap(({ index, rules, has }) =>
      rules.includes(rule) && has(sourcePathOf(resource)) ? entryKey(index, rule) : [],
    )
    if (isAnnotated) used.push(annotationKey(resource, rule))
    const comment = this.#commentOn(resource, at, rule, beside)
    if (comment !== undefined) used.push(commentKey(resource.path, comment, rule))
    if (used.length === 0 && this.#baseline?.covers(diagnosis)) return true
    for (const key of used) this.#used.add(key)
    return used.length > 0
  }

  /**
   * What accepts nothing, of the rules that the run asks for: annotations and comments in its files and, where that is
   * everything under the root, the entries of the configuration.
   *
   * @param place where an entry of the configuration names a rule; undefined: these can't be judged
   */
  unused(
    { repository, options }: Outcome,
    isAsked: (rule: string) => boolean,
    place: ((entry: number, rule: number) => Omit<UnusedIgnore, 'rule'>) | undefined,
  ): readonly UnusedIgnore[] {
    const isUnused = (rule: string, key: string): boolean => isAsked(rule) && !this.#used.has(key)
    const comments = [...this.#comments].flatMap(([path, found]) =>
      options.isInScope(path)
        ? found.flatMap(comment => {
            const { rules, line, column } = comment
            const unused = rules.filter(rule => isUnused(rule, commentKey(path, comment, rule)))
            return unused.map(rule => ({ path, line, column, rule }))
          })
        : [],
    )
    const annotated = repository.resources.flatMap(resource => {
      if (!options.isInScope(resource.path)) return []
      return annotations(resource).flatMap(([at, text]) => {
        const rules = ignoredRules(text)
        const unused = rules.filter(rule => isUnused(rule, annotationKey(resource, rule)))
        return unused.map(rule => ({ path: resource.path, ...this.#locator.position(resource, at), rule }))
      })
    })
    const configured = this.#configured.flatMap(({ index: entry, rules }) =>
      rules.flatMap((rule, index) =>
        place !== undefined && isUnused(rule, entryKey(entry, rule)) ? [{ ...place(entry, index), rule }] : [],
      ),
    )
    return [...comments, ...annotated, ...configured]
  }

  /** On its line, or on the one above it unless what stands there is ignored by it already. */
  #commentOn(resource: Resource, at: Pointer, rule: string, beside: readonly Diagnosis[]): IgnoreComment | undefined {
    const comments = this.#comments.get(resource.path)?.filter(({ rules }) => rules.includes(rule)) ?? []
    if (comments.length === 0) return undefined
    const lineOf = (place: Pointer): number => this.#locator.position(resource, place).line
    const line = lineOf(at)
    const isTaken = (taken: number): boolean =>
      beside.some(({ detector, finding }) => detector.id === rule && lineOf(finding.at) === taken)
    return (
      comments.find(comment => comment.line === line) ??
      comments.find(comment => comment.line === line - 1 && (comment.isAlone || !isTaken(line - 1)))
    )
  }
}

function commentKey(path: string, { line }: IgnoreComment, rule: string): string {
  return `comment ${path}:${line} ${rule}`
}

/** A patch and what it is for share an annotation. */
function annotationKey(resource: Resource, rule: string): string {
  return `annotation ${resource.object.kind} ${sourceNameOf(resource)} ${rule}`
}

function entryKey(entry: number, rule: string): string {
  return `entry ${entry} ${rule}`
}

/** The places of an object's annotations that accept findings, and what stands there. */
function annotations(resource: Resource): readonly (readonly [Pointer, string])[] {
  const pod = podTemplateOf(resource)
  const own = annotationOf(resource.object, '')
  return pod === undefined || pod.at === '' ? own : [...own, ...annotationOf(pod.template, pod.at)]
}

function annotationOf(object: JsonMap, base: Pointer): readonly (readonly [Pointer, string])[] {
  const text = stringAt(object, 'metadata', 'annotations', IGNORE)
  return text === undefined ? [] : [[joined(base, pointer('metadata', 'annotations', IGNORE)), text]]
}
