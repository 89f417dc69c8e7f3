// Makes dist/: the program as one file, the library's entries and their types, and the rules' pages.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { tsImport } from 'tsx/esm/api'

/** In the bundle, `src/rules.ts` is an index of the two folders, made now. */
const rulesIndex = {
  name: 'rules-index',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/rules\.ts$/ }, () => {
      const names = folder =>
        readdirSync(folder)
          .filter(name => /^[a-z0-9-]+\.ts$/.test(name))
          .toSorted()
      const imports = (folder, prefix) =>
        names(folder).map((name, index) => `import ${prefix}${index} from '../${folder}/${name}'`)
      const list = (folder, prefix) => names(folder).map((_, index) => `${prefix}${index}`)
      const contents = [
        ...imports('plugins', 'detector'),
        ...imports('transformers', 'fixer'),
        `export const shippedRules = async () => ({ detectors: [${list('plugins', 'detector')}], fixers: [${list('transformers', 'fixer')}] })`,
      ].join('\n')
      return { contents, loader: 'ts' }
    })
  },
}

/** The script and style of the HTML report's page, as texts. */
const pageParts = {
  name: 'page-parts',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/report\/html\/page-parts\.ts$/ }, async () => {
      const { pageParts } = await tsImport('../src/report/html/page-parts.ts', import.meta.url)
      return { contents: `export const pageParts = async () => (${JSON.stringify(await pageParts())})`, loader: 'js' }
    })
  },
}

/** What of Node's own modules takes long to load and is seldom called: in the bundle it is loaded with the first call. */
const LATE = {
  // It takes the network modules.
  'node:child_process': ['execFile', 'spawn', 'spawnSync'],
  'node:crypto': ['createHash', 'randomBytes'],
  'node:v8': ['setFlagsFromString'],
}

/** A function that puts the real one in its place when it is called. */
const late = (path, name) => `exports.${name} = (...args) => (exports.${name} = require('${path}').${name})(...args)`

const lateModules = {
  name: 'late-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:(child_process|crypto|v8)$/ }, ({ path, namespace }) =>
      namespace === 'late' ? { path, external: true } : { path, namespace: 'late' },
    )
    onLoad({ filter: /./, namespace: 'late' }, ({ path }) => ({
      contents: LATE[path].map(name => late(path, name)).join('\n'),
    }))
  },
}

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  metafile: true,
  legalComments: 'none',
  plugins: [rulesIndex],
}

rmSync('dist', { recursive: true, force: true })
// Node starts CommonJS faster than an ES module, and reads what is shorter faster.
const runnable = {
  ...common,
  format: 'cjs',
  minify: true,
  define: { 'import.meta.dirname': '__dirname' },
  banner: { js: '#!/usr/bin/env node' },
}
// Of yaml, only the build for browsers comes as ES modules, of which a part can be left out.
const program = await build({
  ...runnable,
  entryPoints: ['src/mesh-fix.ts'],
  outfile: 'dist/mesh-fix.cjs',
  // For `node --enable-source-maps`, which makes the trace of a bug readable; nothing else reads it.
  sourcemap: true,
  sourcesContent: false,
  plugins: [rulesIndex, pageParts, lateModules],
  alias: { yaml: './node_modules/yaml/browser/dist/index.js' },
})
// What is installed as the command, and starts that file faster.
await build({
  ...runnable,
  entryPoints: ['src/bin.ts'],
  outfile: 'dist/bin.cjs',
  plugins: [lateModules],
  define: { ...runnable.define, BUILD: JSON.stringify(digest('dist/mesh-fix.cjs')) },
})
const library = await build({
  ...common,
  entryPoints: { index: 'src/index.ts', edit: 'src/edit.ts' },
  outdir: 'dist',
  format: 'esm',
  splitting: true,
  chunkNames: 'chunk-[hash]',
  // CommonJS packages inside an ES module need `require` to reach Node's own modules.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
})
// The same program as a KRM function: kustomize before 5.7 gives functions no arguments.
const krm = "#!/usr/bin/env node\nprocess.argv.splice(2, 0, 'krm')\nrequire('./bin.cjs')\n"
writeFileSync('dist/mesh-fix-krm.cjs', krm)
for (const name of ['bin', 'mesh-fix', 'mesh-fix-krm']) chmodSync(`dist/${name}.cjs`, 0o755)
const { configurationSchema, functionConfigSchema } = await tsImport('../src/schema.ts', import.meta.url)
for (const [name, schema] of [
  ['config', configurationSchema()],
  ['function-config', functionConfigSchema()],
])
  writeFileSync(`dist/${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`)
copyFileSync('src/report/report.schema.json', 'dist/report.schema.json')
const { rulePage } = await tsImport('../src/rule-page.ts', import.meta.url)
const { shippedRules } = await tsImport('../src/rules.ts', import.meta.url)
mkdirSync('dist/docs')
for (const detector of (await shippedRules()).detectors) {
  const text = readFileSync(`plugins/${detector.id}.md`, 'utf8')
  writeFileSync(`dist/docs/${detector.id}.md`, rulePage(detector, text))
}
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.ci/tsconfig.types.json'], {
  stdio: 'inherit',
})
keepReachable(['index', 'edit'].map(entry => `dist/types/src/${entry}.d.ts`))
writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licences([program, library]))

/** Of a file's bytes. */
function digest(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16)
}

/** tsc gives the types of all files that it reads; what the entries' types don't lead to is no part of the library. */
function keepReachable(entries) {
  const reached = new Set(entries)
  for (const file of reached)
    for (const [, from] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()'(\.[^']+)\.ts'/g))
      reached.add(join(dirname(file), `${from}.d.ts`))
  for (const { name, parentPath } of readdirSync('dist/types', { recursive: true, withFileTypes: true })) {
    const file = join(parentPath, name)
    if (name.endsWith('.d.ts') && !reached.has(file)) rmSync(file)
  }
}

/** The licences of what is bundled, which ask to go with every copy. */
function licences(builds) {
  const inputs = builds.flatMap(({ metafile }) => Object.keys(metafile.inputs))
  const folders = inputs.flatMap(input => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? [])
  const texts = [...new Set(folders)].toSorted().map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find(own => /^licen[cs]e/i.test(own))
    return `${name} ${version} (${license})\n${file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8')}`}`
  })
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}
