import type { Resource } from '../read/resource.ts'
import type { PodTarget } from './container-ports.ts'
import type { PodTemplate } from './pod-template.ts'

/** A resource that makes pods, and the template it makes them from. */
export interface Workload {
  readonly resource: Resource
  readonly pod: PodTemplate
}

/** Where a Service port's traffic arrives in one workload. */
export interface PortTarget extends PodTarget {
  readonly workload: Workload
}
