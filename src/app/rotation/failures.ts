import type { Memory } from '../../core/ports.js'
import { PerSecret } from './perSecret.js'

/** The last run of a secret's rotation that failed, as this clone remembers it. */
export interface RotationFailure {
  readonly arn: string
  /** The version of the rotation; empty if none was begun. */
  readonly token: string
  readonly function: string
  /** The step that failed; absent if it failed before the first one. */
  readonly step?: string
  /** ISO 8601. */
  readonly time: string
  readonly reason: string
  /** The end of what the function wrote, with values replaced. */
  readonly output?: string
  /** How many runs have failed in a row, this one included: with a schedule, in its window. 1 if absent, 0 if it was stopped. */
  readonly attempts?: number
}

/** Nothing depends on the file but what is shown. */
const failures = new PerSecret('rotations', isFailure)

/** Returns the last failure of a secret's rotation; `undefined` if its last run did not fail, or ran elsewhere. */
export const readFailure = (memory: Memory, arn: string): Promise<RotationFailure | undefined> =>
  failures.of(memory, arn)

/** The last failure of each secret's rotation, by ARN. */
export async function readFailures(memory: Memory): Promise<ReadonlyMap<string, RotationFailure>> {
  return new Map((await failures.all(memory)).map(one => [one.arn, one]))
}

/** Remembers a failure in place of the secret's last one. `undefined` forgets it. */
export const rememberFailure = (
  memory: Memory,
  arn: string,
  failure: RotationFailure | undefined
): Promise<void> => (failure ? failures.set(memory, arn, () => failure) : failures.forget(memory, arn))

/** Returns the number of a failure that comes now: those before it are counted if they are not older than `since`. */
export async function attemptNumber(memory: Memory, arn: string, since: number): Promise<number> {
  const last = await readFailure(memory, arn)
  return last && Date.parse(last.time) >= since ? attemptsOf(last) + 1 : 1
}

export const attemptsOf = ({ attempts = 1 }: RotationFailure): number => attempts

function isFailure(one: unknown): one is RotationFailure {
  const { arn, token, function: name, time, reason, attempts } = Object(one) as Record<string, unknown>
  const isCount = attempts === undefined || (Number.isSafeInteger(attempts) && Number(attempts) >= 0)
  return isCount && [arn, token, name, time, reason].every(text => typeof text === 'string')
}
