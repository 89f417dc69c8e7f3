import type { Context } from '../detect/detector.ts'
import { type Protocol, prefixProtocol } from '../detect/protocol.ts'
import { renamed } from '../graph/port-references.ts'
import { mentionsOf } from '../graph/skipped.ts'
import { pointer } from '../pointer.ts'
import type { Fix } from './fixer.ts'
import { appProtocolFix, renameFix } from './port-fixes.ts'
import type { ServicePort } from './service-port.ts'

/**
 * The change by which a port that says one protocol says another: in its `appProtocol` if that decides, else as the port
 * style wants it. Undefined where none fits.
 */
export function redeclaration(port: ServicePort, protocol: Protocol, context: Context): Fix | undefined {
  const { declaration } = port
  const decided = { protocol, class: 'definitive', evidence: [], doubt: undefined } as const
  const isClassic = context.profile === 'classic'
  if (declaration.appProtocol !== undefined && !isClassic) return replacement(port, protocol)

  const isRename = isClassic || (context.portStyle !== 'appProtocol' && !isBound(port))
  const rename = isRename ? renameFix(port, decided, context, withoutProtocol(declaration.name)) : undefined
  if (typeof rename === 'object') return rename
  return isClassic || context.portStyle === 'name' ? undefined : appProtocolFix(port, decided)
}

/** Whether something refers to the name that can't be rewritten: a text, or a file that was skipped. */
function isBound({ declaration, service, referrers, graph }: ServicePort): boolean {
  if (mentionsOf(service, declaration.name, graph).length > 0) return true
  return referrers.some(
    ({ resource, reference }) =>
      typeof reference.port === 'string' && renamed(resource.object, reference, declaration.name) === undefined,
  )
}

function replacement({ service, index, declaration }: ServicePort, protocol: Protocol): Fix {
  const path = pointer('spec', 'ports', index, 'appProtocol')
  return {
    title: `declare port ${declaration.port} as appProtocol "${protocol}"`,
    safety: 'safe',
    cautions: [],
    evidence: [],
    impact: 'routing',
    changes: [
      {
        resource: service,
        operations: [
          { op: 'test', path, value: declaration.appProtocol ?? null },
          { op: 'replace', path, value: protocol },
        ],
      },
    ],
    protocols: [{ service, index, protocol }],
  }
}

/** What a name says besides the protocol that it starts with. */
function withoutProtocol(name: string): string {
  if (prefixProtocol(name) === undefined) return name
  return name.replace(/^(grpc-web|[^-]+)-?/i, '')
}
