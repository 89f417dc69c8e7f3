import { basename } from 'node:path'
import t from 'tap'
import { contents, type Files, folder, meshFixOn, type Run, SHOP, service, spawned } from './program.ts'
import { TOOL_PATH } from './tools.ts'

process.env['PATH'] = TOOL_PATH

/** What has a fix of each sort, none, and what can't be read; with a kustomization, and a chart. */
const FILES: Files = {
  ...SHOP,
  'shop/kustomization.yaml': 'resources: [service.yaml, deployment.yaml, ingress.yaml]\n',
  'db.yaml': service('db', '{ name: main, port: 4711 }'),
  'broken.yaml': 'a: [\n',
  'values.yaml': 'a: 1\n',
  'chart/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
  'chart/values.yaml': 'portName: web\n',
  'chart/templates/web.yaml': service('web', '{ name: {{ .Values.portName }}, port: 80, appProtocol: smtp }'),
}

const STREAM = Object.values(SHOP).join('---\n')
const LIST = JSON.stringify({ apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [] })

/** Arguments, and standard input. Later runs find what earlier ones have written. */
const CALLS: readonly (readonly [args: readonly string[], input?: string])[] = [
  [[]],
  [['--version']],
  [['--help']],
  [['--wirte']],
  [['nowhere']],
  [['verfy']],
  [['--print-config']],
  [['--print-scopes']],
  [['--diff', '--unsafe']],
  [['--staged']],
  [['--fail-on', 'error', 'shop']],
  [['--exit-zero', '--quiet', '--build', 'never']],
  [['--interactive']],
  ...['text', 'json', 'sarif', 'github', 'gitlab', 'junit', 'rdjson', 'html'].map(
    name => [['--reporter', name, 'shop', 'db.yaml']] as const,
  ),
  [['--cache', '--cache-location', '.git/cache', 'shop']],
  [['--cache', '--cache-location', '.git/cache', 'shop']],
  [['--reporter', 'json', '--reporter-file', 'report.json']],
  [['rule', 'pod-ports']],
  [['rule', 'nothing']],
  [['completion', 'zsh']],
  [['--overlay', 'overlay', 'shop']],
  [['verify', 'overlay']],
  [['--component', 'component', 'shop']],
  [['verify', 'component']],
  [['chart', 'chart']],
  [['chart', 'chart', '--write', '-f', 'chart/values.yaml']],
  [['chart', 'shop']],
  [['-'], STREAM],
  [['-', '--reporter', 'json'], `${STREAM}é\n`],
  [['krm'], LIST],
  [['krm'], '{'],
  [['baseline', 'db.yaml']],
  [['--write']],
  [['ignore', 'named-service-ports', 'db.yaml', '--no-baseline']],
  [['--reporter', 'json']],
]

t.test('a run in the process that stays is what it is in a process of its own', async t => {
  const [one, other] = [folder(t, FILES, { git: true }), folder(t, FILES, { git: true })]
  for (const [args, input = ''] of CALLS) {
    const name = `mesh-fix ${args.join(' ')}`
    t.strictSame(said(meshFixOn(input, other, ...args), other), said(spawned(one, args, input), one), name)
    t.strictSame(contents(other), contents(one), `${name}: the files`)
  }
})

/** What a run came to, whatever the repository is called: the page says its name. */
function said({ status, stdout, stderr }: Run, root: string): Run {
  return { status, stdout: stdout.replaceAll(basename(root), 'repository'), stderr }
}

t.test('variables are those of the call', async t => {
  const root = folder(t, FILES)
  const path = process.env['PATH']
  process.env['PATH'] = '/nowhere'
  t.match(meshFixOn('', root, 'chart', 'chart'), { status: 2, stderr: /there is no helm/ })
  process.env['PATH'] = path
  t.equal(meshFixOn('', root, 'chart', 'chart').status, 1)
})

t.test('a run that ends its process is told, and the next one has another', async t => {
  const root = folder(t, { 'mesh-fix.config.yaml': 'plugins: [./rules.mjs]\n', 'rules.mjs': 'process.exit(7)\n' })
  t.strictSame(meshFixOn('', root), { status: 7, stdout: '', stderr: '' })
  t.equal(meshFixOn('', root, '--version').status, 0)
})
