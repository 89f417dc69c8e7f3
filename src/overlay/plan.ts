import { basename, join, relative } from 'node:path'
import {
  type Built,
  buildWith,
  builtBeside,
  builtFrom,
  type Identity,
  identityOf,
  repositoryOfBuild,
  type Source,
  type Sources,
  sourcesOf,
} from '../build/built.ts'
import { type KustomizationDirectory, kustomizationIn } from '../build/closure.ts'
import type { Kustomize } from '../build/kustomize.ts'
import { isWithin, type Overrides } from '../build/scratch.ts'
import { MeshFixError } from '../errors.ts'
import { type Operation, PatchError } from '../json-patch.ts'
import type { Outcome } from '../outcome.ts'
import { stringAt } from '../read/json.ts'
import { type FileText, type Repository, readFiles, repositoryOf } from '../read/repository.ts'
import { type KubeObject, nameOf, namespaceOf, titleOf } from '../read/resource.ts'
import type { Walk } from '../read/walk.ts'
import { adapted, fileOf, type ObjectPatch, type Overlay, targetOf } from '../write/overlay.ts'
import { runWithin, type Surroundings } from './context.ts'
import { type OverlayRecord, ownDirectory } from './record.ts'
import { rootAt, rootsThatList, type Site, shown, siteOf, withComponent, withoutOwnTransformations } from './sites.ts'

/** What an overlay or Component is asked for. Paths are absolute, symbolic links resolved. */
export interface OverlayRequest {
  readonly form: 'overlay' | 'component'
  /** Where it goes. */
  readonly directory: string
  /** What it fixes: a directory. */
  readonly path: string
  readonly walk: Walk
  readonly record: OverlayRecord
  readonly around: Surroundings
  readonly fetching: 'refused' | 'allowed'
  /** Detects and fixes. */
  readonly run: (repository: Repository, isInScope: (path: string) => boolean) => Outcome
}

/** What the rules make of one build, or of a plain directory's files. */
export interface Fixed {
  /** How people call it. */
  readonly name: string
  /** Undefined for a plain directory. */
  readonly site?: Site
  readonly outcome: Outcome
  /** The directory to build, and those that it is built from. */
  readonly build: { readonly directory: string; readonly through: readonly string[] }
  /** What is otherwise than on the disk: the roots do not list a new Component yet. */
  readonly listing: Overrides
  /** What the fixes change and add, as it is to be built in the end. */
  readonly operations: ReadonlyMap<Identity, readonly Operation[]>
  readonly creates: readonly KubeObject[]
  /** Where the built objects come from. */
  readonly sources: Sources
  /** Of a plain directory: the files that the rules saw, and which of them are its own. */
  readonly files?: { readonly texts: readonly FileText[]; readonly isInScope: (path: string) => boolean }
}

/** An overlay or Component, and what it promises. */
export interface Plan {
  readonly overlay: Overlay
  readonly fixed: readonly Fixed[]
  /** Of a Component: the kustomizations that don't list it yet. */
  readonly unlisted: readonly KustomizationDirectory[]
}

/**
 * Computes an overlay or Component; nothing is written.
 *
 * @throws {MeshFixError} USAGE or BUILD: there can be none, or kustomize would reject it or do something else
 */
export function planned(request: OverlayRequest, kustomize: () => Kustomize): Plan {
  const root = rootAt(request.path, request.directory)
  if (request.form === 'component') {
    if (root !== undefined) return componentPlan(request, root, kustomize())
    throw new MeshFixError('USAGE', `no kustomization in ${shown(request.path)} could list a Component; use --overlay`)
  }
  return root === undefined ? plainPlan(request) : overlayPlan(request, root, kustomize())
}

