import { at, type JsonMap, mapAt } from '../read/json.ts'
import { labelsOf } from '../read/resource.ts'
import type { Profile } from './detector.ts'

/** What Istio wants to know of pods by their labels; also the label that the page asks for, word for word. */
export type AppLabel = 'app' | 'version'

export const APP_LABELS: readonly AppLabel[] = ['app', 'version']

/** What counts today, in the order of Istio's injection template (pkg/kube/inject). */
const KEYS: Readonly<Record<AppLabel, readonly string[]>> = {
  app: ['service.istio.io/canonical-name', 'app.kubernetes.io/name', 'app'],
  version: ['service.istio.io/canonical-revision', 'app.kubernetes.io/version', 'version'],
}

/** The labels that say it, first those that beat the others. */
export function keysFor(label: AppLabel, profile: Profile): readonly string[] {
  return profile === 'classic' ? [label] : KEYS[label]
}

/** What the labels of a pod template say; undefined where they say nothing. The injection template passes over empty ones. */
export function saidByLabels(template: JsonMap, label: AppLabel, profile: Profile): string | undefined {
  const labels = labelsOf(template)
  return keysFor(label, profile).flatMap(key => labels[key] || [])[0]
}

/** What is wrong with a label that says nothing: it isn't there, is empty or null, or is a number or boolean, say. */
export type LabelFault = 'missing' | 'empty' | 'no-text'

/** Why a pod template's labels say nothing, and the key of the label that is to blame. */
export function labelFault(
  template: JsonMap,
  label: AppLabel,
  profile: Profile,
): { readonly key: string; readonly fault: LabelFault } {
  const labels = mapAt(template, 'metadata', 'labels')
  const noText = keysFor(label, profile).find(key => (at(labels, key) ?? '') !== '')
  if (noText !== undefined) return { key: noText, fault: 'no-text' }
  return { key: label, fault: Object.hasOwn(labels, label) ? 'empty' : 'missing' }
}
