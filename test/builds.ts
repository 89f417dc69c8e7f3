// What builds change about a run, and what a run changes about builds: npm run builds -- DIR [--unsafe]
//
// DIR holds repositories. Each is copied, checked from its bare sources and through builds, then written; every
// kustomization that was built is built again, and each value that differs must be of a kind that a fix sets.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identityOf } from '../src/build/built.ts'
import { isSame } from '../src/json-patch.ts'
import { isMap, listAt, stringAt } from '../src/read/json.ts'
import { isKustomizationFile, patchesOf } from '../src/read/kustomization.ts'
import type { KubeObject } from '../src/read/resource.ts'
import type { Json } from '../src/read/tree.ts'
import { parse } from '../src/read/yaml.ts'
import { json } from './program.ts'
import { tool } from './tools.ts'

const COLUMNS = [
  'scopes',
  'built',
  'not built',
  'findings of sources',
  'findings of builds',
  'fixed in manifests',
  'in patch files',
  'in inline patches',
  'left to a component',
  'roots changed',
  'as meant',
] as const

/** What fixes set: names of ports and what names them, protocols, ports and labels of pods, new Services. */
const MEANT = [
  /^\/spec\/ports(\/\d+(\/(name|appProtocol))?)?$/,
  /\/(containers|initContainers)\/\d+\/ports(\/|$)/,
  /\/template\/metadata\/labels(\/|$)/,
  /^\/metadata\/labels(\/|$)/,
  /\/(port\/name|servicePort|targetPort|portName|port)$/,
]

const [directory, ...flags] = process.argv.slice(2)
if (directory === undefined) throw new Error('which directory?')
const unsafe = flags.includes('--unsafe') ? ['--unsafe'] : []
const faults: string[] = []
console.log(`| repository | ${COLUMNS.join(' | ')} |\n|${' --- |'.repeat(COLUMNS.length + 1)}`)
for (const name of readdirSync(directory).toSorted()) {
  if (!statSync(join(directory, name)).isDirectory()) continue
  const root = mkdtempSync(join(tmpdir(), 'mesh-fix-builds-'))
  try {
    cpSync(join(directory, name), root, { recursive: true })
    const counts = countsOf(name, root)
    if (counts.scopes > 0) console.log(`| ${[name, ...COLUMNS.map(column => counts[column])].join(' | ')} |`)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
console.log(faults.length === 0 ? 'no build differs by anything else' : faults.join('\n'))
process.exitCode = faults.length === 0 ? 0 : 1

function countsOf(repository: string, root: string): Record<(typeof COLUMNS)[number], number> {
  const bare = json(root, '--root', '.', '--build', 'never', ...unsafe)
  const checked = json(root, '--root', '.', ...unsafe)
  const roots: readonly string[] = checked.build.built
  const before = new Map(roots.map(each => [each, built(root, each)]))
  const patches = patchFilesIn(root)
  const written = json(root, '--root', '.', '--write', ...unsafe)
  const changes: readonly Json[] = written.patches
  const isInline = (change: Json): boolean =>
    listAt(change, 'patch').some(operation => /^\/patches\w*\/\d+(\/patch)?$/.test(stringAt(operation, 'path') ?? ''))
  const fileOf = (change: Json): string => stringAt(change, 'file') ?? ''
  let changed = 0
  let meant = 0
  for (const [each, old] of before) {
    const now = built(root, each)
    const places = differences(old, now)
    if (places.length === 0) continue
    changed += 1
    const other = places.filter(place => !MEANT.some(pattern => pattern.test(place.replace(/^.* /, ''))))
    if (other.length === 0) meant += 1
    else faults.push(`${repository} ${each}: ${other.slice(0, 5).join(', ')}`)
  }
  return {
    scopes: roots.length + checked.build.unbuilt.length,
    built: roots.length,
    'not built': checked.build.unbuilt.length,
    'findings of sources': bare.summary.findings,
    'findings of builds': checked.summary.findings,
    'fixed in manifests': changes.filter(change => !patches.has(fileOf(change)) && !isInline(change)).length,
    'in patch files': changes.filter(change => patches.has(fileOf(change))).length,
    'in inline patches': changes.filter(isInline).length,
    'left to a component': written.findings.filter((finding: Json) =>
      (stringAt(finding, 'fix', 'reason') ?? '').includes('--component'),
    ).length,
    'roots changed': changed,
    'as meant': meant,
  }
}

function built(root: string, directory: string): ReadonlyMap<string, KubeObject> {
  const { stdout } = tool(root, 'kustomize', ['build', directory])
  const objects = parse(stdout).documents.map(({ value }) => value as KubeObject)
  return new Map(objects.map(object => [identityOf(object), object]))
}

function patchFilesIn(root: string): ReadonlySet<string> {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(isKustomizationFile)
  return new Set(
    files.flatMap(file =>
      patchesOf(parse(readFileSync(join(root, file), 'utf8')).documents[0]?.value ?? null, file).flatMap(
        ({ path }) => path ?? [],
      ),
    ),
  )
}

/** `object place` of each value that differs; a new Service is none. */
function differences(
  before: ReadonlyMap<string, KubeObject>,
  after: ReadonlyMap<string, KubeObject>,
): readonly string[] {
  const lost = [...before.keys()].filter(key => !after.has(key)).map(key => `${key} is-lost`)
  const changed = [...after].flatMap(([key, object]) => {
    const old = before.get(key)
    if (old === undefined) return object.kind === 'Service' ? [] : [`${key} is-new`]
    return placesOf(old, object, '').map(place => `${key} ${place}`)
  })
  return [...lost, ...changed]
}

function placesOf(one: Json | undefined, other: Json | undefined, at: string): readonly string[] {
  if (one !== undefined && other !== undefined && isSame(one, other)) return []
  const [left, right] = [one, other].map(value => (Array.isArray(value) ? { ...value } : value))
  if (!isMap(left) || !isMap(right)) return [at]
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap(key =>
    placesOf(left[key], right[key], `${at}/${key}`),
  )
}
