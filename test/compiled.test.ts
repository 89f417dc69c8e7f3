import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Test, test } from 'tap'
import { folder, PROGRAM, put, type Run, SHOP } from './program.ts'
import { PLAIN_NODE, tool } from './tools.ts'

test('what was compiled is kept beside the program, and taken by the next run', async t => {
  const { root, run, runWithout } = installed(t)
  const fresh = run('shop')
  t.equal(fresh.status, 1)
  const [kept = '', ...others] = compiled(root)
  t.match(kept, new RegExp(`-${process.version}-${process.platform}-${process.arch}\\.bin$`))
  t.same(others, [])

  // V8 compares no more of the source than its length, so what has run already still says the same.
  const program = join(root, 'mesh-fix.cjs')
  const text = readFileSync(program, 'utf8')
  t.match(text, 'named-service-ports')
  writeFileSync(program, text.replaceAll('named-service-ports', 'other-service-ports'), 'utf8')
  t.same(run('shop'), fresh)
  const without = runWithout('shop')
  t.match(without.stdout, 'other-service-ports')
  t.notMatch(without.stdout, 'named-service-ports')
})

test('plugins are loaded by code of an earlier run, too', async t => {
  const { root, cwd, run } = installed(t)
  put(cwd, { 'mesh-fix.config.yaml': 'plugins: [./rules.mjs]\n', 'rules.mjs': 'export default { detectors: [] }\n' })
  for (const time of ['first', 'second']) t.match(run(), { status: 1, stderr: '' }, time)
  t.equal(compiled(root).length, 1)
})

test('compiled code that is damaged is made anew', async t => {
  const { root, run } = installed(t)
  const fresh = run('shop')
  const [kept = ''] = compiled(root)
  const file = join(root, 'compiled', kept)
  const whole = readFileSync(file).length
  for (const length of [0, 1, 64, whole >> 1]) {
    truncateSync(file, length)
    t.same(run('shop'), fresh, `${length} of ${whole} bytes`)
    t.ok(readFileSync(file).length > whole / 2)
  }
  writeFileSync(file, Buffer.alloc(whole, 'no code'))
  t.same(run('shop'), fresh)
})

test('where nothing can be kept, nothing is', async t => {
  const { root, run, runWithout } = installed(t)
  t.same(runWithout('shop').status, 1)
  t.same(run('--help').status, 0)
  t.same(run('no-such-place').status, 2)
  t.same(compiled(root), [], 'asked not to, or not worth it')

  writeFileSync(join(root, 'compiled'), 'a file, where the directory would be')
  const { status, stderr } = run('shop')
  t.equal(status, 1)
  t.equal(stderr, '')
  rmSync(join(root, 'mesh-fix.cjs'))
  t.equal(run('--version').status, 0, 'a version is said without the program')
})

/** The program as installed in a place of its own. */
function installed(t: Test) {
  const root = folder(t, {})
  for (const name of ['bin.cjs', 'mesh-fix.cjs']) copyFileSync(join(dirname(PROGRAM), name), join(root, name))
  const cwd = folder(t, {})
  put(cwd, SHOP)
  const started =
    (env: Readonly<Record<string, string>>) =>
    (...args: readonly string[]): Run => {
      const { status, stdout, stderr } = tool(cwd, 'env', [...PLAIN_NODE, join(root, 'bin.cjs'), ...args], { env })
      return { status, stdout, stderr }
    }
  return { root, cwd, run: started({}), runWithout: started({ NODE_DISABLE_COMPILE_CACHE: '1' }) }
}

function compiled(root: string): readonly string[] {
  try {
    return readdirSync(join(root, 'compiled'))
  } catch {
    return []
  }
}
