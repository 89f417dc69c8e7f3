import type { Diagnosis } from '../outcome.ts'
import { fingerprint } from './fingerprint.ts'
import type { Region } from './locate.ts'
import { type FileEdits, ownEdits } from './own-edits.ts'
import { clean, painter } from './paint.ts'
import { hiddenIn, inReadingOrder, locators, type Result, statusOf } from './result.ts'
import { Words } from './words.ts'

/** A finding that is left, as programs show it beside the code. */
export interface Left {
  readonly diagnosis: Diagnosis
  /** The same in every run. */
  readonly id: string
  /** The file, from the root. */
  readonly path: string
  /** Undefined for what templates make. */
  readonly region: Region | undefined
  readonly message: string
  /** Line by line: what could be done, or why nothing can, with the evidence. */
  readonly remarks: readonly string[]
}

/** The findings that are left, in reading order: what was written has gone. */
export function leftIn(result: Result): readonly Left[] {
  const { after } = locators(result)
  const words = new Words(result, painter(false))
  return inReadingOrder(result)
    .filter(diagnosis => statusOf(diagnosis, result) !== 'applied')
    .map(diagnosis => {
      const { resource, at, message } = diagnosis.finding
      return {
        diagnosis,
        id: fingerprint(diagnosis),
        path: resource.path,
        region: after.region(resource, at),
        message: clean(message),
        remarks: [...words.builds(diagnosis), ...words.fix(diagnosis)],
      }
    })
}

/** The edits that make the proven fix of a finding that is left, where they can be offered: not of what must not be shown. */
export function offeredEdits({ diagnosis: { treatment } }: Left, result: Result): FileEdits | undefined {
  const isProven = treatment.status === 'applied' || treatment.status === 'available'
  if (!isProven || result.chart !== undefined) return undefined
  const edits = ownEdits(treatment.fix, result.filesAfter)
  const isOpen = [...(edits ?? [])].every(([path, own]) => {
    const file = result.filesAfter.get(path)
    const [start, end] = [own[0]?.start ?? 0, own.at(-1)?.end ?? 0]
    return file === undefined || !hiddenIn(file, result).some(span => span.start < end && start < span.end)
  })
  return isOpen ? edits : undefined
}
