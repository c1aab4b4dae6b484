import { VaultError } from '../../core/errors.js'
import type { Memory } from '../../core/ports.js'

/** For each branch of a remote, the commit up to which this clone has verified its history: `ref commit`. */
const FILE = 'tips'

/** Returns up to which commit this clone has verified a remote's branch; `undefined` if it has not. */
export async function verifiedTip(memory: Memory, ref: string): Promise<string | undefined> {
  return parse(await memory.read(FILE)).get(ref)
}

/** Remembers up to which commit this clone has verified a remote's branch. */
export async function rememberTip(memory: Memory, ref: string, commit: string): Promise<void> {
  if ((await verifiedTip(memory, ref)) === commit) return
  try {
    await memory.update(FILE, present => {
      const all = parse(present).set(ref, commit)
      return new TextEncoder().encode([...all].map(line => `${line.join(' ')}\n`).join(''))
    })
  } catch (error) {
    // then the next sync verifies the same commits once more
    if (!(error instanceof VaultError && ['FileFailed', 'RepositoryBusy'].includes(error.code))) throw error
  }
}

function parse(bytes: Uint8Array | undefined): Map<string, string> {
  const all = new Map<string, string>()
  for (const line of new TextDecoder().decode(bytes ?? new Uint8Array()).split('\n')) {
    const [ref = '', commit = ''] = line.split(' ')
    if (/^[0-9a-f]{40,64}$/.test(commit)) all.set(ref, commit)
  }
  return all
}
