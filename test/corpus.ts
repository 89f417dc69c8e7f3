// Holds mesh-fix to its word on any directory of repositories: node --import=tsx test/corpus.ts DIR [--unsafe]
//
// Each sub-directory of DIR is copied, made a git repository, and run through the built program. Checked for each:
// every file is analysed or skipped with a reason, errors have a place; `--write` twice is `--write` once; `--diff`
// applied with git gives the same bytes as `--write`; for every changed file the parsed input with the report's patches
// is the parsed output, and all bytes outside the edits are the same; no reference that resolved before dangles. With
// --unsafe a second run has nothing left that could be applied. Other flags (--profile classic) are passed on.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { parsed, spelledOut } from '../src/arguments.ts'
import { type Options, program } from '../src/command-line.ts'
import { examined, sourcesFor } from '../src/commands/examine.ts'
import { prepared } from '../src/commands/prepared.ts'
import { ResourceGraph } from '../src/graph/graph.ts'
import { type Operation, patched } from '../src/json-patch.ts'
import type { Outcome } from '../src/outcome.ts'
import { joined, type Pointer, pointer } from '../src/pointer.ts'
import { type FileText, type Repository, readFiles, repositoryOf } from '../src/read/repository.ts'
import type { Json } from '../src/read/tree.ts'
import { walk } from '../src/read/walk.ts'
import { parse } from '../src/read/yaml.ts'
import { applied } from '../src/write/edit.ts'

const PROGRAM = fileURLToPath(new URL('../dist/bin.cjs', import.meta.url))

/** The parts of the JSON report that are checked. */
interface Report {
  readonly summary: Readonly<
    Record<
      | 'files'
      | 'resources'
      | 'findings'
      | 'fixed'
      | 'fixable'
      | 'fixableUnsafe'
      | 'refused'
      | 'manual'
      | 'skippedFiles'
      | 'errors',
      number
    >
  >
  readonly findings: readonly {
    readonly rule: string
    readonly check: string
    readonly fix: {
      readonly status: 'available' | 'applied' | 'refused' | 'manual' | 'skipped'
      readonly by?: string
      readonly safety?: 'safe' | 'unsafe'
      readonly reason?: string
      readonly evidence: readonly unknown[]
      readonly creates: readonly { readonly file: string; readonly object: unknown }[]
    }
  }[]
  readonly patches: readonly {
    readonly file: string
    readonly document: number
    readonly item?: number
    readonly patch: readonly Operation[]
  }[]
  readonly skipped: readonly { readonly file: string }[]
  readonly errors: readonly { readonly file: string; readonly line: number }[]
}

const [directory, ...flags] = process.argv.slice(2)
if (directory === undefined) throw new Error('which directory?')
const reasons = new Map<string, number>()
/** Rule and check → what became of its findings → how many. */
const outcomes = new Map<string, Map<string, number>>()
const faults: string[] = []
const rows = [
  [
    'repository',
    'files',
    'resources',
    'findings',
    'fixed',
    'unsafe',
    'refused',
    'manual',
    'skipped',
    'errors',
    'seconds',
  ],
]
for (const name of readdirSync(directory).toSorted()) {
  if (statSync(join(directory, name)).isDirectory()) rows.push(await checkRepository(name, join(directory, name)))
}
console.log(
  rows
    .map(row => `| ${row.join(' | ')} |`)
    .toSpliced(1, 0, `|${' --- |'.repeat(rows[0]?.length ?? 0)}`)
    .join('\n'),
)
const columns = [...new Set([...outcomes.values()].flatMap(counts => [...counts.keys()]))].toSorted()
console.log(`\n| check | found | ${columns.join(' | ')} |\n|${' --- |'.repeat(columns.length + 2)}`)
for (const [check, counts] of [...outcomes].toSorted()) {
  const found = [...counts.values()].reduce((sum, count) => sum + count, 0)
  console.log(`| ${check} | ${found} | ${columns.map(column => counts.get(column) ?? 0).join(' | ')} |`)
}
console.log(
  `\n${[...reasons]
    .toSorted(([, one], [, other]) => other - one)
    .map(([reason, count]) => `${count} × ${reason}`)
    .join('\n')}`,
)
console.log(faults.length === 0 ? '\nevery check holds' : `\n${faults.length} faults\n${faults.join('\n')}`)
process.exitCode = faults.length === 0 ? 0 : 1

