import { mayShareNamespace, namespaceOf, type Resource } from '../read/resource.ts'
import type { Namespaces } from './port-references.ts'

/** Whether an object is in one of the namespaces that a referrer means, as far as both say. */
export function isAmong(namespaces: Namespaces, referrer: Resource, other: Resource): boolean {
  const namespace = namespaceOf(other.object)
  if (namespaces === 'any') return true
  if (namespaces === 'own') return mayShareNamespace(namespaceOf(referrer.object), namespace)
  return namespace === undefined || namespaces.includes(namespace)
}
