import { DEFAULT_KEY } from '../core/access/access.js'
import { RIGHTS } from '../core/access/rights.js'
import { foldLog, hashEntry, signEntry } from '../core/access/accessLog.js'
import {
  formatDocument,
  parseDocument,
  signDocument,
  type AccessDocument,
  type KeyDocument
} from '../core/format/documents.js'
import { encode } from '../core/encoding.js'
import { VaultError } from '../core/errors.js'
import { fingerprint } from '../core/crypto/fingerprint.js'
import type { Identity } from '../core/crypto/identity.js'
import { commitMessage } from '../core/format/message.js'
import type { Random } from '../core/ports.js'
import { PRUNING } from '../core/versions/pruning.js'
import { sealTo } from '../core/crypto/seal.js'
import { sodium, sodiumReady } from '../core/sodium.js'
import { formatTime } from '../core/time.js'
import type { AskPassphrase } from './askPassphrase.js'
import { ATTRIBUTES, withVaultLine } from './attributesFile.js'
import { loadIdentity } from './identityFile.js'
import { refuseExisting, refuseOptions } from './initRules.js'
import { systemClock } from '../system/files/clock.js'
import { discover } from '../system/git/discover.js'
import { shown } from '../system/files/paths.js'
import { initRepository } from '../system/git/initRepository.js'
import { memoryFolder } from '../system/git/place.js'
import { systemRandom } from '../system/files/random.js'
import { openRepository } from '../system/repository.js'
import { noteMade, PIN, pinMade, pinnedBytes } from '../vault/memory/pin.js'
import { Place, VAULTRC } from '../vault/documents/place.js'

export interface InitOptions {
  readonly directory: string
  /** Relative to the repository's root. */
  readonly vaultDir: string
  readonly region: string
  /** Twelve digits. */
  readonly accountId: string
  /** The first member's name. */
  readonly member: string
  readonly passphrase?: AskPassphrase
  /** Receives warnings, each one line. */
  readonly notice?: (line: string) => void
}

export interface Initialized {
  readonly vaultDir: string
  readonly member: string
  /** The vault id. */
  readonly root: string
  /** The fingerprint of `root`. */
  readonly words: string
  readonly commit: string
  readonly createdRepository: boolean
}

/**
 * Creates a vault in one commit, and a repository if there is none, and pins the vault's root in this clone.
 * The commit has the access log, whose first entry makes this member an admin, the key `default`, `.vaultrc`
 * and a line in `.gitattributes`. Throws `Usage` for an invalid option, and `RepositoryState` if the
 * branch has a vault, or if this clone trusts one that the branch lacks.
 */
export async function init(options: InitOptions): Promise<Initialized> {
  const derive = await loadIdentity(process.env, options.passphrase)
  await sodiumReady
  const identity = derive()
  refuseOptions(options)
  const createdRepository = await ensureRepository(options.directory)
  const repository = await openRepository(options.directory, {
    onWarning: options.notice ?? (() => undefined),
    setsDrivers: true
  })
  const now = systemClock.now()
  const { commit, value: vault } = await repository.commit(async head => {
    const made = await make(options, identity, now, systemRandom)
    await refuseExisting(head, made.place.access)
    if (await pinnedBytes(repository.memory))
      throw pinnedElsewhere(`${memoryFolder(repository.place)}/${PIN}`)
    const files = new Map(made.files).set(ATTRIBUTES, await withVaultLine(head, made.place.folder))
    const message = commitMessage('CreateVault', made.place.folder, [
      ['Vault-Id', made.vaultId],
      ['Member', options.member]
    ])
    await noteMade(repository.memory, made.log)
    return { change: { files, message, member: options.member, time: now }, value: made }
  })
  try {
    await pinMade(repository.memory, vault.log)
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    options.notice?.(`the vault is committed, but not pinned yet; the next command pins it: ${error.message}`)
  }
  return {
    vaultDir: vault.place.folder,
    member: options.member,
    root: vault.vaultId,
    words: fingerprint(vault.vaultId),
    commit: commit ?? '',
    createdRepository
  }
}

async function make(
  { vaultDir, region, accountId, member }: InitOptions,
  identity: Identity,
  now: number,
  random: Random
) {
  const place = new Place(vaultDir)
  const time = formatTime(now)
  const by = identity.public.keyId
  const generationSecret = random.bytes(32)
  const generationKey = sodium.crypto_scalarmult_base(generationSecret)
  const first = signEntry(
    {
      entry: '1',
      previous: 'none',
      time,
      by,
      changes: [
        { change: 'vault', region, account: accountId },
        { change: 'member', name: member, public: identity.public.text, role: 'admin' },
        { change: 'key', key: DEFAULT_KEY, names: ['**'] },
        { change: 'generation', key: DEFAULT_KEY, generation: '1', public: encode(generationKey) },
        { change: 'grant', member, key: DEFAULT_KEY, rights: [...RIGHTS] },
        {
          change: 'pruning',
          keep: String(PRUNING.keep),
          minimumAgeHours: String(PRUNING.minimumAgeMs / 3_600_000),
          quota: String(PRUNING.quota)
        }
      ]
    },
    undefined,
    identity.signSecret
  )
  const log: AccessDocument = { kind: 'git-vault/access', format: '1', entries: [first] }
  const vaultId = hashEntry(first)
  const sealed = encode(sealTo(identity.public.boxKey, generationSecret, random.bytes(32)))
  sodium.memzero(generationSecret)
  const key = signDocument<KeyDocument>(
    {
      kind: 'git-vault/key',
      format: '1',
      key: DEFAULT_KEY,
      generation: '1',
      public: encode(generationKey),
      sealed: { [by]: sealed },
      signed: {
        serial: '1',
        by,
        access: { entry: '1', hash: vaultId },
        change: { operation: 'CreateVault', time }
      }
    },
    vaultId,
    identity.signSecret
  )
  const keyPath = place.key(DEFAULT_KEY, '1')
  const logBytes = formatDocument('access', log, place.access)
  // folds the log now, so that a bad option fails here and not at the first read
  foldLog(await parseDocument('access', logBytes, place.access), place.access)
  const files = new Map<string, Uint8Array>([
    [place.access, logBytes],
    [keyPath, formatDocument('key', key, keyPath)],
    [VAULTRC, formatDocument('vaultrc', { vault: vaultDir }, VAULTRC)]
  ])
  return { place, vaultId, log: logBytes, files }
}

/** The pin must not be replaced unasked: it is all that tells this clone its own vault from a stranger's. */
function pinnedElsewhere(file: string): VaultError {
  return new VaultError('RepositoryState', 'this branch lacks the vault that this clone trusts', {
    hint: `git switch to a branch that has it; if you really want a new vault, first remove the file ${shown(file)}`
  })
}

async function ensureRepository(directory: string): Promise<boolean> {
  try {
    discover(directory)
    return false
  } catch (error) {
    if (!(error instanceof VaultError && error.code === 'VaultNotFound')) throw error
    await initRepository(directory)
    return true
  }
}
