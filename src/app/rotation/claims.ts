import type { Memory } from '../../core/ports.js'
import { parseJson } from '../../core/format/parseJson.js'
import type { Time } from '../../core/time.js'

/** A rotation that this clone has begun or taken over, as it last put AWSPENDING on its version. */
export interface OwnClaim {
  readonly arn: string
  readonly version: string
  readonly moved: Time
}

const FILE = 'rotation-claims'
const MOST_CLAIMS = 200

/** The claim on a secret that this clone made last; `undefined` if it is rotating none. */
export async function ownClaim(memory: Memory, arn: string): Promise<OwnClaim | undefined> {
  return parse(await memory.read(FILE)).find(one => one.arn === arn)
}

/** Remembers a claim in place of the secret's last one. To be called before its commit, so that a kill after it loses nothing. */
export async function rememberClaim(memory: Memory, claim: OwnClaim): Promise<void> {
  await replace(memory, claim.arn, [claim])
}

export async function forgetClaim(memory: Memory, arn: string): Promise<void> {
  if (await ownClaim(memory, arn)) await replace(memory, arn, [])
}

async function replace(memory: Memory, arn: string, next: readonly OwnClaim[]): Promise<void> {
  await memory.update(FILE, bytes => {
    const others = parse(bytes).filter(one => one.arn !== arn)
    return new TextEncoder().encode(`${JSON.stringify([...others, ...next].slice(-MOST_CLAIMS))}\n`)
  })
}

/** Reads a damaged file as empty: an own claim then looks like another clone's, and is taken over later. */
function parse(bytes: Uint8Array | undefined): OwnClaim[] {
  const list = bytes && parseJson(bytes)
  return Array.isArray(list) ? list.filter(isClaim) : []
}

function isClaim(one: unknown): one is OwnClaim {
  const { arn, version, moved } = Object(one) as Record<string, unknown>
  return [arn, version, moved].every(text => typeof text === 'string')
}
