import { realpathSync } from 'node:fs'
import { NOT_BUILT } from '../build/record.ts'
import { isWithin } from '../build/scratch.ts'
import { chartAt } from '../chart/chart.ts'
import { fixChart } from '../chart/command.ts'
import type { ChartOptions } from '../command-line.ts'
import { configFor } from '../config.ts'
import { compose, PIPELINE } from '../container.ts'
import { Ignores } from '../ignores.ts'
import { progress } from '../progress.ts'
import { gitRootOf } from '../read/walk.ts'
import type { Result } from '../report/result.ts'
import { runOptions } from '../run-options.ts'
import { configuredIgnores, scopeOf } from '../scope.ts'
import { destinationsOf } from './delivery.ts'
import { asked, rulesOf } from './prepared.ts'
import { exitCode, report } from './reporting.ts'

/**
 * Looks for the values of a chart that repair what it renders.
 *
 * @param deciding the options that decide what is found and fixed, written out
 */
export async function chart(path: string, options: ChartOptions, deciding: readonly string[]): Promise<number> {
  const show = progress(options.quiet === true)
  const source = chartAt(path, options.values)
  const { directory, values } = source
  const gitRoot = gitRootOf(directory)
  const root = gitRoot ?? directory
  const config = await configFor(options.config, directory, root)
  const rules = await rulesOf(config)
  const isInScope = scopeOf({ isInScope: () => true, root }, config)
  const run = runOptions({ ...asked(options, config), isInScope }, rules, '--')
  const ignored = configuredIgnores(config, root)
  const pipeline = compose(rules).get(PIPELINE)
  const destinations = destinationsOf(options)
  const { releaseName: name, namespace, kubeVersion, apiVersions } = options
  const fixed = fixChart({
    chart: source,
    release: { name, namespace, kubeVersion, apiVersions },
    root,
    write: options.write === true,
    options: deciding,
    run: (repository, changes) =>
      pipeline.run(repository, { ...run, ...changes, ignores: new Ignores(repository.files, ignored) }),
    onRendered: count => show(`rendering the chart: ${count}`),
  })
  show(undefined)
  const isInGit = gitRoot !== undefined && values.every(file => isWithin(file.path, gitRoot))
  const result: Result = {
    ...fixed,
    build: NOT_BUILT,
    root,
    gitRoot: isInGit ? gitRoot : undefined,
    cwd: realpathSync(process.cwd()),
    failOn: options.failOn,
  }
  await report(result, options, destinations)
  return fixed.failures.length > 0 ? 2 : exitCode([result], options)
}
