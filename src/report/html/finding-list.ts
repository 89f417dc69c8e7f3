import { element, inOrder, namespaceTitle, plural } from './dom.ts'
import { findingDetail } from './finding-detail.ts'
import type { PageData, PageFinding } from './page-data.ts'
import { STATUS_WORDS } from './words.ts'

/** A finding's row, made when it is first shown, and what the filter looks at. */
interface Row {
  readonly finding: PageFinding
  item?: HTMLLIElement
  /** Lower case. */
  readonly text: string
}

/** So many findings are shown until more are asked for: a keystroke in the filter must not wait for thousands. */
const STEP = 200

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
  readonly #search = element('input', { type: 'search', id: 'search', autocomplete: 'off', spellcheck: 'false' })
  readonly #choices: ReadonlyMap<Field, HTMLSelectElement>
  readonly #count = element('p', { class: 'count muted', role: 'status' })
  readonly #list = element('div', { class: 'files' })
  readonly #more = element('button', { type: 'button' })
  readonly #rows: readonly Row[]
  #matching: readonly Row[] = []
  #shown = 0

  constructor({ findings }: PageData) {
    this.#rows = findings.map(finding => ({ finding, text: textOf(finding) }))
    this.#choices = new Map(FIELDS.map(({ field, word }) => [field, choice(field, word, findings)]))
    this.section = element(
      'section',
      { 'aria-labelledby': 'findings' },
      element('h2', { id: 'findings', tabindex: -1 }, 'Findings'),
      this.#filter(),
      this.#count,
      this.#list,
      this.#more,
    )
    this.#more.addEventListener('click', () => this.#showMore())
    this.#list.addEventListener('keydown', event => this.#move(event))
    document.addEventListener('keydown', event => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement) return
      event.preventDefault()
      this.#search.focus()
    })
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
    this.#matching = this.#rows.filter(
      ({ finding, text }) => text.includes(words) && wanted.every(([field, { value }]) => finding[field] === value),
    )
    this.#shown = STEP
    this.#draw()
    const count = this.#matching.length
    const all = this.#rows.length
    this.#count.textContent =
      all === 0
        ? 'No findings: nothing here breaks what Istio requires.'
        : count === all
          ? plural(all, 'finding')
          : `${count.toLocaleString('en')} of ${plural(all, 'finding')}`
  }

  /** The next findings, and the first of them to go on from. */
  #showMore(): void {
    const next = this.#matching[this.#shown]
    this.#shown += STEP
    this.#draw()
    next?.item?.querySelector('summary')?.focus()
  }

  #draw(): void {
    const files: HTMLElement[] = []
    let list: HTMLElement | undefined
    let file: string | undefined
    for (const row of this.#matching.slice(0, this.#shown)) {
      if (list === undefined || row.finding.file !== file) {
        file = row.finding.file
        list = element('ul', { class: 'findings' })
        files.push(element('div', { class: 'file' }, element('h3', { class: 'mono' }, file), list))
      }
      row.item ??= findingItem(row.finding)
      list.append(row.item)
    }
    this.#list.replaceChildren(...files)
    const left = this.#matching.length - this.#shown
    this.#more.hidden = left <= 0
    this.#more.textContent = `Show ${Math.min(left, STEP)} more of ${left.toLocaleString('en')}`
  }

  #visible(): readonly HTMLElement[] {
    return this.#matching.slice(0, this.#shown).flatMap(({ item }) => item?.querySelector('summary') ?? [])
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
      .toSorted(([one], [other]) => inOrder(one, other))
      .map(([value, count]) => element('option', { value }, `${word(value)} (${count})`)),
  )
}

function textOf({ message, rule, file, object, fix, codes }: PageFinding): string {
  return [message, rule, file, object, fix?.title, ...codes].join('\n').toLowerCase()
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
