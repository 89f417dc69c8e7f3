import { relative, sep } from 'node:path'
import { Kustomize } from '../build/kustomize.ts'
import { isWithin, withScratchAlongside } from '../build/scratch.ts'
import { MeshFixError } from '../errors.ts'
import type { Outcome } from '../outcome.ts'
import { type Repository, readFiles, repositoryOf } from '../read/repository.ts'
import { sourcePathOf } from '../read/resource.ts'
import type { Walk } from '../read/walk.ts'
import { rootsIn } from '../scopes/roots.ts'
import { seenBy } from '../scopes/run.ts'
import { type Unbuilt, type View, viewsOf } from '../scopes/views.ts'
import type { Site } from './sites.ts'

/** Everything in the repository besides what is to be fixed: what stands there may refer to it. */
export interface Surroundings {
  readonly source: Repository
  readonly views: readonly View[]
  readonly unbuilt: readonly Unbuilt[]
}

/** Reads the repository around an overlay or Component, and builds what other kustomizations apply. */
export async function surroundingsOf(directory: string, walk: Walk): Promise<Surroundings> {
  const own = relative(walk.root, directory).split(sep).join('/')
  const { texts } = readFiles(walk)
  const source = repositoryOf(texts.filter(({ path }) => !isWithin(path, own)))
  const roots = rootsIn(walk.root, [...source.files.keys()], false)
  const kustomize = found()
  if (kustomize === undefined) {
    return { source, views: [], unbuilt: roots.map(root => ({ root, reason: 'there is no kustomize' })) }
  }
  return withScratchAlongside(async scratch => {
    const { views, unbuilt } = await viewsOf(roots, source, {
      kustomize,
      scratch,
      directory: walk.root,
      texts: new Map(),
    })
    return { source, views, unbuilt }
  })
}

function found(): Kustomize | undefined {
  try {
    return Kustomize.find()
  } catch (error) {
    if (error instanceof MeshFixError) return undefined
    throw error
  }
}

/**
 * Runs the rules on a build, with what stands around it: that counts where it refers to what is built, and is neither
 * reported nor changed.
 *
 * @param path how reports call the build
 */
export function runWithin(
  { source, views, unbuilt }: Surroundings,
  { root, closure }: Site,
  built: Repository,
  path: string,
  run: (repository: Repository, isInScope: (path: string) => boolean) => Outcome,
): Outcome {
  const isOther = ({ kustomization }: { readonly kustomization: { readonly directory: string } }): boolean =>
    kustomization.directory !== root.directory
  const around = seenBy(
    source,
    views.filter(view => isOther(view.root)),
    unbuilt.filter(each => isOther(each.root)),
  )
  const own = new Set(
    views
      .map(view => view.root)
      .concat(unbuilt.map(each => each.root))
      .filter(each => each.closure.some(({ directory }) => closure.some(one => one.directory === directory)))
      .flatMap(each => [...each.files]),
  )
  const others = around.resources.filter(resource => resource.scope !== undefined || !own.has(resource.path))
  const skipped = around.skipped.filter(({ role, path: file }) => COUNTED.has(role) && !own.has(file))
  const resources = [...built.resources.map(resource => ({ ...resource, scope: path })), ...others]
  const files = new Map([...around.files, ...built.files])
  const repository = { files, resources, skipped: [...built.skipped, ...skipped], errors: built.errors }
  const foreign = new Set([...around.files.keys(), ...others.map(sourcePathOf)])
  return run(repository, file => !foreign.has(file))
}

/** What may refer to an object, whatever is built: patches and kustomizations only do in their own builds. */
const COUNTED: ReadonlySet<string> = new Set(['template', 'values', 'unreadable'])
