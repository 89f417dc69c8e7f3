import { isSame } from '../src/json-patch.ts'
import { isMap } from '../src/read/json.ts'
import type { Json } from '../src/read/tree.ts'
import type { Form, FormName, Parity, Reason } from './forms.ts'
import { differences, type Objects } from './same-objects.ts'

/** Something that two forms make different. */
export interface Difference {
  readonly object: string
  /** The form that leaves what the other one fixes, or fixes it otherwise. */
  readonly form: FormName
  readonly against: FormName
  /** Why, in the words of one of the two; undefined: nothing was said, which is a bug. */
  readonly because: string | undefined
}

type Built = Extract<Form, { status: 'built' }> & { readonly name: FormName }

/** The overlay sees what is built, and proves itself: it is what the others are held against. */
const ORDER: readonly FormName[] = ['overlay', 'component', 'function', 'sources', 'kpt']

/** Every difference between the forms that could be built, against the first of them that was. */
export function differencesIn(parity: Parity): readonly Difference[] {
  if (parity.status !== 'built') return []
  const built = ORDER.flatMap((name): readonly Built[] => {
    const form = parity.forms.get(name)
    return form?.status === 'built' ? [{ name, ...form }] : []
  })
  const [reference, ...others] = built
  if (reference === undefined) return []
  return others.flatMap(other =>
    differences(reference.objects, other.objects).map(object => {
      const isLeft = !differences(reference.objects, parity.before).includes(object)
      const [left, fixed] = isLeft ? [reference, other] : [other, reference]
      return { object, form: left.name, against: fixed.name, because: reasonFor(object, left, fixed, parity.before) }
    }),
  )
}

function reasonFor(object: string, left: Built, fixed: Built, before: Objects): string | undefined {
  const [one, other] = [left.objects.get(object), fixed.objects.get(object)]
  if (!before.has(object) && left.name === 'kpt')
    return 'a function can’t list the file of a new object in a kustomization'
  const rule = before.has(object) ? ruleOf(one ?? null, other ?? null) : 'service-association'
  const said = (form: Built): readonly Reason[] => form.reasons.filter(({ because }) => because.startsWith(`${rule}: `))
  const about = (reasons: readonly Reason[]): string | undefined => reasonAbout(object, one ?? other ?? null, reasons)
  return (
    about(saidByOneOnly(said(left), said(fixed))) ??
    about(saidByOneOnly(said(fixed), said(left))) ??
    // A fix that depends on what only one of them sees says so in both.
    about(said(left).filter(({ isCaution }) => isCaution))
  )
}

/** The rule that writes at the first place where two versions of an object differ. */
function ruleOf(one: Json, other: Json): string {
  const path = firstDifference(one, other)
  if (path.includes('labels')) return 'app-version-labels'
  return path.includes('containers') || path.includes('initContainers') ? 'pod-ports' : 'named-service-ports'
}

function firstDifference(one: Json, other: Json): readonly string[] {
  if (!isMap(one) || !isMap(other)) return []
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])]
  const key = keys.find(name => !isSame(one[name] ?? null, other[name] ?? null))
  return key === undefined ? [] : [key, ...firstDifference(one[key] ?? null, other[key] ?? null)]
}

/** What both forms say, and for the same reason, explains no difference. A build may have changed the names. */
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
function reasonAbout(object: string, value: Json, reasons: readonly Reason[]): string | undefined {
  const [, kind = '', name = ''] = /^\S+ (\S+) (.*)$/.exec(object) ?? []
  const text = JSON.stringify(value)
  const own = reasons.find(reason => reason.kind === kind && name.includes(reason.name))
  return (own ?? reasons.find(reason => reason.name !== '' && text.includes(`"${reason.name}"`)))?.because
}
