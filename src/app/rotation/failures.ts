import type { Memory } from '../../core/ports.js'
import { parseJson } from '../../core/format/parseJson.js'

/** The last run of a secret's rotation that failed, as this clone remembers it. */
export interface RotationFailure {
  readonly arn: string
  readonly token: string
  readonly function: string
  /** The step that failed; absent if it failed before the first one. */
  readonly step?: string
  /** ISO 8601. */
  readonly time: string
  readonly reason: string
  /** The end of what the function wrote, with values replaced. */
  readonly output?: string
}

const FILE = 'rotations'
const MOST_FAILURES = 200

/** Returns the last failure of a secret's rotation; `undefined` if its last run did not fail, or ran elsewhere. */
export async function readFailure(memory: Memory, arn: string): Promise<RotationFailure | undefined> {
  return parse(await memory.read(FILE)).find(one => one.arn === arn)
}

/** Remembers a failure in place of the secret's last one. `undefined` forgets it. */
export async function rememberFailure(
  memory: Memory,
  arn: string,
  failure: RotationFailure | undefined
): Promise<void> {
  if (!failure && !(await readFailure(memory, arn))) return
  await memory.update(FILE, bytes => {
    const others = parse(bytes).filter(one => one.arn !== arn)
    const kept = [...others, ...(failure ? [failure] : [])].slice(-MOST_FAILURES)
    return new TextEncoder().encode(`${JSON.stringify(kept)}\n`)
  })
}

/** Reads a damaged file as empty: nothing depends on it but what is shown. */
function parse(bytes: Uint8Array | undefined): RotationFailure[] {
  const list = bytes && parseJson(bytes)
  return Array.isArray(list) ? list.filter(isFailure) : []
}

function isFailure(one: unknown): one is RotationFailure {
  const { arn, token, function: name, time, reason } = Object(one) as Record<string, unknown>
  return [arn, token, name, time, reason].every(text => typeof text === 'string')
}
