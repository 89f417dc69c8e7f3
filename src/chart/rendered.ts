import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { mirrored } from '../build/scratch.ts'
import { MeshFixError } from '../errors.ts'
import { documentSpans } from '../read/cut.ts'
import { at } from '../read/json.ts'
import { type Repository, repositoryOf, type Skipped } from '../read/repository.ts'
import type { Json } from '../read/tree.ts'
import { parse } from '../read/yaml.ts'
import type { Chart } from './chart.ts'
import type { Helm } from './helm.ts'
import type { Release } from './release.ts'

/** What a chart is rendered to. */
export interface Rendered {
  readonly output: string
  /** The objects, in files called like their templates. */
  readonly repository: Repository
  /** All values as templates see them: helm has merged the defaults of all charts and the files. */
  readonly values: Json
}

/** The chart's own values. They are a file of their own in the scratch, never a link: links would be written through. */
const OWN = 'values.yaml'

/** A template of ours, which shows the values. */
const PROBE = 'templates/mesh-fix-values.yaml'
const PROBE_TEXT = 'apiVersion: mesh-fix.dev/v1alpha1\nkind: Values\nvalues:\n{{ toYaml .Values | indent 2 }}\n'

/** Where a chart is rendered, and who is told. */
interface RendererOptions {
  /** What paths start from, absolute. */
  readonly root: string
  /** An empty directory. */
  readonly scratch: string
  readonly onRendered: (count: number) => void
}

/** Renders a chart as it is, or as it would be with other values; the chart itself is not touched. */
export class Renderer {
  /** How often it has rendered. */
  count = 0
  /** The chart's path from the root, with which those of its templates start; empty where it is the root itself. */
  readonly place: string
  readonly #helm: Helm
  readonly #chart: Chart
  readonly #release: Release
  readonly #scratch: string
  readonly #copy: string
  readonly #onRendered: (count: number) => void

  constructor(helm: Helm, chart: Chart, release: Release, { root, scratch, onRendered }: RendererOptions) {
    this.#helm = helm
    this.#chart = chart
    this.#release = release
    this.#scratch = scratch
    this.#onRendered = onRendered
    this.place = relative(root, chart.directory)
    const { directory, values } = chart
    const own = values
      .filter(({ isNamed }) => !isNamed)
      .map(({ parsed }) => [join(directory, OWN), parsed.text] as const)
    const overrides = new Map([...own, [join(directory, PROBE), PROBE_TEXT]])
    this.#copy = mirrored(scratch, [directory], overrides)(directory)
    mkdirSync(join(scratch, 'values'))
  }

  /**
   * @param texts values files' new texts, by their paths
   * @throws {MeshFixError} BUILD
   */
  render(texts: ReadonlyMap<string, string>): Rendered {
    this.count += 1
    this.#onRendered(this.count)
    const { directory, values } = this.#chart
    const files = values.flatMap(({ path, parsed, isNamed }, index) => {
      const place = isNamed ? join(this.#scratch, 'values', `${index}.yaml`) : join(this.#copy, OWN)
      writeFileSync(place, texts.get(path) ?? parsed.text)
      return isNamed ? [place] : []
    })
    const shown = relative(process.cwd(), directory) || '.'
    const output = this.#helm.template(this.#copy, files, this.#release, shown)
    return renderedFrom(output, this.#chart, this.place)
  }
}

/**
 * What helm has printed.
 *
 * @param place the chart's path from the root
 * @throws {MeshFixError} BUILD: the values can't be read
 */
function renderedFrom(output: string, { templates }: Chart, place: string): Rendered {
  const texts = new Map<string, string>()
  let template = ''
  for (const { start, end } of documentSpans(output)) {
    const text = output.slice(start, end)
    template = SOURCE.exec(text)?.[1] ?? template
    texts.set(template, (texts.get(template) ?? '') + text)
  }
  const { documents, errors } = parse(texts.get(PROBE) ?? '')
  if (errors[0] !== undefined) throw new MeshFixError('BUILD', `the chart's values can't be read: ${errors[0].message}`)
  texts.delete(PROBE)
  const repository = repositoryOf([...texts].map(([path, text]) => ({ path: join(place, path), text, rendered: true })))
  const silent = templates.filter(({ path }) => !texts.has(path))
  const skipped = silent.map(
    ({ path, text }): Skipped => ({
      path: join(place, path),
      text,
      reason: 'a Helm template that makes nothing with these values',
      role: 'template',
    }),
  )
  return {
    output,
    repository: { ...fieldsOf(repository), skipped: [...repository.skipped, ...skipped] },
    values: at(documents[0]?.value, 'values') ?? null,
  }
}

/** Helm's word on where a document comes from: the chart's name, and the path in it. */
const SOURCE = /^# Source: [^/\n]+\/(.+?)\r?$/m

function fieldsOf({ files, resources, skipped, errors }: Repository): Repository {
  return { files, resources, skipped, errors }
}
