/** The words of a key, in small letters and in the singular: `extraContainerPorts` → extra, container, port. */
export function wordsOf(key: string): readonly string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word !== '')
    .map(word => word.replace(/(?<=..)(?<!s)s$/, ''))
}

/** Whether a value's key may hold what stands under a key of an object: `portName` a `name`, `protocol` an `appProtocol`. */
export function mayHold(own: string, wanted: string): boolean {
  const [left, right] = [wordsOf(own), wordsOf(wanted)]
  return left.length > 0 && right.length > 0 && (endsWith(left, right) || endsWith(right, left))
}

function endsWith(words: readonly string[], others: readonly string[]): boolean {
  return others.every((word, index) => words[words.length - others.length + index] === word)
}
