import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parseAllDocuments, parse as parseYaml } from 'yaml'
import {
  contents,
  deployment,
  documents,
  type Files,
  folder,
  meshFixOn,
  PROGRAM,
  put,
  type Run,
  service,
} from './program.ts'
import { missing, TOOL_PATH, tool } from './tools.ts'

const FUNCTION = fileURLToPath(new URL('../dist/mesh-fix-krm.cjs', import.meta.url))

/** Runs the function in a directory of no importance. */
function fn(input: string, ...args: readonly string[]): Run {
  return meshFixOn(input, '/', 'krm', ...args)
}

/** The same as a filter. */
function filter(input: string, ...args: readonly string[]): Run {
  return meshFixOn(input, '/', '-', ...args)
}

/** A ResourceList of objects given as YAML. */
function listOf(objects: readonly string[], rest = ''): string {
  const items = objects.map(object => `- ${object.trimEnd().replaceAll('\n', '\n  ')}\n`)
  return `apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n${items.join('')}${rest}`
}

/** A functionConfig with this `spec`. */
function meshFixWith(spec: string): string {
  return `functionConfig:\n  apiVersion: mesh-fix.dev/v1alpha1\n  kind: MeshFix\n  spec: ${spec}\n`
}

const WEB = service('web', '{ name: web, port: 80, targetPort: 8080 } # public')
const WEB_FIXED = WEB.replace('name: web, port', 'name: http-web, port')
const ROOT_POD = deployment('web').replace('readiness', 'securityContext: { runAsUser: 1337 }\n          readiness')
const WORKER = deployment('worker').replaceAll('labels: { app: worker', 'labels: { job: worker')
const NO_SERVICE = WORKER.replace('spec:\n', 'spec:\n  selector: { matchLabels: { job: worker } }\n')

t.test('items are edited where they stand', async t => {
  const input = `# to the function\n${listOf([WEB, deployment('web')], 'x-other: [1,  2]\n')}`
  const { status, stdout, stderr } = fn(input)
  t.equal(status, 0)
  t.equal(stdout.slice(0, input.length + 5), input.replace('name: web, port', 'name: http-web, port'))
  t.strictSame(parseYaml(stdout).results, [
    {
      message:
        'port 80 is named "web", which does not start with a protocol: Istio has to guess it from the traffic; ' +
        'fixed: rename port 80 from "web" to "http-web"',
      severity: 'info',
      resourceRef: { apiVersion: 'v1', kind: 'Service', name: 'web' },
      field: { path: 'spec.ports[0].name', currentValue: 'web', proposedValue: 'http-web' },
      tags: { rule: 'named-service-ports', check: 'service-port', fix: 'applied', fixed: 'true' },
    },
  ])
  t.match(stderr, /^mesh-fix: info named-service-ports: Service web spec\.ports\[0\]\.name: port 80 .*\n$/)
  t.equal(fn(stdout).stdout, stdout, 'a second run changes nothing')
})

t.test('a list that has nothing to fix comes back as it is', async t => {
  for (const input of [
    listOf([WEB_FIXED, deployment('web')]),
    'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n',
    'apiVersion: config.kubernetes.io/v1beta1\nkind: ResourceList\n',
    '{"apiVersion":"config.kubernetes.io/v1alpha1","kind":"ResourceList","items":[]}',
    '# only a comment\n',
  ]) {
    const { status, stdout, stderr } = fn(input)
    t.strictSame({ status, stdout, stderr }, { status: 0, stdout: input, stderr: '' }, input)
  }
  const empty = parseYaml(fn('').stdout)
  t.strictSame(empty, { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [] })
  t.equal(filter('').stdout, '---\n', 'kpt and Helm take empty output for a loss')
})

