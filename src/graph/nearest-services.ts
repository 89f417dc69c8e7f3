import { labelsOf, mayShareNamespace, nameOf, namespaceOf, type Resource } from '../read/resource.ts'
import { labelKeys, selectorKeys } from './index-keys.ts'
import type { NearestIndex } from './nearest-index.ts'
import type { Answer } from './nearest-memory.ts'
import { isAmong, type Referent } from './port-references.ts'
import { isEmptySelector, selects, serviceSelector } from './selectors.ts'

/**
 * The accepted Services of the run that an object's words may mean, one answer for each of several names; none for
 * words that mean no Service.
 */
export function nearestServices(
  referrer: Resource,
  to: Referent,
  services: NearestIndex,
  accepts: (service: Resource) => boolean,
): readonly Answer[] {
  const nearest = (keys: readonly string[], fits: (service: Resource) => boolean): Answer => ({
    ...services.nearest(keys, referrer.path, service => fits(service) && accepts(service)),
    keys: keys.slice(0, 1),
  })
  switch (to.type) {
    case 'service': {
      const namespace = to.namespace ?? namespaceOf(referrer.object)
      return [nearest([`name ${to.name}`], ({ object }) => mayShareNamespace(namespace, namespaceOf(object)))]
    }
    case 'services': {
      const { selector, namespaces } = to
      const fits = (service: Resource): boolean =>
        isAmong(namespaces, referrer, service) && selects(selector, labelsOf(service.object))
      return [nearest(selectorKeys(selector), fits)]
    }
    case 'selecting': {
      const fits = (service: Resource): boolean => {
        const selector = serviceSelector(service.object)
        return !isEmptySelector(selector) && selects(selector, to.labels) && isAmong('own', referrer, service)
      }
      return [{ ...nearest(['any'], fits), keys: labelKeys(to.labels).map(key => `selects ${key}`) }]
    }
    case 'mentioned':
      return [...to.words].map(word => nearest([`name ${word}`], () => true))
    default:
      return []
  }
}

/** The words as far as they fit a Service, wherever it is and whatever is nearer; undefined where they don't. */
export function wordsFor(to: Referent, { object }: Resource): Referent | undefined {
  switch (to.type) {
    case 'service':
      return to.name === nameOf(object) ? to : undefined
    case 'services':
      return selects(to.selector, labelsOf(object)) ? to : undefined
    case 'selecting':
      return selects(serviceSelector(object), to.labels) ? to : undefined
    case 'mentioned':
      return to.words.has(nameOf(object)) ? { type: 'mentioned', words: new Set([nameOf(object)]) } : undefined
    default:
      return undefined
  }
}
