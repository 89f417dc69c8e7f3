import * as z from 'zod'
import { BUILD_MODES } from './build/record.ts'
import { PORT_STYLES, type PortPattern, PROFILES, SEVERITIES } from './detect/detector.ts'
import { DECLARABLE } from './detect/protocol.ts'
import { IMPACTS } from './fix/fixer.ts'
import { POD_KINDS } from './graph/pod-template.ts'
import { keysOf, type Pointer, pointer } from './pointer.ts'
import { at, listAt, mapAt } from './read/json.ts'
import type { Json } from './read/tree.ts'
import { suggestion } from './suggestion.ts'

const SERVICE = /^([^/\s]+\/)?[^/\s]+$/
const service = z
  .string()
  .regex(SERVICE, 'must be "service" or "namespace/service"')
  .describe('A name, or namespace/name; * stands for any text.')
const port = z.union([z.number().int(), z.string().min(1)], 'must be a number or a name').describe('Number or name.')

const reference = z.union(
  [
    z
      .string()
      .regex(/^([^/\s]+\/){1,2}[^/\s]+$/)
      .transform(parsedReference),
    z.strictObject({ service, port }),
  ],
  'must be "service/port", "namespace/service/port" or { service, port }',
)
const words = z.array(z.string().min(1))
const paths = words.describe('Patterns as in a .gitignore.')

const profile = z.enum(PROFILES).describe('Which mesh it is; default: sidecar.').optional()
const portStyle = z.enum(PORT_STYLES).describe('How to declare a protocol; default: auto.')
const rules = z
  .record(
    z.string(),
    // YAML 1.1 reads `on` and `off` as booleans.
    z
      .union([z.boolean(), z.enum(['on', 'off', ...SEVERITIES])], 'must be on, off, info, warning or error')
      .transform(set => (typeof set === 'boolean' ? (set ? 'on' : 'off') : set)),
  )
  .describe('Rules that are on or off, or the severity of what they find.')
  .default({})
const ports = z
  .array(z.strictObject({ service, port, protocol: z.enum(DECLARABLE).describe('What the port carries.') }))
  .describe('What ports carry: definitive evidence.')
  .default([])
const labelSources = z
  .strictObject({ app: words.optional(), version: words.optional() })
  .describe('Keys of labels that say which app and version pods are, before those that everybody uses.')
  .default({})
const externalReferences = z
  .array(reference)
  .describe('Ports that something outside refers to by their names: they are not renamed.')
  .default([])
const group = z
  .string()
  .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/, 'must be an API group without a version, such as apps.example.com')
  .describe('The API group, without a version; empty for the core group.')
const kind = z
  .string()
  .regex(/^[A-Z][A-Za-z0-9]*$/, 'must be a kind, such as Worker')
  .describe('The kind.')
const place = z
  .string()
  .regex(/^(\/([^/~]|~[01])+)+$/, 'must be a JSON Pointer, such as /spec/template')
  .transform(text => text as Pointer)
const podTemplates = z
  .array(
    z.strictObject({
      group: group.regex(/\./, 'must be the API group of a custom kind, such as apps.example.com'),
      kind,
      path: place
        .refine(path => !keysOf(path).includes('*'), 'must be one place, without a *')
        .describe('JSON Pointer to the pod template, which has a spec and perhaps metadata.'),
    }),
  )
  .superRefine((entries, context) => {
    for (const [index, { group, kind }] of entries.entries()) {
      const isTwice = entries.findIndex(other => other.group === group && other.kind === kind) < index
      const isKnown = POD_KINDS.some(other => other.kind === kind && other.groups.includes(group))
      if (isTwice) context.addIssue({ code: 'custom', path: [index, 'kind'], message: `${kind} has one pod template` })
      if (isKnown)
        context.addIssue({ code: 'custom', path: [index, 'kind'], message: `where a ${kind} has its pods is known` })
    }
  })
  .describe('Where objects of custom kinds hold the template of their pods: they are workloads, then.')
  .default([])
const portReferences = z
  .array(
    z
      .strictObject({
        group,
        kind,
        service: place.describe('JSON Pointer to the name or host name of a Service; * stands for any item or member.'),
        namespace: place.describe('JSON Pointer to its namespace; default: the object’s own.').optional(),
        port: place.describe('JSON Pointer to the name of one of its ports.').optional(),
        targetPort: place.describe('JSON Pointer to the name of a container port behind it.').optional(),
      })
      .refine(({ port, targetPort }) => port ?? targetPort, 'must say where the port is named: port, or targetPort')
      .superRefine((entry, context) => {
        for (const name of ['service', 'namespace'] as const) {
          const strange = [entry.port, entry.targetPort].find(
            ports => ports !== undefined && !isAlongside(entry[name] ?? '', ports),
          )
          if (strange === undefined) continue
          const message = `each * must be one of ${strange}, with the same before it`
          context.addIssue({ code: 'custom', path: [name], message })
        }
      }),
  )
  .describe('Where objects of other kinds name ports of Services: they are renamed with the port.')
  .default([])
