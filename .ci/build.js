// Makes dist/: the program as one file, the library's entries, and their types.
import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
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

/** Starting programs takes Node's network modules: in the bundle they are loaded when the first one is started. */
const lateChildProcess = {
  name: 'late-child-process',
  setup({ onResolve, onLoad }) {
    const real = 'node:child_process'
    onResolve({ filter: /^node:child_process$/ }, ({ namespace }) =>
      namespace === 'late' ? { path: real, external: true } : { path: real, namespace: 'late' },
    )
    const late = name => `exports.${name} = (...args) => require('${real}').${name}(...args)`
    onLoad({ filter: /./, namespace: 'late' }, () => ({
      contents: ['execFile', 'spawn', 'spawnSync'].map(late).join('\n'),
    }))
  },
}

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  legalComments: 'none',
  plugins: [rulesIndex],
}

rmSync('dist', { recursive: true, force: true })
// Node starts CommonJS faster than an ES module, and reads what is shorter faster. Of yaml, only the build for browsers
// comes as ES modules, of which a part can be left out.
await build({
  ...common,
  entryPoints: ['src/bin.ts'],
  outfile: 'dist/mesh-fix.cjs',
  format: 'cjs',
  minify: true,
  plugins: [rulesIndex, pageParts, lateChildProcess],
  alias: { yaml: './node_modules/yaml/browser/dist/index.js' },
  banner: { js: '#!/usr/bin/env node' },
})
await build({
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
const krm = "#!/usr/bin/env node\nprocess.argv.splice(2, 0, 'krm')\nrequire('./mesh-fix.cjs')\n"
writeFileSync('dist/mesh-fix-krm.cjs', krm)
for (const program of ['dist/mesh-fix.cjs', 'dist/mesh-fix-krm.cjs']) chmodSync(program, 0o755)
const { functionConfigSchema } = await tsImport('../src/schema.ts', import.meta.url)
writeFileSync('dist/function-config.schema.json', `${JSON.stringify(functionConfigSchema(), null, 2)}\n`)
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.ci/tsconfig.types.json'], {
  stdio: 'inherit',
})
