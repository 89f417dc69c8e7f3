import { isSame } from '../json-patch.ts'
import { at, mapAt, stringAt } from '../read/json.ts'
import { groupOf, type KubeObject, labelsOf, nameOf, namespaceOf, type Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { podTemplateOf } from './pod-template.ts'
import { referencesIn } from './port-references.ts'
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
 * Under which keys a Service is found: by its namespace, its name, its labels, and by the first label that it selects;
 * none for other objects.
 */
export function keysOfService({ object }: Resource): readonly string[] {
  return isService(object) ? [homeKey(namespaceOf(object)), ...wordsOfService(object)] : []
}

/** Where those who ask for Services are told of this one: by what they ask for, and in which namespace if they know. */
export function spotsOfService({ object }: Resource): readonly string[] {
  if (!isService(object)) return []
  const home = [homeKey(namespaceOf(object))]
  return wordsOfService(object).flatMap(word => [spotIn([], word), spotIn(home, word)])
}

function wordsOfService(object: KubeObject): readonly string[] {
  const [selected] = labelKeys(serviceSelector(object).matchLabels)
  const keys = [`name ${nameOf(object)}`, 'any', ...labelKeys(labelsOf(object))]
  return selected === undefined ? keys : [...keys, selectsKey(selected)]
}

/** Where Services that ask for pods are told of these: by each label, in their namespace. */
export function spotsOfWorkload(resource: Resource): readonly string[] {
  const pod = podTemplateOf(resource)
  const labels = pod === undefined ? [] : labelKeys(labelsOf(pod.template))
  return labels.map(label => spotIn([namespaceKey(resource)], label))
}

/** Where one is told of what has a key; in a namespace, or in any. */
export function spotIn(home: readonly string[], key: string): string {
  return home.length === 0 ? key : `${home.join()} ${key}`
}

/** The key of Services whose selector begins with a label, given by its key. */
export function selectsKey(label: string): string {
  return `selects ${label}`
}

/** The key of Services that say they are in a namespace, or that name none. */
export function homeKey(namespace: string | undefined): string {
  return `in ${namespace ?? ''}`
}

/** Under which keys an object is found by the container ports that it refers to by name. */
export function keysOfReferrer(resource: Resource): readonly string[] {
  return referencesIn(resource).flatMap(({ names, port }) =>
    names === 'container-port' && typeof port === 'string' ? [`container port ${port}`] : [],
  )
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
export function selectorKeys({ matchLabels, matchExpressions }: Selector): readonly string[] {
  const onlyValues = matchExpressions.flatMap(({ key, operator, values: [value, ...others] }) =>
    operator === 'In' && value !== undefined && others.length === 0 ? [labelKey(key, value)] : [],
  )
  const keys = [...labelKeys(matchLabels), ...onlyValues]
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
