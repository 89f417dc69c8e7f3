#!/usr/bin/env bash
# For CI: checks every path that a Flux Kustomization of this repository applies, as Flux would build it.
set -euo pipefail
mesh-fix --no-color --build always --fail-on warning -- "${@:-.}"
