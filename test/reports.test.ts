import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import draft04 from 'ajv-draft-04'
import formats from 'ajv-formats'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import t from 'tap'
import { validateXML } from 'xmllint-wasm'
import { writeAll } from '../src/output.ts'
import { applied } from '../src/write/text-edit.ts'
import {
  deployment,
  documents,
  folder,
  gitApply,
  json,
  meshFix,
  PROGRAM,
  SHOP,
  SHOP_FIXED,
  service,
} from './program.ts'

const REPORTERS = ['text', 'json', 'sarif', 'github', 'gitlab', 'junit', 'rdjson'] as const

/** A shop whose pods lack a version, too: of its fixes one is unsafe. */
const MORE = {
  ...SHOP,
  'cart/cart.yaml': documents(
    service('cart', '{ name: web, port: 80, targetPort: 8080 }'),
    deployment('cart').replace(', version: v1', '').replace('- name: cart', '- name: cart\n          image: cart:1.2'),
  ),
  'odd.yaml': service('odd', '{ name: main, port: 4711 }'),
}

const sarifSchema = new draft04.default({ strict: false })
formats.default(sarifSchema)
const isSarif = sarifSchema.compile(schema('schemas/sarif-2.1.0.json'))
const isRdjson = new draft04.default({ strict: false }).compile(schema('schemas/rdjson.json'))
const isReport = new Ajv().compile(schema('../dist/report.schema.json'))

function schema(path: string): object {
  return JSON.parse(textOf(path))
}

function textOf(path: string): string {
  return readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')
}

// biome-ignore lint/suspicious/noExplicitAny: a type would assert what is to be tested
function reported(cwd: string, reporter: string, ...args: readonly string[]): any {
  return JSON.parse(meshFix(cwd, '--reporter', reporter, ...args).stdout)
}

t.test('sarif: the official schema holds, and its fixes are the fixes', async t => {
  const root = folder(t, MORE, { git: true })
  const log = reported(join(root, 'cart'), 'sarif', root)
  t.ok(isSarif(log), JSON.stringify(isSarif.errors))
  const [run] = log.runs
  t.equal(run.columnKind, 'utf16CodeUnits')
  for (const { ruleId, ruleIndex } of run.results) t.equal(run.tool.driver.rules[ruleIndex].id, ruleId)
  for (const { id, help, helpUri } of run.tool.driver.rules) {
    t.equal(help.markdown, meshFix(root, 'rule', id).stdout)
    t.match(helpUri, /^https:/)
  }
  const rename = run.results.find(
    ({
      locations: [{ physicalLocation }],
    }: {
      locations: [{ physicalLocation: { artifactLocation: { uri: string } } }]
    }) => physicalLocation.artifactLocation.uri === 'shop/service.yaml',
  )
  t.match(rename, {
    level: 'warning',
    ruleId: 'named-service-ports',
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uriBaseId: '%SRCROOT%' },
          region: { startLine: 7, startColumn: 15, endColumn: 18 },
        },
      },
    ],
    relatedLocations: [{ physicalLocation: { artifactLocation: { uri: 'shop/deployment.yaml' } } }],
    properties: { safety: 'safe', status: 'available' },
  })
  t.match(rename.partialFingerprints['meshFix/v1'], /^[0-9a-f]{16}$/)
  for (const { artifactLocation, replacements } of rename.fixes[0].artifactChanges)
    t.equal(
      replaced(readFileSync(join(root, artifactLocation.uri), 'utf8'), replacements),
      SHOP_FIXED[artifactLocation.uri],
      artifactLocation.uri,
    )
  t.equal(
    run.results.filter(({ fixes }: { fixes?: unknown }) => fixes !== undefined).length,
    3,
    'not where people decide',
  )

  const left = reported(root, 'sarif', '--write')
  t.ok(isSarif(left))
  t.equal(left.runs[0].results.length, 2, 'what was fixed has gone')
})

