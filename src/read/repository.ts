import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Pointer, pointer } from '../pointer.ts'
import type { CustomKinds } from './custom-kinds.ts'
import { at, isMap, type JsonMap, listAt, stringAt } from './json.ts'
import { filesOf, isKustomizationFile, type KustomizePatch, kustomizeObject, patchesOf } from './kustomization.ts'
import { type KubeObject, nameOf, type Resource } from './resource.ts'
import { hasTemplateMarks, looksLikeTemplate, mayBeTemplate } from './template-marks.ts'
import type { Json, ParsedDocument, ParsedText } from './tree.ts'
import type { Walk } from './walk.ts'

import { parse, positionAt } from './yaml.ts'

/** The path of what comes in on standard input: no walk gives it. */
export const STDIN = '<stdin>'

/** The file name, in its directory, of what a kustomization builds: no walk gives it. */
export const BUILD = '<build>'

/** Whether a path is that of a stream of documents, which no file holds. */
export function isStream(path: string): boolean {
  return path === STDIN || path === BUILD || path.endsWith(`/${BUILD}`)
}

/** A file that was read, and what it holds. */
export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string
  readonly parsed: ParsedText
}

/**
 * What a skipped text is, for the question whether it could refer to a Service. What is `unreadable` is in the errors
 * as well.
 */
export type SkippedRole = 'template' | 'values' | 'patch' | 'kustomization' | 'unreadable' | 'other'

/** A file, or a document of one, that was recognised as something else than a plain manifest. */
export interface Skipped {
  readonly path: string
  /** Undefined: the whole file. */
  readonly document?: number
  readonly reason: string
  readonly role: SkippedRole
  /** What it says, where that may matter. */
  readonly text: string
  readonly value?: Json
  /** The objects that a patch is for, as each kustomization that lists it says; undefined where one doesn't. */
  readonly targets?: readonly (JsonMap | undefined)[]
  /** What the configuration says of the kinds that it may be of, or for. */
  readonly kinds?: CustomKinds
}

/** Something that could not be read; line and column count from 1. */
export interface ReadError {
  readonly path: string
  readonly line: number
  readonly column: number
  readonly message: string
}

/** Everything under a root, read. */
export interface Repository {
  readonly files: ReadonlyMap<string, SourceFile>
  readonly resources: readonly Resource[]
  readonly skipped: readonly Skipped[]
  readonly errors: readonly ReadError[]
}

/** A file's path from the root, and its text. */
export interface FileText {
  readonly path: string
  readonly text: string
  /** It has been made from a template: marks in it are for somebody else. */
  readonly rendered?: boolean
}

/**
 * Reads the files of a walk. A file that can't be read is an error of its own and stops nothing.
 *
 * @param onFile told after each file how many are done
 */
export function readFiles(
  { root, files, links, closed }: Walk,
  onFile: (done: number) => void = () => {},
): {
  readonly texts: readonly FileText[]
  readonly skipped: readonly Skipped[]
  readonly errors: readonly ReadError[]
} {
  const texts: FileText[] = []
  const errors: ReadError[] = closed.map(path => unreadable(path, 'the directory cannot be opened'))
  for (const [index, path] of files.entries()) {
    try {
      texts.push({ path, text: readText(join(root, path)) })
    } catch (error) {
      errors.push(unreadable(path, `cannot be read: ${error instanceof Error ? error.message : String(error)}`))
    }
    onFile(index + 1)
  }
  const skipped = links.map(path => skip(path, 'a symbolic link, which is not followed'))
  return { texts, skipped, errors }
}

function unreadable(path: string, message: string): ReadError {
  return { path, line: 1, column: 1, message }
}

/** @throws {Error} no regular file, no permission, or not UTF-8 */
function readText(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (!fstatSync(file).isFile()) throw new Error('not a regular file')
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file))
  } catch (error) {
    throw error instanceof TypeError ? new Error('it is not UTF-8 text; save it as UTF-8') : error
  } finally {
    closeSync(file)
  }
}

/**
 * Turns texts into resources, and says of everything else what it is. Pure: no disk is touched.
 *
 * @param known files that are parsed already: what still has their text isn't parsed again
 */
export function repositoryOf(
  texts: readonly FileText[],
  onFile: (done: number) => void = () => {},
  known: ReadonlyMap<string, SourceFile> = new Map(),
): Repository {
  const reader = new Reader(texts, known)
  for (const [index, file] of texts.entries()) {
    reader.read(file)
    onFile(index + 1)
  }
  return reader
}

