import { type Card, cardElement, cardHeight, rowMiddle, WIDTH } from './card.ts'
import { drawing, element, inOrder, namespaceTitle, plural } from './dom.ts'
import { type Placed, placed } from './layout.ts'
import { nearest } from './nearest.ts'
import type { PageData, PageEdge, PageNode } from './page-data.ts'
import { isChanged, type Side } from './words.ts'

/** So many objects are shown at once where no namespace is chosen; more are an overview of namespaces. */
const MAX_WHOLE = 60

/** So many are shown until more are asked for: laying out takes long, and nobody finds anything. */
const MAX_CARDS = 120

/** Stands for no choice: an empty one is a namespace that isn't named. */
const ALL = '*'

/** A line between two cards, from a row to a row. */
interface Line {
  readonly from: number
  readonly to: number
  readonly fromRow: number
  readonly toRow: number
  readonly style: string
}

/** The picture: cards and the lines between them. */
interface Picture {
  readonly cards: readonly Card[]
  readonly lines: readonly Line[]
  readonly note: string
  readonly isCut: boolean
}

/** The mesh as a picture, before and after the fixes. */
export class MeshMap {
  readonly section: HTMLElement
  readonly #data: PageData
  readonly #onObject: (title: string) => void
  readonly #namespaces = element('select', { name: 'map-namespace' })
  readonly #onlyChanges = element('input', { type: 'checkbox', name: 'only-changes' })
  readonly #note = element('p', { class: 'muted', role: 'status' })
  readonly #more = element('button', { type: 'button', hidden: true }, 'Show all')
  readonly #canvas = element('div', { class: 'canvas' })
  readonly #findings = new Map<number, number>()
  /** By node, the edges at it. */
  readonly #edges = new Map<number, PageEdge[]>()
  #side: Side
  #isWhole = false
  #heading = element('h2', { id: 'map', tabindex: -1 }, 'Map')

