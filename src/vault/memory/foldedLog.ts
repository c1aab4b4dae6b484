import type { Access } from '../../core/access/access.js'
import { formatAccess, parseAccess } from '../../core/access/accessText.js'
import { build } from '../../core/build.js'
import { encode } from '../../core/encoding.js'
import { VaultError } from '../../core/errors.js'
import { utf8 } from '../../core/format/canonical.js'
import { CAPS } from '../../core/format/documents.js'
import { isSameBytes } from '../../core/format/parseCache.js'
import type { Memory, Tree } from '../../core/ports.js'
import { hash } from '../../core/sodium.js'
import type { Place } from '../documents/place.js'
import { PIN } from './pin.js'

/** What the pinned access log says. One file for each repository. */
export const FOLDED = 'folded'
/** A smaller log is folded in the time that reading the file takes. */
const LEAST_BYTES = 16 << 10

interface FoldedLog {
  readonly bytes: Uint8Array
  readonly access: Access
}

/** The log that this process folded last, or whose meaning it read last. */
let last: FoldedLog | undefined

/**
 * Returns the access log of `tree` and what it says if it is, byte for byte, the pinned one, and this clone has kept what that says.
 * Bound to every byte of the log and to this build of the program: a damaged file, or one of another log, is as good as none. An
 * attacker who can write it can also replace the pin. Needs libsodium to be ready.
 */
export async function foldedAccess(tree: Tree, place: Place, memory: Memory): Promise<FoldedLog | undefined> {
  // a log that cannot be read is reported by who folds it
  const bytes = await tree.read(place.access, CAPS.access.bytes).catch(() => undefined)
  if (!bytes || bytes.length < LEAST_BYTES) return undefined
  const pin = await memory.read(PIN)
  if (!pin || !isSameBytes(pin, bytes)) return undefined
  if (last && isSameBytes(last.bytes, bytes)) return last
  const file = await memory.read(FOLDED).catch(unlessFailed)
  const end = file?.indexOf(NEWLINE) ?? -1
  if (!file || end < 0) return undefined
  const body = file.subarray(end + 1)
  const decoder = new TextDecoder()
  if (decoder.decode(file.subarray(0, end)) !== sealOf(bytes, body)) return undefined
  const access = parseAccess(decoder.decode(body))
  last = { bytes, access }
  return last
}

/** Keeps what the pinned log says. @param bytes of the log, which `access` was folded from. Others than the pin's are not kept */
export async function keepFolded(memory: Memory, bytes: Uint8Array, access: Access): Promise<void> {
  if (bytes.length < LEAST_BYTES) return
  const pin = await memory.read(PIN).catch(unlessFailed)
  if (!pin || !isSameBytes(pin, bytes)) return
  last = { bytes, access }
  const body = utf8(formatAccess(access))
  const seal = utf8(`${sealOf(bytes, body)}\n`)
  await memory.update(FOLDED, () => joined(seal, body)).catch(unlessFailed)
}

function sealOf(log: Uint8Array, body: Uint8Array): string {
  const parts = [utf8(build), log, body].map(hash)
  return encode(hash(parts.reduce(joined)))
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}

const NEWLINE = 10

/** Without the file, a command takes longer, and does the same. */
function unlessFailed(error: unknown): undefined {
  if (!(error instanceof VaultError && (error.code === 'FileFailed' || error.code === 'RepositoryBusy')))
    throw error
}
