import { join } from 'node:path'
import packageJson from '../package.json' with { type: 'json' }
import { runCompiled } from './compiled.ts'
import { print } from './output.ts'
import { optimizeLater } from './v8.ts'

/** Runs that end before most of the program is needed: what was compiled by then is not worth keeping. */
const SHORT = /^(-h|--help|help|rule|completion)$/

const argv = process.argv.slice(2)
// A version is asked for by scripts, and often: nothing is loaded for it.
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) print(`${packageJson.version}\n`)
else {
  optimizeLater()
  runCompiled(join(import.meta.dirname, 'mesh-fix.cjs'), { keep: !argv.some(argument => SHORT.test(argument)) })
}
