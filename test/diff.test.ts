import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { unifiedDiff } from '../src/write/diff.ts'
import { applied, type TextEdit } from '../src/write/edit.ts'
import { contents, deployment, documents, folder, gitApply, meshFix, service } from './program.ts'

/** Texts of few different lines, so that git must find the right one, with all the ends that lines may have. */
const text = fc
  .array(
    fc.tuple(
      fc.constantFrom('a', 'b', '  c', '', '+ d', '- e', '@@ f', '\\ g', '---', 'x\ry', 'y\u2028z', 'ä'),
      fc.constantFrom('\n', '\n', '\n', '\r\n'),
    ),
    { minLength: 1, maxLength: 40 },
  )
  .map(lines => lines.flat().join(''))
  .chain(whole => fc.boolean().map(isWhole => (isWhole ? whole : whole.replace(/\r?\n$/, ''))))
  .filter(whole => whole !== '')

/** Edits of a text: sorted, not overlapping. */
function editsOf(source: string): fc.Arbitrary<readonly TextEdit[]> {
  const piece = fc.constantFrom('', 'new', '\n', 'new\n', '\nnew', 'x\r\ny', '  c\n\n')
  return fc
    .array(fc.tuple(fc.nat(source.length), fc.nat(source.length), piece), { minLength: 1, maxLength: 4 })
    .map(drafts => {
      const offsets = drafts.flatMap(([from, to]) => [from, to] as const).toSorted((one, other) => one - other)
      return drafts.map(([, , fresh], index) => ({
        start: offsets[2 * index] ?? 0,
        end: offsets[2 * index + 1] ?? 0,
        text: fresh,
      }))
    })
}

t.test('git makes of our diff what the edits make of the text', async t => {
  for (const header of [true, false]) {
    const root = folder(t, {}, { git: header })
    const path = 'some file.yaml'
    const edited = text.chain(source => fc.tuple(fc.constant(source), editsOf(source)))
    let applications = 0
    fc.assert(
      fc.property(edited, ([source, edits]) => {
        const expected = applied(source, edits)
        const diff = unifiedDiff({ path, text: source, edits, header, hidden: [] })
        if (expected === source) return diff === ''
        // git takes a file that begins or ends empty for one that is made or removed.
        if (expected === '') return true
        writeFileSync(join(root, path), source)
        const { status, stderr } = gitApply(root, diff, '--whitespace=nowarn')
        if (status !== 0) throw new Error(`${stderr}\n${diff}`)
        applications += 1
        return readFileSync(join(root, path), 'utf8') === expected
      }),
      { numRuns: 300 },
    )
    t.ok(applications > 200, `${applications} diffs, ${header ? 'with' : 'without'} a header of git's`)
  }
})

t.test('file names with odd characters', async t => {
  const app = (name: string): string => documents(service(name, '{ name: web, port: 8080 }'), deployment(name))
  const names = [
    'with blank.yaml',
    ' leading.yaml',
    'two  blanks/and more .yaml',
    'quo"te.yaml',
    "apostro'phe.yaml",
    'back\\slash.yaml',
    'tab\there.yaml',
    'new\nline.yaml',
    'bell\u0007.yaml',
    'escape\u001b[31m.yaml',
    'return\r.yaml',
    'größe/日本語.yaml',
    '-dash.yaml',
    '--write.yaml',
    '$(touch x).yaml',
    'a => b.yaml',
    'b/b/b.yaml',
    '[brackets]{braces}*.yaml',
  ]
  const files = Object.fromEntries(names.map((name, index) => [name, app(`app-${index}`)]))
  for (const git of [true, false]) {
    const patchedByGit = folder(t, files, { git })
    const written = folder(t, files, { git })
    const { stdout } = meshFix(patchedByGit, '--diff')
    t.match(gitApply(patchedByGit, stdout), { status: 0, stderr: '' })
    t.equal(meshFix(written, '--write').status, 0)
    t.same(contents(patchedByGit), contents(written), git ? 'in git' : 'outside git')
    t.equal(Object.values(contents(written)).filter(text => text.includes('http-web')).length, names.length)
    t.match(meshFix(written, '--', '-dash.yaml'), { status: 0, stdout: 'no findings in 1 file\n' })
  }
})

