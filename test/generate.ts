import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { Random } from './random-text.ts'

/** How a generated repository lies on the disk. */
export type Layout = 'directories' | 'file' | 'list' | 'json' | 'namesakes'

/** How many apps share a namespace, and for how many there is a custom resource definition. */
const APPS_IN_NAMESPACE = 20
const APPS_PER_DEFINITION = 100

/** How often apps break what Istio requires, and how often they have what not all have: from 0 to 1. */
export interface Rates {
  readonly unnamedPort: number
  readonly noLabels: number
  readonly unlistedPort: number
  readonly proxyUser: number
  readonly ingress: number
  readonly monitor: number
}

/** About as in public repositories. */
const USUAL: Rates = {
  unnamedPort: 0.15,
  noLabels: 0.1,
  unlistedPort: 0.05,
  proxyUser: 0.005,
  ingress: 0.3,
  monitor: 0.2,
}

/** Of the four documents of each app, its Deployment and its Service need an edit. */
export const HALF: Rates = { unnamedPort: 1, noLabels: 1, unlistedPort: 0, proxyUser: 0, ingress: 0, monitor: 0 }

/**
 * Writes a repository of so many apps: one directory an app, with names of their own or all with the same, all of it in
 * one file, or in one List, of YAML or JSON. The same for every run.
 */
export function generate(root: string, apps: number, layout: Layout, rates = USUAL): void {
  const write = WRITERS[layout](root)
  for (let index = 0; index < apps; index += 1) {
    if (index % APPS_PER_DEFINITION === 0) write(`crds/crd-${index}.yaml`, [definition(index)])
    const { workload, network } = app(index, rates, layout === 'namesakes')
    write(`apps/app-${index}/workload.yaml`, workload)
    write(`apps/app-${index}/network.yaml`, network)
  }
  write(undefined, [])
}

/** Undefined for a path: it is over. */
type Write = (path: string | undefined, documents: readonly string[]) => void

function intoFiles(root: string): Write {
  return (path, documents) => {
    if (path === undefined) return
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, documents.join('---\n'))
  }
}

function intoOneFile(root: string): Write {
  return intoOne(join(root, 'all.yaml'), { head: '', textOf: document => `---\n${document}`, tail: '' })
}

/** As `kubectl get -o yaml` prints what it finds. */
function intoOneList(root: string): Write {
  const item = (document: string): string => `- ${document.trimEnd().replaceAll(/\n(?=.)/g, '\n  ')}\n`
  return intoOne(join(root, 'all.yaml'), { head: 'apiVersion: v1\nkind: List\nitems:\n', textOf: item, tail: '' })
}

/** As `kubectl get -o json` prints it. */
function intoJson(root: string): Write {
  let comma = ''
  const item = (document: string): string => {
    const text = comma + JSON.stringify(parse(document), null, 4)
    comma = ',\n'
    return text.replaceAll('\n', '\n        ')
  }
  const [head, tail] = ['{\n    "apiVersion": "v1",\n    "items": [\n        ', '\n    ],\n    "kind": "List"\n}\n']
  return intoOne(join(root, 'all.json'), { head, textOf: item, tail })
}

/** How one file is made of all documents. */
interface Form {
  readonly head: string
  readonly textOf: (document: string) => string
  readonly tail: string
}

function intoOne(all: string, { head, textOf, tail }: Form): Write {
  mkdirSync(dirname(all), { recursive: true })
  const file = openSync(all, 'w')
  writeSync(file, head)
  return (path, documents) => {
    writeSync(file, path === undefined ? tail : documents.map(textOf).join(''))
    if (path === undefined) closeSync(file)
  }
}

const WRITERS: Readonly<Record<Layout, (root: string) => Write>> = {
  directories: intoFiles,
  file: intoOneFile,
  list: intoOneList,
  json: intoJson,
  namesakes: intoFiles,
}

interface App {
  readonly workload: readonly string[]
  readonly network: readonly string[]
}

