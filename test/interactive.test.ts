import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import {
  contents,
  deployment,
  documents,
  type Files,
  folder,
  json,
  meshFix,
  PROGRAM,
  put,
  SHOP,
  service,
} from './program.ts'
import { PLAIN_NODE, TOOL_PATH } from './tools.ts'

process.env['PATH'] = TOOL_PATH

/** util-linux's `script` runs programs at a terminal of their own; others of that name take other arguments. */
const hasTerminal = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')
const AT_TERMINAL = { skip: hasTerminal ? false : 'there is no `script` of util-linux on PATH, to make terminals with' }

const [CTRL_C, CTRL_D] = ['\u0003', '\u0004']

/** What is typed at a question, or something that happens while it waits for the answer that follows. */
type Step = string | (() => void)

/** What came of a session. */
interface Session {
  readonly status: number | null
  /** What the terminal has shown, without what moves its cursor and colours it. */
  readonly shown: string
  /** How many of the steps were not asked for. */
  readonly left: number
}

/** Runs `mesh-fix --interactive` at a terminal, and answers what it asks. */
async function session(cwd: string, steps: readonly Step[], ...args: readonly string[]): Promise<Session> {
  const words = ['env', ...PLAIN_NODE, PROGRAM, '--interactive', ...args]
  const command = words.map(word => `'${word}'`).join(' ')
  const terminal = spawn('script', ['-qfec', command, '/dev/null'], { cwd, stdio: ['pipe', 'pipe', 'inherit'] })
  const left = [...steps]
  let [shown, fresh] = ['', '']
  let isAfterObjection = false
  const timer = setTimeout(() => terminal.kill(), PATIENCE)
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    fresh += text
    timer.refresh()
    const plain = stripVTControlCharacters(fresh)
    const isObjection = OBJECTION.test(plain)
    // An objection is drawn again with each key.
    if (isObjection ? isAfterObjection : !QUESTION.test(plain)) return
    isAfterObjection = isObjection
    fresh = ''
    let next = left.shift()
    for (; typeof next === 'function'; next = left.shift()) next()
    if (next === undefined) terminal.kill()
    else terminal.stdin.write(next === CTRL_C || next === CTRL_D ? next : `${next}\r`)
  })
  const [status] = await once(terminal, 'close')
  clearTimeout(timer)
  return { status, shown: stripVTControlCharacters(shown).replaceAll('\r\n', '\n'), left: left.length }
}

/** A question on a line of its own that nothing was typed at yet. */
const QUESTION = /\n\(\d+\/\d+\) [^\n]*\?\s*$/

/** What was wrong with an answer. */
const OBJECTION = /says what they mean\s*$/

/** How long a program may say nothing, in milliseconds. */
const PATIENCE = 30_000

const WEB = '{ name: web, port: 80, targetPort: 8080 }'
const HTTP_WEB = '{ name: http-web, port: 80, targetPort: 8080 }'

/** Three Services of workloads that speak HTTP, each with a port called "web". */
const STREET: Files = Object.fromEntries(
  ['bakery', 'cafe', 'deli'].flatMap(name => [
    [`${name}/deployment.yaml`, deployment(name)],
    [`${name}/service.yaml`, service(name, WEB)],
  ]),
)

/** A Deployment of whose version only the image's tag tells. */
function unlabelled(name: string): string {
  const image = `- name: ${name}\n          image: ${name}:1.4.2`
  return deployment(name).replace(', version: v1', '').replace(`- name: ${name}`, image)
}

/** Some of their Services with the port called as it should be. */
function renamed(...names: readonly string[]): Files {
  return Object.fromEntries(names.map(name => [`${name}/service.yaml`, service(name, HTTP_WEB)]))
}

