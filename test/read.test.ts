import t, { type Test } from 'tap'
import type { Treatment } from '../src/outcome.ts'
import { ignoreComments } from '../src/read/ignore-comments.ts'
import { documentAt, documentHolding } from '../src/read/place.ts'
import { type FileText, type Repository, readFiles, repositoryOf } from '../src/read/repository.ts'
import { titleOf } from '../src/read/resource.ts'
import { parse } from '../src/read/yaml.ts'
import { deployment, documents, ingress, service } from './program.ts'
import { runOn } from './run.ts'

/** Files by their paths. */
type Texts = Readonly<Record<string, string>>

function read(texts: Texts): Repository {
  return repositoryOf(filesOf(texts))
}

function filesOf(texts: Texts): readonly FileText[] {
  return Object.entries(texts).map(([path, text]) => ({ path, text }))
}

/** `path#document: reason` of all that was skipped. */
function skipped(texts: Texts): readonly string[] {
  return read(texts).skipped.map(
    ({ path, document, reason }) => `${path}${document === undefined ? '' : `#${document}`}: ${reason}`,
  )
}

function found(texts: Texts): readonly string[] {
  return read(texts).resources.map(({ object, id }) => `${id} ${titleOf(object)}`)
}

const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\n'
const NO_OBJECT = 'no Kubernetes object: it has no apiVersion and kind'
const TEMPLATE = 'a template: it holds {{ }}, {% %} or <% %>'

t.test('Helm charts: by the Chart.yaml above', async t => {
  const chart = {
    'charts/shop/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
    'charts/shop/Chart.lock.yaml': 'dependencies: []\n',
    'charts/shop/values.yaml': 'port: web\n',
    'charts/shop/values-prod.yaml': 'port: web\n',
    'charts/shop/values.schema.json': '{}',
    'charts/shop/templates/plain.yaml': CONFIG,
    'charts/shop/templates/deep/service.yaml': 'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\n',
    'charts/shop/charts/sub/Chart.yaml': 'name: sub\n',
    'charts/shop/charts/sub/templates/plain.yaml': CONFIG,
    'charts/shop/charts/sub/values.yaml': 'a: 1\n',
    'charts/shop/ci/test-values.yaml': 'a: 1\n',
    'charts/shop/crds/crd.yaml': 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n',
  }
  t.same(skipped(chart), [
    'charts/shop/Chart.yaml: a Helm chart’s own file',
    'charts/shop/Chart.lock.yaml: a Helm chart’s own file',
    'charts/shop/values.yaml: Helm values',
    'charts/shop/values-prod.yaml: Helm values',
    'charts/shop/values.schema.json: Helm values',
    'charts/shop/templates/plain.yaml: a Helm template',
    'charts/shop/templates/deep/service.yaml: a Helm template',
    'charts/shop/charts/sub/Chart.yaml: a Helm chart’s own file',
    'charts/shop/charts/sub/templates/plain.yaml: a Helm template',
    'charts/shop/charts/sub/values.yaml: Helm values',
    `charts/shop/ci/test-values.yaml#0: ${NO_OBJECT}`,
    'charts/shop/crds/crd.yaml#0: a CustomResourceDefinition',
  ])
  t.same(read(chart).resources, [])
  t.same(read(chart).errors, [])

  t.same(found({ 'templates/plain.yaml': CONFIG }), ['templates/plain.yaml#0 ConfigMap c'], 'no chart, no template')
  t.same(skipped({ 'Chart.yaml': 'name: x\n', 'templates/a.yaml': CONFIG }).at(1), 'templates/a.yaml: a Helm template')
  t.same(found({ 'a/Chart.yaml': 'name: x\n', 'b/templates/a.yaml': CONFIG }).length, 1, 'another directory’s chart')
})

