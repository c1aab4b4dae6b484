import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeVault, token, type TestVault } from '../../vault/fixture.js'
import { account, accountOf, DATABASES, MODES, prepare, type Tested } from './kit.js'

// each rotation starts several processes
vi.setConfig({ testTimeout: 180_000 })

/*
 * The built-in functions, with real servers: they say which passwords work.
 */

describe.each(Object.entries(DATABASES))('%s', (_, start) => {
  let box: TestVault
  let tested: Tested
  let masterarn: string
  beforeAll(async () => {
    tested = await start()
    box = await makeVault()
    masterarn = await prepare(box, tested)
  })
  afterAll(() => tested.stop())

  it.each(MODES)('rotates twice: %s', async mode => {
    const SecretId = `${mode}/account`
    const extra = { note: 'kept', ...(mode === 'single' ? {} : { masterarn }) }
    const first = await account(box, tested, SecretId, extra)
    for (const round of [1, 2]) {
      const old = await accountOf(box, SecretId)
      const asked = {
        SecretId,
        RotationLambdaARN: mode,
        ClientRequestToken: token(`${round} of ${SecretId}`)
      }
      await box.api.rotateSecret(asked)
      const present = await accountOf(box, SecretId)
      expect(present.password).not.toBe(old.password)
      expect(present.password).toMatch(/^[!-~]{32}$/)
      expect(await tested.accepts(present)).toBe(true)
      const isAlternating = mode === 'alternating'
      expect(await tested.accepts(old)).toBe(isAlternating)
      const username = isAlternating && round === 1 ? `${first.username}_clone` : first.username
      expect(present).toEqual({ ...old, username, password: present.password })
      expect(await tested.may(present)).toBe(true)
    }
    expect(await tested.accepts(first)).toBe(false)
  })
})
