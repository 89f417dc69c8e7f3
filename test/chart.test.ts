import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse as parseYaml } from 'yaml'
import { contents, documents, type Files, folder, gitApply, meshFix, PROGRAM, put, type Run } from './program.ts'
import { TOOL_PATH, tool } from './tools.ts'

process.env['PATH'] = TOOL_PATH

/** Runs `mesh-fix chart` in a directory. */
function chart(cwd: string, ...args: readonly string[]): Run {
  return meshFix(cwd, 'chart', ...args)
}

/** Its JSON report, of any form: that is what tests look at. */
// biome-ignore lint/suspicious/noExplicitAny: a type would assert what is to be tested
function report(cwd: string, ...args: readonly string[]): any {
  const { stdout, stderr } = chart(cwd, '--reporter', 'json', ...args)
  return JSON.parse(stdout || JSON.stringify({ stderr }))
}

/** The values that a report says decide, as `key: from → to`, and what is left. */
function decisions(cwd: string, ...args: readonly string[]): readonly string[] {
  return report(cwd, ...args).findings.map(({ fix }: Finding) => {
    if (fix.value === undefined) return fix.reason ?? fix.status
    const { file, key, from, to } = fix.value
    return `${file}: ${key}: ${from === undefined ? '' : `${JSON.stringify(from)} → `}${JSON.stringify(to)}`
  })
}

interface Finding {
  readonly fix: {
    readonly status: string
    readonly reason?: string
    readonly value?: {
      readonly file: string
      readonly line: number
      readonly key: string
      readonly from?: unknown
      readonly to: unknown
    }
  }
}

const LEFT = 'no value decides it: use the post-renderer'

/** A Service of a chart with these ports, and a Deployment that says by a probe that port 8080 carries HTTP. */
function web(ports: string, labels = 'labels: { app: web, version: v1 }'): string {
  return documents(
    `apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: { app: web }\n  ports:\n${ports}`,
    [
      'apiVersion: apps/v1',
      'kind: Deployment',
      'metadata: { name: web }',
      'spec:',
      '  selector: { matchLabels: { app: web } }',
      '  template:',
      '    metadata:',
      `      ${labels}`,
      '    spec:',
      '      containers:',
      '        - name: web',
      '          ports: [{ containerPort: 8080 }]',
      '          readinessProbe: { httpGet: { path: /, port: 8080 } }',
      '',
    ].join('\n'),
  )
}

/** A chart of these templates and values. */
function shop(values: string, templates: Readonly<Record<string, string>>): Files {
  const files = Object.entries(templates).map(([name, text]) => [`shop/templates/${name}`, text])
  return {
    'shop/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 0.1.0\n',
    'shop/values.yaml': values,
    ...Object.fromEntries(files),
  }
}

const NAMED = web('    - { name: {{ .Values.portName }}, port: 80, targetPort: 8080 }\n')
const FIXED_NAME = web('    - { name: web, port: 80, targetPort: 8080 }\n')

/** What helm makes of a chart. */
function rendered(cwd: string, ...args: readonly string[]): readonly unknown[] {
  const { stdout, stderr, status } = tool(cwd, 'helm', ['template', 'release-name', 'shop', ...args])
  if (status !== 0) throw new Error(stderr)
  return stdout.split(/^---$/m).map(text => parseYaml(text))
}

