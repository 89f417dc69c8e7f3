import type { Pointer } from '../pointer.ts'
import type { CustomKind } from './custom-kinds.ts'
import type { JsonMap } from './json.ts'
import { stringAt, stringsAt } from './json.ts'

/** A Kubernetes object as it was read: apiVersion and kind are strings, everything else may be anything. */
export interface KubeObject extends JsonMap {
  readonly apiVersion: string
  readonly kind: string
}

/** One object and its place: the file, the document in it (from 0) and, in a List, the item. */
export interface Resource {
  /** Unique in a run and the same for all versions of the object: `path#document/items/3`. */
  readonly id: string
  readonly object: KubeObject
  /** The file's path from the root, with `/`. */
  readonly path: string
  readonly document: number
  /** Where the object stands in the document: `''`, or `/items/3` in a List. */
  readonly base: Pointer
  /** The name that its source gives it, where a kustomization has changed it since. */
  readonly sourceName?: string
  /** The file that it comes from, where it was handed on and says so: relative, with `/`. */
  readonly sourcePath?: string
  /** The closed scope that it is applied in, if it is in one: what one kustomization builds. */
  readonly scope?: string
  /** What the configuration says of its kind. */
  readonly custom?: CustomKind
}

/** An object, and what the configuration says of its kind. */
export interface KindedObject {
  readonly object: KubeObject
  readonly custom?: CustomKind | undefined
}

/** Whether two objects are never applied together, so that neither selects the other. */
export function areSeparated(one: Resource, other: Resource): boolean {
  return one.scope !== other.scope
}

/** The file that the object comes from: the one that was read, unless it says otherwise. */
export function sourcePathOf({ path, sourcePath }: Resource): string {
  return sourcePath ?? path
}

/** The object's name as its source writes it: what labels and new objects are called after. */
export function sourceNameOf({ object, sourceName }: Resource): string {
  return sourceName ?? nameOf(object)
}

/** The API group of an object: `apps` of `apps/v1`, empty for the core group. */
export function groupOf(object: KubeObject): string {
  const slash = object.apiVersion.indexOf('/')
  return slash < 0 ? '' : object.apiVersion.slice(0, slash)
}

/** The object's name; empty where it has none. */
export function nameOf(object: KubeObject): string {
  return stringAt(object, 'metadata', 'name') ?? ''
}

/** The object's namespace; undefined where the manifest names none. */
export function namespaceOf(object: KubeObject): string | undefined {
  return stringAt(object, 'metadata', 'namespace') || undefined
}

export function labelsOf(object: JsonMap): Readonly<Record<string, string>> {
  return stringsAt(object, 'metadata', 'labels')
}

export function annotationsOf(object: JsonMap): Readonly<Record<string, string>> {
  return stringsAt(object, 'metadata', 'annotations')
}

/** How messages name the object: `Service shop/web`. */
export function titleOf(object: KubeObject): string {
  const namespace = namespaceOf(object)
  return `${object.kind} ${namespace ? `${namespace}/` : ''}${nameOf(object)}`
}

/** Whether two objects' metadata say that they can meet: the same namespace, or one that isn't said. */
export function mayShareNamespace(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other
}
