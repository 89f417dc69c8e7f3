import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { residentRun } from './resident.ts'
import { PLAIN_NODE } from './tools.ts'

/** The built program: `npm run build` makes it. */
export const PROGRAM = fileURLToPath(new URL('../dist/bin.cjs', import.meta.url))

/** What a run of the program came to. */
export interface Run {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built program in a directory, in a process that stays. */
export function meshFix(cwd: string, ...args: readonly string[]): Run {
  return meshFixOn('', cwd, ...args)
}

/** The same with a text on standard input. */
export function meshFixOn(input: string, cwd: string, ...args: readonly string[]): Run {
  const { NODE_OPTIONS: _, FORCE_COLOR: __, ...env } = process.env
  return residentRun({ cwd, args, env, input })
}

/** Runs the built program in a process of its own, as people do. */
export function spawned(cwd: string, args: readonly string[], input = ''): Run {
  const options = { cwd, input, encoding: 'utf8', maxBuffer: 2 ** 28 } as const
  const { status, stdout, stderr } = spawnSync('env', [...PLAIN_NODE, PROGRAM, ...args], options)
  return { status, stdout, stderr }
}

/** The JSON report of a run, of any form: that is what tests look at. */
// biome-ignore lint/suspicious/noExplicitAny: a type would assert what is to be tested
export function json(cwd: string, ...args: readonly string[]): any {
  return JSON.parse(meshFix(cwd, '--reporter', 'json', ...args).stdout)
}

/** Files by their paths, `/` between directories. */
export type Files = Readonly<Record<string, string | Buffer>>

/** A temporary directory with files, outside of any git repository unless it is made one. */
export function folder(t: Test, files: Files, { git = false }: { readonly git?: boolean } = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'mesh-fix-test-')))
  t.teardown(() => rmSync(root, { recursive: true, force: true }))
  if (git) execFileSync('git', ['init', '--quiet'], { cwd: root })
  put(root, files)
  return root
}

/** Writes files below a directory. */
export function put(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

/** All files below a directory, git's own left out, each byte a character. */
export function contents(root: string): Readonly<Record<string, string>> {
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !`${entry.parentPath}/`.includes('/.git/'))
    .map(entry => join(entry.parentPath, entry.name))
  return Object.fromEntries(paths.map(path => [path.slice(root.length + 1), readFileSync(path, 'latin1')]))
}

/** Applies a diff with git. */
export function gitApply(cwd: string, diff: string, ...args: readonly string[]): Run {
  return spawnSync('git', ['apply', ...args], { cwd, input: diff, encoding: 'utf8' })
}

/** A Service with one port. */
export function service(name: string, port: string): string {
  return [
    'apiVersion: v1',
    'kind: Service',
    `metadata: { name: ${name} }`,
    'spec:',
    `  selector: { app: ${name} }`,
    '  ports:',
    `    - ${port}`,
    '',
  ].join('\n')
}

/** A Deployment whose probe says that port 8080 carries HTTP. */
export function deployment(name: string): string {
  return [
    'apiVersion: apps/v1',
    'kind: Deployment',
    `metadata: { name: ${name} }`,
    'spec:',
    '  template:',
    `    metadata: { labels: { app: ${name}, version: v1 } }`,
    '    spec:',
    '      containers:',
    `        - name: ${name}`,
    '          readinessProbe: { httpGet: { path: /, port: 8080 } }',
    '          ports: [{ containerPort: 8080 }]',
    '',
  ].join('\n')
}

/** An Ingress that names a port of a Service. */
export function ingress(name: string, port: string): string {
  return [
    'apiVersion: networking.k8s.io/v1',
    'kind: Ingress',
    `metadata: { name: ${name} }`,
    'spec:',
    '  defaultBackend:',
    `    service: { name: ${name}, port: { name: ${port} } }`,
    '',
  ].join('\n')
}

/** Documents of one file. */
export function documents(...texts: readonly string[]): string {
  return texts.join('---\n')
}

/** A small application: a port "web" that carries HTTP, and an Ingress that names it. */
export const SHOP: Files = {
  'shop/service.yaml': service('shop', '{ name: web, port: 80, targetPort: 8080 }'),
  'shop/deployment.yaml': deployment('shop'),
  'shop/ingress.yaml': ingress('shop', 'web'),
}

/** The application as a safe fix leaves it. */
export const SHOP_FIXED: Files = {
  ...SHOP,
  'shop/service.yaml': service('shop', '{ name: http-web, port: 80, targetPort: 8080 }'),
  'shop/ingress.yaml': ingress('shop', 'http-web'),
}
