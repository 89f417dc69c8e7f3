import jsonPatch from 'json-patch'
import { keysOf, type Pointer } from './pointer.ts'
import type { Json } from './read/tree.ts'

/** An operation of a JSON Patch (RFC 6902). */
export type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: Pointer; readonly value: Json }
  | { readonly op: 'remove'; readonly path: Pointer }
  | { readonly op: 'move' | 'copy'; readonly from: Pointer; readonly path: Pointer }

/** A patch that is no patch, or does not apply. */
export class PatchError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PatchError'
  }
}

/** Whether two values are the same by JSON's measure: 0 is −0, and the order of keys doesn't count. */
export function isSame(one: Json, other: Json): boolean {
  if (one === other || (Number.isNaN(one) && Number.isNaN(other))) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  const [left, right] = [one, other] as readonly { readonly [key: string]: Json }[]
  return keys.every(key => Object.hasOwn(other, key) && isSame(left?.[key] ?? null, right?.[key] ?? null))
}

/** Keys through which a patch could reach what all objects share. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * The value as the operations leave it (RFC 6902). The argument is not changed, and shares with the result what no
 * operation touches; where one operation fails, none counts.
 *
 * @throws {PatchError} an operation is malformed or does not apply, a `test` fails, or a pointer goes through
 *   `__proto__`, `constructor` or `prototype`
 */
export function patched(value: Json, operations: readonly Operation[]): Json {
  return operations.reduce(applied, value)
}

function applied(value: Json, operation: Operation): Json {
  const path = checkedKeys(operation.path)
  switch (operation.op) {
    case 'test':
      if (operation.value === undefined) throw new PatchError('test has no value')
      if (!isSame(found(value, path, operation.path), operation.value)) {
        throw new PatchError(`the test of ${operation.path} fails`)
      }
      return value
    case 'add':
    case 'replace':
      if (operation.value === undefined) throw new PatchError(`${operation.op} has no value`)
      if (operation.op === 'replace') found(value, path, operation.path)
      return set(value, operation.op, path, operation.path, operation.value)
    case 'remove':
      found(value, path, operation.path)
      return removed(value, path, operation.path)
    case 'copy': {
      const source = found(value, checkedKeys(operation.from), operation.from)
      return set(value, 'add', path, operation.path, source)
    }
    case 'move': {
      const from = checkedKeys(operation.from)
      const source = found(value, from, operation.from)
      if (operation.path === operation.from) return value
      if (operation.path.startsWith(`${operation.from}/`))
        throw new PatchError(`${operation.from} can't move into itself`)
      return set(removed(value, from, operation.from), 'add', path, operation.path, source)
    }
    default:
      throw new PatchError('there is no such operation')
  }
}

function set(value: Json, op: 'add' | 'replace', keys: readonly string[], path: Pointer, fresh: Json): Json {
  if (keys.length === 0) return fresh
  const parent = found(value, keys.slice(0, -1), path)
  const key = keys.at(-1) ?? ''
  if (typeof parent !== 'object' || parent === null) throw new PatchError(`${path}: there is nothing to add to`)
  if (Array.isArray(parent) && op === 'add' && key !== '-' && !(isIndex(key) && Number(key) <= parent.length)) {
    throw new PatchError(`${path}: there is no such place in the list`)
  }
  return apply(copiedAlong(value, keys), { op, path, value: fresh })
}

function removed(value: Json, keys: readonly string[], path: Pointer): Json {
  if (keys.length === 0) return null
  return apply(copiedAlong(value, keys), { op: 'remove', path })
}

/** The package changes what it is given, so it is given a copy of everything on the way. */
function apply(value: Json, operation: Operation): Json {
  return jsonPatch.apply(value, [operation]) as Json
}

function copiedAlong(value: Json, keys: readonly string[]): Json {
  if (typeof value !== 'object' || value === null) return value
  const [key, ...rest] = keys
  if (Array.isArray(value)) {
    const copy: Json[] = [...value]
    const index = Number(key)
    if (rest.length > 0) copy[index] = copiedAlong(copy[index] ?? null, rest)
    return copy
  }
  const copy: Record<string, Json> = { ...(value as { readonly [key: string]: Json }) }
  if (rest.length > 0 && key !== undefined) copy[key] = copiedAlong(copy[key] ?? null, rest)
  return copy
}

/** @throws {PatchError} nothing stands there */
function found(value: Json, keys: readonly string[], path: Pointer): Json {
  let current: Json = value
  for (const key of keys) {
    if (
      typeof current !== 'object' ||
      current === null ||
      !Object.hasOwn(current, key) ||
      (Array.isArray(current) && !isIndex(key))
    ) {
      throw new PatchError(`nothing stands at ${path}`)
    }
    current = (current as { readonly [key: string]: Json })[key] ?? null
  }
  return current
}

function isIndex(key: string): boolean {
  return /^(0|[1-9]\d*)$/.test(key)
}

/** @throws {PatchError} the pointer is none (RFC 6901), or forbidden */
function checkedKeys(path: Pointer): readonly string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/')) || /~(?![01])/.test(path)) {
    throw new PatchError(`${JSON.stringify(path)} is no JSON Pointer`)
  }
  const keys = keysOf(path)
  const forbidden = keys.find(key => FORBIDDEN.has(key))
  if (forbidden !== undefined) throw new PatchError(`${path}: "${forbidden}" is no key that a patch may name`)
  return keys
}
