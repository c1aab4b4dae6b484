import * as fs from 'node:fs'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hashEntry, signEntry } from '../../../src/core/access/accessLog.js'
import {
  formatUnchecked,
  parseDocument,
  signDocument,
  type SecretDocument,
  type StagesDocument
} from '../../../src/core/format/documents.js'
import { fingerprint } from '../../../src/core/crypto/fingerprint.js'
import { identityFromSeed, type Identity } from '../../../src/core/crypto/identity.js'
import { loadIdentity } from '../../../src/app/identityFile.js'
import { openVault, VaultError } from '../../../src/index.js'
import type { Tree } from '../../../src/core/ports.js'
import { openRepository } from '../../../src/system/repository.js'
import { readAccess } from '../../../src/vault/memory/pin.js'
import { findPlace } from '../../../src/vault/documents/place.js'
import { Seen } from '../../../src/vault/memory/seen.js'
import { View } from '../../../src/vault/view.js'
import { acceptOlder, inspectRoot, olderThanSeen, trust } from '../../../src/app/trust.js'
import { cloneOf, failure, listStrictly, makeVault, secretString, token, type TestVault } from '../fixture.js'

const SecretId = 'prod/db'
const STAGES = 'vault/secrets/prod/db/stages.yaml'
const SECRET = 'vault/secrets/prod/db/secret.yaml'
const LOG = 'vault/access.yaml'

let box: TestVault
let me: Identity

/** A secret with three versions. This clone has seen the newest. */
async function fresh(): Promise<TestVault> {
  const vault = await makeVault()
  await vault.api.createSecret({ Name: SecretId, SecretString: 'one', ClientRequestToken: token('one') })
  await vault.api.putSecretValue({ SecretId, SecretString: 'two', ClientRequestToken: token('two') })
  await vault.api.putSecretValue({ SecretId, SecretString: 'three', ClientRequestToken: token('three') })
  return vault
}

beforeAll(async () => {
  await makeVault()
  me = (await loadIdentity(process.env, undefined))()
})

const commitAll = (vault: TestVault) => {
  vault.git('add', '-A')
  vault.git('commit', '-qm', 'by hand')
}

/** The errors of every command that reads the secret. */
async function refusals(vault: TestVault) {
  const list = [
    vault.api.getSecretValue({ SecretId }),
    vault.api.getSecretValue({ SecretId, VersionId: token('one') }),
    vault.api.describeSecret({ SecretId }),
    listStrictly(vault.api),
    vault.api.listSecretVersionIds({ SecretId }),
    vault.api.putSecretValue({ SecretId, SecretString: 'four' }),
    vault.api.createSecret({ Name: SecretId, SecretString: 'one', ClientRequestToken: token('one') }),
    vault.api.updateSecretVersionStage({
      SecretId,
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: token('three'),
      MoveToVersionId: token('two')
    })
  ]
  return Promise.all(list.map(failure))
}

async function expectRefused(vault: TestVault, path: string, why: RegExp) {
  const head = vault.head()
  for (const { code, message } of await refusals(vault)) {
    expect({ code, message }).toEqual({
      code: 'DocumentRefused',
      message: expect.stringContaining(path) as string
    })
    expect(message).toMatch(why)
  }
  expect(vault.head()).toBe(head)
}

/** Changes stages.yaml and signs it with a member's key, as an attacker with a stolen identity could. */
async function resigned(vault: TestVault, change: (document: StagesDocument) => void): Promise<void> {
  const document = await parseDocument('stages', fs.readFileSync(vault.path(STAGES)), STAGES)
  change(document)
  const { signature: _, ...unsigned } = document
  const signed = signDocument<StagesDocument>(unsigned, vault.made.root, me.signSecret)
  vault.write(STAGES, formatUnchecked('stages', signed, STAGES))
}

async function resignedSecret(vault: TestVault, change: (document: SecretDocument) => void): Promise<void> {
  const document = await parseDocument('secret', fs.readFileSync(vault.path(SECRET)), SECRET)
  change(document)
  const { signature: _, ...unsigned } = document
  const signed = signDocument<SecretDocument>(unsigned, vault.made.root, me.signSecret)
  vault.write(SECRET, formatUnchecked('secret', signed, SECRET))
}

