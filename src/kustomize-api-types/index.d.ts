// Kustomize 5 (up to 5.8.1 and the development branch behind it), KRM Functions v1, kpt v1.
// "Since 5.3" names the first kustomize release line with the field; fields without it are in 4.5.7 already.

// Kustomization and Component

/**
 * The root document of a kustomization directory (`kustomization.yaml`, `kustomization.yml` or `Kustomization`).
 * Kustomize rejects unknown keys. The field `inventory` is gone since 5.0.
 */
export interface Kustomization {
  /** Filled in by kustomize when absent. */
  apiVersion?: 'kustomize.config.k8s.io/v1beta1'
  /** Filled in by kustomize when absent. */
  kind?: 'Kustomization'
  /** Describes the kustomization itself; never part of the output. */
  metadata?: ObjectMeta

  /** Manifest files in or below this directory, directories with a kustomization, or remote URLs. No globs. */
  resources?: string[]
  /** Directories or URLs that hold a Component; they act after resources and generators, before this file's changes. */
  components?: string[]
  /** Kustomizations to build on. @deprecated Use `resources`. */
  bases?: string[]
  /** Files that tell kustomize which fields of custom resources refer to other objects. */
  crds?: string[]
  /** The OpenAPI schema behind strategic merges: the id of a built-in one (`version`) or a local file (`path`). */
  openapi?: { version?: string; path?: string }
  /** Files that extend the built-in transformers: field specs and name references. */
  configurations?: string[]

  /** Put in front of every resource's name, and of the references that kustomize knows. */
  namePrefix?: string
  /** Put behind every resource's name, before a content hash. */
  nameSuffix?: string
  /** The namespace given to every namespaced resource, and to the namespace references that kustomize knows. */
  namespace?: string
  /** Labels to add, each set with its own reach. */
  labels?: Label[]
  /** Labels written to metadata, pod templates and selectors alike. @deprecated Use `labels`. */
  commonLabels?: Record<string, string>
  /** Annotations for every resource and pod template. */
  commonAnnotations?: Record<string, string>

  /** Patches, applied in this order and before this file's namespace, prefix, suffix and labels. */
  patches?: Patch[]
  /** Strategic merge patches, as files or inline text. @deprecated Use `patches`. */
  patchesStrategicMerge?: string[]
  /** RFC 6902 patches, each with a target. @deprecated Use `patches`. */
  patchesJson6902?: Patch[]
  /** New names, tags or digests for container images. */
  images?: Image[]
  /** An older spelling of `images`. Since 5.0. @deprecated Use `images`. */
  imageTags?: Image[]
  /** Values to copy from one resource, or from a literal, to fields of others. */
  replacements?: ReplacementField[]
  /** Replica counts by workload name. */
  replicas?: Replica[]
  /** Values for `$(NAME)` placeholders. @deprecated Use `replacements`. */
  vars?: Var[]

  /** ConfigMaps to generate. */
  configMapGenerator?: ConfigMapArgs[]
  /** Secrets to generate. */
  secretGenerator?: SecretArgs[]
  /** Defaults for all ConfigMap and Secret generators. */
  generatorOptions?: GeneratorOptions
  /** Settings that all `helmCharts` share. */
  helmGlobals?: HelmGlobals
  /** Charts to inflate; the build needs `--enable-helm`. */
  helmCharts?: HelmChart[]
  /** Charts to inflate, in an older form. @deprecated Use `helmCharts` and `helmGlobals`. */
  helmChartInflationGenerator?: HelmChartArgs[]

  /** Plugin configurations that generate resources: files, directories or inline YAML. */
  generators?: string[]
  /** Plugin configurations that change resources, as in `generators`; run in order, after all built-in changes. */
  transformers?: string[]
  /** As `transformers`, but run last and bound to change nothing. Up to 5.8.1 external validators always fail. */
  validators?: string[]

  /** The order of the output, effective in the root kustomization only; by default sorted by kind. Since 5.0. */
  sortOptions?: SortOptions
  /** Provenance to add to the output, effective in the root kustomization only. */
  buildMetadata?: BuildMetadataOption[]
}

