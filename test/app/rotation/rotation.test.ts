import { beforeAll, describe, expect, it } from 'vitest'
import { failure, makeVault, token, type TestVault } from '../../vault/fixture.js'
import { account, arnOf, functions, hasBoto3, passwordOf, register, startStore, type Store } from './kit.js'

let box: TestVault
let store: Store
beforeAll(async () => {
  box = await makeVault()
  store = await startStore()
  await register(box, 'node', { node: `${functions}template.mjs` })
  if (hasBoto3) await register(box, 'python', { python: `${functions}template.py` })
})

describe('the shape of AWS’s rotation template', () => {
  it.each(['node', ...(hasBoto3 ? ['python'] : [])])('rotates twice: %s', async name => {
    const SecretId = `rotated/${name}`
    await account(box, store, SecretId)
    const first = await passwordOf(box, SecretId)
    const asked = { SecretId, RotationLambdaARN: arnOf(name), RotationRules: { AutomaticallyAfterDays: 30 } }
    const one = await box.api.rotateSecret({ ...asked, ClientRequestToken: token(`one ${name}`) })
    expect(one).toMatchObject({ Name: SecretId, VersionId: token(`one ${name}`) })
    const second = await passwordOf(box, SecretId)
    expect(second).not.toBe(first)
    expect(store.passwords.get(SecretId)).toBe(second)
    expect(await passwordOf(box, SecretId, 'AWSPREVIOUS')).toBe(first)

    await box.api.rotateSecret({ SecretId, ClientRequestToken: token(`two ${name}`) })
    expect(store.passwords.get(SecretId)).toBe(await passwordOf(box, SecretId))
    expect(await passwordOf(box, SecretId, 'AWSPREVIOUS')).toBe(second)
    const described = await box.api.describeSecret({ SecretId })
    expect(described).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: arnOf(name),
      RotationRules: { AutomaticallyAfterDays: 30 },
      LastRotatedDate: expect.any(Date),
      VersionIdsToStages: {
        [token(`two ${name}`)]: ['AWSCURRENT', 'AWSPENDING'],
        [token(`one ${name}`)]: ['AWSPREVIOUS']
      }
    })
    const [last, next] = [described.LastRotatedDate!, described.NextRotationDate!]
    // the last second of the 30th day after it
    expect(next.getTime()).toBe((Math.floor(last.getTime() / 86_400_000) + 31) * 86_400_000 - 1000)
    const before = box.commits()
    await box.api.rotateSecret({ SecretId, ClientRequestToken: token(`two ${name}`) })
    expect(box.commits()).toBe(before)
    expect(await failure(box.api.rotateSecret({ SecretId, RotationLambdaARN: 'none' }))).toMatchObject({
      code: 'AccessDeniedException'
    })
  })
})
