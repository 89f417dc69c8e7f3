import type { Span } from '../read/tree.ts'

/** Why a text can't be edited. */
export type RefusalCode =
  | 'alias'
  | 'anchor'
  | 'merge'
  | 'tag'
  | 'explicit-key'
  | 'block-scalar'
  | 'layout'
  | 'unreadable'
  | 'patch'
  | 'proof'

/** A text can't be edited so that it reads as the patch says, and nothing else changes. Nothing was done. */
export class EditRefused extends Error {
  readonly code: RefusalCode
  /** The places that the edit would change as well, in the text that was given. */
  readonly places: readonly Span[]

  constructor(code: RefusalCode, message: string, places: readonly Span[] = []) {
    super(message)
    this.name = 'EditRefused'
    this.code = code
    this.places = places
  }
}
