import { Graph, layout } from '@dagrejs/dagre'

/** A box that is to be placed. */
export interface Box {
  readonly width: number
  readonly height: number
}

/** Where its upper left corner goes. */
export interface Spot {
  readonly x: number
  readonly y: number
}

export interface Placed {
  readonly spots: readonly Spot[]
  readonly width: number
  readonly height: number
}

/** Between boxes of a column, columns, and parts that have nothing to do with each other, in CSS pixels. */
const GAP = { box: 20, column: 88, part: 32 }

/**
 * Places boxes from left to right along the lines between them. Parts without a line between them are placed for
 * themselves, and set like words on lines as wide as the room.
 *
 * @param lines pairs of places in the list of boxes
 */
export function placed(boxes: readonly Box[], lines: readonly (readonly [number, number])[], room: number): Placed {
  const spots: Spot[] = []
  let [x, y, height, width] = [0, 0, 0, 0]
  for (const part of partsOf(boxes.length, lines)) {
    const inside = layered(part, boxes, lines)
    if (x > 0 && x + inside.width > room) {
      x = 0
      y += height + GAP.part
      height = 0
    }
    for (const [box, spot] of inside.spots) spots[box] = { x: x + spot.x, y: y + spot.y }
    x += inside.width + GAP.part
    width = Math.max(width, x - GAP.part)
    height = Math.max(height, inside.height)
  }
  return { spots, width, height: y + height }
}

/** The boxes that hang together, each part in the order of the list. */
function partsOf(count: number, lines: readonly (readonly [number, number])[]): readonly (readonly number[])[] {
  const leader = Array.from({ length: count }, (_, index) => index)
  const find = (index: number): number => {
    let current = index
    while (leader[current] !== current) current = leader[current] ?? current
    return current
  }
  for (const [from, to] of lines) {
    const [one, other] = [find(from), find(to)].toSorted((left, right) => left - right)
    if (one !== undefined && other !== undefined) leader[other] = one
  }
  const parts = new Map<number, number[]>()
  for (let index = 0; index < count; index += 1) {
    const first = find(index)
    parts.set(first, [...(parts.get(first) ?? []), index])
  }
  return [...parts.values()]
}

interface Layered extends Box {
  readonly spots: readonly (readonly [number, Spot])[]
}

function layered(
  part: readonly number[],
  boxes: readonly Box[],
  lines: readonly (readonly [number, number])[],
): Layered {
  const [first = 0] = part
  if (part.length === 1) return { ...(boxes[first] ?? { width: 0, height: 0 }), spots: [[first, { x: 0, y: 0 }]] }
  const graph = new Graph()
  // Dagre's own ranker takes twenty times as long.
  graph.setGraph({ rankdir: 'LR', nodesep: GAP.box, ranksep: GAP.column, ranker: 'longest-path' })
  graph.setDefaultEdgeLabel(() => ({}))
  const members = new Set(part)
  for (const index of part) graph.setNode(`${index}`, { ...boxes[index] })
  for (const [from, to] of lines) if (members.has(from) && from !== to) graph.setEdge(`${from}`, `${to}`)
  layout(graph)
  const corners = part.map(index => {
    const { x = 0, y = 0, width = 0, height = 0 } = graph.node(`${index}`)
    return { index, left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2 }
  })
  const left = Math.min(...corners.map(corner => corner.left))
  const top = Math.min(...corners.map(corner => corner.top))
  return {
    width: Math.max(...corners.map(corner => corner.right)) - left,
    height: Math.max(...corners.map(corner => corner.bottom)) - top,
    spots: corners.map(corner => [corner.index, { x: corner.left - left, y: corner.top - top }]),
  }
}
