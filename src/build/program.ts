import { execFile, type SpawnSyncReturns, spawnSync } from 'node:child_process'

/** Enough for the largest build, in bytes. */
const MAX_OUTPUT = 2 ** 30

/**
 * What is remote has been refused before a build. Should some of it have been missed, git may use no transport, and the
 * proxy that requests are sent to takes none.
 */
const OFFLINE = {
  GIT_ALLOW_PROTOCOL: 'none',
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  http_proxy: 'http://127.0.0.1:9',
  https_proxy: 'http://127.0.0.1:9',
  NO_PROXY: '',
  no_proxy: '',
}

/** Runs a program without network. Undefined where there is no such program. */
export function runOffline(
  command: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): SpawnSyncReturns<string> | undefined {
  return runWith(command, { ...OFFLINE, ...variables })
}

/** Runs a program that may fetch what it wants. Undefined where there is no such program. */
export function runOnline(command: readonly string[]): SpawnSyncReturns<string> | undefined {
  return runWith(command, {})
}

function runWith([program = '', ...args]: readonly string[], variables: Readonly<Record<string, string>>) {
  const env = { ...process.env, ...variables }
  const result = spawnSync(program, args, { env, encoding: 'utf8', maxBuffer: MAX_OUTPUT })
  return result.error === undefined ? result : undefined
}

/** Runs a program beside others. Without network, unless it is wanted; a program that can't be started fails. */
export function runAlongside(
  [program = '', ...args]: readonly string[],
  { online }: { readonly online: boolean },
): Promise<{ readonly status: 0 | 1; readonly stdout: string; readonly stderr: string }> {
  const env = online ? process.env : { ...process.env, ...OFFLINE }
  return new Promise(resolve => {
    execFile(program, args, { env, encoding: 'utf8', maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : 1, stdout, stderr: stderr || (error?.message ?? '') })
    })
  })
}
