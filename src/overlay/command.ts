import { existsSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { Kustomize } from '../build/kustomize.ts'
import { MeshFixError } from '../errors.ts'
import type { Outcome } from '../outcome.ts'
import { writeDirectory } from '../write/directory.ts'
import { overlayFiles } from '../write/overlay.ts'
import { fileIn, type OverlayRequest, planned } from './plan.ts'
import { kustomizationOf, proven } from './proof.ts'
import { ownDirectory } from './record.ts'
import { shown } from './sites.ts'

/** What was written. */
export interface Written {
  /** What the rules made of each build. */
  readonly outcomes: readonly Outcome[]
  /** What to tell people. */
  readonly notes: readonly string[]
}

/**
 * Writes an overlay or Component, proven by builds wherever there is a kustomize.
 *
 * @param force whether files that mesh-fix did not write may be overwritten
 * @throws {MeshFixError} nothing was written, and why
 */
export function writeOverlay(request: OverlayRequest, force: boolean): Written {
  const { directory } = request
  const plan = planned(request, () => Kustomize.find({ online: request.fetching === 'allowed' }))
  const files = overlayFiles(plan.overlay, fileIn(directory))
  const own = ownDirectory(directory)?.files ?? []
  refuseOverwriting(directory, [...files.keys()], own, force)

  const kustomize =
    request.form === 'overlay' && plan.fixed[0]?.files !== undefined
      ? found()
      : Kustomize.find({ online: request.fetching === 'allowed' })
  const kustomization = kustomizationOf([...files.values()][0] ?? '')
  const proof = kustomize && proven(request, plan, kustomize, files, kustomization)
  const [failure] = proof?.failures ?? []
  if (failure !== undefined)
    throw new MeshFixError('BUILD', `nothing is written, since it would not do what the fixes say: ${failure}`)

  const names = [...files.keys()].map(name => join(directory, name))
  writeDirectory(
    directory,
    files,
    own.filter(path => !names.includes(path)),
  )
  const { patches, creates } = plan.overlay
  const counts = `${patches.length} patched, ${creates.length} new`
  const proofs = kustomize === undefined ? 'not proven: there is no kustomize' : `proven with ${kustomize.version}`
  return {
    outcomes: plan.fixed.map(({ outcome }) => outcome),
    notes: [
      `${shown(directory)} is written: ${counts}; ${proofs}`,
      ...plan.unlisted.map(root => {
        const entry = relative(root.directory, directory)
        return `list it in ${shown(join(root.directory, root.file))}, last under "components:": - ${entry}`
      }),
    ],
  }
}

/** For a plain directory a build is a proof that one can do without. */
function found(): Kustomize | undefined {
  try {
    return Kustomize.find()
  } catch {
    return undefined
  }
}

function refuseOverwriting(directory: string, names: readonly string[], own: readonly string[], force: boolean): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new MeshFixError('USAGE', `${shown(directory)} is no directory`)
  const taken = names.map(name => join(directory, name)).find(path => existsSync(path) && !own.includes(path))
  if (taken === undefined || force) return
  throw new MeshFixError(
    'USAGE',
    `${basename(taken)} is in ${shown(directory)} already, and mesh-fix did not write it; --force overwrites it`,
  )
}
