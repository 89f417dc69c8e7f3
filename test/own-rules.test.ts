import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { defineDetector, type Severity } from '../src/detect/detector.ts'
import { defineFixer, type Fix, type Fixer } from '../src/fix/fixer.ts'
import type { Outcome, RunOptions } from '../src/outcome.ts'
import { Pipeline } from '../src/pipeline.ts'
import type { Pointer } from '../src/pointer.ts'
import { at, numberAt, stringAt } from '../src/read/json.ts'
import { type FileText, repositoryOf } from '../src/read/repository.ts'
import { nameOf, type Resource } from '../src/read/resource.ts'
import { contents, documents, folder, gitApply, json, meshFix, service } from './program.ts'
import { textsAfter } from './run.ts'

const EXAMPLE = fileURLToPath(new URL('../examples/custom-rule', import.meta.url))

/** A rule on a label of ConfigMaps: which value it must have. */
function labelRule(id: string, value: string, severity: Severity = 'warning') {
  return defineDetector({
    id,
    title: `the label mode is ${value}`,
    docs: 'https://shop.example/',
    checks: { label: { sidecar: severity } },
    *detect(resource) {
      if (resource.object.kind !== 'ConfigMap' || stringAt(resource.object, 'metadata', 'labels', 'mode') === value)
        return
      yield {
        check: 'label',
        resource,
        at: '/metadata',
        message: `the label mode must be "${value}"`,
        subject: 'mode',
        data: value,
      }
    },
  })
}

function setting(rule: ReturnType<typeof labelRule>, more: Partial<Fix> = {}): Fixer<string> {
  return defineFixer(rule, {
    fix: ({ resource, data }) => [
      {
        title: `set it to ${data}`,
        safety: 'safe',
        cautions: [],
        evidence: [],
        impact: 'metadata',
        changes: [{ resource, operations: [{ op: 'add', path: '/metadata/labels/mode' as Pointer, value: data }] }],
        ...more,
      },
    ],
  })
}

const SETTINGS = {
  path: 'settings.yaml',
  text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {}\n',
}

function run(
  fixers: readonly Fixer[],
  texts: readonly FileText[] = [SETTINGS],
  maxImpact: RunOptions['maxImpact'] = 'restart',
): Outcome {
  const pipeline = new Pipeline(
    fixers.map(({ fixes }) => fixes),
    fixers,
  )
  return pipeline.run(repositoryOf(texts), {
    profile: 'sidecar',
    portStyle: 'auto',
    all: false,
    externalReferences: [],
    ports: [],
    labelSources: {},
    severities: new Map(),
    isInScope: () => true,
    isOn: () => true,
    isUnsafeOn: () => false,
    maxImpact,
    noFix: false,
  })
}

t.test('of two rules that fight the first wins, and the second is told why', async t => {
  const outcome = run([setting(labelRule('calm', 'calm')), setting(labelRule('wild', 'wild'))])
  t.match(outcome.diagnoses, [
    { treatment: { status: 'applied' } },
    { treatment: { status: 'refused', by: 'progress', reason: /another finding: .* must be "calm"/ } },
  ])
  t.match(textsAfter([SETTINGS], outcome)[0]?.text, /labels: \{ ?mode: calm ?\}/)
})