async function checkRepository(name: string, source: string): Promise<string[]> {
  const fault = (text: string): void => void faults.push(`${name}: ${text}`)
  const written = copyOf(source)
  const patchedByGit = copyOf(source)
  try {
    const before = read(written)
    const edits = await editsOf(written)
    const diff = run(patchedByGit, '--diff', ...flags)
    if (diff.status !== 0 && diff.status !== 1) fault(`--diff ended with ${diff.status}: ${diff.stderr}`)
    if (diff.stdout !== '') {
      const git = spawnSync('git', ['apply', '--whitespace=nowarn'], {
        cwd: patchedByGit,
        input: diff.stdout,
        encoding: 'utf8',
      })
      if (git.status !== 0) fault(`git apply: ${git.stderr}`)
    }

    const start = process.hrtime.bigint()
    const preview = JSON.parse(run(written, '--reporter', 'json', ...flags).stdout) as Report
    const seconds = Number(process.hrtime.bigint() - start) / 1e9
    const first = run(written, '--write', '--reporter', 'json', ...flags)
    if (first.status !== 0 && first.status !== 1) fault(`--write ended with ${first.status}: ${first.stderr}`)
    const report = JSON.parse(first.stdout) as Report
    const after = read(written)
    checkEveryFile(written, report, fault)
    checkPatches(before.texts, after.texts, report, fault)
    checkEdits(before.texts, after.texts, edits, fault)
    checkReferences(before.repository, after.repository, fault)
    checkCreated(written, report, fault)
    if (!isDeepStrictEqual(texts(patchedByGit), texts(written))) fault('--diff | git apply differs from --write')
    if (!isDeepStrictEqual(preview.patches, report.patches)) fault('the preview has other patches than --write')
    const again = JSON.parse(run(written, '--write', '--reporter', 'json', ...flags).stdout) as Report
    if (flags.includes('--unsafe') && again.findings.some(({ fix }) => fix.status === 'available'))
      fault('--write --unsafe left something that could be applied')
    if (
      !isDeepStrictEqual(
        new Map(read(written).texts.map(({ path, text }) => [path, text])),
        new Map(after.texts.map(({ path, text }) => [path, text])),
      )
    )
      fault('--write twice differs from --write once')

    for (const { rule, check, fix } of preview.findings) {
      const key = rule === check ? rule : `${rule} ${check}`
      const what = fix.status === 'refused' ? `refused: ${fix.by}` : (fix.safety ?? fix.status)
      const counts = outcomes.get(key) ?? new Map<string, number>()
      outcomes.set(key, counts.set(what, (counts.get(what) ?? 0) + 1))
      if (fix.status !== 'refused' && fix.status !== 'manual') continue
      const reason = `${rule}, ${fix.status}: ${(fix.reason ?? '').replace(/"[^"]*"|[\w./-]*\/[\w./-]*|\b[A-Z]\w+ \S+ in \S+/g, '…')}`
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    }
    const { summary } = report
    return [
      name,
      summary.files,
      summary.resources,
      summary.findings,
      summary.fixed,
      summary.fixableUnsafe,
      summary.refused,
      summary.manual,
      summary.skippedFiles,
      summary.errors,
      seconds.toFixed(2),
    ].map(String)
  } finally {
    rmSync(written, { recursive: true, force: true })
    rmSync(patchedByGit, { recursive: true, force: true })
  }
}

function copyOf(source: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'mesh-fix-corpus-'))
  cpSync(source, copy, { recursive: true, verbatimSymlinks: true })
  execFileSync('chmod', ['-R', 'u+w', copy])
  execFileSync('git', ['init', '--quiet'], { cwd: copy })
  return copy
}

function run(
  cwd: string,
  ...args: readonly string[]
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [PROGRAM, ...args], { cwd, encoding: 'utf8', maxBuffer: 2 ** 30 })
}

function read(root: string): { readonly texts: readonly FileText[]; readonly repository: Repository } {
  const { texts } = readFiles(walk([root]))
  return { texts, repository: repositoryOf(texts) }
}

/** Every file below a directory, git's own left out. */
function texts(root: string): ReadonlyMap<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter(
    entry => entry.isFile() && !`${entry.parentPath}/`.includes('/.git/'),
  )
  return new Map(
    files.map(entry => [
      join(entry.parentPath, entry.name).slice(root.length),
      readFileSync(join(entry.parentPath, entry.name), 'latin1'),
    ]),
  )
}

function checkEveryFile(root: string, report: Report, fault: (text: string) => void): void {
  const { files, links } = walk([root])
  const told = new Set([...report.skipped, ...report.errors].map(({ file }) => file))
  const analysed = new Set(read(root).repository.resources.map(({ path }) => path))
  for (const path of [...files, ...links])
    if (!told.has(path) && !analysed.has(path)) fault(`${path} is neither analysed nor skipped`)
  for (const { file, line } of report.errors) if (line < 1) fault(`${file}: an error without a line`)
}

