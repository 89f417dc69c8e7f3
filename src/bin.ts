import packageJson from '../package.json' with { type: 'json' }
import { print } from './output.ts'

/** A version is asked for by scripts, and often: nothing is loaded for it. */
async function run(argv: readonly string[]): Promise<number> {
  const [argument, ...others] = argv
  if (others.length > 0 || (argument !== '--version' && argument !== '-V')) {
    const { main } = await import('./cli.ts')
    return main(argv)
  }
  print(`${packageJson.version}\n`)
  return 0
}

run(process.argv.slice(2)).then(code => {
  process.exitCode = code
})
