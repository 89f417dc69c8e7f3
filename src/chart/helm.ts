import { runOffline } from '../build/program.ts'
import { MeshFixError } from '../errors.ts'
import type { Release } from './release.ts'

/** How to get one. */
const INSTALL = 'install helm (https://helm.sh/docs/intro/install/) and put it on PATH'

/** The real helm. */
export class Helm {
  /** Its name and version, for people: `helm v3.19.5`. */
  readonly version: string

  private constructor(version: string) {
    this.version = version
  }

  /** @throws {MeshFixError} BUILD: there is none on PATH */
  static find(): Helm {
    const result = runOffline(['helm', 'version', '--template', '{{.Version}}'], PLAIN)
    if (result?.status === 0) return new Helm(`helm ${result.stdout.trim()}`)
    throw new MeshFixError('BUILD', `there is no helm to render the chart with; ${INSTALL}`)
  }

  /**
   * What `helm template` makes of a chart's directory, without a cluster.
   *
   * @param values files, the last of which wins
   * @param shown how messages call the chart
   * @throws {MeshFixError} BUILD: helm refuses; the reason is its own
   */
  template(directory: string, values: readonly string[], release: Release, shown: string): string {
    const { name, namespace, kubeVersion, apiVersions } = release
    const result = runOffline(
      [
        ...['helm', 'template', name, directory, '--namespace', namespace],
        ...(kubeVersion === undefined ? [] : ['--kube-version', kubeVersion]),
        ...apiVersions.flatMap(version => ['--api-versions', version]),
        ...values.flatMap(file => ['--values', file]),
      ],
      PLAIN,
    )
    if (result?.status === 0) return result.stdout
    throw new MeshFixError('BUILD', refusal(shown, (result?.stderr ?? '').replaceAll(directory, shown)))
  }
}

/** The user's own plug-ins and cluster say nothing about a chart. */
const PLAIN = { HELM_NO_PLUGINS: '1', KUBECONFIG: '/dev/null' }

/** How much of helm's message is passed on, in characters. */
const MAX_REASON = 300

function refusal(shown: string, stderr: string): string {
  const [, missing] = /missing in charts\/ directory: (.*)/.exec(stderr) ?? []
  if (missing !== undefined)
    return `${shown} needs charts that are not in its charts/ directory: ${missing}; mesh-fix fetches nothing: run \`helm dependency build ${shown}\``
  const [, error = stderr] = /Error: ([\s\S]*?)(\n\nUse --debug|$)/.exec(stderr) ?? []
  const reason = error.trim().replace(/\s*\n\s*/g, ' ') || 'it gives no reason'
  const short = reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON)}…` : reason
  const hint = /kubeVersion/.test(reason) ? '; --kube-version says which version to render for' : ''
  return `helm can't render ${shown}: ${short}${hint}`
}
