import type { JsonMap } from '../read/json.ts'
import { listAt, mapAt, stringAt, stringsAt } from '../read/json.ts'
import type { KubeObject } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'

/** The labels of an object, or those that a selector asks for. */
export type Labels = Readonly<Record<string, string>>

/** A Kubernetes label selector, read: every requirement must hold (apimachinery LabelSelectorAsSelector). */
export interface Selector {
  readonly matchLabels: Labels
  readonly matchExpressions: readonly Requirement[]
}

interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values: readonly string[]
}

/** Reads a LabelSelector (`matchLabels`, `matchExpressions`). */
export function labelSelector(value: Json | undefined): Selector {
  return {
    matchLabels: stringsAt(value, 'matchLabels'),
    matchExpressions: listAt(value, 'matchExpressions').map(requirement => ({
      key: stringAt(requirement, 'key') ?? '',
      operator: stringAt(requirement, 'operator') ?? '',
      values: listAt(requirement, 'values').filter(item => typeof item === 'string'),
    })),
  }
}

/** Reads a plain map of labels, as in a Service's `spec.selector`. */
export function mapSelector(value: JsonMap): Selector {
  return { matchLabels: stringsAt(value), matchExpressions: [] }
}

/** What selects the pods of a Service. */
export function serviceSelector(service: KubeObject): Selector {
  return mapSelector(mapAt(service, 'spec', 'selector'))
}

/** Whether the selector asks for nothing; what that means (all or none) is the owner's to say. */
export function isEmptySelector(selector: Selector): boolean {
  return Object.keys(selector.matchLabels).length === 0 && selector.matchExpressions.length === 0
}

/** Whether an object with these labels is selected; an empty selector selects everything. */
export function selects(selector: Selector, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels)) if (labels[key] !== value) return false
  return selector.matchExpressions.every(requirement => holds(requirement, labels))
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
