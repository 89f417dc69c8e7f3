import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Test, test } from 'tap'
import { folder, json, meshFix, PROGRAM, SHOP } from './program.ts'
import { missing, TOOL_PATH, tool } from './tools.ts'

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

test('examples/legacy-shop: what the guide shows is what the tools say', async t => {
  const cwd = runReadme(t, 'legacy-shop')
  const { findings, suppressed } = json(cwd).summary
  t.same({ findings, suppressed }, { findings: 1, suppressed: 8 }, 'the last Service is all that is left')
})

test('examples/configuration: it has all keys, and can be used', async t => {
  const file = join(EXAMPLES, 'configuration/mesh-fix.config.yaml')
  const { properties } = JSON.parse(readFileSync(join(dirname(PROGRAM), 'config.schema.json'), 'utf8'))
  const keys = [...readFileSync(file, 'utf8').matchAll(/^([a-zA-Z]+):/gm)].map(([, key]) => key)
  t.same(
    keys.toSorted(),
    Object.keys(properties)
      .filter(key => key !== '$schema')
      .toSorted(),
  )
  const cwd = folder(t, SHOP)
  const { status, stderr } = meshFix(cwd, '--config', file, '--print-config')
  t.match({ status, stderr }, { status: 0, stderr: '' })
})

test('examples/library: the programs run', async t => {
  const programs = [...readFileSync(join(EXAMPLES, 'library/README.md'), 'utf8').matchAll(/^```js\n(.*?)^```$/gms)]
  const said = programs.map(([, program = '']) => {
    const cwd = folder(t, { 'use.mjs': program, 'shop/cart.yaml': Object.values(SHOP).join('---\n') })
    mkdirSync(join(cwd, 'node_modules'))
    symlinkSync(dirname(dirname(PROGRAM)), join(cwd, 'node_modules/mesh-fix'))
    const { stdout, stderr } = tool(cwd, process.execPath, ['use.mjs'])
    t.equal(stderr, '')
    return stdout
  })
  t.match(said, [/^shop\/cart\.yaml:\d+ port 80 is named "web"[\s\S]*\n1 \{\n {2}'shop\/cart\.yaml': /, /./])
  const shown = [...(programs[1]?.[1] ?? '').matchAll(/^\/\/ (.*)$/gm)].map(([, line]) => `${line}\n`)
  t.equal(said[1], `${shown.join('')}\n`)
})

test('examples/krm-function: what the README shows is what the tools say', async t => {
  runReadme(t, 'krm-function')
})

test('examples/helm: what the README shows is what the tools say', async t => {
  const cwd = runReadme(t, 'helm')
  for (const file of readdirSync(join(EXAMPLES, 'helm/shop'), { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.yaml'))
      t.equal(readFileSync(join(cwd, 'shop', file), 'utf8'), readFileSync(join(EXAMPLES, 'helm/shop', file), 'utf8'))
})

test('examples/krm-function: one file runs as nobody in a container', async t => {
  const cwd = folder(t, {})
  cpSync(join(EXAMPLES, 'krm-function'), cwd, { recursive: true })
  const path = await docker(t)
  const { stdout, stderr } = tool(cwd, 'kustomize', ['build', '--enable-alpha-plugins', 'container'], {
    env: { PATH: path },
  })
  t.match(stdout, /name: http-web/, stderr)
})

/** PATH with a docker: the real one with the real image, or where no daemon runs one that does what the Dockerfile says. */
async function docker(t: Test): Promise<string> {
  const dockerfile = join(EXAMPLES, 'krm-function/Dockerfile')
  if (tool('.', 'docker', ['info']).status === 0) {
    const { status, stderr } = tool('.', 'docker', [
      'build',
      '--file',
      dockerfile,
      '--tag',
      'mesh-fix:latest',
      dirname(PROGRAM),
    ])
    t.equal(status, 0, stderr)
    return TOOL_PATH
  }
  const text = readFileSync(dockerfile, 'utf8')
  const [, from = '', to = ''] = /^COPY .*?(\S+) (\S+)$/m.exec(text) ?? []
  const [, user = ''] = /^USER (\d+):/m.exec(text) ?? []
  const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(text)?.[1] ?? '[]') as readonly string[]
  const root = folder(t, { [to]: readFileSync(join(dirname(PROGRAM), from)) })
  const command = entry.map(word => (word === to ? join(root, to) : word)).join(' ')
  const as = process.getuid?.() === 0 ? `setpriv --reuid=${user} --regid=${user} --clear-groups ` : ''
  const wanted = '"$*" = *"--network none --user nobody"*"mesh-fix:latest"'
  const script = `#!/bin/bash\n[[ ${wanted} ]] || exit 64\ncd ${root}\nexec ${as}env -i PATH="$PATH" ${command}\n`
  const bin = folder(t, { docker: script })
  for (const place of [root, bin, join(bin, 'docker')]) chmodSync(place, 0o755)
  return `${bin}${delimiter}${TOOL_PATH}`
}

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
    const without = ['kustomize', 'kpt', 'kubectl', 'helm'].find(
      needed => shown.some(({ command }) => new RegExp(`\\b${needed} `).test(command)) && missing(needed) !== false,
    )
    if (without !== undefined) {
      t.pass(shown.map(({ command }) => command).join('; '), { skip: `NOT TESTED: ${without} is not on PATH` })
      continue
    }
    const real = shown.map(({ command }) => ({ command, output: said(cwd, command) }))
    const fresh = `\`\`\`console\n${real.map(written).join('')}\`\`\``
    if (withoutVariations(fresh) !== withoutVariations(block)) updated = updated.replace(block, () => fresh)
    if (t.writeSnapshot) continue
    for (const [index, { command, output }] of shown.entries())
      t.equal(withoutVariations(real[index]?.output ?? ''), withoutVariations(output), command)
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

/** What a person would see. */
function said(cwd: string, command: string): string {
  const { stdout } = tool(cwd, 'bash', ['-c', `{ ${command}\n} 2>&1`])
  return stdout === '' || stdout.endsWith('\n') ? stdout : `${stdout}\n`
}

function written({ command, output }: Shown): string {
  return `$ ${command}\n${output}`
}

/** How long a function took is another in every run, and the version of helm on every machine. */
function withoutVariations(text: string): string {
  return text.replace(/\bin \d+(\.\d+)?m?s\b/g, 'in TIME').replace(/\bhelm v3\.[\w.+-]+/g, 'helm VERSION')
}
