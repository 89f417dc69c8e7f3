import * as z from 'zod'
import { BUILD_MODES } from './build/record.ts'
import { type ExternalReference, PORT_STYLES, PROFILES, SEVERITIES } from './detect/detector.ts'
import { IMPACTS } from './fix/fixer.ts'
import { type Pointer, pointer } from './pointer.ts'
import { mapAt } from './read/json.ts'
import type { Json } from './read/tree.ts'

const REFERENCE = 'must be "service/port", "namespace/service/port" or { service, port }'

const reference = z.union(
  [
    z
      .string()
      .regex(/^([^/\s]+\/){1,2}[^/\s]+$/)
      .transform(parsedReference),
    z.strictObject({
      service: z.string().regex(/^([^/\s]+\/)?[^/\s]+$/),
      port: z.union([z.number().int(), z.string()]),
    }),
  ],
  REFERENCE,
)
const words = z.array(z.string().min(1))

const profile = z.enum(PROFILES).describe('Which mesh it is; default: sidecar.').optional()
const externalReferences = z
  .array(reference)
  .describe('Ports that something outside refers to by their names: they are not renamed.')
  .default([])
const ignore = words
  .describe('Patterns as in a .gitignore: what they match is known, but neither reported nor changed.')
  .default([])

/** What a configuration file may say. */
export const configuration = z.strictObject({
  profile,
  plugins: words.default([]),
  externalReferences,
  ignore,
  build: z.enum(BUILD_MODES).describe('When kustomizations are built; default: auto.').optional(),
  scopes: z
    .array(z.strictObject({ name: z.string().min(1), paths: words }))
    .describe('What is applied together, by patterns as in a .gitignore; for files that no kustomization builds.')
    .default([]),
  includeGenerated: z.boolean().describe('Report on and write generated files, too.').default(false),
})

/** What the `spec` of a functionConfig may say: the configuration without what concerns files and modules, and the options of a run. */
export const functionSpec = z.strictObject({
  mode: z.enum(['fix', 'check']).describe('Whether items are changed, or only reported on.').default('fix'),
  profile,
  portStyle: z.enum(PORT_STYLES).describe('How to declare a protocol.').default('auto'),
  unsafe: z
    .union([z.boolean(), words], 'must be true, false or a list of rules')
    .describe('The unsafe fixes too, of all rules or of those listed.')
    .default(false),
  only: words.describe('Report and fix these rules only.').optional(),
  skip: words.describe('Leave out these rules.').optional(),
  all: z.boolean().describe('Report on what is out of the mesh, too.').default(false),
  maxImpact: z.enum(IMPACTS).describe('Leave out fixes that do more to a running cluster.').default('restart'),
  failOn: z
    .enum(SEVERITIES)
    .describe('From which severity on findings fail the function; default: error in mode check, never in mode fix.')
    .optional(),
  externalReferences,
  ignore,
})

/** What a functionConfig comes to. */
export type FunctionSpec = z.output<typeof functionSpec>

/** A functionConfig of mesh-fix's own kind. */
export const functionConfig = z.strictObject({
  apiVersion: z.literal('mesh-fix.dev/v1alpha1'),
  kind: z.literal('MeshFix'),
  metadata: z.looseObject({ name: z.string().optional() }).optional(),
  spec: functionSpec.prefault({}),
})

/** The JSON Schema of the functionConfig, for editors. */
export function functionConfigSchema(): object {
  return { title: 'The functionConfig of mesh-fix', ...z.toJSONSchema(functionConfig, { io: 'input' }) }
}

/** What is wrong with a value, and where. */
export interface Fault {
  readonly at: Pointer
  readonly message: string
}

/** What a schema makes of a value; a key that no schema knows is the first thing to be told. */
export function validated<Schema extends z.ZodObject>(
  schema: Schema,
  value: Json,
): { readonly data: z.output<Schema> } | { readonly fault: Fault } {
  const { success, data, error } = schema.safeParse(value)
  if (success) return { data }
  const { issues } = error
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  const path = (issue?.path ?? []).map(key => (typeof key === 'symbol' ? String(key) : key))
  if (issue?.code !== 'unrecognized_keys')
    return { fault: { at: pointer(...path), message: `${path.join('.')}: ${issue?.message}` } }
  const [unknown = ''] = issue.keys
  return { fault: { at: pointer(...path, unknown), message: unknownKey(unknown, keysAt(schema, path)) } }
}

function unknownKey(key: string, known: readonly string[]): string {
  return `there is no key "${key}"; there are: ${known.join(', ')}`
}

/** The keys that a schema knows at a place. */
function keysAt(schema: z.ZodObject, path: readonly (string | number)[]): readonly string[] {
  const json = z.toJSONSchema(schema, { io: 'input' }) as Json
  return Object.keys(mapAt(json, ...path.flatMap(key => ['properties', String(key)]), 'properties'))
}

/** `service/port` or `namespace/service/port`. */
function parsedReference(text: string): ExternalReference {
  const slash = text.lastIndexOf('/')
  return { service: text.slice(0, slash), port: text.slice(slash + 1) }
}
