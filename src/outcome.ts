import type { Context, Detector, Finding, Severity } from './detect/detector.ts'
import type { Evidence, Fix, IMPACTS } from './fix/fixer.ts'
import type { Invariant } from './fix/prove.ts'
import type { ResourceGraph } from './graph/graph.ts'
import type { Operation } from './json-patch.ts'
import type { Repository } from './read/repository.ts'
import type { Resource } from './read/resource.ts'
import type { TextEdit } from './write/text-edit.ts'

/** What a run is asked for. */
export interface RunOptions extends Context {
  /** Whether a file may be reported on and written. */
  readonly isInScope: (path: string) => boolean
  /** Whether a finding in scope is reported and fixed; undefined: all are. The proof knows all findings. */
  readonly isReported?: ((diagnosis: Diagnosis) => boolean) | undefined
  /** Files that must not be changed for a reason of their own, said as words behind "which". */
  readonly untouchable?: ReadonlyMap<string, string> | undefined
  /** Whether a rule is reported on and fixed; the proof knows all rules. */
  readonly isOn: (rule: string) => boolean
  /** Whether a rule's unsafe fixes are applied, too. */
  readonly isUnsafeOn: (rule: string) => boolean
  /** The greatest impact that fixes may have. */
  readonly maxImpact: (typeof IMPACTS)[number]
  /** Find only, compute no fix. */
  readonly noFix: boolean
}

/** What stopped a fix: an invariant, the place of a new object, text that can't be edited, or the paths given. */
export type Stop = Invariant | 'placement' | 'text' | 'scope'

/** Why a fix that is proven is not applied: nobody asked for unsafe ones, or its impact is above the greatest allowed. */
export type HeldBack = 'unsafe' | 'impact'

/** What became of a finding's fix. */
export type Treatment =
  /** It is proven and part of the result. */
  | { readonly status: 'applied'; readonly fix: Fix }
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
  /** Resource id → documents that are no resources and were changed to list new ones: kustomizations and Lists. */
  readonly documents: ReadonlyMap<string, Resource>
  /** Path → the edits of its text. */
  readonly edits: ReadonlyMap<string, readonly TextEdit[]>
}
