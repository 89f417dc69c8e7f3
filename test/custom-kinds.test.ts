import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { check, fix } from '../src/index.ts'
import { contents, documents, type Files, folder, json, meshFix, PROGRAM, put } from './program.ts'
import { missing, TOOL_PATH, tool } from './tools.ts'

process.env['PATH'] = TOOL_PATH

const TEMPLATES = 'podTemplates: [{ group: queues.shop.example, kind: Worker, path: /spec/pods }]\n'
const PLACES = '{ group: routes.shop.example, kind: Backend, service: /spec/targets/*/svc, port: /spec/targets/*/word }'
const CONFIG = `${TEMPLATES}portReferences: [${PLACES}]\n`

const service = (port: string) => `apiVersion: v1
kind: Service
metadata: { name: catalog }
spec:
  selector: { app: catalog }
  ports:
    - name: ${port}
      port: 8081
`

/** Its probe says that the port carries HTTP, and its pods want a label. */
const worker = (labels: string) => `apiVersion: queues.shop.example/v1
kind: Worker
metadata: { name: catalog-v2 }
spec:
  pods:
    metadata: { labels: { ${labels} } }
    spec:
      containers:
        - name: catalog
          image: registry.shop.example/catalog
          readinessProbe: { httpGet: { path: /ready, port: 8081 } }
          ports: [{ containerPort: 8081 }]
`

const backend = (port: string, ...others: readonly string[]) => `apiVersion: routes.shop.example/v1
kind: Backend
metadata: { name: catalog }
spec:
  targets:
    - { svc: catalog, word: ${port} }
${others.map(other => `    - ${other}\n`).join('')}`

const OTHER = '{ svc: other, word: main }'

/** A Service whose port the configuration says is named elsewhere, and whose pods it says where to find. */
const SHOP = {
  'base/service.yaml': service('main'),
  'base/worker.yaml': worker('app: catalog'),
  'base/backend.yaml': backend('main', OTHER),
}

const FIXED = {
  'base/service.yaml': service('http-main'),
  'base/worker.yaml': worker('app: catalog, version: v2'),
  'base/backend.yaml': backend('http-main', OTHER),
}

const LISTED = { 'base/kustomization.yaml': 'resources: [service.yaml, worker.yaml, backend.yaml]\n' }

function build(root: string, directory: string): string {
  return execFileSync('kustomize', ['build', join(root, directory)], { encoding: 'utf8' })
}

/** Writes the fixes, which change these files alone; the second run changes nothing. */
function fixes(t: Test, files: Files, expected: Files): string {
  const root = folder(t, files)
  const run = meshFix(root, '--write', '--unsafe', '--quiet')
  t.equal(run.status, 0, run.stdout + run.stderr)
  t.strictSame(contents(root), { ...files, ...expected })
  const again = meshFix(root, '--write', '--unsafe', '--quiet')
  t.match(again, { status: 0, stdout: /^no findings/ }, 'nothing is left')
  t.strictSame(contents(root), { ...files, ...expected }, 'a second run changes nothing')
  return root
}

t.test('in place', async t => {
  fixes(t, { ...SHOP, 'mesh-fix.config.yaml': CONFIG }, FIXED)

  const { findings } = json(folder(t, SHOP))
  t.strictSame(
    findings.map(({ rule, fix }: { rule: string; fix: { status: string } }) => [rule, fix.status]),
    [['named-service-ports', 'manual']],
    'without the configuration there is no workload, and no evidence',
  )
})

t.test('what is unsafe on a kind that nobody knows', async t => {
  const { findings } = json(folder(t, { ...SHOP, 'mesh-fix.config.yaml': CONFIG }))
  t.match(findings, [
    { rule: 'named-service-ports', fix: { safety: 'safe', changes: { length: 2 } } },
    { rule: 'app-version-labels', fix: { safety: 'unsafe', impact: 'restart' } },
  ])
})

