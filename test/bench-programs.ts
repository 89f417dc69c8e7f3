import { spawnSync } from 'node:child_process'
import { accessSync, constants, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import type { Program } from './bench-run.ts'
import { PROGRAM } from './program.ts'
import { TOOL_PATH } from './tools.ts'

/** What rows are called that are compared with others. */
export const NAMES = {
  bare: 'node -e 0',
  version: 'mesh-fix --version',
  yardstick: 'js-yaml loadAll',
  smallFile: 'mesh-fix: small file',
  findings: 'mesh-fix: findings',
  check: 'mesh-fix: whole check',
  cached: 'mesh-fix: check, cached',
  diff: 'mesh-fix: diff preview',
  write: 'mesh-fix: write',
  unsynced: 'mesh-fix: write, no fsync',
  build: 'kustomize build',
  function: 'kustomize build, mesh-fix',
  idle: 'kustomize build, cat',
} as const

/** Node, which does nothing. */
export const BARE = node(NAMES.bare, '-e', '0')

/** A program of Node. */
export function node(name: string, ...args: readonly string[]): Program {
  return { name, command: process.execPath, args }
}

/** mesh-fix, in a directory that is its root. */
export function meshFix(name: string, directory: string, ...options: readonly string[]): Program {
  const finding = options.includes('json') ? { finding: '^ {6}"rule": ' } : {}
  return { ...node(name, PROGRAM, '--root', '.', ...options), cwd: directory, statuses: [0, 1], ...finding }
}

/** What reads the files of a list, a JSON file, and parses them: what is the least that a check can take. */
export function readers(list: string): readonly Program[] {
  const library = JSON.stringify(createRequire(import.meta.url).resolve('js-yaml'))
  return [
    node('read the bytes', '-e', script(''), list),
    node(NAMES.yardstick, '-e', script(`require(${library}).loadAll(bytes.toString())`), list),
    node('js-yaml parseEvents', '-e', script(`require(${library}).parseEvents(bytes.toString(), {})`), list),
  ]
}

/** Reads the files of a list, and does something with each text. */
function script(what: string): string {
  return `const { readFileSync } = require('node:fs')
const files = JSON.parse(readFileSync(process.argv[1], 'utf8'))
for (const file of files) { const bytes = readFileSync(file); try { ${what} } catch {} }`
}

/** Findings, and findings with fixes and patches; again with what the last run kept, where mesh-fix keeps something. */
export function checks(directory: string): readonly Program[] {
  const cached = meshFix(NAMES.cached, directory, '--reporter', 'json', '--cache')
  return [
    meshFix(NAMES.findings, directory, '--no-fix', '--reporter', 'json'),
    meshFix(NAMES.check, directory, '--reporter', 'json'),
    ...(hasCache()
      ? [{ ...cached, prepare: () => spawnSync(cached.command, cached.args, { cwd: directory, stdio: 'ignore' }) }]
      : []),
  ]
}

function hasCache(): boolean {
  return spawnSync(process.execPath, [PROGRAM, '--help'], { encoding: 'utf8' }).stdout.includes('--cache')
}

/** What writes all fixes, each time in a fresh copy of a directory. */
export function writers(directory: string): readonly Program[] {
  const copy = `${directory}-copy`
  const prepare = (): void => {
    rmSync(copy, { recursive: true, force: true })
    cpSync(directory, copy, { recursive: true })
    // What the copy left to write is not to be waited for in the run.
    spawnSync('sync')
  }
  const write = (name: string): Program => ({
    ...meshFix(name, copy, '--write', '--unsafe', '--reporter', 'json'),
    prepare,
  })
  return [
    { ...write(NAMES.write), sync: 'timed' },
    { ...write(NAMES.unsynced), sync: 'none' },
  ]
}

/** `kustomize build` of a directory. */
export function kustomize(name: string, ...args: readonly string[]): readonly Program[] {
  const command = onPath('kustomize')
  return command === undefined ? [] : [{ name, command, args: ['build', ...args], isPeer: true }]
}

/** The other programs that check manifests, those that are on PATH. */
export function peers(directory: string, files: readonly string[], scratch: string): readonly Program[] {
  const folder = join(scratch, 'peers')
  mkdirSync(folder, { recursive: true })
  for (const [file, text] of Object.entries(PEER_FILES)) writeFileSync(join(folder, file), text)
  const schemas = join(folder, '{{.ResourceKind}}.json')
  const all: readonly (Omit<Program, 'command'> & { readonly name: string })[] = [
    {
      name: 'istioctl analyze',
      // Of files alone it reads all, and runs the analyzers of Istio's own kinds: it skips those of Services and pods.
      args: ['analyze', '--use-kube=false', '--all-namespaces', directory],
      statuses: [0, 79],
      finding: '\\[IST[0-9]+\\]',
    },
    {
      name: 'kube-score score',
      args: ['score', '--output-format', 'ci', ...files],
      statuses: [0, 1],
      finding: '^\\[(CRITICAL|WARNING)\\]',
    },
    {
      name: 'kubeconform',
      args: ['-schema-location', schemas, '-ignore-missing-schemas', directory],
      statuses: [0, 1],
      finding: ' is invalid: ',
    },
    {
      name: 'kyverno apply',
      args: ['apply', join(folder, 'policy.yaml'), '--resource', directory],
      statuses: [0, 1],
      finding: '-> resource .* failed',
    },
    {
      name: 'polaris audit',
      args: ['audit', '--audit-path', directory, '--format', 'json'],
      finding: '"Success": false',
    },
    { name: 'kube-linter lint', args: ['lint', directory], statuses: [0, 1], finding: '\\(check: ' },
  ]
  return all.flatMap(program => {
    const command = onPath(program.name.split(' ')[0] ?? '')
    return command === undefined ? [] : [{ ...program, command, isPeer: true }]
  })
}

function onPath(name: string): string | undefined {
  return TOOL_PATH.split(delimiter)
    .map(folder => join(folder, name))
    .find(file => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

const PROTOCOLS = ['http', 'http2', 'https', 'grpc', 'grpc-web', 'tcp', 'tls', 'udp', 'mongo', 'mysql', 'redis']

/** The requirements that a policy or a schema can state: port names, labels, the proxy's user. */
const PEER_FILES: Readonly<Record<string, string>> = {
  'service.json': JSON.stringify({
    properties: {
      spec: {
        properties: {
          ports: {
            items: {
              required: ['name'],
              properties: { name: { pattern: `^(${PROTOCOLS.join('|')})(-.*)?$` } },
            },
          },
        },
      },
    },
  }),
  'deployment.json': JSON.stringify({
    properties: {
      spec: {
        properties: {
          template: {
            properties: {
              metadata: { properties: { labels: { required: ['version'] } } },
              spec: { properties: { securityContext: { properties: { runAsUser: { not: { enum: [1337] } } } } } },
            },
          },
        },
      },
    },
  }),
  'policy.yaml': `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: istio
spec:
  background: true
  rules:
    - name: port-names
      match:
        any: [{ resources: { kinds: [Service] } }]
      validate:
        message: port names say the protocol
        pattern:
          spec:
            ports:
              - name: "${PROTOCOLS.map(protocol => `${protocol} | ${protocol}-*`).join(' | ')}"
    - name: version-label
      match:
        any: [{ resources: { kinds: [Deployment] } }]
      validate:
        message: pods have a version
        pattern:
          spec: { template: { metadata: { labels: { version: "?*" } } } }
    - name: proxy-user
      match:
        any: [{ resources: { kinds: [Deployment] } }]
      validate:
        message: the application is not the proxy's user
        pattern:
          spec:
            template:
              spec:
                =(securityContext):
                  =(runAsUser): "!1337"
`,
}
