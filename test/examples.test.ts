import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Test, test } from 'tap'
import { folder } from './program.ts'
import { missing, tool } from './tools.ts'

const EXAMPLES = fileURLToPath(new URL('../examples/', import.meta.url))

/** A command of a README, and what the README says that it says. */
interface Shown {
  readonly command: string
  readonly output: string
}

/** A block of commands, each behind a prompt, with what they say. */
const CONSOLE = /^```console\n([\s\S]*?)^```$/gm

test('examples/environments: what the README shows is what the tools say', async t => {
  const cwd = runReadme(t, 'environments')
  const component = 'mesh-fix/kustomization.yaml'
  t.equal(
    readFileSync(join(cwd, component), 'utf8'),
    readFileSync(join(EXAMPLES, 'environments', component), 'utf8'),
    'the component is the one that mesh-fix writes',
  )
})

test('examples/krm-function: what the README shows is what the tools say', async t => {
  runReadme(t, 'krm-function')
})

/**
 * Runs a README's commands one after the other in a copy, whose directory it gives; while snapshots are taken, writes
 * what they say into the README.
 */
function runReadme(t: Test, name: string): string {
  const cwd = folder(t, {}, { git: true })
  cpSync(join(EXAMPLES, name), cwd, { recursive: true })
  const readme = join(EXAMPLES, name, 'README.md')
  const text = readFileSync(readme, 'utf8')
  let updated = text
  for (const [block = '', body = ''] of text.matchAll(CONSOLE)) {
    const shown = commandsIn(body)
    const without = ['kustomize', 'kpt', 'kubectl'].find(
      needed => shown.some(({ command }) => new RegExp(`\\b${needed} `).test(command)) && missing(needed) !== false,
    )
    if (without !== undefined) {
      t.pass(shown.map(({ command }) => command).join('; '), { skip: `NOT TESTED: ${without} is not on PATH` })
      continue
    }
    const real = shown.map(({ command }) => ({ command, output: said(cwd, command) }))
    updated = updated.replace(block, () => `\`\`\`console\n${real.map(written).join('')}\`\`\``)
    if (t.writeSnapshot) continue
    for (const [index, { command, output }] of shown.entries())
      t.equal(withoutTimes(real[index]?.output ?? ''), withoutTimes(output), command)
  }
  if (t.writeSnapshot) writeFileSync(readme, updated)
  return cwd
}

function commandsIn(body: string): readonly Shown[] {
  return body.split(/^\$ /m).flatMap(part => {
    const [, command = '', output = ''] = /^((?:.*\\\n)*.*)\n([\s\S]*)$/.exec(part) ?? []
    return command === '' ? [] : { command, output }
  })
}

/** What a person would see, with the exit code where it isn't 0. */
function said(cwd: string, command: string): string {
  const { status, stdout } = tool(cwd, 'bash', ['-c', `{ ${command}\n} 2>&1`])
  const output = stdout === '' || stdout.endsWith('\n') ? stdout : `${stdout}\n`
  return status === 0 ? output : `${output}(exit code ${status})\n`
}

function written({ command, output }: Shown): string {
  return `$ ${command}\n${output}`
}

/** How long a function took is another in every run. */
function withoutTimes(text: string): string {
  return text.replace(/\bin \d+(\.\d+)?m?s\b/g, 'in TIME')
}
