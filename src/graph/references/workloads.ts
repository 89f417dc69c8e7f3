import { at, stringAt } from '../../read/json.ts'
import type { Json } from '../../read/tree.ts'
import { containersOf, podTemplateOf } from '../pod-template.ts'
import type { Namespaces, Referent, Row } from '../port-references.ts'
import { labelSelector, type Selector } from '../selectors.ts'
import { kindsOf, nameIn, numberIn, type Place, places, portIn, service, within } from './places.ts'

/** Those who deploy, scale or guard workloads. */
export const WORKLOADS: readonly Row[] = [
  {
    id: 'KEDA http-add-on',
    on: kindsOf(['http.keda.sh'], ['HTTPScaledObject', 'InterceptorRoute']),
    source: 'kedacore/http-add-on operator/apis/http: service with port or portName',
    names: 'service-port',
    references: object => [
      ...places(
        object,
        'spec.scaleTargetRef',
        'spec.coldStartTimeoutFailoverRef',
        'spec.target',
        'spec.coldStart.fallback',
      ).flatMap(target => portOrName(target, stringAt(target.value, 'service'))),
      ...places(object, 'spec.coldStart.fallback.service').flatMap(target =>
        portOrName(target, stringAt(target.value, 'name')),
      ),
    ],
  },
  {
    id: 'Flagger portName',
    on: ['flagger.app/Canary'],
    source:
      'flagger canary.go CanaryService.PortName: the port of the Services that Flagger makes; the Canary decides it',
    names: 'service-port',
    references: object =>
      places(object, 'spec.service').flatMap(entry =>
        nameIn(
          entry,
          'portName',
          service(stringAt(entry.value, 'name') ?? stringAt(object, 'spec', 'targetRef', 'name')),
        ),
      ),
    rename: 'never',
  },
  {
    id: 'Flagger targetPort',
    on: ['flagger.app/Canary'],
    source: 'flagger canary.go CanaryService.TargetPort',
    names: 'container-port',
    references: object => {
      const name = stringAt(object, 'spec', 'targetRef', 'name') ?? ''
      const kind = stringAt(object, 'spec', 'targetRef', 'kind') ?? 'Deployment'
      return places(object, 'spec.service').flatMap(entry =>
        portIn(entry, 'targetPort', { type: 'workload', kind, name }),
      )
    },
  },
  {
    id: 'Rollout servicePort',
    on: ['argoproj.io/Rollout'],
    source: 'argo-rollouts types.go ALBTrafficRouting.ServicePort: a number, of the root Service and both others',
    names: 'service-port',
    references: object =>
      places(object, 'spec.strategy.canary').flatMap(canary =>
        within(canary, 'trafficRouting.alb').flatMap(alb =>
          [
            stringAt(alb.value, 'rootService'),
            stringAt(canary.value, 'stableService'),
            stringAt(canary.value, 'canaryService'),
          ].flatMap(name => numberIn(alb, 'servicePort', service(name))),
        ),
      ),
  },
  {
    id: 'Knative port name',
    on: kindsOf(['serving.knative.dev'], ['Service', 'Configuration']),
    source: 'knative k8s_validation.go: the name of a port is its protocol: none, h2c or http1',
    names: 'container-port',
    references: object => {
      const pod = podTemplateOf({ object })
      if (pod === undefined) return []
      return containersOf(pod).flatMap(container =>
        within({ value: container.object, at: container.at }, 'ports.*').flatMap(port =>
          nameIn(port, 'name', { type: 'container', container: container.at }),
        ),
      )
    },
    rename: 'never',
  },
  {
    id: 'Linkerd Server port',
    on: ['policy.linkerd.io/Server'],
    source: 'linkerd2 crds server.yaml: a name or a number of the pods that it selects',
    names: 'container-port',
    references: object =>
      places(object, 'spec').flatMap(spec =>
        portIn(spec, 'port', {
          type: 'pods',
          selector: labelSelector(at(spec.value, 'podSelector')),
          namespaces: 'own',
        }),
      ),
  },
  {
    id: 'CiliumNetworkPolicy port',
    on: kindsOf(['cilium.io'], ['CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy']),
    source:
      'cilium api/v2 PortProtocol.Port: a name or a number, of the pods that traffic goes to; cilium/cilium#11092',
    names: 'container-port',
    references: object => {
      const home = object.kind === 'CiliumNetworkPolicy' ? 'own' : 'any'
      return places(object, 'spec', 'specs.*').flatMap(spec => [
        ...within(spec, 'ingress.*', 'ingressDeny.*').flatMap(rule =>
          toPorts(rule).flatMap(port => portIn(port, 'port', peerEndpoints(at(spec.value, 'endpointSelector'), home))),
        ),
        ...within(spec, 'egress.*', 'egressDeny.*').flatMap(rule =>
          toPorts(rule).flatMap(port => destinations(rule, home).flatMap(to => portIn(port, 'port', to))),
        ),
      ])
    },
  },
]

function portOrName(target: Place, name: string | undefined) {
  return [...nameIn(target, 'portName', service(name)), ...numberIn(target, 'port', service(name))]
}

function toPorts(rule: Place): readonly Place[] {
  return within(rule, 'toPorts.*.ports.*')
}

/** The pods that an egress rule lets traffic go to: any where it doesn't choose them by label. */
function destinations(rule: Place, home: Namespaces): readonly Referent[] {
  const chosen = within(rule, 'toEndpoints.*')
  return chosen.length > 0 ? chosen.map(({ value }) => peerEndpoints(value, home)) : [peerEndpoints(undefined, 'any')]
}

/** Cilium's label that holds the namespace. */
const NAMESPACE = 'io.kubernetes.pod.namespace'

/** Cilium's label keys may begin with their source, as in `k8s:app`; other namespaces are named by a label. */
export function peerEndpoints(value: Json | undefined, home: Namespaces): Referent {
  const { matchLabels, matchExpressions } = labelSelector(value)
  const labels = Object.entries(matchLabels).map(([key, label]) => [withoutSource(key), label] as const)
  const named = labels.find(([key]) => key === NAMESPACE)?.[1]
  const isElsewhere = matchExpressions.some(({ key }) => withoutSource(key).startsWith(NAMESPACE))
  const selector: Selector = {
    matchLabels: Object.fromEntries(labels.filter(([key]) => !key.startsWith('io.kubernetes.'))),
    matchExpressions: matchExpressions
      .map(requirement => ({ ...requirement, key: withoutSource(requirement.key) }))
      .filter(({ key }) => !key.startsWith('io.kubernetes.')),
  }
  return { type: 'pods', selector, namespaces: named !== undefined ? [named] : isElsewhere ? 'any' : home }
}

function withoutSource(key: string): string {
  return key.replace(/^(k8s|any)[:.]/, '')
}