/** A text with the replacements of a SARIF log made. */
function replaced(
  text: string,
  replacements: readonly {
    readonly deletedRegion: Readonly<Record<'startLine' | 'startColumn' | 'endLine' | 'endColumn', number>>
    readonly insertedContent: { readonly text: string }
  }[],
): string {
  const lines = text.split('\n')
  const offset = (line: number, column: number): number =>
    lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0) + column - 1
  return applied(
    text,
    replacements.map(({ deletedRegion: at, insertedContent }) => ({
      start: offset(at.startLine, at.startColumn),
      end: offset(at.endLine, at.endColumn),
      text: insertedContent.text,
    })),
  )
}

t.test('rdjson: reviewdog’s schema holds, and suggestions are whole fixes', async t => {
  const root = folder(t, MORE, { git: true })
  const report = reported(root, 'rdjson')
  t.ok(isRdjson(report), JSON.stringify(isRdjson.errors))
  const [cart] = report.diagnostics.filter(
    ({ location, code }: { location: { path: string }; code: { value: string } }) =>
      location.path === 'cart/cart.yaml' && code.value === 'named-service-ports',
  )
  const [{ range, text }] = cart.suggestions
  t.strictSame(cart.location.range, range, 'reviewdog wants them to be the same')
  const lines = MORE['cart/cart.yaml'].split('\n')
  lines.splice(range.start.line - 1, range.end.line - range.start.line + 1, text)
  t.equal(lines.join('\n'), MORE['cart/cart.yaml'].replace('{ name: web,', '{ name: http-web,'))
  const [shop] = report.diagnostics.filter(
    ({ location }: { location: { path: string } }) => location.path === 'shop/service.yaml',
  )
  t.notOk('suggestions' in shop, 'a part of a fix is no suggestion')
})

/** What GitLab's own `app/validators/json_schemas/codeclimate.json` asks of an entry, and what its documentation does. */
const isCodeQuality = new Ajv().compile({
  type: 'array',
  items: {
    type: 'object',
    required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
    properties: {
      description: { type: 'string', minLength: 1 },
      check_name: { type: 'string', pattern: '^[a-z-]+$' },
      fingerprint: { type: 'string', pattern: '^[0-9a-f]{16}$' },
      severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
      location: {
        type: 'object',
        required: ['path', 'lines'],
        properties: {
          path: { type: 'string' },
          lines: { type: 'object', required: ['begin'], properties: { begin: { type: 'integer', minimum: 1 } } },
        },
      },
    },
  },
})

t.test('gitlab: what Code Quality asks for', async t => {
  const root = folder(t, { ...MORE, 'broken.yaml': 'a: [\n' }, { git: true })
  const report = reported(root, 'gitlab')
  t.equal(report.length, json(root).findings.length + 1)
  t.ok(isCodeQuality(report), JSON.stringify(isCodeQuality.errors))
  for (const { location } of report) t.ok(existsSync(join(root, location.path)), location.path)
  t.equal(new Set(report.map(({ fingerprint }: { fingerprint: string }) => fingerprint)).size, report.length)
})

const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  isArray: name => /^test(suite|case)$/.test(name),
})

t.test('junit: a suite for each file, failures from --fail-on on', async t => {
  const root = folder(t, { ...MORE, 'broken.yaml': 'a: [\n' })
  const text = meshFix(root, '--reporter', 'junit').stdout
  const { testsuites } = xml.parse(text)
  t.match(testsuites, { tests: '5', failures: '3', errors: '1' })
  t.strictSame(
    testsuites.testsuite.map(({ name }: { name: string }) => name),
    ['broken.yaml', 'cart/cart.yaml', 'odd.yaml', 'shop/service.yaml'],
  )
  t.match(testsuites.testsuite[2].testcase[0].failure['#text'], /^odd\.yaml:\d+: port 4711 is named /)
  t.match(xml.parse(meshFix(root, '--reporter', 'junit', '--fail-on', 'error').stdout).testsuites, { failures: '0' })
  const nothing = meshFix(folder(t, SHOP_FIXED), '--reporter', 'junit').stdout
  t.match(xml.parse(nothing).testsuites, { tests: '1', failures: '0', errors: '0' })
  const { valid, errors } = await validateXML({
    xml: [text, nothing].map((contents, index) => ({ fileName: `${index}.xml`, contents })),
    schema: textOf('schemas/junit-10.xsd'),
  })
  t.ok(valid, errors.map(({ message }) => message).join('\n'))
})

