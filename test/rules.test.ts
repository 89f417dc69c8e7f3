import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Test, test } from 'tap'
import type { Change } from '../src/fix/fixer.ts'
import { patched } from '../src/json-patch.ts'
import type { Outcome } from '../src/outcome.ts'
import type { FileText } from '../src/read/repository.ts'
import { parse } from '../src/read/yaml.ts'
import { type RunSettings, reportOf, runOn, textsAfter } from './run.ts'

const EXAMPLES = fileURLToPath(new URL('../examples/', import.meta.url))
const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url))

for (const rule of readdirSync(FIXTURES)) {
  for (const name of readdirSync(join(FIXTURES, rule)))
    test(`${rule}/${name}`, async t => runFixture(t, rule, join(FIXTURES, rule, name)))
}

test('examples/legacy-shop: what the README shows is what the program says', async t => {
  const texts = textsIn(EXAMPLES, 'legacy-shop').map(({ path, text }) => ({
    path: `examples/legacy-shop/${path}`,
    text,
  }))
  const outcome = runOn(texts)
  matchFile(t, fileURLToPath(new URL('legacy-shop.txt', import.meta.url)), reportOf(outcome))
  const readme = readFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8')
  const sample = /looks like this:\n\n```\n([^`]*)```/.exec(readme)?.[1] ?? 'no sample'
  t.ok(reportOf(outcome).includes(sample), 'the sample finding is a real one')

  const after = textsAfter(texts, outcome)
  t.strictSame(textsAfter(after, runOn(after)), after, 'running it twice is running it once')
})

/**
 * A fixture is a folder a user could have: `input/` (or `input.yaml`), the expected report `findings.txt`, the expected
 * result `output/` (or `output.yaml`) with the files that change, and, where the defaults don't do, `settings.yaml`.
 */
function runFixture(t: Test, rule: string, folder: string): void {
  const settings = { ...settingsOf(folder), only: rule }
  const texts = textsIn(folder, 'input')
  t.ok(texts.length > 0, 'there is an input')
  const outcome = runOn(texts, settings)
  matchFile(t, join(folder, 'findings.txt'), reportOf(outcome))
  for (const { resource, operations } of candidateChanges(outcome)) {
    t.doesNotThrow(() => patched(outcome.graph.current(resource).object, operations), `${resource.id}: it applies`)
  }

  const after = textsAfter(texts, outcome)
  const changed = after.filter(({ path, text }, index) => text !== texts[index]?.text && path !== '')
  for (const { path, text } of changed) matchFile(t, outputFile(folder, path), text)
  const isChanged = (path: string): boolean => changed.some(file => outputFile(folder, file.path) === path)
  for (const path of filesUnder(folder, 'output')) {
    if (t.writeSnapshot && !isChanged(path)) rmSync(path)
    else t.ok(isChanged(path), `${relative(folder, path)} is still a result`)
  }

  const again = runOn(after, settings)
  t.strictSame(textsAfter(after, again), after, 'running it twice is running it once')
  t.strictSame(
    again.diagnoses.filter(({ treatment }) => treatment.status === 'applied'),
    [],
    'nothing is left to apply',
  )
}

/** What is only shown: the program never applies it, so the tests do. */
function candidateChanges({ diagnoses }: Outcome): readonly Change[] {
  return diagnoses.flatMap(({ treatment }) =>
    treatment.status === 'manual' ? treatment.candidates.flatMap(({ changes }) => changes) : [],
  )
}

function settingsOf(folder: string): RunSettings {
  const path = join(folder, 'settings.yaml')
  return existsSync(path) ? (parse(readFileSync(path, 'utf8')).documents[0]?.value as RunSettings) : {}
}

function textsIn(folder: string, name: string): readonly FileText[] {
  return filesUnder(folder, name).map(path => ({
    path: inputPath(folder, path, name),
    text: readFileSync(path, 'utf8'),
  }))
}

/** `input.yaml` alone, or every file below `input/`, sorted. */
function filesUnder(folder: string, name: string): readonly string[] {
  const single = join(folder, `${name}.yaml`)
  if (existsSync(single)) return [single]
  const directory = join(folder, name)
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.endsWith('.md'))
    .map(entry => join(entry.parentPath, entry.name))
    .toSorted()
}

function inputPath(folder: string, path: string, name: string): string {
  return path.endsWith(`/${name}.yaml`) ? 'input.yaml' : relative(join(folder, name), path)
}

function outputFile(folder: string, path: string): string {
  return path === 'input.yaml' && !existsSync(join(folder, 'input'))
    ? join(folder, 'output.yaml')
    : join(folder, 'output', path)
}

/** Compares a text with a file; while snapshots are taken (`npm run snap`), writes it first. */
function matchFile(t: Test, path: string, actual: string): void {
  if (t.writeSnapshot) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, actual)
  }
  t.equal(actual, existsSync(path) ? readFileSync(path, 'utf8') : '', relative(FIXTURES, path))
}
