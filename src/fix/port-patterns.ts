import type { PortPattern } from '../detect/detector.ts'
import { nameOf, namespaceOf } from '../read/resource.ts'
import type { ServicePort } from './service-port.ts'

/** Whether the configuration says that something outside the files refers to a port by its name. */
export function isReferredToOutside(port: ServicePort, references: readonly PortPattern[]): boolean {
  return references.some(reference => isService(reference.service, port, 'may be') && isPort(reference.port, port))
}

/** Whether a pattern means a port, whatever namespace it will be applied to. */
export function isSurely({ service, port: its }: PortPattern, port: ServicePort): boolean {
  return isService(service, port, 'is') && isPort(its, port)
}

/** A name without a namespace means that Service in any. A Service that names no namespace may be in any. */
function isService(pattern: string, { service: { object } }: ServicePort, certainty: 'is' | 'may be'): boolean {
  const slash = pattern.indexOf('/')
  const namespace = namespaceOf(object)
  const isUnknown = namespace === undefined && certainty === 'may be'
  const isInNamespace = slash < 0 || isUnknown || matches(pattern.slice(0, slash), namespace ?? '')
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