t.test('the value that a template uses decides, with all that uses it', async t => {
  const ingress =
    'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: web }\nspec:\n  defaultBackend:\n' +
    '    service: { name: web, port: { name: {{ .Values.portName }} } }\n'
  const values = '# the front\nportName:   "web"   # as in the Ingress\nother: web\n'
  const root = folder(t, shop(values, { 'web.yaml': NAMED, 'ingress.yaml': ingress }), { git: true })
  const before = contents(root)
  const { status, stdout } = chart(root, 'shop')
  t.equal(status, 1, 'a fix is pending')
  t.match(stdout, /^shop\/templates\/web\.yaml\n {2}Service web: warning named-service-ports: port 80 is named "web"/)
  t.match(stdout, 'shop/values.yaml:2:13: portName: "web" → "http-web"')
  t.match(stdout, '-portName:   "web"   # as in the Ingress\n+portName:   "http-web"   # as in the Ingress\n')
  t.match(stdout, '1 finding in 2 files: 1 fixable with a value · impact: 1 change to routing\n')
  t.match(stdout, /Rendered with helm v3\S* \(\d+ times\)/)
  t.strictSame(contents(root), before, 'nothing is written')

  const diff = chart(root, 'shop', '--diff').stdout
  const written = chart(root, 'shop', '-f', 'shop/values.yaml', '--write')
  t.match(written, { status: 0, stdout: /\n1 finding in 2 files: 1 fixed / })
  const after = contents(root)
  t.strictSame(after, { ...before, 'shop/values.yaml': values.replace('"web"', '"http-web"') })
  t.match(chart(root, 'shop'), { status: 0, stdout: /^no findings in 2 files/ })
  put(root, { 'shop/values.yaml': values })
  t.equal(gitApply(root, diff).status, 0)
  t.strictSame(contents(root), after, 'the diff does the same')
})

t.test('helm’s order: the last file that has the value is edited, and only one that is named', async t => {
  const files = {
    ...shop('portName: plain\n', { 'web.yaml': NAMED }),
    'one.yaml': 'portName: web\n',
    'two.yaml': '# nothing yet\n',
    'three.yaml': 'other: 1\n',
  }
  const write = (...names: readonly string[]): Readonly<Record<string, string>> => {
    const root = folder(t, files)
    const { status, stdout, stderr } = chart(root, 'shop', ...names.flatMap(name => ['-f', name]), '--write')
    t.equal(status, 0, stdout + stderr)
    const changed = Object.entries(contents(root)).filter(([path, text]) => files[path as keyof typeof files] !== text)
    return Object.fromEntries(changed)
  }
  t.strictSame(write('one.yaml', 'three.yaml'), { 'one.yaml': 'portName: http-web\n' })
  t.strictSame(write('three.yaml', 'one.yaml'), { 'one.yaml': 'portName: http-web\n' })
  t.strictSame(write('three.yaml'), { 'three.yaml': 'other: 1\nportName: http-plain\n' }, 'an addition')
  t.strictSame(write('two.yaml'), { 'two.yaml': '# nothing yet\nportName: http-plain\n' }, 'to a file of comments')
  t.strictSame(write('shop/values.yaml'), { 'shop/values.yaml': 'portName: http-plain\n' })
})

t.test('--write needs a file that the user names, and none of a vendored chart', async t => {
  const child = { 'shop/charts/db/Chart.yaml': 'name: db\nversion: 0.1.0\n', 'shop/charts/db/values.yaml': 'a: 1\n' }
  const files = { ...shop('portName: web\n', { 'web.yaml': NAMED }), ...child }
  const root = folder(t, files)
  t.match(chart(root, 'shop', '--write'), {
    status: 2,
    stdout: '',
    stderr: /^mesh-fix: --write edits a values file that you name: -f shop\/values\.yaml, or /,
  })
  t.match(chart(root, 'shop', '--write', '-f', 'shop/charts/db/values.yaml'), { status: 2, stderr: /vendored/ })
  t.strictSame(contents(root), files)
})

