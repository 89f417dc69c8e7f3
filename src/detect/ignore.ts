import { podTemplateOf } from '../graph/pod-template.ts'
import { ignoredRules, listed } from '../read/ignore-comments.ts'
import { annotationsOf, type Resource } from '../read/resource.ts'
import type { Finding } from './detector.ts'

/** Names rules whose findings on the object are accepted: `rule-id, rule-id -- reason`. */
export const IGNORE = 'mesh-fix.dev/ignore'

/** istioctl's own annotation: codes, or `*`. */
const SUPPRESS = 'galley.istio.io/analyze-suppress'

/** Whether the object a finding stands on, or its pod template, says that it is to be left out. */
export function isIgnored(rule: string, { resource, codes = [] }: Finding): boolean {
  return annotated(resource).some(
    annotations =>
      ignoredRules(annotations[IGNORE] ?? '').includes(rule) || suppresses(annotations[SUPPRESS] ?? '', codes),
  )
}

function annotated(resource: Resource): readonly Readonly<Record<string, string>>[] {
  const { object } = resource
  const pod = podTemplateOf(resource)
  return pod === undefined ? [annotationsOf(object)] : [annotationsOf(object), annotationsOf(pod.template)]
}

function suppresses(text: string, codes: readonly string[]): boolean {
  const listedCodes = listed(text)
  return listedCodes.includes('*') || codes.some(code => listedCodes.includes(code))
}
