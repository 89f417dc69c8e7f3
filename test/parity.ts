// Holds all forms of a fix against each other on every kustomization under a directory: npm run parity -- DIR
// [--unsafe] [--profile classic]
//
// A form is the build of the sources after `--write`, of the overlay, of the component, with the function among the
// transformers, or after `kpt fn eval`; all with the real tools, in copies of what the kustomization is built from. A
// Component is no root of its own: it is built by those that list it.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Profile } from '../src/detect/detector.ts'
import { stringAt } from '../src/read/json.ts'
import { isKustomizationFile } from '../src/read/kustomization.ts'
import { parse } from '../src/read/yaml.ts'
import { differencesIn } from './compare-forms.ts'
import { FORMS, formsOf } from './forms.ts'
import type { RunSettings } from './run.ts'

const COLUMNS = ['kustomizations', 'built', 'fixed', 'identical', 'explained', 'unexplained', ...FORMS.map(refusedBy)]

const [directory, ...flags] = process.argv.slice(2)
if (directory === undefined) throw new Error('which directory?')
const profile = (flags.includes('--profile') ? flags[flags.indexOf('--profile') + 1] : 'sidecar') as Profile
const settings: RunSettings = { profile, unsafe: flags.includes('--unsafe') }
const reasons = new Map<string, number>()
const faults: string[] = []
console.log(`| directory | ${COLUMNS.join(' | ')} | seconds |\n|${' --- |'.repeat(COLUMNS.length + 2)}`)
for (const name of readdirSync(directory).toSorted()) {
  if (!statSync(join(directory, name)).isDirectory()) continue
  const start = Date.now()
  const counts = countsOf(name, join(directory, name))
  if ((counts.get('kustomizations') ?? 0) === 0) continue
  const row = COLUMNS.map(column => counts.get(column) ?? 0)
  console.log(`| ${[name, ...row, ((Date.now() - start) / 1000).toFixed(0)].join(' | ')} |`)
}
for (const [reason, count] of [...reasons].toSorted(([, one], [, other]) => other - one))
  console.log(`${count} × ${reason}`)
console.log(faults.length === 0 ? 'no difference is unexplained' : faults.join('\n'))
process.exitCode = faults.length === 0 ? 0 : 1

/** What became of the kustomizations below a directory, by column. */
function countsOf(repository: string, path: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const count = (column: string): void => void counts.set(column, (counts.get(column) ?? 0) + 1)
  for (const root of rootsUnder(path)) {
    count('kustomizations')
    const parity = formsOf(root, settings)
    if (parity.status === 'unbuilt') {
      note(`not built: ${parity.reason}`)
      continue
    }
    count('built')
    if (parity.status === 'nothing to fix') continue
    count('fixed')
    const where = join(repository, root.slice(path.length + 1))
    const failed = [...parity.forms].filter(([, { status }]) => status === 'failed')
    for (const [name, form] of parity.forms) {
      if (form.status === 'built') continue
      if (form.status === 'refused') count(refusedBy(name))
      else faults.push(`${where}: ${name} failed: ${form.reason}`)
      note(`${name} ${form.status}: ${form.reason}`)
    }
    const differences = differencesIn(parity)
    for (const { object, form, against, because } of differences) {
      if (because === undefined) faults.push(`${where}: ${form} leaves or makes ${object} other than ${against}`)
      else note(`${form} differs from ${against}: ${because}`)
    }
    if (failed.length > 0 || differences.some(({ because }) => because === undefined)) count('unexplained')
    else count(differences.length === 0 ? 'identical' : 'explained')
  }
  return counts
}

function refusedBy(form: string): string {
  return `refused by ${form}`
}

/** Counts a reason without what is particular in it. */
function note(reason: string): void {
  const general = reason.replace(/"[^"]*"|'[^']*'|[\w.-]*\/[\w./-]*|\b[A-Z]\w+ \S+ in \S+/g, '…')
  reasons.set(general, (reasons.get(general) ?? 0) + 1)
}

function rootsUnder(directory: string): readonly string[] {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter(
    entry => entry.isFile() && isKustomizationFile(entry.name),
  )
  const isRoot = (path: string): boolean =>
    stringAt(parse(readFileSync(path, 'utf8')).documents[0]?.value, 'kind') !== 'Component'
  return files
    .map(entry => join(entry.parentPath, entry.name))
    .filter(isRoot)
    .map(dirname)
    .toSorted()
}
