import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'

/** What tells this build of the program from every other: the build puts it in. */
declare const BUILD: string

/**
 * Runs a program as Node's `require` would, with what V8 made of it in an earlier run, the functions that ran included:
 * compiling takes most of the time of a small check (Node's own compile cache holds no functions, and gains half as
 * much). It is kept beside the program, where nobody can write who couldn't change the program itself; where mesh-fix
 * can't, it starts as if there were none. `NODE_DISABLE_COMPILE_CACHE` turns it off, as it does Node's own.
 *
 * @param program the path of a CommonJS file
 * @param options `keep`: whether to keep what is compiled at the end of this run, if there is nothing yet
 */
export function runCompiled(program: string, { keep }: { readonly keep: boolean }): void {
  const require = createRequire(program)
  // Node maps the traces of modules alone.
  if (process.env['NODE_DISABLE_COMPILE_CACHE'] !== undefined || process.sourceMapsEnabled) {
    require(program)
    return
  }
  const file = join(dirname(program), 'compiled', `${BUILD}-${process.version}-${process.platform}-${process.arch}.bin`)
  const cachedData = read(file)
  const script = new Script(
    `(function(require,module,exports,__filename,__dirname,importNatively){${text(program)}\n})`,
    {
      filename: program,
      ...(cachedData === undefined ? {} : { cachedData }),
    },
  )
  const module = { exports: {} }
  const importNatively = (url: string): Promise<unknown> => import(url)
  script.runInThisContext()(require, module, module.exports, program, dirname(program), importNatively)
  // V8 takes nothing that is damaged, or of another V8, or made with other flags.
  if (!keep || script.cachedDataRejected === false) return
  process.once('exit', code => {
    if (code < 2) write(file, script.createCachedData())
  })
}

/** Without the line for the shell. */
function text(program: string): string {
  return readFileSync(program, 'utf8').replace(/^#!.*/, '')
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

/** As a whole or not at all: other runs may be reading it. */
function write(file: string, data: Buffer): void {
  const unfinished = `${file}.${process.pid}`
  try {
    mkdirSync(dirname(file), { recursive: true })
  } catch {
    return
  }
  try {
    writeFileSync(unfinished, data)
    renameSync(unfinished, file)
  } catch {
    rmSync(unfinished, { force: true })
  }
}
