import type { FormName, Parity, Reason } from './forms.ts'
import { differences, type Objects } from './same-objects.ts'

/** Something that two forms make different. */
export interface Difference {
  readonly object: string
  /** The form that stands alone, or leaves what the other one fixes. */
  readonly form: FormName
  readonly against: FormName
  /** Why, in the words of the form that left it; undefined: nothing was said, which is a bug. */
  readonly because: string | undefined
}

/** Every difference between the forms that could be built, against the first of them that was. */
export function differencesIn(parity: Parity): readonly Difference[] {
  if (parity.status !== 'built') return []
  const built = [...parity.forms].flatMap(([name, form]) => (form.status === 'built' ? [{ name, ...form }] : []))
  const [reference, ...others] = built.toSorted((one, other) => rank(one.name) - rank(other.name))
  if (reference === undefined) return []
  return others.flatMap(other =>
    differences(reference.objects, other.objects).map(object => {
      const isLeft = isAsBefore(object, reference.objects, parity.before)
      const [left, fixed] = isLeft ? [reference, other] : [other, reference]
      const because =
        reasonFor(object, left.objects, saidByOneOnly(left.reasons, fixed.reasons)) ??
        reasonFor(object, fixed.objects, saidByOneOnly(fixed.reasons, left.reasons))
      return { object, form: left.name, against: fixed.name, because }
    }),
  )
}

/** The overlay sees what is built, and is proven by itself: it is what the others are held against. */
function rank(name: FormName): number {
  return ['overlay', 'component', 'function', 'sources', 'kpt'].indexOf(name)
}

function isAsBefore(object: string, after: Objects, before: Objects): boolean {
  return !differences(after, before).includes(object)
}

/** What both forms leave, and for the same reason, explains no difference. */
function saidByOneOnly(reasons: readonly Reason[], others: readonly Reason[]): readonly Reason[] {
  return reasons.filter(
    ({ kind, name, because }) =>
      !others.some(
        other =>
          other.kind === kind && other.because === because && (other.name.includes(name) || name.includes(other.name)),
      ),
  )
}

/** What was said about the object, or about one that it names: an Ingress stays as it is with its Service. */
function reasonFor(object: string, objects: Objects, reasons: readonly Reason[]): string | undefined {
  const [, kind = '', name = ''] = /^\S+ (\S+) (.*)$/.exec(object) ?? []
  const text = JSON.stringify(objects.get(object) ?? null)
  const own = reasons.find(reason => reason.kind === kind && name.includes(reason.name))
  return (own ?? reasons.find(reason => reason.name !== '' && text.includes(`"${reason.name}"`)))?.because
}
