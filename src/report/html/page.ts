import { element, plural } from './dom.ts'
import { FindingList } from './finding-list.ts'
import { MeshMap } from './mesh-map.ts'
import type { PageData } from './page-data.ts'
import { readinessSection } from './readiness.ts'

const data = JSON.parse(document.getElementById('data')?.textContent ?? '{}') as PageData

const findings = new FindingList(data)
const map = new MeshMap(data, title => findings.showOnly(title))
const main = element(
  'main',
  {},
  readinessSection(data, {
    onNamespace: namespace => map.show(namespace),
    onRule: rule => findings.showRule(rule),
  }),
  map.section,
  findings.section,
  endSection(data),
)
document.body.append(element('a', { href: '#findings', class: 'skip' }, 'Skip to the findings'), header(data), main)
map.draw()

function header({ root, profile, written, isChart, counts }: PageData): HTMLElement {
  const state = written ? 'fixes are written' : 'preview, nothing is written'
  return element(
    'header',
    { class: 'banner' },
    element(
      'div',
      {},
      element('p', { class: 'wordmark' }, 'mesh-fix'),
      element('h1', {}, root),
      element(
        'p',
        { class: 'muted' },
        [
          `Istio readiness, profile ${profile}`,
          ...(isChart ? ['as the Helm chart renders'] : []),
          `${plural(counts.resources, 'object')} in ${plural(counts.files, 'file')}`,
          state,
        ].join(' · '),
      ),
    ),
    element(
      'nav',
      { 'aria-label': 'Parts of the report' },
      ...['Readiness', 'Map', 'Findings'].map(part => element('a', { href: `#${part.toLowerCase()}` }, part)),
    ),
  )
}

/** What was not looked at, and how to go on. */
function endSection({ skipped, errors, counts }: PageData): HTMLElement | undefined {
  if (skipped.length + errors.length + counts.suppressed === 0) return undefined
  return element(
    'section',
    { 'aria-labelledby': 'aside' },
    element('h2', { id: 'aside' }, 'Not looked at'),
    ...(errors.length === 0
      ? []
      : [
          element('h3', {}, 'Errors'),
          element('ul', { class: 'plain' }, ...errors.map(error => element('li', { class: 'bad mono' }, error))),
        ]),
    element(
      'ul',
      { class: 'plain' },
      ...skipped.map(({ reason, files }) => element('li', {}, `${plural(files, 'file')}: ${reason}`)),
      ...(counts.suppressed === 0
        ? []
        : [element('li', {}, `${plural(counts.suppressed, 'finding')} suppressed by an ignore`)]),
    ),
  )
}
