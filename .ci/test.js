// Runs the tests and closes with `N passed, N failed, N skipped`; fails when none ran.
import { spawn } from 'node:child_process'

const tap = spawn(
  process.execPath,
  ['node_modules/tap/dist/esm/run.mjs', 'run', '--reporter=tap', ...process.argv.slice(2)],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
    // kustomize and helm end long before they fill this memory, and collecting garbage takes them up to two fifths more.
    env: { ...process.env, GOGC: 'off', GOMEMLIMIT: '1GiB' },
  },
)
let output = ''
tap.stdout.setEncoding('utf8')
tap.stdout.on('data', chunk => {
  output += chunk
  process.stdout.write(chunk)
})
tap.on('close', code => {
  const totals = output.match(/^# \{ .* \}$/gm)?.at(-1) ?? ''
  const count = name => Number(new RegExp(`\\b${name}: (\\d+)`).exec(totals)?.[1] ?? 0)
  if (count('total') === 0) {
    console.log('no test ran\n0 passed, 0 failed')
    process.exitCode = 1
    return
  }
  const skipped = count('skip') > 0 ? `, ${count('skip')} skipped` : ''
  console.log(`${count('pass')} passed, ${count('fail')} failed${skipped}`)
  process.exitCode = code ?? 1
})
