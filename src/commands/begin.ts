import type { Options } from '../command-line.ts'
import { type Walk, walk } from '../read/walk.ts'

/** The files of a run: around the paths given, or around where it is started. */
export function walkFrom(paths: readonly string[], { root }: Pick<Options, 'root'>): Walk {
  return walk(paths.length > 0 ? paths : ['.'], { root })
}
