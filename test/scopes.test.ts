import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  contents,
  deployment,
  type Files,
  folder,
  ingress,
  json,
  meshFix,
  put,
  SHOP,
  SHOP_FIXED,
  service,
} from './program.ts'
import { TOOL_PATH } from './tools.ts'

process.env['PATH'] = TOOL_PATH

const LIST = 'resources: [service.yaml, deployment.yaml, ingress.yaml]\n'
const BASE: Files = { ...SHOP, 'shop/kustomization.yaml': LIST }
/** A port that nothing but a probe tells of. */
const LONELY = '{ name: web, port: 7070, targetPort: 8080 }'
const HTTP_WEB = '{ name: http-web, port: 80, targetPort: 8080 }'

function overlay(...lines: readonly string[]): string {
  return ['resources: [../shop]', ...lines, ''].join('\n')
}

function build(root: string, directory: string): string {
  return execFileSync('kustomize', ['build', join(root, directory)], { encoding: 'utf8' })
}

/** Writes the fixes, and holds the files and what is built against what is expected; the second run changes nothing. */
function fixes(
  t: Test,
  files: Files,
  expected: Files,
  built: Readonly<Record<string, readonly [string, string]>>,
): void {
  const root = folder(t, files)
  const before = Object.fromEntries(Object.keys(built).map(name => [name, build(root, name)]))
  const run = meshFix(root, '--write', '--quiet')
  t.equal(run.status, 0, run.stdout + run.stderr)
  t.strictSame(contents(root), { ...files, ...expected }, 'only these files are changed')
  for (const [name, [old, now]] of Object.entries(built))
    t.equal(build(root, name), before[name]?.replaceAll(old, now), `${name} is changed in what is meant alone`)
  const again = contents(root)
  meshFix(root, '--write', '--quiet')
  t.strictSame(contents(root), again, 'a second run changes nothing')
}

t.test('what a base gives is fixed in the base, for all that are built from it', async t => {
  const files = {
    ...BASE,
    'dev/kustomization.yaml': overlay('namePrefix: dev-', 'namespace: dev'),
    'prod/kustomization.yaml': overlay(
      'namePrefix: eu-',
      'nameSuffix: -eu1',
      'labels: [{ pairs: { team: web }, includeSelectors: true }]',
    ),
  }
  fixes(t, files, SHOP_FIXED, { dev: ['name: web', 'name: http-web'], prod: ['name: web', 'name: http-web'] })

  const report = json(folder(t, files))
  t.strictSame(
    report.findings.map((finding: { file: string; scopes: string[] }) => [finding.file, finding.scopes]),
    [['shop/service.yaml', ['dev', 'prod']]],
    'it is found once, in both',
  )
  t.match(report.build, { mode: 'auto', tool: /^kustomize v/, built: ['dev', 'prod'], unbuilt: [] })
})

t.test('a patch that gives the old name is changed, whatever its form', async t => {
  const strategic = (name: string): string => `apiVersion: v1
kind: Service
metadata:
  name: shop
spec:
  ports:
    # as the old load balancer called it
    - port: 80
      name: ${name}
`
  const inline = (name: string): string =>
    overlay(
      'patches:',
      '  - target: { kind: Service }',
      '    patch: |-',
      '      # by its place',
      '      - op: replace',
      '        path: /spec/ports/0/name',
      `        value: ${name}`,
    )
  const json6902 = (name: string): string => `[{ "op": "replace", "path": "/spec/ports/0/name", "value": "${name}" }]\n`
  const base = { ...BASE, 'shop/service.yaml': service('shop', '{ name: http, port: 80, targetPort: 8080 }') }
  const ways: readonly (readonly [string, (name: string) => Files])[] = [
    [
      'a strategic merge patch in a file',
      name => ({
        'dev/kustomization.yaml': overlay('patches: [{ path: port.yaml }]'),
        'dev/port.yaml': strategic(name),
      }),
    ],
    ['a JSON patch in the kustomization', name => ({ 'dev/kustomization.yaml': inline(name) })],
    [
      'a JSON patch in a file',
      name => ({
        'dev/kustomization.yaml': overlay('patches: [{ path: port.json, target: { kind: Service, name: shop } }]'),
        'dev/port.json': json6902(name),
      }),
    ],
    [
      'a JSON patch of the old field',
      name => ({
        'dev/kustomization.yaml': overlay(
          'patchesJson6902: [{ path: port.json, target: { version: v1, kind: Service, name: shop } }]',
        ),
        'dev/port.json': json6902(name),
      }),
    ],
  ]
  for (const [what, files] of ways) {
    await t.test(what, async t => {
      fixes(
        t,
        { ...base, ...files('web') },
        { ...files('http-web'), 'shop/ingress.yaml': ingress('shop', 'http-web') },
        { dev: ['name: web', 'name: http-web'] },
      )
    })
  }
})

