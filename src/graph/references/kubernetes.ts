import { joined, pointer } from '../../pointer.ts'
import { at, isMap, stringAt } from '../../read/json.ts'
import { annotationsOf, type KindedObject, type KubeObject, labelsOf, nameOf } from '../../read/resource.ts'
import type { Json } from '../../read/tree.ts'
import { containersOf, POD_KINDS, podTemplateOf } from '../pod-template.ts'
import type { Found, Namespaces, Referent, Row } from '../port-references.ts'
import { labelSelector } from '../selectors.ts'
import { kindsOf, nameIn, numberIn, type Place, places, portAt, portIn, service, within } from './places.ts'
import { replaceOrAdd } from './rename.ts'

const WITH_PODS = POD_KINDS.flatMap(({ kind, groups }) => kindsOf(groups, [kind]))

/** The objects of Kubernetes itself. */
export const KUBERNETES: readonly Row[] = [
  {
    id: 'EndpointSlice port',
    on: ['discovery.k8s.io/EndpointSlice'],
    source:
      'kubernetes discovery/v1 EndpointPort.Name: must be the name of the Service port, empty where that has none',
    names: 'service-port',
    references: object => {
      const to = service(labelsOf(object)['kubernetes.io/service-name'])
      return places(object, 'ports.*').flatMap(port => nameOrNone(port, to))
    },
    rename: replaceOrAdd,
  },
  {
    id: 'Endpoints port',
    on: ['/Endpoints'],
    source: 'kubernetes core/v1 EndpointPort.Name: must be the name of the Service port, empty where that has none',
    names: 'service-port',
    references: object => {
      const to = service(nameOf(object))
      return places(object, 'subsets.*.ports.*').flatMap(port => nameOrNone(port, to))
    },
    rename: replaceOrAdd,
  },
  {
    id: 'Service targetPort',
    on: ['/Service'],
    source: 'kubernetes core/v1 ServicePort.TargetPort',
    names: 'container-port',
    short: true,
    references: object =>
      places(object, 'spec.ports.*').flatMap(port => portIn(port, 'targetPort', { type: 'selected' })),
  },
  {
    id: 'probe',
    on: WITH_PODS,
    source: 'kubernetes core/v1 HTTPGetAction.Port, TCPSocketAction.Port: ports of the same container',
    names: 'container-port',
    short: true,
    references: (object, custom) =>
      probes({ object, custom }, ASKING).flatMap(({ place, to }) => portIn(place, 'port', to)),
  },
  {
    id: 'gRPC probe',
    on: WITH_PODS,
    source: 'kubernetes core/v1 GRPCAction.Port: a number',
    names: 'container-port',
    references: (object, custom) =>
      probes({ object, custom }, CALLING).flatMap(({ place, to }) => numberIn(place, 'port', to)),
  },
  {
    id: 'prometheus.io/port',
    on: ['/Service', ...WITH_PODS],
    source: 'the scrape configurations of Prometheus charts put it behind the pod IP: a number',
    names: 'container-port',
    references: (object, custom) => {
      const pod = podTemplateOf({ object, custom })
      const owner: Place = pod === undefined ? { value: object, at: '' } : { value: pod.template, at: pod.at }
      const port = annotationsOf(isMap(owner.value) ? owner.value : {})['prometheus.io/port'] ?? ''
      if (!/^\d+$/.test(port)) return []
      const to: Referent = pod === undefined ? { type: 'selected' } : { type: 'pod' }
      return [
        { at: joined(owner.at, pointer('metadata', 'annotations', 'prometheus.io/port')), port: Number(port), to },
      ]
    },
  },
  {
    id: 'Ingress backend',
    on: ['networking.k8s.io/Ingress', 'extensions/Ingress'],
    source: 'kubernetes networking/v1 ServiceBackendPort, v1beta1 servicePort; validated by IsValidPortName',
    names: 'service-port',
    short: true,
    references: object =>
      ingressBackends(object)
        .flatMap(({ ports, to }) => ports.flatMap(port => portAt(port, to)))
        .filter(({ port }) => port !== USE_ANNOTATION),
  },
  {
    id: 'NetworkPolicy port',
    on: ['networking.k8s.io/NetworkPolicy', 'extensions/NetworkPolicy'],
    source: 'kubernetes networking/v1 NetworkPolicyPort.Port: ports of the pods that traffic goes to',
    names: 'container-port',
    short: true,
    references: object => [
      ...places(object, 'spec.ingress.*.ports.*').flatMap(port =>
        portIn(port, 'port', {
          type: 'pods',
          selector: labelSelector(at(object, 'spec', 'podSelector')),
          namespaces: 'own',
        }),
      ),
      ...places(object, 'spec.egress.*').flatMap(rule =>
        within(rule, 'ports.*').flatMap(port => peersOf(rule).flatMap(to => portIn(port, 'port', to))),
      ),
    ],
  },
  {
    id: 'webhook',
    on: kindsOf(['admissionregistration.k8s.io'], ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']),
    source: 'kubernetes admissionregistration/v1 ServiceReference.Port: a number, 443 by default',
    names: 'service-port',
    references: object => serviceReferences(object, 'webhooks.*.clientConfig.service'),
  },
  {
    id: 'CRD conversion webhook',
    on: ['apiextensions.k8s.io/CustomResourceDefinition'],
    source: 'kubernetes apiextensions/v1 ServiceReference.Port: a number, 443 by default',
    names: 'service-port',
    references: object =>
      serviceReferences(
        object,
        'spec.conversion.webhook.clientConfig.service',
        'spec.conversion.webhookClientConfig.service',
      ),
  },
  {
    id: 'APIService',
    on: ['apiregistration.k8s.io/APIService'],
    source: 'kubernetes kube-aggregator apiregistration/v1 ServiceReference.Port: a number, 443 by default',
    names: 'service-port',
    references: object => serviceReferences(object, 'spec.service'),
  },
]

/** The AWS Load Balancer Controller takes the backend from the annotation `actions.NAME` then; it is no port. */
const USE_ANNOTATION = 'use-annotation'

/** The backends of an Ingress of any version: whom they mean, and where they may say the port. */
export function ingressBackends(
  object: KubeObject,
): readonly { readonly ports: readonly Place[]; readonly to: Referent }[] {
  return places(object, 'spec.defaultBackend', 'spec.backend', 'spec.rules.*.http.paths.*.backend').flatMap(backend => {
    const to = service(stringAt(backend.value, 'service', 'name') ?? stringAt(backend.value, 'serviceName'))
    const ports = within(backend, 'service.port.name', 'service.port.number', 'servicePort')
    return to === undefined ? [] : { ports, to }
  })
}

function nameOrNone(port: Place, to: Referent | undefined): readonly Found[] {
  const isUnnamed = isMap(port.value) && (at(port.value, 'name') ?? '') === ''
  return isUnnamed && to !== undefined
    ? [{ at: joined(port.at, pointer('name')), port: '', to }]
    : nameIn(port, 'name', to)
}

const HANDLERS = ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle.postStart', 'lifecycle.preStop']
const ASKING = HANDLERS.flatMap(handler => [`${handler}.httpGet`, `${handler}.tcpSocket`])
const CALLING = HANDLERS.map(handler => `${handler}.grpc`)

function probes(
  object: KindedObject,
  paths: readonly string[],
): readonly { readonly place: Place; readonly to: Referent }[] {
  const pod = podTemplateOf(object)
  if (pod === undefined) return []
  return containersOf(pod).flatMap(container =>
    within({ value: container.object, at: container.at }, ...paths).map(place => ({
      place,
      to: { type: 'container', container: container.at },
    })),
  )
}

/** The pods that an egress rule lets traffic go to: any where it names no peers. Address blocks have no names. */
function peersOf(rule: Place): readonly Referent[] {
  const peers = within(rule, 'to.*')
  if (peers.length === 0) return [{ type: 'pods', selector: labelSelector(undefined), namespaces: 'any' }]
  return peers
    .filter(({ value }) => at(value, 'ipBlock') === undefined)
    .map(({ value }) => ({
      type: 'pods',
      selector: labelSelector(at(value, 'podSelector')),
      namespaces: namespacesOf(at(value, 'namespaceSelector')),
    }))
}

function namespacesOf(selector: Json | undefined): Namespaces {
  if (selector === undefined || selector === null) return 'own'
  const name = stringAt(selector, 'matchLabels', 'kubernetes.io/metadata.name')
  return name === undefined ? 'any' : [name]
}

function serviceReferences(object: KubeObject, ...paths: readonly string[]): readonly Found[] {
  return places(object, ...paths).flatMap(reference =>
    numberIn(
      reference,
      'port',
      service(stringAt(reference.value, 'name'), stringAt(reference.value, 'namespace')),
      443,
    ),
  )
}
