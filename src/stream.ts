import { NOT_BUILT } from './build/record.ts'
import type { Config } from './config.ts'
import { compose, PIPELINE } from './container.ts'
import type { Severity } from './detect/detector.ts'
import { Ignores } from './ignores.ts'
import { resolvedFrom } from './read/kustomization.ts'
import { type Repository, STDIN } from './read/repository.ts'
import type { Stream } from './read/stream.ts'
import { ignoring } from './read/walk.ts'
import type { Result } from './report/result.ts'
import type { Rules } from './rules.ts'
import { type Asked, runOptions } from './run-options.ts'
import { configuredIgnores, pathPatternsOf } from './scope.ts'
import { filesAfter } from './texts.ts'
import { applied } from './write/edit.ts'
import { Sheets } from './write/sheets.ts'

const NONE: ReadonlySet<string> = new Set()

/** A stream that rules have run over, and what they found. */
export interface FixedStream {
  readonly text: string
  /** The same text: what is to be written beside the fixes comes on top. */
  readonly sheets: Sheets
  readonly result: Result
  /** What was asked for in vain. */
  readonly notes: readonly string[]
}

/** What is asked for. */
export interface StreamOptions extends Omit<Asked, 'isInScope'> {
  readonly rules: readonly Rules[]
  /** Patterns are for the paths that objects say they come from. */
  readonly ignore: Config['ignore']
  readonly failOn: Severity
  /** Whether fixes are made, or only found. */
  readonly write: boolean
  /** What stands before an option's name where it was given: `--` on the command line. */
  readonly prefix: string
}

/**
 * Finds and fixes in a stream. In a stream nothing is out of scope but what is ignored, and references are looked up in
 * what came in.
 *
 * @throws {MeshFixError} USAGE: what can't be asked for
 */
export function runOnStream({ text, repository }: Stream, options: StreamOptions): FixedStream {
  const { rules, ignore, failOn, write, prefix, ...asked } = options
  const isIgnored = belowHere(ignoring(pathPatternsOf(ignore), '/', '/'))
  const isInScope = (path: string): boolean => !isIgnored(path)
  const ignored = configuredIgnores({ ignore }, '/').map(entry => ({ ...entry, has: belowHere(entry.has) }))
  const pipeline = compose(rules).get(PIPELINE)
  const outcome = pipeline.run(repository, {
    ...runOptions({ ...asked, isInScope }, rules, prefix),
    ignores: new Ignores(repository.files, ignored),
  })
  const after = write ? applied(text, outcome.edits.get(STDIN) ?? []) : text
  const cwd = process.cwd()
  const result: Result = {
    outcome,
    skipped: repository.skipped,
    errors: repository.errors,
    written: write,
    failures: [],
    root: cwd,
    gitRoot: undefined,
    cwd,
    failOn,
    build: NOT_BUILT,
    filesAfter: filesAfter(outcome, write ? new Map([[STDIN, after]]) : new Map(), NONE),
  }
  const sheets = write ? outcome.sheets : new Sheets(repository.files, NONE)
  return { text: after, sheets, result, notes: notesOn(ignore, repository) }
}

/** Paths are those that objects say they come from. */
function notesOn(ignore: Config['ignore'], { resources }: Repository): readonly string[] {
  const isVain =
    ignore.length > 0 && resources.length > 0 && resources.every(({ sourcePath }) => sourcePath === undefined)
  return isVain
    ? ['"ignore" applies to nothing here: no object says which file it comes from (kustomize: originAnnotations)']
    : []
}

/** What patterns say of the paths that objects come from; of what comes from elsewhere they say nothing. */
function belowHere(has: (path: string) => boolean): (path: string) => boolean {
  return path => {
    const below = resolvedFrom('', path)
    return path !== STDIN && below !== '' && has(below)
  }
}