describe('a write by another process between reading the files and what this clone has seen', () => {
  /** The work tree, but the first read of stages.yaml returns `old`, and later reads return `then`, if given. */
  async function racing(then?: Uint8Array) {
    const repository = await openRepository(box.root)
    const { workTree, memory } = repository
    let reads = 0
    const tree: Tree = {
      async read(path, limit) {
        if (path === STAGES && reads++ === 0) return old
        return path === STAGES && then ? then : workTree.read(path, limit)
      }
    }
    const place = await findPlace(tree)
    const { access } = await readAccess(tree, place, memory, async () => undefined)
    return new View(tree, place, access, new Seen(memory, await repository.branch()), 0)
  }
  let old: Uint8Array

  beforeAll(async () => {
    box = await fresh()
    old = fs.readFileSync(box.path(STAGES))
    await box.api.putSecretValue({ SecretId, SecretString: 'four', ClientRequestToken: token('four') })
  })

  it('is no rollback: the files are read again', async () => {
    const secret = await (await racing()).named(SecretId)
    expect(secret?.stages.labels.get('AWSCURRENT')?.version).toBe(token('four'))
  })

  it('is a rollback if the files stay the same', async () => {
    const error = await failure((await racing(old)).named(SecretId))
    expect(error).toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringContaining('older') as string
    })
  })

  it('is a rollback if the files change to another old state', async () => {
    const first = box.git('show', `HEAD~3:${STAGES}`)
    const error = await failure((await racing(Buffer.from(first))).named(SecretId))
    expect(error).toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringContaining('older') as string
    })
  })
})

describe('an old state on top of a newer one', () => {
  beforeEach(async () => {
    box = await fresh()
  })

  it('an old stages.yaml is refused by name, by every command', async () => {
    box.git('checkout', '-q', 'HEAD~1', '--', STAGES)
    commitAll(box)
    await expectRefused(box, STAGES, /older state of prod\/db/)
  })

  it('an old stages.yaml is refused even before it is committed', async () => {
    box.git('checkout', '-q', 'HEAD~1', '--', STAGES)
    expect(await failure(box.api.getSecretValue({ SecretId }))).toMatchObject({ code: 'DocumentRefused' })
  })

  it('a git revert is refused, also after the vault is opened again', async () => {
    box.git('revert', '--no-edit', 'HEAD')
    await box.reopen()
    await expectRefused(box, STAGES, /older state/)
  })

  it('an old secret.yaml is refused by name', async () => {
    const old = fs.readFileSync(box.path(SECRET))
    await resignedSecret(box, document => {
      document.signed.serial = '2'
      document.description = { value: 'changed', changed: document.created }
    })
    commitAll(box)
    expect((await box.api.describeSecret({ SecretId })).Description).toBe('changed')
    box.write(SECRET, old)
    commitAll(box)
    const { code, message } = await failure(box.api.getSecretValue({ SecretId }))
    expect(code).toBe('DocumentRefused')
    expect(message).toContain(SECRET)
  })

  it('an old stages.yaml that a member re-signs with the same serial is a fork', async () => {
    await resigned(box, document => {
      document.labels['AWSCURRENT']!.version = token('one')
    })
    commitAll(box)
    await expectRefused(box, STAGES, /contradicts/)
  })

  it('a secret.yaml that a member re-signs with the same serial is a fork, by name', async () => {
    await resignedSecret(box, document => {
      document.description = { value: 'changed', changed: document.created }
    })
    commitAll(box)
    const { code, message } = await failure(box.api.getSecretValue({ SecretId }))
    expect(code).toBe('DocumentRefused')
    expect(message).toContain(SECRET)
    expect(message).toMatch(/contradicts/)
  })

  it('a deleted secret that replaces a new one of the same name is refused', async () => {
    const keep = box.path('.git/kept')
    fs.cpSync(box.path('vault/secrets/prod'), keep, { recursive: true })
    box.git('rm', '-rq', 'vault/secrets/prod')
    box.git('commit', '-qm', 'by hand')
    box.clock.advance(1000)
    await box.api.createSecret({ Name: SecretId, SecretString: 'new' })
    fs.rmSync(box.path('vault/secrets/prod'), { recursive: true })
    fs.cpSync(keep, box.path('vault/secrets/prod'), { recursive: true })
    commitAll(box)
    expect(await failure(box.api.getSecretValue({ SecretId }))).toMatchObject({ code: 'DocumentRefused' })
  })

  it('a branch that was reset is refused until the user accepts the older state', async () => {
    box.git('reset', '-q', '--hard', 'HEAD~1')
    await expectRefused(box, STAGES, /older state/)
    expect(await olderThanSeen(box.root, SecretId)).toBe(STAGES)
    await acceptOlder(box.root, SecretId)
    expect(await olderThanSeen(box.root, SecretId)).toBeUndefined()
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('two')
    await box.api.putSecretValue({ SecretId, SecretString: 'three again' })
    box.expectClean()
  })

  it('olderThanSeen returns nothing for an accepted secret', async () => {
    expect(await olderThanSeen(box.root, SecretId)).toBeUndefined()
    expect((await failure(olderThanSeen(box.root, 'nowhere'))).code).toBe('ResourceNotFoundException')
  })

  it('another branch may have an older state, because nothing newer was seen there', async () => {
    box.git('switch', '-qc', 'older', 'HEAD~1')
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('two')
    await box.api.putSecretValue({ SecretId, SecretString: 'on the branch' })
    box.git('switch', '-q', 'main')
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('three')
  })

  it.each(['', '{', 'null', '5', '"x"', '[]', '{"refs/heads/main":null}', '{"refs/heads/main":{}}'])(
    'a damaged memory of seen states causes an error or is ignored, but never gives a wrong answer: %j',
    async damage => {
      const [file] = box.files('.git/git-vault/seen')
      box.write(file!, damage)
      const [outcome] = await Promise.allSettled([box.api.getSecretValue({ SecretId })])
      if (outcome.status === 'fulfilled') expect(outcome.value.SecretString).toBe('three')
      else expect(outcome.reason).toBeInstanceOf(VaultError)
    }
  )
})

