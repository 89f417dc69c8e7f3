// Puts what the tests run into .tools/bin: mesh-fix, and the real kustomize and helm if they are not on PATH; and Debian's
// Chromium on PATH. `pretest` runs this.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../.tools/bin', import.meta.url))
const VERSION = 'v5.8.1'
const RELEASES = 'https://github.com/kubernetes-sigs/kustomize/releases/download'

/** Program → the Go module that it is built from. */
const MODULES = {
  kustomize: `sigs.k8s.io/kustomize/kustomize/v5@${VERSION}`,
  helm: 'helm.sh/helm/v3/cmd/helm@v3.19.5',
}

/** Program → where else it comes from. */
const PLACES = {
  kustomize: `kustomize ${VERSION} of https://github.com/kubernetes-sigs/kustomize/releases`,
  helm: 'helm v3.19.5 of https://github.com/helm/helm/releases',
}

/** What checksums.txt of the release says of its archives. */
const SHA256 = {
  linux_amd64: '029a7f0f4e1932c52a0476cf02a0fd855c0bb85694b82c338fc648dcb53a819d',
  linux_arm64: '0953ea3e476f66d6ddfcd911d750f5167b9365aa9491b2326398e289fef2c142',
  darwin_amd64: 'ee7cf0c1e3592aa7bb66ba82b359933a95e7f2e0b36e5f53ed0a4535b017f2f8',
  darwin_arm64: '8886f8a78474e608cc81234f729fda188a9767da23e28925802f00ece2bab288',
}

link()
for (const [program, ways] of Object.entries({ kustomize: [compile, download], helm: [compile] }))
  if (!runs(program) && !runs(join(BIN, program))) await install(program, ways)
installBrowser()
if (!runs('kpt')) {
  console.warn(
    'kpt is not on PATH, so ALL TESTS WITH kpt WILL BE SKIPPED: its releases state no checksum that could be held ' +
      'against; put v1.0.0-beta.56 of https://github.com/kptdev/kpt/releases on PATH to run them',
  )
}

/** mesh-fix's own programs, as an installed package has them. */
function link() {
  mkdirSync(BIN, { recursive: true })
  for (const [name, file] of Object.entries(JSON.parse(readFileSync('package.json', 'utf8')).bin)) {
    rmSync(join(BIN, name), { force: true })
    symlinkSync(join('../..', file), join(BIN, name))
  }
}

/** Debian's Chromium, where that can be installed. */
function installBrowser() {
  const isThere = () => spawnSync('chromium', ['--version']).status === 0
  if (isThere()) return
  if (process.getuid?.() === 0) {
    console.log('chromium is not on PATH: apt-get install chromium')
    spawnSync('apt-get', ['update', '--quiet'], { stdio: 'inherit' })
    spawnSync('apt-get', ['install', '--yes', '--quiet', '--no-install-recommends', 'chromium'], { stdio: 'inherit' })
  }
  if (isThere()) return
  console.warn(
    'chromium is not on PATH, so ALL TESTS OF THE HTML REPORT IN A BROWSER WILL BE SKIPPED: install it ' +
      '(`apt-get install chromium`) to run them',
  )
}

function runs(program) {
  return spawnSync(program, ['version']).status === 0
}

async function install(program, ways) {
  const failures = []
  for (const way of ways) {
    try {
      await way(program)
      if (runs(join(BIN, program))) return
      throw new Error('what was installed does not run')
    } catch (error) {
      failures.push(`${way.name}: ${error.message.trim().split('\n')[0]}`)
    }
  }
  console.error(
    `the tests need ${program}, which is not on PATH and can't be installed (${failures.join('; ')}): run ` +
      `\`go install ${MODULES[program]}\` and put Go's bin directory on PATH, or put ${PLACES[program]} on PATH`,
  )
  process.exit(1)
}

function compile(program) {
  console.log(`${program} is not on PATH: go install ${MODULES[program]} into .tools/bin`)
  execFileSync('go', ['install', MODULES[program]], { env: { ...process.env, GOBIN: BIN }, stdio: 'inherit' })
}

async function download() {
  const platform = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`
  const expected = SHA256[platform]
  if (expected === undefined) throw new Error(`no checksum is known for ${platform}`)
  const url = `${RELEASES}/kustomize%2F${VERSION}/kustomize_${VERSION}_${platform}.tar.gz`
  console.log(`kustomize is not on PATH: ${url} into .tools/bin`)
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  const archive = Buffer.from(await response.arrayBuffer())
  const actual = createHash('sha256').update(archive).digest('hex')
  if (actual !== expected) throw new Error(`the archive's SHA-256 is ${actual}, not ${expected}`)
  const file = join(BIN, 'kustomize.tar.gz')
  writeFileSync(file, archive)
  execFileSync('tar', ['-xzf', file, '-C', BIN, 'kustomize'])
  rmSync(file)
}
