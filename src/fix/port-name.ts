import type { Profile } from '../detect/detector.ts'
import { convertProtocol, type Protocol } from '../detect/protocol.ts'

/** What a new name for a Service port has to fit. */
export interface NameNeeds {
  readonly protocol: Protocol
  /** The present name, empty where there is none. */
  readonly name: string
  readonly port: number
  /** The Service's own name: segments that repeat it go first when the name has to be shortened. */
  readonly service: string
  /** The names of the Service's other ports. */
  readonly taken: ReadonlySet<string>
  /** 15 where something that takes IANA service names refers to it (Ingress), else 63 (RFC 1123 label). */
  readonly length: 15 | 63
  readonly profile: Profile
}

/** Words that move to the front of a name they stand in, longest first. */
const RUN_TOGETHER: readonly Protocol[] = ['grpc', 'http2', 'http']

/**
 * The new name of a Service port, best first: `<protocol>-<old name>` with the protocol's word moved to the front,
 * then `<protocol>-<port>`. Each gives the protocol by Istio's own rule, fits the length and isn't taken. Empty where
 * none does.
 */
export function portNames(needs: NameNeeds): readonly string[] {
  const { protocol, port, taken } = needs
  const suffix = shortened(suffixOf(needs), needs)
  const candidates = [suffix === '' ? protocol : `${protocol}-${suffix}`, `${protocol}-${port}`]
  return [...new Set(candidates)].filter(name => !taken.has(name) && isRight(name, needs))
}

function isRight(name: string, { protocol, port, length, profile }: NameNeeds): boolean {
  const reads = convertProtocol({ port, name, protocol: 'TCP', appProtocol: undefined }, profile)
  return reads === protocol && name.length <= length && (length === 15 ? isServiceName(name) : isLabel(name))
}

/** What stays of the old name behind the protocol: segments, without the protocol's own word. */
function suffixOf({ protocol, name }: NameNeeds): readonly string[] {
  const segments = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .split('-')
    .filter(segment => segment !== '')
  const word = segments.indexOf(protocol)
  if (word >= 0) return segments.toSpliced(word, 1)
  if (protocol === 'grpc-web') {
    const pair = segments.findIndex((segment, index) => segment === 'grpc' && segments[index + 1] === 'web')
    if (pair >= 0) return segments.toSpliced(pair, 2)
  }
  const first = segments[0] ?? ''
  if (runTogether(first) === protocol) return [first.slice(protocol.length), ...segments.slice(1)]
  return protocol === 'grpc' && first.startsWith('web') ? [] : segments
}

/**
 * The protocol that a name's first segment runs together with the rest: `httpmetrics` gives http. Three letters or
 * more must be left, and `https…` says nothing: `httpserver` is no HTTPS.
 */
export function runTogether(segment: string): Protocol | undefined {
  const word = RUN_TOGETHER.find(
    protocol => segment.startsWith(protocol) && /^[a-z]/.test(segment.slice(protocol.length)),
  )
  if (word === undefined || segment.length < word.length + 3) return undefined
  return /^(https|grpcweb)/.test(segment) ? undefined : word
}

/** Shortens a suffix: first segments that repeat the Service's name, from the left, then any from the left, then a cut. */
function shortened(segments: readonly string[], { protocol, service, length }: NameNeeds): string {
  const room = length - protocol.length - 1
  const own = new Set(service.split('-'))
  let kept = [...segments]
  while (kept.join('-').length > room) {
    const repeated = kept.length > 1 ? kept.findIndex(segment => own.has(segment)) : -1
    if (repeated >= 0) kept.splice(repeated, 1)
    else if (kept.length > 1) kept = kept.slice(1)
    else return (kept[0] ?? '').slice(0, room).replace(/-+$/, '')
  }
  return kept.join('-')
}

/** IsValidPortName of apimachinery: what container ports and Ingress backends take. */
export function isServiceName(name: string): boolean {
  return name.length <= 15 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && /[a-z]/.test(name)
}

/** An RFC 1123 label: what a Service port's name must be. */
export function isLabel(name: string): boolean {
  return name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)
}