t.test('a rename follows the references through patches and replacements', async t => {
  const replaced = (name: string): Files => ({
    ...BASE,
    'shop/service.yaml': service('shop', `{ name: ${name}, port: 80, targetPort: 8080 }`),
    'shop/ingress.yaml': ingress('shop', 'filled-in'),
    'shop/kustomization.yaml': `${LIST}replacements:
  - source: { kind: Service, name: shop, fieldPath: spec.ports.0.name }
    targets:
      - select: { kind: Ingress }
        fieldPaths: [spec.defaultBackend.service.port.name]
`,
  })
  await t.test('a replacement takes the new name along', async t => {
    fixes(t, replaced('web'), replaced('http-web'), { shop: ['name: web', 'name: http-web'] })
  })
  await t.test('a patch that names the port', async t => {
    const patched = (name: string): Files => ({
      ...BASE,
      'shop/service.yaml': service('shop', `{ name: ${name}, port: 80, targetPort: 8080 }`),
      'shop/ingress.yaml': ingress('shop', 'placeholder'),
      'dev/kustomization.yaml': overlay('patches: [{ path: ingress.yaml }]'),
      'dev/ingress.yaml': ingress('shop', name),
    })
    fixes(t, patched('web'), patched('http-web'), { dev: ['name: web', 'name: http-web'] })
  })
})

t.test('what is right in one environment only is refused, and says where it would be right', async t => {
  const files = {
    ...BASE,
    'shop/ingress.yaml': ingress('other', 'web'),
    'dev/kustomization.yaml': overlay(),
    // Here the port carries what no probe tells.
    'prod/kustomization.yaml': overlay(
      'patches:',
      '  - target: { kind: Deployment }',
      '    patch: |-',
      '      - op: remove',
      '        path: /spec/template/spec/containers/0/readinessProbe',
    ),
  }
  const root = folder(t, files)
  const run = meshFix(root, '--write', '--quiet')
  t.equal(run.status, 1)
  t.match(run.stdout, /refused: rename port 80 from "web" to "http-web"/)
  t.match(run.stdout, /what prod builds would change/)
  t.match(run.stdout, /mesh-fix --component DIR dev/)
  t.strictSame(contents(root), files, 'nothing is written')
})

t.test('a new object goes beside its workload in the base, for all that are built from it', async t => {
  const worker = deployment('worker').replace(/ {10}readinessProbe.*\n/, '')
  const files = {
    'jobs/worker.yaml': worker.replace('  template:', '  selector: { matchLabels: { app: worker } }\n  template:'),
    'jobs/kustomization.yaml': 'resources:\n  - worker.yaml\n',
    'dev/kustomization.yaml': 'resources: [../jobs]\nnamePrefix: dev-\nnamespace: dev\n',
    'eu/kustomization.yaml': 'resources: [../jobs]\nnameSuffix: -eu\n',
    'us/kustomization.yaml': 'resources: [../jobs]\nnameSuffix: -us\n',
  }
  const root = folder(t, files)
  const run = meshFix(root, '--write', '--unsafe=service-association', '--only', 'service-association')
  t.match(run.stdout + run.stderr, /fixed/)
  t.match(contents(root)['jobs/worker-service.yaml'] ?? '', /metadata:\n {2}name: worker\n/)
  t.equal(contents(root)['jobs/kustomization.yaml'], 'resources:\n  - worker.yaml\n  - worker-service.yaml\n')
  t.match(build(root, 'dev'), /kind: Service\nmetadata:\n {2}name: dev-worker\n {2}namespace: dev\n/)
  for (const place of ['eu', 'us'])
    t.match(build(root, place), new RegExp(`kind: Service\nmetadata:\n {2}name: worker-${place}\n`))
})

t.test('what one kustomization builds is closed', async t => {
  const files = {
    'one/kustomization.yaml': 'resources: [service.yaml]\n',
    'one/service.yaml': service('shop', LONELY),
    // Not built: the Service inside doesn't select it.
    'one/deployment.yaml': deployment('shop'),
  }
  const root = folder(t, files)
  t.equal(json(root).findings[0].fix.safety, 'unsafe', 'its probe says nothing of the Service')
  t.equal(json(root, '--build', 'never').findings[0].fix.safety, 'safe')
})

t.test('references count across what is built', async t => {
  const files = {
    ...BASE,
    'shop/kustomization.yaml': 'resources: [service.yaml, deployment.yaml]\n',
    'edge/kustomization.yaml': 'resources: [ingress.yaml]\n',
    'edge/ingress.yaml': ingress('shop', 'web'),
    'shop/ingress.yaml': '',
  }
  const root = folder(t, files)
  meshFix(root, '--write', '--quiet')
  t.equal(contents(root)['shop/service.yaml'], service('shop', HTTP_WEB))
  t.equal(contents(root)['edge/ingress.yaml'], ingress('shop', 'http-web'))
})

