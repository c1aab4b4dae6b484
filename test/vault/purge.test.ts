import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { openVault } from '../../src/index.js'
import { inspectRoot, trust } from '../../src/app/trust.js'
import { purge } from '../../src/vault/purge.js'
import { cloneOf, DAY, failure, makeVault, token, type TestVault } from './fixture.js'

const WEEK = { RecoveryWindowInDays: 7 }

let box: TestVault
beforeEach(async () => {
  box = await makeVault()
})

const create = async (Name: string, api = box.api) =>
  (await api.createSecret({ Name, SecretString: `value of ${Name}` })).ARN!
const schedule = (SecretId: string, api = box.api) => api.deleteSecret({ SecretId, ...WEEK })
const filesOf = (name: string, vault = box) =>
  vault.files('vault/secrets').filter(path => path.startsWith(`vault/secrets/${name}/`))
const subjects = (count: number, vault = box) =>
  vault.git('log', `-${count}`, '--format=%s').trim().split('\n')
const purged = (vault = box) =>
  vault.git('log', '-1', '--format=%(trailers:key=Secret-Arn,valueonly)').trim().split('\n')

describe('after its recovery window', () => {
  it('a secret does not exist for any operation, even before its files are removed', async () => {
    const ARN = await create('gone')
    await schedule('gone')
    box.clock.advance(7 * DAY)
    expect(filesOf('gone')).toHaveLength(3)
    const before = box.state()
    for (const SecretId of ['gone', ARN])
      for (const operation of [
        () => box.api.getSecretValue({ SecretId }),
        () => box.api.describeSecret({ SecretId }),
        () => box.api.putSecretValue({ SecretId, SecretString: 'x' }),
        () => box.api.restoreSecret({ SecretId }),
        () => box.api.deleteSecret({ SecretId })
      ])
        expect((await failure(operation())).code).toBe('ResourceNotFoundException')
    const { SecretList } = await box.api.listSecrets({ IncludePlannedDeletion: true })
    expect(SecretList).toEqual([])
    expect(box.state()).toBe(before)
  })
})

describe('the next write', () => {
  it('removes an expired secret in a separate commit that names it', async () => {
    const ARN = await create('gone')
    await create('stays')
    await schedule('gone')
    box.clock.advance(7 * DAY - 1)
    await box.api.putSecretValue({ SecretId: 'stays', SecretString: 'a' })
    expect(filesOf('gone')).toHaveLength(3)

    box.clock.advance(1)
    const before = box.commits()
    await box.api.putSecretValue({ SecretId: 'stays', SecretString: 'b' })
    expect(filesOf('gone')).toEqual([])
    expect(box.commits()).toBe(before + 2)
    expect(subjects(2)).toEqual(['PurgeSecrets vault', 'PutSecretValue stays'])
    expect(box.git('log', '-1', '--format=%B').trim()).toBe(
      `PurgeSecrets vault\n\nSecret-Arn: ${ARN}\nMember: alice`
    )
    box.expectClean()

    // the secret is removed only once
    expect(box.read('.git/git-vault/deletions')).toBe('{}')
    await box.api.putSecretValue({ SecretId: 'stays', SecretString: 'c' })
    expect(box.commits()).toBe(before + 3)
    expect(box.notices).toEqual([])
  })

  it('in one region removes expired secrets of all regions', async () => {
    const eu = await openVault({ ...box.options, region: 'eu-west-1' })
    const home = await create('same')
    const there = await create('same', eu)
    await schedule('same')
    await schedule('same', eu)
    box.clock.advance(7 * DAY)
    await create('other', eu)
    expect(purged().sort()).toEqual([home, there].sort())
    expect(box.files('vault').filter(path => path.includes('/same/'))).toEqual([])
  })

  it('does not remove a secret that was restored, or scheduled again for later', async () => {
    for (const name of ['restored', 'later']) {
      await create(name)
      await schedule(name)
      await box.api.restoreSecret({ SecretId: name })
    }
    box.clock.advance(DAY)
    await schedule('later')
    box.clock.advance(6 * DAY)
    await create('write')
    expect(subjects(1)).toEqual(['CreateSecret write'])
    expect((await box.api.getSecretValue({ SecretId: 'restored' })).SecretString).toBe('value of restored')
    expect((await box.api.describeSecret({ SecretId: 'later' })).DeletedDate).toBeDefined()
    box.clock.advance(DAY)
    await create('write/more')
    expect(subjects(2)).toEqual(['PurgeSecrets vault', 'CreateSecret write/more'])
    expect(filesOf('later')).toEqual([])
  })

  it('that creates the name again replaces the expired secret, and nothing is purged', async () => {
    const old = await create('again')
    await schedule('again')
    box.clock.advance(7 * DAY)
    const made = await create('again')
    expect(made).not.toBe(old)
    expect(subjects(1)).toEqual(['CreateSecret again'])
    await box.api.putSecretValue({ SecretId: 'again', SecretString: 'new', ClientRequestToken: token('n') })
    expect((await box.api.getSecretValue({ SecretId: 'again' })).SecretString).toBe('new')
    expect(filesOf('again')).toHaveLength(4)
  })

  it('that changes nothing removes nothing', async () => {
    await create('gone')
    await create('stays')
    await schedule('gone')
    box.clock.advance(7 * DAY)
    const before = box.state()
    await box.api.updateSecret({ SecretId: 'stays' })
    expect(box.state()).toBe(before)
  })

  it('succeeds even if the removal fails, which is a notice', async () => {
    await create('gone')
    await create('stays')
    await schedule('gone')
    box.clock.advance(7 * DAY)
    const stages = filesOf('gone').find(path => path.endsWith('stages.yaml'))!
    const content = box.read(stages)
    box.write(stages, content.replace(/^signature: .*$/m, 'signature: AAAA'))
    box.git('commit', '-qam', 'damaged')

    await box.api.putSecretValue({ SecretId: 'stays', SecretString: 'written' })
    expect((await box.api.getSecretValue({ SecretId: 'stays' })).SecretString).toBe('written')
    expect(box.notices).toEqual([
      expect.stringMatching(
        /^secrets past their recovery window could not be removed: vault\/.*stages\.yaml: /
      )
    ])

    // once the file is repaired, the next write removes the secret
    box.write(stages, content)
    box.git('commit', '-qam', 'mended')
    await box.api.putSecretValue({ SecretId: 'stays', SecretString: 'again' })
    expect(filesOf('gone')).toEqual([])
    expect(box.notices).toHaveLength(1)
  })

  it.each(['', 'not JSON', '[]', 'null', '{"x":"2027-01-01T00:00:00.000Z","y":3}', '{"gone":"soon"}'])(
    'is not disturbed by a damaged memory: %j',
    async content => {
      mkdirSync(box.path('.git/git-vault'), { recursive: true })
      writeFileSync(box.path('.git/git-vault/deletions'), content)
      const ARN = await create('gone')
      await schedule('gone')
      box.clock.advance(7 * DAY)
      await create('write')
      expect(purged()).toEqual([ARN])
      expect(box.notices).toEqual([])
    }
  )
})

