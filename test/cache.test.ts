import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Cache } from '../src/cache.ts'
import { contents, deployment, documents, folder, meshFix, put, type Run, service } from './program.ts'

const FILES = {
  'shop/web.yaml': documents(service('web', '{ name: web, port: 80, targetPort: 8080 }'), deployment('web')),
  'shop/odd.yaml': service('odd', '{ name: main, port: 4711 }'),
}

/** A repository, a cache elsewhere, and runs with it. */
function repository(t: Test, files: Readonly<Record<string, string>> = FILES) {
  const root = folder(t, files, { git: true })
  const cache = join(folder(t, {}), 'cache')
  const run = (...args: readonly string[]): Run => said(meshFix(root, '--cache', '--cache-location', cache, ...args))
  return { root, cache, run, entries: () => entriesIn(cache) }
}

/** What a run came to, without what is different each time. */
function said({ status, stdout, stderr }: Run): Run {
  return { status, stdout, stderr }
}

function entriesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

t.test('what was said is said again, byte for byte', async t => {
  for (const args of [[], ['--diff'], ['--reporter', 'json'], ['--exit-zero']]) {
    const { root, cache, run, entries } = repository(t)
    const before = contents(root)
    const plain = said(meshFix(root, ...args))
    t.strictSame(run(...args), plain, `${args.join(' ')}: the first run`)
    t.equal(entries().length, 1)
    const [entry = ''] = entries()
    const file = join(cache, entry)
    const written = readFileSync(file, 'utf8')
    t.strictSame(run(...args), plain, `${args.join(' ')}: the second run`)
    t.equal(readFileSync(file, 'utf8'), written)
    t.strictSame(contents(root), before, 'nothing is written into the root')
  }
})

t.test('the second run does say what the cache holds', async t => {
  const { root, cache, run, entries } = repository(t)
  run()
  const [entry = ''] = entries()
  const text = readFileSync(join(cache, entry), 'utf8')
  for (const broken of ['', text.slice(0, -20), text.replace('port 80', 'port 81'), `${'0'.repeat(64)}\n{}\n`]) {
    writeFileSync(join(cache, entry), broken)
    t.strictSame(run(), said(meshFix(root)), 'an entry that is not as it was written is none')
  }
  new Cache(cache).put(entry, { texts: ['from the cache\n'], words: [], stepSummary: '', exitCode: 1 })
  t.strictSame(run(), { status: 1, stdout: 'from the cache\n', stderr: '' })
  const other = join(root, 'report.txt')
  t.equal(run('--reporter-file', other).stdout, '')
  const first = readFileSync(other, 'utf8')
  writeFileSync(other, '')
  run('--reporter-file', other)
  t.equal(readFileSync(other, 'utf8'), first, 'a report’s file is written again')
})

t.test('whatever decides what is said makes another entry', async t => {
  const { root, run, entries } = repository(t)
  const changes: readonly (readonly [what: string, change: () => void])[] = [
    ['a byte', () => put(root, { 'shop/odd.yaml': `${FILES['shop/odd.yaml']}# x\n` })],
    ['a file more', () => put(root, { 'shop/more.yaml': service('more', '{ port: 1 }') })],
    ['a file that is ignored', () => put(root, { '.gitignore': 'odd.yaml\n' })],
    ['the configuration', () => put(root, { 'mesh-fix.config.yaml': 'profile: cni\n' })],
  ]
  run()
  for (const [index, [what, change]] of changes.entries()) {
    change()
    t.strictSame(run(), said(meshFix(root)), what)
    t.equal(entries().length, index + 2, what)
  }
  const options = [['--profile', 'ambient'], ['--no-fix'], ['--fail-on', 'error'], ['shop/odd.yaml'], ['--quiet']]
  const before = entries().length
  for (const args of options) t.strictSame(run(...args), said(meshFix(root, ...args)), args.join(' '))
  t.equal(entries().length, before + options.length)
})

t.test('what can’t be known by its texts is not cached, and that is said', async t => {
  const { run, entries } = repository(t)
  t.match(run('--print-config').stderr, /--cache: nothing is remembered: .*--print-config/)
  t.match(run('--changed').stderr, /--cache: nothing is remembered: .*--changed/)
  t.match(run('--write').stderr, /--cache: nothing is remembered: .*--write/)
  const built = repository(t, { ...FILES, 'shop/kustomization.yaml': 'resources: [web.yaml, odd.yaml]\n' })
  t.match(built.run().stderr, /--cache: nothing is remembered: kustomizations are built/)
  t.strictSame([...entries(), ...built.entries()], [])
  t.equal(built.run('--build', 'never').stderr, '')
  t.equal(built.entries().length, 1)
})

t.test('where it lies, and how much of it is kept', async t => {
  const root = folder(t, FILES)
  mkdirSync(join(root, 'node_modules'))
  meshFix(root, '--cache')
  const cache = join(root, 'node_modules/.cache/mesh-fix')
  t.equal(entriesIn(cache).length, 1)
  for (let index = 0; index < 25; index += 1) writeFileSync(join(cache, index.toString(16).padStart(64, '0')), '')
  writeFileSync(join(cache, 'notes'), '')
  meshFix(root, '--cache', '--quiet')
  t.equal(entriesIn(cache).length, 21, 'twenty entries, and what is somebody else’s')
})