function checkPatches(
  before: readonly FileText[],
  after: readonly FileText[],
  report: Report,
  fault: (text: string) => void,
): void {
  const now = new Map(after.map(({ path, text }) => [path, text]))
  for (const { path, text } of before) {
    const changed = now.get(path) ?? ''
    const patches = report.patches.filter(({ file }) => file === path)
    if (changed === text && patches.length === 0) continue
    if (patches.length === 0) fault(`${path} changed without a patch`)
    const values = new Map(parse(text).documents.map(({ index, value }) => [index, value]))
    for (const { document, item, patch } of patches) {
      const value = values.get(document) ?? null
      const base: Pointer =
        item === undefined
          ? ''
          : pointer(typeof value === 'object' && value !== null && 'objects' in value ? 'objects' : 'items', item)
      values.set(
        document,
        patched(
          value,
          patch.map(operation => rebased(operation, base)),
        ),
      )
    }
    for (const { index, value } of parse(changed).documents) {
      if (!isDeepStrictEqual(plain(value), plain(values.get(index) ?? null)))
        fault(`${path}#${index}: the text does not read as the patches say`)
    }
    const size = patches.flatMap(({ patch }) => patch).reduce((sum, operation) => sum + linesOf(operation), 0)
    const lines = changedLines(text, changed)
    // A replaced line is one out and one in; in JSON a new last member gives the one before it a comma.
    const allowed = size * (path.endsWith('.json') ? 3 : 2)
    if (lines > allowed) fault(`${path}: ${lines} lines changed where ${allowed} would do`)
  }
}

/** Every new object stands where the report says. */
function checkCreated(root: string, report: Report, fault: (text: string) => void): void {
  for (const { file, object } of report.findings.flatMap(({ fix }) => (fix.status === 'applied' ? fix.creates : []))) {
    const { resources } = repositoryOf([{ path: file, text: readFileSync(join(root, file), 'utf8') }])
    if (!resources.some(resource => isDeepStrictEqual(plain(resource.object), object)))
      fault(`${file} does not hold the new object`)
  }
}

/** How many lines an operation may need: one for each member of what it writes. */
function linesOf(operation: Operation): number {
  if (operation.op === 'test') return 0
  const size = (value: Json): number =>
    typeof value === 'object' && value !== null
      ? Object.values(value).reduce<number>((sum, item) => sum + size(item as Json), 1)
      : 1
  return 'value' in operation ? size(operation.value) : 1
}

/** The edits that a run of the same options comes to, before anything is written. */
async function editsOf(root: string): Promise<Outcome['edits']> {
  const options = parsed(
    program().action(() => {}),
    spelledOut(flags),
  ).opts<Options>()
  const ready = await prepared([root], options)
  const sources = sourcesFor(ready, options, () => {})
  const { outcome } = await examined(ready, sources, options, undefined, () => {})
  return outcome.edits
}

/** The written text is the old one with the run's edits: every byte outside them is the same. */
function checkEdits(
  before: readonly FileText[],
  after: readonly FileText[],
  edits: Outcome['edits'],
  fault: (text: string) => void,
): void {
  const now = new Map(after.map(({ path, text }) => [path, text]))
  for (const { path, text } of before) {
    const made = edits.get(path) ?? []
    if (applied(text, made) !== now.get(path)) fault(`${path}: bytes outside the edits changed`)
    const long = made.find(edit => edit.end - edit.start > 100)
    if (long !== undefined) fault(`${path}: an edit of more than it must: ${JSON.stringify(long)}`)
  }
}

function rebased(operation: Operation, base: Pointer): Operation {
  return 'from' in operation
    ? { ...operation, path: joined(base, operation.path), from: joined(base, operation.from) }
    : { ...operation, path: joined(base, operation.path) }
}

function plain(value: Json): unknown {
  return JSON.parse(JSON.stringify(value))
}

/** Lines taken out and put in, as git counts them. */
function changedLines(one: string, other: string): number {
  const count = (text: string): Map<string, number> => {
    const lines = new Map<string, number>()
    for (const line of text.split('\n')) lines.set(line, (lines.get(line) ?? 0) + 1)
    return lines
  }
  const [old, now] = [count(one), count(other)]
  let changed = 0
  for (const line of new Set([...old.keys(), ...now.keys()]))
    changed += Math.abs((old.get(line) ?? 0) - (now.get(line) ?? 0))
  return changed
}

/** What every reference leads to: a rename may change the words, never the number. */
function checkReferences(before: Repository, after: Repository, fault: (text: string) => void): void {
  const resolutions = (repository: Repository): ReadonlyMap<string, readonly string[]> => {
    const graph = new ResourceGraph(repository.resources, repository.skipped)
    const found = new Map<string, string[]>()
    for (const resource of repository.resources) {
      for (const reference of graph.referencesOf(resource)) {
        const key = `${resource.id} ${reference.row} ${reference.at.split('/').slice(0, -1).join('/')}`
        found.set(key, [...(found.get(key) ?? []), ...graph.resolve(resource, reference)].toSorted())
      }
    }
    return found
  }
  const now = resolutions(after)
  for (const [key, resolved] of resolutions(before)) {
    // A fix may name the container port that a targetPort has looked for in vain.
    const isNamed = key.includes(' Service targetPort ') && resolved.every(target => now.get(key)?.includes(target))
    if (!isNamed && !isDeepStrictEqual(resolved, now.get(key) ?? []))
      fault(`${key} led to ${resolved.join()}, now to ${(now.get(key) ?? []).join()}`)
  }
}
