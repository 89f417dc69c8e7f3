import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { listAt, stringAt } from '../src/read/json.ts'
import { parse } from '../src/read/yaml.ts'
import {
  contents,
  deployment,
  documents,
  type Files,
  folder,
  ingress,
  meshFix,
  PROGRAM,
  put,
  SHOP,
  SHOP_FIXED,
  service,
} from './program.ts'
import { TOOL_PATH, tool } from './tools.ts'

process.env['PATH'] = TOOL_PATH

const LISTED = ['service.yaml', 'deployment.yaml', 'ingress.yaml']

/** A kustomization of the small application, with more lines of its own. */
function base(...lines: readonly string[]): Files {
  return { ...SHOP, 'shop/kustomization.yaml': [`resources: [${LISTED.join(', ')}]`, ...lines, ''].join('\n') }
}

function build(root: string, directory: string): string {
  return execFileSync('kustomize', ['build', join(root, directory)], { encoding: 'utf8' })
}

/** Runs the program, which must succeed, and verifies what it wrote. */
function write(t: Test, root: string, directory: string, ...args: readonly string[]): void {
  const run = meshFix(root, ...args, '--quiet')
  t.equal(run.status, 0, run.stderr)
  verify(t, root, directory)
}

function verify(t: Test, root: string, directory: string): void {
  const run = meshFix(root, 'verify', directory)
  t.equal(run.status, 0, run.stdout + run.stderr)
  t.match(run.stdout, /holds in .*kustomize v/)
}

/** Runs the program, which must refuse and write nothing. */
function refuses(t: Test, files: Files, args: readonly string[], reason: RegExp): void {
  const root = folder(t, files)
  const before = contents(root)
  const run = meshFix(root, ...args)
  t.equal(run.status, 2, `${args.join(' ')}: ${run.stderr}`)
  t.match(run.stderr, reason)
  t.strictSame(contents(root), before, 'nothing is written')
}

t.test('an overlay does to a base what --write does to its sources', async t => {
  const root = folder(t, base('namePrefix: dev-', 'namespace: dev', 'labels: [{ pairs: { team: shop } }]'))
  write(t, root, 'fixed', '--overlay', 'fixed', 'shop')
  t.match(contents(root), SHOP, 'the sources stay')
  const text = readFileSync(join(root, 'fixed/kustomization.yaml'), 'utf8')
  t.match(text, 'target: {group: "^$", version: "^v1$", kind: "^Service$", name: "^dev-shop$", namespace: "^dev$"}')
  t.match(text, '{"op": "test", "path": "/spec/ports/0/name", "value": "web"}')
  t.match(text, '{"op": "replace", "path": "/spec/ports/0/name", "value": "http-web"}')

  const overlaid = build(root, 'fixed')
  put(root, SHOP_FIXED)
  t.equal(overlaid, build(root, 'shop'))
})

t.test('the same input gives the same bytes, and a directory of its own is updated', async t => {
  const root = folder(t, base())
  write(t, root, 'fixed', '--overlay', 'fixed', 'shop')
  const before = contents(root)
  write(t, root, 'fixed', '--overlay', 'fixed', 'shop')
  t.strictSame(contents(root), before)

  put(root, { 'shop/service.yaml': service('shop', '{ name: http-web, port: 80, targetPort: 8080 }') })
  put(root, { 'shop/ingress.yaml': ingress('shop', 'http-web') })
  write(t, root, 'fixed', '--overlay', 'fixed', 'shop')
  t.notMatch(readFileSync(join(root, 'fixed/kustomization.yaml'), 'utf8'), /^patches/m, 'no list without patches')
})

t.test('a target is one object: names are no patterns, and no namespace is a namespace', async t => {
  const twice = ['shop.v1', 'shopxv1'].map(name => service(name, '{ name: web, port: 80, targetPort: 8080 }'))
  const elsewhere = service('shop.v1', '{ name: http, port: 80 }').replace('shop.v1 }', 'shop.v1, namespace: other }')
  const knative = 'apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: shop.v1 }\n'
  const root = folder(t, {
    'all.yaml': documents(...twice, elsewhere, knative, deployment('shop.v1'), deployment('shopxv1')),
    'kustomization.yaml': 'resources: [all.yaml]\n',
  })
  write(t, root, '../fixed', '--overlay', '../fixed', '.')
  t.teardown(() => rmSync(join(root, '../fixed'), { recursive: true }))
  const names = listAt(
    parse(readFileSync(join(root, '../fixed/kustomization.yaml'), 'utf8')).documents[0]?.value,
    'patches',
  )
  t.strictSame(
    names.map(patch => stringAt(patch, 'target', 'name')),
    ['^shop\\.v1$', '^shopxv1$'],
  )
})

