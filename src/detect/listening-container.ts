import { runningContainers } from '../graph/container-ports.ts'
import type { Container, PodTemplate } from '../graph/pod-template.ts'
import { joined, type Pointer, pointer } from '../pointer.ts'
import { listAt, stringAt } from '../read/json.ts'
import { probedPorts } from './asked-ports.ts'

/** The container of a pod that listens on a port, and what says so. */
export interface Listener {
  readonly container: Container
  readonly source: 'probe' | 'argument' | 'environment' | 'only container'
  /** The fact, for people. */
  readonly says: string
  readonly at: Pointer
}

/**
 * Containers that stand beside an application and never are what a Service leads to, by their names or their images'.
 * Those that serve for it (oauth2-proxy, kube-rbac-proxy, envoy, nginx) or have metrics of their own that Services lead
 * to (exporters, collectors) are not among them: next to one of these it takes more to tell who listens.
 */
const SIDECARS: ReadonlySet<string> = new Set([
  'istio-proxy',
  'proxyv2',
  'linkerd-proxy',
  'cloud-sql-proxy',
  'cloudsql-proxy',
  'gce-proxy',
  'alloydb-auth-proxy',
  'vault-agent',
  'fluent-bit',
  'fluentd',
  'filebeat',
  'promtail',
  'datadog-agent',
  'jaeger-agent',
  'aws-xray-daemon',
  'otc-container',
  'config-reloader',
  'prometheus-config-reloader',
  'configmap-reload',
  'k8s-sidecar',
  'git-sync',
])

/**
 * Which container listens on a port: the one that a probe asks there, else the one that an argument or, failing that,
 * an environment variable tells to, else the only one that is no sidecar. Undefined where that leaves several, or none.
 */
export function listenerOn(pod: PodTemplate, number: number, protocol: string): Listener | undefined {
  let candidates = runningContainers(pod)
  for (const sign of protocol === 'TCP'
    ? [probeSign, argumentSign, environmentSign]
    : [argumentSign, environmentSign]) {
    const found = candidates.flatMap(container => sign(container, number) ?? [])
    if (found.length === 1) return found[0]
    if (found.length > 1) candidates = found.map(({ container }) => container)
  }
  const own = candidates.filter(container => container.role === 'container')
  const [only, ...others] = own.length > 1 ? own.filter(container => !isSidecar(container)) : own
  if (only === undefined || others.length > 0) return undefined
  const why = runningContainers(pod).length > 1 ? 'that is no sidecar' : 'of the pod'
  const says = `container "${nameOf(only)}" is the only one ${why}`
  return { container: only, source: 'only container', says, at: only.at }
}

function isSidecar({ object }: Container): boolean {
  const path = (stringAt(object, 'image') ?? '').split('@', 1)[0] ?? ''
  const image = (path.split('/').at(-1) ?? '').split(':', 1)[0] ?? ''
  return SIDECARS.has(stringAt(object, 'name') ?? '') || SIDECARS.has(image)
}

function probeSign(container: Container, number: number): Listener | undefined {
  const probed = probedPorts(container).find(port => port.number === number)
  if (probed === undefined) return undefined
  const says = `the ${probed.probe} of container "${nameOf(container)}" asks port ${number}`
  return { container, source: 'probe', says, at: joined(container.at, pointer(probed.probe)) }
}

/** A flag and its value may be one word, two, or part of a shell's command line. */
function argumentSign(container: Container, number: number): Listener | undefined {
  for (const list of ['args', 'command']) {
    const words = listAt(container.object, list).flatMap(text => (typeof text === 'string' ? text.split(/\s+/) : []))
    for (const [index, word] of words.entries()) {
      const { flag, value } = /^--?(?<flag>[a-zA-Z][\w.-]*)(?:=(?<value>.*))?$/.exec(word)?.groups ?? {}
      if (flag === undefined || portOfAddress(value ?? words[index + 1] ?? '') !== number) continue
      if (!saysItListens(flag, nameOf(container), ['port', 'addr', 'address'])) continue
      const says = `container "${nameOf(container)}" is started with "${value === undefined ? `${word} ${words[index + 1]}` : word}"`
      return { container, source: 'argument', says, at: joined(container.at, pointer(list)) }
    }
  }
  return undefined
}

function environmentSign(container: Container, number: number): Listener | undefined {
  for (const [index, variable] of listAt(container.object, 'env').entries()) {
    const name = stringAt(variable, 'name') ?? ''
    const value = stringAt(variable, 'value') ?? ''
    if (portOfAddress(value) !== number || !saysItListens(name, nameOf(container), ['port'])) continue
    const says = `container "${nameOf(container)}" has ${name}="${value}"`
    return { container, source: 'environment', says, at: joined(container.at, pointer('env', index)) }
  }
  return undefined
}

/** The port of an address that can be bound for others to reach: `8080`, `:8080`, `0.0.0.0:8080`, `$(POD_IP):8080`. */
function portOfAddress(text: string): number | undefined {
  const host = String.raw`0\.0\.0\.0|\[::\]|::|\*|\+|\$[({]\w*IP[)}]`
  const [, port] = new RegExp(String.raw`^["']?(?:\w+://)?(?:(?:${host})?:)?(\d+)["']?$`).exec(text) ?? []
  return port === undefined ? undefined : Number(port)
}

/** Words that a name may have before `port` when it means a port of its own; any other (`db`, `cart-service`) may be elsewhere's. */
const OWN_WORDS: ReadonlySet<string> = new Set([
  'admin',
  'api',
  'app',
  'container',
  'debug',
  'grpc',
  'health',
  'healthz',
  'http',
  'http2',
  'https',
  'insecure',
  'main',
  'management',
  'metrics',
  'monitoring',
  'pprof',
  'probe',
  'prometheus',
  'public',
  'rest',
  'rpc',
  'secure',
  'server',
  'ssl',
  'status',
  'tcp',
  'tls',
  'udp',
  'ui',
  'web',
  'websocket',
])

/** Whether a flag or a variable is called like what the container itself listens on: `METRICS_PORT`, `--web.listen-address`. */
function saysItListens(name: string, container: string, ends: readonly string[]): boolean {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[-._]+/)
  if (words.includes('listen') || words.includes('bind')) return true
  const before = words.slice(0, -1)
  if (!ends.includes(words.at(-1) ?? '')) return false
  return before.every(word => OWN_WORDS.has(word)) || before.join('-') === container
}

function nameOf({ object }: Container): string {
  return stringAt(object, 'name') ?? ''
}