t.test('Secrets stand in no output, and the diff applies', async t => {
  const secret = (...lines: readonly string[]): string => ['apiVersion: v1', 'kind: Secret', ...lines, ''].join('\n')
  const secrets = {
    data: secret('metadata: { name: s }', 'data: { password: hunter2 }'),
    stringData: secret('metadata:', '  name: s', 'stringData:', '  password: |', '    hunter2', '', '    hunter2'),
    'data first': 'data:\n  password: hunter2\nkind: Secret\napiVersion: v1\nmetadata: { name: s }\n',
    annotation: secret('metadata:', '  name: s', '  annotations:', '    last: hunter2'),
    comment: secret('# hunter2', 'metadata: { name: s }', '# hunter2'),
    'comment behind': secret('type: Opaque # hunter2', 'data: {}'),
    misspelt: secret('metadata: { name: s }', 'Data:', '- hunter2'),
    flow: '{ apiVersion: v1, kind: Secret, data: { a: hunter2 } }\n',
    broken: secret('metadata: { name: s }', 'data: { password: hunter2 }', 'data: { password: hunter2 }'),
    'no apiVersion': 'kind: Secret\ndata: { password: hunter2 }\n',
    'a patch': secret('$patch: merge', 'metadata: { name: s }', 'data: { password: hunter2 }'),
  }
  const indented = (document: string): string => `- ${document.trimEnd().replaceAll(/\n(?=.)/g, '\n  ')}\n`
  const list = (...items: readonly string[]): string =>
    `apiVersion: v1\nkind: List\nitems:\n${items.map(indented).join('')}`

  for (const [name, text] of Object.entries(secrets)) {
    const app = (path: string): string => service(path, '{ name: web, port: 8080 }')
    const isUnlisted = ['flow', 'broken'].includes(name)
    const files = {
      'behind.yaml': documents(app('behind'), text),
      'before.yaml': documents(text, app('before')),
      'comment.yaml': documents(app('comment'), `# hunter2\n${text}`),
      'crlf.yaml': documents(app('crlf'), text).replaceAll('\n', '\r\n'),
      'list.yaml': isUnlisted ? app('list') : list(app('list'), text),
      'end.yaml': isUnlisted ? app('end') : list(text, app('end')),
      'nested.yaml': isUnlisted ? app('nested') : list(app('nested'), list(text)),
    }
    const workloads = Object.keys(files).map(path => deployment(path.replace('.yaml', '')))
    const root = folder(t, { ...files, 'workloads.yaml': documents(...workloads) }, { git: true })
    const diff = meshFix(root, '--diff')
    const outputs = [diff, meshFix(root), meshFix(root, '--reporter', 'json')].map(run => run.stdout + run.stderr)
    for (const output of outputs) t.notMatch(output, 'hunter', name)
    t.match(gitApply(root, diff.stdout, '--whitespace=nowarn'), { status: 0, stderr: '' }, `${name}: the diff applies`)
    for (const [path, content] of Object.entries(files)) {
      t.equal(contents(root)[path], content.replace('name: web', 'name: http-web'), `${name} in ${path}`)
    }
  }
})

t.test('where a changed line holds a Secret, git refuses the diff as a whole', async t => {
  const app = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'app' },
    spec: { selector: { app: 'app' }, ports: [{ name: 'web', port: 8080 }] },
  }
  const secret = { apiVersion: 'v1', kind: 'Secret', data: { password: 'hunter2' } }
  const files = {
    'all.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [app, secret] }),
    'app.yaml': deployment('app'),
  }
  const root = folder(t, files)
  const { stdout } = meshFix(root, '--diff')
  t.match(stdout, /^\+\(hidden/m)
  t.notMatch(stdout, 'hunter')
  t.not(gitApply(root, stdout).status, 0)
  t.same(contents(root), files)
  t.equal(meshFix(root, '--write').status, 0)
  t.equal(contents(root)['all.json'], files['all.json'].replace('"web"', '"http-web"'))
})
