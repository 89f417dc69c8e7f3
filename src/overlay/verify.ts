import { Kustomize } from '../build/kustomize.ts'
import { MeshFixError } from '../errors.ts'
import { type OverlayRequest, planned } from './plan.ts'
import { type Proof, proven } from './proof.ts'
import type { OwnDirectory } from './record.ts'
import { shown } from './sites.ts'

/** What a verification came to. */
export interface Verdict {
  readonly holds: boolean
  /** What was checked and found, for people. */
  readonly lines: readonly string[]
}

/**
 * Proves with real builds that a directory does what it was written for.
 *
 * @throws {MeshFixError} USAGE, or BUILD where there is no kustomize
 */
export function verified(request: OverlayRequest, own: OwnDirectory): Verdict {
  const kustomize = Kustomize.find({ online: request.fetching === 'allowed' })
  const name = shown(request.directory)
  const fail = (failures: readonly string[]): Verdict => ({
    holds: false,
    lines: [
      ...failures,
      `${name} does not hold; ${kustomize.version}. To update it, run the command that wrote it again`,
    ],
  })
  try {
    const plan = planned(request, () => kustomize)
    const listed = plan.fixed.filter(({ listing }) => listing.size === 0)
    if (listed.length === 0) return fail([`no kustomization lists the Component ${name}, so that nothing is fixed`])
    const proof = proven(request, { ...plan, fixed: listed }, kustomize, undefined, own.kustomization.value)
    if (proof.failures.length > 0) return fail(proof.failures)
    const where = listed.map(fixed => fixed.name).join(', ')
    return { holds: true, lines: [`${name} holds in ${where}: ${countsOf(proof)}; ${kustomize.version}`] }
  } catch (error) {
    if (!(error instanceof MeshFixError) || error.code !== 'BUILD') throw error
    return fail([error.message])
  }
}

function countsOf({ patches, objects }: Proof): string {
  return [
    patches === 0
      ? 'there is nothing to patch'
      : `${patches === 1 ? 'its patch hits' : `each of its ${patches} patches hits`} one object`,
    `${objects === 1 ? 'the one object is' : `all ${objects} objects are`} built as the fixes promise`,
    'the rules find nothing more to fix',
  ].join(', ')
}