t.test('what can’t be read gives one line, and no output', async t => {
  const list = (version: string, rest: string): string => `apiVersion: ${version}\nkind: ResourceList\n${rest}`
  const cases: Readonly<Record<string, readonly [input: string, stderr: RegExp]>> = {
    syntax: [list('config.kubernetes.io/v1', 'items:\n- a: [\n'), /^mesh-fix: <stdin>:\d+:\d+: .+\n$/],
    'a second document': [`${listOf([WEB])}---\n${WEB}`, /^mesh-fix: <stdin>:1:1: .*only document\n$/],
    items: [list('config.kubernetes.io/v1', 'items: web\n'), /^mesh-fix: <stdin>:3:8: .* must be a list\n$/],
    version: [list('config.kubernetes.io/v7', 'items: []\n'), /^mesh-fix: <stdin>:1:13: .*v7.*v1beta1.*\n$/],
    'a stream': [`${WEB}---\na: {\n`, /^mesh-fix: <stdin>:\d+:\d+: .+\n$/],
    'duplicate keys': [`${WEB}kind: Pod\n`, /^mesh-fix: <stdin>:8:1: .+\n$/],
  }
  for (const [name, [input, stderr]] of Object.entries(cases)) {
    for (const run of [fn(input), filter(input)]) t.match(run, { status: 2, stdout: '', stderr }, name)
  }
})

