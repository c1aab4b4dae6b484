import { rmSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { verify } from '../../src/vault/verify/verify.js'
import { makeVault, token, type TestVault } from './fixture.js'

const DOCUMENT = 'vault/secrets/db/secret.yaml'
let box: TestVault

beforeEach(async () => {
  box = await makeVault()
  await box.api.createSecret({ Name: 'db', SecretString: 'one', ClientRequestToken: token('one') })
  await box.api.createSecret({ Name: 'other', SecretString: 'one' })
})

/** The secret's files stay in the work tree, in no commit. */
async function untrack(...settings: string[]): Promise<void> {
  if (settings.length > 0) box.git('update-index', ...settings)
  box.git('rm', '-rq', '--cached', 'vault/secrets/db')
  box.git('commit', '-qm', 'untrack')
  box.notices.length = 0
  await box.reopen()
}

const problems = async (): Promise<string[]> => {
  const found: string[] = []
  await verify(await box.internal(), {
    reportFinding: async ({ path, reason }) => void found.push(`${path}: ${reason}`)
  })
  return found.sort()
}

const missing = { code: 'ResourceNotFoundException' }

describe('a secret that no commit has', () => {
  it('is not found by any read, and one line says so', async () => {
    await untrack()
    await expect(box.api.getSecretValue({ SecretId: 'db' })).rejects.toMatchObject(missing)
    await expect(box.api.describeSecret({ SecretId: 'db' })).rejects.toMatchObject(missing)
    const { SecretList } = await box.api.listSecrets()
    expect(SecretList?.map(({ Name }) => Name)).toEqual(['other'])
    expect(box.notices).toEqual([`${DOCUMENT} is not tracked by git, so it is ignored`])
  })

  it.each([
    ['version 2', []],
    ['version 4', ['--index-version', '4']],
    ['a split index', ['--split-index']]
  ])('is a problem for verify, with %s', async (_, settings) => {
    expect(await problems()).toEqual([])
    await untrack(...settings)
    const why = 'git does not track it, so no commit has it'
    const found = await problems()
    expect(found).toContain(`${DOCUMENT}: ${why}`)
    expect(found).toHaveLength(3)
  })

  it('is neither deleted nor in the way of a new one', async () => {
    await untrack()
    await expect(box.api.deleteSecret({ SecretId: 'db' })).rejects.toMatchObject(missing)
    box.clock.advance(5_000)
    await box.api.createSecret({ Name: 'db', SecretString: 'two' })
    expect((await box.api.getSecretValue({ SecretId: 'db' })).SecretString).toBe('two')
    await box.api.deleteSecret({ SecretId: 'db', ForceDeleteWithoutRecovery: true })
    await expect(box.api.getSecretValue({ SecretId: 'db' })).rejects.toMatchObject(missing)
  })

  it('is not replaced if its content was never in git', async () => {
    await untrack()
    box.write(DOCUMENT, `${box.read(DOCUMENT)}# mine\n`)
    await expect(box.api.createSecret({ Name: 'db', SecretString: 'two' })).rejects.toMatchObject({
      code: 'RepositoryState',
      message: `${DOCUMENT} exists but is not in git`
    })
    expect(box.read(DOCUMENT)).toContain('# mine')
  })

  it('is found again once it is committed', async () => {
    await untrack()
    await expect(box.api.getSecretValue({ SecretId: 'db' })).rejects.toMatchObject(missing)
    box.git('add', 'vault')
    box.git('commit', '-qm', 'back')
    expect((await box.api.getSecretValue({ SecretId: 'db' })).SecretString).toBe('one')
  })

  it('is read if there is no index to compare with', async () => {
    await untrack()
    rmSync(box.path('.git/index'))
    await box.reopen()
    expect((await box.api.getSecretValue({ SecretId: 'db' })).SecretString).toBe('one')
  })
})

describe('init', () => {
  it('that stopped before it pinned the vault is finished by the next command', async () => {
    const made = await makeVault('stopped')
    const log = made.read('vault/access.yaml')
    // the state between the commit and the pin
    rmSync(made.path('.git/git-vault/pin'))
    made.write('.git/git-vault/made', log)
    await made.reopen()
    await made.api.createSecret({ Name: 'db', SecretString: 'one' })
    expect(made.read('.git/git-vault/pin')).toBe(log)
  })

  it('leaves nothing that trusts the vault without its pin', async () => {
    rmSync(box.path('.git/git-vault/pin'))
    await box.reopen()
    await expect(box.api.listSecrets()).rejects.toMatchObject({ code: 'RootUnknown' })
  })
})
