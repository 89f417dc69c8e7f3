import { changedPaths } from '../fix/placement.ts'
import type { Diagnosis } from '../outcome.ts'
import { titleOf } from '../read/resource.ts'
import { frameLines } from './frame.ts'
import { diffLines, hunkLines } from './hunks.ts'
import type { Locator } from './locate.ts'
import { type FileEdits, ownEdits } from './own-edits.ts'
import { line, type Paint, painter } from './paint.ts'
import { diffOf, hiddenIn, inReadingOrder, locators, type Result, shownPath, statusOf } from './result.ts'
import { notesOf, type Reason, reasonsOf, skippedReasons, summaryLine } from './summary.ts'
import { unusedMessage } from './unused-ignores.ts'
import { Words } from './words.ts'

/** How the text report is made. */
export interface TextOptions {
  readonly color: boolean
  /** Only findings and summary: no code, no diff, no reasons and no skipped files. */
  readonly quiet: boolean
}

/** The report for people: findings by file with their code, evidence, impact and diff, what was skipped, and a summary. */
export function textReport(result: Result, { color, quiet }: TextOptions): string {
  const paint = painter(color)
  const hunks = quiet ? NO_HUNKS : hunksIn(result)
  const rest = quiet || result.written ? '' : diffOf(result, hunks.isMissing)
  const parts = [
    ...fileParts(result, hunks, { paint, quiet }),
    ...failureParts(result, paint),
    ...unusedParts(result, paint),
    ...(rest === '' ? [] : [diffLines(rest.trimEnd(), paint).join('\n')]),
    [...(quiet ? [] : reasonLines(result)), summaryLine(result), ...notesOf(result)].join('\n'),
  ]
  return `${parts.join('\n\n')}\n`
}

/** The hunks of fixes that are not written. */
interface Hunks {
  /** What a finding's fix alone would change; undefined also where an earlier finding has shown it. */
  readonly of: ReadonlyMap<Diagnosis, FileEdits>
  /** Whether something that would change in a file is in no hunk. */
  readonly isMissing: (path: string) => boolean
}

const NO_HUNKS: Hunks = { of: new Map(), isMissing: () => false }

function hunksIn(result: Result): Hunks {
  // What is written to a chart's values is not what the fix of a rendered object says.
  if (result.chart !== undefined) return { of: new Map(), isMissing: () => true }
  const of = new Map<Diagnosis, FileEdits>()
  const missing = new Set<string>()
  const seen = new Set<object>()
  for (const diagnosis of inReadingOrder(result)) {
    const { treatment } = diagnosis
    if (!('fix' in treatment) || statusOf(diagnosis, result) !== 'available' || seen.has(treatment.fix.changes))
      continue
    seen.add(treatment.fix.changes)
    const edits = ownEdits(treatment.fix, result.filesAfter)
    if (edits !== undefined) of.set(diagnosis, edits)
    else if (treatment.status === 'applied') for (const path of changedPaths(treatment.fix)) missing.add(path)
  }
  return { of, isMissing: path => missing.has(path) }
}

/** How many unchanged lines stand around a change: the code is shown above. */
const CONTEXT = 1

/** What is said of each file: what can't be read in it, and its findings. */
function fileParts(
  result: Result,
  hunks: Hunks,
  { paint, quiet }: { readonly paint: Paint; readonly quiet: boolean },
): readonly string[] {
  const files = new Map<string, string[]>()
  const add = (path: string, lines: readonly string[]): void => {
    files.set(path, [...(files.get(path) ?? []), lines.map(text => `  ${text}`).join('\n')])
  }
  for (const error of result.errors)
    add(error.path, [line`${error.line}:${error.column} ${paint('red', 'error')} ${error.message}`])
  const words = new Words(result, paint)
  const { input, after } = locators(result)
  for (const diagnosis of inReadingOrder(result)) {
    const { path } = diagnosis.finding.resource
    const locator = diagnosis.treatment.status === 'applied' ? input : after
    add(path, [
      headOf(diagnosis, result, locator, paint),
      ...(quiet ? [] : frameOf(diagnosis, result, locator, paint)),
      ...[...words.builds(diagnosis), ...words.fix(diagnosis)].map(text => `  ${text}`),
      ...hunkLines(hunks.of.get(diagnosis) ?? [], result, { paint, context: CONTEXT, unnamed: path }).map(
        text => `    ${text}`,
      ),
    ])
  }
  return [...files]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, parts]) => [line`${paint('bold', shownPath(path, result))}`, parts.join('\n\n')].join('\n'))
}