t.test('templates outside charts: by their marks', async t => {
  const templates = {
    'a map for a name': 'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .name }}\n',
    'within plain text': `${CONFIG}data:\n  image: shop:{{ .tag }}\n`,
    'a key': `${CONFIG}data:\n  {{ .key }}: a\n`,
    'Helm in double quotes': `${CONFIG}data:\n  a: "{{ .Values.x }}"\n`,
    'Helm in single quotes': `${CONFIG}data:\n  a: '{{- include "x" . }}'\n`,
    'Helm in a block': `${CONFIG}data:\n  a: |\n    {{ .Release.Name }}\n`,
    'Helm with a dollar': `${CONFIG}data:\n  a: "{{ $.Values.x }}"\n`,
    'a quoted name': 'apiVersion: v1\nkind: Service\nmetadata: { name: "{{ name }}" }\n',
    'a line of its own': `{{- if .enabled }}\n${CONFIG}{{- end }}\n`,
    'Jinja statement': `{% if x %}\n${CONFIG}{% endif %}\n`,
    'Jinja in plain text': `${CONFIG}data:\n  a: b-{{ c }}\n`,
    ERB: `${CONFIG}data:\n  a: <%= c %>\n`,
    'a control in a list': `${CONFIG}data:\n  a:\n  {{- range .x }}\n  - b\n  {{- end }}\n`,
    'in one document of several': documents(CONFIG, `${CONFIG}data: { a: {{ .b }} }\n`),
    'plain text of an alert, templated too': `${CONFIG}data:\n  a: {{ .job }} on {{ $labels.pod }}\n`,
  }
  for (const [name, text] of Object.entries(templates)) {
    t.same(skipped({ 'a.yaml': text }), [`a.yaml: ${TEMPLATE}`], name)
    t.same(read({ 'a.yaml': text }).resources, [], name)
    t.same(read({ 'a.yaml': text }).errors, [], name)
  }
  const manifests = {
    'Argo Workflows in quotes': `${CONFIG}data:\n  a: "{{inputs.parameters.message}}"\n  b: '{{workflow.name}}-x'\n`,
    'Prometheus in a block': `${CONFIG}data:\n  a: |\n    {{ $labels.instance }} is {{ $value }}\n  b: >-\n    {{ range query "x" }}{{ end }}\n`,
    'Prometheus in quotes': `${CONFIG}data:\n  a: "{{ $labels.pod }} down"\n`,
    'Prometheus in plain text': `${CONFIG}data:\n  a: Pod {{ $labels.pod }} is at {{ $value | humanize }}\n`,
    'Alertmanager in quotes': `${CONFIG}data:\n  a: '{{ .CommonLabels.alertname }}'\n`,
    'a comment': `# {{ .x }}\n${CONFIG}data: {} # {% if %}\n`,
    braces: `${CONFIG}data: { a: { b: {} } }\n`,
  }
  for (const [name, text] of Object.entries(manifests)) {
    t.same(skipped({ 'a.yaml': text }), [], name)
    t.same(found({ 'a.yaml': text }), ['a.yaml#0 ConfigMap c'], name)
  }
  const broken = `# {{ .x }}\n${CONFIG}data: [\n`
  t.equal(read({ 'a.yaml': broken }).errors.length, 1, 'a broken manifest is no template for a comment’s sake')
  t.match(skipped({ 'a.json': '{"apiVersion": "v1", "kind": "List", "items": [{{ .x }}]}' }), [/a template/])
})