function overlayPlan(request: OverlayRequest, root: KustomizationDirectory, kustomize: Kustomize): Plan {
  const site = siteOf(root, request.fetching)
  const { directory } = request
  const around = site.closure.find(each => isWithin(directory, each.directory))
  if (around !== undefined) {
    const why = `kustomize takes that for a cycle; choose a directory outside of it`
    throw new MeshFixError(
      'USAGE',
      `${shown(directory)} is in ${shown(around.directory)}, which it would be built from: ${why}`,
    )
  }
  kustomize.build(root.directory)
  const resources = [entryFor(directory, root.directory)]
  const through = [directory, ...site.closure.map(each => each.directory)]
  const unfixed = buildWith(kustomize, directory, through, emptied(directory, { resources }))
  const sources = sourcesOf(kustomize, site.closure, new Map())
  const fixed = fixedBuild(request, site, unfixed, sources)
  const creates = createdBy(fixed.outcome).map(({ object, beside }) =>
    asIfInSources(kustomize, site, new Map(), sources.get(identityOf(beside)), object),
  )
  const patches = changesOf(fixed.outcome).map(({ object, operations }) => ({
    target: targetOf(object),
    operations: adapted(object, operations),
  }))
  const overlay = { kind: 'Kustomization', resources, patches, creates } as const
  return {
    overlay: { ...overlay, record: recordFor(request, creates) },
    fixed: [{ ...fixed, creates, build: { directory, through }, listing: new Map() }],
    unlisted: [],
  }
}

function plainPlan(request: OverlayRequest): Plan {
  const { directory, walk, run } = request
  const own = new Set(ownDirectory(directory)?.files)
  const texts = readFiles(walk).texts.filter(({ path }) => !own.has(join(walk.root, path)))
  const repository = repositoryOf(texts)
  const files = filesToList(request, repository)
  const outcome = run(repository, walk.isInScope)
  const changes = changesOf(outcome)
  const creates = createdBy(outcome).map(({ object }) => object)
  const patches = changes.map(({ object, operations }) => ({
    target: targetOf(object),
    operations: adapted(object, operations),
  }))
  const resources = files.map(path => relative(directory, join(walk.root, path)))
  return {
    overlay: { kind: 'Kustomization', resources, patches, creates, record: recordFor(request, creates) },
    fixed: [
      {
        name: shown(request.path),
        outcome,
        build: { directory, through: [directory] },
        listing: new Map(),
        operations: new Map(changes.map(({ object, operations }) => [identityOf(object), operations])),
        creates,
        sources: new Map(),
        files: { texts, isInScope: walk.isInScope },
      },
    ],
    unlisted: [],
  }
}

/**
 * The files that an overlay of a plain directory lists.
 *
 * @throws {MeshFixError} USAGE: kustomize refuses one of them
 */
function filesToList({ directory, path, walk }: OverlayRequest, { resources, skipped }: Repository): readonly string[] {
  const inScope = resources.filter(resource => walk.isInScope(resource.path))
  const definitions = skipped.filter(
    ({ reason, path }) => /CustomResourceDefinition/.test(reason) && walk.isInScope(path),
  )
  const files = [...new Set([...inScope, ...definitions].map(each => each.path))].toSorted()
  if (files.length === 0) throw new MeshFixError('USAGE', `${shown(path)} holds no Kubernetes manifests`)
  const outside = files.find(file => !isWithin(join(walk.root, file), directory))
  if (outside !== undefined) {
    const file = shown(join(walk.root, outside))
    throw new MeshFixError(
      'USAGE',
      `${file} is not in or below ${shown(directory)}, and kustomize loads no file from outside; name ${shown(path)} or a directory above it`,
    )
  }
  const seen = new Map<Identity, string>()
  for (const { object, path: file } of inScope) {
    const place = shown(join(walk.root, file))
    if (nameOf(object) === '') {
      const what = stringAt(object, 'metadata', 'generateName') === undefined ? 'no name' : 'a generateName'
      throw new MeshFixError('USAGE', `${place}: the ${object.kind} has ${what}, which kustomize refuses`)
    }
    const identity = identityOf(object)
    const other = seen.get(identity)
    if (other !== undefined)
      throw new MeshFixError(
        'USAGE',
        `${titleOf(object)} is in ${other} and in ${place}, and kustomize takes each object once`,
      )
    seen.set(identity, place)
  }
  return files
}