t.test('what a functionConfig may say', async t => {
  const items = [WEB, ROOT_POD, NO_SERVICE]
  const cases: readonly (readonly [config: string, status: number, fixed: RegExp, stderr?: RegExp])[] = [
    ['', 0, /http-web/],
    ['functionConfig:\n', 0, /http-web/],
    [meshFixWith('{}'), 0, /http-web/],
    [meshFixWith('{ mode: check }'), 1, /name: web, port/, /error application-uid/],
    [meshFixWith('{ mode: check, skip: [application-uid] }'), 0, /name: web, port/, /fix: rename port 80/],
    [meshFixWith('{ mode: check, only: [named-service-ports], failOn: warning }'), 1, /name: web, port/],
    [meshFixWith('{ failOn: error }'), 1, /http-web/],
    [meshFixWith('{ failOn: error, skip: [application-uid] }'), 0, /http-web/],
    [meshFixWith('{ portStyle: appProtocol }'), 0, /appProtocol: http\b/],
    [meshFixWith('{ externalReferences: [web/web] }'), 0, /name: web, port: 80, .*appProtocol/],
    [meshFixWith('{ unsafe: [service-association] }'), 0, /\n- apiVersion: v1\n {2}kind: Service\n[^#]*name: worker/],
    [meshFixWith('{ maxImpact: metadata }'), 0, /name: web, port/, /left out by maxImpact/],
    [
      'functionConfig: { kind: ConfigMap, data: { mode: check, only: "named-service-ports, pod-ports" } }\n',
      0,
      /name: web, /,
    ],
    [
      'functionConfig: { kind: ConfigMap, data: { unsafe: "true", failOn: error } }\n',
      1,
      /kind: Service\n[^#]*name: worker/,
    ],
  ]
  for (const [config, status, fixed, stderr = /^/] of cases) {
    const run = fn(listOf(items, config))
    t.match(run, { status, stderr }, config)
    t.match(run.stdout.slice(0, run.stdout.indexOf('\nresults:')), fixed, config)
  }
})

t.test('what a functionConfig may not say', async t => {
  const cases: readonly (readonly [config: string, stderr: RegExp])[] = [
    [meshFixWith('{ prfile: cni }'), /<stdin>:\d+:\d+: there is no key "prfile"; did you mean "profile"\?/],
    [meshFixWith('{ profile: istio }'), /<stdin>:\d+:20: spec\.profile: .*"ambient"/],
    [meshFixWith('{ unsafe: 1 }'), /spec\.unsafe: must be true, false or a list of rules/],
    [meshFixWith('{ only: [ports] }'), /there is no rule "ports"; there are: app-version-labels/],
    [meshFixWith('{ only: [] }'), /: only names no rule/],
    [meshFixWith('{ plugins: [./evil.js] }'), /<stdin>:\d+:\d+: a functionConfig can’t load plugins/],
    ['functionConfig: { kind: ConfigMap, data: { plugins: x } }\n', /can’t load plugins/],
    [
      'functionConfig: { kind: ConfigMap, data: { colour: x } }\n',
      /<stdin>:\d+:\d+: there is no key "colour"; there are: mode/,
    ],
    ['functionConfig: { apiVersion: v1, kind: Secret }\n', /a MeshFix or a ConfigMap, not "Secret"/],
    ['functionConfig: { apiVersion: mesh-fix.dev/v2, kind: MeshFix }\n', /apiVersion: .*mesh-fix\.dev\/v1alpha1/],
    [
      'functionConfig: { apiVersion: mesh-fix.dev/v1alpha1, kind: MeshFix, data: {} }\n',
      /no key "data"; there are: apiVersion/,
    ],
  ]
  for (const [config, stderr] of cases) t.match(fn(listOf([WEB], config)), { status: 2, stdout: '', stderr }, config)
})

t.test('the names and files of the source', async t => {
  const annotated = (object: string, annotations: string): string =>
    object.replace('metadata: { name: ', `metadata: { annotations: { ${annotations} }, name: dev-`)
  const names = 'internal.config.kubernetes.io/previousNames: "web,b-web"'
  const fixed = fn(listOf([annotated(NO_SERVICE, names)])).stdout
  t.match(fixed, /labels: \{ job: worker, version: v1, app: web \}/, 'a label is called after the source')
  t.match(fixed, names, 'annotations stay')

  const files: readonly (readonly [annotations: string, file: unknown])[] = [
    ['config.kubernetes.io/path: a/web.yaml, config.kubernetes.io/index: "1"', { path: 'a/web.yaml', index: 1 }],
    [
      'internal.config.kubernetes.io/path: w.yaml, internal.config.kubernetes.io/index: "0"',
      { path: 'w.yaml', index: 0 },
    ],
    [
      'config.kubernetes.io/index: "3", config.kubernetes.io/origin: "path: ../base/web.yaml\\n"',
      { path: '../base/web.yaml' },
    ],
    ['config.kubernetes.io/origin: "path: web.yaml\\nrepo: https://shop.example/x\\n"', undefined],
    ['config.kubernetes.io/index: "0"', undefined],
  ]
  for (const [annotations, file] of files) {
    const [result] = parseYaml(fn(listOf([annotated(WEB, annotations), deployment('web')])).stdout).results
    t.strictSame(result.file, file, annotations)
  }

  const items = [annotated(WEB, 'config.kubernetes.io/path: vendor/web.yaml'), deployment('web')]
  const ignored = fn(listOf(items, meshFixWith('{ ignore: [vendor/] }')))
  t.match(ignored, { status: 0, stderr: '' })
  t.match(ignored.stdout, 'name: web, port: 80')
  const ofRules = (rules: string) =>
    fn(listOf(items, meshFixWith(`{ ignore: [{ rules: [${rules}], paths: [vendor/] }] }`)))
  t.match(ofRules('named-service-ports'), { status: 0, stderr: '', stdout: 'name: web, port: 80' })
  t.match(ofRules('pod-ports').stdout, 'name: http-web, port: 80')
  t.match(fn(listOf([WEB, deployment('web')], meshFixWith('{ ignore: [vendor/] }'))), {
    status: 0,
    stderr: /^mesh-fix: "ignore" applies to nothing here: no object says which file it comes from/m,
    stdout: 'name: http-web, port: 80',
  })
  const local = fn(listOf([annotated(WEB, 'config.kubernetes.io/local-config: "true"')]))
  t.match(local, { status: 0, stderr: '' })
})

t.test('what others said stays', async t => {
  const before = 'results:\n- message: "from another function"\n  severity: warning\n'
  const { stdout } = fn(listOf([WEB, deployment('web')], before))
  t.match(stdout, before)
  t.equal(parseYaml(stdout).results.length, 2)
})

t.test('results that can’t be written are told all the same', async t => {
  const tagged = listOf([WEB, deployment('web')], 'results: !!seq []\n')
  const { status, stdout, stderr } = fn(tagged)
  t.equal(status, 0)
  t.equal(stdout, tagged.replace('name: web, port', 'name: http-web, port'))
  t.match(stderr, /named-service-ports: Service web .*\n.*the results can't be written into the ResourceList: .*tag/)
})

t.test('a list behind an empty document', async t => {
  const list = `---\n# nothing\n---\n${listOf([WEB, deployment('web')])}`
  const { stdout } = fn(list)
  t.match(stdout, list.replace('name: web, port', 'name: http-web, port'))
  t.equal(parseAllDocuments(stdout).at(-1)?.toJS().results.length, 1)
})

t.test('a list in JSON stays JSON', async t => {
  const list = {
    apiVersion: 'config.kubernetes.io/v1',
    kind: 'ResourceList',
    items: [WEB, deployment('web')].map(o => parseYaml(o)),
  }
  const { stdout } = fn(JSON.stringify(list, null, 2))
  t.equal(JSON.parse(stdout).items[0].spec.ports[0].name, 'http-web')
  t.equal(JSON.parse(stdout).results.length, 1)
})

t.test('secrets are not told', async t => {
  const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: web }\nstringData: { password: hunter2 }\n'
  for (const { status, stderr } of [
    fn(listOf([secret, WEB, deployment('web')])),
    filter(documents(secret, WEB, deployment('web'))),
  ]) {
    t.equal(status, 0)
    t.notMatch(stderr, 'hunter2')
  }
})

t.test('a thousand items', async t => {
  const items = Array.from({ length: 334 }, (_, index) =>
    [WEB, deployment('web'), NO_SERVICE].map(object => object.replace(/\b(web|worker)\b(?!,)/g, `$1-${index}`)),
  )
  const { status, stdout } = fn(listOf(items.flat(), meshFixWith('{ unsafe: true }')))
  t.equal(status, 0)
  t.equal(stdout.match(/name: http-web, port/g)?.length, 334)
})

t.test('a stream', async t => {
  const labelled = NO_SERVICE.replace('version: v1', 'version: v1, app: worker')
  const input = `# rendered\n${documents(WEB, deployment('web'), `${labelled}# the end`)}`
  const { status, stdout, stderr } = filter(input, '--unsafe')
  t.equal(status, 0)
  t.equal(
    stdout.slice(0, input.length + 5),
    input.replace('name: web, port', 'name: http-web, port'),
    'nothing else changes',
  )
  const [, added = ''] = stdout.split('# the end\n---\n')
  t.match(parseYaml(added), { kind: 'Service', metadata: { name: 'worker' } }, 'a new object is a document of its own')
  t.match(stderr, /fixed \(safe, routing\): rename port 80 from "web" to "http-web"/)
  t.match(stderr, /new: Service worker in <stdin>\n/)

  const two = [NO_SERVICE, NO_SERVICE].map((object, index) =>
    object.replace('name: worker }', `name: worker, namespace: n${index} }`),
  )
  const services = parseAllDocuments(filter(documents(...two), '--unsafe').stdout).map(document => document.toJS())
  t.strictSame(
    services.slice(2).map(({ metadata }) => metadata.namespace),
    ['n0', 'n1'],
    'namesakes are no hindrance',
  )

  t.match(filter(input, '--fail-on', 'info').status, 1)
  t.match(filter(documents(WEB, ROOT_POD)), { status: 0, stderr: /error application-uid/ }, 'an install goes on')
  t.match(filter(documents(WEB, ROOT_POD), '--fail-on', 'error').status, 1)
  t.equal(filter(input, '--no-fix').stdout, input)
  t.match(JSON.parse(filter(input, '--reporter', 'json').stderr), { summary: { fixed: 1 } })
  const marked = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\ndata:\n  a: run {{ .Values.x }}\n'
  t.match(filter(documents(marked, WEB, deployment('web'))).stdout, 'http-web', 'what was rendered is no template')
})

t.test('reports give the places of what came out', async t => {
  const unnamed = service('web', 'port: 80\n      targetPort: 8080')
  const { stdout, stderr } = filter(documents(unnamed, ROOT_POD), '--reporter', 'json')
  const lines = stdout.split('\n')
  t.equal(lines.length, documents(unnamed, ROOT_POD).split('\n').length + 1, 'the name stands in a line of its own')
  const found = JSON.parse(stderr).findings.find(({ rule }: { rule: string }) => rule === 'application-uid')
  t.match(lines[found.line - 1], 'runAsUser: 1337')
})

t.test('what a stream’s objects say of their files counts for what is ignored', async t => {
  const from = (path: string) =>
    WEB.replace('{ name: web }', `{ name: web, annotations: { config.kubernetes.io/origin: "path: ${path}\\n" } }`)
  const root = folder(t, {
    'mesh-fix.config.yaml': 'ignore: [third/, { rules: [named-service-ports], paths: [old/] }]\n',
  })
  const run = (...objects: readonly string[]) =>
    tool(root, process.execPath, [PROGRAM, '-'], { input: documents(...objects, deployment('web')) })
  t.match(run(from('third/web.yaml')), { stdout: 'name: web, port', stderr: /no findings/ })
  t.match(run(from('old/web.yaml')), { stdout: 'name: web, port', stderr: /no findings.* 1 suppressed/ })
  t.match(run(from('new/web.yaml')).stdout, 'name: http-web, port')
  t.match(run(WEB), {
    stdout: 'name: http-web, port',
    stderr: /\nmesh-fix: "ignore" applies to nothing here: no object/,
  })
  const quiet = tool(root, process.execPath, [PROGRAM, '-', '--quiet'], { input: WEB })
  t.notMatch(quiet.stderr, /applies to nothing/)
})

t.test('what has no meaning for a stream', async t => {
  for (const option of ['--write', '--diff', '--dry-run', '--root=.', '--print-config'])
    t.match(filter(WEB, option), { status: 2, stdout: '', stderr: /has no meaning for standard input/ }, option)
  t.match(filter(WEB, 'apps'), { status: 2, stderr: /takes no paths beside it/ })
  const list = listOf([WEB, deployment('web')], meshFixWith('{ mode: check }'))
  t.match(filter(list).stdout, 'name: web, port', 'a ResourceList is a function’s call')
  t.match(filter(list, '--unsafe'), {
    status: 2,
    stderr: /--unsafe: what is asked of a ResourceList stands in its functionConfig/,
  })
})

t.test('the functionConfig has a schema', async t => {
  const schema = JSON.parse(readFileSync(join(dirname(PROGRAM), 'function-config.schema.json'), 'utf8'))
  t.strictSame(Object.keys(schema.properties.spec.properties), [
    'mode',
    'profile',
    'portStyle',
    'rules',
    'unsafe',
    'only',
    'skip',
    'all',
    'maxImpact',
    'failOn',
    'ports',
    'labelSources',
    'externalReferences',
    'podTemplates',
    'portReferences',
    'ignore',
  ])
  t.equal(schema.properties.spec.additionalProperties, false)
  t.match(fn('', '--help'), { status: 0, stdout: /functionConfig/ })
})

/** A base whose names an overlay changes, and the function among its transformers. */
const KUSTOMIZE: Files = {
  'base/kustomization.yaml':
    'resources: [web.yaml, worker.yaml]\nconfigMapGenerator: [{ name: settings, literals: [a=b] }]\n',
  'base/web.yaml': documents(
    WEB,
    deployment('web').replace(
      'readinessProbe',
      'envFrom: [{ configMapRef: { name: settings } }]\n          readinessProbe',
    ),
  ),
  'base/worker.yaml': NO_SERVICE,
  'overlay/kustomization.yaml':
    'namePrefix: dev-\nresources: [../base]\nbuildMetadata: [originAnnotations]\ntransformers: [mesh-fix.yaml]\n',
  'overlay/mesh-fix.yaml': transformer('exec: { path: ../run }'),
}

/** The functionConfig, and how it is run. */
function transformer(how: string): string {
  return [
    'apiVersion: mesh-fix.dev/v1alpha1',
    'kind: MeshFix',
    'metadata:',
    '  name: mesh-fix',
    ...(how === '' ? [] : ['  annotations:', '    config.kubernetes.io/function: |', `      ${how}`]),
    'spec: { unsafe: [service-association] }',
    '',
  ].join('\n')
}

/** A program that runs the function, by another name. */
function script(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\nexec "${process.execPath}" "${FUNCTION}"\n`)
  chmodSync(path, 0o755)
}

/** What the fixes must have made of the base, whoever ran them. */
function isBuilt(t: Tap, { status, stdout, stderr }: Run, name: string): void {
  t.equal(status, 0, `${name}: ${stderr}`)
  const built = parseAllDocuments(stdout).map(document => document.toJS())
  const find = (kind: string, of: string) =>
    built.find(({ kind: own, metadata }) => own === kind && metadata.name === of)
  t.match(find('Service', 'dev-web'), { spec: { ports: [{ name: 'http-web', port: 80 }] } }, name)
  t.match(find('Service', 'dev-worker'), { spec: { ports: [{ port: 8080 }], selector: { job: 'worker' } } }, name)
  t.match(find('Deployment', 'dev-worker'), { spec: { template: { metadata: { labels: { app: 'worker' } } } } }, name)
  const [{ envFrom }] = find('Deployment', 'dev-web').spec.template.spec.containers
  t.match(envFrom[0].configMapRef.name, /^dev-settings-\w{10}$/, `${name}: generated names hold`)
}

type Tap = Pick<typeof t, 'equal' | 'match'>

t.test('kustomize build', { skip: missing('kustomize') }, async t => {
  const root = folder(t, KUSTOMIZE)
  script(join(root, 'run'))
  const build = ['build', '--enable-alpha-plugins', '--enable-exec', 'overlay']
  const run = tool(root, 'kustomize', build)
  isBuilt(t, run, 'exec')
  t.match(run.stdout, /origin: \|\n +path: \.\.\/base\/web\.yaml/)
  t.match(
    run.stderr,
    /mesh-fix: info named-service-ports: \.\.\/base\/web\.yaml Service dev-web spec\.ports\[0\]\.name/,
  )

  put(root, {
    'overlay/mesh-fix.yaml': transformer('exec: { path: ../run }').replace(
      'spec: {',
      'spec: { mode: check, failOn: info,',
    ),
  })
  t.match(
    tool(root, 'kustomize', build),
    { status: 1, stdout: '', stderr: /named-service-ports.*spec\.ports/ },
    'mode check',
  )
  put(root, {
    'base/web.yaml': '# nothing\n',
    'base/worker.yaml': '',
    'base/kustomization.yaml': 'resources: [web.yaml]\n',
  })
  t.match(tool(root, 'kustomize', build), { status: 0, stderr: '' }, 'an empty build')
})

t.test('kustomize’s legacy plugins', async t => {
  const root = folder(t, { ...KUSTOMIZE, 'overlay/mesh-fix.yaml': transformer('') })
  const plugin = join(root, 'plugins/mesh-fix.dev/v1alpha1/meshfix')
  mkdirSync(plugin, { recursive: true })
  symlinkSync(FUNCTION, join(plugin, 'MeshFix'))
  const env = { KUSTOMIZE_PLUGIN_HOME: join(root, 'plugins') }
  const tools: Readonly<Record<string, readonly string[]>> = {
    kustomize: ['build', '--enable-alpha-plugins', 'overlay'],
    kubectl: ['kustomize', '--enable-alpha-plugins', 'overlay'],
  }
  for (const [name, args] of Object.entries(tools)) {
    const isThere =
      name === 'kustomize' ? missing(name) === false : tool(root, name, ['version', '--client']).status === 0
    t.test(name, { skip: isThere ? false : `${name} is not on PATH` }, async t =>
      isBuilt(t, tool(root, name, args, { env }), name),
    )
  }
})

t.test('a container', { skip: missing('kustomize') }, async t => {
  const image = 'container: { image: shop.example/mesh-fix:1 }'
  const root = folder(t, { ...KUSTOMIZE, 'overlay/mesh-fix.yaml': transformer(image) })
  script(join(root, 'bin/docker'))
  const env = { PATH: [join(root, 'bin'), TOOL_PATH].join(delimiter) }
  isBuilt(t, tool(root, 'kustomize', ['build', '--enable-alpha-plugins', 'overlay'], { env }), 'docker’s stand-in')
})

/** A package in the form that kpt and kustomize write, so that nothing but the fix changes. */
const PACKAGE: Files = {
  'package/web.yaml': `apiVersion: v1
kind: Service
metadata: # ours
  name: web
spec:
  selector:
    app: web
  ports:
  - port: 80 # public
    name: web
    targetPort: 8080
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    metadata:
      labels:
        app: web
        version: v1
    spec:
      containers:
      - name: web
        readinessProbe:
          httpGet:
            path: /
            port: 8080
        ports:
        - containerPort: 8080
`,
}

const PACKAGE_FIXED = PACKAGE['package/web.yaml']
  ?.toString()
  .replace('name: web\n    target', 'name: http-web\n    target')

t.test('kustomize fn run', { skip: missing('kustomize') }, async t => {
  const root = folder(t, PACKAGE)
  script(join(root, 'run'))
  const run = tool(root, 'kustomize', ['fn', 'run', 'package', '--enable-exec', '--exec-path', join(root, 'run')])
  t.equal(run.status, 0, run.stderr)
  t.equal(contents(root)['package/web.yaml'], PACKAGE_FIXED)
})

t.test('kpt', { skip: missing('kpt') }, async t => {
  t.test('fn eval', async t => {
    const root = folder(t, PACKAGE)
    script(join(root, 'run'))
    const evaluate = (...args: readonly string[]) =>
      tool(root, 'kpt', ['fn', 'eval', 'package', '--exec', './run', ...args])
    const checked = evaluate('--results-dir', 'results', '--', 'mode=check', 'failOn=warning')
    t.match(checked, { status: 1, stderr: /\[warning\] v1\/Service\/web spec\.ports\[0\]\.name: port 80 is named/ })
    t.equal(contents(root)['package/web.yaml'], PACKAGE['package/web.yaml'])
    const [{ results }] = parseYaml(contents(root)['results/results.yaml'] ?? '').items
    t.match(results, [
      { severity: 'warning', field: { currentValue: 'web', proposedValue: 'http-web' }, file: { path: 'web.yaml' } },
    ])

    const run = evaluate('--', 'unsafe=false')
    t.match(run, { status: 0, stderr: /\[info\] v1\/Service\/web spec\.ports\[0\]\.name: .*; fixed: rename port 80/ })
    t.equal(contents(root)['package/web.yaml'], PACKAGE_FIXED)
  })

  t.test('fn render', async t => {
    const root = folder(t, PACKAGE)
    script(join(root, 'run'))
    put(root, {
      'package/Kptfile': [
        'apiVersion: kpt.dev/v1',
        'kind: Kptfile',
        'metadata:',
        '  name: package',
        'pipeline:',
        '  mutators:',
        `  - exec: ${join(root, 'run')}`,
        '    configMap:',
        '      profile: cni',
        '',
      ].join('\n'),
    })
    const run = tool(root, 'kpt', ['fn', 'render', 'package', '--allow-exec'])
    t.equal(run.status, 0, run.stderr)
    t.equal(contents(root)['package/web.yaml'], PACKAGE_FIXED)
  })

  t.test('fn source and fn sink', async t => {
    const root = folder(t, PACKAGE)
    const source = tool(root, 'kpt', ['fn', 'source', 'package']).stdout
    const sunk = tool(root, 'kpt', ['fn', 'sink', 'out'], { input: fn(source).stdout })
    t.equal(sunk.status, 0, sunk.stderr)
    t.equal(contents(root)['out/web.yaml'], PACKAGE_FIXED)
  })
})
