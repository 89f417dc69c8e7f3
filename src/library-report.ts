import type { BuildRecord } from './build/record.ts'
import type { Profile, Severity } from './detect/detector.ts'
import type { Protocol } from './detect/protocol.ts'
import type { EvidenceClass, Impact } from './fix/fixer.ts'
import type { Operation } from './json-patch.ts'
import type { Stop } from './outcome.ts'
import type { Pointer } from './pointer.ts'
import type { KubeObject } from './read/resource.ts'
import type { Status, Summary } from './report/result.ts'

/** The JSON report, as programs get it. Lines and columns count from 1, documents and items from 0. */
export interface Report {
  readonly version: 1
  readonly profile: Profile
  readonly build: BuildRecord
  readonly summary: ReportSummary
  readonly findings: readonly ReportFinding[]
  /** One patch for each object that the fixes change, from the input to the result. */
  readonly patches: readonly ReportPatch[]
  /** What was recognised as something else than a manifest. */
  readonly skipped: readonly { readonly file: string; readonly document?: number; readonly reason: string }[]
  /** What could not be read. */
  readonly errors: readonly {
    readonly file: string
    readonly line: number
    readonly column: number
    readonly message: string
  }[]
}

/** A report, and the texts that the fixes leave. */
export interface FixReport extends Report {
  /** The files that the fixes change or add, by their paths; all others are as they were. */
  readonly texts: Readonly<Record<string, string>>
}

/** What was looked at, and what became of the findings. */
export interface ReportSummary extends Summary {
  readonly suppressed: number
  readonly skippedFiles: number
  readonly errors: number
}

/** Where an object is. */
export interface ReportPlace {
  readonly file: string
  readonly document: number
  /** The object's place in a List. */
  readonly item?: number
  readonly resource: {
    readonly apiVersion: string
    readonly kind: string
    readonly namespace?: string
    readonly name: string
  }
}

/** RFC 6902 operations on one object. */
export interface ReportPatch extends ReportPlace {
  readonly patch: readonly Operation[]
}

/** Something that breaks a requirement. */
export interface ReportFinding extends ReportPlace {
  /** The same in every run. */
  readonly id: string
  readonly rule: string
  readonly check: string
  readonly severity: Severity
  readonly message: string
  /** The codes of istioctl and Kiali for the same. */
  readonly codes: readonly string[]
  readonly line: number
  readonly column: number
  /** The place in the object. */
  readonly pointer: Pointer
  readonly fix: ReportFix
}

/** What became of a finding. */
export interface ReportFix {
  readonly status: Status
  /** What refused it. */
  readonly by?: Stop
  readonly safety?: 'safe' | 'unsafe'
  readonly title?: string
  /** Why it is refused, unsafe or left to people. */
  readonly reason?: string
  readonly impact?: Impact
  /** The protocol that a port has after it. */
  readonly protocol?: Protocol
  readonly evidence: readonly {
    readonly class: EvidenceClass
    readonly source: string
    readonly protocol?: Protocol
    readonly says: string
    readonly file?: string
    readonly line?: number
  }[]
  /** Changes that a person has to choose from. */
  readonly candidates: readonly { readonly title: string; readonly changes: readonly ReportPatch[] }[]
  readonly changes: readonly ReportPatch[]
  /** New objects, and the files that they go to. */
  readonly creates: readonly { readonly file: string; readonly object: KubeObject }[]
}