const ignore = z
  .array(
    z.union(
      [
        z.string().min(1).describe('A pattern as in a .gitignore.'),
        z.strictObject({ rules: words, paths, reason: z.string().optional() }),
      ],
      'must be a pattern or { rules, paths, reason }',
    ),
  )
  .describe('What is known, but neither reported nor changed: files, or what some rules find in files.')
  .default([])

/** What a configuration file may say. */
export const configuration = z.strictObject({
  $schema: z.string().describe('For editors.').optional(),
  profile,
  portStyle: portStyle.optional(),
  rules,
  plugins: words.describe('Rules of one’s own: modules, relative to the file, or packages.').default([]),
  ports,
  labelSources,
  externalReferences,
  podTemplates,
  portReferences,
  ignore,
  build: z.enum(BUILD_MODES).describe('When kustomizations are built; default: auto.').optional(),
  scopes: z
    .array(z.strictObject({ name: z.string().min(1), paths }))
    .describe('What is applied together, for files that no kustomization builds.')
    .default([]),
  includeGenerated: z.boolean().describe('Report on and write generated files, too.').default(false),
})

/** The JSON Schema of the configuration, for editors. */
export function configurationSchema(): object {
  return { title: 'The configuration of mesh-fix', ...z.toJSONSchema(configuration, { io: 'input' }) }
}

/** What the `spec` of a functionConfig may say: the configuration without what concerns files and modules, and the options of a run. */
export const functionSpec = z.strictObject({
  mode: z.enum(['fix', 'check']).describe('Whether items are changed, or only reported on.').default('fix'),
  profile,
  portStyle: portStyle.default('auto'),
  rules,
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
  ports,
  labelSources,
  externalReferences,
  podTemplates,
  portReferences,
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

/** What a schema makes of a value. */
export type Validated<Data> = { readonly data: Data } | { readonly fault: Fault }

/** What a schema makes of a value; a key that no schema knows is the first thing to be told. */
export function validated<Schema extends z.ZodObject>(schema: Schema, value: Json): Validated<z.output<Schema>> {
  const { success, data, error } = schema.safeParse(value)
  if (success) return { data }
  const issues = error.issues.map(inside)
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  const path = (issue?.path ?? []).map(key => (typeof key === 'symbol' ? String(key) : key))
  if (issue?.code !== 'unrecognized_keys')
    return { fault: { at: pointer(...path), message: `${path.join('.')}: ${issue?.message}` } }
  const [unknown = ''] = issue.keys
  const known = keysAt(z.toJSONSchema(schema, { io: 'input' }) as Json, path)
  return {
    fault: { at: pointer(...path, unknown), message: `there is no key "${unknown}"; ${suggestion(unknown, known)}` },
  }
}

/** Of what may be one thing or another and is an object, what is wrong in the object. */
function inside(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue
  const issues = issue.errors.flat().filter(({ path, code }) => path.length > 0 || code === 'unrecognized_keys')
  const within = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  return within === undefined ? issue : { ...within, path: [...issue.path, ...within.path] }
}

/** The keys that a JSON Schema knows at a place. */
function keysAt(schema: Json | undefined, [key, ...rest]: readonly (string | number)[]): readonly string[] {
  const choices = listAt(schema, 'anyOf')
  if (choices.length > 0) return choices.flatMap(choice => keysAt(choice, key === undefined ? [] : [key, ...rest]))
  if (key === undefined) return Object.keys(mapAt(schema, 'properties'))
  return keysAt(typeof key === 'number' ? at(schema, 'items') : at(schema, 'properties', key), rest)
}

/** Whether each `*` of a pointer stands for what one of another pointer stands for. */
function isAlongside(one: Pointer, other: Pointer): boolean {
  const [own, all] = [keysOf(one), keysOf(other)]
  return own.slice(0, own.lastIndexOf('*') + 1).every((key, index) => key === all[index])
}

/** `service/port` or `namespace/service/port`. */
function parsedReference(text: string): PortPattern {
  const slash = text.lastIndexOf('/')
  return { service: text.slice(0, slash), port: text.slice(slash + 1) }
}
