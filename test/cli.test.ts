import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import packageJson from '../package.json' with { type: 'json' }
import { patched } from '../src/json-patch.ts'
import { joined, type Pointer, pointer } from '../src/pointer.ts'
import { parse } from '../src/read/yaml.ts'
import {
  contents,
  deployment,
  documents,
  folder,
  gitApply,
  ingress,
  json,
  meshFix,
  put,
  SHOP,
  SHOP_FIXED,
  service,
  spawned,
} from './program.ts'

/** A port on which the evidence is weak: its number, and an Ingress. */
const WEAK = { 'a.yaml': service('a', '{ name: web, port: 80 }'), 'b.yaml': ingress('a', 'web') }

/** A port that nothing speaks for. */
const UNKNOWN = { 'svc.yaml': service('db', '{ name: main, port: 4711 }') }

t.test('a check writes nothing, says what it found, and ends with 1', async t => {
  const root = folder(t, SHOP)
  for (const args of [
    [],
    ['.'],
    ['--dry-run'],
    ['--diff'],
    ['--reporter', 'json'],
    ['--no-fix'],
    ['--diff', '--dry-run'],
  ]) {
    t.equal(meshFix(root, ...args).status, 1, `mesh-fix ${args.join(' ')}`)
  }
  t.same(contents(root), SHOP)
  const { stdout, stderr } = meshFix(root)
  t.match(stdout, /^shop\/service\.yaml\n {2}7:15 warning named-service-ports: port 80 is named "web"/)
  t.match(
    stdout,
    /fix \(safe, routing\): rename port 80 from "web" to "http-web"\n {6}also in Ingress of shop\/ingress\.yaml/,
  )
  t.match(stdout, /definitive: readinessProbe .* \(shop\/deployment\.yaml:10\)/)
  t.match(stdout, /1 finding in 3 files: 1 fixable with --write · impact: 1 change to routing/)
  t.equal(stderr, '', 'and nothing on standard error')
})

t.test('--write applies what is safe; twice is once', async t => {
  const root = folder(t, SHOP)
  const first = meshFix(root, '--write')
  t.equal(first.status, 0)
  t.match(first.stdout, /fixed \(safe, routing\)[\s\S]*1 finding in 3 files: 1 fixed/)
  t.notMatch(first.stdout, /^[-+@]/m, 'what is written needs no preview')
  t.same(contents(root), SHOP_FIXED)
  const second = meshFix(root, '--write')
  t.equal(second.status, 0)
  t.equal(second.stdout, 'no findings in 3 files\n')
  t.same(contents(root), SHOP_FIXED)
})

t.test('--diff | git apply is --write', async t => {
  for (const [where, git] of [
    ['.', true],
    ['shop', true],
    ['.', false],
    ['shop', false],
  ] as const) {
    const root = folder(t, SHOP, { git })
    const { stdout, status } = meshFix(join(root, where), '--diff')
    t.equal(status, 1)
    t.equal(stdout.includes('diff --git'), git)
    const applied = gitApply(join(root, where), stdout)
    t.equal(applied.status, 0, applied.stderr)
    t.same(contents(root), SHOP_FIXED, `in ${where}, ${git ? 'in' : 'outside'} git`)
  }
  const clean = folder(t, SHOP_FIXED)
  t.match(meshFix(clean, '--diff'), { status: 0, stdout: '' })
})

t.test('--diff says on standard error what is in no diff', async t => {
  const root = folder(t, { ...UNKNOWN, 'broken.yaml': 'a: [\n' })
  const run = meshFix(root, '--diff')
  t.match(run, { status: 1, stdout: '' })
  t.match(run.stderr, /broken\.yaml:\d+:\d+: /)
  t.match(run.stderr, /1 finding in 2 files: 1 left to you/)
  t.notMatch(meshFix(root, '--diff', '--quiet').stderr, /finding/)
})

