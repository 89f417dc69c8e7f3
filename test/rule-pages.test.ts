import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'
import { PROFILES } from '../src/detect/detector.ts'
import { check, fix } from '../src/index.ts'
import { rulePage, rulesRow } from '../src/rule-page.ts'
import { shippedRules } from '../src/rules.ts'
import { folder, meshFix } from './program.ts'

const { detectors } = await shippedRules()

for (const detector of detectors) {
  const { id, checks, docs } = detector
  const text = read(`plugins/${id}.md`)
  const example = (heading: string): string =>
    new RegExp(`^## ${heading}\\n\\n\`\`\`yaml\\n(.*?)^\`\`\`$`, 'ms').exec(text)?.[1] ?? ''

  test(`${id}: the text beside the rule`, async t => {
    t.same(
      [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading),
      ['Why', 'Wrong', 'Right', 'Fix'],
    )
    const wrong = await fix({ 'manifests.yaml': example('Wrong') })
    t.ok(wrong.findings.length > 0, 'what is wrong is found')
    for (const { rule } of wrong.findings) t.equal(rule, id, 'and nothing else')
    t.same((await check({ 'manifests.yaml': example('Right') })).findings, [], 'what is right has no finding')
    if (wrong.summary.fixed === wrong.findings.length)
      t.equal(wrong.texts['manifests.yaml'], example('Right'), 'and is what the fix makes of it')
  })

  test(`${id}: the page`, async t => {
    const page = rulePage(detector, text)
    t.equal(read(`dist/docs/${id}.md`), page, 'the package has it')
    t.equal(meshFix(folder(t, {}), 'rule', id).stdout, page, 'the program says it')
    for (const [check, row] of Object.entries(checks))
      for (const profile of PROFILES) t.match(page, new RegExp(`^\\| ${check} .*\\b${row[profile] ?? 'off'}\\b`, 'm'))
    t.match(page, docs)
  })
}

test('the README’s table is what the rules say', async t => {
  const [, rows = ''] = /^\| rule \| asks .*\n\| --- .*\n((?:\|.*\n)+)/m.exec(read('README.md')) ?? []
  t.same(
    rows.trimEnd().split('\n'),
    ORDER.map(id => {
      const detector = detectors.find(other => other.id === id)
      return detector && rulesRow(detector, read(`plugins/${id}.md`))
    }),
  )
  t.equal(ORDER.length, detectors.length)
})

/** As Istio's page has them. */
const ORDER = [
  'named-service-ports',
  'pod-ports',
  'service-association',
  'port-protocol-conflict',
  'app-version-labels',
  'application-uid',
  'net-admin',
]

test('all rules, and rules that there are not', async t => {
  const root = folder(t, {})
  const { status, stdout } = meshFix(root, 'rule')
  t.equal(status, 0)
  for (const { id, title } of detectors) t.match(stdout, new RegExp(`^${id} +${title}$`, 'm'))
  t.match(meshFix(root, 'rule', 'pod-port'), {
    status: 2,
    stderr: /there is no rule "pod-port"; did you mean "pod-ports"\?/,
  })
})

test('rules of one’s own are rules as well', async t => {
  const cwd = fileURLToPath(new URL('../examples/custom-rule', import.meta.url))
  t.match(meshFix(cwd, 'rule').stdout, /^team-label /m)
  t.match(meshFix(cwd, 'rule', 'team-label').stdout, /^# team-label\n\n[^#]+\n## Severity\n/)
})

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
}