t.test('lists stay whole: ports of two protocols, and containers of kinds that kustomize does not know', async t => {
  const ports = '{ name: dns, port: 5353, protocol: UDP }\n    - { name: web, port: 5353, targetPort: 8080 }'
  const rollout = deployment('shop').replace('apps/v1', 'argoproj.io/v1alpha1').replace('Deployment', 'Rollout')
  const sidecar = '        - { name: sidecar, image: shop/sidecar }\n'
  const root = folder(t, {
    'app/all.yaml': documents(service('shop', ports), rollout.replace(', version: v1', '') + sidecar),
    'app/kustomization.yaml': 'resources: [all.yaml]\n',
  })
  write(t, root, 'fixed', '--overlay', 'fixed', 'app', '--unsafe')
  const built = build(root, 'fixed')
  t.match(built, /- name: dns\n {4}port: 5353\n {4}protocol: UDP\n {2}- name: http-web\n {4}port: 5353/)
  t.match(built, 'image: shop/sidecar')
})

t.test('labels are called after the source, and words that YAML 1.1 reads otherwise stay words', async t => {
  const bare = (name: string): string =>
    deployment('shop')
      .replace('name: shop }', `name: "${name}" }`)
      .replace('labels: { app: shop, version: v1 }', 'labels: { tier: web }')
  const words = ['on', 'y', 'no', '010', '1e3', '0o17']
  const root = folder(t, {
    'app/all.yaml': documents(...words.map(bare)),
    'app/kustomization.yaml': 'resources: [all.yaml]\nnamePrefix: dev-\n',
  })
  write(t, root, 'fixed', '--overlay', 'fixed', 'app', '--unsafe', '--skip', 'service-association')
  const built = parse(build(root, 'fixed')).documents.map(({ value }) =>
    stringAt(value, 'spec', 'template', 'metadata', 'labels', 'app'),
  )
  t.strictSame(built.toSorted(), words.toSorted())
  write(t, root, 'comp', '--overlay', 'comp', 'app', '--unsafe', '--skip', 'service-association')
})

t.test('a plain directory gets a kustomization that lists its files', async t => {
  const definition = 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: a.b }\n'
  const root = folder(t, { ...SHOP, 'shop/crd.yaml': definition, 'shop/template.yaml': 'kind: {{ .kind }}\n' })
  write(t, root, 'shop', '--overlay', 'shop', 'shop')
  const { documents: written } = parse(readFileSync(join(root, 'shop/kustomization.yaml'), 'utf8'))
  t.strictSame(listAt(written[0]?.value, 'resources'), ['crd.yaml', 'deployment.yaml', 'ingress.yaml', 'service.yaml'])
  t.match(build(root, 'shop'), 'name: http-web')
  const before = contents(root)
  write(t, root, 'shop', '--overlay', 'shop', 'shop')
  t.strictSame(contents(root), before)
})

t.test('new objects are files', async t => {
  const root = folder(t, {
    'shop/deployment.yaml': deployment('shop').replace('spec:', 'spec:\n  selector: { matchLabels: { app: shop } }'),
  })
  write(t, root, 'shop', '--overlay', 'shop', 'shop', '--unsafe')
  t.match(readFileSync(join(root, 'shop/shop-service.yaml'), 'utf8'), 'kind: Service')
  const before = contents(root)
  write(t, root, 'shop', '--overlay', 'shop', 'shop', '--unsafe')
  t.strictSame(contents(root), before, 'what is its own is no source')
  write(t, root, 'shop', '--overlay', 'shop', 'shop')
  t.notOk('shop/shop-service.yaml' in contents(root), 'and goes when nothing needs it')
})