describe('a detached HEAD', () => {
  beforeAll(async () => {
    box = await fresh()
  })

  it('reads the checked out state, with a notice, and refuses to write', async () => {
    box.git('checkout', '-q', '--detach')
    box.notices.length = 0
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('three')
    expect(box.notices).toEqual([expect.stringContaining('HEAD is detached')])
    const state = box.state()
    for (const write of [
      () => box.api.putSecretValue({ SecretId, SecretString: 'x' }),
      () => box.api.createSecret({ Name: 'new', SecretString: 'x' })
    ]) {
      expect(await failure(write())).toMatchObject({
        code: 'RepositoryState',
        message: expect.stringContaining('HEAD is detached') as string
      })
    }
    expect(box.state()).toBe(state)
  })

  it('a checkout of an old release reads its own values and does not affect the branch', async () => {
    box.git('switch', '-q', 'main')
    box.git('tag', 'release', 'HEAD~1')
    box.git('checkout', '-q', 'release')
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('two')
    expect(await box.api.listSecretVersionIds({ SecretId })).toMatchObject({ Versions: { length: 2 } })
    expect((await failure(box.api.putSecretValue({ SecretId, SecretString: 'x' }))).code).toBe(
      'RepositoryState'
    )
    box.git('switch', '-q', 'main')
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('three')
    await box.api.putSecretValue({ SecretId, SecretString: 'four' })
    box.expectClean()
  })
})

/** The log with one more entry by the admin, or by another signer. */
async function extended(vault: TestVault, keep: string, signer = me, by = signer): Promise<Uint8Array> {
  const log = await parseDocument('access', fs.readFileSync(vault.path(LOG)), LOG)
  const last = log.entries.at(-1)!
  const entry = signEntry(
    {
      entry: String(log.entries.length + 1),
      previous: hashEntry(last),
      time: last.time,
      by: by.public.keyId,
      changes: [{ change: 'pruning', keep, minimumAgeHours: '24', quota: '150' }]
    },
    vault.made.root,
    signer.signSecret
  )
  return formatUnchecked('access', { ...log, entries: [...log.entries, entry] }, LOG)
}

