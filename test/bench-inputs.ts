import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { walk } from '../src/read/walk.ts'
import { BARE, checks, kustomize, meshFix, NAMES, node, peers, readers, writers } from './bench-programs.ts'
import type { Input, Program } from './bench-run.ts'
import { generate, HALF, type Layout } from './generate.ts'
import { PROGRAM } from './program.ts'

const FUNCTION = fileURLToPath(new URL('../dist/mesh-fix-krm.cjs', import.meta.url))

/** From so many apps on, what other people's programs take is measured as well. */
const PEERS_FROM = 1000

/** Up to so many apps `kustomize build` takes minutes, for its time grows with the square of them. */
const BUILDS_UP_TO = 2000

/** Of a generated app, its share in a definition included. */
const RESOURCES_PER_APP = 4.5

/** An input that is made, in an empty directory, when its turn comes. */
export interface Recipe {
  readonly name: string
  readonly make: (scratch: string) => Input
}

/** How a generated input lies there, as it is called. */
const LAYOUTS: Readonly<Record<Layout, string>> = {
  directories: 'a directory each',
  file: 'one file',
  list: 'one List',
  json: 'one List of JSON',
  namesakes: 'all of one name',
}

/** What a generated input is called. */
export function generatedName(apps: number, layout: Layout): string {
  return `${apps} apps, ${LAYOUTS[layout]}`
}

/** What the input is called of which half of the documents get an edit. */
export function editedName(fixes: number): string {
  return `${fixes} fixes, in half of the documents`
}

/** What the input is called that is built with mesh-fix as a transformer. */
export function inKustomizeName(resources: number): string {
  return `${resources} resources, in kustomize build`
}

