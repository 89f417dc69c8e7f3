/** When kustomizations are built: where there is a kustomize, always (without one it is an error), or never. */
export const BUILD_MODES = ['auto', 'always', 'never'] as const

export type BuildMode = (typeof BUILD_MODES)[number]

/** What a run has built, for reports. Kustomizations go by their directories' paths from the root of what is read. */
export interface BuildRecord {
  readonly mode: BuildMode
  /** `kustomize v5.8.1`; undefined where nothing was built. */
  readonly tool: string | undefined
  readonly built: readonly string[]
  readonly unbuilt: readonly { readonly name: string; readonly reason: string }[]
}

/** Where there is nothing to build. */
export const NOT_BUILT: BuildRecord = { mode: 'never', tool: undefined, built: [], unbuilt: [] }
