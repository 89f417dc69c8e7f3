import { spawnSync } from 'node:child_process'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Run } from './program.ts'

/** Where programs are looked for: `.ci/tools.js` puts mesh-fix there, and kustomize only where there is none. */
export const TOOL_PATH = [fileURLToPath(new URL('../.tools/bin', import.meta.url)), process.env['PATH']].join(delimiter)

/**
 * For `env`: tap loads modules of its own into every Node that a test starts, also into those that a tool starts, which
 * would take most of the time. It puts them into NODE_OPTIONS whatever variables are given.
 */
const WITHOUT_TAP = ['-u', 'NODE_OPTIONS', '-u', 'FORCE_COLOR']

/** For `env`: Node without tap. */
export const PLAIN_NODE = [...WITHOUT_TAP, process.execPath]

/** How a tool is run, where the defaults don't do. */
export interface ToolOptions {
  readonly input?: string
  /** Variables beside those of the machine. */
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a real tool in a directory. */
export function tool(cwd: string, name: string, args: readonly string[], { input, env }: ToolOptions = {}): Run {
  return spawnSync('/usr/bin/env', [...WITHOUT_TAP, name, ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, PATH: TOOL_PATH, ...env },
    ...(input === undefined ? {} : { input }),
  })
}

/** For tap's `skip`: false where a tool is there, otherwise what is missing. */
export function missing(name: string): string | false {
  // kubectl would ask a cluster for its version, too.
  const args = name === 'kubectl' ? ['version', '--client'] : ['version']
  return tool('.', name, args).status === 0 ? false : `${name} is not on PATH`
}
