import { createRequire } from 'node:module'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Detector } from './detect/detector.ts'
import { MeshFixError } from './errors.ts'
import type { Fixer } from './fix/fixer.ts'
import type { Rules } from './rules.ts'

/**
 * Loads the rules that a configuration names, each from the default export (`{ detectors, fixers }`) of a module or
 * package. This runs their code: only a file that the user owns may name them.
 *
 * @param config the configuration's file: paths are relative to it, packages are looked up from there
 * @throws {MeshFixError} CONFIG: a module can't be loaded, or exports something else
 */
export async function loadPlugins(names: readonly string[], config: string): Promise<readonly Rules[]> {
  return Promise.all(names.map(name => loadPlugin(name, config)))
}

async function loadPlugin(name: string, config: string): Promise<Rules> {
  const exported = await defaultOf(name, config)
  const { detectors, fixers = [] } = (exported ?? {}) as Partial<Rules>
  if (!Array.isArray(detectors) || !Array.isArray(fixers) || !detectors.every(isDetector) || !fixers.every(isFixer))
    throw refused(name, config, 'its default export must be { detectors, fixers }')
  return { detectors, fixers }
}

async function defaultOf(name: string, config: string): Promise<unknown> {
  try {
    const isPath = /^\.{1,2}\//.test(name) || isAbsolute(name)
    const file = isPath ? resolve(dirname(config), name) : createRequire(config).resolve(name)
    return ((await importModule(pathToFileURL(file).href)) as { readonly default?: unknown }).default
  } catch (error) {
    throw refused(name, config, error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
  }
}

/** What `compiled.ts` gives the program instead of `import()`, which V8 lacks in code of an earlier run. */
declare const importNatively: ((url: string) => Promise<unknown>) | undefined

function importModule(url: string): Promise<unknown> {
  return typeof importNatively === 'undefined' ? import(url) : importNatively(url)
}

function isDetector(value: Partial<Detector> | undefined): boolean {
  return typeof value?.id === 'string' && typeof value.checks === 'object' && typeof value.detect === 'function'
}

function isFixer(value: Partial<Fixer> | undefined): boolean {
  return typeof value?.fix === 'function' && typeof value.fixes === 'object'
}

function refused(name: string, config: string, reason: string): MeshFixError {
  return new MeshFixError(
    'CONFIG',
    `the plugin "${name}" of ${relative(process.cwd(), config)} can't be used: ${reason}`,
  )
}
