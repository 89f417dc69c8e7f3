import { listAt, stringAt } from './json.ts'
import type { FileText, Repository } from './repository.ts'
import { type KubeObject, labelsOf, type Resource } from './resource.ts'
import { parse } from './yaml.ts'

/**
 * Files that nobody writes, by their paths: what a pattern matches is the file, or the directory (with its `/`) that
 * holds it. A name that a team could give to something of its own (`dist`, `build`, `docs`) is not enough.
 */
const PATHS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^(.*\/)?vendor\/(?=[^/]+\.[^/]+\/)/, 'vendored'],
  [/^(.*?\/)?(bower_components|site-packages|\.terraform|\.terragrunt-cache)\//, 'vendored'],
  [/^(.*?\/)?(cdk\.out|_output|bazel-(bin|out)|\.next|\.nuxt)\//, 'build output'],
  [/^(.*?\/)?dist\/(?=[^/]+\.k8s\.yaml$)/, 'build output'],
  [/^(.*?\/)?target\/(?=(classes\/META-INF\/)?(kubernetes|dekorate|fabric8|jkube)\/)/, 'build output'],
  [/^(.*\/)?gotk-(components|sync)\.yaml$/, 'a Flux bundle'],
  [/^(.*\/)?(package-lock|npm-shrinkwrap|pnpm-lock|conda-lock)\.(json|ya?ml)$/, 'a lock file'],
  [/^(.*\/)?[^/]+\.lock\.(json|ya?ml)$/, 'a lock file'],
  [/^(.*?\/)?\.(github|gitea|forgejo)\/(workflows|actions)\//, 'CI configuration'],
  [/^(.*\/)?\.github\/dependabot\.ya?ml$/, 'CI configuration'],
  [/^(.*?\/)?\.circleci\/(?=config\.ya?ml$)/, 'CI configuration'],
  [/^(.*\/)?\.(gitlab-ci|travis|drone|cirrus|woodpecker|appveyor|pre-commit-config)\.ya?ml$/, 'CI configuration'],
  [/^(.*\/)?(azure-pipelines|bitbucket-pipelines|appveyor|cloudbuild)\.ya?ml$/, 'CI configuration'],
  [/^(.*?\/)?(versioned_docs|(docs?|website)\/(.*\/)?_?(snippets|includes))\//, 'a documentation snippet'],
]

/** What comments above all content say of generated files. */
const GENERATED = /@generated\b|\bDO NOT (MANUALLY )?(EDIT|MODIFY)\b/
const LEAVE_ALONE = /\bdo(n['’]t| not)\s+(manually\s+|hand-?)?(edit|modify|change)\b/i

/** The groups of the definitions that install bundles bring along, and whose bundles they are. */
const BUNDLES: readonly (readonly [group: RegExp, what: string])[] = [
  [/^argoproj\.io$/, 'an Argo install bundle'],
  [/\.toolkit\.fluxcd\.io$/, 'a Flux bundle'],
]

/**
 * The files that are no source, with what they are, as words behind "is". They stay known, but are neither reported
 * nor changed.
 *
 * @param named the paths that the user names: such a file, and all in such an output directory, is taken for a source
 */
export function notSource(
  texts: readonly FileText[],
  { resources }: Repository,
  named: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const vendored = vendoredCharts(texts)
  const objects = byFile(resources)
  const found = new Map<string, string>()
  for (const { path, text } of texts) {
    if (named.has(path)) continue
    const what = byPath(path, vendored, named) ?? byHeader(text) ?? byObjects(objects.get(path) ?? [], text)
    if (what !== undefined) found.set(path, what)
  }
  return found
}

function byFile<Item extends { readonly path: string }>(items: readonly Item[]): ReadonlyMap<string, readonly Item[]> {
  const files = new Map<string, Item[]>()
  for (const item of items) {
    const others = files.get(item.path)
    if (others === undefined) files.set(item.path, [item])
    else others.push(item)
  }
  return files
}

function byPath(path: string, vendored: readonly string[], named: ReadonlySet<string>): string | undefined {
  const chart = vendored.find(directory => path.startsWith(directory))
  if (chart !== undefined && !isWithin(named, chart)) return 'a vendored chart'
  for (const [pattern, what] of PATHS) {
    const matched = pattern.exec(path)?.[0]
    if (matched !== undefined && !isWithin(named, matched)) return what
  }
  return undefined
}

/** Whether the user names the directory or something in it. */
function isWithin(named: ReadonlySet<string>, directory: string): boolean {
  return [...named].some(path => `${path}/`.startsWith(directory))
}

function byHeader(text: string): string | undefined {
  const content = text.search(/^(?![ \t\uFEFF]*(#|\r?$)|---|%)/m)
  const header = content < 0 ? text : text.slice(0, content)
  const isGenerated = GENERATED.test(header) || (/generated\b/i.test(header) && LEAVE_ALONE.test(header))
  return isGenerated ? 'generated, as its header says' : undefined
}

function byObjects(resources: readonly Resource[], text: string): string | undefined {
  if (resources.length === 0) return undefined
  if (resources.every(({ object }) => isRendered(object))) return 'a rendered Helm chart'
  if (!resources.some(({ object }) => object.kind === 'Deployment' || object.kind === 'StatefulSet')) return undefined
  if (!text.includes('CustomResourceDefinition')) return undefined
  const groups = [...text.matchAll(/\bgroup: ["']?([\w.-]+)/g)].map(([, name = '']) => name)
  return BUNDLES.find(([group]) => groups.some(name => group.test(name)))?.[1]
}

/** The labels of `helm create`, today's and those of Helm 2. */
function isRendered(object: KubeObject): boolean {
  const labels = labelsOf(object)
  if (labels['helm.sh/chart'] && labels['app.kubernetes.io/managed-by'] === 'Helm') return true
  return Boolean(labels['helm.sh/chart'] ?? labels['chart']) && /^(Helm|Tiller)$/.test(labels['heritage'] ?? '')
}

/** The directories of charts that others fetch: one in `charts/` that the chart around it takes from a repository. */
function vendoredCharts(texts: readonly FileText[]): readonly string[] {
  const paths = new Set(texts.map(({ path }) => path))
  return texts.flatMap(({ path, text }) => {
    const [, directory] = /^(|.*\/)(?:Chart|requirements)\.yaml$/.exec(path) ?? []
    if (directory === undefined) return []
    const dependencies = parse(text).documents.flatMap(({ value }) => listAt(value, 'dependencies'))
    return dependencies
      .filter(dependency => /^(https?:|oci:|alias:|@)/.test(stringAt(dependency, 'repository') ?? ''))
      .map(dependency => `${directory}charts/${stringAt(dependency, 'name')}/`)
      .filter(chart => paths.has(`${chart}Chart.yaml`))
  })
}
