import podPorts from '../plugins/pod-ports.ts'
import { listenerOn } from '../src/detect/listening-container.ts'
import { containerName, listedByInit, mappedFromNode, unwritable } from '../src/fix/container-ports.ts'
import { type Declined, defineFixer } from '../src/fix/fixer.ts'
import { listingFix } from '../src/fix/list-container-port.ts'
import { namingFix } from '../src/fix/name-container-port.ts'
import { runningContainers } from '../src/graph/container-ports.ts'

/**
 * Lists the port at the container that listens on it. A name that leads nowhere is given to the container port that has
 * the Service port's number, and nothing is done where the proxy has the port.
 */
export default defineFixer(podPorts, {
  fix({ resource, data }, graph, context) {
    if (data.fault === 'reserved') return declined('the application has to listen on another port')
    if (data.fault === 'unresolved') {
      const fix = namingFix(resource, data.index, data.workloads, graph)
      return typeof fix === 'string' ? declined(fix) : [fix]
    }
    const { workload, number, protocol } = data
    const reason =
      unwritable(workload, graph) ?? listedByInit(workload, number, protocol) ?? mappedFromNode(workload, number)
    if (reason !== undefined) return declined(reason)
    const listener = listenerOn(workload.pod, number, protocol)
    if (listener !== undefined) return [listingFix(workload, { number, protocol }, listener, graph, context)]
    const names = runningContainers(workload.pod).map(container => `"${containerName(container)}"`)
    return declined(
      names.length === 0
        ? 'the pod has no container'
        : `nothing says which container listens on it: ${names.join(', ')}`,
    )
  },
})

function declined(reason: string): Declined {
  return { declined: reason, evidence: [] }
}
