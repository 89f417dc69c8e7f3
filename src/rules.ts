import { readdir } from 'node:fs/promises'
import type { Detector } from './detect/detector.ts'
import type { Fixer } from './fix/fixer.ts'

/** The rules that come with mesh-fix. */
export interface Rules {
  readonly detectors: readonly Detector[]
  readonly fixers: readonly Fixer[]
}

/**
 * Reads the folders `plugins/` and `transformers/`: a new rule needs no list. The build puts an index made from the
 * same folders in the place of this module, so that the program is one file.
 */
export async function shippedRules(): Promise<Rules> {
  return {
    detectors: (await defaultsIn('../plugins/')) as Detector[],
    fixers: (await defaultsIn('../transformers/')) as Fixer[],
  }
}

/** The default exports of the modules in a folder, in the order of file names. */
async function defaultsIn(folder: string): Promise<unknown[]> {
  const url = new URL(folder, import.meta.url)
  const names = (await readdir(url)).filter(name => /^[a-z0-9-]+\.ts$/.test(name)).toSorted()
  return Promise.all(names.map(async name => ((await import(new URL(name, url).href)) as { default: unknown }).default))
}
