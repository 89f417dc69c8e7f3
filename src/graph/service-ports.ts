import { listAt, mapAt, numberAt, stringAt } from '../read/json.ts'
import type { KubeObject } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { ONLY_PORT } from './references/places.ts'

/**
 * The places in `spec.ports` that a reference means by a name (empty: the port without one), a number (53 may be TCP
 * and UDP) or as the Service's only port.
 */
export function portsMeant(service: KubeObject, port: string | number): readonly number[] {
  const entries = listAt(service, 'spec', 'ports')
  if (port === ONLY_PORT) return entries.length === 1 ? [0] : []
  return entries.flatMap((entry, index) => {
    const isMeant =
      typeof port === 'number' ? numberAt(entry, 'port') === port : (stringAt(entry, 'name') ?? '') === port
    return isMeant ? [index] : []
  })
}

/** The number of the port that a reference means; undefined where the Service has none such. */
export function portNumber(service: KubeObject, port: string | number): number | undefined {
  const [index] = portsMeant(service, port)
  return index === undefined ? undefined : numberAt(listAt(service, 'spec', 'ports')[index], 'port')
}

/** Where a Service port leads to in the pods: the port's own number where no `targetPort`, or 0, says otherwise. */
export function targetPortOf(port: Json): Json | undefined {
  return mapAt(port)['targetPort'] || mapAt(port)['port']
}
