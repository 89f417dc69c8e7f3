export {
  type Context,
  type Detector,
  defineDetector,
  type Finding,
  type PortPattern,
  type PortStyle,
  type Profile,
  type ProtocolAssignment,
  type Severity,
} from './detect/detector.ts'
export { convertProtocol, declarationOf, type PortDeclaration, type Protocol } from './detect/protocol.ts'
export { type ErrorCode, type Location, MeshFixError } from './errors.ts'
export {
  type Change,
  type Declined,
  defineFixer,
  type Evidence,
  type EvidenceClass,
  type Fix,
  type Fixer,
  type Impact,
  type NewResource,
  type ProtocolEvidence,
  type Safety,
} from './fix/fixer.ts'
export { type PortTarget, type Referrer, ResourceGraph, type Workload } from './graph/graph.ts'
export { type Operation, PatchError, patched } from './json-patch.ts'
export { type CheckOptions, check, type Files, fix } from './library.ts'
export type {
  FixReport,
  Report,
  ReportFinding,
  ReportFix,
  ReportPatch,
  ReportPlace,
  ReportSummary,
} from './library-report.ts'
export type { Diagnosis, Outcome, RunOptions, Treatment } from './outcome.ts'
export { Pipeline } from './pipeline.ts'
export { keysOf, type Pointer, pointer, valueAt } from './pointer.ts'
export type { PodTemplatePlace, PortReferencePlace } from './read/custom-kinds.ts'
export {
  type FileText,
  type ReadError,
  type Repository,
  repositoryOf,
  type Skipped,
  type SourceFile,
} from './read/repository.ts'
export type { KubeObject, Resource } from './read/resource.ts'
export { type Rules, shippedRules } from './rules.ts'
export type { RuleSetting } from './run-options.ts'
