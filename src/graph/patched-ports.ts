import { at, isMap, listAt, stringAt } from '../read/json.ts'
import { patchesOf } from '../read/kustomization.ts'
import type { Skipped } from '../read/repository.ts'
import { type KubeObject, nameOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import type { Workload } from './graph.ts'
import { fits, inlineDocuments, matches, mentions } from './mentions.ts'
import { containersOf, podTemplateOf } from './pod-template.ts'

/** Whether a skipped patch may add to the containers of a workload, or write their ports: they are known in part only then. */
export function mayPatchPorts(skipped: Skipped, workload: Workload): boolean {
  if (skipped.role === 'patch')
    return (skipped.targets ?? [undefined]).some(target => writesPorts(skipped.value ?? null, target, workload))
  if (skipped.role !== 'kustomization') return false
  return patchesOf(skipped.value ?? null, skipped.path).some(patch =>
    inlineDocuments(patch).some(({ value }) => writesPorts(value, patch.target, workload)),
  )
}

function writesPorts(patch: Json, target: Json | undefined, { resource, pod }: Workload): boolean {
  const { object, custom } = resource
  if (Array.isArray(patch)) {
    const isFor = target === undefined ? mentions(JSON.stringify(patch), nameOf(object)) : isTarget(target, object)
    return isFor && patch.some(operation => isPortsPath(stringAt(operation, 'path') ?? ''))
  }
  const isFor = target === undefined ? isTarget(identityOf(patch), object) : isTarget(target, object)
  if (!isFor || !isMap(patch)) return false
  const patched = podTemplateOf({ ...resource, object: { ...patch, apiVersion: object.apiVersion, kind: object.kind } })
  if (patched === undefined) return false
  // Lists of custom kinds have no merge keys: a patch's list takes the place of the other.
  if (custom?.podTemplate !== undefined) return containersOf(patched).length > 0
  const names = new Set(containersOf(pod).map(container => container.object['name'] ?? null))
  return containersOf(patched).some(
    container => listAt(container.object, 'ports').length > 0 || !names.has(container.object['name'] ?? null),
  )
}

/** A whole container, a list of them, or ports. */
function isPortsPath(path: string): boolean {
  return /\/(containers|initContainers)(\/[^/]+)?$|\/ports(\/|$)/.test(path)
}

/** What a patch says itself of the object that it is for. */
function identityOf(patch: Json): Json {
  return { kind: at(patch, 'kind') ?? '', name: at(patch, 'metadata', 'name') ?? '' }
}

function isTarget(target: Json, object: KubeObject): boolean {
  const kind = stringAt(target, 'kind')
  const name = stringAt(target, 'name')
  return (kind === undefined || matches(kind, object.kind)) && (name === undefined || fits(name, nameOf(object)))
}
