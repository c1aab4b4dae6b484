import { usage, VaultError } from '../../core/errors.js'
import type { Memory } from '../../core/ports.js'

/** The aliases of the vault's keys by the id or ARN of a KMS key, as JSON. Only this clone has it. */
const FILE = 'kms-keys'

/** The id or the ARN of a KMS key, or the name or the ARN of an alias. */
const KMS_KEY_ID = /^[A-Za-z0-9:/_-]{1,2048}$/
const ARN_PREFIX = /^arn:aws[a-z-]*:kms:[^:]*:\d{12}:(?:key\/)?/

/** Returns the alias that a KMS key is mapped to. A mapped id also stands for each ARN that ends in it. */
export async function mappedKey(memory: Memory, kmsKeyId: string): Promise<string | undefined> {
  const mapped = await mappedKeys(memory)
  return mapped.get(kmsKeyId) ?? mapped.get(kmsKeyId.replace(ARN_PREFIX, ''))
}

export async function mappedKeys(memory: Memory): Promise<ReadonlyMap<string, string>> {
  return parse(await memory.read(FILE))
}

/**
 * Maps a KMS key to an alias of the vault's keys.
 * @param alias `undefined` removes the mapping
 */
export async function mapKey(memory: Memory, kmsKeyId: string, alias: string | undefined): Promise<void> {
  if (!KMS_KEY_ID.test(kmsKeyId))
    throw usage(`${JSON.stringify(kmsKeyId)} is not the id or the ARN of a KMS key`)
  await memory.update(FILE, bytes => {
    const mapped = new Map(parse(bytes))
    if (alias !== undefined) mapped.set(kmsKeyId, alias)
    else if (!mapped.delete(kmsKeyId)) throw usage(`${JSON.stringify(kmsKeyId)} is not mapped to a key`)
    return new TextEncoder().encode(`${JSON.stringify(Object.fromEntries(mapped), null, 2)}\n`)
  })
}

function parse(bytes: Uint8Array | undefined): ReadonlyMap<string, string> {
  if (!bytes) return new Map()
  try {
    const mapped = JSON.parse(new TextDecoder().decode(bytes)) as unknown
    const entries = typeof mapped === 'object' && mapped !== null ? Object.entries(mapped) : undefined
    if (entries?.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
      return new Map(entries)
  } catch {
    // reported below
  }
  throw new VaultError('FileFailed', `the file ${FILE} in this clone's memory is damaged`, {
    hint: 'remove .git/git-vault/kms-keys, and map the keys again: git-vault key alias'
  })
}
