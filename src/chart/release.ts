/** The release where none is named, as in helm itself. */
export const DEFAULT_RELEASE = 'release-name'

/** What a chart is rendered for. */
export interface Release {
  readonly name: string
  readonly namespace: string
  /** The Kubernetes version that templates see; undefined: the one that helm was built for. */
  readonly kubeVersion: string | undefined
  /** API versions that templates see beside Kubernetes' own. */
  readonly apiVersions: readonly string[]
}
