import { keysOf, type Pointer, pointer, valueAt } from '../../pointer.ts'
import { isMap, type JsonMap, stringAt } from '../../read/json.ts'
import { groupOf, type KubeObject } from '../../read/resource.ts'
import type { Json } from '../../read/tree.ts'
import type { Found, PortReference, Referent, Row } from '../port-references.ts'
import { labelSelector } from '../selectors.ts'
import { monitored, SERVICE_MONITORS } from './monitoring.ts'
import { type Place, portAt, portOf, service, serviceOfHost, within } from './places.ts'

/** What a text says, without a place. */
type Said = Omit<Found, 'at'>

/** A pattern of text that refers to a port. It is looked for in every string of every object. */
interface TextPattern {
  readonly id: string
  readonly source: string
  readonly names: Row['names']
  said(text: string, around?: Surroundings): Iterable<Said>
}

/** What stands around a string that isn't the whole of what it says. */
interface Surroundings {
  /** The map that the string is in, as text. */
  readonly rule: string
  /** The words of the object. */
  readonly words: ReadonlySet<string>
  /** The Services that the object is about, where it says so. */
  readonly services?: Referent
}

const PATTERNS: readonly TextPattern[] = [
  {
    id: 'SRV name',
    source: 'kubernetes/dns specification.md 2.3.2: _port._protocol.service.namespace.svc.zone',
    names: 'service-port',
    *said(text) {
      for (const [, port, name, namespace] of text.matchAll(SRV)) {
        yield* say(port, service(name, namespace === 'svc' ? undefined : namespace))
      }
    },
  },
  {
    id: 'mongodb+srv',
    source: 'mongodb initial-dns-seedlist-discovery: looks up _mongodb._tcp of the host, or srvServiceName',
    names: 'service-port',
    *said(text) {
      for (const [, host, query] of text.matchAll(MONGODB)) {
        yield* say(/srvServiceName=([a-z0-9-]+)/i.exec(query ?? '')?.[1] ?? 'mongodb', serviceOfHost(host))
      }
    },
  },
  {
    id: 'environment variable',
    source: 'kubernetes pkg/kubelet/envvars FromServices: {SERVICE}_SERVICE_PORT_{NAME}',
    names: 'service-port',
    *said(text) {
      for (const [, name, port] of text.matchAll(VARIABLE)) yield* say(fromVariable(port), service(fromVariable(name)))
    },
  },
  {
    id: 'proxy URL',
    source: 'kubernetes services/proxy subresource: [scheme:]service:port',
    names: 'service-port',
    *said(text) {
      for (const [, namespace, name, port] of text.matchAll(PROXY)) yield* say(port, service(name, namespace))
    },
  },
  {
    id: 'port-forward',
    source: 'kubectl port-forward --help: svc/NAME [LOCAL:]PORT, a name or a number',
    names: 'service-port',
    *said(text) {
      for (const [, name, port] of text.matchAll(PORT_FORWARD)) yield* say(port, service(name))
    },
  },
  {
    id: 'relabeling of Service ports',
    source: 'prometheus configuration.md: __meta_kubernetes_{service,endpoint,endpointslice}_port_name',
    names: 'service-port',
    *said(text, around) {
      const rules = rulesIn(text, SERVICE_PORT_NAME, around)
      if (rules.length === 0) return
      const to = around?.services ?? { type: 'mentioned', words: around?.words ?? wordsOf(text) }
      for (const rule of rules) for (const port of wordsOf(rule)) yield { port, to }
    },
  },
  {
    id: 'relabeling of container ports',
    source: 'prometheus configuration.md: __meta_kubernetes_pod_container_port_name',
    names: 'container-port',
    *said(text, around) {
      const to: Referent = { type: 'pods', selector: labelSelector(undefined), namespaces: 'any' }
      for (const rule of rulesIn(text, CONTAINER_PORT_NAME, around))
        for (const port of wordsOf(rule)) yield { port, to }
    },
  },
]

