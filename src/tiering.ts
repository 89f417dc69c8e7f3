import { setFlagsFromString } from 'node:v8'

/** How much of a function V8 has run, in bytes of its bytecode, when it makes machine code of it; by itself 67,584. */
const BUDGET = 600_000

/**
 * The V8 of Node 20 has no compiler in between, and optimizes so early that a run of a few seconds spends a third of its
 * time on it, much of that in vain (seconds of CPU, before and with the flag: findings of 1,000 apps 1.4 and 0.9, a check
 * of eleven files 0.45 and 0.37). Later ones wait by themselves, and don't know the flag.
 *
 * To be called before anything is compiled: V8 takes no compiled code that was made with other flags.
 */
export function optimizeLater(): void {
  if (process.versions.v8.startsWith('11.')) setFlagsFromString(`--interrupt-budget=${BUDGET}`)
}
