import { Container, type ServiceIdentifier } from 'inversify'
import type { Detector } from './detect/detector.ts'
import type { Fixer } from './fix/fixer.ts'
import { Pipeline } from './pipeline.ts'
import type { Rules } from './rules.ts'

export const DETECTOR = token<Detector>('Detector')
export const FIXER = token<Fixer>('Fixer')
export const PIPELINE = token<Pipeline>('Pipeline')

/** The one place where the parts of mesh-fix meet: every detector and fixer is bound, the pipeline asks for all of them. */
export function compose({ detectors, fixers }: Rules): Container {
  const container = new Container({ defaultScope: 'Singleton' })
  for (const detector of detectors) container.bind(DETECTOR).toConstantValue(detector)
  for (const fixer of fixers) container.bind(FIXER).toConstantValue(fixer)
  container.bind(PIPELINE).toResolvedValue(
    (bound: Detector[], fixing: Fixer[]) => new Pipeline(bound, fixing),
    [
      { serviceIdentifier: DETECTOR, isMultiple: true },
      { serviceIdentifier: FIXER, isMultiple: true },
    ],
  )
  return container
}

/** A const would narrow to `symbol`, and `get` would lose the type. */
function token<Bound>(name: string): ServiceIdentifier<Bound> {
  return Symbol(name)
}
