import { isSame } from '../json-patch.ts'
import { at, mapAt, stringAt } from '../read/json.ts'
import { groupOf, type KubeObject, labelsOf, nameOf, namespaceOf, type Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { podTemplateOf } from './pod-template.ts'
import { type Referent, referencesIn } from './port-references.ts'
import { places, serviceOfHost } from './references/places.ts'
import { selectionsOf, serviceOfSubset } from './selections.ts'
import { type Labels, type Selector, serviceSelector } from './selectors.ts'

/** Whether an object is a Service of the core API (Knative's are not). */
export function isService(object: KubeObject): boolean {
  return object.kind === 'Service' && groupOf(object) === ''
}

/** Under which keys a workload is found: by its namespace, and by the labels of its pods; none for other objects. */
export function keysOfWorkload(resource: Resource): readonly string[] {
  const pod = podTemplateOf(resource)
  return pod === undefined ? [] : ['any', namespaceKey(resource), ...labelKeys(labelsOf(pod.template))]
}

/**
 * Under which keys a Service is found: by its name, by its labels, and by the first label that it selects; none for
 * other objects.
 */
export function keysOfService({ object }: Resource): readonly string[] {
  if (!isService(object)) return []
  const [selected] = labelKeys(serviceSelector(object).matchLabels)
  const keys = [`name ${nameOf(object)}`, 'any', ...labelKeys(labelsOf(object))]
  return selected === undefined ? keys : [...keys, `selects ${selected}`]
}

/** Under which keys an object is found by what it refers to. */
export function keysOfReferrer(resource: Resource): readonly string[] {
  return referencesIn(resource).flatMap(({ to, names, port }) =>
    names === 'service-port' ? referentKeys(to) : typeof port === 'string' ? [`container port ${port}`] : [],
  )
}

/** Under which keys a referrer is found from the Service it may mean. */
export function referentKeys(to: Referent): readonly string[] {
  switch (to.type) {
    case 'service':
      return [`name ${to.name}`]
    case 'services':
      return selectorKeys(to.selector).slice(0, 1)
    case 'selecting':
      return labelKeys(to.labels).map(key => `selecting ${key}`)
    case 'mentioned':
      return [...to.words].map(word => `name ${word}`)
    default:
      return []
  }
}

/** Under which keys an object is found by the selectors of pods that it holds. */
export function keysOfSelecting(resource: Resource): readonly string[] {
  return selectionsOf(resource).flatMap(selection => {
    const { matchLabels, matchExpressions } = selection.selector
    if (selection.host !== undefined) return [hostKey(serviceOfSubset(selection)?.name ?? '')]
    return [...labelKeys(matchLabels), ...matchExpressions.map(({ key }) => askingKey(key))]
  })
}

/** The key of all that choose from the pods of Services of a name. */
export function hostKey(name: string): string {
  return `host ${name}`
}

/** The keys of all whose selectors may tell pods with one of these values of a label from pods with another, or none. */
export function selectingKeys(key: string, values: readonly (string | undefined)[]): readonly string[] {
  return [askingKey(key), ...values.flatMap(value => (value === undefined ? [] : labelKey(key, value)))]
}

function askingKey(key: string): string {
  return `asks about ${key}`
}

/** Under which keys an object is found by its kind, and by the names of what it is about. */
export function keysOfKind({ object }: Resource): readonly string[] {
  return [object.kind, ...namesMeant(object).map(name => `${object.kind} ${name}`)]
}

function namesMeant(object: KubeObject): readonly string[] {
  switch (object.kind) {
    case 'BackendTLSPolicy':
      return places(object, 'spec.targetRefs.*.name', 'spec.targetRef.name').map(({ value }) => String(value))
    case 'Canary':
      return [stringAt(object, 'spec', 'targetRef', 'name') ?? '']
    case 'DestinationRule':
      return [serviceOfHost(stringAt(object, 'spec', 'host'))?.name ?? '']
    default:
      return []
  }
}

/** Every object that the selector selects stands under all of these keys. */
export function selectorKeys({ matchLabels }: Selector): readonly string[] {
  const keys = labelKeys(matchLabels)
  return keys.length > 0 ? keys : ['any']
}

/** The keys of an object with these labels. */
export function labelKeys(labels: Labels): string[] {
  return Object.entries(labels).map(([key, value]) => labelKey(key, value))
}

/** The key of an object with a label. */
export function labelKey(key: string, value: string): string {
  return `label ${key}=${value}`
}

/** Objects of which one names no namespace are applied into the same one, unless the other names another than `default`. */
export function sameNamespace(one: Resource, other: Resource): boolean {
  return namespaceKey(one) === namespaceKey(other)
}

/** The key of an object's namespace, as `sameNamespace` compares them. */
export function namespaceKey({ object }: Resource): string {
  return `namespace ${namespaceOf(object) ?? 'default'}`
}

/** Whether two versions of an object select the same and are selected by the same. */
export function selectsAlike(old: Resource, now: Resource): boolean {
  const facts = (resource: Resource): readonly Json[] => {
    const { object } = resource
    return [
      namespaceOf(object) ?? null,
      podTemplateOf(resource)?.template['metadata'] ?? null,
      ...(isService(object) ? [mapAt(object, 'spec', 'selector'), at(object, 'spec', 'type') ?? null] : []),
    ]
  }
  return isSame(facts(old), facts(now))
}
