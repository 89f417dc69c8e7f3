/** Where in a file something is; line and column count from 1. */
export interface Location {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** What went wrong: arguments, configuration, a file that can't be read or written, or a kustomization that can't be built. */
export type ErrorCode = 'USAGE' | 'CONFIG' | 'UNREADABLE' | 'UNWRITABLE' | 'BUILD'

/**
 * Something that the user can put right. The command line prints it as one line and exits with 2;
 * any other exception is a bug of mesh-fix.
 */
export class MeshFixError extends Error {
  readonly code: ErrorCode
  readonly location: Location | undefined

  constructor(code: ErrorCode, message: string, location?: Location) {
    super(message)
    this.name = 'MeshFixError'
    this.code = code
    this.location = location
  }
}
