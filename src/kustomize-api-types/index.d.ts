// Kustomize 5 (up to 5.8.1 and the development branch behind it), KRM Functions v1, kpt v1.
// "Since 5.3" names the first release line of kustomize with the field; fields without it are in 4.5.7 already.
// An absent list or map counts as empty, an absent text as empty, unless the comment says otherwise.

// Kustomization and Component

/** The names under which kustomize finds a kustomization. A directory holds exactly one of them. */
export type KustomizationFileName = 'kustomization.yaml' | 'kustomization.yml' | 'Kustomization'

/**
 * The root document of a kustomization directory (see KustomizationFileName). Kustomize rejects unknown keys, takes
 * keys in any case, and keeps the last of two equal ones.
 */
export interface Kustomization {
  /** By default what is written here. */
  apiVersion?: 'kustomize.config.k8s.io/v1beta1'
  /** By default what is written here. */
  kind?: 'Kustomization'
  /** Describes the kustomization itself; never part of the output. */
  metadata?: ObjectMeta

  /** Manifest files in or below this directory, directories with a kustomization, or remote URLs. No globs. */
  resources?: string[]
  /** Directories or URLs that hold a Component; they act after resources and generators, before this file's changes. */
  components?: string[]
  /**
   * Kustomizations to build on, taken after `resources`.
   * @deprecated Use `resources`.
   */
  bases?: string[]
  /** Files that tell kustomize which fields of custom resources refer to other objects. */
  crds?: string[]
  /** The OpenAPI schema behind strategic merges; by default what kustomize has built in. */
  openapi?: OpenApi
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
  /**
   * Labels written to metadata, pod templates and selectors alike.
   * @deprecated Use `labels`, with `includeSelectors: true` for the same reach.
   */
  commonLabels?: Record<string, string>
  /** Annotations for every resource and pod template. */
  commonAnnotations?: Record<string, string>

  /** Patches, applied in this order and before this file's namespace, prefix, suffix and labels. */
  patches?: Patch[]
  /**
   * Strategic merge patches, as files or inline text.
   * @deprecated Use `patches`.
   */
  patchesStrategicMerge?: string[]
  /**
   * RFC 6902 patches, each with a target; applied after labels and annotations, unlike those in `patches`.
   * @deprecated Use `patches`.
   */
  patchesJson6902?: Patch[]
  /** New names, tags or digests for container images. */
  images?: Image[]
  /**
   * An older spelling of `images`. Since 5.0.
   * @deprecated Use `images`.
   */
  imageTags?: Image[]
  /** Values to copy from one resource, or from a literal, to fields of others. */
  replacements?: ReplacementField[]
  /** Replica counts by workload name. */
  replicas?: Replica[]
  /**
   * Values for `$(NAME)` placeholders.
   * @deprecated Use `replacements`.
   */
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
  /**
   * Charts to inflate, in an older form.
   * @deprecated Use `helmCharts` and `helmGlobals`.
   */
  helmChartInflationGenerator?: HelmChartArgs[]

  /** Plugin configurations that generate resources: files, directories or inline YAML. */
  generators?: string[]
  /** Plugin configurations that change resources, as in `generators`; run in order, after all built-in changes. */
  transformers?: string[]
  /** As `transformers`, but run last and bound to change nothing. Up to 5.8.1 external validators always fail. */
  validators?: string[]

  /** The order of the output, effective in the root kustomization only; by default sorted by kind. Since 5.0. */
  sortOptions?: SortOptions
  /** Provenance to add to the output, effective in the root kustomization only; by default none. */
  buildMetadata?: BuildMetadataOption[]
}

/** A part to include through `components`, never through `resources`. Its other fields are a Kustomization's. */
export interface Component extends Omit<Kustomization, 'apiVersion' | 'kind'> {
  /** By default what is written here. */
  apiVersion?: 'kustomize.config.k8s.io/v1alpha1'
  /** What tells a Component from a Kustomization, so it must be there. */
  kind: 'Component'
}

