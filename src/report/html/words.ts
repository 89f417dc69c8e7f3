import type { PageStatus, PortSide } from './page-data.ts'

/** What became of a finding, as people read it. */
export const STATUS_WORDS: Readonly<Record<PageStatus, string>> = {
  fixed: 'Fixed',
  fixable: 'Fixable',
  unsafe: 'Fixable with --unsafe',
  held: 'Held back',
  refused: 'Refused',
  manual: 'Left to you',
  skipped: 'Not computed',
}

/** What a fix does to a running cluster. */
export const IMPACT_WORDS: Readonly<Record<string, string>> = {
  metadata: 'changes metadata only',
  routing: 'changes routing',
  restart: 'restarts the workload’s pods',
  'new-object': 'adds an object',
}

/** Istio's own spelling of what it knows. */
const PROTOCOL_WORDS: Readonly<Record<string, string>> = {
  grpc: 'gRPC',
  'grpc-web': 'gRPC-Web',
  mongo: 'Mongo',
  redis: 'Redis',
  mysql: 'MySQL',
}

/** A port's protocol; undefined where the port has none to say. */
export function protocolWord({ protocol }: PortSide): string | undefined {
  if (protocol === undefined) return undefined
  return protocol === '' ? 'undeclared' : (PROTOCOL_WORDS[protocol] ?? protocol.toUpperCase())
}

/** A side of a port in one line: `http-web · HTTP`. */
export function sideWords(side: PortSide | undefined): string {
  if (side === undefined) return 'not there'
  if (side.isUnlisted) return 'not listed'
  // Of a port that a container lists, the name may say nothing.
  if (side.protocol === undefined && side.name === '') return 'listed'
  const words = [side.name === '' ? 'no name' : side.name, protocolWord(side)]
  return words.filter(word => word !== undefined).join(' · ')
}

/** Whether the fixes change a port. */
export function isChanged(before: PortSide | undefined, after: PortSide | undefined): boolean {
  return JSON.stringify(before) !== JSON.stringify(after)
}

/** Without the fixes, or with them. */
export type Side = 'before' | 'after'
