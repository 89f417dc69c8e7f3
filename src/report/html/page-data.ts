/** What the HTML report embeds, and its script reads. */
export interface PageData {
  /** The last part of the root's path. */
  readonly root: string
  readonly profile: string
  /** Whether the fixes were written; otherwise the page shows what would be. */
  readonly written: boolean
  /** Whether the objects are what a Helm chart renders. */
  readonly isChart: boolean
  readonly counts: Counts
  readonly nodes: readonly PageNode[]
  readonly edges: readonly PageEdge[]
  readonly findings: readonly PageFinding[]
  readonly namespaces: readonly NamespaceReadiness[]
  /** All that are on. */
  readonly rules: readonly RuleReadiness[]
  /** Files that were skipped, by reason. */
  readonly skipped: readonly Skipping[]
  readonly errors: readonly string[]
}

/** What was looked at, and what the fixes do to a running cluster. */
export interface Counts {
  readonly files: number
  readonly resources: number
  readonly suppressed: number
  readonly routing: number
  readonly restart: number
  readonly metadata: number
  readonly newObjects: number
}

/** The column that an object stands in. */
export type Role = 'route' | 'service' | 'workload'

/** An object of the mesh. */
export interface PageNode {
  /** Its place among the nodes. */
  readonly id: number
  readonly role: Role
  readonly kind: string
  readonly name: string
  /** Empty where the manifest names none. */
  readonly namespace: string
  /** `file:line`. */
  readonly place: string
  /** A fix adds it. */
  readonly isNew: boolean
  readonly ports: readonly PagePort[]
}

/** A port of a Service or a workload, or what a route says of one; absent on a side where it isn't there. */
export interface PagePort {
  readonly before?: PortSide
  readonly after?: PortSide
}

export interface PortSide {
  /** `80`, `80 → 8080`; of a route, the Service that it leads to. */
  readonly port: string
  /** Its name, or what a route calls it. */
  readonly name: string
  /** What Istio takes its protocol to be; empty where nothing says, absent where the port has none to say. */
  readonly protocol?: string
  /** Traffic arrives there, and no container lists it. */
  readonly isUnlisted?: true
}

/** Traffic from a port of one node to a port of another, by their places. */
export interface PageEdge {
  readonly from: number
  readonly fromPort: number
  readonly to: number
  readonly toPort: number
  /** Text that only looks like a reference. */
  readonly isMention: boolean
  /** The sides on which it is there. */
  readonly before: boolean
  readonly after: boolean
}

/** What became of a finding. */
export type PageStatus = 'fixed' | 'fixable' | 'unsafe' | 'held' | 'refused' | 'manual' | 'skipped'

export interface PageFinding {
  readonly id: string
  readonly rule: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly message: string
  readonly codes: readonly string[]
  readonly file: string
  /** Absent in a chart: lines of what a template makes are no lines of the template. */
  readonly line?: number
  readonly object: string
  readonly namespace: string
  readonly node?: number
  readonly status: PageStatus
  /** Why it is left, refused or held back. */
  readonly reason: string
  readonly fix?: PageFix
  readonly candidates: readonly PageFix[]
  readonly evidence: readonly PageEvidence[]
}

export interface PageFix {
  readonly title: string
  readonly safety: string
  readonly impact: string
  readonly notes: readonly string[]
  readonly diffs: readonly PageDiff[]
}

export interface PageEvidence {
  readonly class: string
  readonly says: string
  readonly place: string
}

/** What a fix changes in one file: hunks as in a unified diff or, where there is no text to show, operations. */
export interface PageDiff {
  readonly file: string
  readonly isNew: boolean
  readonly lines: readonly string[]
}

/** Objects and findings of a namespace. An object is ready when there is no finding on it. */
export interface NamespaceReadiness {
  readonly namespace: string
  readonly objects: number
  readonly readyBefore: number
  readonly readyAfter: number
  readonly tally: Tally
}

export interface RuleReadiness {
  readonly rule: string
  readonly title: string
  readonly docs: string
  readonly tally: Tally
}

/** Findings by what becomes of them: `repaired` is fixed, or will be with --write. */
export interface Tally {
  readonly findings: number
  readonly repaired: number
  readonly unsafe: number
  readonly left: number
}

export interface Skipping {
  readonly reason: string
  readonly files: number
}
