import { defineDetector, type Finding, type Profile } from '../src/detect/detector.ts'
import { isServiceInMesh } from '../src/detect/mesh.ts'
import { convertProtocol, declarationOf, type PortDeclaration, prefixProtocol } from '../src/detect/protocol.ts'
import { pointer } from '../src/pointer.ts'
import { isMap, listAt, stringAt } from '../src/read/json.ts'
import type { Resource } from '../src/read/resource.ts'
import type { Json } from '../src/read/tree.ts'

/** What is wrong with one entry of a Service's ports. */
export interface PortFinding {
  readonly index: number
  readonly fault: 'unnamed' | 'no-text' | 'name' | 'udp-name' | 'app-protocol' | 'external-name'
}

/**
 * Istio takes a port's protocol from its `appProtocol`, else from the start of its name. What says neither is
 * auto-detected, which breaks where the server speaks first; up to Istio 1.2 it was plain TCP.
 */
export default defineDetector<PortFinding>({
  id: 'named-service-ports',
  title: 'Service ports say which protocol they carry',
  docs: 'https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/',
  checks: { 'service-port': { classic: 'warning', sidecar: 'warning', cni: 'warning', ambient: 'info' } },

  *detect(resource, graph, { profile, all }) {
    if (!graph.isService(resource)) return
    if (!all && !isServiceInMesh(resource, graph)) return

    const isExternal = stringAt(resource.object, 'spec', 'type') === 'ExternalName'
    for (const [index, entry] of listAt(resource.object, 'spec', 'ports').entries()) {
      const port = declarationOf(entry)
      const fault = faultOf(port, isExternal, profile)
      if (fault === undefined || !isMap(entry)) continue
      yield findingOf(resource, index, port, isText(entry['name']) ? fault : 'no-text', profile)
    }
  },
})

/** Go reads `name: on` as a boolean and `name: 80` as a number, which the API server refuses as a name. */
function isText(name: Json | undefined): boolean {
  return name === undefined || name === null || typeof name === 'string'
}

function faultOf(port: PortDeclaration, isExternal: boolean, profile: Profile): PortFinding['fault'] | undefined {
  if (port.protocol === 'UDP' || port.protocol === 'SCTP') return undefined
  const protocol = convertProtocol(port, profile)
  // istioctl's PortNameAnalyzer reports the very name `tcp` on an ExternalName Service, whatever else is declared.
  if (isExternal) return protocol === undefined || port.name === 'tcp' ? 'external-name' : undefined
  if (protocol === 'udp') return port.appProtocol === undefined || profile === 'classic' ? 'udp-name' : 'app-protocol'
  if (protocol !== undefined) return undefined
  if (port.appProtocol !== undefined && profile !== 'classic') return 'app-protocol'
  return port.name === '' ? 'unnamed' : 'name'
}

function findingOf(
  resource: Resource,
  index: number,
  port: PortDeclaration,
  fault: PortFinding['fault'],
  profile: Profile,
): Finding<PortFinding> {
  const member = fault === 'app-protocol' ? 'appProtocol' : 'name'
  const hasMember = member === 'appProtocol' || port.name !== '' || fault === 'no-text'
  return {
    check: 'service-port',
    resource,
    at: hasMember ? pointer('spec', 'ports', index, member) : pointer('spec', 'ports', index),
    message: `${messageOf(port, fault)}${consequenceOf(port, fault, profile)}`,
    codes: codesOf(port, fault),
    subject: `${port.protocol}/${port.port ?? index}`,
    data: { index, fault },
  }
}

function messageOf(declaration: PortDeclaration, fault: PortFinding['fault']): string {
  const { name, appProtocol } = declaration
  const port = declaration.port ?? 'without a number'
  switch (fault) {
    case 'unnamed':
      return `port ${port} has no name that says its protocol`
    case 'no-text':
      return `port ${port} has a name that Kubernetes does not read as text`
    case 'name':
      return `port ${port} is named "${name}", which does not start with a protocol`
    case 'udp-name':
      return `port ${port} is TCP, but its name "${name}" says UDP`
    case 'app-protocol':
      return `port ${port} has appProtocol "${appProtocol}", which Istio does not proxy as any protocol it knows`
    case 'external-name':
      return `port ${port} of an ExternalName Service ${name === '' ? 'has no name that says its protocol' : `is named "${name}", which gives it no usable protocol`}`
  }
}

function consequenceOf({ name }: PortDeclaration, fault: PortFinding['fault'], profile: Profile): string {
  if (fault === 'udp-name') return ': Istio does not proxy it'
  if (fault === 'external-name') return ''
  if (fault === 'no-text') return ': it needs quotes, or another name'
  if (fault === 'app-protocol' && prefixProtocol(name) !== undefined) return `; it overrides the name "${name}"`
  return profile === 'classic' ? ': Istio treats it as plain TCP' : ': Istio has to guess it from the traffic'
}

/** IST0118 is istioctl's word for a name that it rejects, IST0150 for ExternalName, KIA0601 Kiali's for either. */
function codesOf({ name }: PortDeclaration, fault: PortFinding['fault']): readonly string[] {
  if (fault === 'external-name') return ['IST0150', 'KIA0601']
  if (fault === 'app-protocol') return name === '' ? [] : ['IST0118']
  if (fault === 'udp-name' || fault === 'no-text') return []
  return name === '' ? ['KIA0601'] : ['IST0118', 'KIA0601']
}
