/** What mesh-fix is, for people who have never heard of it. */
export const ABOUT =
  'Makes Kubernetes manifests ready for an Istio mesh: finds what breaks Istio’s requirements for pods and Services, and repairs it in place. Without options it shows what it finds in the Git repository around the working directory, with the diff of each fix, and writes nothing.'

/** The headings under which options stand. */
export const GROUPS = {
  fixes: 'What is done:',
  choice: 'Which rules and fixes:',
  subject: 'What is looked at:',
  reports: 'What is said:',
  rest: 'Other:',
} as const

/** What `--root` takes. */
export const ROOT = 'what to read (default: the Git repository around the paths, else their common directory)'

/** What `--profile` takes. */
export const PROFILE =
  'which mesh: with sidecars, with the Istio CNI plugin, "ambient", or "classic", which is Istio up to 1.2 (default: "sidecar")'

/** What `--config` takes. */
export const CONFIG_FILE =
  'the configuration (default: the nearest mesh-fix.config.yaml, .json or package.json, up to the root)'

/** What stands behind the options of mesh-fix itself. */
export const HELP = `
Begin with:
  mesh-fix                   what is wrong, and the fixes; writes nothing
  mesh-fix --write           make the safe fixes
  mesh-fix --interactive     look at each fix, and choose
  mesh-fix --unsafe          the others, too: right more often than not
  mesh-fix rule pod-ports    what a rule asks, and why
  mesh-fix ignore --help     what a command does, and what it takes

More examples:
  mesh-fix --write apps/     repair what is under apps/ alone
  mesh-fix --diff | git apply
                             the same as --write, by way of a patch
  mesh-fix --staged          check what is about to be committed
  mesh-fix --since origin/main
                             check what a branch changes
  mesh-fix --reporter html --reporter-file report.html
                             a page for people
  mesh-fix - < all.yaml      YAML in, fixed YAML out, the report on standard error
  mesh-fix --overlay fixed/ base/
                             leave base/ alone, and patch what kustomize builds

Exit codes:
  0  nothing at or above --fail-on is left, or would be changed
  1  something is; with --write, --interactive, --overlay and --component: is
     left
  2  an argument, a configuration or a path can't be used, or a file can't be
     written
  130  --interactive was interrupted, and nothing is written`

/** What stands behind the options of the command that proves an overlay or Component. */
export const VERIFY_HELP = `
It needs kustomize, or kubectl. A Component is verified in every kustomization
that lists it.

Exit codes:
  0  it holds
  1  it does not, for instance since the base has changed
  2  there is nothing to verify, or no kustomize`

/** What stands behind the options of the command that explains rules. */
export const RULE_HELP = `
Without an ID it lists all rules, those of the configuration's plugins among
them.`

/** What stands behind the options of the command that completes. */
export const COMPLETION_HELP = `
For good:
  bash   echo 'source <(mesh-fix completion bash)' >> ~/.bashrc
  zsh    mesh-fix completion zsh > "\${fpath[1]}/_mesh-fix"
  fish   mesh-fix completion fish > ~/.config/fish/completions/mesh-fix.fish`

/** What stands behind the options of the command for a chart. */
export const CHART_HELP = `
Nothing is fetched, no cluster is asked, and templates are never edited.
--write edits the values files named with -f; what no value decides is for
Helm's post-renderer: --post-renderer mesh-fix --post-renderer-args -

Exit codes are those of mesh-fix itself; 2 also where helm is missing or can't
render the chart.

Examples:
  mesh-fix chart charts/shop
      which values repair it, as a diff of charts/shop/values.yaml
  mesh-fix chart charts/shop -f prod.yaml --write
      write them to prod.yaml`

/** What stands behind the options of the function. */
export const FUNCTION_HELP = `
The functionConfig is a MeshFix (mesh-fix.dev/v1alpha1) whose spec takes mode
(fix or check), profile, portStyle, unsafe, only, skip, all, maxImpact, failOn,
rules, ports, labelSources, externalReferences and ignore, or a ConfigMap with
such keys in its data.

Example:
  kustomize build --enable-alpha-plugins --enable-exec overlay
      where overlay/ lists such a functionConfig under transformers:, with the
      annotation config.kubernetes.io/function: "exec: { path: ./mesh-fix-krm }"

Exit codes:
  0  the output is whole; findings are in its results, and on standard error
  1  mode check: something at or above failOn (default: error) is left;
     mode fix: the same, if failOn is given
  2  the input or the functionConfig can't be used; there is no output`

/** What stands behind the options of the command that writes ignores. */
export const IGNORE_HELP = `
The annotation is mesh-fix.dev/ignore: "RULE, RULE -- REASON", on the object
itself: no pod restarts for it. What is accepted is counted, neither reported
nor fixed. For a single line a comment does the same, on it or above it:
# mesh-fix-ignore RULE -- REASON

Example:
  mesh-fix ignore pod-ports,net-admin legacy/ --reason "until they are moved"`

/** What stands behind the options of the command that writes the baseline. */
export const BASELINE_HELP = `
The file is mesh-fix.baseline.json at the root; a check reads it there. What it
accepts neither fails nor is fixed, unless --no-baseline is given. A check
fails while it holds what is gone.

Examples:
  mesh-fix baseline            accept today's findings
  mesh-fix baseline --prune    take out what has been fixed since`