t.test('kustomize’s own files, and the patches that they list', async t => {
  const patch = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata: { a: b }\n'
  const texts = {
    'base/kustomization.yaml':
      'resources: [../plain.yaml, both.yaml]\npatchesStrategicMerge:\n- merge.yaml\n- both.yaml\n- |\n  kind: X\n',
    'base/merge.yaml': patch,
    'base/both.yaml': patch,
    'over/kustomization.yml': 'patches:\n- path: ./deep/../entry.yaml\n- patch: "[]"\n  target: { kind: Service }\n',
    'over/entry.yaml': documents(patch, patch),
    'json/Kustomization':
      'patchesJson6902:\n- path: ops.yaml\n  target: { kind: Service, name: x, version: v1 }\n- path: ../json/ops.json\n',
    'json/ops.yaml': '- { op: add, path: /a, value: 1 }\n',
    'json/ops.json': '[{"op": "remove", "path": "/a"}]',
    'component/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n',
    'other.yaml': 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n',
    'builtin.yaml': 'apiVersion: builtin\nkind: PatchTransformer\nmetadata: { name: p }\n',
    'flux.yaml': 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: flux }\n',
    'plain.yaml': patch,
    'unlisted-ops.yaml': '- { op: test, path: /a, value: 1 }\n',
    'list.yaml': '- { op: test }\n',
    'delete.yaml': `$patch: delete\n${patch}`,
    'replacement.yaml': 'source: { kind: Service, name: x }\ntargets: []\n',
    'replacements.yaml': '- source: { kind: Service, name: x }\n  targets: []\n',
    'empty/kustomization.yaml': 'resources:\npatches:\npatchesStrategicMerge: null\npatchesJson6902: 3\n',
  }
  t.same(skipped(texts).toSorted(), [
    'base/kustomization.yaml#0: a kustomization',
    'base/merge.yaml#0: a patch of base/kustomization.yaml',
    'builtin.yaml#0: a kustomize transformer',
    'component/kustomization.yaml#0: a kustomization',
    'delete.yaml#0: a strategic merge patch',
    'empty/kustomization.yaml#0: a kustomization',
    'json/Kustomization#0: a kustomization',
    'json/ops.json#0: a patch of json/Kustomization',
    'json/ops.yaml#0: a patch of json/Kustomization',
    'list.yaml#0: no Kubernetes object',
    'other.yaml#0: a kustomization',
    'over/entry.yaml#0: a patch of over/kustomization.yml',
    'over/entry.yaml#1: a patch of over/kustomization.yml',
    'over/kustomization.yml#0: a kustomization',
    'replacement.yaml#0: kustomize’s replacements',
    'replacements.yaml#0: kustomize’s replacements',
    'unlisted-ops.yaml#0: a JSON patch',
  ])
  t.same(found(texts), ['base/both.yaml#0 ConfigMap c', 'flux.yaml#0 Kustomization flux', 'plain.yaml#0 ConfigMap c'])
})

t.test('what is no Kubernetes object', async t => {
  const texts = {
    'docker-compose.yml': 'services:\n  web: { image: nginx, ports: ["80:80"] }\n',
    'package.json': '{"name": "x", "kind": "y"}',
    'tsconfig.json': '{\n  // a comment\n  "a": 1,\n}\n',
    'scalar.yaml': 'hello\n',
    'number.json': '1',
    'null.yaml': 'null\n',
    'only-kind.yaml': 'kind: Service\n',
    'odd-kind.yaml': 'apiVersion: v1\nkind: [Service]\n',
    'comments.yaml': '# nothing\n\n# here\n',
    'markers.yaml': '---\n---\n# a\n...\n',
    'empty.yaml': '',
    'blank.json': ' \n',
    'bom.yaml': '\uFEFF',
    'crd.yaml': 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: { x: 1 }\n',
  }
  t.same(skipped(texts), [
    `docker-compose.yml#0: ${NO_OBJECT}`,
    `package.json#0: ${NO_OBJECT}`,
    `tsconfig.json#0: ${NO_OBJECT}`,
    'scalar.yaml#0: no Kubernetes object',
    'number.json#0: no Kubernetes object',
    'null.yaml#0: no Kubernetes object',
    `only-kind.yaml#0: ${NO_OBJECT}`,
    `odd-kind.yaml#0: ${NO_OBJECT}`,
    'comments.yaml: no content but comments',
    'markers.yaml: no content but comments',
    'empty.yaml: no content but comments',
    'blank.json: no content but comments',
    'bom.yaml: no content but comments',
    'crd.yaml#0: a CustomResourceDefinition',
  ])
  t.same(read(texts).errors, [])
  t.same(read(texts).resources, [])
})