t.test('what can’t be built is looked at in its sources, and said', async t => {
  const remote = { ...BASE, 'dev/kustomization.yaml': 'resources: [../shop, "https://example.com/base?ref=v1"]\n' }
  const root = folder(t, remote)
  const run = meshFix(root)
  t.match(run.stdout, /not built: dev: dev\/kustomization\.yaml: "https:\/\/example\.com\/base\?ref=v1" is remote/)
  t.match(run.stdout, /fix \(safe, routing\): rename port 80 from "web" to "http-web"/)

  const broken = folder(t, { ...BASE, 'dev/kustomization.yaml': 'resources: [../shop, missing.yaml]\n' })
  t.match(json(broken).build.unbuilt, [{ name: 'dev', reason: /missing\.yaml/ }])
  t.equal(meshFix(broken, '--write', '--quiet').status, 0)
  t.match(contents(broken), SHOP_FIXED)
})

t.test('a field that an unbuilt root’s patch may set is not touched', async t => {
  const files = {
    ...BASE,
    'dev/kustomization.yaml': overlay('components: [missing]', 'patches: [{ path: port.yaml }]'),
    'dev/port.yaml': service('shop', '{ name: web, port: 80 }'),
  }
  const root = folder(t, files)
  meshFix(root, '--write', '--quiet', '--port-style', 'name')
  t.strictSame(contents(root), files)
})

t.test('without a kustomize', async t => {
  const root = folder(t, BASE)
  const empty = folder(t, {})
  mkdirSync(join(empty, 'bin'))
  symlinkSync(process.execPath, join(empty, 'bin/node'))
  symlinkSync('/usr/bin/env', join(empty, 'bin/env'))
  const path = process.env['PATH']
  process.env['PATH'] = join(empty, 'bin')
  t.teardown(() => {
    process.env['PATH'] = path
  })
  const always = meshFix(root, '--build', 'always')
  const auto = meshFix(root)
  process.env['PATH'] = path
  t.equal(always.status, 2)
  t.match(always.stderr, /neither kustomize nor kubectl to build with; install kustomize/)
  t.match(auto.stdout, /not built: shop: there is neither kustomize nor kubectl on PATH/)
})

t.test('scopes are shown, and can be configured', async t => {
  const root = folder(
    t,
    {
      ...BASE,
      'dev/kustomization.yaml': overlay(),
      'plain/a/service.yaml': service('shop', LONELY),
      'plain/b/deployment.yaml': deployment('shop'),
      'other/pod.yaml': deployment('other'),
      'mesh-fix.config.yaml':
        'scopes:\n  - { name: front, paths: [plain/a/] }\n  - { name: back, paths: [plain/b/] }\n',
    },
    { git: true },
  )
  t.equal(
    meshFix(root, '--print-scopes').stdout,
    `dev: what its kustomization builds
  shop/deployment.yaml
  shop/ingress.yaml
  shop/service.yaml
front: a scope of the configuration
  plain/a/service.yaml
back: a scope of the configuration
  plain/b/deployment.yaml
no kustomization: selectors look in the file, its directory, then around it
  other/pod.yaml
`,
  )
  t.equal(json(root, 'plain').findings[0].fix.safety, 'unsafe', 'the other scope’s probe says nothing')
})

t.test('paths limit what is built and written', async t => {
  const root = folder(
    t,
    {
      ...BASE,
      'dev/kustomization.yaml': overlay(),
      'else/kustomization.yaml': 'resources: [missing]\n',
    },
    { git: true },
  )
  t.same(json(root, 'shop').build.unbuilt, [], 'what the paths don’t hold is not built')
  t.equal(json(root, 'shop').findings.length, 1)
  t.equal(json(root, 'dev').findings.length, 0)
  const before = contents(root)
  meshFix(root, '--write', '--quiet', 'shop/service.yaml')
  t.strictSame(contents(root), before, 'the Ingress would have to change, too')
})

t.test('what no file here holds is told at the kustomization, and left to a Component', async t => {
  const root = folder(t, { ...BASE, 'dev/kustomization.yaml': overlay('namePrefix: dev-') })
  // Outside of git the root is the paths' directory, and the base is not in it.
  const report = json(join(root, 'dev'))
  t.match(report.findings, [
    {
      file: 'kustomization.yaml',
      resource: { kind: 'Service', name: 'dev-shop' },
      fix: {
        status: 'refused',
        by: 'build',
        reason: /no file here holds; for a build alone: mesh-fix --component DIR \.$/,
      },
    },
  ])
  meshFix(join(root, 'dev'), '--write', '--quiet')
  t.equal(contents(root)['shop/service.yaml'], SHOP['shop/service.yaml'])
})

