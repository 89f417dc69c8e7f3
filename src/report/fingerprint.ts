import { createHash } from 'node:crypto'
import type { Diagnosis } from '../outcome.ts'
import { nameOf, namespaceOf } from '../read/resource.ts'

/** The same for a finding in every run, even when lists are reordered or the run starts elsewhere. */
export function fingerprint({ detector, finding }: Diagnosis): string {
  const { object, path } = finding.resource
  const parts = [
    detector.id,
    finding.check,
    path,
    object.apiVersion,
    object.kind,
    namespaceOf(object) ?? '',
    nameOf(object),
    finding.subject,
  ]
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16)
}