t.test('lists and files of several documents', async t => {
  const texts = {
    'list.yaml': `apiVersion: v1\nkind: List\nitems:\n- { apiVersion: v1, kind: Service, metadata: { name: a } }\n- { kind: Service }\n- 3\n- { apiVersion: v1, kind: List, items: [] }\n`,
    'services.yaml':
      'apiVersion: v1\nkind: ServiceList\nitems:\n- { apiVersion: v1, kind: Service, metadata: { name: b, namespace: ns } }\n',
    'list.json':
      '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "c"}}]}',
    'template.yaml':
      // biome-ignore lint/suspicious/noTemplateCurlyInString: OpenShift's parameters look like this
      'apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n- { apiVersion: v1, kind: Service, metadata: { name: "${NAME}" } }\nparameters: [{ name: NAME }]\n',
    'empty.yaml': 'apiVersion: v1\nkind: List\nitems: []\n',
    'several.yaml': documents(
      '# first\n',
      CONFIG,
      'apiVersion: x\nkind: CustomResourceDefinition\n',
      '',
      CONFIG,
      'a: 1\n',
    ),
    'block.yaml': `${CONFIG}data:\n  a: |\n    ---\n    kind: Service\n`,
    'end.yaml': `${CONFIG}...\n${CONFIG}`,
    'crlf.yaml': documents(CONFIG, CONFIG).replaceAll('\n', '\r\n'),
  }
  t.same(found(texts), [
    'list.yaml#0/items/0 Service a',
    'services.yaml#0/items/0 Service ns/b',
    'list.json#0/items/0 Pod c',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: OpenShift's parameters look like this
    'template.yaml#0/objects/0 Service ${NAME}',
    'several.yaml#0 ConfigMap c',
    'several.yaml#3 ConfigMap c',
    'block.yaml#0 ConfigMap c',
    'end.yaml#0 ConfigMap c',
    'end.yaml#1 ConfigMap c',
    'crlf.yaml#0 ConfigMap c',
    'crlf.yaml#1 ConfigMap c',
  ])
  t.same(skipped(texts), [
    `list.yaml#0: /items/1: ${NO_OBJECT}`,
    `list.yaml#0: /items/2: ${NO_OBJECT}`,
    'list.yaml#0: /items/3: a list within a list',
    'several.yaml#1: a CustomResourceDefinition',
    `several.yaml#4: ${NO_OBJECT}`,
  ])
})

t.test('what cannot be read is an error with its place', async t => {
  const { errors, resources } = read({
    'a.yaml': documents(CONFIG, 'apiVersion: v1\nkind: Service\nkind: Service\n', CONFIG),
    'b.json': '{"apiVersion": "v1", "kind": ',
    'c.yaml': 'a: [\n',
  })
  t.match(errors, [
    { path: 'a.yaml', line: 7, column: 1, message: /"kind" stands twice/ },
    { path: 'b.json', line: 1 },
    { path: 'c.yaml', line: Number },
  ])
  t.equal(resources.length, 2, 'the other documents are read')
})

t.test('a directory that cannot be opened is an error, and so is a file that is gone', async t => {
  const walk = {
    root: '/nowhere',
    start: '/nowhere',
    gitRoot: undefined,
    files: ['gone.yaml'],
    links: ['link.yaml'],
    closed: ['private'],
    isInScope: () => true,
    named: new Set<string>(),
  }
  t.match(readFiles(walk), {
    texts: [],
    skipped: [{ path: 'link.yaml', reason: 'a symbolic link, which is not followed' }],
    errors: [
      { path: 'private', line: 1, column: 1, message: 'the directory cannot be opened' },
      { path: 'gone.yaml', line: 1, column: 1, message: /^cannot be read: / },
    ],
  })
})

