import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import t, { type Test, test } from 'tap'
import { folder, put, SHOP, SHOP_FIXED } from './program.ts'
import { PLAIN_NODE, tool } from './tools.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MODULES = join(ROOT, 'node_modules')

/** The two packages, and every file that is in them. */
const PACKAGES: readonly { readonly directory: string; readonly files: readonly RegExp[] }[] = [
  {
    directory: ROOT,
    files: [
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
      /^dist\/(bin|mesh-fix|mesh-fix-krm)\.cjs$/,
      /^dist\/mesh-fix\.cjs\.map$/,
      /^dist\/(index|edit|chunk-\w+)\.js$/,
      /^dist\/(function-config|config|report)\.schema\.json$/,
      /^dist\/THIRD-PARTY-LICENSES\.txt$/,
      /^dist\/docs\/[a-z-]+\.md$/,
      /^dist\/types\/src\/[\w/-]+\.d\.ts$/,
    ],
  },
  { directory: join(ROOT, 'src/kustomize-api-types'), files: [/^(package\.json|README\.md|LICENSE|index\.d\.ts)$/] },
]

/** What npm would publish: the file, and what is in it. */
interface Package {
  readonly tarball: string
  readonly contents: readonly string[]
}

const packages = new Map<string, Package>()

for (const { directory, files } of PACKAGES) {
  const { name, publishConfig } = manifest(directory)
  test(`${name}: what is published`, async t => {
    const { tarball, contents } = packed(t, directory)
    for (const path of contents)
      t.ok(
        files.some(file => file.test(path)),
        path,
      )
    for (const file of files.slice(0, 1)) t.ok(contents.some(path => file.test(path)))
    t.same(publishConfig, { access: 'public', provenance: true })

    const bytes = Uint8Array.from(readFileSync(tarball)).buffer
    const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true })
    t.same(
      messages.map(message => formatMessage(message, pkg)),
      [],
      'publint has nothing to say',
    )
    const attw = tool(ROOT, process.execPath, [
      join(MODULES, '@arethetypeswrong/cli/dist/index.js'),
      tarball,
      // Neither CommonJS nor the resolution of Node 10 is supported.
      '--profile=esm-only',
      '--format=ascii',
      '--no-color',
    ])
    t.equal(attw.status, 0, attw.stdout)
  })
}

test('the source map leads to the source, and the program does without it', async t => {
  const program = join(ROOT, 'dist/mesh-fix.cjs')
  const says = 'this is a bug of mesh-fix'
  const [line, text] = lineWith(readFileSync(program, 'utf8'), says)
  const map = new SourceMap(JSON.parse(readFileSync(`${program}.map`, 'utf8')))
  const entry = map.findEntry(line, text.indexOf(says))
  if (!('originalSource' in entry)) return t.fail('nothing is known of this place')
  t.equal(entry.originalSource, '../src/cli.ts')
  const [sourceLine] = lineWith(readFileSync(join(ROOT, 'src/cli.ts'), 'utf8'), says)
  t.equal(entry.originalLine, sourceLine)

  const alone = tool(ROOT, 'env', [
    ...PLAIN_NODE,
    '--no-warnings',
    PERMISSION,
    '--allow-fs-read',
    program,
    program,
    '-V',
  ])
  t.equal(alone.stdout, `${manifest(ROOT).version}\n`, alone.stderr)
})

function lineWith(text: string, words: string): readonly [number, string] {
  const lines = text.split('\n')
  const index = lines.findIndex(line => line.includes(words))
  return [index, lines[index] ?? '']
}

test('mesh-fix works from an empty project', async t => {
  const { tarball } = packed(t, ROOT)
  const cwd = folder(t, { 'package.json': '{ "private": true, "type": "module" }' })
  const install = tool(cwd, 'npm', ['install', '--offline', '--no-audit', '--no-fund', tarball])
  t.equal(install.status, 0, install.stderr)
  t.match(install.stdout, /added 1 package\b/, 'it brings everything with it')

  put(cwd, SHOP)
  const npx = (...args: readonly string[]) => tool(cwd, 'npx', ['--no', '--', ...args])
  t.equal(npx('mesh-fix', '--version').stdout, `${manifest(ROOT).version}\n`)
  t.equal(npx('mesh-fix', '--write', 'shop').status, 0)
  for (const [path, text] of Object.entries(SHOP_FIXED)) t.equal(readFileSync(join(cwd, path), 'utf8'), text)
  t.match(npx('mesh-fix', 'rule').stdout, /named-service-ports/)
  t.match(npx('mesh-fix', 'rule', 'named-service-ports').stdout, /ports:\n/)
  const list = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n'
  t.equal(tool(cwd, 'npx', ['--no', '--', 'mesh-fix-krm'], { input: list }).stdout, list)

  put(cwd, {
    'use.ts': USE,
    'tsconfig.json': JSON.stringify({
      compilerOptions: { module: 'nodenext', strict: true, types: [], lib: ['es2023'], outDir: '.' },
      files: ['use.ts'],
    }),
  })
  const tsc = tool(cwd, process.execPath, [join(MODULES, 'typescript/bin/tsc')])
  t.equal(tsc.status, 0, tsc.stdout)
  // Node itself says that the disk is not touched: but for the code, nothing may be read or written.
  const code = ['--allow-fs-read', join(cwd, 'node_modules'), '--allow-fs-read', join(cwd, '*.js*')]
  const used = tool(cwd, 'env', [...PLAIN_NODE, '--no-warnings', PERMISSION, ...code, 'use.js'])
  t.equal(used.status, 0, used.stderr)
  t.equal(used.stdout, 'shop/service.yaml:7 named-service-ports available\n- name: http\n')
})

/** A program of a user's. */
const USE = `
import { check, fix, type Report } from 'mesh-fix'
import { edit } from 'mesh-fix/edit'

declare const console: { log(text: string): void }
const files = ${JSON.stringify(SHOP)}
const { findings }: Report = await check(files, { profile: 'sidecar' })
for (const { file, line, rule, fix } of findings) console.log(\`\${file}:\${line} \${rule} \${fix.status}\`)
const { texts } = await fix(files)
if (!texts['shop/service.yaml']?.includes('name: http-web')) throw new Error(texts['shop/service.yaml'])
console.log(edit('- name: web', [{ document: 0, operations: [{ op: 'replace', path: '/0/name', value: 'http' }] }]).text)
`

const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission'

function packed(t: Test, directory: string): Package {
  const known = packages.get(directory) ?? pack(directory)
  packages.set(directory, known)
  t.not(known.contents.length, 0)
  return known
}

function pack(directory: string): Package {
  const into = folder(t, {})
  const { stdout, stderr } = tool(directory, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', into])
  if (stdout === '') throw new Error(stderr)
  const [{ filename, files }] = JSON.parse(stdout)
  return { tarball: join(into, filename), contents: files.map(({ path }: { readonly path: string }) => path) }
}

function manifest(directory: string) {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
}
