import { execFile, spawnSync } from 'node:child_process'
import { relative } from 'node:path'
import { MeshFixError } from '../errors.ts'
import { stringAt } from '../read/json.ts'
import { parse } from '../read/yaml.ts'

/** How to get one. */
const INSTALL =
  'install kustomize (https://kubectl.docs.kubernetes.io/installation/kustomize/) or kubectl, and put it on PATH'

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

/** How a directory is built. */
export interface BuildOptions {
  /** Whether kustomizations may load files from outside their directory; by kustomize's default they may not. */
  readonly unrestricted?: boolean
  /** How messages call the directory; else by its path. */
  readonly name?: string
  /** Whether kustomize may fetch what is remote. */
  readonly online?: boolean
}

/** The real kustomize: the program of that name, or the one in kubectl. */
export class Kustomize {
  /** Its name and version, for people: `kustomize v5.8.1`. */
  readonly version: string
  readonly #command: readonly string[]

  private constructor(command: readonly string[], version: string) {
    this.#command = command
    this.version = `${command.join(' ')} ${version}`
  }

  /** @throws {MeshFixError} BUILD: there is none on PATH */
  static find(): Kustomize {
    const own = run(['kustomize', 'version'])
    if (own?.status === 0) return new Kustomize(['kustomize'], own.stdout.trim())
    const client = run(['kubectl', 'version', '--client', '--output', 'json'])
    const version = client?.status === 0 ? stringAt(parse(client.stdout).documents[0]?.value, 'kustomizeVersion') : ''
    if (version) return new Kustomize(['kubectl', 'kustomize'], version)
    throw new MeshFixError('BUILD', `there is neither kustomize nor kubectl to build with; ${INSTALL}`)
  }

  /**
   * What kustomize makes of a directory.
   *
   * @throws {MeshFixError} BUILD: kustomize refuses; the reason is its own
   */
  build(directory: string, options: BuildOptions = {}): string {
    const result = run(this.#commandFor(directory, options))
    if (result?.status === 0) return result.stdout
    throw this.#refusal(directory, options, result?.stderr ?? '')
  }

  /** The same beside other builds. @throws {MeshFixError} BUILD */
  buildAlongside(directory: string, options: BuildOptions = {}): Promise<string> {
    const [program = '', ...args] = this.#commandFor(directory, options)
    const env = options.online ? process.env : { ...process.env, ...OFFLINE }
    return new Promise((resolve, reject) => {
      execFile(program, args, { env, encoding: 'utf8', maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(this.#refusal(directory, options, stderr))
      })
    })
  }

  #commandFor(directory: string, { unrestricted = false }: BuildOptions): readonly string[] {
    const [program = '', ...rest] = this.#command
    const command = [program, ...(rest.length > 0 ? rest : ['build']), directory]
    return [...command, ...(unrestricted ? ['--load-restrictor', 'LoadRestrictionsNone'] : [])]
  }

  #refusal(directory: string, { name }: BuildOptions, stderr: string): MeshFixError {
    const shown = name ?? (relative(process.cwd(), directory) || '.')
    return new MeshFixError('BUILD', `${this.#command[0]} can't build ${shown}: ${reasonIn(stderr)}`)
  }
}

/** Undefined where there is no such program. */
function run([program = '', ...args]: readonly string[]) {
  const env = { ...process.env, ...OFFLINE }
  const result = spawnSync(program, args, { env, encoding: 'utf8', maxBuffer: MAX_OUTPUT })
  return result.error === undefined ? result : undefined
}

/** The last line is the error itself; warnings stand above it. */
function reasonIn(stderr: string): string {
  const start = stderr.lastIndexOf('Error: ')
  const error = start < 0 ? stderr : stderr.slice(start + 'Error: '.length)
  const reason = error.trim().replace(/\s*\n\s*/g, ' ') || 'it gives no reason'
  return reason.includes('missing metadata.name') ? `${reason} (it takes no generateName)` : reason
}
