import packageJson from '../../package.json' with { type: 'json' }
import type { Detector, Severity } from '../detect/detector.ts'
import { titleOf } from '../read/resource.ts'
import { type Left, leftIn, offeredEdits } from './left.ts'
import type { Region } from './locate.ts'
import { clean } from './paint.ts'
import { fromRoot, locators, problemsOf, type Result, safetyOf, shownPath, statusOf } from './result.ts'

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' }

/**
 * The report in SARIF 2.1.0: what is left, with the proven fixes.
 *
 * @param pageOf a rule's page in Markdown
 */
export function sarifReport(told: Result, pageOf: (detector: Detector) => string): string {
  const result = fromRoot(told)
  const left = leftIn(result)
  const rules = [...new Set(left.map(({ diagnosis }) => diagnosis.detector))]
  const { after } = locators(result)
  const artifactOf = (path: string) => ({ uri: uriOf(shownPath(path, result)), uriBaseId: '%SRCROOT%' })
  const placeOf = (path: string, region: Region | undefined) => ({
    physicalLocation: {
      artifactLocation: artifactOf(path),
      ...(region === undefined ? {} : { region: spanOf(region) }),
    },
  })

  const fixesOf = (finding: Left) => {
    const { treatment } = finding.diagnosis
    const edits = offeredEdits(finding, result)
    if (edits === undefined || edits.size === 0 || !('fix' in treatment)) return {}
    const artifactChanges = [...edits].map(([path, own]) => ({
      artifactLocation: artifactOf(path),
      replacements: own.map(edit => ({
        deletedRegion: spanOf(after.regionOf(path, edit)),
        insertedContent: { text: edit.text },
      })),
    }))
    return { fixes: [{ description: { text: clean(treatment.fix.title) }, artifactChanges }] }
  }

  const relatedTo = ({ diagnosis: { treatment } }: Left) => {
    const evidence = 'fix' in treatment ? treatment.fix.evidence : 'evidence' in treatment ? treatment.evidence : []
    const related = evidence.flatMap(({ at, says }) =>
      at === undefined
        ? []
        : [{ ...placeOf(at.resource.path, after.region(at.resource, at.pointer)), message: { text: clean(says) } }],
    )
    return related.length === 0 ? {} : { relatedLocations: related.map((place, id) => ({ id, ...place })) }
  }

  const results = left.map(finding => {
    const { diagnosis, id, path, region, message, remarks } = finding
    const { detector, severity, treatment } = diagnosis
    const { check, codes = [], resource } = diagnosis.finding
    const safety = safetyOf(diagnosis)
    return {
      ruleId: detector.id,
      ruleIndex: rules.indexOf(detector),
      level: LEVELS[severity],
      message: { text: [message, ...remarks].join('\n') },
      locations: [
        { ...placeOf(path, region), logicalLocations: [{ fullyQualifiedName: clean(titleOf(resource.object)) }] },
      ],
      partialFingerprints: { 'meshFix/v1': id },
      ...relatedTo(finding),
      ...fixesOf(finding),
      properties: {
        check,
        codes,
        status: statusOf(diagnosis, result),
        ...(safety === undefined ? {} : { safety }),
        ...('fix' in treatment ? { impact: treatment.fix.impact } : {}),
      },
    }
  })

  const problems = problemsOf(result)
  const run = {
    tool: {
      driver: {
        name: packageJson.name,
        semanticVersion: packageJson.version,
        rules: rules.map(rule => ruleOf(rule, pageOf(rule))),
      },
    },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { '%SRCROOT%': { description: { text: 'the root of the repository' } } },
    invocations: [
      {
        executionSuccessful: result.failures.length === 0,
        toolExecutionNotifications: problems.map(({ path, line, column, message }) => ({
          level: 'error',
          message: { text: clean(message) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: artifactOf(path),
                region: { startLine: line, startColumn: column },
              },
            },
          ],
        })),
      },
    ],
    results,
  }
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] }
  return `${JSON.stringify(log, null, 2)}\n`
}

function ruleOf({ id, title, docs }: Detector, page: string) {
  const text = `${title}.`
  return {
    id,
    shortDescription: { text },
    fullDescription: { text },
    help: { text: `${text} ${docs}`, markdown: page },
    ...(URL.canParse(docs) ? { helpUri: docs } : {}),
  }
}

function spanOf({ line, column, endLine, endColumn }: Region) {
  return { startLine: line, startColumn: column, endLine, endColumn }
}

function uriOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}
