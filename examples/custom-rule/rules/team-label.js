/** Our dashboards and alerts find the people for a Service by this label. */
const LABEL = 'shop.example/team'
const PATH = '/metadata/labels/shop.example~1team'

/** @type {import('mesh-fix').Detector<{ hasLabels: boolean }>} */
export const detector = {
  id: 'team-label',
  title: 'Services say which team answers for them',
  docs: 'https://handbook.shop.example/services#team',
  checks: { missing: { classic: 'warning', sidecar: 'warning', cni: 'warning', ambient: 'warning' } },

  *detect(resource, graph) {
    if (!graph.isService(resource)) return
    const { labels } = resource.object.metadata ?? {}
    if (labels?.[LABEL] !== undefined) return
    yield {
      check: 'missing',
      resource,
      at: labels === undefined ? '/metadata' : '/metadata/labels',
      message: `no label ${LABEL} says which team answers for this Service`,
      subject: LABEL,
      data: { hasLabels: labels !== undefined },
    }
  },
}

/** @type {import('mesh-fix').Fixer<{ hasLabels: boolean }>} */
export const fixer = {
  fixes: detector,

  fix({ resource, data: { hasLabels } }, graph) {
    const { namespace } = resource.object.metadata
    const home = [...graph.ofKind('Namespace')].find(({ object }) => object.metadata?.name === namespace)
    const team = home?.object.metadata.labels?.[LABEL]
    if (team === undefined) return { declined: 'its Namespace names no team either', evidence: [] }
    const operation = hasLabels
      ? { op: 'add', path: PATH, value: team }
      : { op: 'add', path: '/metadata/labels', value: { [LABEL]: team } }
    return [
      {
        title: `add the label ${LABEL}: ${team}`,
        safety: 'safe',
        cautions: [],
        evidence: [
          {
            class: 'strong',
            source: 'Namespace',
            says: `Namespace "${namespace}" belongs to team "${team}"`,
            at: { resource: home, pointer: PATH },
          },
        ],
        impact: 'metadata',
        changes: [
          { resource, operations: [{ op: 'test', path: '/metadata/name', value: resource.object.metadata.name }, operation] },
        ],
      },
    ]
  },
}
