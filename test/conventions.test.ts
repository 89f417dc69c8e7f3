import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { SEVERITIES } from '../src/detect/detector.ts'
import { shippedRules } from '../src/rules.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The stages, in the order of the data: a file imports from its own stage and from those before it. */
const STAGES = [
  'src/read',
  'src/build',
  'src/graph',
  'src/detect',
  'src/fix',
  'src/write',
  'src/report',
  'src/scopes',
  'src/overlay',
  'src/chart',
]

/** What every stage may import: words that all of them use. */
const VOCABULARY = ['src/errors.ts', 'src/pointer.ts', 'src/json-patch.ts', 'package.json']

/** Package → the one file that may import it. */
const DOORS: Readonly<Record<string, string>> = {
  yaml: 'src/read/yaml.ts',
  'json-patch': 'src/json-patch.ts',
  inversify: 'src/container.ts',
  commander: 'src/command-line.ts',
  '@inquirer/input': 'src/prompt.ts',
  ignore: 'src/read/walk.ts',
  zod: 'src/schema.ts',
  leven: 'src/suggestion.ts',
  'kustomize-api-types': 'src/read/kustomization.ts',
  esbuild: 'src/report/html/page-parts.ts',
  '@dagrejs/dagre': 'src/report/html/layout.ts',
}

/** Who may touch the disk, run programs or end the process. */
const OUTSIDE = [
  'src/baseline.ts',
  'src/cache.ts',
  'src/commands/cached.ts',
  'src/commands/chart.ts',
  'src/commands/delivery.ts',
  'src/commands/reporting.ts',
  'src/commands/rule.ts',
  'src/commands/stream.ts',
  'src/compiled.ts',
  'src/config.ts',
  'src/rules.ts',
  'src/read/git.ts',
  'src/read/walk.ts',
  'src/read/repository.ts',
  'src/build/built.ts',
  'src/build/closure.ts',
  'src/build/program.ts',
  'src/build/scratch.ts',
  'src/scopes/roots.ts',
  'src/scopes/views.ts',
  'src/chart/chart.ts',
  'src/chart/rendered.ts',
  'src/overlay/command.ts',
  'src/overlay/sites.ts',
  'src/output.ts',
  'src/write/directory.ts',
  'src/write/in-place.ts',
]

const files = ['src', 'plugins', 'transformers'].flatMap(folder =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map(name => `${folder}/${name}`),
)

const imports = files.flatMap(file => {
  const text = readFileSync(join(ROOT, file), 'utf8')
  return [...text.matchAll(/^(?:import|export)\s(?<what>[^'"]*?)from '(?<from>[^']+)'/gms)].map(({ groups }) => ({
    file,
    from: groups?.['from'] ?? '',
    isType: /^(import|export) type\b|^type\b/.test(groups?.['what'] ?? ''),
  }))
})

t.test('arrows between folders point one way', async t => {
  for (const { file, from, isType } of imports) {
    if (!from.startsWith('.')) continue
    const target = normalize(join(dirname(file), from))
    const [own, other] = [stageOf(file), stageOf(target)]
    if (own < 0) continue
    const isAllowed =
      VOCABULARY.includes(target) ||
      (other >= 0 && other <= own) ||
      (isType && target === 'src/outcome.ts' && own >= STAGES.indexOf('src/report'))
    t.ok(isAllowed, `${file} imports ${target}`)
  }
})

t.test('nothing of the engine knows the rules', async t => {
  for (const { file, from } of imports.filter(({ file }) => file.startsWith('src/'))) {
    t.notMatch(normalize(join(dirname(file), from)), /^(plugins|transformers)\//, file)
  }
})

t.test('every package has one door', async t => {
  for (const { file, from } of imports) {
    const door = DOORS[from]
    if (door !== undefined) t.equal(file, door, `${from} is imported by ${door} alone`)
    else t.ok(from.startsWith('.') || from.startsWith('node:'), `${file} imports ${from}`)
  }
})

t.test('only the first and the last stage touch what is outside', async t => {
  for (const { file, from } of imports) {
    if (!/^node:(fs|child_process|net|http|https|process)/.test(from)) continue
    t.ok(OUTSIDE.includes(file), `${file} imports ${from}`)
  }
})

t.test('a rule is called like its file', async t => {
  const { detectors, fixers } = await shippedRules()
  const names = (folder: string, ending = '.ts'): readonly string[] =>
    readdirSync(join(ROOT, folder))
      .filter(name => name.endsWith(ending))
      .map(name => name.slice(0, -ending.length))
      .toSorted()
  t.same(
    detectors.map(({ id }) => id),
    names('plugins'),
  )
  t.same(names('plugins', '.md'), names('plugins'), 'a rule has its text beside it')
  t.same(
    fixers.map(({ fixes }) => fixes.id),
    names('transformers'),
  )
  for (const { id, title, docs, checks } of detectors) {
    t.match(title, /^[A-Z].*[^.]$/, `${id}: the title is a sentence`)
    t.match(docs, /^https:\/\/istio\.io\//, `${id}: Istio's own page`)
    t.ok(readdirSync(join(ROOT, 'test/fixtures', id)).length > 0, `${id} has fixtures`)
    for (const severity of Object.values(checks).flatMap(row => Object.values(row))) t.ok(SEVERITIES.includes(severity))
  }
})

t.test('files are of a size that can be read', async t => {
  for (const file of files) {
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n').length
    t.ok(lines <= 401, `${file} has ${lines} lines`)
  }
})

function stageOf(file: string): number {
  return STAGES.findIndex(stage => file.startsWith(`${stage}/`))
}

t.test('links between pages lead somewhere', async t => {
  const pages = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(
    name => name.endsWith('.md') && !/^(node_modules|dist|test|\..*)[/\\]/.test(name),
  )
  for (const page of pages) {
    const text = readFileSync(join(ROOT, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '')
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? join(ROOT, page) : join(ROOT, dirname(page), path)
      if (!t.ok(existsSync(target), `${page}: ${link}`) || anchor === undefined) continue
      t.ok(anchorsOf(target.endsWith('.md') ? target : join(target, 'README.md')).includes(anchor), `${page}: ${link}`)
    }
  }
})

/** The headings of a page, as links call them. */
function anchorsOf(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}
