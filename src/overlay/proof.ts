import { join } from 'node:path'
import { type Built, buildWith, builtFrom, type Identity, identityOf, repositoryOfBuild } from '../build/built.ts'
import type { Kustomize } from '../build/kustomize.ts'
import type { Overrides } from '../build/scratch.ts'
import { isSame, patched } from '../json-patch.ts'
import type { Outcome } from '../outcome.ts'
import { type Pointer, pointer } from '../pointer.ts'
import { at, isMap, listAt } from '../read/json.ts'
import { type FileText, repositoryOf } from '../read/repository.ts'
import { annotationsOf, type KubeObject, titleOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { parse } from '../read/yaml.ts'
import { applied } from '../write/edit.ts'
import { runWithin } from './context.ts'
import { emptied, type Fixed, fileIn, nameOfBuild, type OverlayRequest, type Plan } from './plan.ts'

/** What a proof came to. */
export interface Proof {
  /** What is not as promised, for people. */
  readonly failures: readonly string[]
  readonly patches: number
  readonly objects: number
}

/**
 * Builds with and without an overlay or Component, and compares with what the fixes promise.
 *
 * @param files the directory's files as they would be written; undefined: those on the disk, in their true builds
 * @throws {MeshFixError} BUILD: kustomize refuses
 */
export function proven(
  request: OverlayRequest,
  plan: Plan,
  kustomize: Kustomize,
  files: ReadonlyMap<string, string> | undefined,
  kustomization: Json,
): Proof {
  const overrides: Overrides = new Map([...(files ?? [])].map(([name, text]) => [join(request.directory, name), text]))
  const patches = listAt(kustomization, 'patches')
  const hits = patches.map(() => 0)
  const failures: string[] = []
  let objects = 0
  for (const fixed of plan.fixed) {
    const { directory, through } = fixed.build
    const build = (...texts: readonly Overrides[]): string =>
      buildWith(kustomize, directory, through, new Map(texts.flatMap(map => [...map])))
    const unfixed = builtFrom(build(fixed.listing, emptied(request.directory, contentOf(plan))))
    const output = files === undefined ? kustomize.build(directory) : build(fixed.listing, overrides)
    const found = [
      ...differences(promised(unfixed, fixed), builtFrom(output)),
      ...leftIn(output, fixed, request),
      ...(patches.length === 0
        ? []
        : severalHits(builtFrom(build(fixed.listing, probing(request.directory, plan, patches))), patches, hits)),
    ]
    failures.push(...found.map(failure => `${fixed.name}: ${failure}`))
    objects += unfixed.size
  }
  const missed = patches.filter((_, index) => hits[index] === 0)
  return {
    failures: [...failures, ...missed.map(patch => `the patch of ${targetIn(patch)} hits no object`)],
    patches: patches.length,
    objects,
  }
}

function contentOf({ overlay }: Plan): { readonly resources?: readonly string[] } {
  return overlay.kind === 'Component' ? {} : { resources: overlay.resources }
}

/** The objects that shall be built. */
function promised(unfixed: Built, { operations, creates }: Fixed): ReadonlyMap<string, Json> {
  const objects = new Map<string, Json>(unfixed)
  for (const [identity, own] of operations) {
    const object = objects.get(identity)
    if (object !== undefined) objects.set(identity, patched(object, own))
  }
  for (const object of creates) objects.set(identityOf(object), object)
  return objects
}

function differences(expected: ReadonlyMap<Identity, Json>, built: Built): readonly string[] {
  const title = (object: Json | undefined): string => titleOf(object as KubeObject)
  const missing = [...expected].filter(([identity]) => !built.has(identity))
  const extra = [...built].filter(([identity]) => !expected.has(identity))
  const different = [...expected].flatMap(([identity, object]) => {
    const other = built.get(identity)
    const place = other === undefined ? undefined : firstDifference(object, other, '')
    return place === undefined ? [] : [`${title(object)}: ${place}`]
  })
  return [
    ...missing.map(([, object]) => `${title(object)} is not built`),
    ...extra.map(([, object]) => `${title(object)} is built, and no fix adds it`),
    ...different,
  ]
}

/** Where two values part, and what stands there; undefined where they are the same. */
function firstDifference(expected: Json | undefined, built: Json | undefined, at: Pointer): string | undefined {
  if (expected !== undefined && built !== undefined && isSame(expected, built)) return undefined
  const isPair = Array.isArray(expected) ? Array.isArray(built) : isMap(expected ?? null) && isMap(built ?? null)
  if (!isPair) return `${at} is ${told(built)}, and the fixes make it ${told(expected)}`
  const [one, other] = [expected, built] as readonly { readonly [key: string]: Json }[]
  for (const key of Object.keys({ ...one, ...other })) {
    const here = `${at}${pointer(key)}` as Pointer
    // Kubernetes takes null for what is left out, and kustomize keeps or drops it as it comes.
    const [mine, theirs] = [one?.[key] ?? undefined, other?.[key] ?? undefined]
    if (mine === undefined && theirs === undefined) continue
    const difference = firstDifference(mine, theirs, here)
    if (difference !== undefined) return difference
  }
  return undefined
}

/** A value in few words. */
function told(value: Json | undefined): string {
  if (value === undefined) return 'absent'
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** What the rules would still fix. */
function leftIn(output: string, fixed: Fixed, { directory, walk, run, around }: OverlayRequest): readonly string[] {
  const { files, outcome, sources, site } = fixed
  const path = nameOfBuild(walk.root, directory, fixed.build.directory)
  const again =
    files === undefined && site !== undefined
      ? runWithin(around, site, repositoryOfBuild(output, path, sources), path, run)
      : run(repositoryOf(textsAfter(files?.texts ?? [], outcome)), files?.isInScope ?? (() => true))
  return again.diagnoses
    .filter(({ treatment }) => treatment.status === 'applied')
    .map(({ detector, finding }) => `${titleOf(finding.resource.object)}: ${detector.id}: ${finding.message}`)
}

function textsAfter(texts: readonly FileText[], { edits }: Outcome): readonly FileText[] {
  const known = new Map(texts.map(({ path, text }) => [path, text]))
  const changed = [...edits].map(([path, own]) => [path, applied(known.get(path) ?? '', own)] as const)
  return [...new Map([...known, ...changed])].map(([path, text]) => ({ path, text }))
}

/** kustomize itself shows what targets hit: each patch marks its objects. A merge patch of annotations fits all of them. */
function probing(directory: string, plan: Plan, patches: readonly Json[]): Overrides {
  const probes = patches.map((patch, index) => ({
    target: at(patch, 'target'),
    patch: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Any',
      metadata: { name: 'any', annotations: { [mark(index)]: '' } },
    }),
  }))
  const { kind } = plan.overlay
  const kustomization = { kind, ...contentOf(plan), patches: probes }
  return new Map([[join(directory, fileIn(directory)), JSON.stringify(kustomization)]])
}

function mark(index: number): string {
  return `mesh-fix.dev/patch-${index}`
}

/** Counts what each patch hits in a build, and tells of those that hit several objects. */
function severalHits(marked: Built, patches: readonly Json[], hits: number[]): readonly string[] {
  return patches.flatMap((patch, index) => {
    const hit = [...marked.values()].filter(object => annotationsOf(object)[mark(index)] !== undefined)
    hits[index] = (hits[index] ?? 0) + hit.length
    return hit.length > 1 ? [`the patch of ${targetIn(patch)} hits ${hit.map(titleOf).join(', ')}`] : []
  })
}

function targetIn(patch: Json): string {
  const target = at(patch, 'target')
  return target === undefined ? 'no target' : JSON.stringify(target)
}

/** The kustomization that a text holds. */
export function kustomizationOf(text: string): Json {
  return parse(text).documents[0]?.value ?? null
}
