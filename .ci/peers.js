// Puts what else checks manifests into .tools/bin, where it is not on PATH, for the benchmark: npm run bench:peers
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../.tools/bin', import.meta.url))

/** Program → the Go module that it is built from, and arguments with which it ends at once. */
const PEERS = {
  kubeconform: ['github.com/yannh/kubeconform/cmd/kubeconform@latest', '-v'],
  'kube-score': ['github.com/zegl/kube-score/cmd/kube-score@v1.20.0', 'version'],
  istioctl: ['istio.io/istio/istioctl/cmd/istioctl@v0.0.0-20260827124520-eed52ebb66ad', 'version', '--remote=false'],
}

/** Programs that no Go module of theirs can be installed of → where they are. */
const OTHERS = {
  kyverno: 'https://github.com/kyverno/kyverno/releases',
  polaris: 'https://github.com/FairwindsOps/polaris/releases',
  'kube-linter': 'https://github.com/stackrox/kube-linter/releases',
}

for (const [program, [module, ...args]] of Object.entries(PEERS)) {
  if (runs(program, args) || runs(join(BIN, program), args)) continue
  console.log(`${program} is not on PATH: go install ${module} into .tools/bin`)
  if (program === 'istioctl') console.log('istioctl takes six minutes on two cores')
  execFileSync('go', ['install', module], { env: { ...process.env, GOBIN: BIN }, stdio: 'inherit' })
}
for (const [program, place] of Object.entries(OTHERS)) {
  if (!runs(program, ['version'])) console.log(`${program} is not on PATH, and is left out: ${place}`)
}

function runs(program, args) {
  return spawnSync(program, args).status === 0
}