describe('the access log', () => {
  beforeEach(async () => {
    box = await fresh()
  })

  it('of another vault is refused by name', async () => {
    const other = await makeVault('other')
    fs.copyFileSync(other.path(LOG), box.path(LOG))
    commitAll(box)
    await expectRefused(box, LOG, /not the vault that this clone trusts/)
  })

  it('extended by an admin is used for reads and writes', async () => {
    box.write(LOG, await extended(box, '100'))
    commitAll(box)
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('three')
    await box.api.putSecretValue({ SecretId, SecretString: 'four' })
    expect(box.read(STAGES)).toMatch(/access:\n {4}entry: "2"/)
    box.expectClean()
  })

  it('cut short is replaced by the pinned log for reads, and writes are refused', async () => {
    const short = fs.readFileSync(box.path(LOG))
    box.write(LOG, await extended(box, '100'))
    commitAll(box)
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('three')
    box.write(LOG, short)
    commitAll(box)
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('three')
    const head = box.head()
    expect(await failure(box.api.putSecretValue({ SecretId, SecretString: 'x' }))).toMatchObject({
      code: 'RepositoryState',
      message: expect.stringContaining('access log') as string
    })
    expect(box.head()).toBe(head)
  })

  it('cut short still has the pinned entries that documents were signed under', async () => {
    const short = fs.readFileSync(box.path(LOG))
    box.write(LOG, await extended(box, '100'))
    commitAll(box)
    await box.api.putSecretValue({ SecretId, SecretString: 'four' })
    box.write(LOG, short)
    commitAll(box)
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('four')
    // A clone that has never seen the longer log refuses documents that name its entries.
    const clone = await cloneOf(box)
    await trust(clone.root, box.made.root)
    expect(await failure(clone.api.getSecretValue({ SecretId }))).toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringContaining('an entry that is not in the access log') as string
    })
  })

  it('extended differently from the log that this clone has seen is a fork', async () => {
    const [one, two] = [await extended(box, '100'), await extended(box, '120')]
    box.write(LOG, one)
    commitAll(box)
    await box.api.getSecretValue({ SecretId })
    box.write(LOG, two)
    commitAll(box)
    await expectRefused(box, LOG, /forks/)
  })

  it('extended by a non-admin, or changed after it was signed, is refused by name', async () => {
    const stranger = identityFromSeed(new Uint8Array(32).fill(7))
    const text = new TextDecoder().decode(await extended(box, '100'))
    const changed = text.replace(/keep: "100"(?![^]*keep)/, 'keep: "101"')
    expect(changed).not.toBe(text)
    for (const forged of [
      await extended(box, '100', stranger),
      await extended(box, '100', stranger, me),
      changed
    ]) {
      box.write(LOG, forged)
      expect(await failure(box.api.getSecretValue({ SecretId }))).toMatchObject({
        code: 'DocumentRefused',
        message: expect.stringContaining(LOG) as string
      })
    }
    box.git('restore', '.')
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('three')
  })

  it('that was removed is reported missing by name', async () => {
    fs.rmSync(box.path(LOG))
    commitAll(box)
    for (const { code, message } of await refusals(box)) {
      expect(code).toBe('VaultNotFound')
      expect(message).toContain(LOG)
    }
  })

  it('in another folder that a forged .vaultrc names is refused', async () => {
    const other = await makeVault('other')
    fs.cpSync(other.path('vault'), box.path('evil'), { recursive: true })
    box.write('.vaultrc', 'vault: evil\n')
    commitAll(box)
    await expectRefused(box, 'evil/access.yaml', /not the vault that this clone trusts/)
  })
})

describe('a fresh clone', () => {
  let clone: TestVault
  beforeAll(async () => {
    box = await fresh()
  })
  beforeEach(async () => {
    clone = await cloneOf(box)
  })

  it('trusts nothing before it is told to: RootUnknown, with words to compare', async () => {
    const state = clone.state()
    for (const { code, message } of await refusals(clone)) {
      expect(code).toBe('RootUnknown')
      expect(message).toContain(fingerprint(box.made.root))
    }
    expect(clone.state()).toBe(state)
  })

  it('shows the root and the words that init showed', async () => {
    expect(await inspectRoot(clone.root)).toEqual({
      root: box.made.root,
      words: box.made.words,
      trusted: false,
      relation: 'foreign'
    })
    expect(box.made.words.split(/[ -]/).length).toBeGreaterThanOrEqual(8)
  })

  it('works once it trusts the root, for reading and writing', async () => {
    await trust(clone.root, box.made.root)
    expect((await inspectRoot(clone.root)).trusted).toBe(true)
    expect((await clone.api.getSecretValue({ SecretId })).SecretString).toBe('three')
    await clone.api.putSecretValue({ SecretId, SecretString: 'four' })
    expect((await clone.api.getSecretValue({ SecretId })).SecretString).toBe('four')
    clone.expectClean()
  })

  it('does not trust a root other than the one that was shown', async () => {
    const other = await makeVault('other')
    expect(await failure(trust(clone.root, other.made.root))).toMatchObject({ code: 'DocumentRefused' })
    expect((await failure(clone.api.getSecretValue({ SecretId }))).code).toBe('RootUnknown')
  })

  it('with a damaged log is not trusted', async () => {
    clone.write(LOG, clone.read(LOG).replace('region: local', 'region: other'))
    expect((await failure(trust(clone.root, box.made.root))).code).toBe('DocumentRefused')
  })

  it('that is shallow reads and writes', async () => {
    const shallow = await cloneOf(box, '--depth=1', '--no-local')
    await trust(shallow.root, box.made.root)
    expect((await shallow.api.getSecretValue({ SecretId })).SecretString).toBe('three')
    await shallow.api.putSecretValue({ SecretId, SecretString: 'four' })
    shallow.expectClean()
  })
})

