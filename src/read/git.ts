import { spawnSync } from 'node:child_process'

/** What a run of git came to. */
export interface GitRun {
  readonly isDone: boolean
  readonly output: Buffer
  /** Its own words, where it fails. */
  readonly message: string
}

/** What a run of git may be given. */
export interface GitInput {
  readonly input?: string
  /** Another index than the repository's own; absolute. */
  readonly index?: string | undefined
}

/** Runs git in a directory; undefined where there is none. */
export function git(cwd: string, args: readonly string[], { input = '', index }: GitInput = {}): GitRun | undefined {
  // Git sets these for its hooks; they would name the repository in the words of another directory.
  const { GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, GIT_PREFIX, ...rest } = process.env
  const env = index === undefined ? rest : { ...rest, GIT_INDEX_FILE: index }
  // A repository's own configuration must not make git start a program.
  const run = spawnSync('git', ['-c', 'core.fsmonitor=false', ...args], { cwd, env, input, maxBuffer: 2 ** 30 })
  if (run.error !== undefined) return undefined
  const [message = ''] = run.stderr.toString('utf8').split('\n')
  return { isDone: run.status === 0, output: run.stdout, message: message.replace(/^(fatal|error): /, '') }
}