class Reader implements Repository {
  readonly files = new Map<string, SourceFile>()
  readonly resources: Resource[] = []
  readonly skipped: Skipped[] = []
  readonly errors: ReadError[] = []

  readonly #known: ReadonlyMap<string, SourceFile>
  readonly #charts: ReadonlySet<string>
  /** File → the kustomizations that apply it as a patch. */
  readonly #patches = new Map<string, { readonly by: string; readonly patch: KustomizePatch }[]>()
  readonly #listed = new Set<string>()

  constructor(texts: readonly FileText[], known: ReadonlyMap<string, SourceFile>) {
    this.#known = known
    this.#charts = new Set(
      texts.filter(({ path }) => /(^|\/)Chart\.yaml$/.test(path)).map(({ path }) => directoryOf(path)),
    )
    for (const { path, text } of texts) {
      if (!isKustomizationFile(path)) continue
      for (const { value } of parse(text).documents) {
        for (const listed of filesOf(value, path, 'resources')) this.#listed.add(listed)
        for (const patch of patchesOf(value, path)) {
          if (patch.path === undefined) continue
          this.#patches.set(patch.path, [...(this.#patches.get(patch.path) ?? []), { by: path, patch }])
        }
      }
    }
  }

  read({ path, text, rendered = false }: FileText): void {
    const chart = this.#chartOf(path)
    if (chart?.startsWith('templates/')) {
      this.skipped.push({ path, text, reason: 'a Helm template', role: 'template' })
      return
    }
    if (chart !== undefined && /^values[^/]*$/.test(chart)) {
      this.skipped.push({ path, text, reason: 'Helm values', role: 'values' })
      return
    }
    if (chart !== undefined && /^Chart\.[^/]*$/.test(chart)) {
      this.skipped.push(skip(path, 'a Helm chart’s own file'))
      return
    }

    const mayHoldDefinitions =
      !isKustomizationFile(path) && !this.#patches.has(path) && text.includes('CustomResourceDefinition')
    const before = this.#known.get(path)?.parsed
    const fresh = (): ParsedText => (mayHoldDefinitions ? parse(text, isPlainDefinition) : parse(text))
    const parsed = before?.text === text ? before : fresh()
    // What comes in has been rendered: marks in it are for somebody else.
    if (!rendered && this.#isTemplate(text, parsed)) {
      this.skipped.push({ path, text, reason: 'a template: it holds {{ }}, {% %} or <% %>', role: 'template' })
      return
    }

    this.files.set(path, { path, parsed })
    for (const document of parsed.leftOut) this.skipped.push(skip(path, 'a CustomResourceDefinition', document))
    if (documentsIn(parsed) === 0) this.skipped.push(skip(path, 'no content but comments'))
    for (const { offset, message, document } of parsed.errors) {
      if (isCustomResourceDefinition(text, offset)) {
        this.skipped.push(skip(path, 'a CustomResourceDefinition', document))
        continue
      }
      if (path.endsWith('.json') && !/"apiVersion"/.test(text)) {
        this.skipped.push(skip(path, `no Kubernetes object: not JSON (${message})`))
        continue
      }
      this.errors.push({ path, ...positionAt(text, offset), message })
      const unread = documentAround(text, offset)
      this.skipped.push({ path, document, text: unread, reason: 'it cannot be read', role: 'unreadable' })
    }
    for (const document of parsed.documents) this.#readDocument(path, parsed, document)
  }

  #readDocument(path: string, parsed: ParsedText, document: ParsedDocument): void {
    const { value, index } = document
    const reason = this.#otherThanManifest(path, value)
    if (reason !== undefined) {
      const text = parsed.text.slice(document.start, document.end)
      const targets = this.#patches.get(path)?.map(({ patch }) => patch.target)
      const about = targets === undefined ? {} : { targets }
      this.skipped.push({ path, document: index, reason: reason.is, role: reason.role, text, value, ...about })
      return
    }
    for (const { object, base } of objectsIn(value)) {
      if (!isKubeObject(object))
        this.skipped.push(skip(path, `${base}: no Kubernetes object: it has no apiVersion and kind`, index))
      else if (base !== '' && membersKey(object) !== undefined)
        this.skipped.push(skip(path, `${base}: a list within a list`, index))
      else this.resources.push({ id: `${path}#${index}${base}`, object, path, document: index, base })
    }
  }

  /** Why a document is no plain manifest, if so. */
  #otherThanManifest(path: string, value: Json): { readonly is: string; readonly role: SkippedRole } | undefined {
    const kustomize = isKustomizationFile(path) ? 'a kustomization' : kustomizeObject(value)
    if (kustomize !== undefined) return { is: kustomize, role: 'kustomization' }
    const [patch] = this.#patches.get(path) ?? []
    if (patch !== undefined && !this.#listed.has(path)) return { is: `a patch of ${patch.by}`, role: 'patch' }
    if (isJsonPatch(value)) return { is: 'a JSON patch', role: 'patch' }
    if (isReplacement(value)) return { is: 'kustomize’s replacements', role: 'kustomization' }
    if (!isMap(value)) return { is: 'no Kubernetes object', role: 'other' }
    if (Object.hasOwn(value, '$patch')) return { is: 'a strategic merge patch', role: 'patch' }
    if (!isKubeObject(value)) return { is: 'no Kubernetes object: it has no apiVersion and kind', role: 'other' }
    if (value.kind === 'CustomResourceDefinition') return { is: 'a CustomResourceDefinition', role: 'other' }
    return undefined
  }

  #isTemplate(text: string, parsed: ParsedText): boolean {
    if (!mayBeTemplate(text)) return false
    if (parsed.errors.length > 0 && looksLikeTemplate(text)) return true
    return parsed.documents.some(
      ({ root, value }) => hasTemplateMarks(root) || (isKubeObject(value) && mayBeTemplate(nameOf(value))),
    )
  }

  /** The path below the nearest chart around a file; undefined outside charts. */
  #chartOf(path: string): string | undefined {
    for (let directory = directoryOf(path); ; directory = directoryOf(directory)) {
      if (this.#charts.has(directory)) return directory === '' ? path : path.slice(directory.length + 1)
      if (directory === '') return undefined
    }
  }
}

