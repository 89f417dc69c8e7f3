import type { Context } from '../detect/detector.ts'
import type { ResourceGraph, Workload } from '../graph/graph.ts'
import { containersOf } from '../graph/pod-template.ts'
import { serviceOfHost } from '../graph/references/places.ts'
import { mapSelector, selects } from '../graph/selectors.ts'
import { joined, type Pointer, pointer } from '../pointer.ts'
import { type JsonMap, listAt, stringAt, stringsAt } from '../read/json.ts'
import { groupOf, labelsOf, nameOf, namespaceOf, type Resource, sourceNameOf } from '../read/resource.ts'
import type { Evidence, Place } from './fixer.ts'

/** A value for a label, and what says so. */
export interface LabelSource {
  readonly value: string
  readonly evidence: Evidence
  /** Why it may be wrong; empty where it follows from the manifests. */
  readonly cautions: readonly string[]
}

/** Labels that name an app, by the conventions of one time or another. */
const APP_KEYS = ['app.kubernetes.io/name', 'k8s-app', 'name', 'run']

/** The image tags that are a version, rather than a branch, a build or `latest`. */
const VERSION_TAG = /^v?\d+(\.\d+){1,2}([-_].+)?$/

/** Which app a workload is: what its pods are labelled as, else its own name without a version. */
export function appOf(workload: Workload, { labelSources }: Context): LabelSource | undefined {
  const { resource, pod } = workload
  const [labelled] = APP_KEYS.flatMap(key => labelSource(pod.template, key, resource, pod.at) ?? [])
  return (
    configuredSource(workload, labelSources.app) ??
    labelled ??
    nameSource(resource, sourceNameOf(resource).replace(/-v\d+$/, ''))
  )
}

/** Which version a workload is: what it is labelled as or called, the subset that it must be, else its image's tag. */
export function versionOf(
  workload: Workload,
  graph: ResourceGraph,
  { labelSources }: Context,
): LabelSource | undefined {
  const { resource, pod } = workload
  const configured = configuredSource(workload, labelSources.version)
  if (configured !== undefined) return configured
  const key = 'app.kubernetes.io/version'
  const labelled = labelSource(pod.template, key, resource, pod.at) ?? labelSource(resource.object, key, resource, '')
  if (labelled !== undefined) return labelled
  const suffix = /-(v\d+)$/.exec(sourceNameOf(resource))?.[1]
  if (suffix !== undefined) return nameSource(resource, suffix)

  const subsets = subsetsFor(workload, graph)
  const left = subsets.filter(({ isLeft }) => isLeft)
  const [only] = left
  if (only !== undefined && left.every(({ value }) => value === only.value)) return only
  const tag = tagSource(workload)
  if (tag === undefined || subsets.length === 0) return tag
  const versions = [...new Set(subsets.map(({ value }) => `"${value}"`))].join(', ')
  return { ...tag, cautions: [...tag.cautions, `the versions that DestinationRules know of it are ${versions}`] }
}

/** The subsets that a version makes a workload part of: that is what the label is for. */
export function subsetsMet(workload: Workload, version: string, graph: ResourceGraph): readonly Place[] {
  return graph
    .servicesOf(workload)
    .flatMap(service => rulesFor(service, graph))
    .flatMap(resource =>
      listAt(resource.object, 'spec', 'subsets').flatMap((subset, index) =>
        stringAt(subset, 'labels', 'version') === version
          ? { resource, pointer: pointer('spec', 'subsets', index, 'labels') }
          : [],
      ),
    )
}

/** What the configuration's labels say, on the pods or on the workload. */
function configuredSource({ resource, pod }: Workload, keys: readonly string[] = []): LabelSource | undefined {
  return keys.flatMap(
    key => labelSource(pod.template, key, resource, pod.at) ?? labelSource(resource.object, key, resource, '') ?? [],
  )[0]
}

function labelSource(owner: JsonMap, key: string, resource: Resource, at: Pointer): LabelSource | undefined {
  const value = labelsOf(owner)[key]
  if (!value) return undefined
  const place = joined(at, pointer('metadata', 'labels', key))
  return sourceOf('label', value, `label "${key}" is "${value}"`, resource, place)
}

function nameSource(resource: Resource, value: string): LabelSource | undefined {
  if (value === '') return undefined
  const says = `the ${resource.object.kind} is called "${sourceNameOf(resource)}"`
  return sourceOf('workload name', value, says, resource, pointer('metadata', 'name'))
}

/**
 * The versions that DestinationRules tell apart behind the workload's Services and that it could be by its other labels.
 * One is left for it where no other workload there is that version, or could be.
 */
function subsetsFor(workload: Workload, graph: ResourceGraph): readonly (LabelSource & { readonly isLeft: boolean })[] {
  const services = graph.servicesOf(workload)
  const others = services
    .flatMap(service => graph.workloadsOf(service))
    .filter(({ resource }) => resource.id !== workload.resource.id)
    .map(({ pod }) => labelsOf(pod.template))
  return services
    .flatMap(service => rulesFor(service, graph))
    .flatMap(rule =>
      listAt(rule.object, 'spec', 'subsets').flatMap((subset, index) => {
        const { version, ...rest } = stringsAt(subset, 'labels')
        const selector = mapSelector(rest)
        if (!version || !selects(selector, labelsOf(workload.pod.template))) return []
        const isTaken = others.some(labels => selects(selector, labels) && (labels['version'] || version) === version)
        const says = `DestinationRule "${nameOf(rule.object)}" knows no other version that it could be`
        const source = sourceOf('DestinationRule subset', version, says, rule, pointer('spec', 'subsets', index))
        return { ...source, isLeft: !isTaken }
      }),
    )
}

/** The DestinationRules whose host is a Service: an absent namespace is `default` here, for a guess would decide. */
function rulesFor(service: Resource, graph: ResourceGraph): readonly Resource[] {
  return [...graph.ofKind('DestinationRule', nameOf(service.object))].filter(rule => {
    const host = serviceOfHost(stringAt(rule.object, 'spec', 'host'))
    if (host?.name !== nameOf(service.object) || groupOf(rule.object) !== 'networking.istio.io') return false
    const namespace = host.namespace ?? namespaceOf(rule.object) ?? 'default'
    if (namespace !== (namespaceOf(service.object) ?? 'default')) return false
    return graph.servicesMeant(rule, host).some(({ id }) => id === service.id)
  })
}

/** The tag of a workload's only container, where it is a version. Of several containers none speaks for the app. */
function tagSource({ resource, pod }: Workload): LabelSource | undefined {
  const containers = containersOf(pod).filter(({ role }) => role === 'container')
  const [container] = containers
  if (container === undefined || containers.length > 1) return undefined
  const image = stringAt(container.object, 'image') ?? ''
  const tag = /:([^:/]+)$/.exec(image.split('@', 1)[0] ?? '')?.[1] ?? ''
  if (!VERSION_TAG.test(tag)) return undefined
  const source = sourceOf('image tag', tag, `its image is "${image}"`, resource, joined(container.at, '/image'))
  return { ...source, cautions: ['it comes from the image tag, and goes stale when that moves'] }
}

function sourceOf(source: string, value: string, says: string, resource: Resource, at: Pointer): LabelSource {
  const level = source === 'image tag' ? 'weak' : 'strong'
  return { value, evidence: { class: level, source, says, at: { resource, pointer: at } }, cautions: [] }
}