t.test('rules that fight without end are a loud error, and nothing is written', async t => {
  const bidOf = (resource: Resource): number => numberAt(resource.object, 'data', 'value') ?? 0
  const outbidding = defineDetector<number>({
    id: 'outbidding',
    title: 'every ConfigMap has the greatest value',
    docs: 'https://shop.example/',
    checks: { value: { sidecar: 'info' } },
    *detect(resource, graph) {
      const greatest = Math.max(...[...graph.ofKind('ConfigMap')].filter(({ id }) => id !== resource.id).map(bidOf))
      const own = bidOf(resource)
      if (own > greatest) return
      yield {
        check: 'value',
        resource,
        at: '/data/value',
        message: 'too low',
        subject: String(own),
        data: greatest + 1,
      }
    },
  })
  const fixer = defineFixer(outbidding, {
    fix: ({ resource, data }) => [
      {
        title: `outbid with ${data}`,
        safety: 'safe',
        cautions: [],
        evidence: [],
        impact: 'metadata',
        changes: [{ resource, operations: [{ op: 'replace', path: '/data/value', value: data }] }],
      },
    ],
  })
  const bidder = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { value: 0 }\n`
  const texts = [{ path: 'bidders.yaml', text: documents(bidder('a'), bidder('b')) }]
  t.throws(() => run([fixer], texts), /did not come to rest after 10 passes; nothing was written/)
})

t.test('what has a greater impact than is allowed is left out', async t => {
  const rule = setting(labelRule('calm', 'calm'), { impact: 'restart' })
  t.match(run([rule], [SETTINGS], 'metadata').diagnoses, [{ treatment: { status: 'available', heldBack: 'impact' } }])
  t.match(run([rule]).diagnoses, [{ treatment: { status: 'applied' } }])
})

t.test('a new object: its file, its place in kustomizations, Lists, and what is taken', async t => {
  const lonely = labelRule('lonely', 'calm')
  const adding = defineFixer(lonely, {
    fix: ({ resource }) => [
      {
        title: 'add a Secret-free twin',
        safety: 'safe',
        cautions: [],
        evidence: [],
        impact: 'new-object',
        changes: [{ resource, operations: [{ op: 'add', path: '/metadata/labels/mode', value: 'calm' }] }],
        creates: [
          {
            beside: resource,
            object: {
              apiVersion: 'v1',
              kind: 'Service',
              metadata: { name: nameOf(resource.object) },
              spec: { clusterIP: 'None', selector: { on: '1.10' } },
            },
          },
        ],
      },
    ],
  })
  const at = (path: string) => ({ ...SETTINGS, path })
  const kustomization = (path: string, text: string) => ({ path, text })
  const texts = [
    at('app/settings.yaml'),
    kustomization('app/kustomization.yaml', 'resources:\n- ./settings.yaml # the settings\n- other.yaml\n'),
    kustomization('kustomization.yaml', 'resources:\n  - app/settings.yaml\n'),
  ]
  const outcome = run([adding], texts)
  t.match(outcome.diagnoses, [{ treatment: { status: 'applied' } }])
  t.strictSame(
    textsAfter(texts, outcome).map(({ path, text }) => [path, text]),
    [
      ['app/settings.yaml', SETTINGS.text.replace('{}', '{mode: calm}')],
      ['app/kustomization.yaml', 'resources:\n- ./settings.yaml # the settings\n- ./a-service.yaml\n- other.yaml\n'],
      ['kustomization.yaml', 'resources:\n  - app/settings.yaml\n  - app/a-service.yaml\n'],
      [
        'app/a-service.yaml',
        'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  clusterIP: None\n  selector:\n    "on": "1.10"\n',
      ],
    ],
  )
  t.strictSame(
    [...outcome.documents.keys()],
    ['app/kustomization.yaml#0', 'kustomization.yaml#0'],
    'the kustomizations are part of the outcome',
  )

  const list = [
    {
      path: 'list.yaml',
      text: `apiVersion: v1\nkind: List\nitems:\n- ${SETTINGS.text.trim().replaceAll('\n', '\n  ')}\n`,
    },
  ]
  const [listed] = textsAfter(list, run([adding], list))
  t.match(listed?.text, /mode: calm\}?\n- apiVersion: v1\n {2}kind: Service\n/, 'in a List it is an item')

  const taken = [SETTINGS, { path: 'a-service.yaml', text: '# taken\n' }]
  t.match(run([adding], taken).diagnoses, [
    { treatment: { status: 'refused', by: 'placement', reason: 'the file a-service.yaml is there already' } },
  ])
  const twice = [SETTINGS, { ...SETTINGS, path: 'settings-2.yaml' }]
  t.match(
    run([adding], twice).diagnoses.map(({ treatment }) => treatment.status),
    ['applied', 'refused'],
    'nor may two fixes take one file',
  )
})

t.test('examples/custom-rule: a package of rules, named by the configuration', async t => {
  const readme = readFileSync(`${EXAMPLE}/README.md`, 'utf8')
  const said = /says\n\n```\n([^`]*)```/.exec(readme)?.[1] ?? 'nothing'
  const { stdout, status } = meshFix(
    fileURLToPath(new URL('..', import.meta.url)),
    '--only',
    'team-label',
    'examples/custom-rule',
  )
  t.ok(stdout.startsWith(said), 'the README shows what the program says')
  t.equal(status, 1)
})

t.test('a new file is written, shown and applied by git, all or nothing', async t => {
  const rules = `export default { detectors: [d], fixers: [{ fixes: d, fix: ({ resource }) => [{
    title: 'add a twin', safety: 'safe', cautions: [], evidence: [], impact: 'new-object', changes: [
      { resource, operations: [{ op: 'add', path: '/spec/done', value: true }] }],
    creates: [{ beside: resource, object: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'twin' } } }] }] }] }
`
  const detector = `const d = { id: 'twins', title: '', docs: '', checks: { twin: { sidecar: 'warning' } },
  *detect(resource) { if (resource.object.metadata.name === 'shop' && !resource.object.spec.done)
    yield { check: 'twin', resource, at: '', message: 'no twin', subject: '', data: {} } } }
`
  const files = {
    'mesh-fix.config.yaml': 'plugins: [./rules.mjs]\n',
    'rules.mjs': detector + rules,
    'a/shop.yaml': service('shop', '{ name: http, port: 80 }'),
  }
  for (const git of [true, false]) {
    const root = folder(t, files, { git })
    const { stdout } = meshFix(root, '--diff')
    t.match(stdout, /--- \/dev\/null\n\+\+\+ b\/a\/twin-service\.yaml\n@@ -0,0 \+1,4 @@\n\+apiVersion: v1\n/)
    t.equal(gitApply(root, stdout).status, 0, 'git takes it')
    const byGit = contents(root)
    const other = folder(t, files, { git })
    t.equal(meshFix(other, '--write').status, 0)
    t.strictSame(contents(other), byGit, 'the same bytes')
    t.match(json(other, '--write').summary, { findings: 0 }, 'nothing is left')
  }
  const report = json(folder(t, files))
  t.match(report.findings[0].fix, {
    impact: 'new-object',
    creates: [{ file: 'a/twin-service.yaml', object: { kind: 'Service' } }],
  })
  t.match(report.summary.impact, { newObjects: 1 })

  const hidden = folder(
    t,
    { ...files, '.gitignore': '*-service.yaml\n', 'a/twin-service.yaml': 'mine\n' },
    { git: true },
  )
  const failed = meshFix(hidden, '--write')
  t.equal(failed.status, 2)
  t.match(failed.stdout, /a\/twin-service\.yaml not written: it is there already/)
  t.match(contents(hidden), { ...files, 'a/twin-service.yaml': 'mine\n' }, 'no file changed')
  t.match(
    json(folder(t, files, { git: true }), 'a/shop.yaml').findings[0].fix,
    { status: 'refused', by: 'scope', reason: /a\/twin-service\.yaml too, which is outside the paths/ },
    'a path that is a file holds no new one',
  )
})

t.test('the configuration', async t => {
  const web = service('web', '{ name: main, port: 80 }')
  const config = (text: string) => folder(t, { 'mesh-fix.config.yaml': text, 'a/web.yaml': web, 'b/web.yaml': web })
  t.match(json(config('profile: ambient\n')), { profile: 'ambient' })
  t.match(json(config('profile: ambient\n'), '--profile', 'cni'), { profile: 'cni' }, 'the command line beats it')
  t.match(json(config('ignore: [b/]\n')).summary, { findings: 1, files: 2 }, 'what is ignored is not reported')
  t.match(json(config('ignore: ["*.yaml", "!a/*.yaml"]\n')).findings, [{ file: 'a/web.yaml' }], 'as in a .gitignore')
  t.match(JSON.parse(meshFix(config('profile: classic\n'), '--print-config').stdout), {
    profile: 'classic',
    plugins: [],
    file: /mesh-fix\.config\.yaml$/,
  })
  const nested = folder(
    t,
    {
      'mesh-fix.config.yaml': 'profile: classic\n',
      'a/mesh-fix.config.yaml': 'profile: cni\n',
      'a/b/web.yaml': web,
      'c/web.yaml': web,
    },
    { git: true },
  )
  t.match(json(nested, 'a/b'), { profile: 'cni' }, 'the nearest')
  t.match(json(nested, 'c', 'a'), { profile: 'classic' }, 'the nearest around all paths')
  t.match(json(nested, '--config', 'a/mesh-fix.config.yaml', 'c'), { profile: 'cni' }, 'the one that is named')

  const refused: readonly (readonly [string, RegExp])[] = [
    ['profil: cni\n', /^mesh-fix: mesh-fix\.config\.yaml:1:9: there is no key "profil"; did you mean "profile"\?/],
    ['ignore: []\nprofile: istio\n', /mesh-fix\.config\.yaml:2:10: profile: .*classic/],
    ['ignore: b/\n', /:1:9: ignore: /],
    ['ignore: [b\n', /mesh-fix\.config\.yaml:\d+:\d+: /],
    ['externalReferences: [web]\n', /:1:22: externalReferences\.0: /],
    ['plugins: [./nowhere.js]\n', /the plugin "\.\/nowhere\.js" of .* can't be used: /],
    ['plugins: [no-such-package]\n', /the plugin "no-such-package" of .* can't be used: /],
  ]
  for (const [text, message] of refused) {
    const { status, stderr } = meshFix(config(text))
    t.equal(status, 2, text)
    t.match(stderr, message, text)
    t.equal(stderr.trim().split('\n').length, 1, 'one line')
  }
  t.match(meshFix(config(''), '--config', 'nowhere.yaml'), { status: 2, stderr: /nowhere\.yaml does not exist/ })
  t.match(json(config('')).summary, { findings: 2 }, 'an empty file says nothing')
})

t.test('a plugin must not take the name of a rule, and must be one', async t => {
  const with_ = (rules: string) =>
    folder(t, { 'mesh-fix.config.yaml': 'plugins: [./r.mjs]\n', 'r.mjs': rules, 'a.yaml': '' })
  const rule = (id: string) => `export default { detectors: [{ id: '${id}', checks: {}, detect: () => [] }] }`
  t.match(meshFix(with_(rule('named-service-ports'))), { status: 2, stderr: /two rules "named-service-ports"/ })
  t.match(meshFix(with_('export default 1')), { status: 2, stderr: /must be \{ detectors, fixers \}/ })
  t.match(meshFix(with_(rule('mine')), '--only', 'mine'), { status: 0 })
})

t.test('a port that something outside refers to is not renamed', async t => {
  const port = '{ name: httpmain, port: 80 }'
  const shop = documents(service('web', port), service('cart', port))
  const styleOf = (references: string): readonly string[] => {
    const root = folder(t, { 'mesh-fix.config.yaml': `externalReferences: ${references}\n`, 'shop.yaml': shop })
    const { findings } = json(root)
    return findings.map(({ fix }: { readonly fix: { readonly title: string } }) => fix.title.split(' ')[0])
  }
  t.strictSame(styleOf('[]'), ['rename', 'rename'])
  t.strictSame(styleOf('[web/httpmain]'), ['declare', 'rename'])
  t.strictSame(styleOf('[web/80]'), ['declare', 'rename'])
  t.strictSame(styleOf('[shop/web/80]'), ['declare', 'rename'], 'a Service without a namespace may be in any')
  t.strictSame(styleOf('["*/80"]'), ['declare', 'declare'])
  t.strictSame(styleOf('[{ service: "w*", port: 80 }]'), ['declare', 'rename'])
  t.strictSame(styleOf('[{ service: web, port: 81 }]'), ['rename', 'rename'])
})

t.test('ignored by annotation, with a reason', async t => {
  const web = (annotations: string) =>
    `apiVersion: v1\nkind: Service\nmetadata: { name: web, annotations: { ${annotations} } }\nspec: { ports: [{ name: main, port: 80 }] }\n`
  const suppressed = (annotations: string): number => json(folder(t, { 'a.yaml': web(annotations) })).summary.suppressed
  t.equal(suppressed('mesh-fix.dev/ignore: named-service-ports'), 1)
  t.equal(suppressed('mesh-fix.dev/ignore: "pod-ports, named-service-ports -- legacy clients"'), 1)
  t.equal(suppressed('mesh-fix.dev/ignore: "pod-ports -- not named-service-ports"'), 0, 'a reason names no rule')
  t.equal(suppressed('mesh-fix.dev/ignore: "-- named-service-ports"'), 0)
  t.equal(suppressed('mesh-fix.dev/ignore: named'), 0)
  t.equal(suppressed('galley.istio.io/analyze-suppress: "IST0107,IST0118"'), 1)
  t.equal(suppressed('galley.istio.io/analyze-suppress: "*"'), 1)
  t.equal(suppressed('galley.istio.io/analyze-suppress: IST0107'), 0)

  const rule = labelRule('calm', 'calm')
  const podded = defineDetector<string>({
    ...rule,
    *detect(resource) {
      if (at(resource.object, 'spec', 'template') !== undefined)
        yield { check: 'label', resource, at: '', message: 'm', subject: '', data: '' }
    },
  })
  const deployment = (annotations: string) => ({
    path: 'd.yaml',
    text: `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { template: { metadata: { annotations: ${annotations} }, spec: {} } }\n`,
  })
  const count = (annotations: string): number => run([setting(podded)], [deployment(annotations)]).suppressed
  t.equal(count('{ mesh-fix.dev/ignore: calm }'), 1, 'on the pod template')
  t.equal(count('{}'), 0)
  t.match(run([setting(podded)], [deployment('{}')]).diagnoses, [
    { treatment: { status: 'refused', by: 'text', reason: /the patch does not apply/ } },
  ])
})
