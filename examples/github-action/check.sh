#!/usr/bin/env bash
# What the action runs. Inputs come as variables, never as text of the script: they may be anybody's.
set -euo pipefail
mesh_fix=(node "$ACTION/dist/bin.cjs" --no-color)
read -ra args <<< "$ARGS"
read -ra paths <<< "$PATHS"
[[ -z $BASE ]] || args+=(--since "origin/$BASE")
if [[ $FAIL_ON == never ]]; then args+=(--exit-zero); else args+=(--fail-on "$FAIL_ON"); fi

report="${RUNNER_TEMP:-/tmp}/mesh-fix.json"
echo "report=$report" >> "$GITHUB_OUTPUT"
"${mesh_fix[@]}" "${args[@]}" --reporter json --reporter-file "$report" -- "${paths[@]}" || {
  status=$?
  [[ $status == 1 ]] || exit "$status"
}

if [[ $SUGGEST == true ]]; then
  "${mesh_fix[@]}" "${args[@]}" --exit-zero --reporter rdjson -- "${paths[@]}" |
    REVIEWDOG_GITHUB_API_TOKEN=$TOKEN reviewdog -f=rdjson -name=mesh-fix -reporter=github-pr-review -filter-mode=nofilter
fi
# Annotations, the step's summary, and the exit code.
"${mesh_fix[@]}" "${args[@]}" --reporter github -- "${paths[@]}"
