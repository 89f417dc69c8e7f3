/** Of each arrow key, the way that it points. */
const WAYS: Readonly<Record<string, { readonly x: number; readonly y: number }>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
}

/** The element that an arrow key leads to: near, and rather ahead than aside. */
export function nearest(from: HTMLElement, all: readonly HTMLElement[], key: string): HTMLElement | undefined {
  const way = WAYS[key]
  if (way === undefined) return undefined
  const start = middleOf(from)
  let best: { readonly element: HTMLElement; readonly distance: number } | undefined
  for (const element of all) {
    const { x, y } = middleOf(element)
    const ahead = (x - start.x) * way.x + (y - start.y) * way.y
    const aside = Math.abs((x - start.x) * way.y) + Math.abs((y - start.y) * way.x)
    if (element === from || ahead <= aside / 3) continue
    const distance = ahead + 2 * aside
    if (best === undefined || distance < best.distance) best = { element, distance }
  }
  return best?.element
}

function middleOf({ offsetLeft, offsetTop, offsetWidth, offsetHeight }: HTMLElement) {
  return { x: offsetLeft + offsetWidth / 2, y: offsetTop + offsetHeight / 2 }
}