t.test('an empty value of the right name takes what is missing', async t => {
  const ports = [
    '    - name: web',
    '      port: 80',
    '      targetPort: 8080',
    '      {{- with .Values.service.appProtocol }}',
    '      appProtocol: {{ . }}',
    '      {{- end }}\n',
  ].join('\n')
  const labels = 'labels: { app: web {{ range $k, $v := .Values.podLabels }}, {{ $k }}: {{ quote $v }} {{ end }} }'
  const versioned = web(ports, labels).replace(
    'metadata: { name: web }',
    'metadata: { name: web, labels: { app.kubernetes.io/version: "2.3" } }',
  )
  for (const [values, service, pods] of [
    ['service: { appProtocol: "" }\npodLabels: {}\n', '""', '{}'],
    ['service: { appProtocol: }\npodLabels:\n', 'null', 'null'],
  ] as const) {
    const root = folder(t, shop(values, { 'web.yaml': versioned }))
    t.strictSame(decisions(root, 'shop'), [
      `shop/values.yaml: service.appProtocol: ${service} → "http"`,
      `shop/values.yaml: podLabels: ${pods} → {"version":"2.3"}`,
    ])
  }
  const taken = folder(t, shop('podLabels: { team: front }\nservice: {}\n', { 'web.yaml': versioned }))
  t.strictSame(decisions(taken, 'shop'), [LEFT, 'shop/values.yaml: podLabels.version: "2.3"'], 'or one that has others')
  const absent = folder(t, shop('{}\n', { 'web.yaml': versioned.replaceAll('.service.', '.') }))
  t.strictSame(decisions(absent, 'shop'), [LEFT, LEFT], 'what the values don’t mention is not made up')
})

t.test('lists: of ports, and of containers’ ports', async t => {
  const listed = web('    {{- toYaml .Values.ports | nindent 4 }}\n').replace(
    'ports: [{ containerPort: 8080 }]',
    'ports: {{ toJson .Values.containerPorts }}',
  )
  const values = 'ports:\n- name: web # first\n  port: 80\n  targetPort: 8080\ncontainerPorts: []\n'
  const root = folder(t, { ...shop(values, { 'web.yaml': listed }), 'own.yaml': 'a: 1\n' })
  t.strictSame(decisions(root, 'shop'), [
    'shop/values.yaml: ports[0].name: "web" → "http-web"',
    'shop/values.yaml: containerPorts: [] → [{"containerPort":8080}]',
  ])
  const places = report(root, 'shop', '-f', 'own.yaml').findings.map(({ fix }: Finding) => fix.value?.line)
  t.equal(chart(root, 'shop', '-f', 'own.yaml', '--write').status, 0)
  const text = readFileSync(join(root, 'own.yaml'), 'utf8')
  const lines = text.split('\n')
  t.match(lines[places[0] - 1], 'name: http-web', 'lines count in the file as it comes to be')
  t.match(lines[places[1] - 1], 'containerPort: 8080')
  t.match(parseYaml(text).ports, [{ name: 'http-web', port: 80, targetPort: 8080 }], 'a list is given as a whole')
  t.equal(contents(root)['shop/values.yaml'], values)
})

t.test('a part of what is rendered, and one value for several fixes', async t => {
  const ports = '    - { name: {{ .Values.kind }}-public, port: 80, targetPort: 8080 }\n'
  const second = web('    - { name: {{ .Values.kind }}-private, port: 81, targetPort: 8080 }\n')
    .split('---\n')[0]
    ?.replace('name: web\n', 'name: private\n')
  const root = folder(t, shop('kind: web\n', { 'web.yaml': documents(web(ports), second ?? '') }))
  t.strictSame(decisions(root, 'shop'), [
    'shop/values.yaml: kind: "web" → "http-web"',
    'shop/values.yaml: kind: "web" → "http-web"',
  ])
  t.equal(chart(root, 'shop', '-f', 'shop/values.yaml', '--write').status, 0)
  t.equal(contents(root)['shop/values.yaml'], 'kind: http-web\n')
})

t.test('a value that changes anything else is not taken', async t => {
  const elsewhere = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata: { p: {{ .Values.portName }} }\n'
  const used = folder(t, shop('portName: web\n', { 'web.yaml': NAMED, 'map.yaml': elsewhere }))
  t.strictSame(decisions(used, 'shop'), [LEFT])

  const checksum =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata: { c: "{{ .Values | toJson | sha256sum }}" }\n'
  const hashed = folder(t, shop('portName: web\n', { 'web.yaml': NAMED, 'map.yaml': checksum }))
  t.strictSame(decisions(hashed, 'shop'), [LEFT])

  const random =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web-{{ randAlphaNum 5 | lower }} }\ndata: { r: {{ randAlphaNum 9 }} }\n'
  const varied = folder(t, shop('portName: web\n', { 'web.yaml': NAMED, 'map.yaml': random }))
  t.strictSame(
    decisions(varied, 'shop'),
    ['shop/values.yaml: portName: "web" → "http-web"'],
    'but for what always does',
  )
})

