import { signEntry } from '../../src/core/access/accessLog.js'
import {
  formatDocument,
  parseDocument,
  signDocument,
  type AccessDocument,
  type KeyDocument
} from '../../src/core/format/documents.js'
import { utf8 } from '../../src/core/format/canonical.js'
import { encode } from '../../src/core/encoding.js'
import { foldLog } from '../../src/core/access/accessLog.js'
import { identityFromSeed, parseSecret } from '../../src/core/crypto/identity.js'
import { sealTo } from '../../src/core/crypto/seal.js'
import { sodium, sodiumReady } from '../../src/core/sodium.js'
import { formatTime } from '../../src/core/time.js'
import { systemRandom } from '../../src/system/files/random.js'
import { secretString, type TestVault } from './fixture.js'

const LOG = 'vault/access.yaml'

type Changes = AccessDocument['entries'][number]['changes']

/** Adds an entry by the vault's admin to the access log and commits it, for entries that no operation makes. */
export async function extendLog(box: TestVault, changes: Changes): Promise<void> {
  await sodiumReady
  const document = await parseDocument('access', utf8(box.read(LOG)), LOG)
  const { vaultId, entries } = foldLog(document, LOG)
  const entry = signEntry(
    {
      entry: String(entries.length + 1),
      previous: entries.at(-1)!,
      time: formatTime(box.clock.time),
      by: admin().public.keyId,
      changes
    },
    vaultId,
    admin().signSecret
  )
  box.write(LOG, formatDocument('access', { ...document, entries: [...document.entries, entry] }, LOG))
  commit(box)
}

/** Adds a generation of the default key, with the admin as its only recipient. */
export async function addGeneration(box: TestVault, generation: string): Promise<void> {
  await sodiumReady
  const secret = systemRandom.bytes(32)
  const publicKey = encode(sodium.crypto_scalarmult_base(secret))
  await extendLog(box, [{ change: 'generation', key: 'default', generation, public: publicKey }])
  const { vaultId, entries } = foldLog(await parseDocument('access', utf8(box.read(LOG)), LOG), LOG)
  const { keyId, boxKey } = admin().public
  const document = signDocument<KeyDocument>(
    {
      kind: 'git-vault/key',
      format: '1',
      key: 'default',
      generation,
      public: publicKey,
      sealed: { [keyId]: encode(sealTo(boxKey, secret, systemRandom.bytes(32))) },
      signed: {
        serial: '1',
        by: keyId,
        access: { entry: String(entries.length), hash: entries.at(-1)! },
        change: { operation: 'AddGeneration', time: formatTime(box.clock.time) }
      }
    },
    vaultId,
    admin().signSecret
  )
  const path = `vault/keys/default/${generation}.yaml`
  box.write(path, formatDocument('key', document, path))
  commit(box)
}

function admin() {
  return identityFromSeed(parseSecret(secretString())!)
}

function commit(box: TestVault): void {
  box.git('add', '-A')
  box.git('commit', '-qm', 'by hand')
}