/** The metadata that a kustomization may carry. */
export interface ObjectMeta {
  /** The kustomization's name; kustomize doesn't use it. */
  name?: string
  /** The kustomization's namespace; kustomize doesn't use it. */
  namespace?: string
  /** The kustomization's own labels; none of its resources gets them. */
  labels?: Record<string, string>
  /** The kustomization's own annotations; none of its resources gets them. */
  annotations?: Record<string, string>
}

/** The two fields that say what a document is. */
export interface TypeMeta {
  /** Group and version: `apps/v1`, or `v1` for the core group. */
  apiVersion?: string
  /** The kind; case counts. */
  kind?: string
}

/** Which OpenAPI schema to use: one of the two. */
export interface OpenApi {
  /** The id of a schema that kustomize has built in, as `kustomize openapi info` prints it. */
  version?: string
  /** A schema file in or below the kustomization's directory. */
  path?: string
}

/** One set of labels to add to every resource's metadata. */
export interface Label {
  /** The labels. */
  pairs?: Record<string, string>
  /** Write them to selectors and pod templates too. By default false. */
  includeSelectors?: boolean
  /** Write them to pod templates, but not to selectors. By default false. */
  includeTemplates?: boolean
  /** Write them to a StatefulSet's volume claim templates. By default false. Unreleased: after 5.8.1. */
  includeVolumeClaimTemplates?: boolean
  /** Further places to write them. */
  fields?: FieldSpec[]
}

/** A field of all resources of a group, version and kind. */
export interface FieldSpec extends Gvk {
  /** The way to the field, with slashes: `spec/template/metadata/labels`. */
  path?: string
  /** Create the field where it is missing. By default false. */
  create?: boolean
}

/** Group, version and kind. */
export interface Gvk {
  /** The API group; the core group is empty. */
  group?: string
  /** Without the group: `v1`, not `apps/v1`. */
  version?: string
  /** Case counts. */
  kind?: string
}

/** What identifies a resource. */
export interface ResId extends Gvk {
  /** The resource's `metadata.name`. */
  name?: string
  /** The resource's `metadata.namespace`. */
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
  /** Permissions for a strategic merge patch. Up to 5.7, a map of booleans under any keys. */
  options?: PatchArgs
}

/** A patch in a file. */
export interface PatchFile extends PatchFields {
  /** A file in or below the kustomization's directory. */
  path: string
  /** Either a file or inline text, never both. */
  patch?: never
}

/** A patch in the kustomization itself. */
export interface InlinePatch extends PatchFields {
  /** Read as JSON if it starts with `[`, else as YAML 1.1; of an RFC 6902 patch only the first document counts. */
  patch: string
  /** Either a file or inline text, never both. */
  path?: never
}

/** What a strategic merge patch may change beyond fields. */
export interface PatchArgs {
  /** Let the patch rename its target. By default false. A field since 5.8, a key of the map before. */
  allowNameChange?: boolean
  /** Let the patch change its target's kind. By default false. A field since 5.8, a key of the map before. */
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
  /** The repository to use instead. By default the name stays. */
  newName?: string
  /** The tag to use instead. By default the tag stays. Quote it in YAML: `1.10` is a number. */
  newTag?: string
  /** Text to append to the present tag; excludes `newTag` and `digest`. */
  tagSuffix?: string
  /** The digest to use instead, as `sha256:…`; beats `newTag`. */
  digest?: string
}

/** A replacement, inline or in a file. */
export type ReplacementField = InlineReplacement | ReplacementFile

/** A replacement in the kustomization itself. */
export interface InlineReplacement extends Replacement {
  /** Either a file or a replacement, never both. */
  path?: never
}

