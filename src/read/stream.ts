import { buffer } from 'node:stream/consumers'
import { MeshFixError } from '../errors.ts'
import { at, type JsonMap, stringAt } from './json.ts'
import { kustomizeObject, patchesOf, resolvedFrom } from './kustomization.ts'
import { type Repository, repositoryOf, type Skipped, STDIN } from './repository.ts'
import { annotationsOf, type KubeObject, type Resource } from './resource.ts'
import type { Json, ParsedDocument } from './tree.ts'
import { parse, positionAt, startOf } from './yaml.ts'

/** What came in on standard input: documents, or the ResourceList of a KRM function. */
export interface Stream {
  readonly text: string
  readonly repository: Repository
  /** The ResourceList, if it is one. */
  readonly list: ParsedDocument | undefined
}

/** The versions of a ResourceList that are understood; they don't differ in what is read. */
const VERSIONS = ['v1', 'v1beta1', 'v1alpha1'].map(version => `config.kubernetes.io/${version}`)

/**
 * All of standard input.
 *
 * @throws {MeshFixError} UNREADABLE: it is not UTF-8
 */
export async function standardInput(): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await buffer(process.stdin))
  } catch (error) {
    if (error instanceof TypeError) throw new MeshFixError('UNREADABLE', `${STDIN}: it is not UTF-8 text`)
    throw error
  }
}

/**
 * Reads a stream. All of it must be readable: what comes out is to be taken by the next program.
 *
 * @throws {MeshFixError} UNREADABLE: with line and column
 */
export function readStream(text: string): Stream {
  const whole = repositoryOf([{ path: STDIN, text, rendered: true }])
  const [error] = whole.errors
  if (error !== undefined) {
    const { line, column, message } = error
    throw new MeshFixError('UNREADABLE', message, { file: STDIN, line, column })
  }
  const documents = whole.files.get(STDIN)?.parsed.documents ?? []
  const list = documents.find(({ value }) => isResourceList(value))
  if (list !== undefined) checkList(list, documents.length, text)
  return { text, repository: sorted(whole), list }
}

function isResourceList(value: Json): boolean {
  const group = stringAt(value, 'apiVersion')?.startsWith('config.kubernetes.io/') ?? false
  return group && stringAt(value, 'kind') === 'ResourceList'
}

/** @throws {MeshFixError} UNREADABLE */
function checkList(list: ParsedDocument, documents: number, text: string): void {
  const fault = (place: '' | '/apiVersion' | '/items', message: string): MeshFixError => {
    const start = startOf(list, place)
    return new MeshFixError('UNREADABLE', message, { file: STDIN, ...positionAt(text, start) })
  }
  const version = stringAt(list.value, 'apiVersion') ?? ''
  if (!VERSIONS.includes(version))
    throw fault('/apiVersion', `a ResourceList of "${version}" is not known; known are: ${VERSIONS.join(', ')}`)
  if (documents > 1) throw fault('', 'a ResourceList must be the only document')
  const items = at(list.value, 'items') ?? []
  if (!Array.isArray(items)) throw fault('/items', 'the items of a ResourceList must be a list')
}

/** Takes out what is not deployed, and gives the rest the names and paths of its source. */
function sorted(whole: Repository): Repository {
  const patches = whole.resources.flatMap(({ object }) =>
    kustomizeObject(object) === undefined ? [] : patchesOf(object, pathOf(object) ?? ''),
  )
  const targets = new Map<string | undefined, (JsonMap | undefined)[]>()
  for (const { path, target } of patches) targets.set(path, [...(targets.get(path) ?? []), target])
  const resources: Resource[] = []
  const skipped: Skipped[] = [...whole.skipped]
  for (const resource of whole.resources) {
    const { object, document, base } = resource
    const path = pathOf(object)
    const own = { path: path ?? STDIN, document, text: '', value: object }
    const kustomize = kustomizeObject(object)
    const patched = path === undefined ? undefined : targets.get(resolvedFrom('', path))
    if (kustomize !== undefined) skipped.push({ ...own, reason: kustomize, role: 'kustomization' })
    else if (patched !== undefined)
      skipped.push({ ...own, reason: 'a patch of a kustomization', role: 'patch', targets: patched })
    else if (isLocal(object)) skipped.push({ ...own, reason: `${base}: it is for local use only`, role: 'other' })
    else resources.push({ ...resource, ...sourceOf(object) })
  }
  return { ...whole, resources, skipped }
}

/** Orchestrators use such objects themselves, and deploy none of them. */
function isLocal(object: KubeObject): boolean {
  return (annotationsOf(object)['config.kubernetes.io/local-config'] ?? 'false') !== 'false'
}

/** kustomize says which names an object has had, the first one first. */
function sourceOf(object: KubeObject): Pick<Resource, 'sourceName' | 'sourcePath'> {
  const [sourceName] = (annotationsOf(object)['internal.config.kubernetes.io/previousNames'] ?? '').split(',')
  const sourcePath = pathOf(object)
  return { ...(sourceName ? { sourceName } : {}), ...(sourcePath === undefined ? {} : { sourcePath }) }
}

/** The file that an object says it comes from: by an orchestrator's annotation, or by kustomize's `originAnnotations`. */
function pathOf(object: KubeObject): string | undefined {
  const annotations = annotationsOf(object)
  const path = annotations['config.kubernetes.io/path'] ?? annotations['internal.config.kubernetes.io/path']
  return (path ?? originOf(annotations['config.kubernetes.io/origin'] ?? '')) || undefined
}

/** The origin's path, unless it is in another repository. */
function originOf(origin: string): string | undefined {
  const value = origin === '' ? null : (parse(origin).documents[0]?.value ?? null)
  return stringAt(value, 'repo') === undefined ? stringAt(value, 'path') : undefined
}