t.test('writes what is chosen, and nothing else', AT_TERMINAL, async t => {
  const root = folder(t, STREET)
  const { status, shown, left } = await session(root, ['y', 'n', 'Y'])
  t.equal(left, 0)
  t.equal(status, 1, 'one is left')
  t.match(shown, /bakery\/service\.yaml:7:15: warning named-service-ports: port 80 is named "web"/)
  t.match(shown, /\n {2}fix \(safe, routing\): rename port 80 from "web" to "http-web"\nbakery\/service\.yaml\n@@ /)
  t.match(shown, /\n- {4}- \{ name: web, .*\n\+ {4}- \{ name: http-web, /)
  t.match(shown, /\n\(3\/3\) Apply this fix \[y,n,a,i,e,q,\?\]\?/)
  t.match(shown, /fix not chosen \(safe, routing\)/)
  t.match(shown, /3 findings in 6 files: 2 fixed, 1 fixable with --write/)
  t.strictSame(contents(root), { ...STREET, ...renamed('bakery', 'deli') })

  const again = await session(root, ['y'])
  t.match(again, { status: 0, left: 0 })
  t.notMatch(again.shown, /bakery/, 'what was fixed is asked no more')
  t.strictSame(contents(root), { ...STREET, ...renamed('bakery', 'cafe', 'deli') })
  const last = await session(root, [])
  t.equal(last.status, 0)
  t.notMatch(last.shown, /Apply/, 'nothing is left to ask')
  t.strictSame(contents(root), { ...STREET, ...renamed('bakery', 'cafe', 'deli') })
})

t.test('all of a rule from here on, but nothing less safe', AT_TERMINAL, async t => {
  const files = { ...STREET, 'cafe/deployment.yaml': unlabelled('cafe') }
  const root = folder(t, files)
  const { shown, left } = await session(root, ['n', 'n', 'a'])
  t.equal(left, 0, 'the label of another rule is asked for')
  t.match(shown, /Apply this unsafe fix/)
  t.match(shown, /\n {2}with it, 1 later fix of named-service-ports\n/)
  t.strictSame(contents(root), { ...files, ...renamed('cafe', 'deli') })
})

t.test('unsafe fixes say so, and are made where they are chosen', AT_TERMINAL, async t => {
  const root = folder(t, { 'cafe.yaml': documents(unlabelled('cafe'), service('cafe', HTTP_WEB)) })
  const { status, shown } = await session(root, ['y'])
  t.match(shown, /fix \(unsafe, restart\): label the pods version: "1\.4\.2"\n {4}unsafe: it comes from the image tag/)
  t.equal(status, 0)
  t.match(contents(root)['cafe.yaml'], /labels: \{ app: cafe, version: 1\.4\.2 \}/)
})

t.test('an ignored finding gets an annotation with the reason', AT_TERMINAL, async t => {
  const ports =
    '{ name: web, port: 80, targetPort: 8080 }\n    - { name: api, port: 81, targetPort: 8080 }\n    - { name: old, port: 82, targetPort: 8080 }'
  const files = { 'shop.yaml': documents(service('shop', ports), deployment('shop')) }
  const root = folder(t, files)
  const { status, shown } = await session(root, ['y', 'i', '', 'i', 'clients:  know it'])
  t.equal(status, 0)
  t.match(shown, /with it, 1 other finding of named-service-ports on Service shop\n/)
  t.match(shown, /1 finding in 1 file: 1 fixed · .* · 2 suppressed/)
  const expected = documents(
    service('shop', ports)
      .replace(
        '{ name: shop }',
        '{ name: shop, annotations: {mesh-fix.dev/ignore: "named-service-ports -- clients: know it"} }',
      )
      .replace('name: web', 'name: http-web'),
    deployment('shop'),
  )
  t.strictSame(contents(root), { 'shop.yaml': expected })

  const again = await session(root, [])
  t.match(again, { status: 0, shown: /no findings in 1 file · 2 suppressed/ })
  t.strictSame(contents(root), { 'shop.yaml': expected })
})

t.test('an annotation that can not be written is said at once', AT_TERMINAL, async t => {
  const item = (text: string) => `  - ${text.trimEnd().replaceAll('\n', '\n    ')}\n`
  const items = [
    item(service('shop', WEB).replace('metadata: ', 'metadata: &shop ')),
    item(deployment('shop').replace('metadata: { name: shop }', 'metadata: *shop')),
  ]
  const root = folder(t, { 'list.yaml': `apiVersion: v1\nkind: List\nitems:\n${items.join('')}` })
  const before = contents(root)
  const { shown } = await session(root, ['i', 'q'])
  t.match(shown, /not possible: the text can't be edited: the anchor &shop is used elsewhere/)
  t.strictSame(contents(root), before)
})

t.test('evidence, help, and answers that are none', AT_TERMINAL, async t => {
  const root = folder(t, SHOP)
  const { shown, left, status } = await session(root, ['e', 'what', '?', 'n'])
  t.equal(left, 0)
  t.equal(status, 1)
  t.match(
    shown,
    /definitive: readinessProbe of container "shop" asks port 8080 over HTTP \(shop\/deployment\.yaml:\d+\)\n {2}impact: changes routing\n/,
  )
  t.match(shown, /answer with one of these letters; \? says what they mean/)
  t.match(shown, /\n {2}q - apply what was chosen so far, and nothing else\n/)
  t.strictSame(contents(root), SHOP)
})

t.test('who quits keeps what was chosen; who leaves keeps nothing', AT_TERMINAL, async t => {
  const root = folder(t, STREET)
  for (const end of [CTRL_C, CTRL_D]) {
    const { status, shown } = await session(root, ['y', end])
    t.equal(status, 130)
    t.match(shown, /\nmesh-fix: interrupted: nothing was written\n$/)
    t.strictSame(contents(root), STREET)
  }
  const asked = await session(root, ['i', CTRL_C])
  t.equal(asked.status, 130)
  t.strictSame(contents(root), STREET)
  t.equal((await session(root, ['n', 'y', 'q'])).status, 1)
  t.strictSame(contents(root), { ...STREET, ...renamed('cafe') })
})

t.test('a fix that others change is told, not written', AT_TERMINAL, async t => {
  const ports = '{ port: 80, targetPort: 8080 }\n    - { port: 81, targetPort: 8080 }'
  const files = { 'shop.yaml': documents(service('shop', ports), deployment('shop')) }
  const root = folder(t, files)
  const { status, shown } = await session(root, ['y', 'y'])
  t.equal(status, 1)
  t.match(
    shown,
    /mesh-fix: not applied: shop\.yaml:8:7: name port 81 "http": it would now be another fix \(safe, routing\): name port 81 "http-81"\n/,
  )
  t.match(
    contents(root)['shop.yaml'],
    /\{ port: 80, targetPort: 8080, name: http \}\n {4}- \{ port: 81, targetPort: 8080 \}/,
  )
  t.match(await session(root, ['y']), { status: 0 }, 'it is offered as it would be')
  t.match(contents(root)['shop.yaml'], /port: 81, targetPort: 8080, name: http-81 \}/)
})

t.test('fixes that meet in one place are shown alone, and made in any choice', AT_TERMINAL, async t => {
  const unlisted = deployment('shop').replace(/ +ports: .*\n/, '')
  const ports = '{ name: http-web, port: 80, targetPort: 8080 }\n    - { name: http-api, port: 81, targetPort: 9090 }'
  const files = { 'shop/deployment.yaml': unlisted, 'shop/service.yaml': service('shop', ports) }
  const built = {
    ...files,
    'shop/kustomization.yaml': 'resources: [deployment.yaml, service.yaml]\n',
    'eu/kustomization.yaml': 'resources: [../shop]\nnameSuffix: -eu\n',
    'us/kustomization.yaml': 'resources: [../shop]\nnameSuffix: -us\n',
  }
  const listed = (...ports: readonly number[]) =>
    [unlisted, '          ports:\n', ...ports.map(port => `            - containerPort: ${port}\n`)].join('')
  for (const [all, steps, expected] of [
    [files, ['y', 'y'], listed(8080, 9090)],
    [files, ['y', 'n'], listed(8080)],
    [files, ['n', 'y'], listed(9090)],
    [built, ['y', 'y'], listed(8080, 9090)],
    [built, ['n', 'y'], listed(9090)],
  ] as const) {
    const root = folder(t, all)
    const { shown } = await session(root, steps)
    t.match(shown, /\n\+ +ports:\n\+ +- containerPort: 9090\n/)
    t.strictSame(contents(root), { ...all, 'shop/deployment.yaml': expected }, steps.join())
  }
})

t.test('new objects of kustomizations are shown alone, too', AT_TERMINAL, async t => {
  const files = {
    'base/kustomization.yaml': 'resources:\n  - bakery.yaml\n  - cafe.yaml\n',
    'base/bakery.yaml': deployment('bakery'),
    'base/cafe.yaml': deployment('cafe'),
    'eu/kustomization.yaml': 'resources: [../base]\nnameSuffix: -eu\n',
  }
  const root = folder(t, files)
  const { shown } = await session(root, ['n', 'y'])
  t.notMatch(shown, /shown alone/)
  t.match(shown, /\n {4}new: Service cafe in base\/cafe-service\.yaml\n {4}unsafe: /)
  const { 'base/cafe-service.yaml': created, ...others } = contents(root)
  t.match(created, /^kind: Service$/m)
  t.strictSame(others, {
    ...files,
    'base/kustomization.yaml': 'resources:\n  - bakery.yaml\n  - cafe.yaml\n  - cafe-service.yaml\n',
  })
})

t.test('what changes while it is asked is looked at again', AT_TERMINAL, async t => {
  const root = folder(t, STREET)
  const edit = () =>
    put(root, { 'bakery/service.yaml': service('bakery', HTTP_WEB), 'cafe/deployment.yaml': '# gone\n' })
  const { shown } = await session(root, ['y', edit, 'y', 'y'])
  t.match(
    shown,
    /not applied: bakery\/service\.yaml:7:15: rename port 80 from "web" to "http-web": it is not found any more/,
  )
  t.match(shown, /not applied: cafe\/service\.yaml:7:15: .*: it would now be another fix \(unsafe, routing\): /)
  t.strictSame(contents(root), { ...STREET, ...renamed('bakery', 'deli'), 'cafe/deployment.yaml': '# gone\n' })
})

t.test('in kustomizations, the patch is shown that gives the value, and written', AT_TERMINAL, async t => {
  const patch = (name: string) => service('shop', `{ name: ${name}, port: 80 }`).replace(/ {2}selector: .*\n/, '')
  const files: Files = {
    ...SHOP,
    'shop/kustomization.yaml': 'resources: [service.yaml, deployment.yaml]\n',
    'shop/service.yaml': service('shop', HTTP_WEB),
    'dev/kustomization.yaml': 'resources: [../shop]\nnamePrefix: dev-\npatches: [{ path: port.yaml }]\n',
    'dev/port.yaml': patch('web'),
    'cafe/kustomization.yaml': 'resources: [service.yaml, deployment.yaml]\n',
    'cafe/service.yaml': service('cafe', WEB),
    'cafe/deployment.yaml': deployment('cafe'),
    'eu/kustomization.yaml': 'resources: [../cafe]\nnameSuffix: -eu\n',
    'us/kustomization.yaml': 'resources: [../cafe]\nnameSuffix: -us\n',
  }
  const root = folder(t, files)
  const { shown } = await session(root, ['n', 'y'])
  t.match(shown, /cafe\/service\.yaml:7:15: .*\n {2}in what eu, us build\n/)
  t.match(shown, /dev\/port\.yaml:6:15: .*\n {2}in what dev builds\n {2}fix .*\ndev\/port\.yaml\n@@ /)
  t.strictSame(contents(root), { ...files, 'dev/port.yaml': patch('http-web') })
  t.equal((await session(root, ['y'])).status, 0)
  t.strictSame(contents(root), { ...files, ...renamed('cafe'), 'dev/port.yaml': patch('http-web') })
})

t.test('what Secrets hold is not shown', AT_TERMINAL, async t => {
  const secret = 'stringData: { password: hunter2 }\napiVersion: v1\nkind: Secret\nmetadata: { name: shop }\n'
  const root = folder(t, { 'shop.yaml': documents(service('shop', WEB), secret, deployment('shop')) })
  const { shown } = await session(root, ['e', 'y'])
  t.match(shown, /\n\+ {4}- \{ name: http-web/)
  t.notMatch(shown, /hunter2/)
})

t.test('programs are told of both, the fixed and the ignored', AT_TERMINAL, async t => {
  const root = folder(t, STREET)
  const steps = ['y', 'i', 'clients know it', 'n']
  await session(root, steps, '--reporter', 'json', '--reporter-file', 'report.json')
  const report = JSON.parse(readFileSync(join(root, 'report.json'), 'utf8'))
  t.match(report.summary, { findings: 2, fixed: 1, fixable: 1, suppressed: 1 })
  t.strictSame(
    report.patches.map(({ file, patch }: { file: string; patch: readonly { op: string; path: string }[] }) => [
      file,
      patch.at(-1)?.path,
    ]),
    [
      ['bakery/service.yaml', '/spec/ports/0/name'],
      ['cafe/service.yaml', '/metadata/annotations'],
    ],
  )
})

t.test('nobody is asked without a terminal', async t => {
  const root = folder(t, SHOP)
  for (const input of ['pipe', 'ignore'] as const) {
    const { status, stdout, stderr } = spawnSync('env', [...PLAIN_NODE, PROGRAM, '--interactive'], {
      cwd: root,
      encoding: 'utf8',
      stdio: [input, 'pipe', 'pipe'],
    })
    t.match({ status, stdout }, { status: 2, stdout: '' })
    t.equal(stderr, 'mesh-fix: --interactive asks at a terminal, and there is none: use --write\n')
  }
  t.strictSame(contents(root), SHOP)
})

t.test('what would write nothing, or elsewhere, is not asked for along with it', async t => {
  const root = folder(t, SHOP)
  const others = [
    '--diff',
    '--dry-run',
    '--no-fix',
    '--overlay=x',
    '--component=x',
    '--cache',
    '--print-scopes',
    '--print-config',
  ]
  for (const other of others) {
    const { status, stderr } = meshFix(root, '--interactive', other)
    t.equal(status, 2, other)
    t.match(stderr, /^mesh-fix: option '--interactive' cannot be used with option '--.*\n$/)
  }
  t.match(meshFix(root, '--interactive', '-'), { status: 2, stderr: '--interactive has no meaning for standard input' })
  t.strictSame(contents(root), SHOP)
  t.equal(json(root).summary.fixable, 1)
})
