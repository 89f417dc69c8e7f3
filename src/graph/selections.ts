import { joined, type Pointer, pointer, valueAt } from '../pointer.ts'
import type { CustomKind } from '../read/custom-kinds.ts'
import { at, isMap, listAt, mapAt, stringAt } from '../read/json.ts'
import { groupOf, type KindedObject, type KubeObject } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'
import { POD_KINDS, podTemplateOf } from './pod-template.ts'
import type { Namespaces, Referent } from './port-references.ts'
import { kindsOf, type Place, places, serviceOfHost, within } from './references/places.ts'
import { peerEndpoints } from './references/workloads.ts'
import { isEmptySelector, labelSelector, mapSelector, type Selector } from './selectors.ts'

/** A selector of an object, and the pods that it may select. */
export interface Selection {
  /** The selector's place in the object. */
  readonly at: Pointer
  readonly selector: Selector
  readonly namespaces: Namespaces
  /** The host whose Service's pods it chooses from: a DestinationRule's subset. */
  readonly host?: string
}

/** Where objects of some kinds hold selectors of pods, and how these are written. */
interface Row {
  readonly on: readonly string[]
  selections(object: KubeObject, custom?: CustomKind): readonly Selection[]
}

const ISTIO_POLICIES = [
  ...kindsOf(['security.istio.io'], ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication']),
  'telemetry.istio.io/Telemetry',
  'extensions.istio.io/WasmPlugin',
  'networking.istio.io/ProxyConfig',
]

/** Everything that selects pods by their labels: the one table. An Istio policy in the root namespace means all others. */
const ROWS: readonly Row[] = [
  { on: ['/Service'], selections: object => plain(places(object, 'spec.selector'), 'own') },
  {
    on: POD_KINDS.flatMap(({ kind, groups }) => kindsOf(groups, [kind])),
    selections: (object, custom) => [...ownSelection({ object, custom }), ...placement({ object, custom })],
  },
  { on: ['policy/PodDisruptionBudget'], selections: object => labelled(places(object, 'spec.selector'), 'own') },
  {
    on: kindsOf(['networking.k8s.io', 'extensions'], ['NetworkPolicy']),
    selections: object => [
      ...labelled(places(object, 'spec.podSelector'), 'own'),
      ...places(object, 'spec.ingress.*.from.*', 'spec.egress.*.to.*').flatMap(peer =>
        labelled(within(peer, 'podSelector'), at(peer.value, 'namespaceSelector') === undefined ? 'own' : 'any'),
      ),
    ],
  },
  {
    on: kindsOf(['cilium.io'], ['CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy']),
    selections: object => {
      const home = object.kind === 'CiliumNetworkPolicy' ? 'own' : 'any'
      return places(object, 'spec', 'specs.*')
        .flatMap(spec => [
          ...within(spec, 'endpointSelector'),
          ...within(spec, 'ingress.*.fromEndpoints.*', 'ingressDeny.*.fromEndpoints.*'),
          ...within(spec, 'egress.*.toEndpoints.*', 'egressDeny.*.toEndpoints.*'),
        ])
        .flatMap(place => ciliumSelection(place, peerEndpoints(place.value, home)))
    },
  },
  {
    on: [
      ...kindsOf(['monitoring.coreos.com', 'azmonitoring.coreos.com', 'monitoring.rhobs'], ['PodMonitor']),
      'operator.victoriametrics.com/VMPodScrape',
    ],
    selections: object =>
      labelled(places(object, 'spec.selector'), isMap(at(object, 'spec', 'namespaceSelector')) ? 'any' : 'own'),
  },
  {
    on: kindsOf(['monitoring.googleapis.com'], ['PodMonitoring']),
    selections: object => labelled(places(object, 'spec.selector'), 'own'),
  },
  {
    on: kindsOf(['monitoring.googleapis.com'], ['ClusterPodMonitoring']),
    selections: object => labelled(places(object, 'spec.selector'), 'any'),
  },
  {
    on: ['networking.istio.io/DestinationRule'],
    selections: object => {
      const host = stringAt(object, 'spec', 'host') ?? ''
      return plain(places(object, 'spec.subsets.*.labels'), 'any').map(selection => ({ ...selection, host }))
    },
  },
  { on: ISTIO_POLICIES, selections: object => labelled(places(object, 'spec.selector'), istioScope(object)) },
  {
    on: kindsOf(['networking.istio.io'], ['Sidecar', 'EnvoyFilter', 'ServiceEntry']),
    selections: object => plain(places(object, 'spec.workloadSelector.labels'), istioScope(object)),
  },
  { on: ['networking.istio.io/Gateway'], selections: object => plain(places(object, 'spec.selector'), 'any') },
  { on: ['policy.linkerd.io/Server'], selections: object => labelled(places(object, 'spec.podSelector'), 'own') },
]

const BY_KIND: ReadonlyMap<string, Row> = new Map(ROWS.flatMap(row => row.on.map(kind => [kind, row])))

/** What holds for a Pod holds for custom kinds with a pod template, too. */
const ON_PODS = BY_KIND.get('/Pod')

const selections = new WeakMap<KubeObject, readonly Selection[]>()

/** The selectors of pods that an object holds; found once for each version of an object, since every fix asks twice. */
export function selectionsOf({ object, custom }: KindedObject): readonly Selection[] {
  const known = selections.get(object)
  if (known !== undefined) return known
  const row = BY_KIND.get(`${groupOf(object)}/${object.kind}`) ?? (custom?.podTemplate && ON_PODS)
  const found = row?.selections(object, custom)
  if (found === undefined) return NONE
  selections.set(object, found)
  return found
}

const NONE: readonly Selection[] = []

/** The label keys that a selector asks about: only labels with these can change what it selects. */
export function keysAskedFor({ matchLabels, matchExpressions }: Selector): readonly string[] {
  return [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)]
}

