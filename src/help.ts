/** What stands behind the options of mesh-fix itself. */
export const HELP = `
Exit codes:
  0  nothing at or above --fail-on is left (or would be changed)
  1  something is; with --write, --interactive, --overlay and --component, something that was not fixed; verify: it does not hold
  2  arguments or a path that can't be used, or a file that can't be written
  130  --interactive was interrupted; nothing was written

Examples:
  mesh-fix                      check the repository, and preview the fixes
  mesh-fix --write apps/        repair what is under apps/; references are looked up everywhere
  mesh-fix --diff | git apply   the same by way of a patch
  mesh-fix --interactive        look at each fix, and choose
  mesh-fix --staged             check what is about to be committed
  mesh-fix --overlay fixed/ base/   leave the files alone, and fix what kustomize builds of base/
  mesh-fix verify fixed/        prove that it does
  mesh-fix rule pod-ports       what a rule asks, and why
  mesh-fix -                    YAML on standard input, fixed on standard output, the report on standard error
  mesh-fix chart charts/shop    which values of a Helm chart repair what it renders (mesh-fix chart --help)
  mesh-fix baseline             accept what is found today (mesh-fix baseline --help)
  mesh-fix ignore RULE --reason WHY   accept what a rule finds (mesh-fix ignore --help)
  mesh-fix krm                  the same as a KRM function, for kustomize and kpt (mesh-fix krm --help)`

/** What stands behind the options of the command that completes. */
export const COMPLETION_HELP = `
For good:
  bash   echo 'source <(mesh-fix completion bash)' >> ~/.bashrc
  zsh    mesh-fix completion zsh > "\${fpath[1]}/_mesh-fix"
  fish   mesh-fix completion fish > ~/.config/fish/completions/mesh-fix.fish`

/** What stands behind the options of the command for a chart. */
export const CHART_HELP = `
Nothing is fetched, no cluster is asked, and templates are never edited. --write edits the values files named with -f;
what no value decides is for Helm's post-renderer: --post-renderer mesh-fix --post-renderer-args -

Exit codes are those of mesh-fix itself; 2 also where helm is missing or can't render the chart.

Examples:
  mesh-fix chart charts/shop                          which values repair it, as a diff of charts/shop/values.yaml
  mesh-fix chart charts/shop -f prod.yaml --write     write them to prod.yaml`

/** What stands behind the options of the function. */
export const FUNCTION_HELP = `
The functionConfig is a MeshFix (mesh-fix.dev/v1alpha1) whose spec takes mode (fix or check), profile, portStyle, unsafe,
only, skip, all, maxImpact, failOn, rules, ports, labelSources, externalReferences and ignore, or a ConfigMap with such keys in its data.

Exit codes:
  0  the output is whole; findings are in its results, and on standard error
  1  mode check: something at or above failOn (default: error) is left; mode fix: the same, if failOn is given
  2  the input or the functionConfig can't be used; there is no output`

/** What stands behind the options of the command that writes ignores. */
export const IGNORE_HELP = `
The annotation is mesh-fix.dev/ignore: "RULE, RULE -- REASON", on the object itself: no pod restarts for it.

Example:
  mesh-fix ignore pod-ports,net-admin legacy/ --reason "until they are moved"`

/** What stands behind the options of the command that writes the baseline. */
export const BASELINE_HELP = `
The file is mesh-fix.baseline.json at the root; a check reads it there. What it accepts neither fails nor is fixed, unless
--no-baseline is given. A check fails while it holds what is gone.

Examples:
  mesh-fix baseline            accept today's findings
  mesh-fix baseline --prune    take out what has been fixed since`
