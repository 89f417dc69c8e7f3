import { keysOf, type Pointer, pointer, valueAt } from '../../pointer.ts'
import type { CustomKind, PortReferencePlace } from '../../read/custom-kinds.ts'
import type { KubeObject } from '../../read/resource.ts'
import type { Found, Row, ServiceByName } from '../port-references.ts'
import { portAt, service, serviceOfHost, within } from './places.ts'

/** The places that the configuration names. Which names a custom kind takes isn't known: all of them take short ones. */
export const CONFIGURED: readonly Row[] = [
  {
    id: 'configured port',
    on: 'configured',
    source: 'portReferences of the configuration: port',
    names: 'service-port',
    short: true,
    references: (object, custom) => referencesIn(object, custom, ({ port }) => port),
  },
  {
    id: 'configured targetPort',
    on: 'configured',
    source: 'portReferences of the configuration: targetPort',
    names: 'container-port',
    references: (object, custom) =>
      referencesIn(
        object,
        custom,
        ({ targetPort }) => targetPort,
        services => ({ type: 'behind', services }),
      ),
  },
]

function referencesIn(
  object: KubeObject,
  custom: CustomKind | undefined,
  portIn: (entry: PortReferencePlace) => Pointer | undefined,
  referent: (to: ServiceByName) => Found['to'] = to => to,
): readonly Found[] {
  return (custom?.portReferences ?? []).flatMap(entry => {
    const port = portIn(entry)
    if (port === undefined) return []
    return within({ value: object, at: '' }, keysOf(port)).flatMap(place => {
      const to = serviceMeant(object, entry, place.at)
      return to === undefined ? [] : portAt(place, referent(to))
    })
  })
}

/** The Service that is named for a place with a port: each `*` stands for what it stands for in that place. */
function serviceMeant(object: KubeObject, entry: PortReferencePlace, place: Pointer): ServiceByName | undefined {
  const filled = keysOf(place)
  const textAt = (path: Pointer): string | undefined => {
    const keys = keysOf(path).map((key, index) => (key === '*' ? (filled[index] ?? key) : key))
    const text = valueAt(object, pointer(...keys))
    return typeof text === 'string' ? text : undefined
  }
  const host = serviceOfHost(textAt(entry.service))
  return service(host?.name, (entry.namespace && textAt(entry.namespace)) || host?.namespace)
}
