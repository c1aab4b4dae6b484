import { expect } from 'vitest'
import { expectRefused, fact, type Fact } from '../fact.js'

const allow = (Principal: unknown) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal, Action: 'secretsmanager:GetSecretValue', Resource: '*' }]
  })

/** BEHAVIOUR: GetRandomPassword, policies and replicas. */
export const policies: Fact[] = [
  fact('MODEL', 'GetRandomPassword: 32 characters, all four kinds, no space', async ({ ask }) => {
    const { RandomPassword } = await ask.GetRandomPassword()
    const password = RandomPassword as string
    expect(password).toHaveLength(32)
    for (const kind of [/[a-z]/, /[A-Z]/, /[0-9]/, /[!-/:-@[-`{-~]/]) expect(password).toMatch(kind)
    expect(password).not.toMatch(/[^!-~]/)
  }),
  fact('MODEL', 'GetRandomPassword leaves out what is not wanted', async ({ ask }) => {
    const { RandomPassword } = await ask.GetRandomPassword({
      PasswordLength: 200,
      ExcludePunctuation: true,
      ExcludeUppercase: true,
      ExcludeCharacters: 'abc123'
    })
    expect(RandomPassword).toMatch(/^[d-z04-9]{200}$/)
  }),
  fact('EMU', 'GetRandomPassword: too short for all the kinds', ({ ask }) =>
    expectRefused(
      ask.GetRandomPassword({ PasswordLength: 3, RequireEachIncludedType: true }),
      'InvalidParameterException',
      'Password length is too short based on the required types.'
    )
  ),
  fact('USR', 'GetRandomPassword: a space is never required', async ({ ask }) => {
    const { RandomPassword } = await ask.GetRandomPassword({ PasswordLength: 4, IncludeSpace: true })
    expect(RandomPassword).toHaveLength(4)
  }),
  fact('USR', 'GetRandomPassword: nothing left of a required kind', ({ ask }) =>
    expectRefused(
      ask.GetRandomPassword({ ExcludeCharacters: '0123456789' }),
      'InvalidParameterException',
      'All characters of the desired type have been excluded.'
    )
  ),

  fact(
    'REC',
    'PutResourcePolicy answers ARN and Name; a Principal of * is accepted',
    async ({ ask, name }) => {
      const { ARN } = await ask.CreateSecret({ Name: name })
      const ResourcePolicy = allow('*')
      expect(await ask.PutResourcePolicy({ SecretId: name, ResourcePolicy })).toEqual({ ARN, Name: name })
      const { ResourcePolicy: back, ...rest } = await ask.GetResourcePolicy({ SecretId: name })
      expect(JSON.parse(back as string)).toEqual(JSON.parse(ResourcePolicy))
      expect(rest).toEqual({ ARN, Name: name })
      await ask.DeleteResourcePolicy({ SecretId: name })
      expect(await ask.GetResourcePolicy({ SecretId: name })).toEqual({ ARN, Name: name })
    }
  ),
  fact('REC', 'unless BlockPublicPolicy', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name })
    await expectRefused(
      ask.PutResourcePolicy({ SecretId: name, ResourcePolicy: allow('*'), BlockPublicPolicy: true }),
      'PublicPolicyException',
      expect.any(String)
    )
  }),
  fact('EMU', 'GetResourcePolicy leaves ResourcePolicy out where there is none', async ({ ask, name }) => {
    const { ARN } = await ask.CreateSecret({ Name: name })
    expect(await ask.GetResourcePolicy({ SecretId: name })).toEqual({ ARN, Name: name })
  }),
  fact('USR', 'a policy with bad syntax', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name })
    await expectRefused(
      ask.PutResourcePolicy({ SecretId: name, ResourcePolicy: '{"Statement": "no"}' }),
      'MalformedPolicyDocumentException',
      'This policy has invalid syntax.'
    )
  }),
  fact('MODEL', 'ValidateResourcePolicy says whether a policy would do', async ({ ask }) => {
    const good = { ResourcePolicy: allow({ AWS: 'arn:aws:iam::000000000000:root' }) }
    expect(await ask.ValidateResourcePolicy(good)).toMatchObject({ PolicyValidationPassed: true })
    const bad = await ask.ValidateResourcePolicy({ ResourcePolicy: allow('*') })
    expect(bad['PolicyValidationPassed']).toBe(false)
    expect(bad['ValidationErrors']).not.toEqual([])
  }),

  fact('MODEL', 'ReplicateSecretToRegions and RemoveRegionsFromReplication', async ({ ask, name }) => {
    const { ARN } = await ask.CreateSecret({ Name: name, SecretString: 'x' })
    const AddReplicaRegions = [{ Region: 'eu-west-3' }]
    expect(await ask.ReplicateSecretToRegions({ SecretId: name, AddReplicaRegions })).toEqual({
      ARN,
      ReplicationStatus: [{ Region: 'eu-west-3', Status: 'InSync' }]
    })
    expect(await ask.DescribeSecret({ SecretId: name })).toMatchObject({
      ReplicationStatus: [{ Region: 'eu-west-3', Status: 'InSync' }]
    })
    const answer = await ask.RemoveRegionsFromReplication({
      SecretId: name,
      RemoveReplicaRegions: ['eu-west-3']
    })
    expect(answer['ARN']).toBe(ARN)
    expect(await ask.DescribeSecret({ SecretId: name })).not.toHaveProperty('ReplicationStatus')
  }),
  fact('DOC', 'StopReplicationToReplica is for replicas', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, SecretString: 'x' })
    await expectRefused(
      ask.StopReplicationToReplica({ SecretId: name }),
      'InvalidParameterException',
      expect.stringContaining('replica')
    )
  })
]