function componentPlan(request: OverlayRequest, root: KustomizationDirectory, kustomize: Kustomize): Plan {
  const { directory } = request
  if (isWithin(root.directory, directory)) {
    throw new MeshFixError(
      'USAGE',
      `${shown(root.directory)} is in ${shown(directory)}: kustomize takes that for a cycle`,
    )
  }
  const listing = rootsThatList(directory, request.path).map(each => siteOf(each, request.fetching))
  const isReached = listing.some(({ closure }) => closure.some(each => each.directory === root.directory))
  const unlisted = isReached ? [] : [root]
  const sites = [...listing, ...unlisted.map(each => siteOf(each, request.fetching))].toSorted((one, other) =>
    one.root.directory < other.root.directory ? -1 : 1,
  )
  const parts = sites.map(site => componentPart(request, site, !listing.includes(site), kustomize))
  const creates = united(parts.flatMap(part => part.creates.map(object => [fileOf(object), object] as const)))
  const patches = united(
    parts.flatMap(part => part.patches.map(patch => [JSON.stringify(patch.target), patch] as const)),
  )
  return {
    overlay: { kind: 'Component', resources: [], patches, creates, record: recordFor(request, creates) },
    fixed: parts.map(({ fixed }) => fixed),
    unlisted,
  }
}

/** What a Component has to do for one of the kustomizations that list it. */
function componentPart(request: OverlayRequest, site: Site, isNew: boolean, kustomize: Kustomize) {
  const { directory } = request
  const { root } = site
  const file = join(root.directory, root.file)
  const through = [directory, ...site.closure.map(each => each.directory)]
  const without = emptied(directory)
  if (isNew) kustomize.build(root.directory)
  const unfixed = buildWith(kustomize, root.directory, through, without)
  const before = new Map([...without, [file, withoutOwnTransformations(root)]])
  const seen = builtFrom(buildWith(kustomize, root.directory, through, before))
  const sources = sourcesOf(kustomize, site.closure, without)
  const fixed = fixedBuild(request, site, unfixed, sources)

  const created = createdBy(fixed.outcome)
  const affix = stringAt(root.value, 'namePrefix') || stringAt(root.value, 'nameSuffix')
  if (created[0] !== undefined && affix) {
    const object = titleOf(created[0].object)
    throw new MeshFixError(
      'USAGE',
      `${shown(file)} would rename the new ${object} with its "${affix}"; use --overlay, or leave out what adds objects`,
    )
  }
  return {
    patches: changesOf(fixed.outcome).map(({ object, operations }): ObjectPatch => {
      const source = asSeen(object, seen, site)
      return { target: targetOf(source), operations: adaptedTo(source, operations, file) }
    }),
    creates: created.map(({ object, beside }) =>
      asIfInSources(
        kustomize,
        site,
        before,
        sources.get(identityOf(beside)),
        inNamespaceOf(object, asSeen(beside, seen, site)),
      ),
    ),
    fixed: {
      ...fixed,
      creates: created.map(({ object, beside }) =>
        asIfInSources(kustomize, site, without, sources.get(identityOf(beside)), object),
      ),
      build: { directory: root.directory, through },
      listing: isNew ? new Map([[file, withComponent(root, directory)]]) : new Map<string, string>(),
    },
  }
}

/**
 * The object of a build as a Component in its kustomization gets to see it.
 *
 * @throws {MeshFixError} BUILD: none or several could be it
 */
function asSeen(object: KubeObject, seen: Built, { root }: Site): KubeObject {
  const [prefix, suffix] = [stringAt(root.value, 'namePrefix') ?? '', stringAt(root.value, 'nameSuffix') ?? '']
  const names = [nameOf(object), `${prefix}${nameOf(object)}${suffix}`]
  const isOne = (other: KubeObject): boolean =>
    other.apiVersion === object.apiVersion &&
    other.kind === object.kind &&
    (`${prefix}${nameOf(other)}${suffix}` === names[0] || nameOf(other) === names[0])
  const candidates = [...seen.values()].filter(isOne)
  const [found, another] =
    candidates.length > 1 ? candidates.filter(each => namespaceOf(each) === namespaceOf(object)) : candidates
  if (found !== undefined && another === undefined) return found
  const file = shown(join(root.directory, root.file))
  throw new MeshFixError(
    'BUILD',
    `which object of ${file} becomes ${titleOf(object)} can't be told, so that no Component can name it; use --overlay`,
  )
}

