import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { documents, folder, json, meshFix, service } from './program.ts'

const ASSIGNED = '{ service: "shop/*", port: 9000, protocol: grpc }'

/** A Service of a namespace with one port. */
const placed = (namespace: string, name: string, port: string) =>
  service(name, port).replace('name: ', `namespace: ${namespace}, name: `)

t.test('a configuration is YAML, JSON or a key in package.json, one for a directory', async t => {
  const web = service('web', '{ name: main, port: 80 }')
  const profileOf = (files: Record<string, string>) => json(folder(t, { ...files, 'web.yaml': web }), '.').profile
  t.equal(profileOf({ 'mesh-fix.config.json': '{ "$schema": "x.json", "profile": "cni" }' }), 'cni')
  t.equal(profileOf({ 'package.json': '{ "mesh-fix": { "profile": "classic" } }' }), 'classic')
  t.equal(profileOf({ 'package.json': '{ "devDependencies": { "mesh-fix": "1" } }' }), 'sidecar')
  t.equal(profileOf({ 'package.json': '{ broken, "mesh-fix"' }), 'sidecar', 'what is no configuration is for others')

  const two = folder(t, { 'mesh-fix.config.yaml': '', 'mesh-fix.config.json': '{}', 'web.yaml': web })
  t.match(meshFix(two), {
    status: 2,
    stderr: /mesh-fix\.config\.json is a second configuration beside mesh-fix\.config/,
  })

  const named = folder(t, { 'package.json': '{\n"mesh-fix": { "profil": "cni" } }', 'web.yaml': web })
  t.match(meshFix(named).stderr, /^mesh-fix: package\.json:2:25: there is no key "profil"; did you mean "profile"\?\n$/)
  const without = folder(t, { 'package.json': '{}' })
  t.match(meshFix(without, '--config', 'package.json'), { status: 2, stderr: /package\.json has no key "mesh-fix"/ })
})

t.test('what no key takes is told at its place, with what was meant', async t => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['portstyle: name\n', /:1:12: there is no key "portstyle"; did you mean "portStyle"\?/],
    ['zzzzzz: 1\n', /there is no key "zzzzzz"; there are: \$schema, profile, portStyle, rules/],
    ['rules:\n  pod-port: off\n', /:2:13: there is no rule "pod-port"; did you mean "pod-ports"\?/],
    ['rules: { pod-ports: loud }\n', /:1:21: rules\.pod-ports: must be on, off, info, warning or error/],
    ['ports: [{ service: a, port: 1, protocol: htp }]\n', /:1:42: ports\.0\.protocol: /],
    ['ports: [{ service: a/b/c, port: 1, protocol: http }]\n', /ports\.0\.service: must be "service" or/],
    ['ports: [{ service: a, prot: 1, protocol: http }]\n', /there is no key "prot"; did you mean "port"\?/],
    ['ignore: [{ rules: [pod-ports], path: [x] }]\n', /there is no key "path"; did you mean "paths"\?/],
    ['ignore: [{ rules: [podports], paths: [x] }]\n', /:1:20: there is no rule "podports"; did you mean "pod-ports"\?/],
    ['portStyle: appProtocol\nprofile: classic\n', /appProtocol has no meaning in the profile classic/],
  ]
  for (const [text, message] of refused) {
    const { status, stderr } = meshFix(folder(t, { 'mesh-fix.config.yaml': text }))
    t.equal(status, 2, text)
    t.match(stderr, message, text)
  }
})

t.test('rules are on, off, or as grave as one says', async t => {
  const run = (rules: string, ...args: readonly string[]) => {
    const root = folder(t, {
      'mesh-fix.config.yaml': `rules: { named-service-ports: ${rules} }\n`,
      'web.yaml': service('web', '{ name: main, port: 80 }'),
    })
    const { status, stdout } = meshFix(root, '--reporter', 'json', ...args)
    return { status, severities: JSON.parse(stdout).findings.map(({ severity }: { severity: string }) => severity) }
  }
  t.strictSame(run('on'), { status: 1, severities: ['warning'] })
  t.strictSame(run('off'), { status: 0, severities: [] })
  t.strictSame(run('"off"'), { status: 0, severities: [] }, 'a string, too')
  t.strictSame(run('info'), { status: 0, severities: ['info'] })
  t.strictSame(run('error'), { status: 1, severities: ['error'] })
  t.strictSame(run('error', '--fail-on', 'error'), { status: 1, severities: ['error'] })
  t.strictSame(run('off', '--only', 'named-service-ports'), { status: 1, severities: ['warning'] }, 'who asks gets it')
  t.strictSame(run('on', '--skip', 'named-service-ports'), { status: 0, severities: [] })
})