t.test('a new object is what the sources would give', async t => {
  const unserved = deployment('shop').replace('spec:', 'spec:\n  selector: { matchLabels: { app: shop } }')
  const files = (...lines: readonly string[]): Files => ({
    'base/deployment.yaml': unserved,
    'base/kustomization.yaml': 'resources: [deployment.yaml]\ncommonLabels: { team: shop }\n',
    'env/kustomization.yaml': [
      'resources: [../base]',
      'namespace: dev',
      'commonAnnotations: { a: b }',
      ...lines,
      '',
    ].join('\n'),
  })
  const sources = folder(t, files('namePrefix: dev-'))
  t.equal(meshFix(sources, '--write', '--unsafe').status, 0)

  const root = folder(t, files('namePrefix: dev-'))
  write(t, root, 'fixed', '--overlay', 'fixed', 'env', '--unsafe')
  t.equal(build(root, 'fixed'), build(sources, 'env'))

  const listing = folder(t, files(), { git: true })
  t.equal(meshFix(listing, '--component', 'fixed', 'env', '--unsafe').status, 0)
  put(listing, files('components: [../fixed]'))
  verify(t, listing, 'fixed')
  t.equal(
    build(listing, 'env'),
    build(sources, 'env').replace('name: dev-shop', 'name: shop').replaceAll('name: dev-shop', 'name: shop'),
  )
})

t.test('one Component fixes all environments that list it', async t => {
  const environment = (name: string): string =>
    `resources: [../../shop]\nnamePrefix: ${name}-\nnamespace: ${name}\nlabels: [{ pairs: { env: ${name} }, includeTemplates: true }]\n`
  const root = folder(
    t,
    {
      ...base(),
      'shop/deployment.yaml': documents(deployment('shop'), deployment('work').replace('app: work', 'tier: work')),
      'env/dev/kustomization.yaml': environment('dev'),
      'env/prod/kustomization.yaml': environment('prod'),
    },
    { git: true },
  )
  const run = meshFix(root, '--component', 'fixed', 'env/dev', '--unsafe', '--skip', 'service-association', '--quiet')
  t.equal(run.status, 0, run.stderr)
  t.match(run.stderr, 'list it in env/dev/kustomization.yaml, last under "components:": - ../../fixed')
  const alone = meshFix(root, 'verify', 'fixed')
  t.equal(alone.status, 1)
  t.match(alone.stdout, 'no kustomization lists the Component fixed')

  for (const name of ['dev', 'prod'])
    put(root, { [`env/${name}/kustomization.yaml`]: `${environment(name)}components: [../../fixed]\n` })
  const both = meshFix(root, 'verify', 'fixed')
  t.equal(both.status, 0, both.stdout)
  t.match(both.stdout, 'holds in env/dev, env/prod')
  const before = contents(root)
  write(t, root, 'fixed', '--component', 'fixed', 'env/prod', '--unsafe', '--skip', 'service-association')
  t.strictSame(Object.keys(contents(root)), Object.keys(before))
  t.match(build(root, 'env/prod'), /app: work\n +env: prod/, 'the label is called after the source')
})

