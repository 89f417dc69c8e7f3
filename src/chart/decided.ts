import { relative } from 'node:path'
import type { Operation } from '../json-patch.ts'
import type { Diagnosis, Outcome, Treatment } from '../outcome.ts'
import type { SourceFile } from '../read/repository.ts'
import { annotationsOf } from '../read/resource.ts'
import type { Search } from './search.ts'

/**
 * The outcome for a chart: what values make is applied, and what none makes is left to the post-renderer.
 *
 * @param values the values files
 */
export function decidedOutcome(
  outcome: Outcome,
  values: readonly SourceFile[],
  search: Search | undefined,
  root: string,
): Outcome {
  const { repository, options } = outcome
  const paths = new Set(values.map(({ path }) => path))
  const diagnoses = outcome.diagnoses.map(diagnosis => ({ ...diagnosis, treatment: treated(diagnosis, search, root) }))
  const edits = [...(search?.edits() ?? [])].map(([path, list]) => [relative(root, path), list] as const)
  return {
    ...outcome,
    repository: {
      ...repository,
      files: new Map([...repository.files, ...values.map(file => [file.path, file] as const)]),
    },
    options: { ...options, isInScope: path => !paths.has(path) && options.isInScope(path) },
    diagnoses,
    operations: operationsOf(diagnoses),
    edits: new Map(edits),
  }
}

function treated({ key, treatment }: Diagnosis, search: Search | undefined, root: string): Treatment {
  if (treatment.status !== 'applied') return treatment
  const decision = search?.decision(key)
  if (decision !== undefined) {
    const { fix, value } = decision
    return { status: 'applied', fix, value: { ...value, path: relative(root, value.path) } }
  }
  const { fix } = treatment
  const hook = fix.changes.find(({ resource }) => 'helm.sh/hook' in annotationsOf(resource.object))
  if (hook === undefined) return { status: 'available', heldBack: 'template', fix }
  const reason = 'no value decides it, and Helm shows hooks to no post-renderer: change the template'
  return { status: 'refused', by: 'template', reason, fix }
}

/** The operations of what values make, each fix's once. */
function operationsOf(diagnoses: readonly Diagnosis[]): ReadonlyMap<string, readonly Operation[]> {
  const operations = new Map<string, readonly Operation[]>()
  const changes = diagnoses.flatMap(({ treatment }) => (treatment.status === 'applied' ? [treatment.fix.changes] : []))
  for (const { resource, operations: own } of [...new Set(changes)].flat())
    operations.set(resource.id, [...(operations.get(resource.id) ?? []), ...own])
  return operations
}
