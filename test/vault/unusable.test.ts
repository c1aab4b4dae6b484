import * as fs from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { openVault } from '../../src/index.js'
import { trust } from '../../src/app/trust.js'
import { purge } from '../../src/vault/purge.js'
import { exposure } from '../../src/vault/team/exposure.js'
import { addKey, removeMember } from '../../src/vault/team/team.js'
import type { Skipped } from '../../src/vault/documents/skipped.js'
import { check } from './verify/verifyKit.js'
import { DAY, cloneOf, makeVault, token, type TestVault } from './fixture.js'
import { admit } from './people.js'

/*
 * One secret that cannot be used never stops the others. Each kind of damage is tried with each operation that goes over
 * all secrets.
 */

const quiet = (): void => undefined
const BAD = 'vault/secrets/bad'
const EU = 'eu-west-1'

let box: TestVault
/** The commit before `bad` got its second version. */
let before: string

beforeEach(async () => {
  box = await makeVault('unusable')
  for (const Name of ['a', 'bad', 'z/deep'])
    await box.api.createSecret({ Name, SecretString: `value ${Name}`, ClientRequestToken: token(Name) })
  before = box.head()
  await box.api.putSecretValue({ SecretId: 'bad', SecretString: 'newer', ClientRequestToken: token('newer') })
})

const conflict = (text: string): string => `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n`

/** What is done to the secret `bad`, and the words that the report must have. */
const damages: [string, () => void, RegExp][] = [
  [
    'conflict markers',
    () => box.write(`${BAD}/stages.yaml`, conflict(box.read(`${BAD}/stages.yaml`))),
    /stages\.yaml: it contains merge conflict markers/
  ],
  ['damaged YAML', () => box.write(`${BAD}/secret.yaml`, 'kind: [\n'), /secret\.yaml/],
  ['no secret.yaml', () => box.git('rm', '-q', `${BAD}/secret.yaml`), /secret\.yaml: missing/],
  ['no stages.yaml', () => box.git('rm', '-q', `${BAD}/stages.yaml`), /stages\.yaml: missing/],
  [
    'a forged signature',
    () =>
      box.write(`${BAD}/stages.yaml`, box.read(`${BAD}/stages.yaml`).replace(/serial: "\d+"/, 'serial: "9"')),
    /stages\.yaml/
  ],
  [
    'an older state than seen',
    () => box.git('checkout', '-q', before, '--', BAD),
    /older state of bad than this clone has seen/
  ],
  [
    'a link in place of a document',
    () => {
      fs.rmSync(box.path(`${BAD}/stages.yaml`))
      fs.symlinkSync('../a/stages.yaml', box.path(`${BAD}/stages.yaml`))
    },
    /stages\.yaml/
  ],
  [
    'damaged memory',
    () => {
      const seen = box.path('.git/git-vault/seen')
      for (const file of fs.readdirSync(seen))
        if (fs.readFileSync(`${seen}/${file}`, 'utf8').includes(':secret:bad-'))
          fs.writeFileSync(`${seen}/${file}`, '{')
    },
    /git-vault\/seen\/\S+ .* is damaged: it has what this clone has seen of bad/
  ]
]

const names = async (api = box.api): Promise<(string | undefined)[]> =>
  ((await api.listSecrets()).SecretList ?? []).map(({ Name }) => Name)

