import { isAtLeast } from '../detect/detector.ts'
import { titleOf } from '../read/resource.ts'
import { type Left, leftIn } from './left.ts'
import { problemsOf, type Result, shownPath } from './result.ts'
import { summaryLine } from './summary.ts'

/** One test case, and how it failed. */
interface Case {
  readonly path: string
  readonly attributes: Readonly<Record<string, string>>
  readonly outcome: {
    readonly tag: 'failure' | 'error' | 'system-out'
    readonly attributes: string
    readonly text: string
  }
}

/**
 * The report as JUnit's XML: a suite for each file, a case for each finding; those below `--fail-on` pass. It has the
 * form that Jenkins reads, in which a case has no line: that stands in its text.
 */
export function junitReport(result: Result): string {
  const problems = problemsOf(result).map(
    ({ path, line, message }): Case => ({
      path,
      attributes: { name: 'the file can be used', classname: 'mesh-fix' },
      outcome: {
        tag: 'error',
        attributes: attributes({ message, type: 'error' }),
        text: `${shownPath(path, result)}:${line}: ${message}`,
      },
    }),
  )
  const cases = [...problems, ...leftIn(result).map(finding => caseOf(finding, result))]
  const byPath = new Map(cases.map(({ path }): [string, Case[]] => [path, []]))
  for (const one of cases) byPath.get(one.path)?.push(one)
  const body = [...byPath].map(([path, own]) => {
    const file = shownPath(path, result)
    return suite({ name: file, file }, own, own.map(xmlOf))
  })
  const passed = suite(
    { name: 'mesh-fix' },
    [],
    [`    <testcase ${attributes({ name: summaryLine(result), classname: 'mesh-fix' })}/>`],
  )
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: 'mesh-fix', ...counts(cases) })}>`,
    ...(body.length === 0 ? [passed] : body),
    '</testsuites>',
    '',
  ].join('\n')
}

function caseOf({ diagnosis, path, region, message, remarks }: Left, result: Result): Case {
  const { detector, severity, finding } = diagnosis
  const place = `${shownPath(path, result)}${region === undefined ? '' : `:${region.line}`}`
  const text = [`${place}: ${message}`, ...remarks].join('\n')
  return {
    path,
    attributes: {
      name: `${detector.id}: ${titleOf(finding.resource.object)}: ${finding.subject}`,
      classname: detector.id,
    },
    outcome: isAtLeast(severity, result.failOn)
      ? { tag: 'failure', attributes: attributes({ message, type: severity }), text }
      : { tag: 'system-out', attributes: '', text },
  }
}

function suite(of: Readonly<Record<string, string>>, cases: readonly Case[], lines: readonly string[]): string {
  return [
    `  <testsuite ${attributes({ ...of, ...counts(cases), tests: lines.length })}>`,
    ...lines,
    '  </testsuite>',
  ].join('\n')
}

function counts(cases: readonly Case[]) {
  const count = (tag: Case['outcome']['tag']): number => cases.filter(({ outcome }) => outcome.tag === tag).length
  return { tests: Math.max(cases.length, 1), failures: count('failure'), errors: count('error') }
}

function xmlOf({ attributes: own, outcome: { tag, attributes: its, text } }: Case): string {
  const start = its === '' ? tag : `${tag} ${its}`
  return `    <testcase ${attributes(own)}>\n      <${start}>${escaped(text)}</${tag}>\n    </testcase>`
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}="${escaped(String(value)).replaceAll('\n', '&#10;')}"`)
    .join(' ')
}

/** XML has no form for most control characters, nor for halves of surrogate pairs: they are dropped. */
function escaped(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|\p{Surrogate}/gu, '')
    .replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
