import type { Memory } from '../../core/ports.js'
import type { Claim } from '../../core/rotation/claim.js'
import { parseJson } from '../../core/format/parseJson.js'
import type { Time } from '../../core/time.js'

/** A rotation that this clone has begun or taken over. */
export interface OwnClaim {
  readonly arn: string
  readonly version: string
  /** When it put AWSPENDING there, or was about to: a commit of it may have failed. */
  readonly moved: readonly Time[]
}

const FILE = 'rotation-claims'
const MOST_CLAIMS = 200
const MOST_TIMES = 50

/** The claim on a secret that this clone made last; `undefined` if it is rotating none. */
export async function ownClaim(memory: Memory, arn: string): Promise<OwnClaim | undefined> {
  return parse(await memory.read(FILE)).find(one => one.arn === arn)
}

/** Remembers a claim. To be called before its commit, so that a kill after it loses nothing. */
export async function rememberClaim(
  memory: Memory,
  { arn, version, moved }: Pick<OwnClaim, 'arn' | 'version'> & { readonly moved: Time }
): Promise<void> {
  await replace(memory, arn, last => {
    const times = last?.version === version ? last.moved : []
    return [{ arn, version, moved: [...times, moved].slice(-MOST_TIMES) }]
  })
}

export async function forgetClaim(memory: Memory, arn: string): Promise<void> {
  if (await ownClaim(memory, arn)) await replace(memory, arn, () => [])
}

/** Whether a claim, as the vault has it, is this clone's: it has made it, or was the last to renew it. */
export const isOwnClaim = (own: OwnClaim | undefined, claim: Claim | undefined): boolean =>
  claim !== undefined && own?.version === claim.version && own.moved.includes(claim.moved)

async function replace(
  memory: Memory,
  arn: string,
  next: (last: OwnClaim | undefined) => readonly OwnClaim[]
): Promise<void> {
  await memory.update(FILE, bytes => {
    const all = parse(bytes)
    const others = all.filter(one => one.arn !== arn)
    const claims = [...others, ...next(all.find(one => one.arn === arn))].slice(-MOST_CLAIMS)
    return new TextEncoder().encode(`${JSON.stringify(claims)}\n`)
  })
}

/** Reads a damaged file as empty: an own claim then looks like another clone's, and is taken over later. */
function parse(bytes: Uint8Array | undefined): OwnClaim[] {
  const list = bytes && parseJson(bytes)
  return Array.isArray(list) ? list.filter(isClaim) : []
}

function isClaim(one: unknown): one is OwnClaim {
  const { arn, version, moved } = Object(one) as Record<string, unknown>
  return (
    Array.isArray(moved) && [arn, version, ...(moved as unknown[])].every(text => typeof text === 'string')
  )
}
