import { Container, ContainerModule, type ServiceIdentifier } from 'inversify'
import type { Detector } from './detect/detector.ts'
import type { Fixer } from './fix/fixer.ts'
import { Pipeline } from './pipeline.ts'
import type { Rules } from './rules.ts'

export const DETECTOR = token<Detector>('Detector')
export const FIXER = token<Fixer>('Fixer')
export const PIPELINE = token<Pipeline>('Pipeline')

/**
 * The one place where the parts of mesh-fix meet: every set of rules, its own and those of plugins, is a module that
 * binds detectors and fixers, and the pipeline asks for all of them.
 */
export function compose(sets: readonly Rules[]): Container {
  const container = new Container({ defaultScope: 'Singleton' })
  container.load(...sets.map(moduleOf))
  container.bind(PIPELINE).toResolvedValue(
    (bound: Detector[], fixing: Fixer[]) => new Pipeline(bound, fixing),
    [
      { serviceIdentifier: DETECTOR, isMultiple: true },
      { serviceIdentifier: FIXER, isMultiple: true },
    ],
  )
  return container
}

function moduleOf({ detectors, fixers }: Rules): ContainerModule {
  return new ContainerModule(({ bind }) => {
    for (const detector of detectors) bind(DETECTOR).toConstantValue(detector)
    for (const fixer of fixers) bind(FIXER).toConstantValue(fixer)
  })
}

/** A const would narrow to `symbol`, and `get` would lose the type. */
function token<Bound>(name: string): ServiceIdentifier<Bound> {
  return Symbol(name)
}