describe('a machine whose identity carries the root', () => {
  const withIdentity = async (text: string, use: () => Promise<void>) => {
    process.env['GIT_VAULT_IDENTITY'] = text
    try {
      await use()
    } finally {
      delete process.env['GIT_VAULT_IDENTITY']
    }
  }

  beforeAll(async () => {
    box = await fresh()
  })

  it('reads and writes in a fresh clone without a person trusting it', async () => {
    const clone = await cloneOf(box)
    await withIdentity(`${secretString()}.${box.made.root}\n`, async () => {
      const vault = await openVault(clone.options)
      expect((await vault.getSecretValue({ SecretId })).SecretString).toBe('three')
      await vault.putSecretValue({ SecretId, SecretString: 'by a machine' })
    })
    clone.expectClean()
  })

  it('also works if a command prints the identity', async () => {
    const clone = await cloneOf(box)
    const file = clone.path('.git/secret')
    fs.writeFileSync(file, `${secretString()}.${box.made.root}\n`)
    process.env['GIT_VAULT_IDENTITY_COMMAND'] = `cat '${file}'`
    try {
      const vault = await openVault(clone.options)
      expect((await vault.getSecretValue({ SecretId })).SecretString).toBe('three')
    } finally {
      delete process.env['GIT_VAULT_IDENTITY_COMMAND']
    }
  })

  it('is refused for another vault: RootUnknown, and nothing is remembered', async () => {
    const other = await makeVault('other')
    const clone = await cloneOf(box)
    await withIdentity(`${secretString()}.${other.made.root}`, async () => {
      const vault = await openVault(clone.options)
      for (const use of [
        () => vault.getSecretValue({ SecretId }),
        () => vault.putSecretValue({ SecretId, SecretString: 'x' })
      ]) {
        expect((await failure(use())).code).toBe('RootUnknown')
      }
    })
    expect((await failure(clone.api.getSecretValue({ SecretId }))).code).toBe('RootUnknown')
  })

  it('without a root is refused until the clone trusts', async () => {
    const clone = await cloneOf(box)
    await withIdentity(secretString(), async () => {
      const vault = await openVault(clone.options)
      expect((await failure(vault.getSecretValue({ SecretId }))).code).toBe('RootUnknown')
      await trust(clone.root, box.made.root)
      expect((await vault.getSecretValue({ SecretId })).SecretString).toBe('three')
    })
  })

  it('with a mistyped identity gets one clear IdentityNotFound that does not repeat it', async () => {
    const clone = await cloneOf(box)
    const good = secretString()
    const flipped = good.endsWith('A') ? `${good.slice(0, -1)}B` : `${good.slice(0, -1)}A`
    for (const text of [
      flipped,
      good.slice(0, -1),
      `${good}x`,
      `${good}.x`,
      `${good}.${box.made.root}.x`,
      'gvsec1_',
      'x'
    ]) {
      await withIdentity(text, async () => {
        const vault = await openVault(clone.options)
        const { code, message } = await failure(vault.getSecretValue({ SecretId }))
        expect({ code, text }).toEqual({ code: 'IdentityNotFound', text })
        if (text.length > 10) expect(message).not.toContain(text)
      })
    }
  })
})