/** The objects of a document: itself, or the items of a List or of an OpenShift Template, each with its place. */
function objectsIn(value: Json): readonly { readonly object: Json; readonly base: Pointer }[] {
  const key = membersKey(value)
  if (key === undefined) return [{ object: value, base: '' }]
  return listAt(value, key).map((object, index) => ({ object, base: pointer(key, index) }))
}

/** Under which key a List or an OpenShift Template holds objects; undefined for anything else. */
function membersKey(value: Json): string | undefined {
  const kind = stringAt(value, 'kind') ?? ''
  if (kind.endsWith('List') && Array.isArray(at(value, 'items'))) return 'items'
  return kind === 'Template' && Array.isArray(at(value, 'objects')) ? 'objects' : undefined
}

function isKubeObject(value: Json): value is KubeObject {
  return Boolean(stringAt(value, 'apiVersion') && stringAt(value, 'kind'))
}

function isJsonPatch(value: Json): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(entry => stringAt(entry, 'op') !== undefined && stringAt(entry, 'path') !== undefined)
  )
}

/** How many documents with content a text has, readable or not. */
export function documentsIn({ documents, errors, leftOut }: ParsedText): number {
  return documents.length + errors.length + leftOut.length
}

/**
 * Whether a document is a CustomResourceDefinition beyond doubt, so that it need not be read: they are large, and no
 * rule looks at them.
 */
function isPlainDefinition(source: string): boolean {
  if (!FIRST_LINE.test(source) || mayBeTemplate(source) || source.includes('$patch')) return false
  return (
    /^apiVersion: apiextensions\.k8s\.io\/\w+\s*$/m.test(source) && /^kind: CustomResourceDefinition\s*$/m.test(source)
  )
}

/** What a definition starts with: a map in block style, so that other keys at the start of a line are its own. */
const FIRST_LINE = /^(---[ \t]*\n|[ \t]*\n|[ \t]*#[^\n]*\n)*(apiVersion: apiextensions|kind: CustomResourceDefinition)/

/** Whether the document around an offset says that it is one, even where it can't be parsed: no rule reads those. */
function isCustomResourceDefinition(text: string, offset: number): boolean {
  return /^kind: CustomResourceDefinition\s*$/m.test(documentAround(text, offset))
}

/** The text from the document marker before an offset to the one behind it. */
function documentAround(text: string, offset: number): string {
  const start = text.lastIndexOf('\n---', offset) + 1
  const end = text.indexOf('\n---', offset)
  return text.slice(start, end < 0 ? undefined : end)
}

/** A file of kustomize's `replacements`: `source` and `targets`, alone or in a list. */
function isReplacement(value: Json): boolean {
  const entries: readonly Json[] = Array.isArray(value) ? value : [value]
  return entries.length > 0 && entries.every(entry => isMap(at(entry, 'source')) && Array.isArray(at(entry, 'targets')))
}

function skip(path: string, reason: string, document?: number): Skipped {
  return { path, reason, role: 'other', text: '', ...(document === undefined ? {} : { document }) }
}

function directoryOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
}
