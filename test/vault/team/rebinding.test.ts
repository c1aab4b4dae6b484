import { beforeEach, describe, expect, it } from 'vitest'
import { open } from '../../../src/app/open.js'
import { call } from '../../../src/operations/call.js'
import { previewRebinding } from '../../../src/vault/team/rebinding.js'
import { addKey, bindNames, grant } from '../../../src/vault/team/team.js'
import { makeVault, token, type TestVault } from '../fixture.js'
import { admit, rights } from '../people.js'

const quiet = (): void => undefined
const EU = 'eu-west-1'

let box: TestVault
beforeEach(async () => {
  box = await makeVault('rebinding')
  for (const Name of ['dev/db', 'prod/db', 'prod/web/a'])
    await box.api.createSecret({ Name, SecretString: Name })
  await admit(box, 'bob', { default: 'decrypt encrypt' })
  await admit(box, 'carol', { default: 'encrypt' })
})

const preview = async (alias: string, ...names: string[]) =>
  previewRebinding(await box.internal(), alias, names)

describe('a new key', () => {
  it('takes names, also those of no secret yet, and every right on them from the members of the old key', async () => {
    const losses = [
      { member: 'bob', rights: ['decrypt', 'encrypt'] },
      { member: 'carol', rights: ['encrypt'] }
    ]
    const moved = { from: 'default', losses, gains: [] }
    expect(await preview('prod', 'prod/**')).toEqual([
      { ...moved, patterns: ['prod/**'], secrets: ['prod/db', 'prod/web/a'] }
    ])
    expect(await preview('new', 'new/**')).toEqual([{ ...moved, patterns: ['new/**'], secrets: [] }])
  })

  it('takes the same secrets as the preview says, in every region', async () => {
    const regional = (await box.internal()).inRegion(EU)
    await call(regional, 'CreateSecret', { Name: 'prod/eu', SecretString: 'x', ClientRequestToken: token(1) })
    const [move] = await preview('prod', 'prod/**', 'dev/db')
    await addKey(await box.internal(), 'prod', ['prod/**', 'dev/db'], quiet)
    const keyOf = async (vault: typeof regional, SecretId: string) =>
      (await call(vault, 'DescribeSecret', { SecretId })).KmsKeyId
    expect(move?.secrets).toEqual(['dev/db', 'prod/db', 'prod/eu', 'prod/web/a'])
    expect(await keyOf((await box.internal()).inRegion(EU), 'prod/eu')).toBe('alias/prod')
    for (const name of ['dev/db', 'prod/db', 'prod/web/a'])
      expect(await keyOf(await box.internal(), name)).toBe('alias/prod')
  })

  it('leaves out names that a more specific pattern keeps', async () => {
    await addKey(await box.internal(), 'web', ['prod/web/**'], quiet)
    const [move, ...others] = await preview('prod', 'prod/**')
    expect(move?.secrets).toEqual(['prod/db'])
    expect(others).toEqual([])
  })
})

describe('binding names to a key that exists', () => {
  it('names who gains them, and who keeps them', async () => {
    await addKey(await box.internal(), 'web', ['web/**'], quiet)
    await grant(await box.internal(), 'bob', rights({ web: 'decrypt encrypt' }))
    await admit(box, 'dan', { web: 'manage' })
    expect(await preview('web', 'prod/web/**')).toEqual([
      {
        from: 'default',
        patterns: ['prod/web/**'],
        secrets: ['prod/web/a'],
        losses: [{ member: 'carol', rights: ['encrypt'] }],
        gains: [{ member: 'dan', rights: ['manage'] }]
      }
    ])
    await bindNames(await box.internal(), 'web', ['prod/web/**'], quiet)
    expect(await preview('web', 'prod/web/**')).toEqual([])
  })

  it('has one entry for each key that loses names', async () => {
    await addKey(await box.internal(), 'web', ['prod/web/**'], quiet)
    await addKey(await box.internal(), 'all', ['all'], quiet)
    const moves = await preview('all', 'prod/web/**', 'dev/db')
    expect(moves.map(({ from, patterns, secrets }) => ({ from, patterns, secrets }))).toEqual([
      { from: 'web', patterns: ['prod/web/**'], secrets: ['prod/web/a'] },
      { from: 'default', patterns: ['dev/db'], secrets: ['dev/db'] }
    ])
  })
})

it('is refused to a member who is no admin', async () => {
  const dan = await admit(box, 'dan', { default: 'decrypt' })
  const preview = previewRebinding(await dan.open(box), 'x', ['prod/**'])
  await expect(preview).rejects.toMatchObject({ code: 'AccessDeniedException' })
})

it('a KmsKeyId that moves a name says who loses it', async () => {
  await addKey(await box.internal(), 'prod', ['none'], quiet)
  const notices: string[] = []
  const vault = await open({ ...box.options, notice: line => void notices.push(line) })
  await call(vault, 'UpdateSecret', {
    SecretId: 'prod/db',
    KmsKeyId: 'alias/prod',
    ClientRequestToken: token(1)
  })
  expect(notices).toEqual([
    'prod/db moves from key default to key prod: bob loses decrypt, encrypt',
    'prod/db moves from key default to key prod: carol loses encrypt'
  ])
})
