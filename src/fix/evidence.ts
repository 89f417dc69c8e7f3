import type { Context, ProtocolAssignment } from '../detect/detector.ts'
import type { Protocol } from '../detect/protocol.ts'
import { annotationSources } from './evidence-annotations.ts'
import { doubtAbout, isRefuted, type Measured } from './evidence-measured.ts'
import { nameSources } from './evidence-names.ts'
import { probeSources } from './evidence-probes.ts'
import { routeSources } from './evidence-routes.ts'
import { scrapeSources } from './evidence-scrapes.ts'
import { workloadSources } from './evidence-workload.ts'
import type { EvidenceClass, ProtocolEvidence } from './fixer.ts'
import { isSurely } from './port-patterns.ts'
import type { EvidenceSource, ServicePort } from './service-port.ts'

const SOURCES: readonly EvidenceSource[] = [
  ...annotationSources,
  ...routeSources,
  ...scrapeSources,
  ...probeSources,
  ...nameSources,
  ...workloadSources,
]

/** What the evidence says together. */
export type Verdict =
  | {
      readonly protocol: Protocol
      readonly class: EvidenceClass
      /** What decides it, and what makes it safe. */
      readonly evidence: readonly ProtocolEvidence[]
      /** Why it isn't safe to follow; undefined where it is. */
      readonly doubt: string | undefined
    }
  | { readonly protocol: undefined; readonly reason: string; readonly evidence: readonly ProtocolEvidence[] }

const CLASSES: readonly EvidenceClass[] = ['definitive', 'strong', 'weak']

/** Words that settle a disagreement in the deciding class, but decide nothing by themselves. */
const TIE_BREAKERS: readonly string[] = ['tcp', 'udp', 'tls', 'mongo', 'mysql', 'redis']

const NOTHING = 'nothing in the manifests says which protocol it carries'

/** HTTPS is TLS, and gRPC is HTTP/2: who says the one doesn't contradict who says the other. */
const KIND_OF: Readonly<Record<string, Protocol>> = { https: 'tls', grpc: 'http2' }

/** The protocol of a port, by all that speaks for it, in the manifests or in the configuration. */
export function inferProtocol(port: ServicePort, { ports }: Context): Verdict {
  return verdictOf([...assignmentsOf(port, ports), ...evidenceFor(port)], port.declaration.name)
}

/** What the configuration says. */
function assignmentsOf(port: ServicePort, assignments: readonly ProtocolAssignment[]): readonly ProtocolEvidence[] {
  return assignments
    .filter(assignment => isSurely(assignment, port))
    .map(({ service, port: number, protocol }) => ({
      class: 'definitive',
      source: 'configuration',
      row: 'configuration',
      protocol,
      says: `the configuration assigns ${protocol} to port ${number} of "${service}"`,
    }))
}

/** Everything in the manifests that says or hints at what a port carries. */
export function evidenceFor(port: ServicePort): readonly ProtocolEvidence[] {
  const found: ProtocolEvidence[] = []
  for (const source of SOURCES) for (const item of source(port)) found.push(item)
  return found
}

/**
 * The protocol that the highest class of evidence says; a lower class never vetoes a higher one. Where the deciding
 * class disagrees, a tie-breaking word in the name settles it, or there is no protocol. It is safe where a row of
 * evidence that says the same has proven itself, of the deciding class or of a lower one.
 */
export function verdictOf(found: readonly ProtocolEvidence[], name: string, measured?: Measured): Verdict {
  const evidence = found.filter(item => !isRefuted(item, measured))
  const level = CLASSES.find(level => evidence.some(item => item.class === level))
  if (level === undefined) {
    const refuted = doubtAbout(found, measured)
    const reason = found.length > 0 ? `all that speaks for a protocol is refuted: ${refuted}` : NOTHING
    return { protocol: undefined, reason, evidence: found }
  }
  const deciding = evidence.filter(item => item.class === level)
  const protocols = [...new Set(deciding.map(item => item.protocol))]
  const protocol = agreed(protocols) ?? tieBroken(protocols, name)
  if (protocol === undefined) {
    return { protocol, reason: `the evidence disagrees: ${protocols.join(' or ')}`, evidence: deciding }
  }
  const agreeing = deciding.filter(item => item.protocol === protocol || item.protocol === KIND_OF[protocol])
  const doubt = doubtAbout(agreeing, measured)
  const proven = evidence.filter(item => item.protocol === protocol && doubtAbout([item], measured) === undefined)
  if (doubt === undefined || proven.length === 0) return { protocol, class: level, evidence: agreeing, doubt }
  return { protocol, class: level, evidence: [...agreeing, ...proven], doubt: undefined }
}

function agreed(protocols: readonly Protocol[]): Protocol | undefined {
  const special = protocols.filter(protocol => !protocols.some(other => KIND_OF[other] === protocol))
  return special.length === 1 ? special[0] : undefined
}

function tieBroken(protocols: readonly Protocol[], name: string): Protocol | undefined {
  const words = name
    .toLowerCase()
    .split('-')
    .filter(word => TIE_BREAKERS.includes(word))
  const named = protocols.filter(protocol => words.includes(protocol))
  return named.length === 1 ? named[0] : undefined
}
