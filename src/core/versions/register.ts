import type { SecretDocument } from '../format/documents.js'
import { REMOVALS, type RemovalPolicy } from './pruning.js'
import { latest, parseTime, type Time } from '../time.js'

/** A field of secret.yaml: its value and when it was set. Without a value, when it was removed. */
export interface Clearable {
  readonly value?: string
  readonly changed: Time
}

/** Fields under names that a caller chooses: tags, replicas. */
export type Registers = Readonly<Record<string, Clearable>>

type RegisterFields = Pick<SecretDocument, 'tags' | 'replicas' | 'forgotten'>

/** The names that have a value, with it, in document order. */
export function valuesOf(registers: Registers | undefined): [name: string, value: string][] {
  return Object.entries(registers ?? {}).flatMap(([name, { value }]) =>
    value === undefined ? [] : [[name, value]]
  )
}

/** A copy with some values set, or removed if the new value is `undefined`, at the time `changed`. */
export function withValues(
  registers: Registers | undefined,
  changes: Iterable<readonly [name: string, value: string | undefined]>,
  changed: Time
): Record<string, Clearable> {
  // Has no prototype, so that `__proto__` is a tag like any other.
  const all = Object.assign(Object.create(null) as Record<string, Clearable>, registers)
  for (const [name, value] of changes) all[name] = value === undefined ? { changed } : { value, changed }
  return all
}

/**
 * Forgets the oldest removals of tags and replicas: those older than `maximumAgeMs` at `now` (milliseconds
 * since the Unix epoch), and those beyond `maximumCount`. An absent tag or replica is taken as removed at
 * `forgotten`. Returns the fields to replace; `{}` if there is nothing to forget.
 */
export function forgetCleared(
  { tags, replicas, forgotten }: RegisterFields,
  now: number,
  { maximumAgeMs, maximumCount }: RemovalPolicy = REMOVALS
): RegisterFields {
  const cleared = [tags, replicas]
    .flatMap(registers => Object.values(registers ?? {}))
    .flatMap(({ value, changed }) => (value === undefined ? [changed] : []))
    .sort()
  const excess = Math.max(0, cleared.length - maximumCount)
  const last = cleared.findLast(
    (time, index) => index < excess || now - (parseTime(time) as number) > maximumAgeMs
  )
  if (last === undefined) return {}
  const remaining = (registers: Registers): Record<string, Clearable> => {
    const left = Object.create(null) as Record<string, Clearable>
    for (const [name, register] of Object.entries(registers))
      if (register.value !== undefined || register.changed > last) left[name] = register
    return left
  }
  return {
    ...(tags ? { tags: remaining(tags) } : {}),
    ...(replicas ? { replicas: remaining(replicas) } : {}),
    forgotten: latest(forgotten, last) as Time
  }
}
