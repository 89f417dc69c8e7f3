/** What an element is made with: attributes, `true` for one without a value; `undefined` and `false` leave it out. */
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

type Child = Node | string | undefined

/** Makes an element. Text goes in as text, never as markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return filled(document.createElement(tag), attributes, children)
}

/** Makes an element of a drawing. */
export function drawing<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children)
}

function filled<Made extends Element>(made: Made, attributes: Attributes, children: readonly Child[]): Made {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : `${value}`)
  }
  for (const child of children) if (child !== undefined) made.append(child)
  return made
}

/** A number and the word for so many. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

/** How a namespace is called; manifests may name none. */
export function namespaceTitle(namespace: string): string {
  return namespace === '' ? 'no namespace' : namespace
}

/** Names in the order that people look for them: `team-2` before `team-10`. */
export const inOrder = new Intl.Collator('en', { numeric: true }).compare
