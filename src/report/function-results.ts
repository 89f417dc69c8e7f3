import type { Change, Fix } from '../fix/fixer.ts'
import type { Operation } from '../json-patch.ts'
import type { Diagnosis } from '../outcome.ts'
import { dotted, keysOf, type Pointer, pointer, valueAt } from '../pointer.ts'
import type { FunctionResult } from '../read/kustomization.ts'
import { annotationsOf, nameOf, namespaceOf, type Resource } from '../read/resource.ts'
import { inReadingOrder, type Result, statusOf } from './result.ts'

/** What a KRM function has to say of its run: a result for each finding. What was fixed is an info. */
export function functionResults(result: Result): readonly FunctionResult[] {
  return inReadingOrder(result).map(diagnosis => {
    const { detector, finding, severity } = diagnosis
    const status = statusOf(diagnosis, result)
    const isFixed = status === 'applied'
    return {
      message: `${finding.message}${comment(diagnosis, isFixed)}`,
      severity: isFixed ? 'info' : severity,
      resourceRef: identityOf(finding.resource),
      ...fieldOf(diagnosis),
      ...fileOf(finding.resource),
      tags: { rule: detector.id, check: finding.check, fix: status, ...(isFixed ? { fixed: 'true' } : {}) },
    }
  })
}

/** A result on one line, for those to whom nobody shows results. */
export function resultLine({ message, severity, resourceRef, field, file, tags }: FunctionResult): string {
  const { kind, namespace, name } = resourceRef ?? {}
  const object = `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
  const place = [file?.path, object, field?.path].filter(part => part !== undefined).join(' ')
  return `${severity} ${tags?.['rule']}: ${place}: ${message}`
}

function comment({ treatment }: Diagnosis, isFixed: boolean): string {
  switch (treatment.status) {
    case 'skipped':
      return ''
    case 'manual':
      return `; left to you: ${treatment.reason}`
    case 'refused':
      return `; not fixed: ${treatment.reason}`
    case 'applied':
      return `; ${isFixed ? 'fixed' : 'fix'}: ${treatment.fix.title}${remarks(treatment.fix)}`
    case 'available':
      return `; fix (${treatment.heldBack === 'impact' ? 'left out by maxImpact' : 'unsafe'}): ${treatment.fix.title}${remarks(treatment.fix)}`
  }
}

/** Why it is this fix, and what to think of before it is taken. */
function remarks({ cautions, note }: Fix): string {
  const all = [...cautions, ...(note === undefined ? [] : [note])]
  return all.length === 0 ? '' : `; but: ${all.join('; ')}`
}

function identityOf({ object }: Resource): NonNullable<FunctionResult['resourceRef']> {
  const namespace = namespaceOf(object)
  const { apiVersion, kind } = object
  return { apiVersion, kind, name: nameOf(object), ...(namespace === undefined ? {} : { namespace }) }
}

/** The field that the fix writes in the object or, where it writes elsewhere or there is none, the finding's own. */
function fieldOf({ finding, treatment }: Diagnosis): Pick<FunctionResult, 'field'> {
  const { resource, at } = finding
  const change = 'fix' in treatment ? treatment.fix.changes.find(isOf(resource)) : undefined
  const written = change?.operations.find(writes)
  const place = writtenIn(resource, written?.path ?? at)
  if (place === '') return {}
  const current = resource.object.kind === 'Secret' ? undefined : valueAt(resource.object, place)
  return {
    field: {
      path: dotted(place),
      // A map may hold anything, even what nobody should read in a log.
      ...(current === undefined || typeof current === 'object' ? {} : { currentValue: current }),
      ...(written === undefined ? {} : { proposedValue: written.value }),
    },
  }
}

function isOf({ id }: Resource): (change: Change) => boolean {
  return ({ resource }) => resource.id === id
}

function writes(operation: Operation): operation is Extract<Operation, { op: 'add' | 'replace' | 'test' }> {
  return operation.op === 'add' || operation.op === 'replace'
}

/** The place that a patch means: `-` is the one behind a list's last. */
function writtenIn({ object }: Resource, at: Pointer): Pointer {
  const keys = keysOf(at)
  if (keys.at(-1) !== '-') return at
  const list = valueAt(object, pointer(...keys.slice(0, -1)))
  return pointer(...keys.slice(0, -1), Array.isArray(list) ? list.length : 0)
}

function fileOf({ object, sourcePath }: Resource): Pick<FunctionResult, 'file'> {
  if (sourcePath === undefined) return {}
  const annotations = annotationsOf(object)
  const index = Number(annotations['config.kubernetes.io/index'] ?? annotations['internal.config.kubernetes.io/index'])
  const isFromFile = ['config.kubernetes.io/path', 'internal.config.kubernetes.io/path'].some(key => key in annotations)
  return { file: { path: sourcePath, ...(isFromFile && Number.isInteger(index) ? { index } : {}) } }
}
