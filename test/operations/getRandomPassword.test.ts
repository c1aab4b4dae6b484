import { expect, it } from 'vitest'
import { openVault } from '../../src/index.js'
import { getRandomPassword } from '../../src/operations/getRandomPassword.js'
import { failure, keys, makeVault } from '../vault/fixture.js'

it('[MODEL] returns a password, by default 32 characters of all four kinds, different each time', async () => {
  const box = await makeVault()
  const commits = box.commits()
  const first = await box.api.getRandomPassword()
  expect(keys(first)).toEqual(['RandomPassword'])
  expect(first.RandomPassword).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^a-zA-Z\d])[!-~]{32}$/)
  const all = await Promise.all(
    Array.from({ length: 50 }, () => box.api.getRandomPassword({ PasswordLength: 12 }))
  )
  expect(new Set(all.map(({ RandomPassword }) => RandomPassword)).size).toBe(50)
  expect(box.commits()).toBe(commits)
  box.expectClean()
})

it('[MODEL] has 1 to 4096 characters', async () => {
  const { api } = await makeVault()
  const longest = await api.getRandomPassword({ PasswordLength: 4096 })
  expect(longest.RandomPassword).toHaveLength(4096)
  const shortest = await api.getRandomPassword({ PasswordLength: 1, RequireEachIncludedType: false })
  expect(shortest.RandomPassword).toHaveLength(1)
  for (const PasswordLength of [0, 4097])
    expect((await failure(api.getRandomPassword({ PasswordLength }))).code).toBe('ValidationException')
  const ExcludeCharacters = 'a'.repeat(4097)
  expect((await failure(api.getRandomPassword({ ExcludeCharacters }))).code).toBe('ValidationException')
})

it('[EMU] is refused if it is too short for all four kinds', async () => {
  const { api } = await makeVault()
  expect(await failure(api.getRandomPassword({ PasswordLength: 3 }))).toEqual({
    code: 'InvalidParameterException',
    message: 'Password length is too short based on the required types.'
  })
})

it('needs no identity, and reads nothing from the vault', async () => {
  const box = await makeVault()
  box.write('vault/access.yaml', 'damaged')
  process.env['GIT_VAULT_IDENTITY_FILE'] = '/nowhere'
  try {
    const api = await openVault(box.options)
    expect((await api.getRandomPassword()).RandomPassword).toHaveLength(32)
  } finally {
    delete process.env['GIT_VAULT_IDENTITY_FILE']
  }
})

it('draws again if the random bytes give no valid password', async () => {
  let draws = 0
  // the first bytes are all the same letter, which lacks three kinds
  const bytes = (length: number) =>
    draws++ === 0 ? new Uint8Array(length) : Uint8Array.from({ length }, (_, index) => index % 94)
  const { RandomPassword } = await getRandomPassword({ random: { bytes } }, { PasswordLength: 94 })
  expect(draws).toBe(2)
  expect(new Set(RandomPassword).size).toBe(94)
})
