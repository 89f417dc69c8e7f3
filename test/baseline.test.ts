import t from 'tap'
import { contents, documents, folder, json, meshFix, put, service } from './program.ts'

const port = (name: string, number = 80) => `{ name: ${name}, port: ${number} }`

t.test('what is in the baseline does not fail, what is new does, and what is gone must be taken out', async t => {
  const root = folder(
    t,
    { 'a.yaml': service('a', port('main')), 'b/b.yaml': service('b', port('main')) },
    { git: true },
  )
  t.equal(meshFix(root).status, 1)
  t.match(meshFix(root, 'baseline'), { status: 0, stdout: 'mesh-fix.baseline.json: 2 accepted\n' })
  const file = JSON.parse(contents(root)['mesh-fix.baseline.json'] ?? '')
  const [{ id }] = json(root, '--no-baseline').findings
  t.match(file, { version: 1, profile: 'sidecar', findings: [{ id, rule: 'named-service-ports', file: 'a.yaml' }, {}] })
  t.match(meshFix(root), { status: 0, stdout: /2 suppressed/, stderr: '' })
  t.match(meshFix(`${root}/b`).status, 0, 'from a sub-directory')

  put(root, { 'a.yaml': service('a', port('main', 81)) })
  t.match(json(root), { summary: { findings: 1, suppressed: 1 } }, 'another port is new')
  const gone = meshFix(root, '--skip', 'app-version-labels', '--fail-on', 'error')
  t.match(gone, { status: 1, stderr: /a finding of named-service-ports in a\.yaml is gone: .*baseline --prune/ })
  t.equal(meshFix(root, '--fail-on', 'error', '--exit-zero').status, 0)
  t.match(meshFix(root, 'b'), { status: 0, stderr: '' }, 'what is outside the paths is not looked at')
  t.match(meshFix(root, '--skip', 'named-service-ports'), { status: 0, stderr: '' }, 'nor is another rule')
  t.notMatch(meshFix(root, '--profile', 'classic').stderr, /gone/, 'nor another profile')

  t.match(meshFix(root, 'baseline', '--prune'), { status: 0, stdout: /1 taken out, 1 left/ })
  t.match(json(root), { summary: { findings: 1, suppressed: 1 } }, 'nothing new is accepted')
  t.match(meshFix(root, '--fail-on', 'error'), { status: 0, stderr: '' })
})

t.test('a file that is deleted takes its findings with it', async t => {
  const root = folder(t, { 'a.yaml': service('a', port('main')) }, { git: true })
  meshFix(root, 'baseline')
  put(root, { 'a.yaml': '' })
  t.match(meshFix(root), { status: 1, stderr: /in a\.yaml is gone/ })
})

t.test('a part of the repository, or some rules', async t => {
  const root = folder(
    t,
    { 'a/a.yaml': service('a', port('main')), 'b/b.yaml': service('b', port('main')) },
    { git: true },
  )
  meshFix(root, 'baseline', 'a')
  t.match(json(root), { findings: [{ file: 'b/b.yaml' }], summary: { suppressed: 1 } })
  meshFix(root, 'baseline', 'b')
  t.match(json(root).summary, { findings: 0, suppressed: 2 })
  meshFix(root, 'baseline', '--only', 'pod-ports')
  t.match(json(root).summary, { findings: 0, suppressed: 2 }, 'of other rules nothing changes')
})

t.test('what is accepted is not fixed, unless that is asked for', async t => {
  const root = folder(t, { 'a.yaml': service('a', port('httpmain')) }, { git: true })
  meshFix(root, 'baseline')
  const before = contents(root)
  t.equal(meshFix(root, '--write').status, 0)
  t.strictSame(contents(root), before)
  t.equal(meshFix(root, '--write', '--no-baseline').status, 0)
  t.match(contents(root)['a.yaml'], /http-main/)
})

t.test('a baseline that is none', async t => {
  const root = folder(t, { 'a.yaml': documents(''), 'mesh-fix.baseline.json': '{' }, { git: true })
  t.match(meshFix(root), { status: 2, stderr: /mesh-fix\.baseline\.json is not a baseline/ })
})