t.test('what no value decides is for the post-renderer, which makes it', async t => {
  const root = folder(t, shop('portName: other\n', { 'web.yaml': FIXED_NAME }))
  const { status, stdout } = chart(root, 'shop', '--profile', 'cni', '--unsafe')
  t.equal(status, 1)
  t.match(stdout, /\n {4}fix with the post-renderer \(safe, routing\): rename port 80 .*\n {6}no value decides it\n/)
  const said = /helm install … (--post-renderer mesh-fix .*)/.exec(stdout)?.[1] ?? ''
  t.match(said, '--post-renderer-args - --post-renderer-args --unsafe --post-renderer-args --profile=cni')
  t.match(rendered(root, ...said.split(' '))[1], { kind: 'Service', spec: { ports: [{ name: 'http-web' }] } })
  t.match(chart(root, 'shop', '-f', 'shop/values.yaml', '--write').status, 1, 'it is left')
})

t.test('helm shows hooks to no post-renderer', async t => {
  const hook = FIXED_NAME.replace('name: web\nspec', 'name: web\n  annotations: { helm.sh/hook: pre-install }\nspec')
  const root = folder(t, shop('', { 'web.yaml': hook }))
  const [finding] = report(root, 'shop').findings
  t.match(finding.fix, { status: 'refused', by: 'template', reason: /Helm shows hooks to no post-renderer/ })
})

t.test('a vendored chart’s value is set from outside, and under its own name alone', async t => {
  const files = {
    ...shop('portName: web\n', { 'none.yaml': '' }),
    'shop/Chart.yaml':
      'apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies: [{ name: front, version: 0.1.0, alias: entry }]\n',
    'shop/charts/front/Chart.yaml': 'apiVersion: v2\nname: front\nversion: 0.1.0\n',
    'shop/charts/front/values.yaml': 'portName: web\n',
    'shop/charts/front/templates/web.yaml': NAMED,
  }
  const root = folder(t, files)
  t.strictSame(decisions(root, 'shop'), ['shop/values.yaml: entry.portName: "web" → "http-web"'])
  t.equal(report(root, 'shop').findings[0].file, 'shop/charts/entry/templates/web.yaml', 'as helm calls it')
  t.equal(chart(root, 'shop', '-f', 'shop/values.yaml', '--write').status, 0)
  t.strictSame(contents(root), { ...files, 'shop/values.yaml': 'portName: web\nentry:\n  portName: http-web\n' })

  t.equal(tool(root, 'helm', ['package', 'shop/charts/front', '-d', 'shop/charts']).status, 0)
  put(root, { 'shop/values.yaml': 'a: 1\n' })
  tool(root, 'rm', ['-r', 'shop/charts/front'])
  t.strictSame(decisions(root, 'shop'), ['shop/values.yaml: entry.portName: "web" → "http-web"'], 'also of an archive')
})

t.test('what isn’t rendered could name the port', async t => {
  const ingress = (name: string): string =>
    '{{ if .Values.ingress }}\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: web }\nspec:\n' +
    `  defaultBackend: { service: { name: web, port: { name: ${name} } } }\n{{ end }}\n`
  const values = 'portName: front\ningress: false\n'
  const fixed = folder(t, shop(values, { 'web.yaml': NAMED, 'ingress.yaml': ingress('front') }))
  const { findings, skipped } = report(fixed, 'shop')
  t.match(findings[0].fix, { title: /appProtocol/, reason: /ingress\.yaml, which mesh-fix does not edit/ })
  t.match(skipped, [{ file: 'shop/templates/ingress.yaml', reason: /makes nothing with these values/ }])
  const templated = folder(t, shop(values, { 'web.yaml': NAMED, 'ingress.yaml': ingress('{{ .Values.portName }}') }))
  t.strictSame(decisions(templated, 'shop'), ['shop/values.yaml: portName: "front" → "http-front"'])
})