t.test('github: annotations, and a summary of the step', async t => {
  const root = folder(t, MORE, { git: true })
  const before = process.env['GITHUB_STEP_SUMMARY']
  const file = join(folder(t, { 'summary.md': '# before\n' }), 'summary.md')
  process.env['GITHUB_STEP_SUMMARY'] = file
  t.teardown(() => {
    if (before === undefined) delete process.env['GITHUB_STEP_SUMMARY']
    else process.env['GITHUB_STEP_SUMMARY'] = before
  })
  const lines = meshFix(join(root, 'shop'), '--reporter', 'github', root).stdout.trimEnd().split('\n')
  t.equal(lines.length, json(root).findings.length)
  for (const line of lines)
    t.match(line, /^::(error|warning|notice) file=[^,:]+,line=\d+,endLine=\d+.*,title=[a-z-]+::\S/)
  t.match(
    lines.at(-1),
    '::warning file=shop/service.yaml,line=7,endLine=7,col=15,endColumn=18,title=named-service-ports::',
  )
  const summary = readFileSync(file, 'utf8')
  t.match(summary, /^# before\n## mesh-fix\n/)
  t.match(summary, /\| warning \| shop\/service.yaml:7 \| named-service-ports \|/)
  meshFix(root)
  t.equal(readFileSync(file, 'utf8'), summary, 'no other reporter writes it')

  const [cache, out] = [folder(t, {}), folder(t, {})]
  const args = [
    '--cache',
    '--cache-location',
    cache,
    '--reporter',
    'github',
    '--reporter',
    'json',
    '--reporter-file',
    join(out, 'r.json'),
  ]
  const first = meshFix(root, ...args).stdout
  const report = readFileSync(join(out, 'r.json'), 'utf8')
  writeFileSync(join(out, 'r.json'), '')
  writeFileSync(file, '')
  t.equal(meshFix(root, ...args).stdout, first, 'a cache says all of it again')
  t.equal(
    readFileSync(file, 'utf8') + readFileSync(join(out, 'r.json'), 'utf8'),
    summary.slice('# before\n'.length) + report,
  )
})

t.test('several reporters in one run, each to its file', async t => {
  const root = folder(t, MORE, { git: true })
  const out = folder(t, {})
  const files = REPORTERS.map(name => join(out, name))
  const pairs = REPORTERS.flatMap((name, index) => ['--reporter', name, '--reporter-file', files[index] ?? ''])
  t.match(meshFix(root, ...pairs), { status: 1, stdout: '', stderr: '' })
  for (const name of REPORTERS) {
    const alone = meshFix(root, '--reporter', name)
    t.equal(readFileSync(join(out, name), 'utf8'), alone.stdout, name)
    t.equal(alone.status, 1, 'the exit code is the same with every reporter')
    t.equal(meshFix(root, '--reporter', name, '--fail-on', 'error').status, 0)
  }
  const one = meshFix(root, '--reporter', 'text', '--reporter', 'json', '--reporter-file', join(out, 'other.json'))
  t.equal(one.stdout, readFileSync(join(out, 'text'), 'utf8'), 'the one without a file goes to standard output')
  t.equal(readFileSync(join(out, 'other.json'), 'utf8'), readFileSync(join(out, 'json'), 'utf8'))

  const wrong = [
    [
      ['--reporter', 'text', '--reporter', 'json'],
      /^mesh-fix: the reports text and json can't both be on standard output: .*\n$/,
    ],
    [
      ['--reporter', 'text', '--reporter-file', 'a', '--reporter-file', 'b'],
      /^mesh-fix: .*The text report has a file already.\n$/,
    ],
    [
      ['--reporter', 'text', '--reporter-file', 'a', '--reporter', 'json', '--reporter-file', 'a'],
      /can't both be in "a"/,
    ],
    [['--reporter', 'xml'], /^mesh-fix: .*--reporter.*"?xml"?.*text, json, sarif/],
  ] as const
  for (const [args, stderr] of wrong) t.match(meshFix(root, ...args), { status: 2, stdout: '', stderr })
})

t.test('the JSON report is as its schema says', async t => {
  const root = folder(t, { ...MORE, 'broken.yaml': 'a: [\n', 'values.yaml': 'a: 1\n' })
  const repository = fileURLToPath(new URL('..', import.meta.url))
  const runs: readonly (readonly [cwd: string, ...args: string[]])[] = [
    [root],
    [root, '--no-fix'],
    [root, '--unsafe', '--max-impact', 'metadata'],
    [repository, 'examples/legacy-shop', '--unsafe', '--build', 'never'],
    [join(repository, 'examples/environments'), '--root', '.'],
    ...[
      'named-service-ports',
      'net-admin',
      'pod-ports',
      'service-association',
      'port-protocol-conflict',
      'app-version-labels',
    ].map(rule => {
      const fixtures = join(repository, 'test/fixtures', rule)
      return [fixtures, '--root', '.', '--unsafe', '--all', '--build', 'never'] as const
    }),
    [root, '--write'],
  ]
  for (const [cwd, ...args] of runs)
    t.ok(isReport(json(cwd, ...args)), `${args.join(' ')}: ${JSON.stringify(isReport.errors)}`)

  const right = json(root)
  const [finding] = right.findings
  for (const wrong of [
    { ...right, version: 2 },
    { ...right, more: 1 },
    { ...right, summary: { ...right.summary, fixed: -1 } },
    { ...right, findings: [{ ...finding, line: 0 }] },
    { ...right, findings: [{ ...finding, fix: null }] },
    { ...right, findings: [{ ...finding, fix: { ...finding.fix, status: 'done' } }] },
    { ...right, patches: [{ ...right.patches[0], patch: [{ op: 'add', path: 'x' }] }] },
    {},
  ])
    t.notOk(isReport(wrong), JSON.stringify(wrong).slice(0, 80))
  t.ok(existsSync(join(PROGRAM, '../report.schema.json')))
})

t.test('nasty names break no report', async t => {
  const name = 'a\\e[31m%0A::error::<b>&]]>|`\\"x,y:\\x9b\\u202e\\ufffe'
  const root = folder(
    t,
    {
      'we%ird, name: <&>"\'|.yaml': documents(service('app', `{ name: "${name}", port: 8080 }`), deployment('app')),
    },
    { git: true },
  )
  const out = folder(t, {})
  const file = join(out, 'summary.md')
  const texts = new Map(REPORTERS.map(reporter => [reporter, meshFix(root, '--reporter', reporter).stdout]))
  for (const [reporter, text] of texts) t.notMatch(text.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f]/, reporter)
  const sarif = JSON.parse(texts.get('sarif') ?? '')
  t.ok(isSarif(sarif), JSON.stringify(isSarif.errors))
  t.equal(
    decodeURIComponent(sarif.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri),
    'we%ird, name: <&>"\'|.yaml',
  )
  const [line = '', ...others] = (texts.get('github') ?? '').trimEnd().split('\n')
  t.strictSame(others, [], 'a message is one command')
  t.match(line, '::warning file=we%25ird%2C name%3A <&>"\'|.yaml,line=7,')
  t.match(line, '%250A::error::<b>')
  t.equal(XMLValidator.validate(texts.get('junit') ?? ''), true)
  const [suite] = xml.parse(texts.get('junit') ?? '').testsuites.testsuite
  t.match(decoded(suite.testcase[0].failure['#text']), '%0A::error::<b>&]]>|`')
  t.equal(existsSync(file), false)
})