t.test('what can not be, or would go wrong, is refused', async t => {
  const job = 'apiVersion: batch/v1\nkind: Job\nmetadata: { generateName: a- }\n'
  refuses(t, { 'a/job.yaml': job }, ['--overlay', 'a', 'a'], /a\/job\.yaml: the Job has a generateName/)
  refuses(
    t,
    { 'a/job.yaml': job, 'a/kustomization.yaml': 'resources: [job.yaml]' },
    ['--overlay', 'b', 'a'],
    /it takes no generateName/,
  )
  const one = service('shop', '{ port: 80 }')
  refuses(
    t,
    { 'a/a.yaml': one, 'a/b.yaml': one },
    ['--overlay', 'a', 'a'],
    /Service shop is in a\/a\.yaml and in a\/b\.yaml/,
  )
  refuses(t, { 'a/a.yaml': one }, ['--overlay', 'b', 'a'], /a\/a\.yaml is not in or below b/)
  refuses(t, { 'a/a.yaml': one }, ['--component', 'b', 'a'], /no kustomization in a could list a Component/)
  refuses(t, { 'a/x.txt': '' }, ['--overlay', 'a', 'a'], /a holds no Kubernetes manifests/)
  refuses(t, base(), ['--overlay', 'shop/fixed', 'shop'], /shop\/fixed is in shop, which it would be built from/)
  refuses(t, base(), ['--component', '.', 'shop'], /shop is in \.: kustomize takes that for a cycle/)
  refuses(t, base(), ['--overlay', 'b', 'shop', 'shop'], /take one PATH/)
  refuses(t, base(), ['--overlay', 'b', 'shop/service.yaml'], /neither a kustomization nor a directory/)
  for (const option of ['--write', '--diff', '--dry-run', '--no-fix', '--component=c'])
    refuses(t, base(), ['--overlay', 'b', 'shop', option], /cannot be used with/)
  const roots = {
    ...base(),
    'a/kustomization.yaml': 'resources: [../shop]',
    'b/kustomization.yaml': 'resources: [../shop]',
  }
  refuses(t, roots, ['--overlay', '../b', '.'], /\. holds 2 kustomizations; name one of them: a, b/)
  refuses(t, { 'a/kustomization.yaml': 'kind: Component' }, ['--overlay', 'b', 'a'], /a is a Component/)
  refuses(
    t,
    { ...base(), 'b/kustomization.yaml': 'resources: [../shop]' },
    ['--overlay', 'b', 'shop'],
    /mesh-fix did not write it; --force/,
  )

  for (const remote of [
    'https://example.com/a.yaml',
    'github.com/example/shop?ref=v1',
    'git@github.com:example/shop.git',
    'git::https://example.com/shop',
  ])
    refuses(t, base(`components: ["${remote}"]`), ['--overlay', 'b', 'shop'], /is remote, and mesh-fix fetches nothing/)
  refuses(t, base('helmCharts: [{ name: a, repo: https://example.com }]'), ['--overlay', 'b', 'shop'], /needs a chart/)
  refuses(
    t,
    {
      'a/kustomization.yaml': 'resources: [../shop]\n',
      ...base('configMapGenerator: [{ name: a, files: [a=https://example.com] }]'),
    },
    ['--overlay', 'b', 'a'],
    /shop\/kustomization\.yaml: "https:\/\/example\.com" is remote/,
  )
  const unserved = deployment('shop').replace('spec:', 'spec:\n  selector: { matchLabels: { app: shop } }')
  refuses(
    t,
    { 'a/a.yaml': unserved, 'a/kustomization.yaml': 'resources: [a.yaml]\nnamePrefix: dev-\n' },
    ['--component', 'b', 'a', '--unsafe'],
    /would rename the new Service dev-shop with its "dev-"/,
  )
  refuses(
    t,
    base(
      `patches: [{ target: { kind: Service }, patch: '[{"op": "add", "path": "/spec/ports/-", "value": {"name": "more", "port": 81, "targetPort": 8080}}]' }]`,
    ),
    ['--component', 'b', 'shop'],
    /is made by shop\/kustomization\.yaml itself, after its Components; use --overlay/,
  )
})

t.test('--force overwrites what is there', async t => {
  const root = folder(t, { ...base(), 'b/kustomization.yml': 'resources: [../shop]' })
  write(t, root, 'b', '--overlay', 'b', 'shop', '--force')
  t.strictSame(
    Object.keys(contents(root)).filter(path => path.startsWith('b/')),
    ['b/kustomization.yml'],
  )
})