const SRV = /(?<![\w-])_([a-z0-9-]+)\._(?:tcp|udp|sctp)\.([a-z0-9-]+)(?:\.([a-z0-9-]+))?/gi
const MONGODB = /mongodb\+srv:\/\/(?:[^@/\s]*@)?([a-z0-9.-]+)([^\s"']*)/gi
const VARIABLE = /(?<![A-Z0-9_])([A-Z][A-Z0-9_]*?)_SERVICE_PORT_([A-Z0-9_]+)/g
const PROXY = /(?:\/namespaces\/([a-z0-9-]+))?\/services\/(?:https?:)?([a-z0-9-]+):([a-z0-9-]+)\/proxy/g
const PORT_FORWARD = /port-forward\b[^\n|;&]{0,200}?\b(?:svc|services?)\/([a-z0-9-]+)\s+(?:\d*:)?([a-z0-9-]+)/g
const SERVICE_PORT_NAME = /__meta_kubernetes_(?:service|endpoint|endpointslice)_port_name/
const CONTAINER_PORT_NAME = /__meta_kubernetes_pod_container_port_name/

/** Every pattern has one of these in it, so most strings are done with at a glance. */
const NEEDLES = /\._|\+srv:\/\/|_SERVICE_PORT_|\/proxy|port-forward|__meta_kubernetes_/

/** Text that only looks like a reference: a rename can't follow it, so it counts where the Service's name fits too. */
export const TEXT: readonly Row[] = [
  ...PATTERNS.map(
    (pattern): Row => ({
      id: pattern.id,
      on: 'any',
      source: pattern.source,
      names: pattern.names,
      opaque: true,
      references: object => {
        const places = tellingStrings(object)
        return places.length === 0 ? [] : distinct(places.flatMap(place => saidAt(place, pattern)))
      },
    }),
  ),
  {
    id: 'unknown kind',
    on: 'others',
    source: 'custom resources that no other row knows: a name of a Service beside a name of a port',
    names: 'service-port',
    opaque: true,
    references: object => (isKnown(object) ? [] : distinct(besideEachOther({ value: object, at: '' }))),
  },
]

/** The same for a text that is no object, such as a template. The places are those of the whole text: empty. */
export function opaqueReferences(text: string): readonly PortReference[] {
  return PATTERNS.flatMap(({ id, names, said }) =>
    [...distinct([...said(text)].map(what => ({ at: '' as const, ...what })))].map(found => ({
      row: id,
      names,
      short: false,
      opaque: true,
      ...found,
    })),
  )
}

function say(text: string | undefined, to: Referent | undefined): readonly Said[] {
  const port = portOf(text?.toLowerCase())
  return port === undefined || to === undefined ? [] : [{ port, to }]
}

function fromVariable(text: string | undefined): string {
  return (text ?? '').toLowerCase().replaceAll('_', '-')
}

interface TextPlace {
  readonly text: string
  readonly at: Pointer
  readonly around: Surroundings | undefined
}

/** The patterns ask one after the other about the same object, which is walked once for all of them. */
let asked: { readonly object: KubeObject; readonly places: readonly TextPlace[] } | undefined

/** The strings of an object that any pattern could match. */
function tellingStrings(object: KubeObject): readonly TextPlace[] {
  if (asked?.object !== object) asked = { object, places: tellingStringsIn(object) }
  return asked.places
}

function tellingStringsIn(object: KubeObject): readonly TextPlace[] {
  const isSecret = object.kind === 'Secret' && groupOf(object) === ''
  if (!isSecret && !isTelling(object)) return []
  const found: TextPlace[] = []
  const keys: string[] = []
  const textPlace = placesIn(object)
  const visit = (value: Json): void => {
    if (typeof value === 'string') {
      const text = isSecret && keys[0] === 'data' ? Buffer.from(value, 'base64').toString() : value
      if (NEEDLES.test(text)) found.push(textPlace(text, pointer(...keys)))
      return
    }
    if (typeof value !== 'object' || value === null) return
    for (const key of Object.keys(value)) {
      keys.push(key)
      visit((value as JsonMap)[key] ?? null)
      keys.pop()
    }
  }
  visit(object)
  return found
}

/** Whether there is any such string: hardly an object has one, and to know where it stands takes longer. */
function isTelling(value: Json): boolean {
  if (typeof value === 'string') return NEEDLES.test(value)
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(isTelling)
  for (const key of Object.keys(value)) if (isTelling((value as JsonMap)[key] ?? null)) return true
  return false
}

/** Makes places of strings; a relabeling rule may be no text but part of the object, its labels alone in a list. */
function placesIn(object: KubeObject): (text: string, at: Pointer) => TextPlace {
  const isMonitor = SERVICE_MONITORS.includes(`${groupOf(object)}/${object.kind}`)
  let words: ReadonlySet<string> | undefined
  return (text, at) => {
    if (!/^__meta_kubernetes_\w+$/.test(text)) return { text, at, around: undefined }
    words ??= wordsOf(JSON.stringify(object))
    const rule = JSON.stringify(valueAt(object, pointer(...keysOf(at).slice(0, -2))))
    return { text, at, around: { rule, words, ...(isMonitor && { services: monitored(object) }) } }
  }
}

function saidAt({ text, at, around }: TextPlace, { said }: TextPattern): readonly Found[] {
  return [...said(text, around)].map(what => ({ at, ...what }))
}

/** The relabeling rules that read a label: in YAML the item of a list around it, otherwise its line. */
function rulesIn(text: string, label: RegExp, around: Surroundings | undefined): readonly string[] {
  if (around !== undefined) return label.test(text) ? [around.rule] : []
  const lines = text.split('\n')
  return lines.flatMap((line, index) => (label.test(line) ? itemAround(lines, index) : []))
}

/** More lines than any relabeling rule has. */
const REACH = 40

function itemAround(lines: readonly string[], index: number): string {
  const before = lines.slice(Math.max(0, index - REACH), index + 1)
  const first = before.findLastIndex(line => /^\s*- +["']?\w+["']? *:/.test(line))
  const head = before[first]
  if (head === undefined) return lines[index] ?? ''
  const rest = [...before.slice(first + 1), ...lines.slice(index + 1, index + REACH)]
  const end = rest.findIndex(line => /\S/.test(line) && line.search(/\S/) <= head.search(/\S/))
  return [head, ...rest.slice(0, end < 0 ? undefined : end)].join('\n')
}

/** Words of relabeling rules themselves. */
const VOCABULARY = new Set([
  ...['regex', 'action', 'replace', 'keep', 'drop', 'replacement', 'separator', 'modulus', 'lowercase', 'uppercase'],
  ...['labelmap', 'labeldrop', 'labelkeep', 'hashmod', 'keepequal', 'dropequal', 'true', 'false', 'null'],
])

/** The words of a text that could be names of ports or Services. */
function wordsOf(text: string): ReadonlySet<string> {
  const words = text.match(/[A-Za-z0-9_-]+/g) ?? []
  return new Set(words.filter(word => /^(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(word) && !VOCABULARY.has(word)))
}

/** Groups of Kubernetes (without a dot, or of k8s.io) and Istio: the rows say all that their objects refer to. */
function isKnown(object: KubeObject): boolean {
  const group = groupOf(object)
  return !group.includes('.') || group.endsWith('.k8s.io') || group.endsWith('.istio.io')
}

/** Maps that name a Service and, beside it, a port by name. */
function besideEachOther(place: Place): readonly Found[] {
  const inside = within(place, '*').flatMap(besideEachOther)
  const { value } = place
  if (!isMap(value)) return inside

  const host = ['serviceName', 'service', 'host', 'name'].flatMap(key => serviceOfHost(stringAt(value, key)) ?? [])[0]
  const to = service(host?.name, host?.namespace ?? stringAt(value, 'namespace'))
  const ports = within(place, 'portName', 'servicePort', 'port', 'port.name').flatMap(port => portAt(port, to))
  return [...ports.filter(({ port }) => typeof port === 'string'), ...inside]
}

function distinct(found: readonly Found[]): Iterable<Found> {
  return new Map(found.map(one => [JSON.stringify([one.at, one.port, one.to]), one])).values()
}