t.test('what is called after a release that nobody named is written nowhere', async t => {
  const labels = 'labels: {{ toJson (merge (dict "version" "v1") .Values.podLabels) }}'
  const named = web('    - { name: http, port: 80, targetPort: 8080 }\n', labels)
    .replaceAll('name: web }', 'name: "{{ .Release.Name }}-web" }')
    .replaceAll('{ app: web }', '{ version: v1 }')
  const root = folder(t, shop('podLabels: {}\n', { 'web.yaml': named }))
  t.strictSame(decisions(root, 'shop'), [LEFT])
  t.match(report(root, 'shop').chart.notes, [/--release-name says for which one/])
  t.strictSame(decisions(root, 'shop', '--release-name', 'eu'), ['shop/values.yaml: podLabels: {} → {"app":"eu-web"}'])
})

t.test('what repeats the chart’s version goes stale', async t => {
  const labels = 'labels: {{ toJson (merge (dict "app" "web") .Values.podLabels) }}'
  const versioned = web('    - { name: http, port: 80, targetPort: 8080 }\n', labels).replace(
    'metadata: { name: web }',
    'metadata: { name: web, labels: { app.kubernetes.io/version: "{{ .Chart.Version }}" } }',
  )
  const root = folder(t, shop('podLabels: {}\n', { 'web.yaml': versioned }))
  t.strictSame(decisions(root, 'shop'), [LEFT])
  t.match(report(root, 'shop').chart.notes, [/repeats the chart’s version/])
  t.strictSame(decisions(root, 'shop', '--unsafe'), ['shop/values.yaml: podLabels: {} → {"version":"0.1.0"}'])
})

t.test('a link to values is not written through', async t => {
  const { 'shop/values.yaml': _, ...rest } = shop('', { 'web.yaml': NAMED })
  const root = folder(t, { ...rest, 'values/shop.yaml': 'portName: web\n' })
  symlinkSync('../values/shop.yaml', join(root, 'shop/values.yaml'))
  t.strictSame(decisions(root, 'shop'), ['values/shop.yaml: portName: "web" → "http-web"'])
  t.equal(contents(root)['values/shop.yaml'], 'portName: web\n')
})

t.test('secrets reach no output', async t => {
  const secret =
    'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { PIN: {{ .Values.pin | quote }} }\n' +
    'data: { KEY: {{ .Values.other | b64enc }} }\n'
  const values =
    'adminPassword: hunter2\nportName: web\npin: "48151623"\nother: sesame\ntokens:\n  a: open\n  b: doors\n'
  const root = folder(t, shop(values, { 'web.yaml': NAMED, 'secret.yaml': secret }))
  const all = ['text', 'json'].map(name => chart(root, 'shop', '--reporter', name).stdout)
  for (const text of [...all, chart(root, 'shop', '--diff').stdout]) {
    t.match(text, 'http-web')
    t.notMatch(text, /hunter2|48151623|sesame|open|doors/)
  }
})

t.test('marks in what was rendered are no template’s', async t => {
  const alerts =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { a: {{ "{{ .Values.x }}" | quote }} }\n'
  const root = folder(t, shop('portName: web\n', { 'web.yaml': documents(NAMED, alerts) }))
  t.equal(report(root, 'shop').findings.length, 1)
})