  /** @param onObject told the title of an object whose findings are wanted */
  constructor(data: PageData, onObject: (title: string) => void) {
    this.#data = data
    this.#onObject = onObject
    this.#side = 'after'
    for (const { node } of data.findings)
      if (node !== undefined) this.#findings.set(node, (this.#findings.get(node) ?? 0) + 1)
    for (const edge of data.edges)
      for (const node of new Set([edge.from, edge.to])) this.#edges.set(node, [...(this.#edges.get(node) ?? []), edge])
    this.section = element(
      'section',
      { 'aria-labelledby': 'map' },
      this.#heading,
      this.#toolbar(),
      element('div', { class: 'note' }, this.#note, this.#more),
      element(
        'div',
        {
          class: 'frame',
          role: 'region',
          'aria-label': 'Map of the mesh',
          'aria-describedby': 'map-keys',
          tabindex: 0,
        },
        this.#canvas,
      ),
      element(
        'p',
        { class: 'muted keys', id: 'map-keys' },
        'Left to right: routes, Services, workloads. Arrow keys move between cards; Enter lists a card’s findings.',
      ),
    )
    this.#canvas.addEventListener('keydown', event => this.#move(event))
    for (const event of ['focusin', 'mouseover'])
      this.#canvas.addEventListener(event, ({ target }) => this.#light(target))
    for (const event of ['focusout', 'mouseleave']) this.#canvas.addEventListener(event, () => this.#light(null))
  }

  /** Shows a namespace, and goes there. */
  show(namespace: string): void {
    this.#namespaces.value = namespace
    this.#isWhole = false
    this.draw()
    this.#heading.scrollIntoView()
    this.#heading.focus({ preventScroll: true })
  }

  /** Draws what is chosen. */
  draw(): void {
    const { cards, lines, note, isCut } = this.#picture()
    this.#note.textContent = note
    this.#more.hidden = !isCut
    const room = Math.max(this.#canvas.parentElement?.clientWidth ?? 0, WIDTH) - 48
    const pairs = lines.map(({ from, to }) => [from, to] as const)
    const plan = placed(
      cards.map(card => ({ width: WIDTH, height: cardHeight(card) })),
      pairs,
      room,
    )
    this.#canvas.style.width = `${plan.width}px`
    this.#canvas.style.height = `${plan.height}px`
    const elements = cards.map((card, index) => {
      const made = cardElement(card, index, index === 0)
      made.style.left = `${plan.spots[index]?.x ?? 0}px`
      made.style.top = `${plan.spots[index]?.y ?? 0}px`
      made.querySelector('button')?.addEventListener('click', card.onOpen)
      return made
    })
    this.#canvas.replaceChildren(this.#drawing(cards, lines, plan), ...elements)
  }

  #toolbar(): HTMLElement {
    const counts = new Map<string, number>()
    for (const { namespace } of this.#data.nodes) counts.set(namespace, (counts.get(namespace) ?? 0) + 1)
    this.#namespaces.append(
      element('option', { value: ALL }, `All (${this.#data.nodes.length})`),
      ...[...counts]
        .toSorted(([one], [other]) => inOrder(one, other))
        .map(([value, count]) => element('option', { value }, `${namespaceTitle(value)} (${count})`)),
    )
    const side = (value: Side, title: string): HTMLElement => {
      const input = element('input', { type: 'radio', name: 'side', value, checked: value === this.#side })
      input.addEventListener('change', () => {
        this.#side = value
        this.draw()
      })
      return element('label', {}, input, element('span', {}, title))
    }
    for (const control of [this.#namespaces, this.#onlyChanges])
      control.addEventListener('change', () => {
        this.#isWhole = false
        this.draw()
      })
    this.#more.addEventListener('click', () => {
      this.#isWhole = true
      this.draw()
    })
    return element(
      'form',
      { class: 'filter', 'aria-label': 'What the map shows' },
      element(
        'fieldset',
        { class: 'switch' },
        element('legend', {}, 'Fixes'),
        side('before', 'Before'),
        side('after', 'After'),
      ),
      element('label', {}, 'Namespace', this.#namespaces),
      element('label', { class: 'check' }, this.#onlyChanges, 'Only what has findings, and what is next to it'),
    )
  }

  #picture(): Picture {
    const { nodes } = this.#data
    const namespace = this.#namespaces.value
    if (namespace === ALL && nodes.length > MAX_WHOLE) return this.#overview()
    const own = nodes.filter(node => namespace === ALL || node.namespace === namespace)
    const asked = this.#onlyChanges.checked ? own.filter(node => this.#isOfInterest(node)) : own
    // What there is something to see of comes first where not all can be shown.
    const ranked = asked.toSorted((one, other) => Number(this.#isOfInterest(other)) - Number(this.#isOfInterest(one)))
    const shown = new Set<number>()
    for (const { id } of ranked) {
      if (!this.#isWhole && shown.size >= MAX_CARDS) break
      shown.add(id)
      for (const { from, to } of this.#edges.get(id) ?? []) shown.add(from).add(to)
    }
    const missing = asked.filter(({ id }) => !shown.has(id)).length
    const cards = [...shown].toSorted((one, other) => one - other).flatMap(id => nodes[id] ?? [])
    return {
      cards: cards.map(node => this.#card(node)),
      lines: this.#lines(cards),
      note: cards.length === 0 ? 'Nothing to show.' : this.#noteOn(cards, missing),
      isCut: missing > 0,
    }
  }

  #noteOn(cards: readonly PageNode[], missing: number): string {
    const ports = cards.flatMap(node => node.ports).filter(({ before, after }) => isChanged(before, after)).length
    const cut = missing === 0 ? '' : ` ${plural(missing, 'more object')} without findings or further down are left out.`
    return `${plural(cards.length, 'object')}, ${plural(ports, 'port or reference', 'ports and references')} that the fixes change.${cut}`
  }

  #isOfInterest({ id, ports }: PageNode): boolean {
    return this.#findings.has(id) || ports.some(({ before, after }) => isChanged(before, after))
  }

  #card(node: PageNode): Card {
    const title = `${node.kind} ${node.namespace === '' ? '' : `${node.namespace}/`}${node.name}`
    return {
      kind: node.kind,
      name: node.name,
      detail: [...(node.namespace === '' ? [] : [node.namespace]), shortened(node.place)].join(' · '),
      role: node.role,
      side: this.#side,
      isNew: node.isNew,
      findings: this.#findings.get(node.id) ?? 0,
      ports: node.ports,
      leadsTo: node.ports.map((_, port) => this.#targets(node, port)),
      facts: [],
      onOpen: () => this.#onObject(title),
    }
  }

  #targets({ id }: PageNode, port: number): readonly string[] {
    return (this.#edges.get(id) ?? [])
      .filter(edge => edge.from === id && edge.fromPort === port && edge[this.#side])
      .flatMap(({ to }) => {
        const target = this.#data.nodes[to]
        return target === undefined ? [] : `${target.kind} ${target.name}`
      })
  }

  #lines(cards: readonly PageNode[]): readonly Line[] {
    const places = new Map(cards.map(({ id }, index) => [id, index]))
    const edges = new Set(cards.flatMap(({ id }) => this.#edges.get(id) ?? []))
    return [...edges].flatMap(edge => {
      const [from, to] = [places.get(edge.from), places.get(edge.to)]
      if (from === undefined || to === undefined) return []
      const port = cards[from]?.ports[edge.fromPort]
      const isTouched = edge.before !== edge.after || isChanged(port?.before, port?.after)
      const classes = [
        isTouched ? 'touched' : '',
        edge.isMention ? 'mention' : '',
        edge[this.#side] ? '' : 'absent',
      ].filter(name => name !== '')
      return { from, to, fromRow: edge.fromPort, toRow: edge.toPort, style: classes.join(' ') }
    })
  }

  /** A card for each namespace: what a person can look at where there is too much to see. */
  #overview(): Picture {
    const { nodes, edges, namespaces } = this.#data
    const names = [...new Set(nodes.map(node => node.namespace))].toSorted(inOrder)
    const places = new Map(names.map((name, index) => [name, index]))
    const between = new Map<string, Line>()
    for (const edge of edges) {
      const from = places.get(nodes[edge.from]?.namespace ?? '')
      const to = places.get(nodes[edge.to]?.namespace ?? '')
      if (from === undefined || to === undefined || from === to || !edge[this.#side]) continue
      between.set(`${from} ${to}`, { from, to, fromRow: -1, toRow: -1, style: '' })
    }
    const cards = names.map((name): Card => {
      const own = nodes.filter(node => node.namespace === name)
      const readiness = namespaces.find(({ namespace }) => namespace === name)
      const count = (role: string): number => own.filter(node => node.role === role).length
      return {
        kind: 'Namespace',
        name: namespaceTitle(name),
        detail: `${plural(count('service'), 'Service')}, ${plural(count('workload'), 'workload')}`,
        role: 'namespace',
        side: this.#side,
        isNew: false,
        findings: readiness?.tally.findings ?? 0,
        ports: [],
        leadsTo: [],
        facts: [
          `${readiness?.[this.#side === 'before' ? 'readyBefore' : 'readyAfter'] ?? 0} of ${readiness?.objects ?? 0} objects ready`,
        ],
        onOpen: () => this.show(name),
      }
    })
    const note = `${plural(names.length, 'namespace')} with ${plural(nodes.length, 'object')}: open one to see it.`
    return { cards, lines: [...between.values()], note, isCut: false }
  }

  #drawing(cards: readonly Card[], lines: readonly Line[], { spots, width, height }: Placed): SVGElement {
    const paths = lines.flatMap(({ from, to, fromRow, toRow, style }) => {
      const [start, end, one, other] = [spots[from], spots[to], cards[from], cards[to]]
      if (start === undefined || end === undefined || one === undefined || other === undefined) return []
      const [x, y] = [start.x + WIDTH, start.y + rowMiddle(one, fromRow)]
      const [toX, toY] = [end.x, end.y + rowMiddle(other, toRow)]
      const bend = Math.max(40, Math.abs(toX - x) / 2)
      return drawing('path', {
        d: `M${x},${y} C${x + bend},${y} ${toX - bend},${toY} ${toX},${toY}`,
        class: style,
        'data-from': from,
        'data-to': to,
      })
    })
    return drawing('svg', { width, height, 'aria-hidden': 'true' }, ...paths)
  }

  #move(event: KeyboardEvent): void {
    const cards = [...this.#canvas.querySelectorAll<HTMLElement>('.card')]
    const current = event.target instanceof Element ? event.target.closest<HTMLElement>('.card') : null
    if (current === null) return
    const next = nearest(current, cards, event.key)
    if (next === undefined) return
    event.preventDefault()
    for (const card of cards) card.querySelector('button')?.setAttribute('tabindex', card === next ? '0' : '-1')
    next.querySelector('button')?.focus()
  }

  /** Makes the lines at a card stand out. */
  #light(target: EventTarget | null): void {
    const card = target instanceof Element ? target.closest<HTMLElement>('.card') : null
    const place = card?.dataset['place']
    for (const path of this.#canvas.querySelectorAll<SVGElement>('path'))
      path.classList.toggle('lit', place !== undefined && [path.dataset['from'], path.dataset['to']].includes(place))
  }
}

/** The end of a path: what there is room for. */
function shortened(place: string): string {
  return place.split('/').slice(-2).join('/')
}
