import { element, namespaceTitle, plural } from './dom.ts'
import { findingDetail } from './finding-detail.ts'
import type { PageData, PageFinding } from './page-data.ts'
import { STATUS_WORDS } from './words.ts'

/** A finding's row, and what the filter looks at. */
interface Row {
  readonly finding: PageFinding
  readonly item: HTMLLIElement
  readonly group: HTMLElement
  /** Lower case. */
  readonly text: string
}

type Field = 'severity' | 'status' | 'rule' | 'namespace'

const FIELDS: readonly { readonly field: Field; readonly title: string; readonly word: (value: string) => string }[] = [
  { field: 'status', title: 'Status', word: value => STATUS_WORDS[value as PageFinding['status']] },
  { field: 'severity', title: 'Severity', word: value => value },
  { field: 'rule', title: 'Rule', word: value => value },
  { field: 'namespace', title: 'Namespace', word: namespaceTitle },
]

/** Stands for no choice: an empty one is a namespace that isn't named. */
const ALL = '*'

/** The findings by file, and their filter. */
export class FindingList {
  readonly section: HTMLElement
  readonly #findings: readonly PageFinding[]
  readonly #search = element('input', { type: 'search', id: 'search', autocomplete: 'off', spellcheck: 'false' })
  readonly #choices: ReadonlyMap<Field, HTMLSelectElement>
  readonly #count = element('p', { class: 'count muted', role: 'status' })
  readonly #list = element('div', { class: 'files' })
  #rows: readonly Row[] = []

  constructor({ findings }: PageData) {
    this.#findings = findings
    this.#choices = new Map(FIELDS.map(({ field, word }) => [field, choice(field, word, findings)]))
    this.section = element(
      'section',
      { 'aria-labelledby': 'findings' },
      element('h2', { id: 'findings', tabindex: -1 }, 'Findings'),
      this.#filter(),
      this.#count,
      this.#list,
    )
    this.#list.addEventListener('keydown', event => this.#move(event))
    document.addEventListener('keydown', event => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement) return
      event.preventDefault()
      this.#search.focus()
    })
  }

  /** Makes the rows. */
  fill(): void {
    const groups = new Map<string, { readonly section: HTMLElement; readonly list: HTMLElement }>()
    this.#rows = this.#findings.map(finding => {
      const group = groups.get(finding.file) ?? fileGroup(finding.file)
      groups.set(finding.file, group)
      const item = findingItem(finding)
      group.list.append(item)
      const words = [finding.message, finding.rule, finding.file, finding.object, finding.fix?.title, ...finding.codes]
      return { finding, item, group: group.section, text: words.join('\n').toLowerCase() }
    })
    this.#list.append(...[...groups.values()].map(({ section }) => section))
    this.#apply()
  }

  /** Shows what is about one object, and goes there. */
  showOnly(title: string): void {
    this.#reset()
    this.#search.value = title
    this.#go()
  }

  /** Shows what one rule finds, and goes there. */
  showRule(rule: string): void {
    this.#reset()
    const rules = this.#choices.get('rule')
    if (rules !== undefined) rules.value = rule
    this.#go()
  }

  #go(): void {
    this.#apply()
    const heading = this.section.querySelector('h2')
    heading?.scrollIntoView()
    const first = this.#visible()[0]
    if (first === undefined) heading?.focus({ preventScroll: true })
    else first.focus({ preventScroll: true })
  }

  #reset(): void {
    this.#search.value = ''
    for (const select of this.#choices.values()) select.value = ALL
  }

  #filter(): HTMLElement {
    const clear = element('button', { type: 'reset' }, 'Clear')
    const form = element(
      'form',
      { class: 'filter', role: 'search', 'aria-label': 'Filter the findings' },
      element('label', { class: 'wide' }, 'Text', this.#search),
      ...FIELDS.map(({ field, title }) => element('label', {}, title, this.#choices.get(field))),
      clear,
    )
    form.addEventListener('submit', event => event.preventDefault())
    form.addEventListener('input', () => this.#apply())
    form.addEventListener('reset', event => {
      event.preventDefault()
      this.#reset()
      this.#apply()
    })
    return form
  }

  #apply(): void {
    const words = this.#search.value.toLowerCase().trim()
    const wanted = [...this.#choices].filter(([, { value }]) => value !== ALL)
    const shown = new Map<HTMLElement, number>()
    let count = 0
    for (const { finding, item, group, text } of this.#rows) {
      const isShown = text.includes(words) && wanted.every(([field, { value }]) => finding[field] === value)
      if (item.hidden === isShown) item.hidden = !isShown
      shown.set(group, (shown.get(group) ?? 0) + (isShown ? 1 : 0))
      if (isShown) count += 1
    }
    for (const [group, visible] of shown) group.hidden = visible === 0
    const all = this.#rows.length
    this.#count.textContent =
      all === 0
        ? 'No findings: nothing here breaks what Istio requires.'
        : count === all
          ? plural(all, 'finding')
          : `${count.toLocaleString('en')} of ${plural(all, 'finding')}`
  }

  #visible(): readonly HTMLElement[] {
    return this.#rows.flatMap(({ item }) => (item.hidden ? [] : (item.querySelector('summary') ?? [])))
  }

  /** Arrow keys, Home and End move between findings. */
  #move(event: KeyboardEvent): void {
    if (!(event.target instanceof HTMLElement) || event.target.tagName !== 'SUMMARY') return
    const visible = this.#visible()
    const at = visible.indexOf(event.target)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: visible.length - 1 }[event.key]
    if (to === undefined || visible[to] === undefined) return
    event.preventDefault()
    visible[to].focus()
  }
}

function choice(field: Field, word: (value: string) => string, findings: readonly PageFinding[]): HTMLSelectElement {
  const counts = new Map<string, number>()
  for (const finding of findings) counts.set(finding[field], (counts.get(finding[field]) ?? 0) + 1)
  return element(
    'select',
    { name: field },
    element('option', { value: ALL }, 'All'),
    ...[...counts]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([value, count]) => element('option', { value }, `${word(value)} (${count})`)),
  )
}

function fileGroup(file: string): { readonly section: HTMLElement; readonly list: HTMLElement } {
  const list = element('ul', { class: 'findings' })
  return { section: element('div', { class: 'file' }, element('h3', { class: 'mono' }, file), list), list }
}

function findingItem(finding: PageFinding): HTMLLIElement {
  const { severity, message, rule, object, line, status, codes } = finding
  const details = element(
    'details',
    {},
    element(
      'summary',
      {},
      element('span', { class: `severity ${severity}` }, severity),
      element(
        'span',
        { class: 'what' },
        element('span', { class: 'message' }, message),
        element(
          'span',
          { class: 'muted' },
          [object, ...(line === undefined ? [] : [`line ${line}`]), rule, ...codes].join(' · '),
        ),
      ),
      element('span', { class: `status ${status}` }, STATUS_WORDS[status]),
    ),
  )
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) details.append(findingDetail(finding))
  })
  return element('li', { 'data-finding': finding.id }, details)
}
