import { setFlagsFromString } from 'node:v8'

const [version = ''] = /^\d+\.\d+/.exec(process.versions.v8) ?? []

/**
 * How often a function runs, or how many bytes of its bytecode, before V8 makes optimized code of it. By itself, 3,000
 * and 67,584; the two V8s of Node 20 and 22 have no compiler in between. A V8 that doesn't know a flag says so aloud:
 * those that aren't here get none.
 */
const OPTIMIZE_LATER: Readonly<Record<string, string>> = {
  '11.3': '--interrupt-budget=600000',
  '12.4': '--invocation-count-for-turbofan=20000',
  '13.6': '--invocation-count-for-turbofan=20000',
}

/**
 * V8 optimizes so early that a run of a few seconds spends a third of its time on it, much of that in vain (seconds of
 * CPU without and with the flag, findings and check of 1,000 apps: Node 20 1.4 and 0.9, 2.8 and 1.5; Node 22 1.3 and
 * 1.0, 2.1 and 1.4; Node 24 1.2 and 1.1, 2.2 and 1.8).
 *
 * To be called before anything is compiled: V8 takes no compiled code that was made with other flags.
 */
export function optimizeLater(): void {
  const flag = OPTIMIZE_LATER[version]
  if (flag !== undefined) setFlagsFromString(flag)
}

/**
 * Lets the heap grow by 7 % before V8 collects garbage, where it would let it grow to several times of what lives:
 * a check of 100,000 apps takes less than 2 GiB instead of 2.7, and about a tenth more time (1.93, 1.97 and 2.0 GiB at
 * 6, 8 and 10 %).
 */
export function collectOften(): void {
  if (version in OPTIMIZE_LATER) setFlagsFromString('--heap-growing-percent=7')
}
