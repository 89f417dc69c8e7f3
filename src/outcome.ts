import type { Context, Detector, Finding, Severity } from './detect/detector.ts'
import type { Evidence, Fix, IMPACTS, Safety } from './fix/fixer.ts'
import type { Invariant } from './fix/prove.ts'
import type { ResourceGraph } from './graph/graph.ts'
import type { Operation } from './json-patch.ts'
import type { Pointer } from './pointer.ts'
import type { CustomKinds } from './read/custom-kinds.ts'
import type { Repository } from './read/repository.ts'
import type { Resource } from './read/resource.ts'
import type { Json } from './read/tree.ts'
import type { TextEdit } from './write/text-edit.ts'

/** What a run is asked for. */
export interface RunOptions extends Context {
  /** What the configuration says of kinds; undefined: nothing. */
  readonly customKinds?: CustomKinds | undefined
  /** Whether a file may be reported on and written. */
  readonly isInScope: (path: string) => boolean
  /** Whether a finding in scope is reported and fixed; undefined: all are. The proof knows all findings. */
  readonly isReported?: ((diagnosis: Diagnosis) => boolean) | undefined
  /** What else accepts findings than the annotations of their objects; it hears of these, too. */
  readonly ignores?: Acceptance | undefined
  /** Files that must not be changed for a reason of their own, said as words behind "which". */
  readonly untouchable?: ReadonlyMap<string, string> | undefined
  /** Whether a rule is reported on and fixed; the proof knows all rules. */
  readonly isOn: (rule: string) => boolean
  /** Rule → how grave all that it finds is, where that isn't what the profile says. */
  readonly severities: ReadonlyMap<string, Severity>
  /** Whether a rule's unsafe fixes are applied, too. */
  readonly isUnsafeOn: (rule: string) => boolean
  /**
   * Where a person chooses: how far a finding's fix is wanted, undefined: it is offered and not made. Without it, all are
   * made that are safe or asked for.
   */
  readonly chosen?: ((diagnosis: Diagnosis) => Safety | undefined) | undefined
  /** The greatest impact that fixes may have. */
  readonly maxImpact: (typeof IMPACTS)[number]
  /** Find only, compute no fix. */
  readonly noFix: boolean
}

/** Says of findings whether they are accepted. */
export interface Acceptance {
  /**
   * @param beside all findings on the same object
   * @param isAnnotated its object says that it is accepted
   */
  covers(diagnosis: Diagnosis, beside: readonly Diagnosis[], isAnnotated: boolean): boolean
}

/** What stopped a fix: an invariant, the place of a new object, text that can't be edited, the paths given, what a kustomization would build, or a template. */
export type Stop = Invariant | 'placement' | 'text' | 'scope' | 'build' | 'template'

/**
 * Why a fix that is proven is not applied: nobody asked for unsafe ones, its impact is above the greatest allowed, no
 * value of the chart decides it, or who chooses did not choose it.
 */
export type HeldBack = 'unsafe' | 'impact' | 'template' | 'choice'

/** The value of a chart that makes a fix. */
export interface DecidingValue {
  /** The values file's path from the root. */
  readonly path: string
  /** In the file as it is with the value: line and column, from 1. */
  readonly line: number
  readonly column: number
  /** Where it stands in the merged values. */
  readonly at: Pointer
  /** Undefined where nothing stood there. */
  readonly from: Json | undefined
  readonly to: Json
}

/** What became of a finding's fix. */
export type Treatment =
  /** It is proven and part of the result, in a chart by a value. */
  | { readonly status: 'applied'; readonly fix: Fix; readonly value?: DecidingValue }
  /** It is proven, but was not asked for. */
  | { readonly status: 'available'; readonly heldBack: HeldBack; readonly fix: Fix }
  /** A fix was computed, and a check stopped it. */
  | { readonly status: 'refused'; readonly by: Stop; readonly reason: string; readonly fix: Fix }
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
  /** The builds in which it was found, by their kustomizations' directories, where it was found in any. */
  readonly scopes?: readonly string[]
}

/** What a run found and made of it. Nothing is written yet. */
export interface Outcome {
  readonly repository: Repository
  readonly options: RunOptions
  /** The rules that are on, whether they have found something or not. */
  readonly rules: readonly Detector[]
  readonly diagnoses: readonly Diagnosis[]
  /** How many findings are accepted. */
  readonly suppressed: number
  readonly accepted: readonly Diagnosis[]
  /** Those that are applied, in the order in which they were. */
  readonly fixes: readonly Fix[]
  /** Resource id → the operations that lead from the input to the result, in order. */
  readonly operations: ReadonlyMap<string, readonly Operation[]>
  /** The resources in their last version. */
  readonly graph: ResourceGraph
  /** Resource id → documents that are no resources and were changed to list new ones: kustomizations and Lists. */
  readonly documents: ReadonlyMap<string, Resource>
  /** Path → the edits of its text. */
  readonly edits: ReadonlyMap<string, readonly TextEdit[]>
}
