import { relative, sep } from 'node:path'
import { type Accepted, annotated, grouped } from '../annotate.ts'
import type { IgnoreOptions } from '../command-line.ts'
import { MeshFixError } from '../errors.ts'
import { print, say } from '../output.ts'
import { progress } from '../progress.ts'
import type { SourceFile } from '../read/repository.ts'
import { secretSpans } from '../report/secrets.ts'
import { unifiedDiff } from '../write/diff.ts'
import type { Edited } from '../write/edit.ts'
import { writeInPlace } from '../write/in-place.ts'
import { baselineFor, examined, sourcesFor } from './examine.ts'
import { prepared } from './prepared.ts'

/** Writes annotations that accept what rules find, with the reason. */
export async function ignore(
  rules: readonly string[],
  paths: readonly string[],
  options: IgnoreOptions,
): Promise<number> {
  const reason = options.reason.replace(/\s+/g, ' ').trim()
  if (reason === '') throw new MeshFixError('USAGE', '--reason says nothing')
  const show = progress(options.quiet === true)
  const ready = await prepared(paths, { ...options, only: rules })
  const { root, gitRoot } = ready.walked
  const sources = sourcesFor(ready, options, show)
  const { outcome } = await examined(ready, sources, options, baselineFor(options, root), show)
  show(undefined)

  const found = new Map<string, Accepted>()
  for (const { detector, finding } of outcome.diagnoses) {
    const { resource } = finding
    const rules = new Set([...(found.get(resource.id)?.rules ?? []), detector.id])
    found.set(resource.id, { resource, rules, reasons: new Set([reason]) })
  }
  let refused = 0
  for (const [path, objects] of grouped([...found.values()], ({ resource }) => resource.path)) {
    const file = sources.repository.files.get(path)
    if (file === undefined) continue
    const made = annotated(file, objects)
    const failure = typeof made !== 'string' && options.diff ? undefined : written(root, file, made)
    if (typeof made !== 'string' && options.diff) print(diffOf(file, made, root, gitRoot))
    if (failure === undefined) continue
    refused += objects.length
    say(`${path}: ${failure}`)
  }
  const head = options.diff ? 'objects to annotate' : 'objects annotated'
  say(`${head}: ${found.size - refused} of ${found.size}, for findings: ${outcome.diagnoses.length}`)
  return refused > 0 ? 1 : 0
}

/** Why a file could not be written; undefined where it was. */
function written(root: string, { path, parsed }: SourceFile, made: Edited | string): string | undefined {
  if (typeof made === 'string') return made
  return writeInPlace(root, [[{ path, before: parsed.text, after: made.text }]])[0]?.reason
}

function diffOf({ path, parsed }: SourceFile, { edits }: Edited, root: string, gitRoot: string | undefined): string {
  const shown = relative(gitRoot ?? process.cwd(), `${root}/${path}`)
  const hidden = secretSpans(parsed)
  return unifiedDiff({
    path: shown.split(sep).join('/'),
    text: parsed.text,
    edits,
    header: gitRoot !== undefined,
    hidden,
  })
}