t.test('where the reference is not known, nothing is renamed that a guess says it means', async t => {
  const guessed = backend('main').replace('svc:', 'service:').replace('word:', 'port:')
  const files = { ...SHOP, 'base/backend.yaml': guessed, 'mesh-fix.config.yaml': TEMPLATES }
  t.match(json(folder(t, files)).findings[0].fix, { title: /appProtocol/ })
  const told = PLACES.replace('svc', 'service').replace('word', 'port')
  fixes(
    t,
    { ...files, 'mesh-fix.config.yaml': `${TEMPLATES}portReferences: [${told}]\n` },
    { ...FIXED, 'base/backend.yaml': guessed.replace('main', 'http-main') },
  )
})

t.test('builds: the fix goes where the value comes from', { skip: missing('kustomize') }, async t => {
  const dev = (port: string) => ({
    'dev/kustomization.yaml': 'resources: [../base]\npatches: [{ path: backend.yaml }]\n',
    // No list of a custom kind has merge keys: this one takes the place of the other.
    'dev/backend.yaml': backend(port),
  })
  const files = {
    ...SHOP,
    ...LISTED,
    ...dev('main'),
    'prod/kustomization.yaml': 'resources: [../base]\nnamespace: prod\n',
    'mesh-fix.config.yaml': CONFIG,
  }
  const before = folder(t, files)
  const root = fixes(t, files, { ...FIXED, ...dev('http-main') })
  for (const each of ['dev', 'prod']) {
    const [old, now] = [before, root].map(directory => build(directory, each).split('\n'))
    const fresh = now?.filter(line => !old?.includes(line)).map(line => line.trim())
    t.strictSame(
      fresh,
      ['- name: http-main', 'version: v2', 'word: http-main'],
      `${each} is changed in what is meant alone`,
    )
    t.equal(now?.length, (old?.length ?? 0) + 1)
  }
})

t.test('builds: a new Service selects what the source says', { skip: missing('kustomize') }, async t => {
  const pods = worker('app: mailer').replaceAll('catalog-v2', 'mailer')
  const ignored = (rule: string) =>
    pods.replace('labels: {', `annotations: { mesh-fix.dev/ignore: ${rule} }, labels: {`)
  const files = {
    'base/worker.yaml': ignored('app-version-labels'),
    'base/kustomization.yaml': 'resources: [worker.yaml]\n',
    'prod/kustomization.yaml': [
      'resources: [../base]',
      'labels:',
      '  - pairs: { team: mail }',
      '    includeSelectors: true',
      '    fields: [{ group: queues.shop.example, kind: Worker, path: spec/pods/metadata/labels, create: true }]',
      '',
    ].join('\n'),
    'mesh-fix.config.yaml': TEMPLATES,
  }
  const root = folder(t, files)
  t.equal(meshFix(root, '--write', '--unsafe', '--quiet').status, 0)
  t.match(contents(root)['base/mailer-service.yaml'], /selector:\n {4}app: mailer\n {2}ports/)
  t.match(build(root, 'prod'), /selector:\n {4}app: mailer\n {4}team: mail\n/)
  put(root, { 'base/worker.yaml': ignored('net-admin') })
  t.match(json(root).unusedIgnores, [{ file: 'base/worker.yaml', rule: 'net-admin' }], 'the pods may say so as well')
})

t.test('overlays and Components patch operation by operation', { skip: missing('kustomize') }, async t => {
  const files = { ...SHOP, ...LISTED, 'mesh-fix.config.yaml': CONFIG }
  const expected = folder(t, { ...files, ...FIXED })
  for (const form of ['--overlay', '--component']) {
    const root = folder(t, files, { git: true })
    put(root, { 'dev/kustomization.yaml': 'resources: [../base]\n' })
    const run = meshFix(root, form, 'fixed', 'dev', '--unsafe', '--quiet')
    t.equal(run.status, 0, run.stderr)
    if (form === '--component')
      put(root, { 'dev/kustomization.yaml': 'resources: [../base]\ncomponents: [../fixed]\n' })
    t.equal(build(root, form === '--overlay' ? 'fixed' : 'dev'), build(expected, 'base'), form)
    t.match(meshFix(root, 'verify', 'fixed'), { status: 0, stdout: /each of its 3 patches hits one object/ })
  }
})

