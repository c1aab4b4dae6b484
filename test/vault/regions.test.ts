import { readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openVault, type SecretsVault, type VaultError } from '../../src/index.js'
import { open } from '../../src/app/open.js'
import { namesElsewhere } from '../../src/vault/elsewhere.js'
import { inspectRoot, trust } from '../../src/app/trust.js'
import { cloneOf, failure, listStrictly, makeVault, token, type TestVault } from './fixture.js'

const [EU, US] = ['eu-west-1', 'us-east-1'] as const
const NOT_FOUND = {
  code: 'ResourceNotFoundException',
  message: "Secrets Manager can't find the specified secret."
}

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
})

const at = (region: string, vault = box): Promise<SecretsVault> => openVault({ ...vault.options, region })

describe('a region is a namespace of its own', () => {
  it('stores its secrets below regions/, with its own ARNs', async () => {
    const eu = await at(EU)
    await box.api.createSecret({ Name: 'r/same', SecretString: 'home' })
    const { ARN } = await eu.createSecret({ Name: 'r/same', SecretString: 'abroad' })
    expect(ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:000000000000:secret:r\/same-[A-Za-z0-9]{6}$/)
    expect(box.files('vault/regions')).toContain('vault/regions/eu-west-1/secrets/r/same/secret.yaml')

    expect((await box.api.getSecretValue({ SecretId: 'r/same' })).SecretString).toBe('home')
    expect((await eu.getSecretValue({ SecretId: 'r/same' })).SecretString).toBe('abroad')
    await eu.putSecretValue({ SecretId: ARN!, SecretString: 'again' })
    expect((await eu.getSecretValue({ SecretId: ARN! })).SecretString).toBe('again')
    expect((await box.api.getSecretValue({ SecretId: 'r/same' })).SecretString).toBe('home')
    box.expectClean()
  })

  it('does not find a secret by an ARN of another region', async () => {
    const { ARN } = await box.api.describeSecret({ SecretId: 'r/same' })
    expect(await failure((await at(EU)).getSecretValue({ SecretId: ARN! }))).toEqual(NOT_FOUND)
  })

  it('lists only its own secrets', async () => {
    const names = async (api: SecretsVault) => (await api.listSecrets()).SecretList?.map(({ ARN }) => ARN)
    const [home, abroad] = [await names(box.api), await names(await at(EU))]
    expect(home?.every(arn => arn?.includes(':local:'))).toBe(true)
    expect(abroad?.every(arn => arn?.includes(`:${EU}:`))).toBe(true)
    expect(await names(await at('ap-south-1'))).toEqual([])
  })

  it("is the vault's home if it has the home region's name", async () => {
    expect((await (await at('local')).getSecretValue({ SecretId: 'r/same' })).SecretString).toBe('home')
  })

  it.each(['..', 'a/b', 'EU', '', 'x'.repeat(129)])('is never called %j', async region => {
    expect((await failure(at(region))).code).toBe('ValidationException')
  })

  it('remembers seen states separately from the same name in another region', async () => {
    const file = box.path('vault/regions/eu-west-1/secrets/r/same/stages.yaml')
    const before = readFileSync(file)
    const eu = await at(EU)
    await eu.putSecretValue({ SecretId: 'r/same', SecretString: 'newer' })
    const after = readFileSync(file)
    writeFileSync(file, before)
    expect((await failure((await at(EU)).getSecretValue({ SecretId: 'r/same' }))).code).toBe(
      'DocumentRefused'
    )
    writeFileSync(file, after)
    expect((await (await at(EU)).getSecretValue({ SecretId: 'r/same' })).SecretString).toBe('newer')
  })

  it('refuses documents that were copied from another region', async () => {
    const [home, abroad] = ['vault/secrets/r/carried', `vault/regions/${EU}/secrets/r/carried`]
    await box.api.createSecret({ Name: 'r/carried', SecretString: 'x' })
    for (const file of ['secret.yaml', 'stages.yaml'])
      box.write(`${abroad}/${file}`, box.read(`${home}/${file}`))
    box.git('add', '-A')
    expect(await failure((await at(EU)).getSecretValue({ SecretId: 'r/carried' }))).toEqual({
      code: 'DocumentRefused',
      message: `${abroad}/secret.yaml: its ARN does not match its name, region and account`
    })
    box.git('reset', '-q', '--hard')
  })
})

