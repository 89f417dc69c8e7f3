import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { ExternalReference, Profile } from './detect/detector.ts'
import { type Location, MeshFixError } from './errors.ts'
import { pointer } from './pointer.ts'
import type { ParsedDocument } from './read/tree.ts'
import { parse, positionAt, spanAt } from './read/yaml.ts'

/** What a configuration file may say. */
export interface Config {
  readonly profile?: Profile
  /** Modules with rules of one's own, relative to the file, or names of packages. */
  readonly plugins: readonly string[]
  readonly externalReferences: readonly ExternalReference[]
  /** Patterns as in a `.gitignore`, from the file's directory: what they match is known, but neither reported nor written. */
  readonly ignore: readonly string[]
  /** The file itself, absolute; undefined where there is none. */
  readonly file?: string
}

const NAME = 'mesh-fix.config.yaml'

/** Without a file. */
const NOTHING: Config = { plugins: [], externalReferences: [], ignore: [] }

/**
 * The configuration for a run: the file that is named, else the nearest one from a directory upwards to the root.
 *
 * @param named as the user gave it; undefined: look for one
 * @throws {MeshFixError} CONFIG: the file can't be read, or holds something that no key takes
 */
export async function configFor(named: string | undefined, start: string, root: string): Promise<Config> {
  const file = named === undefined ? nearest(start, root) : resolve(named)
  return file === undefined ? NOTHING : { ...(await configIn(relative(process.cwd(), file))), file }
}

function nearest(directory: string, root: string): string | undefined {
  const file = join(directory, NAME)
  if (existsSync(file)) return file
  return directory === root || dirname(directory) === directory ? undefined : nearest(dirname(directory), root)
}

async function configIn(file: string): Promise<Config> {
  const { documents, errors, text } = parse(textOf(file))
  const [error] = errors
  if (error !== undefined) throw new MeshFixError('CONFIG', error.message, { file, ...positionAt(text, error.offset) })
  const [document, other] = documents
  if (document === undefined) return NOTHING
  if (other !== undefined)
    throw new MeshFixError('CONFIG', 'it holds several documents', { file, ...positionAt(text, other.start) })
  return validated(document, text, file)
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
async function validated(document: ParsedDocument, text: string, file: string): Promise<Config> {
  const z = await import('zod')
  const port = z.union([z.number().int(), z.string()])
  const service = z.string().regex(/^([^/\s]+\/)?[^/\s]+$/, 'must be "name" or "namespace/name"')
  const reference = z.union([
    z
      .string()
      .regex(/^([^/\s]+\/){1,2}[^/\s]+$/, 'must be "service/port" or "namespace/service/port"')
      .transform(parsedReference),
    z.strictObject({ service, port }),
  ])
  const schema = z.strictObject({
    profile: z.enum(['classic', 'sidecar', 'cni', 'ambient']).optional(),
    plugins: z.array(z.string().min(1)).default([]),
    externalReferences: z.array(reference).default([]),
    ignore: z.array(z.string().min(1)).default([]),
  })
  const result = schema.safeParse(document.value)
  if (result.success) {
    const { profile, ...rest } = result.data
    return profile === undefined ? rest : { ...rest, profile }
  }
  const [issue] = result.error.issues
  const path = (issue?.path ?? []).map(key => (typeof key === 'symbol' ? String(key) : key))
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const at = pointer(...path, ...(unknown === undefined ? [] : [unknown]))
  const location: Location = { file, ...positionAt(text, spanAt(document, at)?.start ?? 0) }
  const keys = Object.keys(schema.shape).join(', ')
  const message =
    unknown === undefined ? `${path.join('.')}: ${issue?.message}` : `there is no key "${unknown}"; there are: ${keys}`
  throw new MeshFixError('CONFIG', message, location)
}

/** `service/port` or `namespace/service/port`. */
function parsedReference(text: string): ExternalReference {
  const slash = text.lastIndexOf('/')
  return { service: text.slice(0, slash), port: text.slice(slash + 1) }
}
