import { type ConfigSource, faultIn } from './config.ts'
import { joined, pointer, valueAt } from './pointer.ts'
import { at, isMap, type JsonMap, mapAt, stringAt } from './read/json.ts'
import type { Json } from './read/tree.ts'
import type { FunctionSpec } from './schema.ts'

/**
 * What a function is told to do: by a MeshFix, by the data of a ConfigMap, or by nothing. It comes with the data that
 * it is for, so it can't name code to load.
 *
 * @throws {MeshFixError} CONFIG: it is something else, or holds something that no key takes
 */
export async function functionSpecOf(source: ConfigSource | undefined): Promise<FunctionSpec> {
  const { functionConfig, functionSpec, validated } = await import('./schema.ts')
  const value = source && (valueAt(source.document.value, source.base) as Json | undefined)
  if (source === undefined || value === undefined || value === null) return functionSpec.parse({})
  const kind = stringAt(value, 'kind')
  if (kind !== 'MeshFix' && kind !== 'ConfigMap')
    throw faultIn(source, { at: '/kind', message: `a functionConfig is a MeshFix or a ConfigMap, not "${kind ?? ''}"` })

  const place = kind === 'MeshFix' ? 'spec' : 'data'
  const settings = at(value, place)
  if (isMap(settings) && Object.hasOwn(settings, 'plugins')) {
    const message = 'a functionConfig can’t load plugins: it would run code that comes with the data'
    throw faultIn(source, { at: pointer(place, 'plugins'), message })
  }
  if (kind === 'MeshFix') {
    const result = validated(functionConfig, value)
    if ('data' in result) return result.data.spec
    throw faultIn(source, result.fault)
  }
  const result = validated(functionSpec, spelledOut(mapAt(value, 'data')))
  if ('data' in result) return result.data
  throw faultIn(source, { ...result.fault, at: joined('/data', result.fault.at) })
}

/** Keys whose value is a list, or may be one. */
const LISTS: ReadonlySet<string> = new Set(['unsafe', 'only', 'skip', 'externalReferences', 'ignore'])

/** Keys that may be true or false. */
const SWITCHES: ReadonlySet<string> = new Set(['unsafe', 'all'])

/** What the strings of a ConfigMap stand for; lists are comma-separated. */
function spelledOut(data: JsonMap): JsonMap {
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, valueFor(key, text)]))
}

function valueFor(key: string, text: Json): Json {
  if (typeof text !== 'string') return text
  if (SWITCHES.has(key) && /^(true|false)$/.test(text)) return text === 'true'
  return LISTS.has(key) ? text.split(',').flatMap(word => word.trim() || []) : text
}
