/** Something that makes a document unreadable, and where. */
export class Unreadable extends Error {
  readonly offset: number

  constructor(offset: number, message: string) {
    super(message)
    this.name = 'Unreadable'
    this.offset = offset
  }
}