describe.each(damages)('a secret with %s', (what, damage, why) => {
  it('is left out of a list, with one line that has the command', async () => {
    damage()
    box.notices.length = 0
    expect(await names()).toEqual(['a', 'z/deep'])
    const told = box.notices.filter(line => line.startsWith('skipped: '))
    expect(told).toEqual([expect.stringMatching(why)])
    const commands: { readonly [what: string]: RegExp } = {
      'damaged memory': /git-vault trust arn:\S+:secret:bad-/,
      // HEAD has the file
      'no secret.yaml': /git-vault doctor --fix/,
      'no stages.yaml': /git-vault doctor --fix/
    }
    expect(told[0]).toMatch(commands[what] ?? /git-vault resolve bad/)
    expect((await box.api.getSecretValue({ SecretId: 'z/deep' })).SecretString).toBe('value z/deep')
  })

  it('is in Errors of BatchGetSecretValue', async () => {
    damage()
    const { SecretValues, Errors } = await box.api.batchGetSecretValue({
      SecretIdList: ['a', 'bad', 'z/deep']
    })
    expect(SecretValues?.map(({ Name }) => Name)).toEqual(['a', 'z/deep'])
    expect(Errors).toEqual([
      // without secret.yaml and stages.yaml there would be no such secret; with one of them it is damaged
      {
        SecretId: 'bad',
        ErrorCode: expect.any(String) as string,
        Message: expect.stringMatching(why) as string
      }
    ])
  })

  it('is skipped by the exposure, gc, a removal and a new key', async () => {
    await admit(box, 'bob', { default: 'decrypt encrypt' })
    await box.api.deleteSecret({ SecretId: 'a', RecoveryWindowInDays: 7 })
    damage()
    if (box.status() !== '') {
      box.git('add', '-A')
      box.git('commit', '-qm', 'by hand')
    }
    const vault = await box.internal()
    expect((await exposure(vault, quiet)).skipped).toEqual([
      {
        path: expect.stringContaining(BAD) as string,
        why: expect.stringMatching(why) as string,
        mend: expect.any(String) as string
      }
    ])
    const removal = await removeMember(vault, 'bob', quiet)
    expect(removal.skipped.map(one => one.why)).toEqual([expect.stringMatching(why)])
    const moved = await addKey(vault, 'deep', ['z/**'], quiet)
    expect(moved.map(one => one.why)).toEqual([expect.stringMatching(why)])
    expect((await box.api.describeSecret({ SecretId: 'z/deep' })).KmsKeyId).toContain('deep')
    box.clock.advance(8 * DAY)
    const skipped: Skipped[] = []
    expect(await purge(await box.internal(), skipped)).toEqual([expect.stringContaining(':secret:a-')])
    expect(await names()).toEqual(['z/deep'])
  })
})

describe('the command that mends', () => {
  const told = async (folder: string): Promise<string | undefined> => {
    box.write(`vault/secrets/${folder}/stages.yaml`, '')
    box.git('add', '-A')
    box.notices.length = 0
    await names()
    return /; mend it with: (.*)$/.exec(box.notices[0] ?? '')?.[1]
  }

  it('names a secret whose name its folder does not show', async () => {
    await box.api.createSecret({ Name: 'Prod/DB', SecretString: 'x' })
    const folder = box
      .files('vault/secrets')
      .find(path => path.includes('~') && path.endsWith('stages.yaml'))!
    expect(await told(folder.slice('vault/secrets/'.length, -'/stages.yaml'.length))).toBe(
      'git-vault resolve Prod/DB'
    )
  })

  it.each(['--yes', '-y', 'con', 'Upper'])(
    'has no name of the folder %s, which is an option or belongs to no secret',
    async folder => {
      expect(await told(folder)).toBe('git-vault verify')
    }
  )
})

describe('more than ten', () => {
  it('are ten lines and a number', async () => {
    for (let number = 0; number < 12; number++)
      await box.api.createSecret({ Name: `more/${number}`, SecretString: 'x' })
    for (let number = 0; number < 12; number++) box.write(`vault/secrets/more/${number}/stages.yaml`, '')
    box.notices.length = 0
    expect(await names()).toEqual(['a', 'bad', 'z/deep'])
    expect(box.notices).toHaveLength(11)
    expect(box.notices.at(-1)).toBe('skipped: 2 more; list them with: git-vault verify')
  })
})

describe('gc', () => {
  it('removes the other expired secrets, and says which it left', async () => {
    for (const SecretId of ['a', 'bad']) await box.api.deleteSecret({ SecretId, RecoveryWindowInDays: 7 })
    const clone = await cloneOf(box)
    await trust(clone.root, box.made.root)
    clone.write(`${BAD}/stages.yaml`, 'kind: [\n')
    clone.git('commit', '-qam', 'by hand')
    clone.clock.advance(8 * DAY)
    const skipped: Skipped[] = []
    expect(await purge(await clone.internal(), skipped)).toEqual([expect.stringContaining(':secret:a-')])
    expect(skipped).toEqual([
      {
        path: `${BAD}/secret.yaml`,
        why: expect.stringContaining(`${BAD}/stages.yaml`) as string,
        mend: 'git-vault resolve bad'
      }
    ])
  })

  it('after a write, too: one refused secret does not keep the others', async () => {
    for (const SecretId of ['a', 'bad']) await box.api.deleteSecret({ SecretId, RecoveryWindowInDays: 7 })
    box.write(`${BAD}/stages.yaml`, 'kind: [\n')
    box.git('commit', '-qam', 'by hand')
    box.clock.advance(8 * DAY)
    box.notices.length = 0
    await box.api.createSecret({ Name: 'new', SecretString: 'x' })
    expect(fs.existsSync(box.path('vault/secrets/a'))).toBe(false)
    expect(box.notices).toEqual([
      expect.stringMatching(/^secrets past their recovery window could not be removed: vault\/secrets\/bad/)
    ])
    expect(box.read('.git/git-vault/deletions')).toContain(':secret:bad-')
    expect(box.read('.git/git-vault/deletions')).not.toContain(':secret:a-')
  })
})