/** A part to include through `components`, never through `resources`. Its fields are a Kustomization's. */
export interface Component extends Omit<Kustomization, 'apiVersion' | 'kind'> {
  /** Filled in by kustomize when absent. */
  apiVersion?: 'kustomize.config.k8s.io/v1alpha1'
  /** What tells a Component from a Kustomization, so it must be there. */
  kind: 'Component'
}

/** The metadata that a kustomization may carry. */
export interface ObjectMeta {
  name?: string
  namespace?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

/** The two fields that say what a document is. */
export interface TypeMeta {
  apiVersion?: string
  kind?: string
}

/** One set of labels to add to every resource's metadata. */
export interface Label {
  /** The labels. */
  pairs?: Record<string, string>
  /** Write them to selectors and pod templates too. */
  includeSelectors?: boolean
  /** Write them to pod templates, but not to selectors. */
  includeTemplates?: boolean
  /** Write them to a StatefulSet's volume claim templates. Unreleased: after 5.8.1. */
  includeVolumeClaimTemplates?: boolean
  /** Further places to write them. */
  fields?: FieldSpec[]
}

/** A field of all resources of a group, version and kind. */
export interface FieldSpec extends Gvk {
  /** The way to the field, with slashes: `spec/template/metadata/labels`. */
  path?: string
  /** Create the field where it is missing. */
  create?: boolean
}

/** Group, version and kind; the core group is empty. */
export interface Gvk {
  group?: string
  /** Without the group: `v1`, not `apps/v1`. */
  version?: string
  /** Case counts. */
  kind?: string
}

/** What identifies a resource. */
export interface ResId extends Gvk {
  name?: string
  namespace?: string
}

/** A patch, in a file or inline, and what it applies to. */
export type Patch = PatchFile | InlinePatch

/** What both forms of a patch have. */
export interface PatchFields {
  /**
   * The resources to patch. An RFC 6902 patch needs it; a strategic merge patch may name its object itself.
   * A target that matches nothing is no error.
   */
  target?: Selector
  /** Permissions for a strategic merge patch. Any map of booleans up to 5.7, these two fields since 5.8. */
  options?: PatchArgs
}

/** A patch in a file. */
export interface PatchFile extends PatchFields {
  /** A file in or below the kustomization's directory. */
  path: string
  patch?: never
}

/** A patch in the kustomization itself. */
export interface InlinePatch extends PatchFields {
  /** Read as JSON if it starts with `[`, else as YAML 1.1; of an RFC 6902 patch only the first document counts. */
  patch: string
  path?: never
}

/** What a strategic merge patch may change beyond fields. */
export interface PatchArgs {
  /** Let the patch rename its target. */
  allowNameChange?: boolean
  /** Let the patch change its target's kind. */
  allowKindChange?: boolean
}

/**
 * Selects the resources for which every given condition holds. Group, version, kind, name and namespace are RE2
 * expressions that match the whole value; an empty one matches all. Name and namespace may match the original or the
 * present value, and a resource without a namespace counts as one of `default`.
 */
export interface Selector extends ResId {
  /** A label selector over the annotations. */
  annotationSelector?: string
  /** A label selector over the labels. */
  labelSelector?: string
}

/** New name, tag or digest for the images of one repository. */
export interface Image {
  /** The repository to look for, without a tag. */
  name?: string
  /** The repository to use instead. */
  newName?: string
  /** The tag to use instead. */
  newTag?: string
  /** Text to append to the present tag; excludes `newTag` and `digest`. */
  tagSuffix?: string
  /** The digest to use instead; beats `newTag`. */
  digest?: string
}

/** A replacement, inline or in a file. */
export type ReplacementField = InlineReplacement | ReplacementFile

/** A replacement in the kustomization itself. */
export interface InlineReplacement extends Replacement {
  path?: never
}

/** Replacements in a file of their own. */
export interface ReplacementFile {
  /** A file with one replacement or a list of them. */
  path: string
  source?: never
  sourceValue?: never
  targets?: never
}

/** One value, copied to any number of fields. */
export interface Replacement {
  /** The field that gives the value. */
  source?: SourceSelector
  /** The value itself, in place of `source`. Since 5.7. */
  sourceValue?: string
  /** The fields that take the value. */
  targets?: TargetSelector[]
}

/** One field of exactly one resource. */
export interface SourceSelector extends ResId {
  /** The way to the field, with dots; by default `metadata.name`. */
  fieldPath?: string
  /** Which part of the field to take. */
  options?: FieldOptions
}

/** Fields of the selected resources. */
export interface TargetSelector {
  /** The resources to write to. */
  select: Selector
  /** Those of them to leave out. */
  reject?: Selector[]
  /** The ways to the fields, with dots, `[key=value]` and `*` for list items; by default `metadata.name`. */
  fieldPaths?: string[]
  /** Which part of the field to write. */
  options?: FieldOptions
}

/** How to use a part of a field. */
export interface FieldOptions {
  /** Where to split the field. */
  delimiter?: string
  /** Which of the parts is meant, from 0. */
  index?: number
  /** Reserved; does nothing yet. */
  encoding?: string
  /** Create the target field where it is missing. */
  create?: boolean
}

/** The replica count of one workload. */
export interface Replica {
  /** The workload's name. */
  name?: string
  count: number
}

/** A value for a `$(NAME)` placeholder. Deprecated along with `vars`. */
export interface Var {
  /** The placeholder's name. */
  name: string
  /** The object to read from. */
  objref: Target
  /** The field to read. */
  fieldref?: FieldSelector
}

/** The object that a var reads from. */
export interface Target extends Gvk {
  /** Group and version in one, the older form. */
  apiVersion?: string
  /** The name before prefix and suffix. */
  name: string
  namespace?: string
}

/** The field that a var reads. */
export interface FieldSelector {
  /** The way to the field, with dots; by default `metadata.name`. */
  fieldPath?: string
}

/** The order of the output. */
export interface SortOptions {
  /** By kind (`legacy`) or as read (`fifo`). Since 5.0. */
  order?: 'legacy' | 'fifo'
  /** Changes to the order by kind. Since 5.0. */
  legacySortOptions?: LegacySortOptions
}

/** The kinds that come first and last; one list can't be given without the other. */
export interface LegacySortOptions {
  /** Since 5.0. */
  orderFirst: string[]
  /** Since 5.0. */
  orderLast: string[]
}

/**
 * Provenance to add: the annotation `config.kubernetes.io/origin` (see Origin), the annotation
 * `alpha.config.kubernetes.io/transformations` (see Transformations), or the label `app.kubernetes.io/managed-by`.
 */
export type BuildMetadataOption = 'originAnnotations' | 'transformerAnnotations' | 'managedByLabel'

// Generators

/** A ConfigMap to generate. */
export interface ConfigMapArgs extends GeneratorArgs {}

/** A Secret to generate. */
export interface SecretArgs extends GeneratorArgs {
  /** The Secret's type; by default `Opaque`. */
  type?: string
}

/** What the ConfigMap and Secret generators share. */
export interface GeneratorArgs extends KvPairSources {
  /** The name before prefix, suffix and content hash. */
  name?: string
  namespace?: string
  /** Create an object (the default), or replace or extend the one of the same name from a base. */
  behavior?: 'create' | 'replace' | 'merge'
  /** Beats the kustomization's `generatorOptions`, but can't take back a `true` of theirs. */
  options?: GeneratorOptions
}

/** Where the data of a generated object comes from. */
export interface KvPairSources {
  /** Pairs, as `key=value`. */
  literals?: string[]
  /** Files, as `path` or `key=path`. */
  files?: string[]
  /** Files with one `key=value` a line. */
  envs?: string[]
  /** One file with one `key=value` a line. @deprecated Use `envs`. */
  env?: string
}

/** How generated objects look. */
export interface GeneratorOptions {
  labels?: Record<string, string>
  annotations?: Record<string, string>
  /** Leave out the content hash behind the name. */
  disableNameSuffixHash?: boolean
  /** Set `immutable: true`. */
  immutable?: boolean
}

/** Settings that all charts share. */
export interface HelmGlobals {
  /** The directory of unpacked charts; by default `charts`. */
  chartHome?: string
  /** `HELM_CONFIG_HOME` for helm. */
  configHome?: string
}

/** A chart, inflated with `helm template`. */
export interface HelmChart {
  /** The chart's name. */
  name?: string
  /** The chart's version. */
  version?: string
  /** The URL of the chart's repository. */
  repo?: string
  releaseName?: string
  /** The release's namespace. */
  namespace?: string
  /** Text for helm's `--name-template`. Since 5.0. */
  nameTemplate?: string
  /** A values file in place of the chart's own. */
  valuesFile?: string
  /** Values files on top. Since 5.0. */
  additionalValuesFiles?: string[]
  /** Values as they stand here. */
  valuesInline?: Record<string, unknown>
  /** How `valuesInline` meets the values files; by default `override`. */
  valuesMerge?: 'merge' | 'override' | 'replace'
  /** Put the chart's CRDs into the output. */
  includeCRDs?: boolean
  /** Leave out hooks. Since 5.0. */
  skipHooks?: boolean
  /** Leave out tests. Since 5.0. */
  skipTests?: boolean
  /** The API versions that the chart may use. Since 5.0. */
  apiVersions?: string[]
  /** The Kubernetes version that the chart sees. Since 5.3. */
  kubeVersion?: string
  /** Run helm with debug output. Since 5.5. */
  debug?: boolean
  /** Allow development versions of the chart. Since 5.7. */
  devel?: boolean
}

/** A chart in the older form. Deprecated along with `helmChartInflationGenerator`. */
export interface HelmChartArgs {
  chartName?: string
  chartVersion?: string
  /** The URL of the chart's repository. */
  chartRepoUrl?: string
  /** The repository's name. */
  chartRepoName?: string
  /** The directory of unpacked charts. */
  chartHome?: string
  /** The helm executable. */
  helmBin?: string
  /** Helm's configuration directory. */
  helmHome?: string
  /** A values file. */
  values?: string
  /** Values as they stand here. */
  valuesLocal?: Record<string, unknown>
  /** How `valuesLocal` meets the values file. */
  valuesMerge?: 'merge' | 'override' | 'replace'
  releaseName?: string
  /** The release's namespace. */
  releaseNamespace?: string
  /** More arguments for helm. */
  extraArgs?: string[]
}

// Provenance

/** The annotation `config.kubernetes.io/origin`, as YAML text: where a resource came from. */
export interface Origin {
  /** The file, relative to the root that was built, or to the root of the remote repository. */
  path?: string
  /** The remote repository. */
  repo?: string
  /** The remote repository's git ref, if one was given. */
  ref?: string
  /** The file that configures the generator of a generated resource. */
  configuredIn?: string
  /** The generator of a generated resource; built-in ones may have no name. */
  configuredBy?: Partial<ResourceIdentifier>
}

/** The annotation `alpha.config.kubernetes.io/transformations`, as YAML text: every transformer that ran, in order. */
export type Transformations = Origin[]

// KRM functions

/** What a KRM function reads on stdin and writes on stdout. Tools accept `config.kubernetes.io/v1beta1` as well. */
export interface ResourceList<Item = KubernetesObject> {
  apiVersion: 'config.kubernetes.io/v1'
  kind: 'ResourceList'
  /** In and out: the resources. */
  items: Item[]
  /** In: the function's configuration, any Kubernetes object. */
  functionConfig?: KubernetesObject
  /** Out: what the function has to say. */
  results?: Result[]
}

/** Any Kubernetes object. */
export interface KubernetesObject {
  apiVersion: string
  kind: string
  metadata: { name?: string; namespace?: string; [field: string]: unknown }
  [field: string]: unknown
}

/** One thing that a function has to say. */
export interface Result {
  /** The text for people. */
  message: string
  /** Better given: the specification takes an absent one as an error, kustomize and kpt as an info. */
  severity?: 'error' | 'warning' | 'info'
  /** The resource that it is about. */
  resourceRef?: ResourceIdentifier
  /** The field that it is about; asks for `resourceRef`. */
  field?: Field
  /** The file that it is about. */
  file?: File
  /** Free pairs for tools. */
  tags?: Record<string, string>
}

/** The identity of the resource that a result is about. */
export interface ResourceIdentifier extends KyamlTypeMeta, NameMeta {
  apiVersion: string
  kind: string
  name: string
}

/** TypeMeta, as the KRM functions have it. */
export interface KyamlTypeMeta {
  apiVersion?: string
  kind?: string
}

/** Name and namespace. */
export interface NameMeta {
  name?: string
  namespace?: string
}

/** A field in a result. */
export interface Field {
  /** The way to the field, as in `spec.ports[0].name`. */
  path: string
  /** What stands there. */
  currentValue?: unknown
  /** What should stand there. */
  proposedValue?: unknown
}

/** A file in a result. */
export interface File {
  /** Relative, with slashes. */
  path: string
  /** The place of the object in the file, from 0. */
  index?: number
}

/**
 * The annotation `config.kubernetes.io/function` of a plugin configuration, as YAML text: how to run the function.
 * Kustomize rejects unknown keys, and takes the container where both forms are given. `starlark` is gone since 5.5.
 */
export interface FunctionSpec {
  /** A container image. */
  container?: ContainerSpec
  /** A local program. Without `--enable-exec` it is skipped, and nothing says so. */
  exec?: ExecSpec
  /** Go on when the function fails, and report it at the end. */
  deferFailure?: boolean
}

/** A function in a container. */
export interface ContainerSpec {
  image?: string
  /** Ask for network access; the build needs `--network` too. */
  network?: boolean
  /** What the container sees of the disk; sources are relative, in or below the kustomization's directory. */
  mounts?: StorageMount[]
  /** Environment: `KEY=value`, or `KEY` to pass it through. */
  envs?: string[]
}

/** One mount of a container. */
export interface StorageMount {
  type?: 'bind' | 'volume' | 'tmpfs'
  /** Where it comes from. */
  src?: string
  /** Where the container has it. */
  dst?: string
  /** Let the container write to it. */
  rw?: boolean
}

/** A function as a local program, which may lie outside the kustomization's directory. */
export interface ExecSpec {
  /** The program: relative to the directory of the kustomization that lists it, or a bare name from `PATH`. */
  path?: string
  /** Its arguments. Since 5.7. */
  args?: string[]
  /** Environment, as `KEY=value`; values with a `=` of their own are lost. Since 5.7. */
  envs?: string[]
}

// kpt

/** The `pipeline` of a Kptfile (`kpt.dev/v1`). */
export interface KptfilePipeline {
  /** Functions that change resources. */
  mutators?: KptfileFunction[]
  /** Functions that check resources. */
  validators?: KptfileFunction[]
}

/** One function of a pipeline: an image or a program. */
export interface KptfileFunction {
  /** The container image. */
  image?: string
  /** The image's tag or a range of versions. After kpt 1.0.0-beta.56. */
  tag?: string
  /** The program, with its arguments; needs `--allow-exec`. A relative path starts at kpt's working directory. */
  exec?: string
  /** A file of the package with the function's configuration. */
  configPath?: string
  /** The function's configuration, as a ConfigMap's data. */
  configMap?: Record<string, string>
  /** Tells entries apart when packages are merged. */
  name?: string
  /** Only the resources that match one of these. */
  selectors?: KptfileSelector[]
  /** All but the resources that match one of these. */
  exclude?: KptfileSelector[]
}

/** Selects resources by exact values. */
export interface KptfileSelector {
  apiVersion?: string
  kind?: string
  name?: string
  namespace?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

/** What kpt stores with `--results-dir`. */
export interface KptFunctionResultList {
  apiVersion?: 'kpt.dev/v1'
  kind?: 'FunctionResultList'
  /** Its name is `fnresults`. */
  metadata?: { name?: string; [field: string]: unknown }
  /** The exit code of kpt itself. */
  exitCode?: number
  items?: KptFunctionResult[]
}

/** What one function of the run gave. */
export interface KptFunctionResult {
  /** The function, as a container image. */
  image?: string
  /** The function, as a program. */
  exec?: string
  /** What it wrote to stderr. */
  stderr?: string
  exitCode?: number
  results?: Result[]
}