t.test('options are those of a check', async t => {
  const files = shop('portName: web\n', { 'web.yaml': NAMED })
  const root = folder(t, files)
  const configured = { ...files, 'mesh-fix.config.yaml': 'ignore: [shop/templates/]\n' }
  t.equal(chart(folder(t, configured, { git: true }), 'shop', '--no-fix').status, 0, 'the nearest configuration counts')
  const ofRules = (rules: string) => ({
    ...files,
    'mesh-fix.config.yaml': `ignore: [{ rules: [${rules}], paths: [shop/templates/web.yaml] }]\n`,
  })
  t.match(report(folder(t, ofRules('named-service-ports'), { git: true }), 'shop', '--no-fix').summary, {
    findings: 0,
    suppressed: 1,
  })
  t.match(report(folder(t, ofRules('pod-ports'), { git: true }), 'shop', '--no-fix').summary, {
    findings: 1,
    suppressed: 0,
  })
  t.equal(chart(root, 'shop', '--no-fix', '--fail-on', 'error').status, 0)
  t.equal(chart(root, 'shop', '--no-fix', '--exit-zero').status, 0)
  t.match(report(root, 'shop', '--no-fix'), { findings: [{ fix: { status: 'skipped' } }], chart: { renderings: 1 } })
  t.equal(report(root, 'shop', '--skip', 'named-service-ports').findings.length, 0)
  t.match(chart(root, 'shop', '--port-style', 'appProtocol').stdout, /no value decides it/)
  t.match(chart(join(root, 'shop'), '--quiet').stdout, /^templates\/web\.yaml\n {2}Service web:/)
  t.match(report(root, 'shop').chart, { helm: /^helm v3/, notes: [] })
  t.match(chart(root, '--help'), { status: 0, stdout: /--values <FILE>/ })
  t.match(chart(root, 'shop', '--overlay', 'x'), { status: 2, stderr: /unknown option '--overlay'/ })
  const gated = '{{ if .Capabilities.APIVersions.Has "x.example.com/v1" }}\n{{ end }}'
  put(root, {
    'shop/templates/web.yaml': NAMED.replace(
      'port: 80',
      `port: ${gated.replace('\n', '81').replace('{{ end }}', '{{ else }}80{{ end }}')}`,
    ),
  })
  t.match(chart(root, 'shop', '--api-versions', 'x.example.com/v1').stdout, 'port 81')
  t.match(chart(root, 'shop').stdout, 'port 80')
})

t.test('what can’t be rendered is one line', async t => {
  const root = folder(t, {
    ...shop('a: [\n', { 'web.yaml': NAMED }),
    'needy/Chart.yaml':
      'apiVersion: v2\nname: needy\nversion: 0.1.0\ndependencies: [{ name: db, version: 1.0.0, repository: "https://example.com" }]\n',
    'new/Chart.yaml': 'apiVersion: v2\nname: new\nversion: 0.1.0\nkubeVersion: ">=9.0.0"\n',
    'broken/Chart.yaml': 'apiVersion: v2\nname: broken\nversion: 0.1.0\n',
    'broken/templates/a.yaml': '{{ .Values.a.b.c }}\n',
    'plain/service.yaml': '',
  })
  const refused = (args: readonly string[], stderr: RegExp): void => {
    const run = chart(root, ...args)
    t.match(run, { status: 2, stdout: '', stderr })
    t.equal(run.stderr.split('\n').length, 2, run.stderr)
  }
  refused(['plain'], /^mesh-fix: plain is no chart/)
  refused(['nowhere'], /^mesh-fix: nowhere is no chart/)
  refused(['shop'], /^mesh-fix: shop\/values\.yaml:\d+:\d+: /)
  refused(['broken', '-f', 'nowhere.yaml'], /^mesh-fix: nowhere\.yaml does not exist/)
  refused(['broken', '-f', 'https://example.com/v.yaml'], /fetches nothing/)
  refused(['broken'], /^mesh-fix: helm can't render broken: template: broken\/templates\/a\.yaml:1:/)
  refused(
    ['needy'],
    /^mesh-fix: needy needs charts .*: db; mesh-fix fetches nothing: run `helm dependency build needy`/,
  )
  refused(['new'], /requires kubeVersion.*--kube-version/)
  t.equal(chart(root, 'new', '--kube-version', '9.0.0').status, 0)
  const none = tool(root, process.execPath, [PROGRAM, 'chart', 'broken'], { env: { PATH: folder(t, {}) } })
  t.match(none, { status: 2, stderr: /^mesh-fix: there is no helm .*https:\/\/helm\.sh/ })
})
