import namedServicePorts from '../plugins/named-service-ports.ts'
import { defineFixer, type Fix } from '../src/fix/fixer.ts'
import { appProtocolCandidates, appProtocolFix, renameFix, verdictOn } from '../src/fix/port-fixes.ts'
import { servicePort } from '../src/fix/service-port.ts'

/**
 * Renames the port together with everything that refers to its name; where that can't be, declares `appProtocol`.
 * Without evidence there is no fix: naming a port `tcp` would switch off the detection that works today.
 */
export default defineFixer(namedServicePorts, {
  fix({ resource, data: { index, fault } }, graph, context) {
    const port = servicePort(resource, index, graph)
    if (port === undefined) return { declined: 'the port is gone', evidence: [] }
    if (fault === 'external-name') {
      return { declined: 'what an ExternalName Service leads to is outside the manifests', evidence: [] }
    }
    if (/\$/.test(port.declaration.name) || port.declaration.port === undefined) {
      return { declined: 'its name or number is a parameter, which is filled in elsewhere', evidence: [] }
    }
    const verdict = verdictOn(port, context)
    if (fault === 'app-protocol') return appProtocolCandidates(port, verdict)
    if (verdict.protocol === undefined) return { declined: verdict.reason, evidence: verdict.evidence }

    const fixes: Fix[] = []
    const rename = context.portStyle === 'appProtocol' ? undefined : renameFix(port, verdict, context)
    const note = typeof rename === 'string' ? rename : undefined
    if (typeof rename === 'object') fixes.push(rename)
    if (context.portStyle !== 'name' && context.profile !== 'classic') {
      fixes.push({ ...appProtocolFix(port, verdict), ...(note === undefined ? {} : { note }) })
    }
    return fixes.length > 0 ? fixes : { declined: note ?? 'no port style is left', evidence: verdict.evidence }
  },
})
