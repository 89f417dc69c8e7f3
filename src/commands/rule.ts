import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { configFor } from '../config.ts'
import type { Detector } from '../detect/detector.ts'
import { MeshFixError } from '../errors.ts'
import { print } from '../output.ts'
import { gitRootOf } from '../read/walk.ts'
import { rulePage } from '../rule-page.ts'
import { suggestion } from '../suggestion.ts'
import { rulesOf } from './prepared.ts'

/** Where the build puts the pages of the rules that come with mesh-fix: beside the program. */
const PAGES = join(import.meta.dirname, 'docs')

/** Prints a rule's page, or the list of all rules, those of the configuration's plugins among them. */
export async function rule(id: string | undefined): Promise<number> {
  const cwd = realpathSync(process.cwd())
  const sets = await rulesOf(await configFor(undefined, cwd, gitRootOf(cwd) ?? cwd))
  const detectors = sets.flatMap(set => set.detectors)
  if (id === undefined) {
    const width = Math.max(...detectors.map(detector => detector.id.length))
    print(detectors.map(detector => `${detector.id.padEnd(width)}  ${detector.title}\n`).join(''))
    return 0
  }
  const found = detectors.find(detector => detector.id === id)
  if (found === undefined) {
    const known = detectors.map(detector => detector.id)
    throw new MeshFixError('USAGE', `there is no rule "${id}"; ${suggestion(id, known)}`)
  }
  print(pageOf(found))
  return 0
}

/** A rule's page in Markdown. */
export function pageOf(detector: Detector): string {
  const page = join(PAGES, `${detector.id}.md`)
  return existsSync(page) ? readFileSync(page, 'utf8') : rulePage(detector)
}