/** Replacements in a file of their own. */
export interface ReplacementFile {
  /** A file with one replacement or a list of them. */
  path: string
  /** Stands in the file. */
  source?: never
  /** Stands in the file. */
  sourceValue?: never
  /** Stands in the file. */
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
  /** Which part of the field to take; by default all of it. */
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
  /** Which part of the field to write; by default all of it. */
  options?: FieldOptions
}

/** How to use a part of a field. */
export interface FieldOptions {
  /** Where to split the field; by default it isn't split. */
  delimiter?: string
  /** Which of the parts is meant, from 0; by default the first. */
  index?: number
  /** Reserved; does nothing yet. */
  encoding?: string
  /** Create the target field where it is missing. By default false. */
  create?: boolean
}

/** The replica count of one workload. */
export interface Replica {
  /** The workload's name. */
  name?: string
  /** The number of pods. */
  count: number
}

/**
 * A value for a `$(NAME)` placeholder.
 * @deprecated Use Replacement.
 */
export interface Var {
  /** The placeholder's name. */
  name: string
  /** The object to read from. */
  objref: Target
  /** The field to read. */
  fieldref?: FieldSelector
}

/**
 * The object that a var reads from.
 * @deprecated Use SourceSelector, in a Replacement.
 */
export interface Target extends Gvk {
  /** Group and version in one, the older form. */
  apiVersion?: string
  /** The name before prefix and suffix. */
  name: string
  /** The object's namespace. */
  namespace?: string
}

/**
 * The field that a var reads.
 * @deprecated Use SourceSelector, in a Replacement.
 */
export interface FieldSelector {
  /** The way to the field, with dots; by default `metadata.name`. */
  fieldPath?: string
}

/** The order of the output. */
export interface SortOptions {
  /** By kind (`legacy`, the default) or as read (`fifo`). Since 5.0. */
  order?: 'legacy' | 'fifo'
  /** Changes to the order by kind. Since 5.0. */
  legacySortOptions?: LegacySortOptions
}

/** The kinds that come first and last; one list can't be given without the other. */
export interface LegacySortOptions {
  /** Kinds that come first, in this order. Since 5.0. */
  orderFirst: string[]
  /** Kinds that come last, in this order. Since 5.0. */
  orderLast: string[]
}

/**
 * Provenance to add: the annotation `config.kubernetes.io/origin` (see Origin), the annotation
 * `alpha.config.kubernetes.io/transformations` (see Transformations), or the label `app.kubernetes.io/managed-by`.
 */
export type BuildMetadataOption = 'originAnnotations' | 'transformerAnnotations' | 'managedByLabel'

/** The built-in transformers, in the order in which they act on one kustomization; plugins come after them. */
export type TransformOrder = readonly [
  'PatchStrategicMergeTransformer',
  'PatchTransformer',
  'NamespaceTransformer',
  'PrefixTransformer',
  'SuffixTransformer',
  'LabelTransformer',
  'AnnotationsTransformer',
  'PatchJson6902Transformer',
  'ReplicaCountTransformer',
  'ImageTagTransformer',
  'ReplacementTransformer',
]

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
  /** The object's namespace. */
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
  /** Files, as `path` or `key=path`; by default the key is the file's name. */
  files?: string[]
  /** Files with one `key=value` a line. */
  envs?: string[]
  /**
   * One file with one `key=value` a line.
   * @deprecated Use `envs`.
   */
  env?: string
}

/** How generated objects look. */
export interface GeneratorOptions {
  /** Labels for the generated objects. */
  labels?: Record<string, string>
  /** Annotations for the generated objects. */
  annotations?: Record<string, string>
  /** Leave out the content hash behind the name. By default false. */
  disableNameSuffixHash?: boolean
  /** Set `immutable: true`. By default false. */
  immutable?: boolean
}

/** Settings that all charts share. */
export interface HelmGlobals {
  /** The directory of unpacked charts; by default `charts`. */
  chartHome?: string
  /** `HELM_CONFIG_HOME` for helm; by default a temporary directory. */
  configHome?: string
}

