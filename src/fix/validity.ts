import { declarationOf } from '../detect/protocol.ts'
import { containersOf, type PodTemplate, podTemplateOf } from '../graph/pod-template.ts'
import { at, listAt, mapAt, numberAt, stringAt, stringsAt } from '../read/json.ts'
import { groupOf, type KubeObject, labelsOf, nameOf, type Resource, titleOf } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { isLabel, isServiceName } from './port-name.ts'

/** What the API server would refuse, or a node could not run, about the fields that fixes write (apimachinery validation). */
export function invalidities(resource: Resource): readonly string[] {
  const { object } = resource
  const pod = podTemplateOf(resource)
  return [...(isService(object) ? serviceFaults(object) : []), ...(pod === undefined ? [] : podFaults(object, pod))]
}

function isService(object: KubeObject): boolean {
  return object.kind === 'Service' && groupOf(object) === ''
}

function serviceFaults(object: KubeObject): readonly string[] {
  const ports = listAt(object, 'spec', 'ports').map(declarationOf)
  const title = titleOf(object)
  const faults: string[] = []
  if (!isServiceObjectName(nameOf(object))) faults.push(`${title} has a name that is no RFC 1035 label`)
  faults.push(...labelFaults(title, 'selector', stringsAt(object, 'spec', 'selector')))
  const names = new Set<string>()
  const numbers = new Set<string>()
  for (const { name, port, protocol, appProtocol } of ports) {
    const number = `${port}/${protocol}`
    if (name === '' && ports.length > 1) faults.push(`${title} has several ports, and one is unnamed`)
    if (name !== '' && !isLabel(name)) faults.push(`${title} has a port named "${name}", which is no RFC 1123 label`)
    if (name !== '' && names.has(name)) faults.push(`${title} has two ports named "${name}"`)
    if (numbers.has(number)) faults.push(`${title} has the port ${number} twice`)
    if (appProtocol !== undefined && !isQualifiedName(appProtocol))
      faults.push(`${title} has an invalid appProtocol "${appProtocol}"`)
    names.add(name)
    numbers.add(number)
  }
  return faults
}

function podFaults(object: KubeObject, { template }: PodTemplate): readonly string[] {
  const title = titleOf(object)
  const isOnHost = at(template, 'spec', 'hostNetwork') === true
  const names = new Set<string>()
  const numbers = new Set<string>()
  const faults = [...labelFaults(title, 'label', labelsOf(template))]
  const containers = containersOf({ template, at: '' })
  for (const port of containers.flatMap(container => listAt(container.object, 'ports'))) {
    const number = numberAt(port, 'containerPort') ?? 0
    const name = stringAt(port, 'name') ?? ''
    const listed = `${number}/${stringAt(port, 'protocol') || 'TCP'}`
    if (!(number >= 1 && number <= 65535)) faults.push(`${title} has the container port ${number}`)
    if (name !== '' && !isServiceName(name))
      faults.push(`${title} has a container port named "${name}", which is no IANA service name`)
    if (name !== '' && names.has(name)) faults.push(`${title} has two container ports named "${name}"`)
    if (numbers.has(listed)) faults.push(`${title} lists the container port ${listed} twice`)
    if (isOnHost) faults.push(`${title} is on the host's network, where the container port ${listed} takes the host's`)
    names.add(name)
    numbers.add(listed)
  }
  return [...faults, ...selectorFaults(object, template)]
}

/** A workload must select the pods that it makes. */
function selectorFaults(object: KubeObject, template: Json): readonly string[] {
  const selector = mapAt(object, 'spec', 'selector')
  const labels = stringsAt(template, 'metadata', 'labels')
  const wanted = Object.entries(stringsAt(selector, 'matchLabels'))
  return wanted
    .filter(([key, value]) => labels[key] !== value)
    .map(([key]) => `${titleOf(object)} does not select its own pods by the label ${key}`)
}

function labelFaults(title: string, what: string, labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels)
    .filter(([key, value]) => !isQualifiedName(key) || !isLabelValue(value))
    .map(([key, value]) => `${title} has an invalid ${what} ${key}: "${value}"`)
}

/** IsValidLabelValue of apimachinery: empty, or at most 63 letters, digits, `-`, `_` and `.` between two of the former. */
export function isLabelValue(text: string): boolean {
  return text.length <= 63 && /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(text)
}

/** IsDNS1035Label of apimachinery: what a Service's name must be. */
export function isServiceObjectName(text: string): boolean {
  return text.length <= 63 && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(text)
}

/** IsQualifiedName of apimachinery: an optional DNS prefix, a slash, a name of at most 63 characters. */
function isQualifiedName(text: string): boolean {
  return /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(text)
}
