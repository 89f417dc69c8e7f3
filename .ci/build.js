// Makes dist/: the program as one file, the library's entries, and their types.
import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

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

// CommonJS packages inside an ES module need `require` to reach Node's own modules.
const requireShim = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: true,
  legalComments: 'none',
  plugins: [rulesIndex],
}

rmSync('dist', { recursive: true, force: true })
await build({
  ...common,
  entryPoints: { 'mesh-fix': 'src/bin.ts' },
  outdir: 'dist',
  minify: true,
  keepNames: true,
  banner: { js: `#!/usr/bin/env node\n${requireShim}` },
})
await build({
  ...common,
  entryPoints: { index: 'src/index.ts', edit: 'src/edit.ts' },
  outdir: 'dist',
  splitting: true,
  chunkNames: 'chunk-[hash]',
  banner: { js: requireShim },
})
chmodSync('dist/mesh-fix.js', 0o755)
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.ci/tsconfig.types.json'], {
  stdio: 'inherit',
})
