import * as fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { loadIdentity, newIdentity, showIdentity } from '../../src/app/identityFile.js'
import { changePassphrase, exportIdentity } from '../../src/app/ownIdentity.js'
import { openVault } from '../../src/index.js'
import { getSecretValue } from '../../src/operations/getSecretValue.js'
import type { OpenOptions } from '../../src/app/open.js'
import { Vault } from '../../src/vault/vault.js'
import { failure, identityFile, initVault, makeVault, scratch, token, type TestVault } from './fixture.js'

const SecretId = 'prod/db'

afterEach(() => {
  delete process.env['GIT_VAULT_PASSPHRASE']
  delete process.env['GIT_VAULT_IDENTITY_FILE']
})

/** Returns the value, or the error of reading it. */
async function read(vault: TestVault, more: Partial<OpenOptions> = {}) {
  const opened = await openVault({ ...vault.options, ...more })
  return opened.getSecretValue({ SecretId })
}

describe('an identity with a passphrase', () => {
  const passphrase = 'correct horse é \u{1f40e}'
  const path = join(scratch('wrapped'), 'identity.yaml')
  let box: TestVault
  let text: string

  const use = () => (process.env['GIT_VAULT_IDENTITY_FILE'] = path)

  beforeAll(async () => {
    await newIdentity({ askPassphrase: async () => passphrase, path })
    text = fs.readFileSync(path, 'utf8')
    use()
    process.env['GIT_VAULT_PASSPHRASE'] = passphrase
    box = await initVault(join(scratch('repo'), 'work'))
    await box.api.createSecret({ Name: SecretId, SecretString: 'v', ClientRequestToken: token('v') })
  })

  it('is in a file of mode 0600 without the secret string', () => {
    expect(text).toContain('wrapped:')
    expect(text).not.toContain('gvsec1_')
    if (process.platform !== 'win32') expect(fs.statSync(path).mode & 0o777).toBe(0o600)
  })

  it('shows its public half without the passphrase', async () => {
    use()
    expect(await showIdentity()).toMatchObject({
      from: path,
      isFile: true,
      wrapped: true,
      publicKey: expect.stringMatching(/^gvpub1_/)
    })
  })

  it('opens with GIT_VAULT_PASSPHRASE, without asking', async () => {
    use()
    process.env['GIT_VAULT_PASSPHRASE'] = passphrase
    const never = () => Promise.reject(new Error('asked'))
    expect((await read(box, { passphrase: never })).SecretString).toBe('v')
  })

  it('opens with the callback’s passphrase, which is asked for only once', async () => {
    use()
    let asked = 0
    const vault = await openVault({
      ...box.options,
      passphrase: async () => {
        asked++
        return passphrase
      }
    })
    await vault.describeSecret({ SecretId })
    await vault.listSecrets()
    expect(asked).toBe(0)
    expect((await vault.getSecretValue({ SecretId })).SecretString).toBe('v')
    await vault.getSecretValue({ SecretId })
    await vault.putSecretValue({ SecretId, SecretString: 'w' })
    expect(asked).toBe(1)
  })

  it('opens with the same passphrase in another Unicode form', async () => {
    use()
    process.env['GIT_VAULT_PASSPHRASE'] = passphrase.normalize('NFD')
    await read(box)
  })

  it('a wrong passphrase is one clear IdentityLocked', async () => {
    use()
    const wrong = { passphrase: async () => 'wrong' }
    expect(await failure(read(box, wrong))).toEqual({
      code: 'IdentityLocked',
      message: 'wrong passphrase, or the identity file was changed'
    })
    const vault = await openVault({ ...box.options, ...wrong })
    const head = box.head()
    expect((await failure(vault.putSecretValue({ SecretId, SecretString: 'x' }))).code).toBe('IdentityLocked')
    expect(box.head()).toBe(head)
    expect(box.status()).toBe('')
  })

  it('a wrong passphrase of the environment is named with its variable, wherever an identity is unlocked', async () => {
    use()
    process.env['GIT_VAULT_PASSPHRASE'] = 'not the one'
    const wrong = { passphrase: async () => passphrase }
    const failures = await Promise.all(
      [
        read(box, wrong),
        openVault({ ...box.options, ...wrong }).then(async vault =>
          vault.putSecretValue({ SecretId, SecretString: 'x' })
        ),
        changePassphrase(wrong),
        exportIdentity(box.made.root, wrong)
      ].map(failure)
    )
    for (const { code, message } of failures) {
      expect(code).toBe('IdentityLocked')
      expect(message).toBe(
        'the passphrase in GIT_VAULT_PASSPHRASE is wrong, or the identity file was changed'
      )
    }
  })

  it('without a passphrase or a callback is IdentityLocked, naming the variable', async () => {
    use()
    const error: unknown = await read(box).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'IdentityLocked',
      message: expect.stringContaining(path),
      hint: expect.stringContaining('GIT_VAULT_PASSPHRASE')
    })
  })

  it('may be readable by others, because it is encrypted', async () => {
    use()
    process.env['GIT_VAULT_PASSPHRASE'] = passphrase
    fs.chmodSync(path, 0o644)
    await read(box)
    fs.chmodSync(path, 0o600)
  })

  it.each([
    ['a lower cost', (t: string) => t.replace(/passes: "3"/, 'passes: "1"')],
    ['another ciphertext', (t: string) => t.replace(/ciphertext: .{8}/, 'ciphertext: AAAAAAAA')],
    ['another salt', (t: string) => t.replace(/salt: .{8}/, 'salt: AAAAAAAA')],
    ['another nonce', (t: string) => t.replace(/nonce: .{8}/, 'nonce: AAAAAAAA')]
  ])('damaged is IdentityLocked: %s', async (_, damage) => {
    use()
    process.env['GIT_VAULT_PASSPHRASE'] = passphrase
    expect(damage(text)).not.toBe(text)
    fs.writeFileSync(path, damage(text))
    try {
      expect((await failure(read(box))).code).toBe('IdentityLocked')
    } finally {
      fs.writeFileSync(path, text)
    }
  })

  it('another public half is IdentityLocked', async () => {
    const other = join(scratch('other'), 'identity.yaml')
    await newIdentity({ path: other })
    const publicLine = /^public: .*$/m
    const stolen = publicLine.exec(fs.readFileSync(other, 'utf8'))![0]
    use()
    process.env['GIT_VAULT_PASSPHRASE'] = passphrase
    fs.writeFileSync(path, text.replace(publicLine, stolen))
    try {
      expect((await failure(read(box))).code).toBe('IdentityLocked')
    } finally {
      fs.writeFileSync(path, text)
    }
  })

  it.each([
    ['empty', () => ''],
    ['cut short', (t: string) => t.slice(0, 100)],
    ['an unknown field', (t: string) => `${t}more: x\n`],
    ['too much memory', (t: string) => t.replace(/memory: "\d+"/, 'memory: "999999999999"')],
    ['no memory', (t: string) => t.replace(/memory: "\d+"/, 'memory: "1"')],
    ['no passes', (t: string) => t.replace(/passes: "3"/, 'passes: "0"')],
    ['too many passes', (t: string) => t.replace(/passes: "3"/, 'passes: "17"')],
    ['binary', () => '\0\xff\0'],
    ['another kind', (t: string) => t.replace('git-vault/identity', 'git-vault/key')]
  ])('an invalid file is refused before any key derivation: %s', async (_, damage) => {
    use()
    process.env['GIT_VAULT_PASSPHRASE'] = passphrase
    fs.writeFileSync(path, damage(text))
    const since = Date.now()
    try {
      expect((await failure(read(box))).code).toBe('IdentityLocked')
      expect(Date.now() - since).toBeLessThan(1000)
    } finally {
      fs.writeFileSync(path, text)
    }
  })
})