t.test('without kustomize and kubectl there is no build', async t => {
  const without = (cwd: string, ...args: readonly string[]) =>
    tool(cwd, process.execPath, [PROGRAM, ...args], { env: { PATH: '' } })
  const root = folder(t, base())
  const run = without(root, '--overlay', 'b', 'shop')
  t.equal(run.status, 2)
  t.match(run.stderr, /neither kustomize nor kubectl.*install kustomize \(https:/)

  const plain = folder(t, SHOP)
  const other = without(plain, '--overlay', 'shop', 'shop')
  t.equal(other.status, 0, other.stderr)
  t.match(other.stderr, 'not proven: there is no kustomize')
  verify(t, plain, 'shop')
})

t.test('what is left decides on the exit code', async t => {
  const root = folder(t, {
    'a/a.yaml': service('db', '{ name: main, port: 4711 }'),
    'a/kustomization.yaml': 'resources: [a.yaml]',
  })
  t.equal(meshFix(root, '--overlay', 'b', 'a').status, 1)
  t.equal(meshFix(root, '--overlay', 'b', 'a', '--fail-on', 'error').status, 0)
  t.equal(meshFix(root, '--overlay', 'b', 'a', '--exit-zero').status, 0)
})

t.test('verify fails when a build is not what the fixes promise', async t => {
  const root = folder(t, base())
  write(t, root, 'fixed', '--overlay', 'fixed', 'shop')
  const right = contents(root)
  const path = 'fixed/kustomization.yaml'
  const fails = (files: Files, reason: RegExp, change: (text: string) => string = text => text): void => {
    const root = folder(t, { ...right, ...files, [path]: change(right[path] ?? '') })
    const run = meshFix(root, 'verify', 'fixed')
    t.equal(run.status, 1, run.stdout + run.stderr)
    t.match(run.stdout, reason)
    t.match(run.stdout, /fixed does not hold; kustomize v/)
  }
  fails({ 'shop/service.yaml': service('shop', '{ name: main, port: 80, targetPort: 8080 }') }, /test failed/)
  const renamed = service('store', '{ name: web, port: 80, targetPort: 8080 }').replace('app: store', 'app: shop')
  fails({ 'shop/service.yaml': renamed }, /hits no object|test failed/)
  fails({}, /the patch of .*"\^shopp\$".* hits no object/, text => text.replace('"^shop$"', '"^shopp$"'))
  const wide = `patches: [{ target: { name: shop }, patch: '[{"op": "test", "path": "/metadata/name", "value": "shop"}]' }]\n`
  fails({}, /hits Deployment shop, Service shop|hits Service shop, /, text => text.replace(/^patches:[\s\S]*/m, wide))
  fails({}, /Service shop: \/spec\/ports\/0\/name is "http", and the fixes make it "http-web"/, text =>
    text.replaceAll('"http-web"', '"http"'),
  )
  fails({}, /Service shop: \/metadata\/annotations is \{"a":"b"\}, and the fixes make it absent/, text =>
    text.replace('\npatches:', '\ncommonAnnotations: {a: b}\npatches:'),
  )
  const more = documents(
    service('shop', '{ name: web, port: 80, targetPort: 8080 }'),
    service('more', '{ name: web, port: 80, targetPort: 8080 }').replace('app: more', 'app: shop'),
  )
  fails({ 'shop/service.yaml': more }, /Service more: /)

  t.equal(meshFix(root, 'verify', 'shop').status, 2)
  t.match(meshFix(root, 'verify', 'shop').stderr, 'shop holds no kustomization that mesh-fix wrote')
})

t.test('verify goes by the options that it was written with', async t => {
  const root = folder(t, {
    'a/a.yaml': documents(service('a', '{ name: web, port: 80 }'), ingress('a', 'web')),
    'a/kustomization.yaml': 'resources: [a.yaml]\n',
  })
  t.equal(meshFix(root, '--overlay', 'b', 'a', '--quiet').status, 1, 'the evidence is weak')
  verify(t, root, 'b')
  write(t, root, 'b', '--overlay', 'b', 'a', '--unsafe=named-service-ports', '--port-style', 'appProtocol')
  t.match(build(root, 'b'), 'appProtocol: http')
})

t.test('what refers to it from elsewhere in the repository is not broken in silence', async t => {
  const { 'shop/ingress.yaml': _, ...listed } = base()
  const files = {
    ...listed,
    'shop/kustomization.yaml': 'resources: [service.yaml, deployment.yaml]\n',
    'edge/ingress.yaml': ingress('shop', 'web'),
    'edge/kustomization.yaml': 'resources: [ingress.yaml]\n',
  }
  const root = folder(t, files, { git: true })
  const run = meshFix(root, '--overlay', 'fixed', 'shop')
  t.match(run.stdout, /it would have to change edge\/ingress\.yaml too, which is outside the paths given/)
  t.notMatch(contents(root)['fixed/kustomization.yaml'] ?? '', 'http-web')

  const own = folder(
    t,
    {
      ...files,
      'edge/service.yaml': SHOP['shop/service.yaml'] ?? '',
      'edge/kustomization.yaml': 'resources: [ingress.yaml, service.yaml]\n',
    },
    { git: true },
  )
  write(t, own, 'fixed', '--overlay', 'fixed', 'shop')
  t.match(
    contents(own)['fixed/kustomization.yaml'],
    /"http-web"/,
    'another scope’s Ingress means the Service beside it',
  )
})
