import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { shippedRules } from '../src/rules.ts'
import { folder, meshFix } from './program.ts'
import { tool } from './tools.ts'

const RULES = (await shippedRules()).detectors.map(({ id }) => id)

/** A directory with some files, and a shell's script. */
function prepared(t: Test, shell: string): string {
  const cwd = folder(t, { 'shop/cart.yaml': '', 'shop one.yaml': '', 'values.yaml': '' })
  const { status, stdout, stderr } = meshFix(cwd, 'completion', shell)
  t.match({ status, stderr }, { status: 0, stderr: '' })
  writeFileSync(join(cwd, 'script'), stdout)
  return cwd
}

/** What is typed, the last word unfinished → what it may become. `=` is a word of its own in bash. */
const TYPED: readonly (readonly [words: readonly string[], candidates: readonly string[]])[] = [
  [['ver'], ['verify']],
  [['ignore', 'net'], ['net-admin']],
  [['baseline', '--pru'], ['--prune']],
  [['rule', ''], RULES],
  [['rule', 'pod'], ['pod-ports']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['--prof'], ['--profile']],
  [
    ['--profile', ''],
    ['classic', 'sidecar', 'cni', 'ambient'],
  ],
  [
    ['--profile', '=', 'c'],
    ['classic', 'cni'],
  ],
  [['--fail-on', 'w'], ['warning']],
  [
    ['--reporter', ''],
    ['text', 'json', 'sarif', 'github', 'gitlab', 'junit', 'html', 'rdjson'],
  ],
  [
    ['--reporter', '=', 'g'],
    ['github', 'gitlab'],
  ],
  [['chart', '--reporter', 'ht'], ['html']],
  [
    ['--port-style', ''],
    ['auto', 'name', 'appProtocol'],
  ],
  [['--build', 'al'], ['always']],
  [
    ['--skip', 'app'],
    ['app-version-labels', 'application-uid'],
  ],
  [['--only', 'pod-ports,net'], ['pod-ports,net-admin']],
  [['--unsafe', '=', 'net'], ['net-admin']],
  [['--unsafe', 'val'], ['values.yaml']],
  [['--overlay', ''], ['shop']],
  [
    ['--config', 'shop'],
    ['shop', 'shop one.yaml'],
  ],
  [['chart', '--rel'], ['--release-name']],
  [['chart', '-f', 'v'], ['values.yaml']],
  [['verify', ''], ['shop']],
  [['shop/'], ['shop/cart.yaml']],
]

test('bash', async t => {
  const cwd = prepared(t, 'bash')
  for (const [words, candidates] of TYPED) {
    const line = ['mesh-fix', ...words].map(word => `'${word}'`).join(' ')
    const ask = `source ./script; COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _mesh_fix; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr } = tool(cwd, 'bash', ['--norc', '-c', ask])
    t.same(lines(stdout), candidates.toSorted(), `${words.join(' ')} ${stderr}`)
  }
})

test('fish', { skip: !has('fish') && 'fish is not on PATH' }, async t => {
  const cwd = prepared(t, 'fish')
  for (const [words, candidates] of TYPED) {
    const line = ['mesh-fix', ...words].join(' ').replace(' = ', '=')
    const { stdout, stderr } = tool(cwd, 'fish', ['--no-config', '-c', `source ./script; complete -C '${line}'`])
    // fish says the option again, `/` behind directories, and offers files that hold a word as well.
    const said = lines(stdout).map(found => found.replace(/\t.*/, '').replace(/^--.*=|\/$/g, ''))
    for (const candidate of candidates) t.ok(said.includes(candidate), `${line}: ${said} ${stderr}`)
  }
})

test('zsh', { skip: !has('zsh') && 'zsh is not on PATH' }, async t => {
  const cwd = prepared(t, 'zsh')
  t.equal(tool(cwd, 'zsh', ['-f', '-n', './script']).stderr, '', 'zsh reads it')
  const specs = (...words: readonly string[]) => {
    const ask = `compdef() { : }; source ./script; _arguments() { print -rl -- "$@" }
      words=(mesh-fix ${words.join(' ')} ''); CURRENT=${words.length + 2}; _mesh_fix`
    return lines(tool(cwd, 'zsh', ['-f', '-c', ask]).stdout)
  }
  t.ok(specs('rule').includes(`1:value:(${RULES.join(' ')})`))
  t.ok(specs('completion').includes('1:value:(bash zsh fish)'))
  t.ok(specs('verify').includes('1:directory:_files -/'))
  const main = specs()
  t.ok(main.some(spec => /^--profile=\[.*\]:value:\(classic sidecar cni ambient\)$/.test(spec)))
  t.ok(main.some(spec => /^--reporter=\[.*\]:value:\(text json sarif github gitlab junit rdjson html\)$/.test(spec)))
  t.ok(main.some(spec => /^--port-style=\[.*\]:value:\(auto name appProtocol\)$/.test(spec)))
  t.ok(main.some(spec => /^--unsafe=-\[.*\]::rules:_sequence compadd - app-version-labels /.test(spec)))
  t.ok(main.some(spec => spec === '1:path:_mesh_fix_first'))
})

test('what no shell is', async t => {
  const root = folder(t, {})
  t.match(meshFix(root, 'completion'), { status: 2, stderr: /^mesh-fix: missing required argument 'SHELL'/ })
  t.match(meshFix(root, 'completion', 'tcsh'), { status: 2, stderr: /SHELL.*bash, zsh, fish/ })
})

test('errors name what is meant', async t => {
  const root = folder(t, {})
  const said = (...args: readonly string[]) => {
    const { status, stderr } = meshFix(root, ...args)
    t.equal(status, 2, args.join(' '))
    return stderr
  }
  t.match(said('--reportr', 'json'), /unknown option '--reportr'\n.*Did you mean --reporter/)
  t.match(said('--profil', 'x'), /unknown option '--profil'\n.*Did you mean --profile/)
  t.match(
    said('--profile', 'sidcar'),
    /'--profile <NAME>' argument 'sidcar' is invalid.*classic, sidecar, cni, ambient/,
  )
  t.match(said('--only', 'pod-port'), /--only: there is no rule "pod-port"; did you mean "pod-ports"\?/)
  t.match(said('--skip', 'nothing'), /--skip: there is no rule "nothing"; there are: app-version-labels, /)
  t.match(said('--unsafe=net-admn'), /--unsafe: there is no rule "net-admn"; did you mean "net-admin"\?/)
  t.match(
    said('verfy', 'dir'),
    /verfy: there is no such file or directory, and no such command; did you mean "verify"\?/,
  )
  t.notMatch(said('apps/shop'), /command/)
  t.match(said('chart', '--relase-name', 'x'), /Did you mean --release-name/)
})

function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .toSorted()
}

function has(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0
}