t.test('the port style, unless the command line says another', async t => {
  const root = folder(t, {
    'mesh-fix.config.yaml': 'portStyle: appProtocol\n',
    'web.yaml': service('web', '{ name: httpmain, port: 80 }'),
  })
  const titleOf = (...args: readonly string[]) => json(root, ...args).findings[0].fix.title
  t.match(titleOf(), /^declare/)
  t.match(titleOf('--port-style', 'name'), /^rename/)
  t.match(JSON.parse(meshFix(root, '--print-config').stdout), { portStyle: 'appProtocol', profile: 'sidecar' })
  const { stdout } = meshFix(root, '--print-config', '--port-style', 'auto')
  t.equal(JSON.parse(stdout).portStyle, 'auto')
})

t.test('what the configuration assigns is definitive evidence', async t => {
  const root = folder(t, {
    'mesh-fix.config.yaml': `ports: [${ASSIGNED}, { service: "c?rt", port: api, protocol: http }]\n`,
    'services.yaml': documents(
      placed('shop', 'orders', '{ name: api, port: 9000 }'),
      placed('bank', 'orders', '{ name: api, port: 9000 }'),
      placed('shop', 'web', '{ name: api, port: 9001 }'),
      service('nowhere', '{ name: api, port: 9000 }'),
    ),
  })
  const { findings } = json(root)
  t.match(findings[0].fix, {
    status: 'available',
    safety: 'safe',
    title: /to "grpc-api"$/,
    protocol: 'grpc',
    evidence: [
      {
        class: 'definitive',
        source: 'configuration',
        says: 'the configuration assigns grpc to port 9000 of "shop/*"',
      },
    ],
  })
  for (const { fix } of findings.slice(1)) t.equal(fix.status, 'manual', 'another namespace, port, or none at all')
})

t.test('evidence of the same class against an assignment means no fix, and a lower class has no veto', async t => {
  const probe = 'readinessProbe: { httpGet: { path: /, port: 9000 } }'
  const run = (container: string) =>
    json(
      folder(t, {
        'mesh-fix.config.yaml': `ports: [${ASSIGNED}]\n`,
        'shop.yaml': documents(
          placed('shop', 'orders', '{ name: api, port: 9000 }'),
          [
            'apiVersion: apps/v1',
            'kind: Deployment',
            'metadata: { namespace: shop, name: orders }',
            'spec:',
            '  template:',
            '    metadata: { labels: { app: orders, version: v1 } }',
            `    spec: { containers: [{ name: orders, ${container} }] }`,
            '',
          ].join('\n'),
        ),
      }),
    ).findings[0].fix
  t.match(run(`ports: [{ containerPort: 9000 }], ${probe}`), { status: 'manual', reason: /disagrees: grpc or http/ })
  t.match(run('ports: [{ name: http, containerPort: 9000 }]'), { status: 'available', protocol: 'grpc' })
})

t.test('labels of one’s own say which app and version pods are', async t => {
  const root = folder(t, {
    'mesh-fix.config.yaml': 'labelSources: { app: [acme/part], version: [acme/none, acme/release] }\n',
    'a.yaml': [
      'apiVersion: apps/v1',
      'kind: Deployment',
      'metadata:',
      '  name: orders-v2',
      '  labels: { acme/release: "1.10" }',
      'spec:',
      '  template:',
      '    metadata: { labels: { acme/part: ordering, k8s-app: other } }',
      '    spec: { containers: [{ name: main, image: "x:1" }] }',
      '',
    ].join('\n'),
  })
  const { findings } = json(root, '--only', 'app-version-labels')
  t.match(
    findings.map(({ fix }: { fix: unknown }) => fix),
    [
      { safety: 'safe', title: /"ordering"/, evidence: [{ class: 'strong', says: 'label "acme/part" is "ordering"' }] },
      { safety: 'safe', title: /"1\.10"/, evidence: [{ class: 'strong', says: 'label "acme/release" is "1.10"' }] },
    ],
  )
})

t.test('the function takes them, too', async t => {
  const list = {
    apiVersion: 'config.kubernetes.io/v1',
    kind: 'ResourceList',
    functionConfig: {
      apiVersion: 'mesh-fix.dev/v1alpha1',
      kind: 'MeshFix',
      spec: {
        ports: [{ service: 'shop/*', port: 9000, protocol: 'grpc' }],
        rules: { 'app-version-labels': 'off' },
        ignore: [{ rules: ['pod-ports'], paths: ['old/'] }],
      },
    },
    items: [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: 'shop', name: 'orders' },
        spec: { ports: [{ name: 'api', port: 9000 }] },
      },
    ],
  }
  const { runFunction } = await import('../src/krm.ts')
  const { shippedRules } = await import('../src/rules.ts')
  const run = await runFunction(JSON.stringify(list), undefined, [await shippedRules()])
  t.match(JSON.parse(run.output).items[0].spec.ports[0].name, 'grpc-api')
})

t.test('the schema for editors ships and knows every key', async t => {
  const url = new URL('../dist/config.schema.json', import.meta.url)
  const schema = JSON.parse(readFileSync(fileURLToPath(url), 'utf8'))
  t.match(Object.keys(schema.properties), ['$schema', 'profile', 'portStyle', 'rules', 'plugins', 'ports'])
  t.equal(schema.additionalProperties, false)
  t.equal(schema.required, undefined)
})
