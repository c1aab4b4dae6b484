import { describe, expect, it } from 'vitest'
import { failure, makeVault, token } from '../vault/fixture.js'

/** Six characters as written, each. */
const control = (count: number): string => '\x01'.repeat(count)

describe('a label of control characters', () => {
  it('is refused if no clone could read it back', async () => {
    const vault = await makeVault()
    await vault.api.createSecret({ Name: 'db', SecretString: 'one', ClientRequestToken: token('one') })
    const head = vault.head()
    const put = vault.api.putSecretValue({
      SecretId: 'db',
      SecretString: 'two',
      ClientRequestToken: token('two'),
      VersionStages: ['AWSCURRENT', control(256)]
    })
    expect(await failure(put)).toMatchObject({
      code: 'ValidationException',
      message: expect.stringMatching(/has 1538 characters in YAML, over the limit of 1024$/) as string
    })
    expect(vault.head()).toBe(head)
    expect(await vault.api.getSecretValue({ SecretId: 'db' })).toMatchObject({ SecretString: 'one' })
  })

  it('is read back if it is just short enough, from LF and from CRLF', async () => {
    const vault = await makeVault()
    const label = `${control(170)}aa`
    await vault.api.createSecret({ Name: 'db', SecretString: 'one', ClientRequestToken: token('one') })
    await vault.api.updateSecretVersionStage({
      SecretId: 'db',
      VersionStage: label,
      MoveToVersionId: token('one')
    })
    const read = () => vault.api.getSecretValue({ SecretId: 'db', VersionStage: label })
    expect(await read()).toMatchObject({ SecretString: 'one' })
    for (const path of vault.git('ls-files', 'vault').trim().split('\n'))
      vault.write(path, vault.read(path).replaceAll('\n', '\r\n'))
    expect(await read()).toMatchObject({ SecretString: 'one' })
  })
})
