import { isSame } from '../src/json-patch.ts'
import { isMap, type JsonMap, mapAt, stringAt } from '../src/read/json.ts'
import { type FileText, repositoryOf } from '../src/read/repository.ts'
import { titleOf } from '../src/read/resource.ts'
import type { Json } from '../src/read/tree.ts'

/** Kubernetes objects by what tells them apart: in sources by their places, in a build by kind and name. */
export type Objects = ReadonlyMap<string, Json>

/** The objects of sources by file, document and item, as the API server would take them. */
export function objectsIn(texts: readonly FileText[]): Objects {
  return new Map(repositoryOf(texts).resources.map(({ id, object }) => [id, normalised(object)]))
}

/** The objects of a build, or of any stream that names none twice. */
export function objectsOf(stream: string): Objects {
  const { resources } = repositoryOf([{ path: 'stream.yaml', text: stream }])
  return new Map(resources.map(({ object }) => [`${object.apiVersion} ${titleOf(object)}`, normalised(object)]))
}

/** The names of the objects that two forms don't have in common, or have differently. */
export function differences(one: Objects, other: Objects): readonly string[] {
  const names = new Set([...one.keys(), ...other.keys()])
  return [...names].filter(name => !isSame(one.get(name) ?? null, other.get(name) ?? null))
}

/** What orchestrators note on the objects that they hand around, and take off again or leave behind. */
const NOTE =
  /^(internal\.config\.kubernetes\.io\/|config\.(kubernetes|k8s)\.io\/(path|index|id)$|kustomize\.config\.k8s\.io\/id$)/

/** An object as the API server takes it: null is absence, an empty list of annotations is none, TCP is the default. */
export function normalised(object: Json): Json {
  return plain(isMap(object) ? withoutNotes(object) : object)
}

function withoutNotes(object: JsonMap): JsonMap {
  const { annotations: _, ...metadata } = mapAt(object, 'metadata')
  const annotations = Object.entries(mapAt(object, 'metadata', 'annotations')).filter(([name]) => !NOTE.test(name))
  const kept = annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }
  return { ...object, metadata: { ...metadata, ...kept } }
}

function plain(value: Json): Json {
  if (Array.isArray(value)) return value.map(plain)
  if (!isMap(value)) return value
  const isPort = 'port' in value || 'containerPort' in value
  const members = Object.entries(value).filter(
    ([key, member]) => member !== null && !(isPort && key === 'protocol' && stringAt(value, key) === 'TCP'),
  )
  return Object.fromEntries(members.map(([key, member]) => [key, plain(member)]))
}
