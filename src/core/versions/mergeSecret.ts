import type { SecretDocument } from '../format/documents.js'
import { isAhead, latest, type Time } from '../time.js'

/**
 * A register of secret.yaml: its values and when they were set. Without values, when it was cleared. Only that of the policy
 * has `by` and `proof`.
 */
interface Register {
  readonly changed: Time
  readonly [value: string]: string
}

/** The fields of secret.yaml that a merge reads and returns. */
type SecretFields = Omit<SecretDocument, 'kind' | 'format' | 'signed' | 'signature'>

type SecretConflict =
  | { readonly conflict: 'goes back' }
  | { readonly conflict: 'created twice' }
  | { readonly conflict: 'dated ahead'; readonly time: Time }

export type MergedSecret = { readonly fields: SecretFields } | SecretConflict

/** Registers by path, such as `description` or `tags` and NUL and a tag's name; and the two times beside them. */
interface State {
  readonly registers: ReadonlyMap<string, Register>
  readonly rotated: Time | undefined
  readonly forgotten: Time | undefined
}

const SINGLE = ['key', 'description', 'type', 'policy', 'deletion', 'rotation'] as const
const NAMED = ['tags', 'replicas'] as const

/**
 * Everything that either document knows, each register by itself (FORMAT.md, "Merging"). Commutative, associative and
 * idempotent. The documents must be of one secret.
 */
export function joinSecret(a: SecretFields, b: SecretFields): SecretFields {
  return fieldsOf(a, joinStates(stateOf(a), stateOf(b)))
}

/**
 * Merges two accepted documents; their signers hold `manage`, or they would not be accepted. Reads no clock. `base`
 * needs no trust, as in `merge`. The caller leaves out the proof of a policy that is not accepted, so that it never replaces
 * one that is.
 * @param now milliseconds since the Unix epoch; if it is infinite, no date is too far ahead
 */
export function mergeSecret(
  base: SecretFields | undefined,
  ours: SecretFields,
  theirs: SecretFields,
  now: number
): MergedSecret {
  for (const document of [ours, theirs])
    for (const time of timesOf(document)) if (isAhead(time, now)) return { conflict: 'dated ahead', time }
  if (ours.arn !== theirs.arn) {
    const kept = laterIncarnation(base, ours, theirs)
    return kept ? { fields: kept } : { conflict: 'created twice' }
  }
  if (ours.created !== theirs.created || ours.token !== theirs.token || ours.name !== theirs.name)
    return { conflict: 'created twice' }
  const [a, b] = [stateOf(ours), stateOf(theirs)]
  const common = base?.arn === theirs.arn ? stateOf(base) : undefined
  if (!common) return { fields: fieldsOf(ours, joinStates(a, b)) }
  if (!knows(b, common)) return { conflict: 'goes back' }
  return { fields: fieldsOf(ours, joinStates(a, since(common, b, a))) }
}

/**
 * Of two secrets that had one name, the one to keep: the other was removed before this one was created. The one
 * created later stays, whichever of them is the base, so that nobody can bring a removed secret back by a merge.
 * `undefined` if the base is neither, or both have one time: then one name was created twice.
 */
export function laterIncarnation<Secret extends Pick<SecretFields, 'arn' | 'created'>>(
  base: Pick<SecretFields, 'arn'> | undefined,
  ours: Secret,
  theirs: Secret
): Secret | undefined {
  if (base?.arn !== ours.arn && base?.arn !== theirs.arn) return undefined
  if (ours.created === theirs.created) return undefined
  return ours.created > theirs.created ? ours : theirs
}

/** Whether a document of one secret has everything that another one has, or something later. */
export function includesSecret(state: SecretFields, other: SecretFields): boolean {
  const isSame = state.arn === other.arn && state.created === other.created && state.token === other.token
  return isSame && knows(stateOf(state), stateOf(other))
}

function joinStates(a: State, b: State): State {
  const registers = new Map<string, Register>()
  const forgotten = latest(a.forgotten, b.forgotten)
  for (const path of new Set([...a.registers.keys(), ...b.registers.keys()])) {
    const register = later(registerAt(a, path), registerAt(b, path))
    // An older removal stays, as with labels: see `normalize`.
    if (register && !(isNamed(path) && isCleared(register) && register.changed === forgotten))
      registers.set(path, register)
  }
  return { registers, rotated: latest(a.rotated, b.rotated), forgotten }
}

