import { type CustomKinds, customKindOf } from '../read/custom-kinds.ts'
import { at, isMap, listAt, mapAt, stringAt } from '../read/json.ts'
import { type KustomizePatch, patchesOf } from '../read/kustomization.ts'
import type { Skipped } from '../read/repository.ts'
import {
  type KindedObject,
  type KubeObject,
  labelsOf,
  mayShareNamespace,
  nameOf,
  namespaceOf,
  type Resource,
} from '../read/resource.ts'
import type { Json, ParsedDocument } from '../read/tree.ts'
import { parse } from '../read/yaml.ts'
import { type PortReference, portReferences, type Referent } from './port-references.ts'
import { selects } from './selectors.ts'

/** Something in a skipped file that could mean a Service's port, so that renaming the port could break it. */
export interface Mention {
  readonly path: string
  /** What it does, as the end of a sentence about the file. */
  readonly does: string
}

/** Kinds that name ports of their own, or containers' ports: a name that stands there is no Service's port. */
const OWN_NAMES =
  /^(Deployment|DeploymentConfig|StatefulSet|DaemonSet|ReplicaSet|ReplicationController|Job|CronJob|Pod|PodTemplate|Service|Rollout|NetworkPolicy|PodMonitor)$/

/**
 * What a skipped text could mean by a Service's port: a patch that sets the Service's ports or refers to one, a
 * replacement that reads or writes them, a template that refers to one. Judged pessimistically.
 *
 * @param portName the port's present name, empty where it has none (then only what writes the Service's ports counts)
 */
export function mentionOf(skipped: Skipped, service: Resource, portName: string): Mention | undefined {
  const does = meaning(skipped, service.object, portName)
  return does === undefined ? undefined : { path: skipped.path, does }
}

/** Whether a skipped template holds an object of some kinds that mentions a Service: a route to it, or itself. */
export function mayHold(skipped: Skipped, service: Resource, kinds: ReadonlySet<string>): boolean {
  if (skipped.role !== 'template' || !skipped.text.includes(nameOf(service.object))) return false
  return skipped.text.split(/^---/m).some(document => {
    const kind = /^kind:\s*["']?(\w+)/m.exec(document)?.[1] ?? ''
    return kinds.has(kind) && mentions(document, nameOf(service.object))
  })
}

function meaning(skipped: Skipped, service: KubeObject, portName: string): string | undefined {
  switch (skipped.role) {
    case 'template':
    case 'values':
    case 'unreadable':
      return portName !== '' && folded(skipped).includes(foldedText(portName))
        ? templateMeans(skipped, service, portName)
        : undefined
    case 'patch':
      return firstOf(skipped.targets ?? [undefined], target =>
        patchMeans(skipped.value ?? null, target, skipped.kinds, service, portName),
      )
    case 'kustomization':
      return kustomizationMeans(skipped, service, portName)
    case 'other':
      return undefined
  }
}

const foldedTexts = new WeakMap<Skipped, string>()

/** A skipped text in which a name is found whether it stands as it is or as variables write it; made once. */
function folded(skipped: Skipped): string {
  const known = foldedTexts.get(skipped)
  if (known !== undefined) return known
  const text = foldedText(skipped.text)
  foldedTexts.set(skipped, text)
  return text
}

function foldedText(text: string): string {
  return text.toLowerCase().replaceAll('_', '-')
}

function firstOf<Item>(items: readonly Item[], of: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = of(item)
    if (found !== undefined) return found
  }
  return undefined
}

function kustomizationMeans(
  { value = null, path, kinds }: Skipped,
  service: KubeObject,
  portName: string,
): string | undefined {
  const patched = firstOf(patchesOf(value, path), patch =>
    firstOf(inlineDocuments(patch), document => patchMeans(document.value, patch.target, kinds, service, portName)),
  )
  if (patched !== undefined) return patched

  const lists = [listAt(value, 'replacements'), Array.isArray(value) ? value : [value]]
  const replaced = firstOf(lists.flat(), entry => replacementMeans(entry, kinds, service, portName))
  if (replaced !== undefined) return replaced

  const readsPorts = listAt(value, 'vars').some(
    entry =>
      at(entry, 'objref', 'kind') === 'Service' &&
      fits(stringAt(entry, 'objref', 'name'), nameOf(service)) &&
      (stringAt(entry, 'fieldref', 'fieldpath') ?? stringAt(entry, 'fieldref', 'fieldPath') ?? '').includes('port'),
  )
  return readsPorts ? 'reads a variable from the ports of this Service' : undefined
}

const inline = new Map<string, readonly ParsedDocument[]>()

/** The documents of a patch that stands in a kustomization as text; parsed once. */
export function inlineDocuments({ text }: KustomizePatch): readonly ParsedDocument[] {
  if (text === undefined) return []
  const known = inline.get(text)
  if (known !== undefined) return known
  const { documents } = parse(text)
  inline.set(text, documents)
  return documents
}

