import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { isWithin } from '../build/scratch.ts'
import { MeshFixError } from '../errors.ts'
import { at } from '../read/json.ts'
import type { FileText } from '../read/repository.ts'
import type { ParsedText } from '../read/tree.ts'
import { parse, positionAt } from '../read/yaml.ts'

/** A file with values. */
export interface ValuesFile {
  /** Absolute, symbolic links resolved. */
  readonly path: string
  readonly parsed: ParsedText
  /** Whether the user named it; otherwise it is the chart's own. */
  readonly isNamed: boolean
}

/** A chart on the disk, and the values for it. */
export interface Chart {
  /** Absolute, symbolic links resolved. */
  readonly directory: string
  /** In helm's order: the last one that gives a value wins. */
  readonly values: readonly ValuesFile[]
  /** The templates that make objects, those of vendored charts included; paths from the directory. */
  readonly templates: readonly FileText[]
  /** The versions of the chart and its application, and of those that it brings along. */
  readonly versions: ReadonlySet<string>
}

/**
 * Reads a chart.
 *
 * @param path its directory, or its Chart.yaml
 * @param named the values files that the user names
 * @throws {MeshFixError} USAGE: it is no chart, or a values file is remote; UNREADABLE: a values file can't be read
 */
export function chartAt(path: string, named: readonly string[]): Chart {
  const directory = directoryOf(path)
  if (directory === undefined)
    throw new MeshFixError('USAGE', `${path} is no chart: it is no directory with a Chart.yaml`)
  const own = join(directory, 'values.yaml')
  const files = filesIn(directory)
  return {
    directory,
    values: [
      ...(existsSync(own) ? [valuesFile(own, false)] : []),
      ...named.map(file => {
        if (/^[a-z0-9+.-]+:\/\//i.test(file) || file === '-')
          throw new MeshFixError('USAGE', `-f ${file}: mesh-fix reads values from files only, and fetches nothing`)
        return valuesFile(file, true)
      }),
    ],
    templates: textsOf(
      directory,
      files.filter(path => TEMPLATE.test(path)),
    ),
    versions: versionsIn(textsOf(directory, ['Chart.yaml', ...files.filter(path => basename(path) === 'Chart.yaml')])),
  }
}

/** Whether a file belongs to a chart that this one only brings along. */
export function isVendored({ directory }: Chart, path: string): boolean {
  return isWithin(path, join(directory, 'charts'))
}

function directoryOf(path: string): string | undefined {
  const directory = basename(path) === 'Chart.yaml' ? dirname(path) : path
  return existsSync(join(directory, 'Chart.yaml')) ? realpathSync(directory) : undefined
}

function valuesFile(file: string, isNamed: boolean): ValuesFile {
  const parsed = parse(textOf(file))
  const path = realpathSync(file)
  const [error] = parsed.errors
  const location = { file: relative(process.cwd(), path), ...positionAt(parsed.text, error?.offset ?? 0) }
  if (error !== undefined) throw new MeshFixError('UNREADABLE', error.message, location)
  return { path, parsed, isNamed }
}

function textOf(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file))
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new MeshFixError('UNREADABLE', `${file} ${isMissing ? 'does not exist' : 'can’t be read as UTF-8 text'}`)
  }
}

/** `_helpers.tpl` and the like make no objects, and NOTES.txt is for people. */
const TEMPLATE = /(^|\/)templates\/([^/]+\/)*[^/_][^/]*\.(ya?ml|tpl|json)$/

/** The paths of the templates and of what is vendored. */
function filesIn(directory: string): readonly string[] {
  return ['templates', 'charts']
    .map(name => join(directory, name))
    .filter(place => statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false)
    .flatMap(place => readdirSync(place, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => relative(directory, join(entry.parentPath, entry.name)))
}

function textsOf(directory: string, paths: readonly string[]): readonly FileText[] {
  return paths.map(path => ({ path, text: readFileSync(join(directory, path), 'utf8') }))
}

function versionsIn(charts: readonly FileText[]): ReadonlySet<string> {
  const values = charts.map(({ text }) => parse(text).documents[0]?.value)
  const versions = values.flatMap(value => [at(value, 'version'), at(value, 'appVersion')])
  return new Set(versions.flatMap(version => (version === undefined ? [] : [String(version)])))
}