/** A chart, inflated with `helm template`. */
export interface HelmChart {
  /** The chart's name. */
  name?: string
  /** The chart's version; matters only where the chart must be pulled. */
  version?: string
  /** The URL of the chart's repository. */
  repo?: string
  /** The release's name; by default helm is asked to make one up. */
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
  /** Put the chart's CRDs into the output. By default false. */
  includeCRDs?: boolean
  /** Leave out hooks. By default false. Since 5.0. */
  skipHooks?: boolean
  /** Leave out tests. By default false. Since 5.0. */
  skipTests?: boolean
  /** The API versions that the chart may use, on top of helm's own. Since 5.0. */
  apiVersions?: string[]
  /** The Kubernetes version that the chart sees; by default helm's own. Since 5.3. */
  kubeVersion?: string
  /** Run helm with debug output. By default false. Since 5.5. */
  debug?: boolean
  /** Allow development versions of the chart. By default false. Since 5.7. */
  devel?: boolean
}

/**
 * A chart in the older form.
 * @deprecated Use HelmChart, and HelmGlobals for what charts share.
 */
export interface HelmChartArgs {
  /** The chart's name. */
  chartName?: string
  /** The chart's version. */
  chartVersion?: string
  /** The URL of the chart's repository. */
  chartRepoUrl?: string
  /** The repository's name. */
  chartRepoName?: string
  /** The directory of unpacked charts; the last chart's counts for all. By default `charts`. */
  chartHome?: string
  /** The helm executable. */
  helmBin?: string
  /** Helm's configuration directory; the last chart's counts for all. */
  helmHome?: string
  /** A values file. */
  values?: string
  /** Values as they stand here. */
  valuesLocal?: Record<string, unknown>
  /** How `valuesLocal` meets the values file; by default `override`. */
  valuesMerge?: 'merge' | 'override' | 'replace'
  /** The release's name. */
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
export interface ResourceList<Item = KubernetesObject, Config = KubernetesObject> {
  /** The version of the format. */
  apiVersion: 'config.kubernetes.io/v1'
  /** The name of the format. */
  kind: 'ResourceList'
  /** In and out: the resources. */
  items: Item[]
  /** In: the function's configuration, any Kubernetes object. */
  functionConfig?: Config
  /** Out: what the function has to say. */
  results?: Result[]
}

/** Any Kubernetes object, hence open. For objects of known kinds, give their types to ResourceList. */
export interface KubernetesObject {
  /** Group and version: `apps/v1`, or `v1` for the core group. */
  apiVersion: string
  /** The kind; case counts. */
  kind: string
  /** Name, namespace, labels, annotations and whatever else the API server keeps there. */
  metadata: {
    name?: string
    namespace?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
    [field: string]: unknown
  }
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
  /** Group and version: `apps/v1`, or `v1` for the core group. */
  apiVersion: string
  /** The kind; case counts. */
  kind: string
  /** The resource's `metadata.name`. */
  name: string
}

/** TypeMeta, as the KRM functions have it. */
export interface KyamlTypeMeta {
  /** Group and version: `apps/v1`, or `v1` for the core group. */
  apiVersion?: string
  /** The kind; case counts. */
  kind?: string
}

/** Name and namespace. */
export interface NameMeta {
  /** The resource's `metadata.name`. */
  name?: string
  /** The resource's `metadata.namespace`. */
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
  /** The place of the object in the file, from 0; by default 0. */
  index?: number
}

/**
 * The annotation `config.kubernetes.io/function` of a plugin configuration, as YAML text: how to run the function.
 * Kustomize rejects unknown keys, and takes the container where both forms are given.
 */
export interface FunctionSpec {
  /** A container image. */
  container?: ContainerSpec
  /** A local program. Without `--enable-exec` it is skipped, and nothing says so. */
  exec?: ExecSpec
  /** Go on when the function fails, and report it at the end. By default false. */
  deferFailure?: boolean
}

/** A function in a container. */
export interface ContainerSpec {
  /** The image, with its tag or digest. */
  image?: string
  /** Ask for network access; the build needs `--network` too. By default false. */
  network?: boolean
  /** What the container sees of the disk; sources are relative, in or below the kustomization's directory. */
  mounts?: StorageMount[]
  /** Environment: `KEY=value`, or `KEY` to pass it through. */
  envs?: string[]
}

/** One mount of a container. */
export interface StorageMount {
  /** A directory of the host, a volume, or memory. */
  type?: 'bind' | 'volume' | 'tmpfs'
  /** Where it comes from. */
  src?: string
  /** Where the container has it. */
  dst?: string
  /** Let the container write to it. By default false. */
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

// Annotations

/** The annotations that kustomize, kpt and KRM functions give a meaning to. All values are text. */
export interface KnownAnnotations {
  /** The item's file. A function must leave it alone, and may set it on items that it adds. */
  'internal.config.kubernetes.io/path'?: string
  /** The item's place in its file, from 0. */
  'internal.config.kubernetes.io/index'?: string
  /** Tells which item of the input an item of the output was, so that comments and order can be put back. */
  'internal.config.kubernetes.io/id'?: string
  /** How the file indents lists: further than their key, or not. */
  'internal.config.kubernetes.io/seqindent'?: 'wide' | 'compact'
  /** Keeps the older and the newer spelling of path, index and id together. */
  'internal.config.kubernetes.io/annotations-migration-resource-id'?: string
  /** The older spelling of `internal.config.kubernetes.io/path`. */
  'config.kubernetes.io/path'?: string
  /** The older spelling of `internal.config.kubernetes.io/index`. */
  'config.kubernetes.io/index'?: string
  /** The older spelling of `internal.config.kubernetes.io/id`. */
  'config.k8s.io/id'?: string