/** The Service that a subset's pods belong to; undefined where the host is none. */
export function serviceOfSubset({
  host,
}: Selection): { readonly name: string; readonly namespace?: string } | undefined {
  return serviceOfHost(host)
}

/**
 * A workload's selector of its own pods, if it has one: a label selector, or a plain map (ReplicationController,
 * DeploymentConfig, some custom kinds). That of a custom kind is taken to stand beside the pod template.
 */
export function ownSelectorOf({ object, custom }: KindedObject): Pick<Selection, 'at' | 'selector'> | undefined {
  const path =
    custom?.podTemplate === undefined ? ['spec', 'selector'] : [...custom.podTemplate.slice(0, -1), 'selector']
  const place = pointer(...path)
  const value = (valueAt(object, place) ?? null) as Json
  if (value === null) return undefined
  const isPlain =
    custom?.podTemplate === undefined
      ? object.kind === 'ReplicationController' || object.kind === 'DeploymentConfig'
      : at(value, 'matchLabels') === undefined && at(value, 'matchExpressions') === undefined
  return { at: place, selector: isPlain ? mapSelector(asMap(value)) : labelSelector(value) }
}

function ownSelection(object: KindedObject): readonly Selection[] {
  const own = ownSelectorOf(object)
  return own === undefined ? [] : known({ ...own, namespaces: 'own' })
}

/** The selectors by which a pod template says where its pods may run: topology spread and affinity. */
function placement(object: KindedObject): readonly Selection[] {
  const pod = podTemplateOf(object)
  if (pod === undefined) return []
  const spec: Place = { value: mapAt(pod.template, 'spec'), at: joined(pod.at, '/spec') }
  const terms = ['podAffinity', 'podAntiAffinity'].flatMap(kind => [
    `affinity.${kind}.requiredDuringSchedulingIgnoredDuringExecution.*`,
    `affinity.${kind}.preferredDuringSchedulingIgnoredDuringExecution.*.podAffinityTerm`,
  ])
  return [
    ...labelled(within(spec, 'topologySpreadConstraints.*.labelSelector'), 'own'),
    ...within(spec, ...terms).flatMap(term => labelled(within(term, 'labelSelector'), namespacesOfTerm(term))),
  ]
}

function namespacesOfTerm({ value }: Place): Namespaces {
  if (at(value, 'namespaceSelector') !== undefined) return 'any'
  const named = listAt(value, 'namespaces').filter(name => typeof name === 'string')
  return named.length > 0 ? named : 'own'
}

/** In the root namespace a policy holds for the whole mesh; which one that is, the mesh's configuration says. */
function istioScope(object: KubeObject): Namespaces {
  return stringAt(object, 'metadata', 'namespace') === 'istio-system' ? 'any' : 'own'
}

function ciliumSelection({ at }: Place, to: Referent): readonly Selection[] {
  return to.type === 'pods' ? known({ at, selector: to.selector, namespaces: to.namespaces }) : []
}

function labelled(found: readonly Place[], namespaces: Namespaces): readonly Selection[] {
  return found.flatMap(({ at, value }) => known({ at, selector: labelSelector(value), namespaces }))
}

function plain(found: readonly Place[], namespaces: Namespaces): readonly Selection[] {
  return found.flatMap(({ at, value }) => known({ at, selector: mapSelector(asMap(value)), namespaces }))
}

/** An empty selector asks about no label, so that no label changes what it selects. */
function known(selection: Selection): readonly Selection[] {
  return isEmptySelector(selection.selector) ? [] : [selection]
}

function asMap(value: Json): { readonly [key: string]: Json } {
  return isMap(value) ? value : {}
}
