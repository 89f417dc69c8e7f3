import { element } from './dom.ts'
import type { PageDiff, PageEvidence, PageFinding, PageFix } from './page-data.ts'
import { IMPACT_WORDS } from './words.ts'

/** What is below a finding: why it is left, the fix, its evidence and its diff, or candidates. */
export function findingDetail({ reason, fix, evidence, candidates }: PageFinding): HTMLElement {
  return element(
    'div',
    { class: 'detail' },
    ...(reason === '' ? [] : [element('p', { class: 'reason' }, sentence(reason))]),
    ...(fix === undefined ? [] : [fixPart(fix, 'Fix')]),
    ...(evidence.length === 0 ? [] : [evidencePart(evidence)]),
    ...candidates.map((candidate, index) =>
      fixPart(candidate, candidates.length > 1 ? `Candidate ${index + 1}` : 'Candidate'),
    ),
  )
}

function fixPart({ title, safety, impact, notes, diffs }: PageFix, name: string): HTMLElement {
  const how = [...(safety === 'display' ? [] : [safety]), IMPACT_WORDS[impact] ?? impact].join(', ')
  return element(
    'section',
    { class: 'fix' },
    element('h4', {}, name),
    element('p', {}, sentence(title), element('span', { class: 'muted' }, ` ${how}`)),
    ...(notes.length === 0 ? [] : [element('ul', { class: 'plain' }, ...notes.map(note => element('li', {}, note)))]),
    ...diffs.map(diffPart),
  )
}

function evidencePart(evidence: readonly PageEvidence[]): HTMLElement {
  return element(
    'section',
    { class: 'evidence' },
    element('h4', {}, 'Evidence'),
    element(
      'ul',
      { class: 'plain' },
      ...evidence.map(({ class: level, says, place }) =>
        element(
          'li',
          {},
          element('span', { class: `level ${level}` }, level),
          ` ${says} `,
          element('span', { class: 'muted mono' }, place),
        ),
      ),
    ),
  )
}

const LINE_CLASSES: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '@': 'hunk' }

function diffPart({ file, isNew, lines }: PageDiff): HTMLElement {
  return element(
    'figure',
    { class: 'diff' },
    element('figcaption', { class: 'mono' }, file, isNew ? ' (new)' : ''),
    element(
      'pre',
      { tabindex: 0, 'aria-label': `Diff of ${file}` },
      ...lines.map(line => element('span', { class: LINE_CLASSES[line[0] ?? ''] ?? 'same' }, `${line}\n`)),
    ),
  )
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}
