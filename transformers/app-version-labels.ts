import appVersionLabels from '../plugins/app-version-labels.ts'
import { isOwned } from '../src/detect/workloads.ts'
import { defineFixer } from '../src/fix/fixer.ts'
import { labelFix } from '../src/fix/label-fix.ts'
import { appOf, subsetsMet, versionOf } from '../src/fix/label-sources.ts'
import { isLabelValue } from '../src/fix/validity.ts'
import { stringAt } from '../src/read/json.ts'
import { groupOf } from '../src/read/resource.ts'

/**
 * Adds the label to the pod template alone, from what the manifests say already. A selector is never touched: it can't
 * be changed, and the pods of before would be left behind.
 */
export default defineFixer(appVersionLabels, {
  fix({ resource, data }, graph, context) {
    const declined = (reason: string) => ({ declined: reason, evidence: [] })
    const workload = graph.workload(resource)
    if (workload === undefined) return declined('the pod template is gone')
    if (data.fault === 'indistinct')
      return declined('which of the two is another app, or another version, only you know')
    if (data.fault === 'no-text') return declined('what it means as text only you know')
    if (isOwned(resource.object)) return declined('another object makes it, and that is where the label belongs')
    if (groupOf(resource.object) === 'serving.knative.dev' && stringAt(workload.pod.template, 'metadata', 'name'))
      return declined('Knative takes no change of a revision whose name stays the same')

    const source = data.label === 'app' ? appOf(workload, context) : versionOf(workload, graph, context)
    if (source === undefined) return declined(`nothing in the manifests says which ${data.label} it is`)
    const { value, evidence } = source
    if (/\$/.test(value))
      return { declined: `"${value}" is a parameter, which is filled in elsewhere`, evidence: [evidence] }
    if (!isLabelValue(value)) return { declined: `"${value}" can't be the value of a label`, evidence: [evidence] }
    const intended = data.label === 'version' ? subsetsMet(workload, value, graph) : []
    const fix = labelFix(workload, data.label, source, intended)
    return typeof fix === 'string' ? declined(fix) : [fix]
  },
})
