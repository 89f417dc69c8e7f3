/** A rule that is ignored at a place where it finds nothing. */
export interface UnusedIgnore {
  /** From the root, with `/`. */
  readonly path: string
  readonly line: number
  readonly column: number
  readonly rule: string
}

/** What to say of it. */
export function unusedMessage({ rule }: UnusedIgnore): string {
  return `"${rule}" is ignored here, and finds nothing`
}