describe('gc', () => {
  it('removes every expired secret in all regions in one commit, also those that another clone scheduled', async () => {
    const long = 'x'.repeat(120)
    const regions = ['local', 'eu-west-1', 'con', long]
    const arns: string[] = []
    for (const region of regions) {
      const api = await openVault({ ...box.options, region })
      arns.push(await create('deep/er/gone', api))
      await create('deep/er', api)
      await schedule('deep/er/gone', api)
    }
    await create('scheduled')
    const clone = await cloneOf(box)
    await trust(clone.root, (await inspectRoot(clone.root)).root)
    await clone.api.deleteSecret({ SecretId: 'scheduled' })
    clone.clock.advance(7 * DAY)
    // this clone scheduled none of them
    await clone.api.updateSecret({ SecretId: 'deep/er', Description: 'a write' })
    expect(filesOf('deep/er/gone', clone)).toHaveLength(3)

    const before = clone.commits()
    const removed = await purge(await clone.internal())
    expect([...removed].sort()).toEqual([...arns].sort())
    expect(clone.commits()).toBe(before + 1)
    expect(purged(clone).sort()).toEqual([...arns].sort())
    expect(clone.files('vault').filter(path => path.includes('/gone/'))).toEqual([])
    expect(clone.files('vault').filter(path => path.endsWith('er/secret.yaml'))).toHaveLength(regions.length)
    expect((await clone.api.describeSecret({ SecretId: 'scheduled' })).DeletedDate).toBeDefined()
    clone.expectClean()
  })

  it('needs no identity if there is nothing to remove', async () => {
    await create('there')
    const before = box.state()
    process.env['GIT_VAULT_IDENTITY_FILE'] = box.path('no-such-identity')
    try {
      expect(await purge(await box.internal())).toEqual([])
    } finally {
      delete process.env['GIT_VAULT_IDENTITY_FILE']
    }
    expect(box.state()).toBe(before)
  })

  it('uses the newest commit, and ignores uncommitted changes', async () => {
    await create('there')
    await schedule('there')
    const scheduled = box.read('vault/secrets/there/secret.yaml')
    await box.api.restoreSecret({ SecretId: 'there' })
    box.clock.advance(7 * DAY)
    box.write('vault/secrets/there/secret.yaml', scheduled)
    expect(await purge(await box.internal())).toEqual([])
    expect(box.git('show', 'HEAD:vault/secrets/there/secret.yaml')).not.toBe(scheduled)
  })

  it('does not erase: the ciphertext stays in the history', async () => {
    await create('gone')
    const version = filesOf('gone').find(path => path.includes('/versions/'))
    const content = box.read(version!)
    await schedule('gone')
    box.clock.advance(7 * DAY)
    await purge(await box.internal())
    expect(existsSync(box.path(version!))).toBe(false)
    expect(box.git('show', `HEAD~1:${version}`)).toBe(content)
  })
})
