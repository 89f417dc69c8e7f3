// The built program, run again and again in one process: `resident.ts` starts this and says how the streams are used.
// Each run evaluates the whole bundle anew, with its own arguments, variables and working directory, and is over when
// nothing is left to do, as a process of its own would be. What is saved is Node's start and the compilation.
import { createReadStream, readFileSync, readSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { Script } from 'node:vm'

const STDIN = 0
const CALLS = 3
const ANSWERS = 4
const LINE_END = 10

const [, , BUNDLE] = process.argv
const source = readFileSync(BUNDLE, 'utf8').replace(/^#!.*/, '')
const bundle = new Script(
  `(function (exports, require, module, __filename, __dirname, importNatively) {${source}\n})`,
  {
    filename: BUNDLE,
  },
)
const evaluate = bundle.runInThisContext()

/** How many runs there are in one process: reflect-metadata keeps what each has loaded, a megabyte. */
const MOST_RUNS = 100

let runs = 0
let isRunning = false
process.on('beforeExit', () => {
  if (isRunning) answer(process.exitCode, runs === MOST_RUNS)
  const call = runs === MOST_RUNS ? undefined : nextCall()
  if (call === undefined) process.exit()
  isRunning = true
  runs += 1
  setImmediate(run, call)
})
// A run that ends the process, as errors that nobody catches do.
process.on('exit', code => {
  if (isRunning) answer(code, true)
})

/** What is asked for next; undefined: whoever asked has gone. Nothing is done while waiting. */
function nextCall() {
  const chunks = []
  while (chunks.at(-1)?.at(-1) !== LINE_END) {
    const chunk = Buffer.alloc(2 ** 16)
    const length = readSync(CALLS, chunk)
    if (length === 0) return undefined
    chunks.push(chunk.subarray(0, length))
  }
  return JSON.parse(Buffer.concat(chunks))
}

function run({ cwd, args, env }) {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name]
  Object.assign(process.env, env)
  process.chdir(cwd)
  process.argv = [process.execPath, BUNDLE, ...args]
  process.exitCode = undefined
  // As Node reads a file that standard input comes from, which it does once in a process.
  const stdin = createReadStream('', { fd: STDIN, start: 0, autoClose: false })
  Object.defineProperty(process, 'stdin', { value: stdin, configurable: true })
  const module = { exports: {} }
  evaluate(module.exports, createRequire(BUNDLE), module, BUNDLE, dirname(BUNDLE), url => import(url))
}

function answer(status = 0, isOver) {
  isRunning = false
  writeSync(ANSWERS, `${JSON.stringify({ status, isOver })}\n`)
}
