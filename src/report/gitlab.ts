import { createHash } from 'node:crypto'
import type { Severity } from '../detect/detector.ts'
import { leftIn } from './left.ts'
import { clean } from './paint.ts'
import { fromRoot, problemsOf, type Result, shownPath } from './result.ts'

const SEVERITIES: Readonly<Record<Severity, string>> = { error: 'critical', warning: 'major', info: 'info' }

/** The report as GitLab's Code Quality takes it. */
export function gitlabReport(run: Result): string {
  const result = fromRoot(run)
  const locationOf = (path: string, line: number) => ({ path: shownPath(path, result), lines: { begin: line } })
  const problems = problemsOf(result).map(({ path, line, message }) => ({
    description: clean(message),
    check_name: 'unreadable',
    fingerprint: createHash('sha256').update(`${path}\0${message}`).digest('hex').slice(0, 16),
    severity: 'blocker',
    location: locationOf(path, line),
  }))
  const findings = leftIn(result).map(({ diagnosis, id, path, region, message, remarks }) => ({
    description: [message, ...remarks.slice(0, 1)].join('; '),
    check_name: diagnosis.detector.id,
    fingerprint: id,
    severity: SEVERITIES[diagnosis.severity],
    location: locationOf(path, region?.line ?? 1),
  }))
  return `${JSON.stringify([...problems, ...findings], null, 2)}\n`
}
