import type { SecretDocument } from '../format/documents.js'
import { REMOVALS, type RemovalPolicy } from './pruning.js'
import { latest, parseTime, type Time } from '../time.js'

/** A field of secret.yaml: its value and when it was set, or, without a value, when it was taken away. */
export interface Clearable {
  readonly value?: string
  readonly changed: Time
}

/** Registers under names that a caller makes up: tags, replicas. */
export type Registers = Readonly<Record<string, Clearable>>

type Forgetting = Pick<SecretDocument, 'tags' | 'replicas' | 'forgotten'>

/** The values that are set, in the order they stand in. */
export function valuesOf(registers: Registers | undefined): [name: string, value: string][] {
  return Object.entries(registers ?? {}).flatMap(([name, { value }]) =>
    value === undefined ? [] : [[name, value]]
  )
}

/** With some of them set anew, or, where the value is `undefined`, taken away. */
export function withValues(
  registers: Registers | undefined,
  changes: Iterable<readonly [name: string, value: string | undefined]>,
  changed: Time
): Record<string, Clearable> {
  // without a prototype, so that `__proto__` is a tag like any other
  const all = Object.assign(Object.create(null) as Record<string, Clearable>, registers)
  for (const [name, value] of changes) all[name] = value === undefined ? { changed } : { value, changed }
  return all
}

/**
 * Forgets the oldest of the tags and replicas that were taken away: those past `maximumAgeMs` at `now` (milliseconds
 * since the Unix epoch), and those beyond `maximumCount`. What is absent counts as taken away at `forgotten`.
 */
export function forgetCleared(
  { tags, replicas, forgotten }: Forgetting,
  now: number,
  { maximumAgeMs, maximumCount }: RemovalPolicy = REMOVALS
): Forgetting {
  const cleared = [tags, replicas]
    .flatMap(registers => Object.values(registers ?? {}))
    .flatMap(({ value, changed }) => (value === undefined ? [changed] : []))
    .sort()
  const excess = Math.max(0, cleared.length - maximumCount)
  const last = cleared.findLast(
    (time, index) => index < excess || now - (parseTime(time) as number) > maximumAgeMs
  )
  if (last === undefined) return {}
  const kept = (registers: Registers): Record<string, Clearable> => {
    const some = Object.create(null) as Record<string, Clearable>
    for (const [name, register] of Object.entries(registers))
      if (register.value !== undefined || register.changed > last) some[name] = register
    return some
  }
  return {
    ...(tags ? { tags: kept(tags) } : {}),
    ...(replicas ? { replicas: kept(replicas) } : {}),
    forgotten: latest(forgotten, last) as Time
  }
}
