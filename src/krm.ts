import { isDeepStrictEqual } from 'node:util'
import { type ConfigSource, onlyDocumentIn } from './config.ts'
import { isAtLeast } from './detect/detector.ts'
import { functionSpecOf } from './function-config.ts'
import { joined } from './pointer.ts'
import { at, listAt } from './read/json.ts'
import type { FunctionResult } from './read/kustomization.ts'
import { STDIN } from './read/repository.ts'
import { readStream, type Stream } from './read/stream.ts'
import type { Json, ParsedDocument } from './read/tree.ts'
import { parse } from './read/yaml.ts'
import { functionResults, resultLine } from './report/function-results.ts'
import { isFailing } from './report/result.ts'
import type { Rules } from './rules.ts'
import { ALL } from './run-options.ts'
import { type FixedStream, runOnStream } from './stream.ts'
import { applied, EditRefused } from './write/edit.ts'

/** What a function leaves behind. */
export interface FunctionRun {
  /** The whole of standard output: never empty, since kpt would delete what it doesn't find there. */
  readonly output: string
  /** For standard error: kustomize shows no results. */
  readonly lines: readonly string[]
  readonly exitCode: 0 | 1
}

/**
 * Runs as a KRM function over a ResourceList or, as kustomize's legacy plugins and Helm's post-renderers do, over plain
 * documents.
 *
 * @param configFile the functionConfig's file: a legacy plugin's first argument
 * @throws {MeshFixError} what came in, or the functionConfig, can't be used
 */
export async function runFunction(
  text: string,
  configFile: string | undefined,
  rules: readonly Rules[],
): Promise<FunctionRun> {
  const stream = readStream(text.trim() === '' ? emptyFor(configFile) : text)
  const spec = await functionSpecOf(configFile === undefined ? ownConfig(stream) : onlyDocumentIn(configFile))
  const { mode, profile = 'sidecar', unsafe, failOn, rules: ruleSettings, ...asked } = spec
  const run = runOnStream(stream, {
    ...asked,
    profile,
    ruleSettings,
    unsafe: typeof unsafe === 'boolean' ? (unsafe ? [ALL] : undefined) : unsafe,
    failOn: failOn ?? 'error',
    noFix: false,
    write: mode === 'fix',
    rules,
    prefix: '',
  })
  const { result, notes } = run
  const results = functionResults(result)
  const isFailed =
    (mode === 'check' || failOn !== undefined) &&
    isFailing(result, ({ severity }) => isAtLeast(severity, result.failOn))
  const lines = [...results.map(resultLine), ...notes]
  const exitCode = isFailed ? 1 : 0
  if (stream.list === undefined) return { output: run.text, lines, exitCode }
  return { ...withResults(stream.list, stream.text, run, results, lines), exitCode }
}

/** The legacy protocol has no ResourceList, and a marker is the shortest text that isn't empty. */
function emptyFor(configFile: string | undefined): string {
  return configFile === undefined ? 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n' : '---\n'
}

function ownConfig({ list, text }: Stream): ConfigSource | undefined {
  if (list !== undefined) return { document: list, base: '/functionConfig', text, file: STDIN }
  const legacy = process.env['KUSTOMIZE_PLUGIN_CONFIG_STRING'] ?? ''
  const [document] = parse(legacy).documents
  return document && { document, base: '', text: legacy, file: 'KUSTOMIZE_PLUGIN_CONFIG_STRING' }
}

/** The list with what this function adds to the results: what others said stays, and nothing is said twice. */
function withResults(
  { index, value: list }: ParsedDocument,
  before: string,
  { text, sheets }: FixedStream,
  results: readonly FunctionResult[],
  lines: readonly string[],
): Pick<FunctionRun, 'output' | 'lines'> {
  const known = listAt(list, 'results')
  const own = JSON.parse(JSON.stringify(results)) as readonly Json[]
  const fresh = own.filter(one => !known.some(other => isDeepStrictEqual(one, other)))
  if (fresh.length === 0) return { output: text, lines }
  const path = '/results' as const
  const operations = Array.isArray(at(list, 'results'))
    ? fresh.map(value => ({ op: 'add' as const, path: joined(path, '/-'), value }))
    : [{ op: 'add' as const, path, value: fresh }]
  try {
    sheets.apply([{ resource: { path: STDIN, document: index, base: '' }, operations }], [], { keep: true })
    if (sheets.prove().length > 0) throw new EditRefused('proof', 'the text would not read as the results')
    return { output: applied(before, sheets.edits().get(STDIN) ?? []), lines }
  } catch (error) {
    if (!(error instanceof EditRefused)) throw error
    return { output: text, lines: [...lines, `the results can't be written into the ResourceList: ${error.message}`] }
  }
}
