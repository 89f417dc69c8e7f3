import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { BuildMode } from './build/record.ts'
import type { Context, PortPattern, PortStyle, Profile, ProtocolAssignment } from './detect/detector.ts'
import { type Location, MeshFixError } from './errors.ts'
import { joined, type Pointer, pointer, valueAt } from './pointer.ts'
import type { KindPlaces } from './read/custom-kinds.ts'
import { at } from './read/json.ts'
import type { Json, ParsedDocument } from './read/tree.ts'
import { parse, positionAt, startOf } from './read/yaml.ts'
import type { RuleSetting } from './run-options.ts'
import type { Fault, Validated } from './schema.ts'

/** What a configuration file may say. */
export interface Config {
  readonly profile?: Profile | undefined
  readonly portStyle?: PortStyle | undefined
  /** Rule → whether it is on, or how grave what it finds is. */
  readonly rules: Readonly<Record<string, RuleSetting>>
  /** Modules with rules of one's own, relative to the file, or names of packages. */
  readonly plugins: readonly string[]
  /** What ports carry: definitive evidence. */
  readonly ports: readonly ProtocolAssignment[]
  readonly labelSources: Context['labelSources']
  readonly externalReferences: readonly PortPattern[]
  readonly podTemplates: KindPlaces['podTemplates']
  readonly portReferences: KindPlaces['portReferences']
  /**
   * Patterns as in a `.gitignore`, from the file's directory: what they match is known, but neither reported nor
   * written; or of some rules only.
   */
  readonly ignore: readonly (string | RulesAtPaths)[]
  /** When kustomizations are built. */
  readonly build?: BuildMode | undefined
  /** What is applied together, by patterns as in `ignore`; for files that no kustomization builds. */
  readonly scopes: readonly { readonly name: string; readonly paths: readonly string[] }[]
  /** Generated files, rendered and vendored charts and the like are reported on and written, too. */
  readonly includeGenerated: boolean
  /** The file itself, absolute; undefined where there is none. */
  readonly file?: string
}

/** Rules whose findings are accepted in some files. */
export interface RulesAtPaths {
  readonly rules: readonly string[]
  /** Patterns as in a `.gitignore`. */
  readonly paths: readonly string[]
  readonly reason?: string | undefined
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

/** The names that a configuration has; in a `package.json` it stands under the key `mesh-fix`. */
const NAMES = ['mesh-fix.config.yaml', 'mesh-fix.config.json', 'package.json']

/** Without a file. */
export const NOTHING: Config = {
  rules: {},
  plugins: [],
  ports: [],
  labelSources: {},
  externalReferences: [],
  podTemplates: [],
  portReferences: [],
  ignore: [],
  scopes: [],
  includeGenerated: false,
}

/**
 * The configuration for a run: the file that is named, else the nearest one from a directory upwards to the root.
 *
 * @param named as the user gave it; undefined: look for one
 * @throws {MeshFixError} CONFIG: the file can't be read, or holds something that no key takes
 */
export async function configFor(named: string | undefined, start: string, root: string): Promise<Config> {
  const file = configFileFor(named, start, root)
  if (file === undefined) return NOTHING
  const source = sourceIn(file)
  return { ...(source === undefined ? NOTHING : await validConfig(source)), file }
}

/**
 * The file that `configFor` reads, absolute.
 *
 * @throws {MeshFixError} CONFIG: two of one directory could be it
 */
export function configFileFor(named: string | undefined, start: string, root: string): string | undefined {
  return named === undefined ? nearest(start, root) : resolve(named)
}

function nearest(directory: string, root: string): string | undefined {
  const [file, other] = NAMES.map(name => join(directory, name)).filter(isConfiguration)
  if (other !== undefined)
    throw new MeshFixError('CONFIG', `${shown(other)} is a second configuration beside ${shown(file ?? '')}: keep one`)
  if (file !== undefined) return file
  return directory === root || dirname(directory) === directory ? undefined : nearest(dirname(directory), root)
}

/** What is wrong in a package.json is for others to say, unless it is named. */
function isConfiguration(file: string): boolean {
  if (!existsSync(file)) return false
  if (!isPackage(file)) return true
  const text = textOf(file)
  return text.includes('"mesh-fix"') && at(parse(text).documents[0]?.value, 'mesh-fix') !== undefined
}

function isPackage(file: string): boolean {
  return basename(file) === 'package.json'
}

/** The configuration that a file holds; undefined where it is empty. */
function sourceIn(file: string): ConfigSource | undefined {
  const source = onlyDocumentIn(shown(file))
  if (source === undefined || !isPackage(file)) return source
  if (at(source.document.value, 'mesh-fix') !== undefined) return { ...source, base: '/mesh-fix' }
  throw new MeshFixError('CONFIG', `${shown(file)} has no key "mesh-fix"`)
}

function shown(file: string): string {
  return relative(process.cwd(), file)
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
  const { $schema: _, ...config } = taken(
    source,
    validated(configuration, valueAt(source.document.value, source.base) as Json),
  )
  return config
}

function taken<Data>(source: ConfigSource, result: Validated<Data>): Data {
  if ('fault' in result) throw faultIn(source, result.fault)
  return result.data
}

/**
 * Holds the names of rules in a configuration against those that there are, which only its plugins tell.
 *
 * @throws {MeshFixError} CONFIG: there is no such rule
 */
export async function checkRules({ rules, ignore, file }: Config, known: readonly string[]): Promise<void> {
  const places = [
    ...Object.keys(rules).map(rule => ({ rule, at: pointer('rules', rule) })),
    ...ignore.flatMap((entry, index) =>
      typeof entry === 'string'
        ? []
        : entry.rules.map((rule, place) => ({ rule, at: pointer('ignore', index, 'rules', place) })),
    ),
  ]
  const wrong = places.find(({ rule }) => !known.includes(rule))
  const source = file === undefined || wrong === undefined ? undefined : sourceIn(file)
  if (wrong === undefined || source === undefined) return
  const { suggestion } = await import('./suggestion.ts')
  throw faultIn(source, { at: wrong.at, message: `there is no rule "${wrong.rule}"; ${suggestion(wrong.rule, known)}` })
}

/** Where something stands in a configuration's file. */
export function placeIn(file: string, at: Pointer): Location {
  const source = sourceIn(file)
  return source === undefined ? { file: shown(file), line: 1, column: 1 } : locationOf(source, at)
}

/** What is wrong at a place of a configuration. */
export function faultIn(source: ConfigSource, { at, message }: Fault): MeshFixError {
  return new MeshFixError('CONFIG', message, locationOf(source, at))
}

function locationOf({ document, base, text, file }: ConfigSource, at: Pointer): Location {
  return { file, ...positionAt(text, startOf(document, joined(base, at))) }
}