describe('a secret that is in another region', () => {
  const hinted = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.unreachable(),
      (error: VaultError) => ({ code: error.code, message: error.message, hint: error.hint })
    )
  const inRegion = (region: string) => ({
    ...NOT_FOUND,
    hint: `it is in another region: pass --region ${region}`
  })
  const none = { ...NOT_FOUND, hint: undefined }

  it('is named in the hint of what reads and what writes, by name and by ARN', async () => {
    const [eu, us] = [await at(EU), await at(US)]
    const { ARN = '' } = await eu.createSecret({ Name: 'h/eu', SecretString: 'x' })
    const home = await box.api.createSecret({ Name: 'h/home', SecretString: 'x' })
    for (const SecretId of ['h/eu', ARN, ARN.slice(0, -7)])
      for (const promise of [
        box.api.getSecretValue({ SecretId }),
        box.api.putSecretValue({ SecretId, SecretString: 'x' }),
        box.api.updateSecret({ SecretId, Description: 'x' }),
        box.api.deleteSecret({ SecretId }),
        box.api.tagResource({ SecretId, Tags: [{ Key: 'a', Value: 'b' }] }),
        us.restoreSecret({ SecretId })
      ].map(hinted))
        expect(await promise).toEqual(inRegion(EU))
    expect(await hinted(eu.getSecretValue({ SecretId: 'h/home' }))).toEqual(inRegion('local'))
    expect(await hinted(eu.deleteSecret({ SecretId: home.ARN! }))).toEqual(inRegion('local'))
    for (const SecretId of [
      'h/none',
      `${ARN.slice(0, -6)}XXXXXX`,
      ARN.replace(EU, US),
      ARN.replace('000000000000', '000000000001')
    ])
      expect(await hinted(box.api.getSecretValue({ SecretId }))).toEqual(none)
    expect(await hinted(eu.getSecretValue({ SecretId: `${ARN.slice(0, -6)}XXXXXX` }))).toEqual(none)
  })

  it('is found where a list lacks it, unless it is scheduled for deletion or refused', async () => {
    const vault = await makeVault()
    const abroad = await at(EU, vault)
    const elsewhere = async (prefix: string, region?: string) =>
      namesElsewhere(
        await open({ ...vault.options, ...(region === undefined ? {} : { region }) }),
        region === undefined,
        name => name.startsWith(prefix)
      )
    expect(await elsewhere('')).toEqual([])
    expect(await elsewhere('', EU)).toEqual([])
    await vault.api.createSecret({ Name: 'a/home', SecretString: 'x', AddReplicaRegions: [{ Region: US }] })
    for (const Name of ['a/1', 'a/2', 'b/1']) await abroad.createSecret({ Name, SecretString: 'x' })
    await abroad.deleteSecret({ SecretId: 'a/2' })
    expect(await elsewhere('a/')).toEqual([
      { region: EU, names: ['a/1'] },
      { region: US, names: ['a/home'] }
    ])
    expect(await elsewhere('b/')).toEqual([{ region: EU, names: ['b/1'] }])
    expect(await elsewhere('a/', EU)).toEqual([
      { region: 'local', names: ['a/home'] },
      { region: US, names: ['a/home'] }
    ])
    const stages = `vault/regions/${EU}/secrets/b/1/stages.yaml`
    vault.write(stages, vault.read(stages).replace('AWSCURRENT', 'AWSOTHER'))
    expect(await elsewhere('b/')).toEqual([])
    expect(await elsewhere('a/')).toEqual([
      { region: EU, names: ['a/1'] },
      { region: US, names: ['a/home'] }
    ])
    vault.git('reset', '-q', '--hard')
  })

  it('is not searched for in any number of folders that somebody pushed', async () => {
    const vault = await makeVault()
    for (let number = 0; number < 300; number++) vault.write(`vault/regions/r${number}/secrets/x`, '')
    expect(await (await (await vault.internal()).read()).otherRegions()).toHaveLength(100)
  })
})

