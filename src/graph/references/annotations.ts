import { keysOf, pointer, valueAt } from '../../pointer.ts'
import { stringAt } from '../../read/json.ts'
import { annotationsOf, type KubeObject, nameOf } from '../../read/resource.ts'
import type { Json } from '../../read/tree.ts'
import type { Found, Referent, Row } from '../port-references.ts'
import { type JsonToken, jsonIn, jsonTokens } from './json-text.ts'
import { ingressBackends } from './kubernetes.ts'
import { type Place, portAt, portOf, service } from './places.ts'
import { type Spot, textRow } from './rename.ts'

/** What controllers of clouds and ingresses read from the annotations of Services and Ingresses. */
export const ANNOTATIONS: readonly Row[] = [
  textRow({
    id: 'AWS ssl-ports',
    on: ['/Service'],
    source: 'aws-load-balancer-controller service/annotations.md: names or numbers, comma-separated; "*" is all',
    names: 'service-port',
    spots: object =>
      annotations(object, /^service\.beta\.kubernetes\.io\/aws-load-balancer-ssl-ports$/).flatMap(annotation =>
        listed(annotation, itself(object)).filter(({ port }) => port !== '*'),
      ),
  }),
  {
    id: 'AWS healthcheck-port',
    on: ['/Service'],
    source: 'aws-load-balancer-controller service/annotations.md: a name, a number or "traffic-port"',
    names: 'service-port',
    references: object =>
      annotations(object, /^service\.beta\.kubernetes\.io\/aws-load-balancer-healthcheck-port$/).flatMap(annotation =>
        healthcheckPort(annotation, itself(object)),
      ),
  },
  {
    id: 'ALB healthcheck-port',
    on: ['/Service', 'networking.k8s.io/Ingress', 'extensions/Ingress'],
    source: 'aws-load-balancer-controller ingress/annotations.md: a name, a number or "traffic-port"',
    names: 'service-port',
    references: object => {
      const found = annotations(object, /^alb\.ingress\.kubernetes\.io\/healthcheck-port$/)
      if (found.length === 0) return []
      const owners = object.kind === 'Service' ? [itself(object)] : ingressBackends(object).map(({ to }) => to)
      const distinct = new Map(owners.map(to => [JSON.stringify(to), to])).values()
      return [...distinct].flatMap(to => found.flatMap(annotation => healthcheckPort(annotation, to)))
    },
  },
  textRow({
    id: 'ALB actions',
    on: ['networking.k8s.io/Ingress', 'extensions/Ingress'],
    source: 'aws-load-balancer-controller ingress/annotations.md: servicePort of forwardConfig.targetGroups',
    names: 'service-port',
    spots: object =>
      annotations(object, /^alb\.ingress\.kubernetes\.io\/actions\./).flatMap(annotation =>
        inJson(annotation, (token, json) => {
          const keys = keysOf(token.at)
          if (token.key || keys.at(-1) !== 'servicePort') return undefined
          return service(stringAt(valueAt(json, pointer(...keys.slice(0, -1))) as Json, 'serviceName'))
        }),
      ),
  }),
  textRow({
    id: 'GKE backend-config',
    on: ['/Service'],
    source: 'ingress-gce pkg/annotations/service.go BackendConfigs.Ports: keys are names or numbers',
    names: 'service-port',
    spots: object =>
      annotations(object, /^(beta\.)?cloud\.google\.com\/backend-config$/).flatMap(annotation =>
        inJson(annotation, ({ at, key }) => (key && /^\/ports\/[^/]+$/.test(at) ? itself(object) : undefined)),
      ),
  }),
  textRow({
    id: 'GKE app-protocols',
    on: ['/Service'],
    source: 'ingress-gce pkg/annotations/service.go ApplicationProtocols: keys are names or numbers',
    names: 'service-port',
    spots: object =>
      annotations(object, /^(cloud\.google\.com|service\.alpha\.kubernetes\.io)\/app-protocols$/).flatMap(annotation =>
        inJson(annotation, ({ at, key }) => (key && /^\/[^/]+$/.test(at) ? itself(object) : undefined)),
      ),
  }),
  textRow({
    id: 'GKE neg',
    on: ['/Service'],
    source: 'ingress-gce pkg/negannotation: keys of exposed_ports are numbers',
    names: 'service-port',
    spots: object =>
      annotations(object, /^cloud\.google\.com\/neg$/).flatMap(annotation =>
        inJson(annotation, ({ at, key }) => (key && /^\/exposed_ports\/\d+$/.test(at) ? itself(object) : undefined)),
      ),
  }),
  textRow({
    id: 'Contour upstream-protocol',
    on: ['/Service'],
    source: 'contour annotations.md: names or numbers, comma-separated',
    names: 'service-port',
    spots: object =>
      annotations(object, /^(projectcontour\.io|contour\.heptio\.com)\/upstream-protocol\.(h2|h2c|tls)$/).flatMap(
        annotation => listed(annotation, itself(object)),
      ),
  }),
]

interface Annotation extends Place {
  readonly value: string
}

function annotations(object: KubeObject, key: RegExp): readonly Annotation[] {
  return Object.entries(annotationsOf(object))
    .filter(([name]) => key.test(name))
    .map(([name, value]) => ({ at: pointer('metadata', 'annotations', name), value }))
}

/** The Service that has the annotation. */
function itself(object: KubeObject): Referent {
  return { type: 'service', name: nameOf(object) }
}

function healthcheckPort(annotation: Annotation, to: Referent): readonly Found[] {
  return portAt(annotation, to).filter(({ port }) => port !== 'traffic-port')
}

/** The ports of a comma-separated list. */
function listed({ at, value }: Annotation, to: Referent): readonly Spot[] {
  return [...value.matchAll(/[^\s,]+/g)].flatMap(({ 0: item, index: start }) => {
    const port = portOf(item)
    return port === undefined ? [] : { at, port, to, start, end: start + item.length }
  })
}

/** The ports among the keys and values of a JSON text, as `referentOf` tells them from the others. */
function inJson(
  { at, value: text }: Annotation,
  referentOf: (token: JsonToken, json: Json) => Referent | undefined,
): readonly Spot[] {
  const json = jsonIn(text)
  if (json === undefined) return []
  return jsonTokens(text).flatMap(token => {
    const to = referentOf(token, json)
    const port = portOf(token.value)
    return to === undefined || port === undefined
      ? []
      : { at, port, to, start: token.start, end: token.end, json: true }
  })
}