describe('an identity without a passphrase', () => {
  let box: TestVault
  beforeAll(async () => {
    box = await makeVault('plain')
    await box.api.createSecret({ Name: SecretId, SecretString: 'v' })
  })

  it('is in a file of mode 0600 in a folder of mode 0700', async () => {
    expect((await read(box)).SecretString).toBe('v')
    if (process.platform === 'win32') return
    expect(fs.statSync(identityFile).mode & 0o777).toBe(0o600)
    expect(fs.statSync(join(identityFile, '..')).mode & 0o777).toBe(0o700)
  })

  it.runIf(process.platform !== 'win32').each([0o644, 0o640, 0o604, 0o660, 0o666])(
    'is refused when others can read it: mode %o',
    async mode => {
      fs.chmodSync(identityFile, mode)
      try {
        const error: unknown = await read(box).catch((reason: unknown) => reason)
        expect(error).toMatchObject({
          code: 'IdentityLocked',
          message: `the identity ${identityFile} can be read by others`,
          hint: `chmod 600 ${identityFile}`
        })
        const head = box.head()
        expect(
          (await failure(box.reopen().then(api => api.putSecretValue({ SecretId, SecretString: 'x' })))).code
        ).toBe('IdentityLocked')
        expect(box.head()).toBe(head)
      } finally {
        fs.chmodSync(identityFile, 0o600)
      }
    }
  )

  it('is never replaced by a new one', async () => {
    const before = fs.readFileSync(identityFile, 'utf8')
    expect((await failure(newIdentity())).code).toBe('FileFailed')
    expect(fs.readFileSync(identityFile, 'utf8')).toBe(before)
  })

  it.each([
    ['a flipped secret', (t: string) => t.replace(/gvsec1_./, m => `gvsec1_${m.endsWith('A') ? 'B' : 'A'}`)],
    ['empty', () => ''],
    ['a folder', null]
  ])('damaged is an error that names the file and shows nothing of it: %s', async (_, damage) => {
    const text = fs.readFileSync(identityFile, 'utf8')
    const secret = /gvsec1_[\w-]+/.exec(text)![0]
    if (damage) fs.writeFileSync(identityFile, damage(text))
    else {
      fs.rmSync(identityFile)
      fs.mkdirSync(identityFile)
    }
    try {
      const { code, message } = await failure(read(box))
      expect(code).toMatch(/^(IdentityLocked|FileFailed)$/)
      expect(message).toContain(identityFile)
      expect(message).not.toContain(secret.slice(10, 40))
    } finally {
      fs.rmSync(identityFile, { recursive: true })
      fs.writeFileSync(identityFile, text, { mode: 0o600 })
    }
  })

  it('missing is IdentityNotFound, but what needs no key still works', async () => {
    process.env['GIT_VAULT_IDENTITY_FILE'] = join(scratch(), 'nowhere.yaml')
    const vault = await openVault(box.options)
    expect((await failure(vault.getSecretValue({ SecretId }))).code).toBe('IdentityNotFound')
    expect((await failure(vault.putSecretValue({ SecretId, SecretString: 'x' }))).code).toBe(
      'IdentityNotFound'
    )
    expect(await vault.describeSecret({ SecretId })).toMatchObject({ Name: SecretId })
    expect((await vault.listSecrets()).SecretList).toHaveLength(1)
  })

  it('of a non-member can neither read nor write a value', async () => {
    const path = join(scratch(), 'stranger.yaml')
    await newIdentity({ path })
    process.env['GIT_VAULT_IDENTITY_FILE'] = path
    const vault = await openVault(box.options)
    expect((await failure(vault.getSecretValue({ SecretId }))).code).toBe('DecryptionFailure')
    expect((await failure(vault.putSecretValue({ SecretId, SecretString: 'x' }))).code).toBe(
      'IdentityNotFound'
    )
    expect((await failure(vault.createSecret({ Name: 'x', SecretString: 'x' }))).code).toBe(
      'IdentityNotFound'
    )
    box.expectClean()
  })
})

it('derives the keys of an identity once for all secrets that a command reads', async () => {
  const box = await makeVault('derived')
  for (const Name of ['a', 'b', 'c']) await box.api.createSecret({ Name, SecretString: Name })
  const { repository, clock, random } = await box.internal()
  let derived = 0
  const identity = async () => {
    const derive = await loadIdentity(process.env, undefined)
    return () => {
      derived++
      return derive()
    }
  }
  const notice = () => undefined
  const vault = new Vault({ repository, clock, random, identity, trustedRoot: async () => undefined, notice })
  for (const SecretId of ['a', 'b', 'c'])
    expect(await getSecretValue(vault, { SecretId })).toMatchObject({ SecretString: SecretId })
  await vault.inRegion(undefined).identity()
  expect(derived).toBe(1)
})