describe('a replica', () => {
  let name: string
  let arn: string
  let count = 0
  beforeEach(async () => {
    name = `replica/${++count}`
    arn = (
      await box.api.createSecret({ Name: name, SecretString: 'one', Tags: [{ Key: 'team', Value: 'x' }] })
    ).ARN!
  })
  const replicate = () =>
    box.api.replicateSecretToRegions({ SecretId: name, AddReplicaRegions: [{ Region: EU }] })
  const there = (id = arn) => id.replace(':local:', `:${EU}:`)

  it('[DOC] answers under the ARN of its region, with the same suffix and the same versions', async () => {
    expect(await replicate()).toEqual({
      ARN: arn,
      ReplicationStatus: [{ Region: EU, Status: 'InSync' }]
    })
    const eu = await at(EU)
    for (const SecretId of [name, there(), there().slice(0, -7)]) {
      expect(await eu.getSecretValue({ SecretId })).toMatchObject({ ARN: there(), SecretString: 'one' })
    }
    await box.api.putSecretValue({ SecretId: name, SecretString: 'two', ClientRequestToken: token(name) })
    expect(await eu.getSecretValue({ SecretId: name })).toMatchObject({
      VersionId: token(name),
      SecretString: 'two'
    })
    expect(await eu.describeSecret({ SecretId: name })).toMatchObject({
      ARN: there(),
      PrimaryRegion: 'local',
      Tags: [{ Key: 'team', Value: 'x' }]
    })
    expect(await box.api.describeSecret({ SecretId: name })).toMatchObject({
      PrimaryRegion: 'local',
      ReplicationStatus: [{ Region: EU, Status: 'InSync' }]
    })
    expect((await eu.listSecrets()).SecretList?.map(({ ARN }) => ARN)).toContain(there())
    box.expectClean()
  })

  it('is one small file and no second ciphertext', async () => {
    await replicate()
    expect(box.files(`vault/regions/${EU}/secrets/${name}`)).toEqual([
      `vault/regions/${EU}/secrets/${name}/replica.yaml`
    ])
  })

  it('[USR] cannot be written to', async () => {
    await replicate()
    const eu = await at(EU)
    const refused = {
      code: 'InvalidParameterException',
      message: "Operation not permitted on a replica secret. Call must be made in primary secret's region."
    }
    const before = box.state()
    expect(await failure(eu.putSecretValue({ SecretId: name, SecretString: 'x' }))).toEqual(refused)
    expect(
      await failure(eu.replicateSecretToRegions({ SecretId: name, AddReplicaRegions: [{ Region: US }] }))
    ).toEqual(refused)
    expect(
      await failure(eu.removeRegionsFromReplication({ SecretId: name, RemoveReplicaRegions: [EU] }))
    ).toEqual(refused)
    expect((await failure(eu.createSecret({ Name: name, SecretString: 'x' }))).code).toBe(
      'ResourceExistsException'
    )
    expect(box.state()).toBe(before)
  })

  it('[DOC] does not exist once its region is removed, and only the primary can restore it', async () => {
    await replicate()
    const path = `vault/regions/${EU}/secrets/${name}/replica.yaml`
    const signpost = box.read(path)
    expect(
      await box.api.removeRegionsFromReplication({ SecretId: name, RemoveReplicaRegions: [EU] })
    ).toEqual({ ARN: arn })
    expect(box.files()).not.toContain(path)
    expect(await failure((await at(EU)).getSecretValue({ SecretId: name }))).toEqual(NOT_FOUND)

    box.write(path, signpost)
    expect(await failure((await at(EU)).getSecretValue({ SecretId: name }))).toEqual(NOT_FOUND)
    box.git('reset', '-q', '--hard')
    await replicate()
    expect((await (await at(EU)).getSecretValue({ SecretId: name })).SecretString).toBe('one')
  })

  it('is refused if its signpost is at the path of another name', async () => {
    await replicate()
    const signpost = box.read(`vault/regions/${EU}/secrets/${name}/replica.yaml`)
    const path = `vault/regions/${EU}/secrets/other/replica.yaml`
    box.write(path, signpost)
    box.git('add', '-A')
    const refused = { code: 'DocumentRefused', message: `${path}: it belongs to the secret ${name}` }
    expect(await failure((await at(EU)).getSecretValue({ SecretId: 'other' }))).toEqual(refused)
    expect(await failure(listStrictly(await at(EU), box.notices))).toEqual(refused)
    box.git('reset', '-q', '--hard')
  })

  it('has the status failed if the region has a secret of that name, which force replaces', async () => {
    const eu = await at(EU)
    await eu.createSecret({ Name: name, SecretString: 'own' })
    expect((await replicate()).ReplicationStatus).toEqual([
      {
        Region: EU,
        Status: 'Failed',
        StatusMessage: `Replication failed: Secret name ${name} already exists in region ${EU}.`
      }
    ])
    expect((await eu.getSecretValue({ SecretId: name })).SecretString).toBe('own')
    const forced = await box.api.replicateSecretToRegions({
      SecretId: name,
      AddReplicaRegions: [{ Region: EU }],
      ForceOverwriteReplicaSecret: true
    })
    expect(forced.ReplicationStatus).toEqual([{ Region: EU, Status: 'InSync' }])
    expect((await (await at(EU)).getSecretValue({ SecretId: name })).SecretString).toBe('one')
    box.expectClean()
  })

  it('is created with the secret if CreateSecret names regions', async () => {
    const made = await box.api.createSecret({
      Name: `${name}/new`,
      SecretString: 'x',
      AddReplicaRegions: [{ Region: EU }, { Region: US, KmsKeyId: 'alias/default' }]
    })
    expect(made.ReplicationStatus).toEqual([
      { Region: EU, Status: 'InSync' },
      { Region: US, KmsKeyId: 'alias/default', Status: 'InSync' }
    ])
    expect((await (await at(US)).getSecretValue({ SecretId: `${name}/new` })).SecretString).toBe('x')
  })

  it('is not created in the region of its primary, or under a key other than the name’s', async () => {
    const attempt = (AddReplicaRegions: { Region: string; KmsKeyId?: string }[]) =>
      failure(at(EU).then(api => api.createSecret({ Name: `${name}/no`, AddReplicaRegions })))
    expect(await attempt([{ Region: EU }])).toEqual({
      code: 'InvalidParameterException',
      message: 'Invalid replica region.'
    })
    expect((await attempt([{ Region: US, KmsKeyId: 'alias/other' }])).code).toBe('InvalidParameterException')
  })

  it('[DOC] can become an independent secret with re-encrypted versions', async () => {
    await box.api.putSecretValue({ SecretId: name, SecretString: 'two' })
    await replicate()
    const eu = await at(EU)
    const before = await eu.listSecretVersionIds({ SecretId: name })
    expect(await eu.stopReplicationToReplica({ SecretId: name })).toEqual({ ARN: there() })
    const stages = (versions: typeof before) =>
      versions.Versions?.map(({ VersionId, VersionStages }) => ({ VersionId, VersionStages }))
    expect(stages(await eu.listSecretVersionIds({ SecretId: name }))).toEqual(stages(before))
    for (const [VersionStage, value] of [
      ['AWSCURRENT', 'two'],
      ['AWSPREVIOUS', 'one']
    ] as const) {
      expect((await eu.getSecretValue({ SecretId: name, VersionStage })).SecretString).toBe(value)
    }
    await eu.putSecretValue({ SecretId: there(), SecretString: 'own' })
    expect((await eu.getSecretValue({ SecretId: name })).SecretString).toBe('own')
    expect((await box.api.getSecretValue({ SecretId: name })).SecretString).toBe('two')
    expect(await box.api.describeSecret({ SecretId: name })).not.toHaveProperty('ReplicationStatus')
    expect((await eu.describeSecret({ SecretId: name })).Tags).toEqual([{ Key: 'team', Value: 'x' }])
    const again = await failure(eu.stopReplicationToReplica({ SecretId: name }))
    expect(again.code).toBe('InvalidParameterException')
    box.expectClean()
  })

  it('is cloned with the vault, and each write is one commit', async () => {
    const commits = box.commits()
    await replicate()
    await (await at(EU)).stopReplicationToReplica({ SecretId: name })
    expect(box.commits()).toBe(commits + 2)
    expect(box.git('log', '-1', '--format=%B').trim()).toBe(
      `StopReplicationToReplica ${name}\n\nSecret-Arn: ${there()}\nPrimary-Arn: ${arn}\nMember: alice`
    )
    const clone = await cloneOf(box)
    await trust(clone.root, (await inspectRoot(clone.root)).root)
    expect((await (await at(EU, clone)).getSecretValue({ SecretId: name })).SecretString).toBe('one')
  })
})