/** A Service "shop" with a port "web" that carries HTTP, and what was skipped beside it. */
function fixBeside(
  texts: Texts,
  port = '{ name: web, port: 8080 }',
  portStyle: 'auto' | 'name' = 'auto',
): Treatment | undefined {
  const app = service('shop', port).replace(
    '{ name: shop }',
    '{ name: shop, namespace: prod, labels: { app: shop, tier: front } }',
  )
  const workload = deployment('shop').replace('{ name: shop }', '{ name: shop, namespace: prod }')
  const outcome = runOn(filesOf({ 'app.yaml': documents(app, workload), ...texts }), { portStyle })
  return outcome.diagnoses.find(({ finding }) => finding.resource.path === 'app.yaml')?.treatment
}

/** Whether a skipped text stops the rename, with its reason: then `appProtocol` is declared, or the fix is refused. */
function stops(t: Test, name: string, texts: Texts, reason: RegExp): void {
  const [path = ''] = Object.keys(texts)
  const fallback = fixBeside(texts)
  t.match(fallback, { status: /applied|available/, fix: { title: /appProtocol/, note: reason } }, `${name}: falls back`)
  t.match(fallback, { fix: { note: path.replace(/^.*\//, '') } }, `${name}: names the file`)
  t.match(fixBeside(texts, undefined, 'name'), { status: 'refused', reason }, `${name}: is refused`)
}

function allows(t: Test, name: string, texts: Texts): void {
  t.match(fixBeside(texts), { status: 'applied', fix: { title: /^rename/ } }, name)
}

const MONITOR = 'apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: { name: m }\nspec:\n'

/** A kustomization with a patch as a file, and as text of its own. */
function patchedBy(patch: string, target?: string): readonly Texts[] {
  const about = target === undefined ? '' : `\n  target: ${target}`
  const indented = patch.trimEnd().replaceAll('\n', '\n    ')
  return [
    { 'over/patch.yaml': patch, 'over/kustomization.yaml': `patches:\n- path: patch.yaml${about}\n` },
    { 'over/kustomization.yaml': `patches:\n- patch: |\n    ${indented}${about}\n` },
    ...(target === undefined
      ? [
          { 'over/patch.yaml': patch, 'over/kustomization.yaml': 'patchesStrategicMerge: [patch.yaml]\n' },
          { 'over/kustomization.yaml': `patchesStrategicMerge:\n- |\n    ${indented}\n` },
        ]
      : [
          { 'over/patch.yaml': patch, 'over/kustomization.yaml': `patchesJson6902:\n- path: patch.yaml${about}\n` },
          { 'over/kustomization.yaml': `patchesJson6902:\n- patch: |\n    ${indented}${about}\n` },
        ]),
  ]
}

t.test('patches that could mean the port', async t => {
  const ofService = (name: string, spec: string): string =>
    `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: ${spec}\n`
  const stopping: readonly (readonly [string, string, string?])[] = [
    ['ports of the Service', ofService('shop', '{ ports: [{ port: 8080, name: web }] }')],
    ['ports of the Service, with a prefix', ofService('prod-shop', '{ ports: [] }')],
    ['ports by a target', ofService('anything', '{ ports: [] }'), '{ kind: Service }'],
    ['ports by an anchored target', ofService('anything', '{ ports: [] }'), '{ kind: "^Service$", name: "^shop$" }'],
    ['ports by a pattern', ofService('anything', '{ ports: [] }'), '{ kind: Service, name: "^(shop|db)$" }'],
    ['ports by a pattern', ofService('anything', '{ ports: [] }'), '{ kind: Service|Pod, name: sh.* }'],
    ['ports by labels', ofService('anything', '{ ports: [] }'), '{ labelSelector: app=shop }'],
    [
      'an operation on a port',
      '- { op: replace, path: /spec/ports/0/name, value: x }',
      '{ kind: Service, name: shop }',
    ],
    ['an operation on the spec', '- { op: replace, path: /spec, value: {} }', '{ kind: Service }'],
    ['an operation that moves a port', '- { op: move, from: /spec/ports/0, path: /spec/ports/1 }', '{ name: shop }'],
    ['an Ingress', ingress('shop', 'web')],
    ['an Ingress by an operation', '- { op: add, path: /spec/x, value: { port: { name: web } } }', '{ kind: Ingress }'],
    ['a guard on an Ingress', '- { op: test, path: /spec/x, value: web }', '{ kind: Ingress, name: x }'],
    ['a ServiceMonitor', `${MONITOR}  endpoints: [{ port: web }]\n`],
    [
      'an SRV name in a workload',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: x }\nspec: { template: { spec: { containers: [{ name: x, args: ["_web._tcp.shop.prod.svc"] }] } } }\n',
    ],
  ]
  for (const [name, patch, target] of stopping)
    for (const texts of patchedBy(patch, target))
      stops(t, name, texts, /patches the ports|refers to its port|sets a value "web"/)

  const allowed: readonly (readonly [string, string, string?])[] = [
    ['another Service', ofService('db', '{ ports: [{ port: 8080, name: web }] }')],
    ['no ports', ofService('shop', '{ type: LoadBalancer }')],
    ['another Service by a target', ofService('shop', '{ ports: [] }'), '{ kind: Service, name: db }'],
    [
      'another Service by an anchored target',
      ofService('shop', '{ ports: [] }'),
      "{ kind: ^Service$, name: '^my\\-db$' }",
    ],
    ['another kind by a target', ofService('shop', '{ ports: [] }'), '{ kind: Gateway }'],
    ['an operation on another field', '- { op: add, path: /metadata/labels/a, value: b }', '{ kind: Service }'],
    ['an Ingress of another port', ingress('shop', 'admin')],
    ['an Ingress of another Service', ingress('db', 'web')],
    ['another namespace', ingress('shop', 'web').replace('{ name: shop }', '{ name: i, namespace: test }')],
    [
      'a container port',
      '- { op: add, path: /spec/template/spec/containers/0/ports/-, value: { name: web } }',
      '{ kind: Deployment }',
    ],
    [
      'a ServiceMonitor of other labels',
      `${MONITOR}  selector: { matchLabels: { app: db } }\n  endpoints: [{ port: web }]\n`,
    ],
  ]
  for (const [name, patch, target] of allowed) for (const texts of patchedBy(patch, target)) allows(t, name, texts)

  t.test('each target of a patch counts', async t => {
    const texts = {
      'over/patch.yaml': '- { op: remove, path: /spec/ports/0 }\n',
      'a/kustomization.yaml': 'patches:\n- { path: ../over/patch.yaml, target: { kind: Service, name: shop } }\n',
      'b/kustomization.yaml': 'patches:\n- { path: ../over/patch.yaml, target: { kind: Service, name: db } }\n',
    }
    stops(t, 'two kustomizations', texts, /patches the ports/)
  })
  t.test('a port without a name: only what writes the Service’s ports counts', async t => {
    const unnamed = '{ port: 8080 }'
    const [ports] = patchedBy(ofService('shop', '{ ports: [] }'))
    const [route] = patchedBy(ingress('shop', 'web'))
    t.match(fixBeside(ports ?? {}, unnamed), { fix: { title: /appProtocol/ } })
    t.match(fixBeside(route ?? {}, unnamed), { status: 'applied', fix: { title: /^name port/ } })
  })
  t.test('built-in transformers', async t => {
    const transformer = `apiVersion: builtin\nkind: PatchTransformer\nmetadata: { name: p }\npatch: '[{"op": "remove", "path": "/spec/ports/0"}]'\ntarget: { kind: Service }\n`
    stops(t, 'an operation', { 'transformer.yaml': transformer }, /patches the ports/)
  })
  t.test('a patch that nobody lists', async t => {
    stops(t, 'a merge', { 'p.yaml': `$patch: merge\n${ofService('shop', '{ ports: [] }')}` }, /patches the ports/)
  })
})

t.test('replacements and variables that could mean the port', async t => {
  const replacement = (source: string, target: string): string => `source: ${source}\ntargets: [${target}]\n`
  const from = '{ kind: ConfigMap, name: c, fieldPath: data.x }'
  const into = '{ select: { kind: Pod }, fieldPaths: [spec.x] }'
  const stopping: Texts = {
    'reads the ports': replacement('{ kind: Service, name: shop, fieldPath: "spec.ports.[name=web].port" }', into),
    'writes the ports': replacement(from, '{ select: { kind: Service }, fieldPaths: [spec.ports.0.name] }'),
    'writes the ports of all kinds': replacement(from, '{ select: { name: shop }, fieldPaths: [spec.ports] }'),
    'writes the spec': replacement(from, '{ select: { kind: Service|Pod }, fieldPaths: [spec] }'),
    'writes the port of a route': replacement(
      from,
      '{ select: { kind: Ingress }, fieldPaths: [spec.defaultBackend.service.port.name] }',
    ),
    'writes the port of a monitor': replacement(
      from,
      '{ select: { kind: ServiceMonitor }, fieldPaths: [spec.endpoints.0.port] }',
    ),
  }
  const allowed: Texts = {
    'reads a name': replacement('{ kind: Service, name: shop, fieldPath: metadata.name }', into),
    'another Service': replacement('{ kind: Service, name: db, fieldPath: "spec.ports.[name=web].port" }', into),
    'a workload’s ports': replacement(
      from,
      '{ select: { kind: Deployment }, fieldPaths: [spec.template.spec.containers.0.ports.0.name] }',
    ),
  }
  const spellings = (text: string): readonly Texts[] => [
    { 'replacement.yaml': text },
    { 'replacement.yaml': `- ${text.trimEnd().replaceAll('\n', '\n  ')}\n` },
    { 'kustomization.yaml': `replacements:\n- ${text.trimEnd().replaceAll('\n', '\n  ')}\n` },
  ]
  for (const [name, text] of Object.entries(stopping))
    for (const texts of spellings(text)) stops(t, name, texts, /replaces a value|sets the name of a port/)
  for (const [name, text] of Object.entries(allowed)) for (const texts of spellings(text)) allows(t, name, texts)

  const variable = (name: string, field: string): Texts => ({
    'kustomization.yaml': `vars:\n- name: X\n  objref: { kind: Service, name: ${name}, apiVersion: v1 }\n  fieldref: { fieldpath: "${field}" }\n`,
  })
  stops(t, 'a variable', variable('shop', 'spec.ports[0].name'), /reads a variable/)
  allows(t, 'a variable of another field', variable('shop', 'metadata.name'))
  allows(t, 'a variable of another Service', variable('db', 'spec.ports[0].name'))
})

t.test('templates and values that could mean the port', async t => {
  const template = (text: string): Texts => ({ 'chart/templates/a.yaml': text, 'chart/Chart.yaml': 'name: x\n' })
  const route = (name: string, port: string): string =>
    `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  defaultBackend:\n    service:\n      name: ${name}\n      port:\n        name: ${port}\n`
  const monitor = (selector: string, port = 'web'): string =>
    `{{- if .x }}\n${MONITOR}  selector:${selector}\n  endpoints:\n  - port: ${port}\n{{- end }}\n`
  const stopping: Texts = {
    'an Ingress': route('shop', 'web'),
    'in quotes': route('"shop"', '"web" # the port'),
    'in braces': 'kind: Ingress\nspec: { defaultBackend: { service: { name: shop, port: { name: web } } } } {{ }}\n',
    'in JSON': '{"kind": "Ingress", "spec": {"service": {"name": "shop", "port": {"name": "web"}}}} {{ }}\n',
    'a name that is filled in': route('{{ .Values.service }}', 'web'),
    'a port that is filled in, with a default': route('shop', '{{ .Values.port | default "web" }}'),
    'a monitor by name of its label': monitor('\n    matchLabels:\n      tier: front'),
    'a monitor of everything': monitor(' {}'),
    'a monitor whose labels are filled in': monitor('\n    matchLabels:\n      app: {{ .Values.app }}'),
    'a monitor whose labels come from elsewhere': monitor(
      '\n    matchLabels:\n      {{- include "labels" . | nindent 6 }}',
    ),
    'a kind that is filled in': route('shop', 'web').replace('kind: Ingress', 'kind: {{ .kind }}'),
    'an SRV name in a workload': '{{ x }}\nkind: Deployment\nargs: [--to=_web._tcp.shop.prod.svc]\n',
    'a variable in a workload': '{{ x }}\nkind: Deployment\nargs: ["$(SHOP_SERVICE_PORT_WEB)"]\n',
    'one document of several': documents(CONFIG, route('shop', 'web')),
  }
  for (const [name, text] of Object.entries(stopping)) stops(t, name, template(text), /mentions|refers to a port "web"/)
  stops(t, 'outside a chart', { 'a.yaml': route('shop', 'web') }, /mentions this Service/)
  const values = { 'chart/values.yaml': 'backend:\n  service: shop\n  port: web\n', 'chart/Chart.yaml': 'name: x\n' }
  stops(t, 'values', values, /mentions this Service/)
  stops(t, 'what cannot be read', { 'a.yaml': `${ingress('shop', 'web')}kind: Ingress\n` }, /mentions this Service/)

  const allowed: Texts = {
    'another port': route('shop', 'admin'),
    'another Service': route('db', 'web'),
    'a part of a word': route('shop', 'web-admin'),
    'a container port': '{{ x }}\nkind: Deployment\nname: shop\nports:\n- name: web\n',
    'a monitor of other labels': monitor('\n    matchLabels:\n      app: db'),
    'an SRV name of another Service': '{{ x }}\nkind: Deployment\nargs: [--to=_web._tcp.db.prod.svc]\n',
    'a variable of another Service': '{{ x }}\nkind: Deployment\nname: shop\nargs: ["$(DB_SERVICE_PORT_WEB)"]\n',
    'only in a path': '{{ x }}\nkind: Ingress\nname: shop\npath: /web\n',
    'a number': route('shop', '8080'),
    'in different documents': documents(route('shop', 'admin'), route('db', 'web')),
  }
  for (const [name, text] of Object.entries(allowed)) allows(t, name, template(text))
  allows(t, 'values of another Service', { ...values, 'chart/values.yaml': 'service: db\nport: web\n' })
  allows(t, 'a values file outside a chart', { 'values.yaml': 'service: shop\nport: web\n' })
  t.match(fixBeside(template(route('shop', 'web')), '{ port: 8080 }'), { status: 'applied' }, 'a port without a name')
})

t.test('a document that was not read is nowhere, and so are its comments', async t => {
  const comment = '# mesh-fix-ignore pod-ports'
  const text = `a: 0\n---\nkind: Definition\nb: 1 ${comment}\n---\nc: 2 ${comment}\n`
  const parsed = parse(text, source => source.includes('Definition'))
  t.same(
    [-1, 0, 1, 2, 3].map(place => documentAt(parsed, place)?.value),
    [undefined, { a: 0 }, undefined, { c: 2 }, undefined],
  )
  t.same(
    ['a', 'b', 'c'].map(key => documentHolding(parsed, text.indexOf(`${key}: `))?.value),
    [{ a: 0 }, undefined, { c: 2 }],
  )
  t.same(
    ignoreComments(parsed).map(({ line }) => line),
    [6],
  )
})