/** fast-xml-parser leaves numeric entities to others. */
function decoded(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
}

t.test('what a Secret holds is in no report', async t => {
  const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData:\n  password: hunter2-hunter2\n'
  const root = folder(t, {
    'app.yaml': documents(
      secret,
      service('app', '{ name: web, port: 80, targetPort: 8080 }'),
      deployment('app'),
      secret,
    ),
    'list.yaml': [
      'apiVersion: v1',
      'kind: List',
      'items:',
      `  - { apiVersion: v1, kind: Secret, metadata: { name: x }, stringData: { p: hunter2-hunter2 } }`,
      '  - { apiVersion: v1, kind: Service, metadata: { name: app2 }, spec: { selector: { app: app }, ports: [{ name: web, port: 80, targetPort: 8080 }] } }',
      '',
    ].join('\n'),
  })
  for (const reporter of REPORTERS) {
    const { stdout, stderr } = meshFix(root, '--reporter', reporter)
    t.match(stdout, /port 80|web/, reporter)
    t.notMatch(stdout + stderr, /hunter2/, reporter)
  }
})

t.test('text: code with its place underlined, the hunk, and why things are left', async t => {
  const root = folder(t, MORE)
  const { stdout } = meshFix(root)
  t.match(
    stdout,
    [
      'shop/service.yaml',
      `  7:15 warning named-service-ports: port 80 is named "web", which does not start with a protocol: Istio has to guess it from the traffic [IST0118, KIA0601]`,
      '    6 |   ports:',
      '    7 |     - { name: web, port: 80, targetPort: 8080 }',
      '      |               ^^^',
      '    fix (safe, routing): rename port 80 from "web" to "http-web"',
      '      also in Ingress of shop/ingress.yaml',
      '      definitive: readinessProbe of container "shop" asks port 8080 over HTTP (shop/deployment.yaml:10)',
      '      @@ -6,2 +6,2 @@',
      '         ports:',
      '      -    - { name: web, port: 80, targetPort: 8080 }',
      '      +    - { name: http-web, port: 80, targetPort: 8080 }',
      '      shop/ingress.yaml',
    ].join('\n'),
  )
  t.match(stdout, 'left to you:\n  1 × nothing in the manifests says which protocol it carries')
  t.match(stdout, /fixable with --write, 1 fixable with --unsafe, 1 left to you/)
  const quiet = meshFix(root, '--quiet').stdout
  t.notMatch(quiet, /\^\^\^|@@|×/)
  t.match(quiet, /4 findings|5 findings/)
})

