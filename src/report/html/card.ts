import { element, plural } from './dom.ts'
import type { PagePort, Role } from './page-data.ts'
import { isChanged, protocolWord, type Side, sideWords } from './words.ts'

/** What a card of the map shows. */
export interface Card {
  readonly kind: string
  readonly name: string
  readonly detail: string
  readonly role: Role | 'namespace'
  readonly side: Side
  readonly isNew: boolean
  readonly findings: number
  readonly ports: readonly PagePort[]
  /** For each port, where its traffic goes. */
  readonly leadsTo: readonly (readonly string[])[]
  readonly facts: readonly string[]
  readonly onOpen: () => void
}

/** In CSS pixels, as the style has them. */
export const WIDTH = 272
const HEAD = 59
const ROW = 26
const CHANGED_ROW = 44
const FOOT = 8

export function cardHeight({ ports, facts }: Card): number {
  const rows = ports.reduce((sum, port) => sum + rowHeight(port), facts.length * ROW)
  return HEAD + rows + (rows > 0 ? FOOT : 0)
}

/** How far below a card's upper edge the middle of a row's first line is; of no row, that of the head. */
export function rowMiddle({ ports }: Card, row: number): number {
  if (row < 0) return HEAD / 2
  return HEAD + ports.slice(0, row).reduce((sum, port) => sum + rowHeight(port), 0) + ROW / 2
}

function rowHeight({ before, after }: PagePort): number {
  return isChanged(before, after) ? CHANGED_ROW : ROW
}

/** @param isEntry whether the tab key leads to this one; arrow keys lead on */
export function cardElement(card: Card, place: number, isEntry: boolean): HTMLElement {
  const { kind, name, detail, role, side, isNew, findings, ports, leadsTo, facts } = card
  const isAbsent = isNew && side === 'before'
  return element(
    'article',
    { class: `card ${role}${isAbsent ? ' absent' : ''}`, 'data-place': place },
    element(
      'div',
      { class: 'head' },
      element('span', { class: 'kind' }, isNew ? `${kind}, new` : kind),
      findings === 0 ? undefined : element('span', { class: 'tally' }, plural(findings, 'finding')),
      element('button', { type: 'button', tabindex: isEntry ? 0 : -1 }, name),
      element('span', { class: 'detail' }, detail),
    ),
    ...facts.map(fact => element('p', { class: 'fact' }, fact)),
    ...(ports.length === 0
      ? []
      : [element('ul', {}, ...ports.map((port, index) => portRow(port, side, leadsTo[index] ?? [])))]),
  )
}

function portRow({ before, after }: PagePort, side: Side, leadsTo: readonly string[]): HTMLElement {
  const [shown, other] = side === 'before' ? [before, after] : [after, before]
  const changed = isChanged(before, after)
  const { port = other?.port ?? '', name = '', isUnlisted } = shown ?? {}
  const protocol = shown === undefined ? undefined : protocolWord(shown)
  const isOpen = shown === undefined || isUnlisted === true
  return element(
    'li',
    { class: changed ? 'changed' : 'same' },
    element('span', { class: 'port' }, port),
    element(
      'span',
      { class: isOpen || name === '' ? 'name none' : 'name' },
      isOpen ? sideWords(shown) : name || 'no name',
    ),
    protocol === undefined
      ? undefined
      : element('span', { class: `protocol${shown?.protocol === '' ? ' undeclared' : ''}` }, protocol),
    changed
      ? element('span', { class: 'other' }, `${side === 'before' ? 'becomes' : 'was'} ${sideWords(other)}`)
      : undefined,
    leadsTo.length === 0 ? undefined : element('span', { class: 'unseen' }, `leads to ${leadsTo.join(', ')}`),
  )
}
