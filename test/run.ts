import { NOT_BUILT } from '../src/build/record.ts'
import type { PortStyle, Profile } from '../src/detect/detector.ts'
import type { Outcome, RunOptions } from '../src/outcome.ts'
import { Pipeline } from '../src/pipeline.ts'
import { customKinds, type KindPlaces } from '../src/read/custom-kinds.ts'
import { type FileText, repositoryOf } from '../src/read/repository.ts'
import { locators, type Result } from '../src/report/result.ts'
import { textReport } from '../src/report/text.ts'
import { shippedRules } from '../src/rules.ts'
import { applied } from '../src/write/edit.ts'

/** How a fixture is run; what is left out has the command line's default. */
export interface RunSettings {
  readonly profile?: Profile
  readonly portStyle?: PortStyle
  readonly unsafe?: boolean
  readonly maxImpact?: RunOptions['maxImpact']
  readonly externalReferences?: RunOptions['externalReferences']
  readonly ports?: RunOptions['ports']
  readonly all?: boolean
  readonly podTemplates?: KindPlaces['podTemplates']
  readonly portReferences?: KindPlaces['portReferences']
  /** The rule that is reported and fixed; default: all. The proof knows all rules. */
  readonly only?: string
  /** The paths that findings are reported on and written in, as prefixes; default: all. */
  readonly paths?: readonly string[]
}

const rules = await shippedRules()

/** Runs all rules over texts, without the disk. */
export function runOn(texts: readonly FileText[], settings: RunSettings = {}): Outcome {
  return new Pipeline(rules.detectors, rules.fixers).run(repositoryOf(texts), optionsFor(settings))
}

/** The options that settings come to. */
export function optionsFor(settings: RunSettings): RunOptions {
  return {
    profile: settings.profile ?? 'sidecar',
    portStyle: settings.portStyle ?? 'auto',
    all: settings.all ?? false,
    isInScope: path => settings.paths?.some(prefix => path.startsWith(prefix)) ?? true,
    isOn: rule => settings.only === undefined || settings.only === rule,
    isUnsafeOn: () => settings.unsafe ?? false,
    maxImpact: settings.maxImpact ?? 'restart',
    externalReferences: settings.externalReferences ?? [],
    ports: settings.ports ?? [],
    labelSources: {},
    customKinds: customKinds({
      podTemplates: settings.podTemplates ?? [],
      portReferences: settings.portReferences ?? [],
    }),
    severities: new Map(),
    noFix: false,
  }
}

/** The texts as the run's applied fixes leave them, and those that they add. */
export function textsAfter(texts: readonly FileText[], outcome: Outcome): readonly FileText[] {
  const edited = texts.map(({ path, text }) => ({ path, text: applied(text, outcome.edits.get(path) ?? []) }))
  const known = new Set(texts.map(({ path }) => path))
  const created = [...outcome.edits].filter(([path]) => !known.has(path))
  return [...edited, ...created.map(([path, edits]) => ({ path, text: applied('', edits) }))]
}

/** The outcome as reports take it: a preview of everything, nothing written. */
export function resultOf(outcome: Outcome): Result {
  return {
    outcome,
    skipped: outcome.repository.skipped,
    errors: outcome.repository.errors,
    written: false,
    build: NOT_BUILT,
    failures: [],
    root: '/',
    gitRoot: undefined,
    cwd: '/',
    failOn: 'warning',
    filesAfter: outcome.repository.files,
  }
}

/** The report that a fixture's `findings.txt` holds. */
export function reportOf(outcome: Outcome): string {
  return textReport(resultOf(outcome), { color: false, quiet: false })
}

/** Positions in the input, for tests that ask about one finding. */
export function positionsOf(outcome: Outcome): readonly string[] {
  const { input } = locators(resultOf(outcome))
  return outcome.diagnoses.map(({ finding }) => {
    const { line, column } = input.position(finding.resource, finding.at)
    return `${finding.resource.path}:${line}:${column}`
  })
}