t.test('--diff with a root elsewhere: paths that git apply takes, and where', async t => {
  for (const git of [true, false]) {
    const root = folder(t, SHOP, { git })
    const elsewhere = folder(t, {})
    const { stdout, stderr } = meshFix(elsewhere, '--root', root, '--diff', root)
    t.match(stdout, '--- a/shop/service.yaml\n')
    t.match(stderr, `mesh-fix: the paths of the diff are from ${root}: git -C ${root} apply\n`)
    t.match(gitApply(root, stdout), { status: 0, stderr: '' })
    t.strictSame(json(root).summary.findings, 0)
    const inside = meshFix(join(folder(t, SHOP, { git }), 'shop'), '--root', '..', '--diff', '..')
    t.match(inside.stdout, '--- a/shop/service.yaml\n')
  }
})

t.test('a large report is written piece by piece, and no character is cut in two', t => {
  const file = join(t.testdir(), 'report')
  for (const text of [`${'a'.repeat((1 << 20) - 1)}🛒${'ü'.repeat(1 << 20)}`, '🛒'.repeat(1 << 20), '']) {
    const stream = openSync(file, 'w')
    writeAll(stream, text)
    closeSync(stream)
    t.ok(readFileSync(file, 'utf8') === text)
  }
  t.end()
})
