import type { ResourceGraph, Workload } from '../graph/graph.ts'
import { labelSelector } from '../graph/selectors.ts'
import { listAt, lookUp, stringAt } from '../read/json.ts'
import { groupOf, nameOf, namespaceOf, type Resource } from '../read/resource.ts'
import type { Json } from '../read/tree.ts'

/** How roles name the kinds that admit pods or refuse them. */
const POLICY_KINDS: Readonly<Record<string, { readonly groups: readonly string[]; readonly resource: string }>> = {
  PodSecurityPolicy: { groups: ['policy', 'extensions'], resource: 'podsecuritypolicies' },
  // OpenShift's own kinds had no group before 3.6.
  SecurityContextConstraints: { groups: ['security.openshift.io', ''], resource: 'securitycontextconstraints' },
}

/** Whether an object is a policy that admits pods by the account that they run under. */
export function isPodPolicy({ object }: Resource): boolean {
  return lookUp(POLICY_KINDS, object.kind)?.groups.includes(groupOf(object)) ?? false
}

/**
 * A workload of the run whose account may use a policy: the policy names it, or a role does that is bound to it. Roles
 * are looked up over the whole run, for the policy itself has no namespace.
 */
export function workloadUnder(
  policy: Resource,
  graph: ResourceGraph,
  accepts: (workload: Workload) => boolean,
): Workload | undefined {
  const grants = new Set(grantsOf(policy, graph))
  if (grants.size === 0) return undefined
  for (const resource of graph.workloadsLike(labelSelector(undefined))) {
    const workload = graph.workload(resource)
    if (workload === undefined || !accepts(workload)) continue
    const namespace = namespaceOf(resource.object) ?? 'default'
    const isGranted = subjectsOf(workload, namespace).some(
      subject => grants.has(grant(subject, undefined)) || grants.has(grant(subject, namespace)),
    )
    if (isGranted) return workload
  }
  return undefined
}

/** The name of the account that a workload's pods run under. */
export function accountOf({ pod }: Workload): string {
  const { template } = pod
  return stringAt(template, 'spec', 'serviceAccountName') || stringAt(template, 'spec', 'serviceAccount') || 'default'
}

/** Who may use a policy, and where: a role binding grants it to the pods of its own namespace only. */
function* grantsOf(policy: Resource, graph: ResourceGraph): Iterable<string> {
  if (policy.object.kind === 'SecurityContextConstraints') {
    for (const list of ['users', 'groups'])
      for (const name of listAt(policy.object, list)) if (typeof name === 'string') yield grant(name, undefined)
  }
  const roles = new Set(
    [...graph.ofKind('Role'), ...graph.ofKind('ClusterRole')]
      .filter(role => listAt(role.object, 'rules').some(rule => letsUse(rule, policy)))
      .map(({ object }) => roleKey(object.kind, nameOf(object), namespaceOf(object))),
  )
  for (const { object } of [...graph.ofKind('RoleBinding'), ...graph.ofKind('ClusterRoleBinding')]) {
    const namespace = object.kind === 'RoleBinding' ? (namespaceOf(object) ?? 'default') : undefined
    const kind = stringAt(object, 'roleRef', 'kind') ?? ''
    if (!roles.has(roleKey(kind, stringAt(object, 'roleRef', 'name') ?? '', namespace))) continue
    for (const subject of listAt(object, 'subjects')) yield grant(subjectName(subject, namespaceOf(object)), namespace)
  }
}

function letsUse(rule: Json, { object }: Resource): boolean {
  const { groups, resource } = POLICY_KINDS[object.kind] ?? { groups: [], resource: '' }
  const says = (list: string, ...words: readonly string[]): boolean =>
    listAt(rule, list).some(item => item === '*' || words.some(word => word === item))
  const names = listAt(rule, 'resourceNames')
  return (
    says('verbs', 'use') &&
    says('resources', resource) &&
    says('apiGroups', ...groups) &&
    (names.length === 0 || names.includes(nameOf(object)))
  )
}

function roleKey(kind: string, name: string, namespace: string | undefined): string {
  return kind === 'Role' ? `Role ${namespace ?? 'default'}/${name}` : `${kind} ${name}`
}

function grant(subject: string, namespace: string | undefined): string {
  return `${subject} in ${namespace ?? 'any namespace'}`
}

/** A binding's subject as the API server authenticates it; an account without a namespace is of the binding's own. */
function subjectName(subject: Json, namespace: string | undefined): string {
  const name = stringAt(subject, 'name') ?? ''
  if (stringAt(subject, 'kind') !== 'ServiceAccount') return name
  return accountUser(stringAt(subject, 'namespace') || namespace || 'default', name)
}

/** The user and the groups as which a workload's account is authenticated. */
function subjectsOf(workload: Workload, namespace: string): readonly string[] {
  return [
    accountUser(namespace, accountOf(workload)),
    'system:serviceaccounts',
    `system:serviceaccounts:${namespace}`,
    'system:authenticated',
  ]
}

function accountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`
}
