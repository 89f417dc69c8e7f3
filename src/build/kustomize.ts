import { relative } from 'node:path'
import { MeshFixError } from '../errors.ts'
import { stringAt } from '../read/json.ts'
import { parse } from '../read/yaml.ts'
import { runAlongside, runOffline, runOnline } from './program.ts'

/** How to get one. */
const INSTALL =
  'install kustomize (https://kubectl.docs.kubernetes.io/installation/kustomize/) or kubectl, and put it on PATH'

/** How a directory is built. */
export interface BuildOptions {
  /** Whether kustomizations may load files from outside their directory; by kustomize's default they may not. */
  readonly unrestricted?: boolean
  /** How messages call the directory; else by its path. */
  readonly name?: string
}

/** The real kustomize: the program of that name, or the one in kubectl. */
export class Kustomize {
  /** Its name and version, for people: `kustomize v5.8.1`. */
  readonly version: string
  readonly #command: readonly string[]
  readonly #online: boolean

  private constructor(command: readonly string[], version: string, online: boolean) {
    this.#command = command
    this.#online = online
    this.version = `${command.join(' ')} ${version}`
  }

  /**
   * @param online whether it may fetch what is remote
   * @throws {MeshFixError} BUILD: there is none on PATH
   */
  static find({ online = false }: { readonly online?: boolean } = {}): Kustomize {
    const own = runOffline(['kustomize', 'version'])
    if (own?.status === 0) return new Kustomize(['kustomize'], own.stdout.trim(), online)
    const client = runOffline(['kubectl', 'version', '--client', '--output', 'json'])
    const version = client?.status === 0 ? stringAt(parse(client.stdout).documents[0]?.value, 'kustomizeVersion') : ''
    if (version) return new Kustomize(['kubectl', 'kustomize'], version, online)
    throw new MeshFixError('BUILD', `there is neither kustomize nor kubectl to build with; ${INSTALL}`)
  }

  /**
   * What kustomize makes of a directory.
   *
   * @throws {MeshFixError} BUILD: kustomize refuses; the reason is its own
   */
  build(directory: string, options: BuildOptions = {}): string {
    const result = (this.#online ? runOnline : runOffline)(this.#commandFor(directory, options))
    if (result?.status === 0) return result.stdout
    throw this.#refusal(directory, options, result?.stderr ?? '')
  }

  /** The same beside other builds. @throws {MeshFixError} BUILD */
  async buildAlongside(directory: string, options: BuildOptions = {}): Promise<string> {
    const output = await runAlongside(this.#commandFor(directory, options), { online: this.#online })
    if (output.status === 0) return output.stdout
    throw this.#refusal(directory, options, output.stderr)
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

/** The last line is the error itself; warnings stand above it. */
function reasonIn(stderr: string): string {
  const start = stderr.lastIndexOf('Error: ')
  const error = start < 0 ? stderr : stderr.slice(start + 'Error: '.length)
  const reason = error.trim().replace(/\s*\n\s*/g, ' ') || 'it gives no reason'
  return reason.includes('missing metadata.name') ? `${reason} (it takes no generateName)` : reason
}
