import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'
import { at, listAt, stringAt } from '../src/read/json.ts'
import type { Json } from '../src/read/tree.ts'
import { parse } from '../src/read/yaml.ts'
import { contents, deployment, folder, meshFix, SHOP, SHOP_FIXED } from './program.ts'
import { missing, TOOL_PATH, tool } from './tools.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

test('the commit hook: staged names limit what is reported, and the whole repository is read', async t => {
  const hooks = manifest('.pre-commit-hooks.yaml')
  const entries = (hooks as readonly Json[]).map(hook => stringAt(hook, 'entry')?.split(' ') ?? [])
  for (const hook of hooks as readonly Json[]) {
    t.match(hook, { language: 'node', types_or: ['yaml', 'json'], require_serial: true })
    t.notMatch(hook, { pass_filenames: false })
  }
  const [check = [], write = []] = entries
  t.same([check[0], write[0]], ['mesh-fix', 'mesh-fix'])

  const root = folder(t, SHOP, { git: true })
  const staged = ['shop/service.yaml']
  const { status, stdout } = meshFix(root, ...check.slice(1), ...staged)
  t.equal(status, 1)
  t.match(stdout, /shop\/service\.yaml\n {2}7:15 warning named-service-ports/)
  t.match(stdout, /\(shop\/deployment\.yaml:\d+\)/, 'evidence is in a file that is not staged')
  t.match(stdout, /it would have to change shop\/ingress\.yaml too, which is outside the paths given/)
  t.notMatch(stdout, /^shop\/(deployment|ingress)\.yaml/m, 'no finding elsewhere')

  meshFix(root, ...write.slice(1), ...staged)
  t.same(contents(root), SHOP, 'half a rename is none')
  t.equal(meshFix(root, ...write.slice(1), ...staged, 'shop/ingress.yaml').status, 0)
  t.same(contents(root), SHOP_FIXED, 'both are staged')
  t.equal(meshFix(root, ...check.slice(1), ...staged).status, 0)
})

