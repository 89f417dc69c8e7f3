import type { Protocol } from '../detect/protocol.ts'
import { annotationSources } from './evidence-annotations.ts'
import { doubtAbout, type Measured } from './evidence-measured.ts'
import { routeSources } from './evidence-routes.ts'
import { workloadSources } from './evidence-workload.ts'
import type { EvidenceClass, ProtocolEvidence } from './fixer.ts'
import type { EvidenceSource, ServicePort } from './service-port.ts'

const SOURCES: readonly EvidenceSource[] = [...annotationSources, ...routeSources, ...workloadSources]

/** What the evidence says together. */
export type Verdict =
  | {
      readonly protocol: Protocol
      readonly class: EvidenceClass
      readonly evidence: readonly ProtocolEvidence[]
      /** Why it isn't safe to follow; undefined where it is. */
      readonly doubt: string | undefined
    }
  | { readonly protocol: undefined; readonly reason: string; readonly evidence: readonly ProtocolEvidence[] }

const CLASSES: readonly EvidenceClass[] = ['definitive', 'strong', 'weak']

/** Words that settle a disagreement in the deciding class, but decide nothing by themselves. */
const TIE_BREAKERS: readonly string[] = ['tcp', 'udp', 'tls', 'mongo', 'mysql', 'redis']

/** The protocol of a port, by all that speaks for it. */
export function inferProtocol(port: ServicePort): Verdict {
  return verdictOf(evidenceFor(port), port.declaration.name)
}

/** Everything that says or hints at what a port carries. */
export function evidenceFor(port: ServicePort): readonly ProtocolEvidence[] {
  return SOURCES.flatMap(source => [...source(port)])
}

/**
 * The protocol that the highest class of evidence says; a lower class never vetoes a higher one. Where the deciding
 * class disagrees, a tie-breaking word in the name settles it, or there is no protocol.
 */
export function verdictOf(evidence: readonly ProtocolEvidence[], name: string, measured?: Measured): Verdict {
  for (const level of CLASSES) {
    const deciding = evidence.filter(item => item.class === level)
    if (deciding.length === 0) continue
    const protocols = [...new Set(deciding.map(item => item.protocol))]
    const protocol = protocols.length === 1 ? protocols[0] : tieBroken(protocols, name)
    if (protocol === undefined) {
      return { protocol, reason: `the evidence disagrees: ${protocols.join(' or ')}`, evidence: deciding }
    }
    const agreeing = deciding.filter(item => item.protocol === protocol)
    return { protocol, class: level, evidence: agreeing, doubt: doubtAbout(agreeing, measured) }
  }
  return { protocol: undefined, reason: 'nothing in the manifests says which protocol it carries', evidence: [] }
}

function tieBroken(protocols: readonly Protocol[], name: string): Protocol | undefined {
  const words = name
    .toLowerCase()
    .split('-')
    .filter(word => TIE_BREAKERS.includes(word))
  const named = protocols.filter(protocol => words.includes(protocol))
  return named.length === 1 ? named[0] : undefined
}
