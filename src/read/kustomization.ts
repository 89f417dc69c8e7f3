import type { Kustomization } from 'kustomize-api-types'
import type { JsonMap } from './json.ts'
import { at, isMap, listAt, stringAt } from './json.ts'
import type { Json } from './tree.ts'

export type { Result as FunctionResult } from 'kustomize-api-types'

/** A patch that a kustomization applies: a file, or text that stands in the kustomization itself. */
export interface KustomizePatch {
  /** The file's path from the root; undefined for inline text. */
  readonly path: string | undefined
  readonly text: string | undefined
  /** Which objects it is for; undefined where the patch itself names the object. */
  readonly target: JsonMap | undefined
}

/** A field of a Kustomization or Component. */
export type KustomizationField = keyof Kustomization

const NAMES = new Set(['kustomization.yaml', 'kustomization.yml', 'Kustomization'])

/** Whether a file is one that kustomize takes for a kustomization by its name. */
export function isKustomizationFile(path: string): boolean {
  return NAMES.has(path.slice(path.lastIndexOf('/') + 1))
}

/** What an object of kustomize's own is: a Kustomization or Component, or the configuration of a built-in transformer. */
export function kustomizeObject(value: Json): string | undefined {
  const apiVersion = stringAt(value, 'apiVersion') ?? ''
  if (apiVersion.startsWith('kustomize.config.k8s.io/')) return 'a kustomization'
  return isBuiltin(value) ? 'a kustomize transformer' : undefined
}

function isBuiltin(value: Json): boolean {
  return stringAt(value, 'apiVersion') === 'builtin'
}

/**
 * The patches of a Kustomization or Component, in all three spellings, or of a built-in patch transformer. Null lists
 * and odd entries give none.
 */
export function patchesOf(kustomization: Json, path: string): readonly KustomizePatch[] {
  const directory = path.split('/').slice(0, -1)
  const inPlace = (entry: Json): KustomizePatch => {
    const target = at(entry, 'target')
    const file = stringAt(entry, 'path')
    return {
      path: file === undefined ? undefined : resolvePath(directory, file),
      text: stringAt(entry, 'patch') ?? stringAt(entry, 'jsonOp'),
      target: isMap(target) ? target : undefined,
    }
  }
  const merge = (entry: Json): KustomizePatch => {
    const text = typeof entry === 'string' ? entry : ''
    const isInline = /[\n{]/.test(text)
    return {
      path: isInline || text === '' ? undefined : resolvePath(directory, text),
      text: isInline ? text : undefined,
      target: undefined,
    }
  }
  return [
    ...(isBuiltin(kustomization) ? [inPlace(kustomization), merge(at(kustomization, 'patches') ?? '')] : []),
    ...fieldOf(kustomization, 'patches').map(inPlace),
    ...fieldOf(kustomization, 'patchesJson6902').map(inPlace),
    ...fieldOf(kustomization, 'patchesStrategicMerge').map(merge),
  ].filter(({ path, text }) => path !== undefined || text !== undefined)
}

/** The files that a kustomization lists under a key (`resources`, `crds`, …), as paths from the root. */
export function filesOf(kustomization: Json, path: string, key: KustomizationField): readonly string[] {
  const directory = path.split('/').slice(0, -1)
  return fieldOf(kustomization, key).flatMap(entry =>
    typeof entry === 'string' ? [resolvePath(directory, entry)] : [],
  )
}

/** The path from the root that an entry of a kustomization means. */
export function resolvedFrom(kustomization: string, entry: string): string {
  return resolvePath(kustomization.split('/').slice(0, -1), entry)
}

/** A list of a kustomization. What stands there may be anything, but the field's name is checked. */
function fieldOf(kustomization: Json, key: KustomizationField): readonly Json[] {
  return listAt(kustomization, key)
}

function resolvePath(directory: readonly string[], file: string): string {
  const segments = [...directory]
  for (const segment of file.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '.' && segment !== '') segments.push(segment)
  }
  return segments.join('/')
}
