import { type Detector, PROFILES } from './detect/detector.ts'

/** A rule's page in Markdown: what its author says of it, and what its detector knows. */
export function rulePage({ id, title, docs, checks }: Detector, text = `${title}.\n`): string {
  const [asks = '', ...sections] = text.split(/\n(?=## )/)
  const rows = Object.entries(checks).map(([check, severities]) => [
    check,
    ...PROFILES.map(profile => severities[profile] ?? 'off'),
  ])
  const table = aligned([['check', ...PROFILES], ...rows])
  return [`# ${id}\n`, asks, `## Severity\n\n${table}\n`, ...sections, `## Links\n\n- ${docs}\n`].join('\n')
}

/** What of a rule stands in the table of all rules. */
export function rulesRow({ id, checks }: Detector, text: string): string {
  const [asks = ''] = text.split('\n', 1)
  const [, fix = ''] = /^## Fix\n\n(.*)$/m.exec(text) ?? []
  const severities = PROFILES.map(
    profile => [...new Set(Object.values(checks).flatMap(row => row[profile] ?? []))].join(', ') || 'off',
  )
  const severity = new Set(severities).size === 1 ? severities[0] : severities.join(' / ')
  return `| [\`${id}\`](plugins/${id}.md) | ${asks.replace(/\.$/, '')} | ${severity} | ${fix.replace(/\.$/, '')} |`
}

/** A Markdown table whose columns are straight in a terminal, too. */
function aligned([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map(row => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
