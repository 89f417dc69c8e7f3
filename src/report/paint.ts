import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Text that may hold colours: all that came from outside is clean already. */
export interface Painted {
  readonly painted: string
}

/** Gives a text a style. */
export type Paint = (style: Style, text: string) => Painted

/** A painter for a terminal, or one that only cleans. */
export function painter(color: boolean): Paint {
  return (style, text) => ({ painted: color ? styleText(style, clean(text)) : clean(text) })
}

/** A line of a report: what is put into it is cleaned, unless it is painted. */
export function line(literals: TemplateStringsArray, ...values: readonly (string | number | Painted)[]): string {
  return values.reduce<string>(
    (text, value, index) =>
      `${text}${typeof value === 'object' ? value.painted : clean(String(value))}${literals[index + 1] ?? ''}`,
    literals[0] ?? '',
  )
}

/**
 * Names and texts come from manifests: what would move a terminal's cursor, or turn the direction of its text, doesn't
 * reach it.
 */
export function clean(text: string): string {
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\uFFFD')
}
