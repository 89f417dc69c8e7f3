import { escaped } from '../build/built.ts'
import { type Operation, patched } from '../json-patch.ts'
import { keysOf, type Pointer, parentOf, pointer, valueAt } from '../pointer.ts'
import { groupOf, type KubeObject, nameOf, namespaceOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { renderDocument, renderFlow, type Style } from './render.ts'

/** A kustomize overlay or Component that makes fixes. */
export interface Overlay {
  readonly kind: 'Kustomization' | 'Component'
  /** What mesh-fix has to know of it later. */
  readonly record: Json
  /** What it stands on, relative to it. */
  readonly resources: readonly string[]
  readonly patches: readonly ObjectPatch[]
  readonly creates: readonly KubeObject[]
}

/** Operations on one object. */
export interface ObjectPatch {
  readonly target: Target
  readonly operations: readonly Operation[]
}

/** A selector of kustomize's: regular expressions. */
export type Target = Readonly<Record<string, string>>

/** The annotation of a kustomization that mesh-fix wrote: what it was made from. */
export const RECORD = 'mesh-fix.dev/options'

/** The built-in kinds without a namespace, which kustomize does not take for those of namespace "default". */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set([
  'APIService',
  'CSIDriver',
  'CSINode',
  'CertificateSigningRequest',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'FlowSchema',
  'IngressClass',
  'MutatingWebhookConfiguration',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PodSecurityPolicy',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'RuntimeClass',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'VolumeAttachment',
])

/** The selector of an object and no other: kustomize matches an empty part with anything, and each part as a pattern. */
export function targetOf(object: KubeObject): Target {
  const namespace = namespaceOf(object) ?? (CLUSTER_SCOPED.has(object.kind) ? undefined : 'default')
  const parts = {
    group: groupOf(object),
    version: object.apiVersion.slice(object.apiVersion.indexOf('/') + 1),
    kind: object.kind,
    name: nameOf(object),
    ...(namespace === undefined ? {} : { namespace }),
  }
  return Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, `^${escaped(part)}$`]))
}

/**
 * Operations that do to an object what they did to another version of it: `add` for what is absent, with the maps above,
 * and `replace` for what is there. What only the other version has is no guard.
 *
 * @throws {PatchError} they can't
 */
export function adapted(object: KubeObject, operations: readonly Operation[]): readonly Operation[] {
  const made: Operation[] = []
  let current: Json = object
  const make = (operation: Operation): void => {
    current = patched(current, [operation])
    made.push(operation)
  }
  for (const operation of operations) {
    if (operation.op === 'test' && valueAt(current, operation.path) === undefined) continue
    if (operation.op !== 'add' && operation.op !== 'replace') {
      make(operation)
      continue
    }
    for (const above of missingAbove(current, operation.path)) make({ op: 'add', path: above, value: {} })
    make({ ...operation, op: isMember(current, operation.path) ? 'replace' : 'add' })
  }
  return made
}

/** The maps above that don't exist, outermost first; a list has to be there. */
function missingAbove(object: Json, path: Pointer): readonly Pointer[] {
  const keys = keysOf(path)
  const missing = keys
    .slice(1)
    .map((_, index) => pointer(...keys.slice(0, index + 1)))
    .filter(place => valueAt(object, place) === undefined)
  return keys.slice(-missing.length - 1).some(key => /^(-|\d+)$/.test(key)) ? [] : missing
}

/** Whether something stands there that can be replaced; an `add` in a list moves what is there. */
function isMember(object: Json, path: Pointer): boolean {
  const parent = valueAt(object, parentOf(path))
  return !Array.isArray(parent) && valueAt(object, path) !== undefined
}

/** The file of a new object. */
export function fileOf(object: KubeObject): string {
  return `${nameOf(object)}-${object.kind.toLowerCase()}.yaml`
}

/** How new files look; JSON's strings are the same to every reader of YAML. */
const BLOCK: Style = { eol: '\n', step: 2, sequenceOffset: 2, quote: 'double', json: false, unit: '', minified: false }
const JSON_LINE: Style = { ...BLOCK, json: true }

/** The files of an overlay, by their names, the kustomization first. Of equal overlays they are the same bytes. */
export function overlayFiles(overlay: Overlay, kustomization = 'kustomization.yaml'): ReadonlyMap<string, string> {
  const creates = overlay.creates.toSorted((one, other) => (fileOf(one) < fileOf(other) ? -1 : 1))
  return new Map([
    [kustomization, kustomizationText({ ...overlay, creates })],
    ...creates.map(object => [fileOf(object), renderDocument(object, BLOCK)] as const),
  ])
}

function kustomizationText({ kind, record, resources, patches, creates }: Overlay): string {
  const listed = [...resources, ...creates.map(fileOf)]
  return [
    '# Written by mesh-fix. The same command updates it, "mesh-fix verify" proves that it does what it says.',
    `apiVersion: kustomize.config.k8s.io/${kind === 'Component' ? 'v1alpha1' : 'v1beta1'}`,
    `kind: ${kind}`,
    'metadata:',
    '  annotations:',
    `    ${RECORD}: |-`,
    `      ${renderFlow(record, JSON_LINE)}`,
    ...(listed.length === 0 ? [] : ['resources:', ...listed.map(entry => `  - ${renderFlow(entry, BLOCK)}`)]),
    ...(patches.length === 0 ? [] : ['patches:', ...patches.flatMap(patchLines)]),
    '',
  ].join('\n')
}

/** kustomize reads a patch that starts with a bracket as JSON, any other one by the rules of YAML 1.1. */
function patchLines({ target, operations }: ObjectPatch): readonly string[] {
  const selectors = Object.entries(target).map(([key, part]) => `${key}: ${renderFlow(part, JSON_LINE)}`)
  const lines = operations.map(operation => renderFlow(operation as unknown as Json, JSON_LINE))
  return [
    `  - target: {${selectors.join(', ')}}`,
    '    patch: |-',
    '      [',
    ...lines.map((line, index) => `        ${line}${index < lines.length - 1 ? ',' : ''}`),
    '      ]',
  ]
}