test('the GitHub Action: report, annotations, suggestions', { skip: unknown('github') }, async t => {
  const steps = listAt(manifest('action.yml'), 'runs', 'steps')
  const step = steps.find(own => stringAt(own, 'id') === 'check')
  t.match(stringAt(step, 'run'), 'examples/github-action/check.sh')
  for (const own of steps) t.notMatch(stringAt(own, 'run'), /\$\{\{/, 'what users say is no part of a script')

  // Of a fix in several files there is no suggestion.
  const { 'shop/ingress.yaml': _, ...shop } = SHOP
  const cwd = folder(t, { ...shop, 'bin/reviewdog': '#!/bin/sh\ncat > suggestions.json; echo "$@" > arguments' })
  chmodSync(join(cwd, 'bin/reviewdog'), 0o755)
  const run = (inputs: Readonly<Record<string, string>>) =>
    tool(cwd, 'bash', [join(ROOT, 'examples/github-action/check.sh')], {
      env: {
        ACTION: ROOT,
        PATHS: '.',
        ARGS: '',
        BASE: '',
        FAIL_ON: 'warning',
        SUGGEST: 'false',
        TOKEN: 'none',
        GITHUB_OUTPUT: join(cwd, 'outputs'),
        GITHUB_STEP_SUMMARY: join(cwd, 'summary.md'),
        RUNNER_TEMP: cwd,
        PATH: [join(cwd, 'bin'), TOOL_PATH].join(delimiter),
        ...inputs,
      },
    })
  const { status, stdout, stderr } = run({ SUGGEST: 'true' })
  t.equal(status, 1, stderr)
  t.match(stdout, /^::warning .*file=shop\/service\.yaml/m)
  t.equal(JSON.parse(readFileSync(join(cwd, 'mesh-fix.json'), 'utf8')).summary.findings, 1)
  t.match(readFileSync(join(cwd, 'outputs'), 'utf8'), `report=${join(cwd, 'mesh-fix.json')}\n`)
  t.match(readFileSync(join(cwd, 'suggestions.json'), 'utf8'), /"text": ?".*http-web/)
  t.match(readFileSync(join(cwd, 'arguments'), 'utf8'), '-f=rdjson')
  t.equal(run({ FAIL_ON: 'never' }).status, 0)
  t.equal(run({ FAIL_ON: 'error' }).status, 0)
  t.equal(run({ ARGS: '--skip named-service-ports --profile cni' }).status, 0)
  t.equal(run({ PATHS: 'nowhere' }).status, 2)
})

test('Argo CD’s plugin generates what is built, fixed', { skip: missing('kustomize') }, async t => {
  const generate = at(manifest('examples/argocd/plugin.yaml'), 'spec', 'generate')
  const [program = '', ...options] = [...listAt(generate, 'command'), ...listAt(generate, 'args')].map(String)
  const cwd = folder(t, BUILT)
  const run = (directory: string) => tool(join(cwd, directory), program, options)
  const { status, stdout, stderr } = run('shop')
  t.equal(status, 0, stderr)
  t.match(stdout, /name: http-web/)
  const built = tool(cwd, 'kustomize', ['build', 'shop']).stdout
  t.equal(stdout, built.replaceAll('name: web', 'name: http-web'), 'and nothing else is changed')
  t.not(run('.').status, 0, 'what does not build stops the sync')
})

test('Argo CD’s sidecar comes into an installation that names no namespace', {
  skip: missing('kustomize'),
}, async t => {
  const files = ['plugin.yaml', 'repo-server.yaml', 'kustomization.yaml'].map(
    name => [name, readFileSync(join(ROOT, 'examples/argocd', name), 'utf8')] as const,
  )
  const cwd = folder(t, { ...Object.fromEntries(files), 'install.yaml': deployment('argocd-repo-server') })
  const kustomization = join(cwd, 'kustomization.yaml')
  writeFileSync(kustomization, `${readFileSync(kustomization, 'utf8')}resources: [install.yaml]\n`)
  const { status, stdout, stderr } = tool(cwd, 'kustomize', ['build'])
  t.equal(status, 0, stderr)
  const [server] = parse(stdout).documents.flatMap(({ value }) => (at(value, 'kind') === 'Deployment' ? [value] : []))
  const containers = listAt(server, 'spec', 'template', 'spec', 'containers').map(container => at(container, 'name'))
  t.strictSame(containers.toSorted(), ['argocd-repo-server', 'mesh-fix'])
})

test('Flux’s check looks at what is built', { skip: missing('kustomize') }, async t => {
  const cwd = folder(t, BUILT)
  const script = join(ROOT, 'examples/flux/validate.sh')
  const { status, stdout, stderr } = tool(cwd, 'bash', [script, 'shop'])
  t.equal(status, 1, stderr)
  t.match(stdout, /named-service-ports/)
  t.equal(tool(cwd, 'mesh-fix', ['--write', 'shop']).status, 0)
  t.equal(tool(cwd, 'bash', [script, 'shop']).status, 0, 'after the fixes it is content')
})

test('Tekton’s step', async t => {
  const [step] = listAt(manifest('examples/tekton/task.yaml'), 'spec', 'steps')
  // npx is one that runs this program, as it does once the package is installed.
  const cwd = folder(t, { ...SHOP, 'bin/npx': '#!/bin/sh\nshift 2\nexec mesh-fix "$@"\n' })
  chmodSync(join(cwd, 'bin/npx'), 0o755)
  writeFileSync(join(cwd, 'step.sh'), stringAt(step, 'script')?.replaceAll('/tmp/', `${cwd}/`) ?? '')
  const run = (...args: readonly string[]) =>
    tool(cwd, 'sh', ['step.sh', ...args], {
      env: { VERSION: '0.1.0', FINDINGS: join(cwd, 'findings'), PATH: [join(cwd, 'bin'), TOOL_PATH].join(delimiter) },
    })
  t.match(run('--', 'shop'), { status: 1, stdout: /named-service-ports/ })
  t.equal(readFileSync(join(cwd, 'findings'), 'utf8'), '1')
  t.equal(run('--fail-on', 'error', '--', 'shop').status, 0)
})

test('GitLab’s job', { skip: unknown('gitlab') }, async t => {
  const script = listAt(manifest('examples/gitlab-ci/mesh-fix.yml'), 'mesh-fix', 'script').map(String)
  const root = folder(t, SHOP, { git: true })
  const git = (...args: readonly string[]) =>
    tool(root, 'git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args])
  git('add', '.')
  git('commit', '--quiet', '--message', 'start')
  git('branch', 'target')
  git('remote', 'add', 'origin', root)
  const env = { CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'target', MESH_FIX_ARGS: '', MESH_FIX_PATHS: '.' }
  const run = () => tool(root, 'sh', ['-ec', script.join('\n')], { env })
  t.equal(run().status, 0, 'what was there before is nobody’s fault')
  const renamed = String(SHOP['shop/service.yaml']).replace('name: web', 'name: website')
  writeFileSync(join(root, 'shop/service.yaml'), renamed)
  const { status, stderr } = run()
  t.equal(status, 1, stderr)
  t.match(JSON.parse(readFileSync(join(root, 'gl-code-quality-report.json'), 'utf8')), [
    { location: { path: 'shop/service.yaml' } },
  ])
})

/** The application, built by a kustomization. */
const BUILT = {
  ...SHOP,
  'shop/kustomization.yaml': 'resources: [service.yaml, deployment.yaml, ingress.yaml]\n',
}

/** For tap's `skip`: false where the program has a reporter. */
function unknown(reporter: string): string | false {
  return meshFix(ROOT, '--reporter', reporter, '--print-config').status === 2 && `there is no reporter ${reporter}`
}

function manifest(path: string): Json {
  return parse(readFileSync(join(ROOT, path), 'utf8')).documents[0]?.value ?? null
}