function adaptedTo(source: KubeObject, operations: readonly Operation[], file: string): readonly Operation[] {
  try {
    return adapted(source, operations)
  } catch (error) {
    if (!(error instanceof PatchError)) throw error
    throw new MeshFixError(
      'BUILD',
      `what is to be fixed in ${titleOf(source)} is made by ${shown(file)} itself, after its Components; use --overlay`,
    )
  }
}

function inNamespaceOf(object: KubeObject, beside: KubeObject): KubeObject {
  const { namespace: _, ...metadata } = object['metadata'] as { readonly namespace?: string }
  const namespace = namespaceOf(beside)
  return { ...object, metadata: { ...metadata, ...(namespace === undefined ? {} : { namespace }) } }
}

/** Each key's value, once. @throws {MeshFixError} BUILD: two kustomizations need different ones */
function united<Value>(entries: readonly (readonly [string, Value])[]): readonly Value[] {
  const values = new Map<string, Value>()
  for (const [key, value] of entries) {
    const known = values.get(key)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(value))
      throw new MeshFixError(
        'BUILD',
        `the kustomizations need different fixes of one object (${key}), so that no Component fits all of them`,
      )
    values.set(key, value)
  }
  return [...values.values()]
}

function fixedBuild(
  { directory, walk, run, around }: OverlayRequest,
  site: Site,
  unfixed: string,
  sources: Sources,
): Omit<Fixed, 'build' | 'listing' | 'creates'> {
  const { root } = site
  const path = nameOfBuild(walk.root, directory, root.directory)
  const outcome = runWithin(around, site, repositoryOfBuild(unfixed, path, sources), path, run)
  return {
    name: shown(root.directory),
    site,
    outcome,
    operations: new Map(changesOf(outcome).map(({ object, operations }) => [identityOf(object), operations])),
    sources,
  }
}

/** A new object as the build would have it, had the fix been made in the sources: with its names, labels and more. */
function asIfInSources(
  kustomize: Kustomize,
  { closure }: Site,
  overrides: Overrides,
  source: Source | undefined,
  object: KubeObject,
): KubeObject {
  return (source && builtBeside(kustomize, closure, overrides, source, object)) ?? object
}

/** How reports call a build. New objects go to the directory, so that reports shall say that they do. */
export function nameOfBuild(root: string, directory: string, built: string): string {
  return relative(root, join(directory, `${basename(built)} (built)`))
}

/** The objects that the fixes change, as they were, and the operations. */
function changesOf({ repository, operations }: Outcome) {
  return repository.resources.flatMap(({ id, object }) => {
    const own = operations.get(id)
    return own === undefined ? [] : [{ object, operations: own }]
  })
}

/** The objects that the fixes add, in their last version, and those which they stand beside. */
function createdBy({ diagnoses, repository, graph }: Outcome) {
  const known = new Set(repository.resources.map(({ id }) => id))
  const beside = new Map(
    diagnoses
      .flatMap(({ treatment }) => (treatment.status === 'applied' ? (treatment.fix.creates ?? []) : []))
      .map(fresh => [identityOf(fresh.object), fresh.beside.object]),
  )
  return [...graph.resources].flatMap(({ id, object }) => {
    const other = beside.get(identityOf(object))
    return known.has(id) || other === undefined ? [] : [{ object, beside: other }]
  })
}

/** The directory's kustomization as if it fixed nothing; of a Component without resources. */
export function emptied(directory: string, content: { readonly resources?: readonly string[] } = {}): Overrides {
  const kind = content.resources === undefined ? 'Component' : 'Kustomization'
  return new Map([
    [join(directory, fileIn(directory)), JSON.stringify({ kind, metadata: { name: 'empty' }, ...content })],
  ])
}

/** The name of the directory's kustomization, also where it is yet to be. */
export function fileIn(directory: string): string {
  return kustomizationIn(directory)?.file ?? 'kustomization.yaml'
}

function entryFor(directory: string, path: string): string {
  const entry = relative(directory, path)
  return entry.startsWith('.') ? entry : `./${entry}`
}

function recordFor({ record }: OverlayRequest, creates: readonly KubeObject[]) {
  return { ...record, files: creates.map(fileOf).toSorted() }
}