const SEVERITY_STYLES = { error: 'red', warning: 'yellow', info: 'cyan' } as const

function headOf(diagnosis: Diagnosis, result: Result, locator: Locator, paint: Paint): string {
  const { resource, at } = diagnosis.finding
  const { line: number, column } = locator.position(resource, at)
  return headLine(result.chart === undefined ? `${number}:${column}` : `${titleOf(resource.object)}:`, diagnosis, paint)
}

/** A finding, and where it is. */
export function headLine(place: string, { finding, severity, detector }: Diagnosis, paint: Paint): string {
  const codes = finding.codes?.length ? ` [${finding.codes.join(', ')}]` : ''
  return line`${paint('bold', place)} ${paint(SEVERITY_STYLES[severity], severity)} ${detector.id}: ${finding.message}${paint('dim', codes)}`
}

function frameOf({ finding }: Diagnosis, result: Result, locator: Locator, paint: Paint): readonly string[] {
  const { resource, at } = finding
  const file = locator.file(resource.path)
  const document = locator.document(resource)
  const span = locator.span(resource, at)
  if (result.chart !== undefined || file === undefined || document === undefined || span === undefined) return []
  return frameLines(
    {
      text: file.parsed.text,
      span,
      number: locator.position(resource, at).line,
      document,
      hidden: hiddenIn(file, result),
    },
    paint,
  ).map(text => `  ${text}`)
}

function unusedParts(result: Result, paint: Paint): readonly string[] {
  const { unusedIgnores = [] } = result
  if (unusedIgnores.length === 0) return []
  const lines = unusedIgnores.map(unused => {
    const place = `${shownPath(unused.path, result)}:${unused.line}:${unused.column}`
    return line`${paint('bold', place)} ${paint('cyan', 'info')} ${unusedMessage(unused)}`
  })
  return [lines.join('\n')]
}

function failureParts(result: Result, paint: Paint): readonly string[] {
  return result.failures.map(({ path, reason, paths }) => {
    const head = line`${paint('bold', shownPath(path, result))} ${paint('red', 'not written')}: ${reason}`
    const others = paths.filter(other => other !== path).map(other => shownPath(other, result))
    return others.length === 0 ? head : `${head}\n${line`  nor, for the same fixes: ${others.join(', ')}`}`
  })
}

/** Why something is left, by how often: kustomizations that were not built, skipped files, and what people must decide. */
function reasonLines(result: Result): readonly string[] {
  return [
    ...unbuiltLines(result),
    ...section('skipped, for what they are (all of them in --reporter json):', skippedReasons(result)),
    ...section('refused, since something would break:', reasonsOf(result, 'refused')),
    ...section('left to you:', reasonsOf(result, 'manual')),
  ]
}

function unbuiltLines({ build }: Result): readonly string[] {
  if (build.unbuilt.length === 0) return []
  return [
    ...build.unbuilt.map(({ name, reason }) => line`not built: ${name}: ${reason}; its sources were looked at`),
    '',
  ]
}

/** How many reasons are listed; each is with its finding as well. */
const MAX_REASONS = 10

function section(title: string, reasons: readonly Reason[]): readonly string[] {
  if (reasons.length === 0) return []
  const left = reasons.length - MAX_REASONS
  return [
    title,
    ...reasons.slice(0, MAX_REASONS).map(({ count, reason }) => line`  ${count} × ${reason}`),
    ...(left > 0 ? [`  and ${left} more reasons`] : []),
    '',
  ]
}
