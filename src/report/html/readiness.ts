import { element, namespaceTitle, plural } from './dom.ts'
import type { NamespaceReadiness, PageData, RuleReadiness, Tally } from './page-data.ts'

/** What the tables' buttons do. */
export interface Choices {
  readonly onNamespace: (namespace: string) => void
  readonly onRule: (rule: string) => void
}

/** How far the mesh is, as a whole, by namespace and by rule. */
export function readinessSection(data: PageData, { onNamespace, onRule }: Choices): HTMLElement {
  return element(
    'section',
    { 'aria-labelledby': 'readiness' },
    element('h2', { id: 'readiness' }, 'Readiness'),
    figures(data),
    element(
      'div',
      { class: 'tables' },
      table(
        'By namespace',
        [
          'Namespace',
          'Objects',
          data.written ? 'Was ready' : 'Ready',
          data.written ? 'Is ready' : 'After fixes',
          'Unsafe',
          'Left',
        ],
        data.namespaces.map(row => namespaceRow(row, onNamespace)),
      ),
      table(
        'By rule',
        ['Rule', 'Findings', data.written ? 'Fixed' : 'Fixable', 'Unsafe', 'Left'],
        data.rules.map(row => ruleRow(row, onRule)),
      ),
    ),
  )
}

function figures({ namespaces, findings, written, counts }: PageData): HTMLElement {
  const sum = (of: (row: NamespaceReadiness) => number): number => namespaces.reduce((all, row) => all + of(row), 0)
  const objects = sum(row => row.objects)
  const tally = (of: (tally: Tally) => number): number => sum(row => of(row.tally))
  const impacts = [
    ...(counts.restart > 0 ? [`restarts ${plural(counts.restart, 'workload')}`] : []),
    ...(counts.routing > 0 ? [`${plural(counts.routing, 'change')} to routing`] : []),
    ...(counts.metadata > 0 ? [`${plural(counts.metadata, 'change')} to metadata`] : []),
    ...(counts.newObjects > 0 ? [`${plural(counts.newObjects, 'new object')}`] : []),
  ]
  const left = tally(({ left }) => left)
  const unsafe = tally(({ unsafe }) => unsafe)
  return element(
    'dl',
    { class: 'figures' },
    figure(
      'Ready objects',
      `${percent(
        sum(row => row.readyBefore),
        objects,
      )} → ${percent(
        sum(row => row.readyAfter),
        objects,
      )}`,
      `${sum(row => row.readyBefore).toLocaleString('en')} → ${sum(row => row.readyAfter).toLocaleString('en')} of ${plural(objects, 'object')}`,
    ),
    figure('Findings', findings.length.toLocaleString('en'), `in ${plural(namespaces.length, 'namespace')}`),
    figure(
      written ? 'Fixed' : 'Fixable with --write',
      tally(({ repaired }) => repaired).toLocaleString('en'),
      impacts.length === 0 ? 'changes nothing that runs' : impacts.join(', '),
    ),
    figure('Fixable with --unsafe', unsafe.toLocaleString('en'), 'likely, but not proven'),
    figure('Left to you', left.toLocaleString('en'), 'each with its reason'),
  )
}

function figure(name: string, value: string, note: string): HTMLElement {
  return element(
    'div',
    {},
    element('dt', {}, name),
    element('dd', { class: 'value' }, value),
    element('dd', { class: 'muted' }, note),
  )
}

function percent(part: number, whole: number): string {
  // Nothing is 100 % before it is.
  return whole === 0 ? '–' : `${Math.floor((100 * part) / whole)} %`
}

function table(caption: string, heads: readonly string[], rows: readonly HTMLTableRowElement[]): HTMLElement {
  const body = element('tbody', {}, ...rows)
  return element(
    'div',
    { class: 'table', role: 'region', 'aria-label': caption, tabindex: 0 },
    element(
      'table',
      {},
      element('caption', {}, caption),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...heads.map((head, index) => element('th', { scope: 'col', class: index > 0 && 'number' }, head)),
        ),
      ),
      body,
    ),
  )
}

function namespaceRow(row: NamespaceReadiness, onNamespace: Choices['onNamespace']): HTMLTableRowElement {
  const { namespace, objects, readyBefore, readyAfter, tally } = row
  const button = element(
    'button',
    { type: 'button', class: 'link', title: 'Show in the map' },
    namespaceTitle(namespace),
  )
  button.addEventListener('click', () => onNamespace(namespace))
  return element(
    'tr',
    { 'data-namespace': namespace },
    element('th', { scope: 'row' }, button),
    number(objects),
    number(readyBefore),
    element('td', { class: 'number' }, `${readyAfter}`, bar(readyBefore, readyAfter, objects)),
    number(tally.unsafe),
    number(tally.left),
  )
}

/** A picture of the numbers beside it. */
function bar(before: number, after: number, all: number): HTMLElement {
  const [was, is] = [element('i', { class: 'was' }), element('i', { class: 'is' })]
  was.style.width = `${(100 * before) / Math.max(all, 1)}%`
  is.style.width = `${(100 * Math.max(after - before, 0)) / Math.max(all, 1)}%`
  return element('span', { class: 'bar', 'aria-hidden': 'true' }, was, is)
}

function ruleRow({ rule, title, docs, tally }: RuleReadiness, onRule: Choices['onRule']): HTMLTableRowElement {
  const link = element('a', { href: docs, rel: 'noreferrer', 'aria-label': `Istio on ${rule}` }, 'Istio')
  return element(
    'tr',
    { 'data-rule': rule },
    element(
      'th',
      { scope: 'row' },
      tally.findings === 0 ? `${rule}: ready` : ruleButton(rule, onRule),
      element('span', { class: 'muted' }, title, ' ', link),
    ),
    number(tally.findings),
    number(tally.repaired),
    number(tally.unsafe),
    number(tally.left),
  )
}

function ruleButton(rule: string, onRule: Choices['onRule']): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'link', title: 'Show its findings' }, rule)
  button.addEventListener('click', () => onRule(rule))
  return button
}

function number(value: number): HTMLElement {
  return element('td', { class: value === 0 ? 'number zero' : 'number' }, value.toLocaleString('en'))
}
