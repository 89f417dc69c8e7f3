import { join, relative, resolve } from 'node:path'
import { isComponent, type KustomizationDirectory, kustomizationIn } from '../build/closure.ts'
import { listAt, stringAt } from '../read/json.ts'
import type { Json } from '../read/tree.ts'
import { parse } from '../read/yaml.ts'
import { RECORD } from '../write/overlay.ts'
import { realPathOf } from './sites.ts'

/** What mesh-fix made a directory from. Paths are relative to it. */
export interface OverlayRecord {
  /** What is fixed: a kustomization's or plain directory. */
  readonly path: string
  readonly root?: string
  readonly config?: string
  /** The options that decide what is fixed and how, as on the command line. */
  readonly options: readonly string[]
}

/** A directory that mesh-fix wrote. */
export interface OwnDirectory {
  readonly kustomization: KustomizationDirectory
  readonly record: OverlayRecord
  /** All files that are mesh-fix's own: the kustomization and new objects. Absolute. */
  readonly files: readonly string[]
}

/** The directory as mesh-fix wrote it; undefined where it didn't. */
export function ownDirectory(directory: string): OwnDirectory | undefined {
  const kustomization = kustomizationIn(directory)
  if (kustomization === undefined) return undefined
  const text = stringAt(kustomization.value, 'metadata', 'annotations', RECORD) ?? ''
  const value = parse(text).documents[0]?.value
  const path = stringAt(value, 'path')
  if (path === undefined) return undefined
  const [root, config] = [stringAt(value, 'root'), stringAt(value, 'config')]
  const record = {
    path,
    ...(root === undefined ? {} : { root }),
    ...(config === undefined ? {} : { config }),
    options: strings(value, 'options'),
  }
  const names = [kustomization.file, ...strings(value, 'files')].filter(name => !name.includes('/'))
  return { kustomization, record, files: names.map(name => join(kustomization.directory, name)) }
}

/** The options that are kept. */
interface KeptOptions {
  readonly root?: string
  readonly config?: string
  readonly profile: string
  readonly portStyle: string
  readonly maxImpact: string
  readonly only?: readonly string[]
  readonly skip?: readonly string[]
  readonly unsafe?: readonly string[]
  readonly all?: true
  readonly allowRemote?: true
}

/** What to keep of a run's options, in a fixed order, said in full: a later version may have other defaults. */
export function recordOf(directory: string, path: string, options: KeptOptions): OverlayRecord {
  const { root, config, only, skip, unsafe } = options
  const lists = Object.entries({ only, skip, unsafe }).flatMap(([name, rules]) =>
    rules === undefined ? [] : [`--${name}=${rules.toSorted().join(',')}`],
  )
  return {
    path: relative(directory, path) || '.',
    ...(root === undefined ? {} : { root: relative(directory, realPathOf(root)) || '.' }),
    ...(config === undefined ? {} : { config: relative(directory, realPathOf(config)) }),
    options: [
      `--profile=${options.profile}`,
      `--port-style=${options.portStyle}`,
      `--max-impact=${options.maxImpact}`,
      ...lists,
      ...(options.all ? ['--all'] : []),
      ...(options.allowRemote ? ['--allow-remote'] : []),
    ],
  }
}

/** The arguments that make a directory again as it was made, and the path that it was made for. */
export function argumentsOf({ kustomization, record }: OwnDirectory): {
  readonly path: string
  readonly arguments: readonly string[]
} {
  const { directory } = kustomization
  const { path, root, config, options } = record
  const places = Object.entries({ root, config }).flatMap(([name, place]) =>
    place === undefined ? [] : [`--${name}=${resolve(directory, place)}`],
  )
  const form = isComponent(kustomization) ? 'component' : 'overlay'
  return { path: resolve(directory, path), arguments: [`--${form}=${directory}`, ...places, ...options] }
}

function strings(value: Json | undefined, key: string): readonly string[] {
  return listAt(value, key).filter((entry): entry is string => typeof entry === 'string')
}