t.test('--unsafe takes the unsafe fixes too, and never a path', async t => {
  const root = folder(t, WEAK)
  t.match(json(root), { summary: { fixable: 0, fixableUnsafe: 1 } })
  t.match(meshFix(root).stdout, /fix with --unsafe \(unsafe, routing\)[\s\S]*1 fixable with --unsafe/)
  t.equal(meshFix(root, '--write').status, 1, 'without it nothing is written')
  t.same(contents(root), WEAK)
  for (const args of [
    ['--unsafe'],
    ['--unsafe', '.'],
    ['.', '--unsafe'],
    ['--unsafe=named-service-ports'],
    ['--unsafe', '--unsafe=named-service-ports'],
    ['--unsafe=named-service-ports,named-service-ports', '.'],
    ['--unsafe', '--', '.'],
  ]) {
    t.match(json(root, ...args), { summary: { files: 2, fixable: 0, fixableUnsafe: 1 } }, args.join(' '))
    t.not(json(root, ...args).patches.length, 0, `${args.join(' ')} is in the patches`)
  }
  t.equal(json(root, '--unsafe', 'a.yaml').summary.files, 1, 'what follows is a path')
  t.match(meshFix(root, '--unsafe', 'nowhere'), { status: 2, stderr: /^mesh-fix: nowhere: / })
  t.match(meshFix(root, '--unsafe=nowhere'), { status: 2, stderr: /there is no rule "nowhere"/ })
  t.match(meshFix(root, '--unsafe='), { status: 2, stderr: /--unsafe names no rule/ })
  t.equal(meshFix(root, '--write', '--unsafe').status, 0)
  t.match(contents(root)['b.yaml'], 'name: http-web')
})

t.test('--only and --skip choose rules', async t => {
  const root = folder(t, SHOP)
  const rule = 'named-service-ports'
  t.equal(json(root, '--only', rule).summary.findings, 1)
  t.equal(json(root, `--only=${rule},${rule}`).summary.findings, 1)
  t.equal(json(root, '--only', rule, '--only', rule, '.').summary.findings, 1)
  t.match(json(root, '--skip', rule), { summary: { findings: 0, resources: 3 } })
  t.equal(meshFix(root, '--skip', rule).status, 0)
  t.equal(meshFix(root, '--only', rule, '--skip', rule).status, 0)
  for (const option of ['--only', '--skip']) {
    for (const value of ['named-ports', `${rule},named-ports`]) {
      t.match(meshFix(root, option, value), {
        status: 2,
        stdout: '',
        stderr: /no rule "named-ports"; did you mean "pod-ports"/,
      })
    }
  }
  t.match(meshFix(root, '--only', ''), { status: 2, stderr: /--only names no rule/ })
  t.same(contents(root), SHOP)
})

t.test('--profile: for which mesh the rules hold', async t => {
  const root = folder(t, { ...UNKNOWN, ...SHOP })
  for (const [profile, severity, status] of [
    ['classic', 'warning', 1],
    ['sidecar', 'warning', 1],
    ['cni', 'warning', 1],
    ['ambient', 'info', 0],
  ] as const) {
    const report = json(root, '--profile', profile)
    t.equal(report.profile, profile)
    t.same(
      report.findings.map((finding: { severity: string }) => finding.severity),
      [severity, severity],
    )
    t.equal(meshFix(root, '--profile', profile).status, status, profile)
    t.equal(meshFix(root, '--diff', '--profile', profile).status, status, 'with pending fixes too')
  }
  t.equal(json(root).profile, 'sidecar')
  t.match(meshFix(root, '--profile', 'linkerd'), { status: 2, stderr: /classic, sidecar, cni, ambient/ })
})

t.test('--port-style: how a protocol is declared', async t => {
  const texts = { 'a.yaml': documents(service('a', '{ name: web, port: 8080 }'), deployment('a')) }
  const root = folder(t, texts)
  t.match(meshFix(root, '--diff').stdout, /^\+ .*name: http-web/m)
  t.match(meshFix(root, '--diff', '--port-style', 'name').stdout, /^\+ .*name: http-web/m)
  t.match(meshFix(root, '--diff', '--port-style', 'appProtocol').stdout, /^\+ .*name: web.*appProtocol: http/m)
  t.match(meshFix(root, '--port-style', 'label'), { status: 2, stderr: /auto, name, appProtocol/ })
  const clash = meshFix(root, '--profile', 'classic', '--port-style', 'appProtocol')
  t.match(clash, { status: 2, stdout: '', stderr: /^mesh-fix: the port style appProtocol .* classic.*\n$/ })
})