describe('a key document that fails verification', () => {
  it('stops only the secrets under that key', async () => {
    const vault = await box.internal()
    await addKey(vault, 'deep', ['z/**'], quiet)
    box.write('vault/keys/default/1.yaml', 'kind: [\n')
    box.git('commit', '-qam', 'by hand')
    expect(await names()).toEqual(['a', 'bad', 'z/deep'])
    expect((await box.api.getSecretValue({ SecretId: 'z/deep' })).SecretString).toBe('value z/deep')
    await admit(box, 'bob', { deep: 'decrypt' })
    const { skipped } = await removeMember(vault, 'bob', quiet)
    expect(skipped.map(({ path }) => path)).toEqual(['vault/keys/default/1.yaml'])
  })

  it('leaves versions under the old key if their names get another one, and lists them', async () => {
    fs.rmSync(box.path(`vault/secrets/z/deep/versions/${token('z/deep')}.yaml`), { force: true })
    const versions = box.files('vault/secrets/bad/versions')
    box.write(
      versions.find(path => path.includes('newer'))!,
      'kind: [\n'
    )
    box.git('commit', '-qam', 'by hand')
    const skipped = await addKey(await box.internal(), 'other', ['bad', 'a'], quiet)
    expect(skipped.map(({ path }) => path)).toEqual([versions.find(path => path.includes('newer'))])
    expect((await box.api.getSecretValue({ SecretId: 'a' })).SecretString).toBe('value a')
    expect(
      (await box.api.getSecretValue({ SecretId: 'bad', VersionStage: 'AWSPREVIOUS' })).SecretString
    ).toBe('value bad')
  })
})

describe('regions', () => {
  const pointer = `vault/regions/${EU}/secrets/a/replica.yaml`

  it('a bad replica pointer stops neither its region nor the primary', async () => {
    const eu = await openVault({ ...box.options, region: EU })
    await eu.createSecret({ Name: 'own', SecretString: 'x' })
    await box.api.replicateSecretToRegions({ SecretId: 'a', AddReplicaRegions: [{ Region: EU }] })
    box.write(pointer, 'kind: [\n')
    box.notices.length = 0
    expect(await names(eu)).toEqual(['own'])
    expect(box.notices).toEqual([expect.stringContaining(pointer)])
    expect(box.notices[0]).toContain(`git-vault resolve a --region ${EU}`)
    expect(await names()).toEqual(['a', 'bad', 'z/deep'])
    expect((await box.api.describeSecret({ SecretId: 'a' })).ReplicationStatus).toEqual([
      { Region: EU, Status: 'Failed', StatusMessage: `Replication failed: ${pointer} failed verification.` }
    ])
  })

  it.each([
    ['of one region', `vault/regions/${EU}`],
    ['of all regions', 'vault/regions']
  ])('a link in place of the folder %s stops no other region', async (_, folder) => {
    const eu = await openVault({ ...box.options, region: EU })
    await eu.createSecret({ Name: 'own', SecretString: 'x' })
    fs.renameSync(box.path(folder), box.path('elsewhere'))
    fs.symlinkSync(box.path('elsewhere'), box.path(folder))
    expect(await names()).toEqual(['a', 'bad', 'z/deep'])
    const { skipped } = await exposure(await box.internal(), quiet)
    expect(skipped.map(({ path }) => path)).toEqual([expect.stringMatching(/^vault\/regions/)])
    const { SecretString } = await box.api.getSecretValue({ SecretId: 'a' })
    expect(SecretString).toBe('value a')
    await expect(box.api.getSecretValue({ SecretId: 'nowhere' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException'
    })
  })
})

describe('what this clone remembers', () => {
  it('of one secret may be damaged: verify names it, and trust NAME mends it', async () => {
    const seen = box.path('.git/git-vault/seen')
    for (const file of fs.readdirSync(seen))
      if (fs.readFileSync(`${seen}/${file}`, 'utf8').includes(':secret:bad-'))
        fs.writeFileSync(`${seen}/${file}`, '{')
    expect((await check(box)).found).toEqual([
      expect.stringMatching(/bad\/stages\.yaml: git-vault\/seen\S+ .* damaged/)
    ])
    const { acceptOlder } = await import('../../src/app/trust.js')
    await acceptOlder(box.root, 'bad')
    expect(await names()).toEqual(['a', 'bad', 'z/deep'])
    expect((await check(box)).found).toEqual([])
  })
})
