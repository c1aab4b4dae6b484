import type { Memory } from '../../core/ports.js'
import type { Claim } from '../../core/rotation/claim.js'
import type { Time } from '../../core/time.js'
import { PerSecret } from './perSecret.js'

/** A rotation that this clone has begun or taken over. */
export interface OwnClaim {
  readonly arn: string
  readonly version: string
  /** When it put AWSPENDING there, or was about to: a commit of it may have failed. */
  readonly moved: readonly Time[]
}

const MOST_TIMES = 50

/** If the file is damaged, an own claim looks like another clone's, and is taken over later. */
const claims = new PerSecret('rotation-claims', isClaim)

/** The claim on a secret that this clone made last; `undefined` if it is rotating none. */
export const ownClaim = (memory: Memory, arn: string): Promise<OwnClaim | undefined> => claims.of(memory, arn)

/** Remembers a claim. To be called before its commit, so that a kill after it loses nothing. */
export async function rememberClaim(
  memory: Memory,
  { arn, version, moved }: Pick<OwnClaim, 'arn' | 'version'> & { readonly moved: Time }
): Promise<void> {
  await claims.set(memory, arn, last => {
    const times = last?.version === version ? last.moved : []
    return { arn, version, moved: [...times, moved].slice(-MOST_TIMES) }
  })
}

export const forgetClaim = (memory: Memory, arn: string): Promise<void> => claims.forget(memory, arn)

/** Whether a claim, as the vault has it, is this clone's: it has made it, or was the last to renew it. */
export const isOwnClaim = (own: OwnClaim | undefined, claim: Claim | undefined): boolean =>
  claim !== undefined && own?.version === claim.version && own.moved.includes(claim.moved)

function isClaim(one: unknown): one is OwnClaim {
  const { arn, version, moved } = Object(one) as Record<string, unknown>
  return (
    Array.isArray(moved) && [arn, version, ...(moved as unknown[])].every(text => typeof text === 'string')
  )
}