t.test('--root: what is read', async t => {
  const root = folder(t, SHOP)
  t.match(json(root, 'shop/service.yaml', '--root', '.').findings[0].fix.reason, /shop\/ingress\.yaml/)
  t.equal(json(root, 'shop', '--root', 'shop').summary.fixable, 1)
  t.match(meshFix(root, '.', '--root', 'shop'), { status: 2, stderr: /outside the root/ })
  t.match(meshFix(root, '--root', 'nowhere'), { status: 2, stderr: /nowhere: there is no such/ })
  t.match(meshFix(root, '--root', 'shop/service.yaml', 'shop/service.yaml'), { status: 2, stderr: /not a directory/ })
})

t.test('exit codes: --fail-on, --exit-zero', async t => {
  const root = folder(t, SHOP)
  const run = (...args: readonly string[]) => spawned(root, args)
  t.equal(run('--fail-on', 'info').status, 1)
  t.equal(run('--fail-on', 'warning').status, 1)
  t.equal(run('--fail-on', 'error').status, 0)
  t.equal(run('--fail-on', 'info', '--profile', 'ambient').status, 1)
  t.equal(run('--exit-zero').status, 0)
  t.equal(run('--exit-zero', '--diff').status, 0)
  t.equal(run('--exit-zero', 'nowhere').status, 2, 'not for arguments that are wrong')
  put(root, { 'broken.yaml': 'a: [\n' })
  t.equal(run('--fail-on', 'error').status, 1, 'what cannot be read counts as an error')
  t.equal(run('--reporter', 'json', '--fail-on', 'error').status, 1)
  t.equal(run('--exit-zero').status, 0)
  t.equal(spawned(folder(t, UNKNOWN), ['--write']).status, 1, 'what is left after writing counts')
  t.match(run('--fail-on', 'fatal'), { status: 2, stderr: /info, warning, error/ })
})

