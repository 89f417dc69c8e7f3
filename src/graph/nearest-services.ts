import { labelsOf, nameOf, namespaceOf, type Resource } from '../read/resource.ts'
import { homeKey, labelKeys, selectorKeys, selectsKey, spotIn } from './index-keys.ts'
import { type NearestIndex, nearestOf } from './nearest-index.ts'
import type { Answer } from './nearest-memory.ts'
import { isAmong, type Namespaces, type Referent } from './port-references.ts'
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
  const nearest = (keys: readonly string[], namespaces: Namespaces, words = keys.slice(0, 1)): Answer => {
    const homes = homesOf(namespaces, referrer)
    const fits = (service: Resource): boolean =>
      isAmong(namespaces, referrer, service) && mayMean(to, service) && accepts(service)
    const found = homes.map(home => services.nearest([...home, ...keys], referrer.path, fits))
    return { ...nearestOf(found, referrer.path), keys: homes.flatMap(home => words.map(word => spotIn(home, word))) }
  }
  switch (to.type) {
    case 'service':
      return [nearest([`name ${to.name}`], to.namespace === undefined ? 'own' : [to.namespace])]
    case 'services':
      return [nearest(selectorKeys(to.selector), to.namespaces)]
    case 'selecting':
      return [nearest(['any'], 'own', labelKeys(to.labels).map(selectsKey))]
    case 'mentioned':
      return [...to.words].map(word => nearest([`name ${word}`], 'any'))
    default:
      return []
  }
}

/** The keys of Services in the namespaces that a referrer means; those that name none may be in any. */
function homesOf(namespaces: Namespaces, { object }: Resource): readonly (readonly string[])[] {
  const own = namespaceOf(object)
  const meant = namespaces === 'own' && own !== undefined ? [own] : namespaces
  return typeof meant === 'string' ? [[]] : [...new Set([...meant, undefined])].map(namespace => [homeKey(namespace)])
}

/** The words as far as they fit a Service, wherever it is and whatever is nearer; undefined where they don't. */
export function wordsFor(to: Referent, service: Resource): Referent | undefined {
  if (!mayMean(to, service)) return undefined
  return to.type === 'mentioned' ? { type: 'mentioned', words: new Set([nameOf(service.object)]) } : to
}

function mayMean(to: Referent, { object }: Resource): boolean {
  switch (to.type) {
    case 'service':
      return to.name === nameOf(object)
    case 'services':
      return selects(to.selector, labelsOf(object))
    case 'selecting': {
      const selector = serviceSelector(object)
      return !isEmptySelector(selector) && selects(selector, to.labels)
    }
    case 'mentioned':
      return to.words.has(nameOf(object))
    default:
      return false
  }
}
