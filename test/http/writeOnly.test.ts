import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { expect, it } from 'vitest'
import { makeVault, token } from '../vault/fixture.js'
import { admit } from '../vault/people.js'
import { refusal, startTestServer } from './kit.js'

it('a member who may only add versions can put and retry, and read nothing', async () => {
  const vault = await makeVault('write-only')
  vault.clock.now = () => Date.now()
  await vault.api.createSecret({ Name: 'prod/db', SecretString: 'one' })
  const ci = await admit(vault, 'ci', { default: 'encrypt' })
  process.env['GIT_VAULT_IDENTITY'] = ci.secret
  const server = await startTestServer({}, vault).finally(() => delete process.env['GIT_VAULT_IDENTITY'])
  const client = server.client()
  for (let number = 0; number < 10; number++) {
    const put = {
      SecretId: 'prod/db',
      SecretString: `value ${number}`,
      ClientRequestToken: token(number)
    }
    const { VersionId, VersionStages } = await client.send(new PutSecretValueCommand(put))
    expect({ VersionId, VersionStages }).toEqual({ VersionId: token(number), VersionStages: ['AWSCURRENT'] })
    const commits = vault.commits()
    expect(await client.send(new PutSecretValueCommand(put))).toMatchObject({ VersionId: token(number) })
    const other = new PutSecretValueCommand({ ...put, SecretString: 'another' })
    expect(await refusal(client.send(other))).toMatchObject({ name: 'ResourceExistsException' })
    expect(vault.commits()).toBe(commits)
    for (const version of [{}, { VersionId: token(number) }, { VersionStage: 'AWSPREVIOUS' }])
      expect(
        await refusal(client.send(new GetSecretValueCommand({ SecretId: 'prod/db', ...version })))
      ).toMatchObject({ name: 'DecryptionFailure' })
    expect(await vault.api.getSecretValue({ SecretId: 'prod/db' })).toMatchObject({
      SecretString: `value ${number}`
    })
  }
  expect(server.logged.join('')).not.toContain('value')
  vault.expectClean()
})
