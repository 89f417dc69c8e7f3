// `prepare`: builds dist/. `npm install --global` of this repository, which is what pre-commit does, makes that of a
// clone without its dependencies: npm takes the inner install for a global one, too.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

if (!existsSync('node_modules/esbuild'))
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    env: { ...process.env, npm_config_global: 'false' },
    shell: process.platform === 'win32',
    stdio: 'inherit',
  })
await import('./build.js')