t.test('--no-fix finds and computes no fix', async t => {
  const root = folder(t, SHOP)
  const report = json(root, '--no-fix')
  t.match(report, { summary: { findings: 1, fixed: 0, fixable: 0, refused: 0, manual: 0 }, patches: [] })
  t.same(report.findings[0].fix, { status: 'skipped', evidence: [], candidates: [], changes: [], creates: [] })
  const { stdout } = meshFix(root, '--no-fix')
  t.notMatch(stdout, /fix[ (]|http-web/)
  t.match(stdout, /\n1 finding in 3 files\n$/)
  for (const option of ['--write', '--diff'])
    t.match(meshFix(root, '--no-fix', option), { status: 2, stderr: /--no-fix/ })
})

t.test('--quiet: only findings and the summary', async t => {
  const root = folder(t, { ...SHOP, 'values.yaml': 'a: 1\n' })
  t.match(meshFix(root).stdout, /^skipped/m)
  const { stdout } = meshFix(root, '--quiet')
  t.notMatch(stdout, /^(skipped|[-+@])/m)
  t.match(stdout, /named-service-ports[\s\S]*1 finding in 4 files/)
})

t.test('--reporter-file: the report goes to a file', async t => {
  const root = folder(t, SHOP)
  const run = meshFix(root, '--reporter', 'json', '--reporter-file', 'report.out')
  t.match(run, { status: 1, stdout: '', stderr: '' })
  t.equal(JSON.parse(readFileSync(join(root, 'report.out'), 'utf8')).version, 1)
  t.equal(meshFix(root, '--reporter-file', 'report.out', '--quiet').status, 1)
  t.match(readFileSync(join(root, 'report.out'), 'utf8'), /^shop\/service\.yaml\n {2}7:15 /)
  const unwritable = meshFix(root, '--write', '--reporter-file', 'nowhere/report.out')
  t.match(unwritable, { status: 2, stderr: /^mesh-fix: the report can't be written/ })
  t.match(contents(root), SHOP, 'and then nothing else is written')
})

t.test('--help, --version, and what is wrong with arguments', async t => {
  const root = folder(t, SHOP)
  const run = (...args: readonly string[]) => spawned(root, args)
  t.match(run('--version'), { status: 0, stdout: `${packageJson.version}\n`, stderr: '' })
  const help = run('--help')
  t.match(help, { status: 0, stderr: '', stdout: /^Usage: mesh-fix/ })
  for (const option of [
    '--write',
    '--diff',
    '--dry-run',
    '--unsafe',
    '--no-fix',
    '--root',
    '--profile',
    '--port-style',
  ])
    t.match(help.stdout, option)
  t.match(help.stdout, /Exit codes:/)
  const [, commands = ''] = /^Commands:\n((?: .*\n)+)/m.exec(help.stdout) ?? []
  const names = [...commands.matchAll(/^ {2}([a-z]+) .*\S {2,}\S/gm)].map(([, name = '']) => name)
  t.same(names, ['ignore', 'baseline', 'chart', 'krm', 'verify', 'rule', 'completion'])
  for (const name of names) {
    const own = run(name, '--help')
    t.match(own, { status: 0, stdout: new RegExp(`^Usage: mesh-fix ${name} .*\n\n[A-Z]`) })
    t.notMatch(own.stdout, /^Commands:/m)
    for (const line of own.stdout.split('\n')) t.ok(line.length <= 80, line)
  }
  t.match(run('--wirte'), { status: 2, stdout: '', stderr: /^mesh-fix: unknown option '--wirte'\n.*--write/ })
  t.match(run('--write', '--dry-run'), { status: 2, stderr: /cannot be used with/ })
  t.match(run('--write', '--diff'), { status: 2, stderr: /cannot be used with/ })
  t.match(run('--diff', '--reporter', 'json'), { status: 2, stderr: /cannot be used with/ })
  t.match(run('--reporter', 'xml'), { status: 2, stderr: /text, json/ })
  t.match(run('shop', 'nowhere'), {
    status: 2,
    stdout: '',
    stderr: /^mesh-fix: nowhere: there is no such file/,
  })
  t.match(run('/dev/null'), { status: 2, stderr: /neither a file nor a directory/ })
  t.same(contents(root), SHOP)
})

t.test('where there is nothing to do, it says so', async t => {
  t.match(meshFix(folder(t, {})), { status: 0, stdout: 'no Kubernetes manifests found\n', stderr: '' })
  const other = meshFix(folder(t, { 'package.json': '{}', 'a.txt': '' }))
  t.match(other, { status: 0, stdout: /\nno Kubernetes manifests found in 1 file\n$/ })
  t.match(meshFix(folder(t, SHOP_FIXED)), { status: 0, stdout: 'no findings in 3 files\n' })
})

t.test('the JSON report is as its schema says', async t => {
  const root = folder(t, {
    ...SHOP,
    'list.yaml': `kind: List\napiVersion: v1\nitems:\n- ${service('list', 'name: api\n      port: 8080').trim().replaceAll('\n', '\n  ')}\n- ${deployment('list').trim().replaceAll('\n', '\n  ')}\n`,
    'db.yaml': documents('# nothing\n', UNKNOWN['svc.yaml']),
    'external.yaml':
      'apiVersion: v1\nkind: Service\nmetadata: { name: x, namespace: ns }\nspec: { type: ExternalName, ports: [{ port: 1 }] }\n',
    'odd.yaml': service('odd', '{ name: http, port: 80, appProtocol: smtp }'),
    'quiet.yaml': service('quiet', '{ name: foo, port: 1 }').replace(
      'quiet }',
      'quiet, annotations: { galley.istio.io/analyze-suppress: "*" } }',
    ),
    'weak.yaml': documents(service('weak', '{ name: web, port: 80 }'), ingress('weak', 'web')),
    'values.yaml': 'a: 1\n',
    'broken.yaml': 'a: 1\na: 2\n',
  })
  const report = json(root)
  t.same(Object.keys(report), ['version', 'profile', 'build', 'summary', 'findings', 'patches', 'skipped', 'errors'])
  t.match(report, { version: 1, profile: 'sidecar', build: { mode: 'auto', built: [], unbuilt: [] } })
  t.strictSame(report.summary, {
    files: 11,
    documents: 12,
    resources: 11,
    findings: 6,
    fixed: 0,
    fixable: 2,
    fixableUnsafe: 1,
    refused: 0,
    manual: 3,
    suppressed: 1,
    skippedFiles: 1,
    errors: 1,
    impact: { metadata: 0, routing: 2, restart: 0, newObjects: 0 },
  })
  t.strictSame(report.skipped, [
    { file: 'values.yaml', document: 0, reason: 'no Kubernetes object: it has no apiVersion and kind' },
  ])
  t.match(report.errors, [{ file: 'broken.yaml', line: 2, column: 1, message: /"a" stands twice/ }])
  for (const finding of report.findings) {
    t.match(finding, {
      id: /^[0-9a-f]{16}$/,
      rule: 'named-service-ports',
      check: 'service-port',
      severity: 'warning',
      message: String,
      codes: Array,
      file: /^[a-z/]+\.yaml$/,
      document: Number,
      line: Number,
      column: Number,
      pointer: /^\/spec\/ports\/0/,
      resource: { apiVersion: 'v1', kind: 'Service', name: String },
      fix: { status: /^(available|manual)$/, evidence: Array, candidates: Array, changes: Array, creates: [] },
    })
    t.equal(finding.fix.status === 'available', finding.fix.changes.length > 0)
  }
  const find = (file: string) => report.findings.find((finding: { file: string }) => finding.file === file)
  t.match(find('list.yaml'), { item: 0, document: 0, line: 10, column: 15 })
  t.match(find('list.yaml').fix.changes, [{ file: 'list.yaml', document: 0, item: 0, resource: { name: 'list' } }])
  t.match(find('external.yaml'), {
    codes: ['IST0150', 'KIA0601'],
    resource: { namespace: 'ns' },
    fix: { status: 'manual', reason: String },
  })
  t.match(find('odd.yaml').fix, { status: 'manual', candidates: [{ title: String, changes: [{ patch: Array }] }] })
  t.match(find('weak.yaml').fix, {
    status: 'available',
    safety: 'unsafe',
    impact: 'routing',
    protocol: 'http',
    reason: String,
  })
  t.match(find('shop/service.yaml').fix.evidence, [
    { class: 'definitive', source: String, says: String, file: 'shop/deployment.yaml', line: 10 },
  ])

  t.test('it adds up, and its patches are what --write does', async t => {
    for (const args of [[], ['--unsafe'], ['--write', '--unsafe']]) {
      const before = contents(root)
      const { summary, patches, findings } = json(root, ...args)
      t.equal(summary.findings, findings.length)
      t.equal(
        summary.fixed + summary.fixable + summary.fixableUnsafe + summary.refused + summary.manual,
        summary.findings,
        args.join(' '),
      )
      if (!args.includes('--write')) continue
      t.equal(summary.fixed, 3)
      const after = contents(root)
      for (const { file, document, item, patch } of patches) {
        const at = (text: string | undefined) =>
          parse(text ?? '').documents.find(({ index }) => index === document)?.value ?? null
        const base = item === undefined ? '' : pointer('items', item)
        const operations = patch.map((operation: { path: Pointer }) => ({
          ...operation,
          path: joined(base, operation.path),
        }))
        t.ok(isDeepStrictEqual(patched(at(before[file]), operations), at(after[file])), file)
      }
    }
  })
})

t.test('an id stays the same, from where and in which order ever', async t => {
  const ids = (cwd: string, ...args: readonly string[]) =>
    json(cwd, ...args).findings.map(({ id }: { id: string }) => id)
  const ports = ['{ name: a, port: 1 }', '{ name: b, port: 2 }']
  const root = folder(t, { 'x/s.yaml': service('s', ports.join('\n    - ')) }, { git: true })
  const before = ids(root)
  t.equal(new Set(before).size, 2)
  t.same(ids(join(root, 'x')), before, 'in a sub-directory')
  put(root, { 'x/s.yaml': `# moved\n${service('s', ports.toReversed().join('\n    - '))}` })
  t.same(ids(root).toSorted(), before.toSorted(), 'in another order')
})

t.test('lines are counted in the file as it is when the report is read', async t => {
  const root = folder(t, {
    'a.yaml': documents(
      service('a', '{ port: 8080 }').replace('- { port: 8080 }', '-\n      port: 8080'),
      deployment('a'),
      service('b', '{ name: main, port: 4711 }'),
    ),
  })
  const place = ({ file, line }: { file: string; line: number }) => `${file}:${line}`
  t.same(json(root).findings.map(place), ['a.yaml:8', 'a.yaml:28'])
  t.same(json(root, '--write').findings.map(place), ['a.yaml:8', 'a.yaml:29'], 'a line was put in')
  t.same(json(root).findings.map(place), ['a.yaml:29'])
})