/**
 * The part of `theirs` that is new against `base`, as `since` in merge.ts; and what `ours` has as well, so that the proof of
 * a policy is not lost if only `ours` lacks it.
 */
function since(base: State, theirs: State, ours: State): State {
  const isNew = ([path, register]: [string, Register]): boolean => {
    const old = registerAt(base, path)
    const isForgotten = isNamed(path) && register.changed <= (theirs.forgotten ?? '')
    const own = registerAt(ours, path)
    const isShared = own !== undefined && compareValues(register, own) === 0
    return old === undefined || isForgotten || isShared || compareRegisters(register, old) !== 0
  }
  return { ...theirs, registers: new Map([...theirs.registers].filter(isNew)) }
}

/** Whether `state` has everything that `base` has, or something later. */
function knows(state: State, base: State): boolean {
  const isKnown = ([path, register]: [string, Register]): boolean => {
    const known = registerAt(state, path)
    return known !== undefined && compareValues(known, register) >= 0
  }
  return (
    [...base.registers].every(isKnown) &&
    (state.rotated ?? '') >= (base.rotated ?? '') &&
    (state.forgotten ?? '') >= (base.forgotten ?? '')
  )
}

/** A tag or replica that is absent was cleared at `forgotten`. */
function registerAt({ registers, forgotten }: State, path: string): Register | undefined {
  const implied = isNamed(path) && forgotten !== undefined ? { changed: forgotten } : undefined
  return registers.get(path) ?? implied
}

function later(a: Register | undefined, b: Register | undefined): Register | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return compareRegisters(a, b) < 0 ? b : a
}

/** By time. At the same time, a cleared one comes first, then the lesser values. */
function compareValues(a: Register, b: Register): number {
  return compare(orderOf(a), orderOf(b))
}

/** Like `compareValues`, then by signer and proof, so that the choice between equal policies is stable. */
function compareRegisters(a: Register, b: Register): number {
  return (
    compareValues(a, b) ||
    compare(a['by'] ?? '', b['by'] ?? '') ||
    compare(a['proof'] ?? '', b['proof'] ?? '')
  )
}

function orderOf({ changed, by, proof, ...values }: Register): string {
  const entries = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))
  return `${changed}${entries.length === 0 ? '' : JSON.stringify(entries)}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isCleared(register: Register): boolean {
  return Object.keys(register).length === 1
}

function isNamed(path: string): boolean {
  return path.includes('\0')
}

function stateOf(fields: SecretFields): State {
  const registers = new Map<string, Register>()
  for (const name of SINGLE) {
    const register = fields[name]
    if (register) registers.set(name, { ...register })
  }
  for (const field of NAMED)
    for (const [name, register] of Object.entries(fields[field] ?? {}))
      registers.set(`${field}\0${name}`, { ...register })
  return { registers, rotated: fields.rotated, forgotten: fields.forgotten }
}

function fieldsOf({ name, arn, created, token }: SecretFields, state: State): SecretFields {
  const { registers, rotated, forgotten } = state
  const single = Object.fromEntries([...registers].filter(([path]) => !isNamed(path)))
  return {
    ...{ name, arn, created, token },
    ...(single as unknown as Pick<SecretFields, (typeof SINGLE)[number]>),
    ...named(registers, 'tags'),
    ...named(registers, 'replicas'),
    ...(rotated === undefined ? {} : { rotated }),
    ...(forgotten === undefined ? {} : { forgotten })
  }
}

/** Has no prototype, so that `__proto__` is a tag like any other. Sorted, so that the result has one form. */
function named(registers: State['registers'], field: (typeof NAMED)[number]): Partial<SecretFields> {
  const record = Object.create(null) as Record<string, Register>
  const paths = [...registers.keys()].filter(path => path.startsWith(`${field}\0`)).sort()
  for (const path of paths) record[path.slice(field.length + 1)] = registers.get(path) as Register
  return paths.length === 0 ? {} : { [field]: record }
}

function timesOf(fields: SecretFields): Time[] {
  const { registers, rotated, forgotten } = stateOf(fields)
  const times = [fields.created, rotated, forgotten].filter(time => time !== undefined)
  return [...times, ...[...registers.values()].map(({ changed }) => changed)]
}