t.test('what is remote is built where that is allowed, and fixed by a Component', async t => {
  const upstream = folder(
    t,
    { 'base/kustomization.yaml': 'resources: [service.yaml]\n', 'base/service.yaml': SHOP['shop/service.yaml'] ?? '' },
    { git: true },
  )
  const git = (...args: readonly string[]): void => {
    execFileSync('git', ['-c', 'user.name=shop', '-c', 'user.email=shop@example.com', ...args], { cwd: upstream })
  }
  git('add', '--all')
  git('commit', '--quiet', '--message', 'base')
  git('branch', '--force', 'stable')
  const listed = `resources: ["file://${upstream}//base?ref=stable", deployment.yaml]\n`
  const root = folder(t, {
    'app/kustomization.yaml': listed,
    'app/deployment.yaml': SHOP['shop/deployment.yaml'] ?? '',
  })
  t.match(json(root, 'app').build.unbuilt, [
    { name: '.', reason: /is remote, and mesh-fix fetches nothing without --allow-remote/ },
  ])
  t.match(json(root, '--allow-remote', 'app').findings, [
    { file: 'app/kustomization.yaml', fix: { status: 'refused', reason: /mesh-fix --component DIR \.$/ } },
  ])
  t.equal(meshFix(root, '--component', 'fixed', 'app', '--allow-remote', '--quiet').status, 0)
  put(root, { 'app/kustomization.yaml': `${listed}components: [../fixed]\n` })
  const run = meshFix(root, 'verify', 'fixed')
  t.equal(run.status, 0, run.stdout + run.stderr)
  t.match(build(root, 'app'), /name: http-web/)
})

t.test('what changed, in builds', async t => {
  const git = (...args: readonly string[]): void => {
    execFileSync('git', ['-c', 'user.name=shop', '-c', 'user.email=shop@example.com', ...args], { cwd: root })
  }
  const root = folder(t, { ...BASE, 'dev/kustomization.yaml': overlay('namePrefix: dev-') }, { git: true })
  git('add', '--all')
  git('commit', '--quiet', '--message', 'shop')
  t.same(json(root, '--changed').findings, [], 'what was there before is not told')

  put(root, {
    'dev/kustomization.yaml': overlay('namePrefix: dev-', 'patches: [{ path: port.yaml }]'),
    'dev/port.yaml':
      'apiVersion: v1\nkind: Service\nmetadata: { name: shop }\nspec:\n  ports:\n    - { port: 80, name: main }\n',
  })
  const changed = json(root, '--changed')
  t.match(changed.findings, [{ file: 'dev/port.yaml', scopes: ['dev'] }], 'a new patch is')
  t.equal(json(root, '--staged').findings.length, 0, 'the index has not changed')
  git('add', '--all')
  t.match(json(root, '--staged').findings, [{ file: 'dev/port.yaml' }])
  put(root, { 'dev/port.yaml': 'no longer a patch' })
  t.match(json(root, '--staged').findings, [{ file: 'dev/port.yaml' }], 'the index is what is built')
})

t.test('a fix that belongs into a file outside the paths is refused', async t => {
  const root = folder(
    t,
    {
      ...BASE,
      'dev/kustomization.yaml': overlay('patches: [{ path: port.yaml }]'),
      'dev/port.yaml':
        'apiVersion: v1\nkind: Service\nmetadata: { name: shop }\nspec:\n  ports:\n    - { port: 80, name: web }\n',
      'shop/service.yaml': service('shop', '{ name: http, port: 80, targetPort: 8080 }'),
    },
    { git: true },
  )
  const before = contents(root)
  const run = meshFix(root, '--write', '--quiet', 'shop')
  t.match(run.stdout, /it would have to change dev\/port\.yaml, which is outside the paths given/)
  t.strictSame(contents(root), before)
})

t.test('of two places that give a name, the one that counts is changed', async t => {
  const patch = (name: string): Files => ({
    'dev/kustomization.yaml': overlay('patches: [{ path: port.yaml }]'),
    'dev/port.yaml': `apiVersion: v1\nkind: Service\nmetadata: { name: shop }\nspec:\n  ports:\n    - { port: 80, name: ${name} }\n`,
  })
  const files = { ...BASE, ...patch('web') }
  const expected = { ...patch('http-web'), 'shop/ingress.yaml': ingress('shop', 'http-web') }
  fixes(t, files, expected, { dev: ['name: web', 'name: http-web'] })
})