/** @param isNamesake all apps have one name, and none says its namespace: examples, or what is applied to many clusters */
function app(index: number, rates: Rates, isNamesake: boolean): App {
  const random = new Random(index)
  const ownName = `${random.pick(['web', 'cart', 'orders', 'stock', 'mail', 'search'])}-${index}`
  const name = isNamesake ? 'web' : ownName
  const namespace = isNamesake ? '' : `  namespace: team-${Math.floor(index / APPS_IN_NAMESPACE)}\n`
  const port = random.pick([8080, 8000, 3000, 9090])
  const labels = random.chance(rates.noLabels) ? [] : [`app: ${name}`, 'version: v1']
  const metadata = `metadata:
  name: ${name}
${namespace}  labels:
    app.kubernetes.io/name: ${name}
    app.kubernetes.io/part-of: shop
`
  const deployment = `apiVersion: apps/v1
kind: Deployment
${metadata}spec:
  replicas: ${1 + random.below(4)}
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
${labels.map(label => `        ${label}\n`).join('')}      annotations:
        prometheus.io/scrape: "true"
        checksum/config: 8f14e45fceea167a5a36dedd4bea2543
    spec:
      serviceAccountName: ${name}
      securityContext:
        runAsNonRoot: true
        runAsUser: ${random.chance(rates.proxyUser) ? 1337 : 1000}
      containers:
        - name: ${name}
          image: registry.example.com/shop/${name}:1.${random.below(30)}.0
          args: ["--listen", ":${port}", "--log-level=info"]
          env:
            - name: LOG_FORMAT
              value: json
            - name: DATABASE_URL
              valueFrom:
                secretKeyRef: { name: ${name}-db, key: url }
            - name: POD_IP
              valueFrom:
                fieldRef:
                  fieldPath: status.podIP
          ports:
            - name: http
              containerPort: ${random.chance(rates.unlistedPort) ? port + 1 : port}
          readinessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 10
          resources:
            requests: { cpu: 100m, memory: 128Mi }
            limits:
              memory: 256Mi
          volumeMounts:
            - name: config
              mountPath: /etc/${name}
              readOnly: true
      volumes:
        - name: config
          configMap:
            name: ${name}
`
  const account = `apiVersion: v1\nkind: ServiceAccount\n${metadata}`
  const config = `apiVersion: v1
kind: ConfigMap
${metadata}data:
  LOG_LEVEL: info
  FEATURES: "search,recommendations"
  application.yaml: |
    # What the app reads when it starts.
    server:
      port: ${port}
      shutdown: graceful

    upstreams:
      - http://stock.team-0.svc.cluster.local
`
  const portName = random.chance(rates.unnamedPort) ? '' : 'name: http\n      '
  const service = `apiVersion: v1
kind: Service
${metadata}spec:
  type: ClusterIP
  selector:
    app.kubernetes.io/name: ${name}
  ports:
    - ${portName}port: 80 # as the others
      targetPort: ${random.chance(0.5) ? 'http' : port}
      protocol: TCP
`
  const ingress = `apiVersion: networking.k8s.io/v1
kind: Ingress
${metadata}spec:
  rules:
    - host: ${name}.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: ${name}
                port:
                  number: 80
`
  const monitor = `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
${metadata}spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  endpoints:
    - targetPort: ${port}
      path: /metrics
      interval: 30s
`
  return {
    workload: [deployment, account, config],
    network: [
      service,
      ...(random.chance(rates.ingress) ? [ingress] : []),
      ...(random.chance(rates.monitor) ? [monitor] : []),
    ],
  }
}

/** A custom resource definition of some 40 KB, which no rule reads. */
function definition(index: number): string {
  const random = new Random(index)
  const fields = Array.from({ length: 150 }, (_, field) => {
    const type = random.pick(['string', 'integer', 'boolean'])
    return `                setting${field}:
                  description: Setting ${field} says how the operator treats what it finds,
                    where nothing else decides. Leave it out for what suits most.
                  type: ${type}
                  enum: ['a', "b"]
`
  })
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things${index}.example.com
spec:
  group: example.com
  names: { kind: Thing${index}, plural: things${index}, singular: thing${index} }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
${fields.join('')}`
}
