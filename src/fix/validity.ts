import { declarationOf } from '../detect/protocol.ts'
import { listAt } from '../read/json.ts'
import { groupOf, type Resource, titleOf } from '../read/resource.ts'
import { isLabel } from './port-name.ts'

/** What the API server would refuse about the fields that fixes write (apimachinery validation). */
export function invalidities({ object }: Resource): readonly string[] {
  if (object.kind !== 'Service' || groupOf(object) !== '') return []
  const ports = listAt(object, 'spec', 'ports').map(declarationOf)
  const title = titleOf(object)
  const faults: string[] = []
  const seen = new Set<string>()
  for (const { name, appProtocol } of ports) {
    if (name === '' && ports.length > 1) faults.push(`${title} has several ports, and one is unnamed`)
    if (name !== '' && !isLabel(name)) faults.push(`${title} has a port named "${name}", which is no RFC 1123 label`)
    if (name !== '' && seen.has(name)) faults.push(`${title} has two ports named "${name}"`)
    if (appProtocol !== undefined && !isQualifiedName(appProtocol))
      faults.push(`${title} has an invalid appProtocol "${appProtocol}"`)
    seen.add(name)
  }
  return faults
}

/** IsQualifiedName of apimachinery: an optional DNS prefix, a slash, a name of at most 63 characters. */
function isQualifiedName(text: string): boolean {
  return /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(text)
}

/** IsValidLabelValue of apimachinery; an empty one says nothing. */
export function isLabelValue(text: string): boolean {
  return /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(text)
}