t.test('a patch that mesh-fix does not build could mean the port', async t => {
  const files = {
    ...SHOP,
    ...LISTED,
    'dev/kustomization.yaml': 'resources: [../base]\npatches: [{ path: backend.yaml }]\n',
    'dev/backend.yaml': backend('main'),
    'mesh-fix.config.yaml': CONFIG,
  }
  const reason = (config: string, more: Files = {}) =>
    json(folder(t, { ...files, ...more, 'mesh-fix.config.yaml': config }), '--build', 'never').findings[0].fix
  t.match(reason(CONFIG), { title: /appProtocol/, reason: /dev\/backend\.yaml.* refers to its port "main"/ })
  t.match(
    reason(TEMPLATES, { 'base/backend.yaml': '' }),
    { title: /^rename/ },
    'without the configuration it is no word',
  )
})

t.test('a template of a kind that has port names of its own may hold one that the configuration knows', async t => {
  const template = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: gate
  annotations: { gate.example/service: catalog, gate.example/port: main }
spec: { replicas: {{ .Values.replicas }} }
`
  const fixWith = (places: string) =>
    json(
      folder(t, {
        ...SHOP,
        'gate/Chart.yaml': 'apiVersion: v2\nname: gate\nversion: 1.0.0\n',
        'gate/templates/gate.yaml': template,
        'mesh-fix.config.yaml': `${TEMPLATES}portReferences: [${PLACES}${places}]\n`,
      }),
    ).findings[0].fix
  t.match(fixWith(''), { title: /^rename/ })
  const at = 'service: /metadata/annotations/gate.example~1service, port: /metadata/annotations/gate.example~1port'
  t.match(fixWith(`, { group: apps, kind: Deployment, ${at} }`), {
    title: /appProtocol/,
    reason: /gate\/templates\/gate\.yaml.* mentions this Service and "main"/,
  })
})

t.test('a patch that writes the containers of a custom kind takes the place of all of them', async t => {
  const files = {
    'base/service.yaml': service('http-main').replace('8081', '8082'),
    'base/worker.yaml': worker('app: catalog, version: v1'),
    'base/kustomization.yaml': 'resources: [service.yaml, worker.yaml]\n',
    'dev/kustomization.yaml': 'resources: [../base]\npatches: [{ path: worker.yaml }]\n',
    'dev/worker.yaml': `apiVersion: queues.shop.example/v1
kind: Worker
metadata: { name: catalog-v2 }
spec: { pods: { spec: { containers: [{ name: catalog, image: registry.shop.example/other }] } } }
`,
    'mesh-fix.config.yaml': TEMPLATES,
  }
  const { findings } = json(folder(t, files), '--build', 'never', '--unsafe')
  t.match(findings, [
    { rule: 'pod-ports', fix: { status: 'manual', reason: /dev\/worker\.yaml, .* patches the containers/ } },
  ])
})

t.test('a stream, and a function', async t => {
  const text = documents(...Object.values(SHOP))
  const root = folder(t, { 'mesh-fix.config.yaml': CONFIG })
  const { stdout } = tool(root, process.execPath, [PROGRAM, '-', '--unsafe'], { input: text })
  t.equal(stdout, documents(...Object.values(FIXED)))

  const list = (items: readonly string[]) =>
    [
      'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig:\n  apiVersion: mesh-fix.dev/v1alpha1',
      '  kind: MeshFix\n  metadata: { name: fix }\n  spec:\n    unsafe: true',
      ...CONFIG.trim()
        .split('\n')
        .map(line => `    ${line}`),
      'items:',
      ...items.map(item => item.trimEnd().replace(/^/gm, '  ').replace(/^ {2}/, '- ')),
      '',
    ].join('\n')
  const run = tool(root, process.execPath, [PROGRAM, 'krm'], { input: list(Object.values(SHOP)) })
  t.match(run.stdout.split('results:')[0], list(Object.values(FIXED)), run.stderr)
})

t.test('a chart', { skip: missing('helm') }, async t => {
  const root = folder(t, {
    'shop/mesh-fix.config.yaml': CONFIG,
    'shop/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
    'shop/values.yaml': 'portName: main\n',
    'shop/templates/all.yaml': documents(
      service('{{ .Values.portName }}'),
      worker('app: catalog, version: v1'),
      backend('{{ .Values.portName }}'),
    ),
  })
  const { stdout } = tool(root, process.execPath, [PROGRAM, 'chart', 'shop', '--reporter', 'json'])
  t.match(JSON.parse(stdout).findings, [{ fix: { value: { key: 'portName', to: 'http-main' } } }])
})

t.test('the library', async t => {
  const options = {
    podTemplates: [{ group: 'queues.shop.example', kind: 'Worker', path: '/spec/pods' }],
    portReferences: [
      { group: 'routes.shop.example', kind: 'Backend', service: '/spec/targets/*/svc', port: '/spec/targets/*/word' },
    ],
    unsafe: true,
  } as const
  t.strictSame({ ...SHOP, ...(await fix(SHOP, options)).texts }, FIXED)
  t.match(await check(SHOP), { findings: { length: 1 } }, 'nothing is left of it for the next')
  const wrong = { podTemplates: [{ group: 'queues.shop.example', kind: 'Worker', path: 'spec.pods' }] }
  // @ts-expect-error no JSON Pointer
  await t.rejects(check(SHOP, wrong), { code: 'USAGE', message: /podTemplates: "spec\.pods" is no JSON Pointer/ })
})

t.test('what the cache holds was said with the same configuration', async t => {
  const root = folder(t, { ...SHOP, 'mesh-fix.config.yaml': CONFIG })
  const count = () => json(root, '--cache', '--cache-location', 'cache').findings.length
  t.equal(count(), 2)
  t.equal(count(), 2)
  rmSync(join(root, 'mesh-fix.config.yaml'))
  t.equal(count(), 1)
})

t.test('what can’t be is told at its place', async t => {
  const template = (path: string, more = '') =>
    `podTemplates: [{ group: a.example, kind: Worker, path: ${path}${more} }]\n`
  const reference = (members: string) => `portReferences:\n  - group: a.example\n    kind: Backend\n${members}`
  const refused: readonly (readonly [string, RegExp])[] = [
    [template('spec.template'), /:1:56: podTemplates\.0\.path: must be a JSON Pointer, such as \/spec\/template\n/],
    [template('/spec/*/template'), /:1:56: podTemplates\.0\.path: must be one place, without a \*/],
    [template('/spec/~2'), /must be a JSON Pointer/],
    [template('/spec', ', apiVersion: v1'), /:1:\d+: there is no key "apiVersion"; there are: group, kind, path/],
    [template('/spec').replace('a.example', 'a.example/v1'), /:1:25: .*must be an API group without a version/],
    [template('/spec').replace('a.example', 'apps'), /group: must be the API group of a custom kind/],
    [template('/spec').replace('Worker', 'worker'), /:1:42: podTemplates\.0\.kind: must be a kind, such as Worker/],
    [
      'podTemplates:\n  - { group: argoproj.io, kind: Rollout, path: /spec }\n',
      /:2:33: podTemplates\.0\.kind: where a Rollout has its pods is known/,
    ],
    [
      `${template('/a').trimEnd().slice(0, -1)}, { group: a.example, kind: Worker, path: /b }]\n`,
      /1\.kind: Worker has one pod template/,
    ],
    [
      reference('    service: /spec/name\n'),
      /:2:5: portReferences\.0: must say where the port is named: port, or targetPort/,
    ],
    [
      reference('    service: /spec/name\n    prt: /spec/port\n'),
      /:5:10: there is no key "prt"; did you mean "port"\?/,
    ],
    [
      reference('    service: /spec/to/*/name\n    port: /spec/port\n'),
      /:4:14: portReferences\.0\.service: each \* must be one of \/spec\/port, with the same before it/,
    ],
    [
      reference('    service: /a/*/b\n    port: /a/*/c\n    namespace: /x/*/d\n'),
      /:6:16: portReferences\.0\.namespace: /,
    ],
  ]
  for (const [text, message] of refused) {
    const { status, stderr } = meshFix(folder(t, { 'mesh-fix.config.yaml': text }))
    t.equal(status, 2, text)
    t.match(stderr, message, text)
  }
  const shown = JSON.parse(meshFix(folder(t, { 'mesh-fix.config.yaml': CONFIG }), '--print-config').stdout)
  t.match(shown, { podTemplates: [{ path: '/spec/pods' }], portReferences: [{ kind: 'Backend' }] })
})
