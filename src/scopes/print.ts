import type { Repository } from '../read/repository.ts'
import type { Resource } from '../read/resource.ts'
import type { Root } from './roots.ts'

/** A scope of the configuration: files whose objects are applied together, and with no others. */
export interface ConfiguredScope {
  readonly name: string
  readonly has: (path: string) => boolean
}

/** What belongs together, as `--print-scopes` shows it: kustomizations, the configuration's scopes, and the rest. */
export function scopeLines(
  roots: readonly Root[],
  configured: readonly ConfiguredScope[],
  { resources }: Repository,
): readonly string[] {
  const files = [...new Set(resources.map(({ path }) => path))]
  const built = roots.map(({ name, files: named }) => ({
    title: `${name}: what its kustomization builds`,
    files: files.filter(path => named.has(path)),
  }))
  const free = files.filter(path => !roots.some(root => root.files.has(path)))
  const grouped = configured.map(scope => ({
    title: `${scope.name}: a scope of the configuration`,
    files: free.filter(path => scopeOf(path, configured) === scope.name),
  }))
  const rest = {
    title: 'no kustomization: selectors look in the file, its directory, then around it',
    files: free.filter(path => scopeOf(path, configured) === undefined),
  }
  return [...built, ...grouped, ...(rest.files.length > 0 ? [rest] : [])].flatMap(scope => [
    scope.title,
    ...scope.files.map(path => `  ${path}`),
  ])
}

/** The objects with the scopes that the configuration puts them in. */
export function withScopes(repository: Repository, configured: readonly ConfiguredScope[]): Repository {
  if (configured.length === 0) return repository
  const { files, skipped, errors } = repository
  const resources = repository.resources.map((resource): Resource => {
    const scope = scopeOf(resource.path, configured)
    return scope === undefined ? resource : { ...resource, scope: `${scope} (configured)` }
  })
  return { files, skipped, errors, resources }
}

/** The first that has it. */
function scopeOf(path: string, configured: readonly ConfiguredScope[]): string | undefined {
  return configured.find(({ has }) => has(path))?.name
}
