import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { BuildMode } from './build/record.ts'
import type { ExternalReference, Profile } from './detect/detector.ts'
import { type Location, MeshFixError } from './errors.ts'
import { joined, type Pointer } from './pointer.ts'
import type { ParsedDocument } from './read/tree.ts'
import { parse, positionAt, startOf } from './read/yaml.ts'
import type { Fault } from './schema.ts'

/** What a configuration file may say. */
export interface Config {
  readonly profile?: Profile
  /** Modules with rules of one's own, relative to the file, or names of packages. */
  readonly plugins: readonly string[]
  readonly externalReferences: readonly ExternalReference[]
  /** Patterns as in a `.gitignore`, from the file's directory: what they match is known, but neither reported nor written. */
  readonly ignore: readonly string[]
  /** When kustomizations are built. */
  readonly build?: BuildMode | undefined
  /** What is applied together, by patterns as in `ignore`; for files that no kustomization builds. */
  readonly scopes: readonly { readonly name: string; readonly paths: readonly string[] }[]
  /** Generated files, rendered and vendored charts and the like are reported on and written, too. */
  readonly includeGenerated: boolean
  /** The file itself, absolute; undefined where there is none. */
  readonly file?: string
}

/** A configuration as it was read: an object in a document. */
export interface ConfigSource {
  readonly document: ParsedDocument
  /** Where in the document it stands. */
  readonly base: Pointer
  readonly text: string
  /** What messages call the text. */
  readonly file: string
}

const NAME = 'mesh-fix.config.yaml'

/** Without a file. */
export const NOTHING: Config = { plugins: [], externalReferences: [], ignore: [], scopes: [], includeGenerated: false }

/**
 * The configuration for a run: the file that is named, else the nearest one from a directory upwards to the root.
 *
 * @param named as the user gave it; undefined: look for one
 * @throws {MeshFixError} CONFIG: the file can't be read, or holds something that no key takes
 */
export async function configFor(named: string | undefined, start: string, root: string): Promise<Config> {
  const file = configFileFor(named, start, root)
  return file === undefined ? NOTHING : { ...(await configIn(relative(process.cwd(), file))), file }
}

/** The file that `configFor` reads, absolute. */
export function configFileFor(named: string | undefined, start: string, root: string): string | undefined {
  return named === undefined ? nearest(start, root) : resolve(named)
}

function nearest(directory: string, root: string): string | undefined {
  const file = join(directory, NAME)
  if (existsSync(file)) return file
  return directory === root || dirname(directory) === directory ? undefined : nearest(dirname(directory), root)
}

async function configIn(file: string): Promise<Config> {
  const source = onlyDocumentIn(file)
  return source === undefined ? NOTHING : validConfig(source)
}

/**
 * The one document of a file; undefined where it is empty.
 *
 * @throws {MeshFixError} CONFIG: it can't be read, or holds several
 */
export function onlyDocumentIn(file: string): ConfigSource | undefined {
  const text = textOf(file)
  const { documents, errors } = parse(text)
  const [error] = errors
  if (error !== undefined) throw new MeshFixError('CONFIG', error.message, { file, ...positionAt(text, error.offset) })
  const [document, other] = documents
  if (other !== undefined)
    throw new MeshFixError('CONFIG', 'it holds several documents', { file, ...positionAt(text, other.start) })
  return document && { document, base: '', text, file }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new MeshFixError('CONFIG', `the configuration ${file} ${isMissing ? 'does not exist' : 'can’t be read'}`)
  }
}

/** zod is loaded only where there is a configuration. */
async function validConfig(source: ConfigSource): Promise<Config> {
  const { configuration, validated } = await import('./schema.ts')
  const result = validated(configuration, source.document.value)
  if ('fault' in result) throw faultIn(source, result.fault)
  const { profile, ...rest } = result.data
  return profile === undefined ? rest : { ...rest, profile }
}

/** What is wrong at a place of a configuration. */
export function faultIn({ document, base, text, file }: ConfigSource, { at, message }: Fault): MeshFixError {
  const location: Location = { file, ...positionAt(text, startOf(document, joined(base, at))) }
  return new MeshFixError('CONFIG', message, location)
}
