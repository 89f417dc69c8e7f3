import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { deployment, documents, type Files, folder, ingress, json, meshFix, put, SHOP, service } from './program.ts'

const UNNAMED = '{ port: 80, targetPort: 8080 }'

/** An application with one finding: the port has no name. */
function app(name: string): string {
  return documents(service(name, UNNAMED), deployment(name))
}

function git(cwd: string, ...args: readonly string[]): string {
  const identity = ['-c', 'user.name=shop', '-c', 'user.email=shop@example.com', '-c', 'commit.gpgsign=false']
  return execFileSync('git', [...identity, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** A repository whose files are committed on the branch `main`. */
function committed(t: Test, files: Files): string {
  const root = folder(t, files, { git: true })
  git(root, 'checkout', '--quiet', '-b', 'main')
  commit(root)
  return root
}

function commit(root: string, message = 'shop'): void {
  git(root, 'add', '--all')
  git(root, 'commit', '--quiet', '--message', message)
}

/** The files that findings are reported in. */
function filesOf(cwd: string, ...args: readonly string[]): readonly string[] {
  const { findings } = json(cwd, '--only', 'named-service-ports,service-association,pod-ports', ...args)
  return [...new Set<string>(findings.map(({ file }: { file: string }) => file))].toSorted()
}

t.test('--changed is about the working tree since HEAD, with what git does not know yet', async t => {
  const root = committed(t, { 'old.yaml': app('old'), 'edited.yaml': app('edited'), 'staged.yaml': app('staged') })
  t.same(filesOf(root, '--changed'), [], 'nothing has changed')
  put(root, {
    'edited.yaml': `# now\n${app('edited')}`,
    'staged.yaml': `# now\n${app('staged')}`,
    'new/new.yaml': app('new'),
    '.gitignore': 'ignored.yaml\n',
    'ignored.yaml': app('ignored'),
  })
  git(root, 'add', 'staged.yaml')
  t.same(filesOf(root, '--changed'), ['edited.yaml', 'new/new.yaml', 'staged.yaml'])
  t.same(filesOf(join(root, 'new'), '--changed'), ['new.yaml'], 'a directory limits it as well')
  t.same(filesOf(root, '--changed', 'edited.yaml', 'old.yaml'), ['edited.yaml'], 'so do paths')
  t.same(filesOf(root, '--changed', '--root', 'new', 'new'), ['new/new.yaml'], 'so does a root')
  t.equal(meshFix(root, '--changed', '--write', 'new', 'old.yaml').status, 0)
  t.match(readFileSync(join(root, 'new/new.yaml'), 'utf8'), 'name: http')
  t.equal(readFileSync(join(root, 'old.yaml'), 'utf8'), app('old'), 'what is not reported is not written')
})

t.test('a file that was only touched has not changed, and before the first commit all files have', async t => {
  const root = folder(t, { 'a.yaml': app('a') }, { git: true })
  t.same(filesOf(root, '--changed'), ['a.yaml'])
  git(root, 'add', 'a.yaml')
  t.same(filesOf(root, '--staged'), ['a.yaml'])
  commit(root)
  put(root, { 'a.yaml': app('a') })
  t.same(filesOf(root, '--changed'), [])
})

t.test('--since is about what a branch and the working tree changed, not what came to the other branch', async t => {
  const root = committed(t, { 'old.yaml': app('old'), 'theirs.yaml': app('theirs') })
  git(root, 'checkout', '--quiet', '-b', 'topic')
  put(root, { 'ours.yaml': app('ours') })
  commit(root)
  git(root, 'checkout', '--quiet', 'main')
  put(root, { 'theirs.yaml': `# now\n${app('theirs')}` })
  commit(root)
  git(root, 'checkout', '--quiet', 'topic')
  put(root, { 'now.yaml': app('now') })
  t.same(filesOf(root, '--since', 'main'), ['now.yaml', 'ours.yaml'])
  t.same(filesOf(root, '--since', 'HEAD'), ['now.yaml'])
})

t.test('--staged is about the texts of the index', async t => {
  const root = committed(t, { 'a.yaml': app('a'), 'b.yaml': app('b'), 'gone.yaml': app('gone') })
  put(root, { 'a.yaml': `# staged\n${app('a')}`, 'gone.yaml': `# staged\n${app('gone')}` })
  git(root, 'add', '--all')
  put(root, { 'a.yaml': service('a', '{ name: http, port: 80, targetPort: 8080 }'), 'b.yaml': `# now\n${app('b')}` })
  rmSync(join(root, 'gone.yaml'))

  const report = json(root, '--staged', '--write', '--only', 'named-service-ports')
  t.match(report.findings, [
    { file: 'a.yaml', fix: { status: 'refused' } },
    { file: 'gone.yaml', fix: { status: 'refused' } },
  ])
  t.equal(report.findings[0].fix.reason, 'it would have to change a.yaml, which has changes that are not staged')
  t.equal(report.findings.length, 2)
  git(root, 'restore', 'a.yaml', 'gone.yaml')
  t.equal(meshFix(root, '--staged', '--write', '--only', 'named-service-ports').status, 0)
  t.match(readFileSync(join(root, 'a.yaml'), 'utf8'), 'name: http')
})

t.test('in a hook the index that is to be committed counts', async t => {
  const root = committed(t, { 'a.yaml': app('a') })
  put(root, {
    'a.yaml': `# now\n${app('a')}`,
    '.git/hooks/pre-commit': `#!/bin/sh\ncd sub && "$MESH_FIX" --staged --no-fix --only named-service-ports ..\n`,
    'sub/keep': '',
  })
  execFileSync('chmod', ['+x', join(root, '.git/hooks/pre-commit')])
  const { PROGRAM } = await import('./program.ts')
  put(root, { '.git/run': `#!/bin/sh\nunset NODE_OPTIONS\nexec '${process.execPath}' '${PROGRAM}' "$@"\n` })
  execFileSync('chmod', ['+x', join(root, '.git/run')])
  process.env['MESH_FIX'] = join(root, '.git/run')
  t.throws(
    () => git(root, 'commit', '--all', '--message', 'now'),
    /a\.yaml/,
    'the finding keeps it from being committed',
  )
})

t.test('a change causes findings in files that have not changed', async t => {
  const root = committed(t, {
    ...SHOP,
    'old.yaml': app('old'),
    'cart/deployment.yaml': deployment('cart'),
    'cart/service.yaml': service('cart', '{ name: http, port: 80, targetPort: 8080 }'),
  })
  rmSync(join(root, 'cart/service.yaml'))
  for (const options of [['--changed'], ['--since', 'main']])
    t.same(filesOf(root, ...options), ['cart/deployment.yaml'], `${options[0]}: no Service selects it any more`)
  t.same(filesOf(root, '--staged'), [], 'the index still has it')
  git(root, 'add', '--all')
  t.same(filesOf(root, '--staged'), ['cart/deployment.yaml'])
})

t.test('a fix of what is reported may change files that have not changed', async t => {
  const root = committed(t, { ...SHOP, 'old.yaml': app('old') })
  put(root, { 'shop/service.yaml': `# now\n${SHOP['shop/service.yaml']}` })
  t.equal(meshFix(root, '--changed', '--write', '--only', 'named-service-ports').status, 0)
  t.equal(readFileSync(join(root, 'shop/ingress.yaml'), 'utf8'), ingress('shop', 'http-web'))
  t.equal(readFileSync(join(root, 'old.yaml'), 'utf8'), app('old'))
})

t.test('a file that is moved has changed under its new name', async t => {
  const root = committed(t, { 'a.yaml': app('a'), 'b.yaml': app('b') })
  git(root, 'mv', 'a.yaml', 'moved.yaml')
  for (const options of [['--changed'], ['--staged'], ['--since', 'main']])
    t.same(filesOf(root, ...options), ['moved.yaml'], options.join(' '))
})

t.test('file names may hold anything', async t => {
  const odd = [
    'two words.yaml',
    'new\nline.yaml',
    '"quoted".yaml',
    'schön.yaml',
    '-dash.yaml',
    '$(date).yaml',
    'tab\t.yaml',
  ]
  const root = committed(t, Object.fromEntries(odd.map((name, index) => [name, app(`app-${index}`)])))
  for (const [index, name] of odd.entries()) put(root, { [name]: `# now\n${app(`app-${index}`)}` })
  t.same(filesOf(root, '--changed'), odd.toSorted())
  git(root, 'add', '--all')
  t.same(filesOf(root, '--staged'), odd.toSorted())
})

t.test('what was no readable file before is new', async t => {
  const root = committed(t, { 'latin.yaml': Buffer.from('# \xe9\n', 'latin1'), 'real.yaml': app('real') })
  symlinkSync('real.yaml', join(root, 'link.yaml'))
  commit(root)
  rmSync(join(root, 'link.yaml'))
  put(root, { 'latin.yaml': app('latin'), 'link.yaml': app('link') })
  t.same(filesOf(root, '--changed'), ['latin.yaml', 'link.yaml'])
})

t.test('documents that cannot be read count where they have changed', async t => {
  const root = committed(t, { 'broken.yaml': 'a: [\n' })
  t.equal(meshFix(root, '--changed').status, 0)
  put(root, { 'other.yaml': 'b: [\n' })
  t.match(json(root, '--changed').errors, [{ file: 'other.yaml' }])
  t.equal(meshFix(root, '--changed').status, 1)
})

t.test('what git cannot say is one line and exit code 2', async t => {
  const root = committed(t, { 'a.yaml': app('a') })
  const outside = folder(t, { 'a.yaml': app('a') })
  git(root, 'checkout', '--quiet', '--orphan', 'alone')
  commit(root, 'another history')
  const cases: readonly (readonly [cwd: string, args: readonly string[], says: string])[] = [
    [outside, ['--changed'], `--changed: ${outside} is not in a git repository`],
    [root, ['--since', 'nowhere'], '--since: there is no commit "nowhere"'],
    [root, ['--since', ''], '--since: "" can\'t name a commit'],
    [root, ['--since=--output=x'], '--since: "--output=x" can\'t name a commit'],
    [root, ['--since', 'main'], '--since: "main" and HEAD have no common commit'],
    [root, ['--since', 'main', '--changed'], "option '--changed' cannot be used with option '--since <REF>'"],
    [root, ['--staged', '--since', 'main'], "option '--staged' cannot be used with option '--since <REF>'"],
    [root, ['--staged', '--changed'], "option '--changed' cannot be used with option '--staged'"],
    [root, ['--staged', '--overlay', 'out'], "option '--overlay <DIR>' cannot be used with option '--staged'"],
    [root, ['--changed', '-'], '--changed has no meaning for standard input'],
  ]
  for (const [cwd, args, says] of cases) {
    const { status, stderr, stdout } = meshFix(cwd, ...args)
    t.equal(status, 2, args.join(' '))
    t.equal(stdout, '')
    t.match(stderr, says)
    t.equal(stderr.trimEnd().split('\n').length, 1, stderr)
  }
  const path = process.env['PATH']
  process.env['PATH'] = '/nowhere'
  const { changesIn } = await import('../src/read/changes.ts')
  const { walk } = await import('../src/read/walk.ts')
  t.throws(() => changesIn(walk([root]), [], { to: 'changed' }), { message: /^--changed needs git/ })
  process.env['PATH'] = path
})
