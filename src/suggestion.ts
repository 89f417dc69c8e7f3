import { closestMatch } from 'leven'

/** What a word that isn't known was probably meant to be, and else all that are known. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = closestMatch(word, known, { maxDistance: Math.ceil(word.length / 3) })
  return near === undefined ? `there are: ${known.join(', ')}` : `did you mean "${near}"?`
}
