import type { ExternalReference } from '../detect/detector.ts'
import { nameOf, namespaceOf } from '../read/resource.ts'
import type { ServicePort } from './service-port.ts'

/** Whether the configuration says that something outside the files refers to a port by its name. */
export function isReferredToOutside(port: ServicePort, references: readonly ExternalReference[]): boolean {
  return references.some(reference => isService(reference.service, port) && isPort(reference.port, port))
}

/** A name without a namespace means that Service in any; a Service that names no namespace may be in any. */
function isService(pattern: string, { service: { object } }: ServicePort): boolean {
  const slash = pattern.indexOf('/')
  const namespace = namespaceOf(object)
  const isInNamespace = slash < 0 || namespace === undefined || matches(pattern.slice(0, slash), namespace)
  return isInNamespace && matches(pattern.slice(slash + 1), nameOf(object))
}

function isPort(pattern: string | number, { declaration: { name, port } }: ServicePort): boolean {
  return String(port) === String(pattern) || (typeof pattern === 'string' && matches(pattern, name))
}

/** Whether a pattern in which `*` stands for any text fits the whole word. */
function matches(pattern: string, word: string): boolean {
  const parts = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(word)
}