  /** Keeps the object out of kustomize's output. */
  'config.kubernetes.io/local-config'?: 'true'
  /** The function that a plugin configuration is for: a FunctionSpec as YAML text. */
  'config.kubernetes.io/function'?: string
  /** The older spelling of `config.kubernetes.io/function`. */
  'config.k8s.io/function'?: string
  /** A still older form, with the image alone. */
  'config.kubernetes.io/container'?: string
  /** Where the resource came from: an Origin as YAML text. */
  'config.kubernetes.io/origin'?: string
  /** What ran over the resource: Transformations as YAML text. */
  'alpha.config.kubernetes.io/transformations'?: string

  /** The present ResId as YAML text, given to transformer plugins and taken off again. */
  'kustomize.config.k8s.io/id'?: string
  /** From a generator plugin: put a content hash behind the name. */
  'kustomize.config.k8s.io/needs-hash'?: 'true'
  /** From a generator plugin: how the object meets the one of the same name. */
  'kustomize.config.k8s.io/behavior'?: 'create' | 'replace' | 'merge'

  /** Kustomize's own, during a build: former names, with commas. */
  'internal.config.kubernetes.io/previousNames'?: string
  /** Kustomize's own, during a build: former namespaces, with commas. */
  'internal.config.kubernetes.io/previousNamespaces'?: string
  /** Kustomize's own, during a build: former kinds, with commas. */
  'internal.config.kubernetes.io/previousKinds'?: string
  /** Kustomize's own, during a build: the prefixes that were added. */
  'internal.config.kubernetes.io/prefixes'?: string
  /** Kustomize's own, during a build: the suffixes that were added. */
  'internal.config.kubernetes.io/suffixes'?: string
  /** Kustomize's own, during a build: what refers to the resource. */
  'internal.config.kubernetes.io/refBy'?: string
  /** Kustomize's own, during a build: a generated object's behavior. */
  'internal.config.kubernetes.io/generatorBehavior'?: string
  /** Kustomize's own, during a build: whether a content hash is due. */
  'internal.config.kubernetes.io/needsHashSuffix'?: string
  /** Kustomize's own, during a build: whether a patch may rename the resource. */
  'internal.config.kubernetes.io/allowNameChange'?: string
  /** Kustomize's own, during a build: whether a patch may change the resource's kind. */
  'internal.config.kubernetes.io/allowKindChange'?: string
  /** Kustomize's own, during a build: whether the resource came out of a chart. */
  'internal.config.kubernetes.io/helm-generated'?: string
}

/** The key of an annotation that has a meaning. */
export type AnnotationKey = keyof KnownAnnotations

// kpt

/** The `pipeline` of a Kptfile (`kpt.dev/v1`). */
export interface KptfilePipeline {
  /** Functions that change resources, in this order. */
  mutators?: KptfileFunction[]
  /** Functions that check resources, after all mutators. What they change is thrown away. */
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
  /** Only the resources that match one of these; by default all. */
  selectors?: KptfileSelector[]
  /** All but the resources that match one of these; by default none is left out. */
  exclude?: KptfileSelector[]
}

/** Selects resources by exact values. */
export interface KptfileSelector {
  /** Group and version: `apps/v1`, or `v1` for the core group. */
  apiVersion?: string
  /** The kind; case counts. */
  kind?: string
  /** The resource's `metadata.name`. */
  name?: string
  /** The resource's `metadata.namespace`. */
  namespace?: string
  /** Labels that the resource must have. */
  labels?: Record<string, string>
  /** Annotations that the resource must have. */
  annotations?: Record<string, string>
}

/** What kpt stores with `--results-dir`. */
export interface KptFunctionResultList {
  /** The version of the format. */
  apiVersion?: 'kpt.dev/v1'
  /** The name of the format. */
  kind?: 'FunctionResultList'
  /** The list's name: kpt always writes `fnresults`. */
  metadata?: NameMeta
  /** The exit code of kpt itself: 0 for success. */
  exitCode?: number
  /** One for each function of the run, in order. */
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
  /** Its exit code: 0 for success. */
  exitCode?: number
  /** What it had to say. */
  results?: Result[]
}

// Reading

/**
 * What a program may meet where an author writes a `T`: any field may be absent or null, any item of a list may be
 * null, and where authors choose from a few words any text may stand, since kustomize checks most of them late or
 * never. Deprecated fields are there as in `T`; for those that kustomize no longer knows see ReadKustomization and
 * ReadFunctionSpec.
 *
 * Two things can't be typed. Kustomize finds a key in any case (`nameprefix`), so a reader must fold the case of keys
 * before it looks; of two keys that differ in case alone, the last one counts. And a file may hold anything at all:
 * this type describes what kustomize takes, not what a parser returns, so check before you trust it.
 */
export type Read<T> = T extends readonly (infer Item)[]
  ? (Read<Item> | null)[]
  : T extends string
    ? ReadText<T>
    : T extends object
      ? { [Key in keyof T]?: (Key extends 'kind' ? T[Key] : Read<T[Key]>) | null }
      : T

/** Any text; editors still offer the words that are known. */
export type ReadText<Word extends string> = string extends Word ? string : Word | (string & {})

/** A kustomization of any age. */
export interface ReadKustomization extends Read<Kustomization> {
  /** Recorded what was applied, for pruning. Gone since 5.0, which rejects it. */
  inventory?: unknown
}

/** A component of any age. */
export interface ReadComponent extends Read<Component> {
  /** Without it, kustomize takes the file for a Kustomization. */
  kind: 'Component'
  /** Recorded what was applied, for pruning. Gone since 5.0, which rejects it. */
  inventory?: unknown
}

/** The annotation `config.kubernetes.io/function` of any age. */
export interface ReadFunctionSpec extends Read<FunctionSpec> {
  /** A Starlark script. Gone since 5.5, which rejects it. */
  starlark?: { name?: string | null; path?: string | null; url?: string | null } | null
}
