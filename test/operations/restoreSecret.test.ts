import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DAY, failure, keys, makeVault, type TestVault } from '../vault/fixture.js'

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
})

let made = 0
let Name: string
let ARN: string
beforeEach(async () => {
  Name = `r/${++made}`
  ARN = (await box.api.createSecret({ Name, SecretString: 'kept' })).ARN!
})
const restore = (SecretId = Name) => box.api.restoreSecret({ SecretId })

describe('RestoreSecret', () => {
  it('[REC] returns ARN and Name, and the secret is unchanged', async () => {
    const before = await box.api.describeSecret({ SecretId: Name })
    await box.api.deleteSecret({ SecretId: Name })
    const response = await restore()
    expect(response).toEqual({ ARN, Name })
    expect(keys(response)).toEqual(['ARN', 'Name'])
    const after = await box.api.describeSecret({ SecretId: Name })
    expect(keys(after)).not.toContain('DeletedDate')
    expect(after).toEqual({ ...before, LastChangedDate: expect.any(Date) })
    expect(after.LastChangedDate!.getTime()).toBeGreaterThan(before.LastChangedDate!.getTime())
    expect((await box.api.getSecretValue({ SecretId: Name })).SecretString).toBe('kept')
    await box.api.putSecretValue({ SecretId: Name, SecretString: 'more' })
    box.expectClean()
  })

  it('the secret is listed again, and can be deleted again', async () => {
    await box.api.deleteSecret({ SecretId: Name })
    await restore(ARN)
    const { SecretList } = await box.api.listSecrets()
    expect(SecretList!.map(secret => secret.Name)).toContain(Name)
    const { DeletionDate } = await box.api.deleteSecret({ SecretId: Name, RecoveryWindowInDays: 7 })
    expect((await box.api.describeSecret({ SecretId: Name })).DeletedDate).toEqual(DeletionDate)
  })

  it('succeeds and changes nothing if the secret is not scheduled for deletion', async () => {
    const before = box.state()
    expect(await restore()).toEqual({ ARN, Name })
    expect(box.state()).toBe(before)
  })

  it('works until the last millisecond of the window', async () => {
    await box.api.deleteSecret({ SecretId: Name, RecoveryWindowInDays: 7 })
    box.clock.advance(7 * DAY - 1)
    expect(await restore()).toEqual({ ARN, Name })
    await box.api.deleteSecret({ SecretId: Name, RecoveryWindowInDays: 7 })
    box.clock.advance(7 * DAY)
    expect(await failure(restore())).toEqual({
      code: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret."
    })
  })

  it('[REC] refuses an unknown secret', async () => {
    expect((await failure(restore('no/such'))).code).toBe('ResourceNotFoundException')
  })
})