/** One small file: what starting costs. */
export const START_UP: Recipe = {
  name: 'start-up, one small file',
  make: scratch => {
    const file = join(scratch, 'small.yaml')
    writeFileSync(file, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: small\n')
    return {
      name: START_UP.name,
      bytes: statSync(file).size,
      programs: [BARE, node(NAMES.version, PROGRAM, '--version'), node(NAMES.smallFile, PROGRAM, file)],
    }
  },
}

/** A build of so many resources: alone, with mesh-fix as its transformer, and with one that gives back what it gets. */
export function inKustomize(resources: number): Recipe {
  const name = inKustomizeName(resources)
  return {
    name,
    make: scratch => {
      generate(join(scratch, 'base'), Math.round(resources / RESOURCES_PER_APP), 'file')
      const files = {
        'base/kustomization.yaml': 'resources: [all.yaml]\n',
      }
      const functions = { fixed: `"${process.execPath}" "${FUNCTION}"`, idle: 'cat' }
      for (const [directory, command] of Object.entries(functions)) {
        mkdirSync(join(scratch, directory))
        const transformed = transformedBy(command)
        for (const [file, text] of Object.entries(transformed)) writeFileSync(join(scratch, directory, file), text)
        chmodSync(join(scratch, directory, 'run'), 0o755)
      }
      for (const [path, text] of Object.entries(files)) writeFileSync(join(scratch, path), text)
      return {
        name,
        bytes: statSync(join(scratch, 'base/all.yaml')).size,
        programs: [
          ...kustomize(NAMES.build, join(scratch, 'base')),
          ...kustomize(NAMES.idle, '--enable-alpha-plugins', '--enable-exec', join(scratch, 'idle')),
          ...kustomize(NAMES.function, '--enable-alpha-plugins', '--enable-exec', join(scratch, 'fixed')),
        ],
      }
    },
  }
}

/** The files of a kustomization that has a base transformed by a program. */
function transformedBy(command: string): Readonly<Record<string, string>> {
  return {
    'kustomization.yaml': 'resources: [../base]\ntransformers: [function.yaml]\n',
    'function.yaml': `apiVersion: mesh-fix.dev/v1alpha1
kind: MeshFix
metadata:
  name: mesh-fix
  annotations:
    config.kubernetes.io/function: |
      exec: { path: ./run }
spec: {}
`,
    run: `#!/bin/sh\nexec ${command}\n`,
  }
}

/** A kustomization in the directory of each app: what building them costs a run. */
export function built(apps: number): Recipe {
  const name = `${apps} apps, a kustomization each`
  return {
    name,
    make: scratch => {
      const directory = join(scratch, 'apps')
      generate(directory, apps, 'directories')
      const files = walk([directory], { root: directory }).files
      for (const own of new Set(files.map(dirname))) {
        const resources = files.filter(file => dirname(file) === own).map(file => `- ${basename(file)}\n`)
        writeFileSync(join(directory, own, 'kustomization.yaml'), `resources:\n${resources.join('')}`)
      }
      const run = (title: string, ...options: readonly string[]): Program =>
        meshFix(`mesh-fix: ${title}`, directory, '--reporter', 'json', ...options)
      const { list, bytes } = read(directory, scratch)
      return {
        name,
        bytes,
        programs: [
          ...readers(list).filter(program => program.name === NAMES.yardstick),
          run('findings of sources', '--no-fix', '--build', 'never'),
          run('findings of builds', '--no-fix'),
          run('fixes of sources', '--build', 'never'),
          run('fixes proven in builds'),
        ],
      }
    },
  }
}

/** A generated repository. */
export function generated(apps: number, layout: Layout): Recipe {
  const name = generatedName(apps, layout)
  return {
    name,
    make: scratch => {
      const directory = join(scratch, 'apps')
      generate(directory, apps, layout)
      const { list, files, bytes } = read(directory, scratch)
      return {
        name,
        bytes,
        programs: [
          BARE,
          ...readers(list),
          ...checks(directory),
          ...(apps >= PEERS_FROM && apps <= BUILDS_UP_TO ? buildOf(files, scratch) : []),
          ...(apps >= PEERS_FROM ? peers(directory, files, scratch) : []),
        ],
      }
    },
  }
}

/** A generated repository in which half of the documents get an edit, two an app, one file each. */
export function edited(fixes: number): Recipe {
  const name = editedName(fixes)
  return {
    name,
    make: scratch => {
      const directory = join(scratch, 'apps')
      generate(directory, fixes / 2, 'directories', HALF)
      const { list, bytes } = read(directory, scratch)
      return {
        name,
        bytes,
        programs: [
          ...readers(list).filter(program => program.name === NAMES.yardstick),
          meshFix(NAMES.check, directory, '--unsafe', '--reporter', 'json'),
          meshFix(NAMES.diff, directory, '--unsafe', '--diff'),
          ...writers(directory),
        ],
      }
    },
  }
}

/** Any directory. */
export function given(path: string): Recipe {
  return {
    name: path,
    make: scratch => {
      const directory = resolve(path)
      const { list, files, bytes } = read(directory, scratch)
      return {
        name: path,
        bytes,
        programs: [
          BARE,
          ...readers(list),
          ...checks(directory),
          meshFix(NAMES.diff, directory, '--diff'),
          ...(existsSync(join(directory, 'kustomization.yaml')) ? kustomize(NAMES.build, directory) : []),
          ...peers(directory, files, scratch),
        ],
      }
    },
  }
}

/** What mesh-fix reads of a directory, and a file that lists it. */
function read(directory: string, scratch: string) {
  const walked = walk([directory], { root: directory })
  const files = walked.files.map(file => join(walked.root, file))
  const list = join(scratch, 'files.json')
  writeFileSync(list, JSON.stringify(files))
  return { list, files, bytes: files.reduce((sum, file) => sum + statSync(file).size, 0) }
}

/** `kustomize build` of files, by a kustomization that lists them. */
function buildOf(files: readonly string[], scratch: string): readonly Program[] {
  const build = join(scratch, 'build')
  mkdirSync(build)
  const resources = files.map(file => `- ${relative(build, file)}\n`)
  writeFileSync(join(build, 'kustomization.yaml'), `resources:\n${resources.join('')}`)
  return kustomize(NAMES.build, '--load-restrictor', 'LoadRestrictionsNone', build)
}
