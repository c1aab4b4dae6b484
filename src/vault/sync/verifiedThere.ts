import { VaultError } from '../../core/errors.js'
import type { Memory } from '../../core/ports.js'

/** The last entry of an access log. */
export interface LogHead {
  /** Its number. */
  readonly entry: number
  readonly hash: string
}

/** For each branch of a remote, the last entry of the log that this clone has verified there: `ref entry hash`. */
const FILE = 'upstreams'

/** Returns what this clone has verified at remotes' branches, by their refs. */
export async function verifiedThere(memory: Memory): Promise<ReadonlyMap<string, LogHead>> {
  return parse(await memory.read(FILE))
}

/**
 * Remembers the newest access log that this clone has verified at a remote's branch, or has pushed there. If the memory cannot
 * be written, says so to `notice`.
 */
export async function rememberThere(
  memory: Memory,
  ref: string,
  hashes: readonly string[],
  notice: (line: string) => void
): Promise<void> {
  const head = { entry: hashes.length, hash: hashes.at(-1) ?? '' }
  const isKnown = ({ entry, hash }: LogHead): boolean => entry === head.entry && hash === head.hash
  try {
    const known = (await verifiedThere(memory)).get(ref)
    if (known && isKnown(known)) return
    await memory.update(FILE, present => {
      const all = parse(present).set(ref, head)
      return new TextEncoder().encode(
        [...all].map(([name, { entry, hash }]) => `${name} ${entry} ${hash}\n`).join('')
      )
    })
  } catch (error) {
    if (!(error instanceof VaultError && ['FileFailed', 'RepositoryBusy'].includes(error.code))) throw error
    notice(`this clone cannot remember which access log ${ref} has: ${error.message}`)
  }
}

function parse(bytes: Uint8Array | undefined): Map<string, LogHead> {
  const all = new Map<string, LogHead>()
  for (const line of new TextDecoder().decode(bytes ?? new Uint8Array()).split('\n')) {
    const [ref = '', entry = '', hash = ''] = line.split(' ')
    if (hash !== '') all.set(ref, { entry: Number(entry), hash })
  }
  return all
}
