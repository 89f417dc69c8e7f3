import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { chmodSync, linkSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { transactionGroups, writeInPlace } from '../src/write/in-place.ts'
import {
  contents,
  deployment,
  documents,
  folder,
  gitApply,
  ingress,
  json,
  meshFix,
  PROGRAM,
  put,
  SHOP,
  SHOP_FIXED,
  service,
} from './program.ts'
import { tool } from './tools.ts'

/** A port that nothing speaks for. */
const UNNAMED = service('x', '{ port: 4711 }')

/** A Service with its workload: a port that is renamed. */
const APP = documents(service('app', '{ name: web, port: 8080 }'), deployment('app'))
const APP_FIXED = APP.replace('name: web', 'name: http-web')

t.test('a document that cannot be read is an error with its place, and stops nothing else', async t => {
  const broken = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\ndata: {\n'
  const twice = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\ndata: { a: "1" }\ndata: {}\n'
  const root = folder(t, {
    ...SHOP,
    'mixed.yaml': documents(broken, APP, twice),
    'latin1.yaml': Buffer.from('name: caf\xe9\n', 'latin1'),
    'utf16.json': Buffer.from('\uFEFF{}', 'utf16le'),
    'empty.yaml': '',
    'blank.json': '\n',
  })
  const report = json(root, '--write')
  t.match(report.errors, [
    { file: 'latin1.yaml', line: 1, column: 1, message: /not UTF-8/ },
    { file: 'utf16.json', line: 1, column: 1, message: /not UTF-8/ },
    { file: 'mixed.yaml', line: Number, column: Number },
    {
      file: 'mixed.yaml',
      line: broken.split('\n').length + APP.split('\n').length + 5,
      column: 1,
      message: /"data" stands twice/,
    },
  ])
  t.match(report.summary, { findings: 2, fixed: 2, errors: 4 })
  t.same(
    report.skipped.map(({ file }: { file: string }) => file),
    ['blank.json', 'empty.yaml'],
    'what cannot be read is no skipped file',
  )
  t.equal(contents(root)['mixed.yaml'], documents(broken, APP_FIXED, twice))
  t.match(contents(root), SHOP_FIXED)
  const again = meshFix(root)
  t.equal(again.status, 1, 'and it counts as an error')
  t.match(again.stdout, /^mixed\.yaml\n {2}5:\d+ error /m)
  t.match(again.stdout, /no findings in 6 files · 4 documents that cannot be read/)
})

t.test('what cannot be read may refer to a port all the same', async t => {
  const route = `${ingress('app', 'web')}  defaultBackend: {}\n`
  const { fix } = json(folder(t, { 'app.yaml': APP, 'route.yaml': route })).findings[0]
  t.match(fix, { title: /appProtocol/, reason: /route\.yaml/ })
})

t.test('line ends, byte order mark and a missing final newline stay', async t => {
  for (const [name, change] of Object.entries({
    CRLF: (text: string) => text.replaceAll('\n', '\r\n'),
    'a byte order mark': (text: string) => `\uFEFF${text}`,
    'no final newline': (text: string) => text.trimEnd(),
    'all of them': (text: string) => `\uFEFF${text.trimEnd().replaceAll('\n', '\r\n')}`,
  })) {
    for (const [before, after] of [
      [APP, APP_FIXED],
      [
        documents(deployment('app'), service('app', '{ name: web, port: 8080 }')),
        documents(deployment('app'), service('app', '{ name: http-web, port: 8080 }')),
      ],
      [
        documents(deployment('app'), service('app', '\n      port: 8080')),
        documents(deployment('app'), service('app', '\n      port: 8080\n      name: http')),
      ],
    ] as const) {
      const root = folder(t, { 'app.yaml': change(before) })
      const { stdout } = meshFix(root, '--diff')
      t.equal(meshFix(root, '--write').status, 0)
      t.equal(fs.readFileSync(join(root, 'app.yaml'), 'utf8'), change(after), name)
      const other = folder(t, { 'app.yaml': change(before) })
      t.match(gitApply(other, stdout, '--whitespace=nowarn'), { status: 0, stderr: '' })
      t.equal(fs.readFileSync(join(other, 'app.yaml'), 'utf8'), change(after), `${name}, by way of a diff`)
    }
  }
})

t.test('symbolic links are neither followed nor written through', async t => {
  const outside = folder(t, { 'app.yaml': APP })
  const root = folder(t, { 'real.yaml': documents(service('real', '{ name: web, port: 8080 }'), deployment('real')) })
  symlinkSync(join(outside, 'app.yaml'), join(root, 'link.yaml'))
  symlinkSync('real.yaml', join(root, 'own.yaml'))
  symlinkSync('nowhere', join(root, 'dangling.yaml'))
  symlinkSync(outside, join(root, 'directory'))
  symlinkSync('.', join(root, 'loop'))
  for (const git of [false, true]) {
    if (git) execFileSync('git', ['init', '--quiet'], { cwd: root })
    const report = json(root)
    t.match(report.summary, { files: 1, findings: 1, skippedFiles: 3 })
    t.same(
      report.skipped.map(({ file, reason }: { file: string; reason: string }) => `${file}: ${reason}`),
      ['dangling', 'link', 'own'].map(name => `${name}.yaml: a symbolic link, which is not followed`),
    )
  }
  meshFix(root, '--write')
  t.same(contents(outside), { 'app.yaml': APP })
  t.ok(lstatSync(join(root, 'own.yaml')).isSymbolicLink())
  t.match(contents(root)['real.yaml'], 'http-web')
})

t.test('.gitignore is respected, but a path that is named is taken', async t => {
  const files = {
    '.gitignore': '/build\n*.gen.yaml\n',
    'app.yaml': APP,
    'build/app.yaml': APP,
    'deep/build/app.yaml': APP,
    'deep/.gitignore': '!kept.gen.yaml\nsecond.yaml\n',
    'deep/kept.gen.yaml': APP,
    'deep/other.gen.yaml': APP,
    'deep/second.yaml': APP,
    'second.yaml': APP,
    'node_modules/x/app.yaml': APP,
    'deep/node_modules/x/app.yaml': APP,
  }
  for (const git of [false, true]) {
    const root = folder(t, files, { git })
    put(root, { '.git/app.yaml': APP })
    const found = (...args: readonly string[]): readonly string[] =>
      json(root, ...args).findings.map(({ file }: { file: string }) => file)
    const listed = ['app.yaml', 'deep/build/app.yaml', 'deep/kept.gen.yaml', 'second.yaml']
    t.same(found(), listed, git ? 'in git' : 'outside git')
    t.same(found('--root', '.', 'build'), ['build/app.yaml'])
    t.same(found('--root', '.', 'deep/second.yaml', 'app.yaml'), ['app.yaml', 'deep/second.yaml'])
    t.same(found('--root', '.', 'node_modules'), ['node_modules/x/app.yaml'])
    t.same(found('--root', '.', 'node_modules/x'), ['node_modules/x/app.yaml'])
    t.equal(json(root).summary.files, 4)
    meshFix(root, '--write')
    t.equal(contents(root)['build/app.yaml'], APP, 'and nothing ignored is written')
  }
})

t.test('a name without a known ending is read where it is named', async t => {
  const root = folder(t, { manifest: APP, 'other.txt': APP, 'UPPER.YML': APP })
  t.equal(json(root).summary.files, 1)
  t.match(json(root, 'manifest').summary, { files: 1, findings: 1 })
})

t.test('git’s own variables, as hooks have them, do not mislead', async t => {
  const root = folder(t, { ...SHOP, 'ignored/a.yaml': APP, '.gitignore': 'ignored' }, { git: true })
  const env = { GIT_DIR: '.git', GIT_INDEX_FILE: '.git/index' }
  const { stdout } = tool(root, process.execPath, [PROGRAM, '--reporter', 'json', 'shop'], { env })
  t.match(JSON.parse(stdout).summary, { files: 3, findings: 1 })
})

t.test('a path limits what is reported and written, never what is known', async t => {
  const files = { ...SHOP, 'other/app.yaml': APP, 'other/values.yaml': 'a: 1\n', 'other/broken.yaml': 'a: [\n' }
  const root = folder(t, files, { git: true })
  const report = json(root, 'shop/service.yaml')
  t.match(report.summary, { files: 1, documents: 1, resources: 1, findings: 1, skippedFiles: 0, errors: 0 })
  t.match(report.findings[0].fix, { title: /appProtocol/, safety: 'unsafe', reason: /shop\/ingress\.yaml/ })
  t.match(meshFix(root, 'shop/service.yaml').stdout, /not a better fix: .*shop\/ingress\.yaml.*outside the paths/)

  const named = json(root, 'shop/service.yaml', '--port-style', 'name')
  t.match(named, {
    summary: { refused: 1 },
    findings: [{ fix: { status: 'refused', reason: /shop\/ingress\.yaml/, changes: [] } }],
  })
  t.equal(meshFix(root, '--write', 'shop/service.yaml', '--port-style', 'name').status, 1)
  t.same(contents(root), files, 'nothing is written')

  t.equal(meshFix(root, '--write', 'shop/service.yaml', 'shop/ingress.yaml').status, 0, 'both named: the rename')
  t.same(contents(root), { ...files, ...SHOP_FIXED })
  t.match(json(join(root, 'shop')).summary, { files: 3, findings: 0 }, 'the working directory is a path, too')
  t.match(json(join(root, 'shop'), '../other').findings, [{ file: '../other/app.yaml' }])
})

t.test('what cannot be written leaves all files of its fixes as they were, and no other', async t => {
  const root = folder(t, { ...SHOP, 'app.yaml': APP })
  linkSync(join(root, 'shop/ingress.yaml'), join(root, 'elsewhere'))
  const run = meshFix(root, '--write')
  t.equal(run.status, 2)
  t.match(
    run.stdout,
    /shop\/ingress\.yaml not written: it has several hard links.*\n {2}nor, for the same fixes: shop\/service\.yaml/,
  )
  t.match(
    run.stdout,
    /not written \(safe, routing\): rename port 80[\s\S]*2 findings in 4 files: 1 fixed, 1 fixable with --write/,
  )
  t.same(contents(root), { ...SHOP, 'app.yaml': APP_FIXED, elsewhere: SHOP['shop/ingress.yaml'] })

  const report = json(root, '--write')
  t.match(report.summary, { findings: 1, fixed: 0, fixable: 1, errors: 2, impact: { routing: 0 } })
  t.match(report.errors, [
    { file: 'shop/service.yaml', line: 1, column: 1, message: /^not written, since shop\/ingress\.yaml could not be$/ },
    { file: 'shop/ingress.yaml', line: 1, column: 1, message: /^not written: it has several hard links/ },
  ])
  t.match(report.findings[0].fix, { status: 'available', reason: /^not written: / })
  t.same(report.patches, [])
  t.equal(meshFix(root, '--write', '--exit-zero').status, 2)
})

t.test('permissions stay, and nothing is left behind', async t => {
  const root = folder(t, { 'app.yaml': APP })
  chmodSync(join(root, 'app.yaml'), 0o4750)
  t.equal(meshFix(root, '--write').status, 0)
  t.equal(statSync(join(root, 'app.yaml')).mode & 0o7777, 0o4750)
  t.same(readdirSync(root), ['app.yaml'])
})

t.test('writing in place', async t => {
  const rewrite = (path: string) => ({ path, before: 'old\n', after: 'new\n' })
  const groups = [[rewrite('a.yaml'), rewrite('b/b.yaml')], [rewrite('c.yaml')]]
  const files = { 'a.yaml': 'old\n', 'b/b.yaml': 'old\n', 'c.yaml': 'old\n' }

  const failing = async (name: string, reason: RegExp, spoil: (root: string) => void): Promise<void> => {
    const root = folder(t, files)
    spoil(root)
    const before = contents(root)
    t.match(writeInPlace(root, groups), [{ paths: ['a.yaml', 'b/b.yaml'], path: 'b/b.yaml', reason }], name)
    t.same(contents(root), { ...before, 'c.yaml': 'new\n' })
  }
  await failing('changed since it was read', /^it changed while/, root => put(root, { 'b/b.yaml': 'newer\n' }))
  await failing('a directory in its place', /^it is a directory now$/, root => {
    rmSync(join(root, 'b/b.yaml'))
    mkdirSync(join(root, 'b/b.yaml'))
  })
  await failing('gone', /^it is gone$/, root => rmSync(join(root, 'b/b.yaml')))
  await failing('a link in its place', /^it is a symbolic link now$/, root => {
    rmSync(join(root, 'b/b.yaml'))
    symlinkSync('../a.yaml', join(root, 'b/b.yaml'))
  })
  await failing('its directory is gone', /^it is gone$/, root => rmSync(join(root, 'b'), { recursive: true }))

  t.test('a rename that fails is undone', async t => {
    const renames: string[] = []
    const failOn = (isBad: (target: string) => boolean) => (from: string, to: string) => {
      renames.push(to)
      if (isBad(to)) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      fs.renameSync(from, to)
    }
    const mocked = async (isBad: (target: string) => boolean): Promise<typeof writeInPlace> => {
      const module = await t.mockImport<typeof import('../src/write/in-place.ts')>('../src/write/in-place.ts', {
        'node:fs': t.createMock(fs, { renameSync: failOn(isBad) }),
      })
      return module.writeInPlace
    }
    const root = folder(t, files)
    const write = await mocked(target => target.endsWith('b.yaml'))
    t.same(write(root, groups), [
      { paths: ['a.yaml', 'b/b.yaml'], path: 'b/b.yaml', reason: 'no space is left on the device' },
    ])
    t.same(contents(root), { ...files, 'c.yaml': 'new\n' }, 'no temporary file is left either')
    t.equal(renames.filter(target => target.endsWith('a.yaml')).length, 2)

    const broken = folder(t, files)
    const targets: string[] = []
    const half = await mocked(target => targets.push(target) > 1)
    t.match(half(broken, groups.slice(0, 1)), [
      { reason: /; a\.yaml holds the new text and could not be restored: no space/ },
    ])
    t.same(contents(broken), { ...files, 'a.yaml': 'new\n' })
  })
})

t.test('files that some fix changes together are one group', async t => {
  const groups = transactionGroups([['a'], ['b', 'c'], ['d', 'e', 'b'], ['f', 'a'], []])
  t.same(groups.map(group => group.toSorted()).toSorted(), [
    ['a', 'f'],
    ['b', 'c', 'd', 'e'],
  ])
})

t.test('control characters do not reach the terminal', async t => {
  const name = 'a\\e[31m\\e]0;title\\a\\x9b2J\\u202eb'
  const root = folder(t, {
    'app.yaml': documents(service('app', `{ name: "${name}", port: 8080 }`), deployment('app')),
    'raw.yaml': documents(service('raw', '{ name: web, port: 8080 } # \u009b2J \u202e'), deployment('raw')),
    '\u001b[2J.yaml': UNNAMED,
  })
  for (const args of [[], ['--no-fix'], ['--reporter', 'json'], ['--reporter', 'json', '--write']]) {
    const { stdout, stderr } = meshFix(root, ...args)
    t.match(stdout, /app\.yaml/)
    t.notMatch(stdout.replaceAll('\n', '') + stderr, /[\u0000-\u001f\u007f-\u009f]/, args.join(' '))
  }
  t.equal(json(root).summary.findings, 1, 'what could be fixed was')
})

t.test('a reader that goes away early is no fault', async t => {
  const ports = Array.from({ length: 150 }, (_, index) => `{ name: p${index}, port: ${index + 1} }`)
  const root = folder(t, { 'many.yaml': service('many', ports.join('\n    - ')) })
  for (const args of ['', '--reporter json', '--help', '--diff --unsafe']) {
    const script = `"${process.execPath}" "${PROGRAM}" ${args} | head -1 > /dev/null; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = tool(root, 'bash', ['-c', script])
    t.match(stdout, /^[01]\n$/, `mesh-fix ${args}`)
    t.notMatch(stderr, /Error|at /)
  }
  const slow = tool(root, 'bash', ['-c', `"${process.execPath}" "${PROGRAM}" --reporter json | (sleep 1; wc -c)`])
  t.equal(Number(slow.stdout), meshFix(root, '--reporter', 'json').stdout.length, 'a slow one gets everything')
})

t.test('thousands of findings', async t => {
  const count = 1000
  const app = (index: number): string =>
    documents(service(`app-${index}`, '{ name: web, port: 8080 }'), deployment(`app-${index}`))
  const root = folder(t, {
    'all.yaml': documents(...Array.from({ length: count }, (_, index) => app(index))),
    ...Object.fromEntries(Array.from({ length: count }, (_, index) => [`apps/${index}/app.yaml`, app(count + index)])),
  })
  const { status, stdout } = meshFix(root, '--write', '--quiet')
  t.equal(status, 0)
  t.match(stdout, new RegExp(`${2 * count} findings in ${count + 1} files: ${2 * count} fixed`))
})