/** A replacement: a `source`, and `targets` with a `select` each. */
function replacementMeans(
  entry: Json,
  kinds: CustomKinds | undefined,
  service: KubeObject,
  portName: string,
): string | undefined {
  const targets = listAt(entry, 'targets').map(target => ({
    selected: mapAt(target, 'select'),
    fields: listAt(target, 'fieldPaths'),
  }))
  const source = { selected: mapAt(entry, 'source'), fields: [at(entry, 'source', 'fieldPath') ?? ''] }
  const ends = [source, ...targets].map(({ selected, fields }) => ({
    selected,
    fields: fields.filter(field => typeof field === 'string'),
  }))
  if (ends.some(({ selected, fields }) => isTargeted(selected, service) && fields.some(isPortsField)))
    return 'replaces a value from or in the ports of this Service'

  const setsName = ends
    .slice(1)
    .some(({ selected, fields }) => mayRefer(stringAt(selected, 'kind'), kinds) && fields.some(isPortNameField))
  return setsName && portName !== '' ? 'sets the name of a port that may be one of this Service' : undefined
}

/** `spec`, `spec.ports`, `spec.ports.0.name` and the like. */
function isPortsField(field: string): boolean {
  return /^spec$|(^|\.)ports?(\.|\[|$)/.test(field)
}

/** The fields of routes and monitors that hold a port's name. */
function isPortNameField(field: string): boolean {
  return /(^|\.)(port(\.name)?|portName|servicePort|sectionName)$/.test(field)
}

/** Whether objects of a kind, or of all kinds that a pattern fits, may refer to Services' ports by name. */
function mayRefer(kind: string | undefined, custom: CustomKinds | undefined): boolean {
  if (kind === undefined || !OWN_NAMES.test(kind)) return true
  return [...(custom ?? [])].some(
    ([name, { portReferences }]) => name.endsWith(`/${kind}`) && portReferences.length > 0,
  )
}

function patchMeans(
  patch: Json,
  target: Json | undefined,
  kinds: CustomKinds | undefined,
  service: KubeObject,
  portName: string,
): string | undefined {
  if (Array.isArray(patch)) return operationsMean(patch, target, kinds, service, portName)
  if (!isMap(patch)) return undefined

  const isFor =
    target === undefined
      ? stringAt(patch, 'kind') === 'Service' && fits(stringAt(patch, 'metadata', 'name'), nameOf(service))
      : isTargeted(target, service)
  if (isFor && at(patch, 'spec', 'ports') !== undefined) return 'patches the ports of this Service'

  const kind = stringAt(patch, 'kind') ?? stringAt(target, 'kind') ?? ''
  if (portName === '' || kind === 'Service') return undefined
  const object: KubeObject = { ...patch, apiVersion: stringAt(patch, 'apiVersion') ?? '', kind }
  const refers = referencesIn({ object, custom: customKindOf(object, kinds) }, patch).some(
    ({ port, names, to }) => port === portName && names === 'service-port' && mayMean(to, service, namespaceOf(object)),
  )
  return refers ? `refers to its port "${portName}"` : undefined
}

/** Whether a patch's reference could mean the Service once the patch is applied, which may add to names. */
function mayMean(to: Referent, service: KubeObject, namespace: string | undefined): boolean {
  switch (to.type) {
    case 'service':
      return fits(to.name, nameOf(service)) && mayShareNamespace(to.namespace ?? namespace, namespaceOf(service))
    case 'services':
      return selects(to.selector, labelsOf(service))
    case 'mentioned':
      return to.words.has(nameOf(service))
    case 'selecting':
      return true
    default:
      return false
  }
}

const references = new WeakMap<Json & object, readonly PortReference[]>()

/** The references of a patch; found once, since every Service asks. */
function referencesIn(patch: KindedObject, key: Json & object): readonly PortReference[] {
  const known = references.get(key)
  if (known !== undefined) return known
  const found = portReferences(patch)
  references.set(key, found)
  return found
}

function operationsMean(
  operations: readonly Json[],
  target: Json | undefined,
  kinds: CustomKinds | undefined,
  service: KubeObject,
  portName: string,
): string | undefined {
  const isFor =
    target === undefined ? mentions(JSON.stringify(operations), nameOf(service)) : isTargeted(target, service)
  if (isFor && operations.some(touchesPorts)) return 'patches the ports of this Service'
  if (portName === '' || !mayRefer(stringAt(target, 'kind'), kinds)) return undefined
  return operations.some(operation => holds(at(operation, 'value') ?? null, portName))
    ? `sets a value "${portName}" that may mean its port`
    : undefined
}

function touchesPorts(operation: Json): boolean {
  return ['path', 'from'].some(key => /^(\/spec)?(\/ports(\/|$)|$)/.test(stringAt(operation, key) ?? '-'))
}

/** Whether a kustomize target (its kind and name are patterns) may select the Service. */
function isTargeted(target: Json, service: KubeObject): boolean {
  const kind = stringAt(target, 'kind')
  const name = stringAt(target, 'name')
  return (kind === undefined || matches(kind, 'Service')) && (name === undefined || fits(name, nameOf(service)))
}

function holds(value: Json, text: string): boolean {
  if (Array.isArray(value)) return value.some(item => holds(item, text))
  if (isMap(value)) return Object.values(value).some(item => holds(item, text))
  return value === text
}

/** Whether a name or a pattern means an object, whose name may gain a prefix or a suffix. */
export function fits(pattern: string | undefined, name: string): boolean {
  if (pattern === undefined || name === '') return false
  const plain = plainOf(pattern)
  return matches(pattern, name) || plain.endsWith(`-${name}`) || plain.startsWith(`${name}-`)
}

/** Kustomize's patterns are RE2. They aren't run, since input is data: what is more than a plain word fits anything. */
export function matches(pattern: string, word: string): boolean {
  const plain = plainOf(pattern)
  return plain === word || !/^[A-Za-z0-9.-]*$/.test(plain)
}

/** A pattern without anchors, which kustomize adds anyway, and without the escapes that a name needs in one. */
function plainOf(pattern: string): string {
  return pattern.replace(/^\^|\$$/g, '').replace(/\\([.-])/g, '$1')
}

/** A template, a chart's values, or a document that can't be read: only its words can be looked at. */
function templateMeans(skipped: Skipped, service: KubeObject, portName: string): string | undefined {
  const name = nameOf(service)
  const isNamed = folded(skipped).includes(foldedText(name))
  return firstOf(documentsFor(skipped, portName), ({ document, refers, isTemplated }) => {
    if (isNamed && (isInText(document, name, portName) || (refers && mentions(document, name))))
      return `mentions this Service and "${portName}"`
    if (!refers) return undefined
    if (isTemplated) return `refers to a port "${portName}" of a Service whose name is templated`
    const selects = /selector|matchLabels/i.test(document)
    return selects && Object.values(labelsOf(service)).some(label => mentions(document, label))
      ? `refers to a port "${portName}" and mentions a label of this Service`
      : undefined
  })
}

/** One of a skipped text's documents, as far as it means some Service's port of a name. */
interface Naming {
  readonly document: string
  readonly refers: boolean
  /** It refers to a port of a Service that is filled in. */
  readonly isTemplated: boolean
}

const namings = new WeakMap<Skipped, Map<string, readonly Naming[]>>()

/** The documents of a skipped text for a port's name; read once, since many Services have a port of that name. */
function documentsFor(skipped: Skipped, portName: string): readonly Naming[] {
  const byName = namings.get(skipped) ?? new Map<string, readonly Naming[]>()
  namings.set(skipped, byName)
  const known = byName.get(portName)
  if (known !== undefined) return known
  const found = skipped.text.split(/^---/m).map((document): Naming => {
    const refers = refersByName(document, portName, skipped.kinds)
    return { document, refers, isTemplated: refers && isServiceTemplated(document) }
  })
  byName.set(portName, found)
  return found
}

/** Whether a template of a kind that may refer to ports, or of a kind that isn't said, holds the name where one stands. */
function refersByName(document: string, portName: string, custom: CustomKinds | undefined): boolean {
  if (!mentions(document, portName) || !isValue(document, portName)) return false
  const kinds = [...document.matchAll(/^\s*["']?kind["']?:\s*["']?(\w+)/gm)].map(match => match[1])
  return kinds.length === 0 || kinds.some(kind => mayRefer(kind, custom))
}

/** Whether a template fills in what it refers to, a Service's name or the labels that select it; its own name aside. */
function isServiceTemplated(document: string): boolean {
  const rest = document.replace(/^metadata:.*\n([ \t]+.*\n|\s*\n|\{\{.*\n)*/m, '')
  if (/^\s*-?\s*["']?(name|service|serviceName|host)["']?:.*\{\{/m.test(rest)) return true
  return /(selector|matchLabels)["']?:\s*(\{\s*\}|\{\{|\n[^:]*(:\s*)?\{\{)/i.test(rest)
}

/** Whether a word stands in a text as a whole. */
export function mentions(text: string, word: string): boolean {
  return word !== '' && new RegExp(`(^|[^A-Za-z0-9_-])${escaped(word)}($|[^A-Za-z0-9_-])`).test(text)
}

/** Whether a port name stands as the value of a key that may hold one. */
function isValue(text: string, portName: string): boolean {
  const word = escaped(portName)
  const plain = `["']?${word}["']?\\s*([#,}{].*)?$`
  const templated = `.*\\{\\{.*["'\`]${word}["'\`]`
  return new RegExp(`(name|Name|port|Port)["']?:\\s*(${plain}|${templated})`, 'm').test(text)
}

/** SRV names and the variables that Kubernetes sets. */
function isInText(document: string, service: string, portName: string): boolean {
  if (new RegExp(`_${escaped(portName)}\\._(tcp|udp)`, 'i').test(document)) return mentions(document, service)
  const variable = `${service}_SERVICE_PORT_${portName}`.toUpperCase().replaceAll('-', '_')
  return mentions(document, variable)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
