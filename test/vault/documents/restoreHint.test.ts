import * as fs from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { inspectRoot } from '../../../src/app/trust.js'
import { openVault, VaultError } from '../../../src/index.js'
import { makeVault, type TestVault } from '../fixture.js'

let box: TestVault
beforeEach(async () => {
  box = await makeVault()
  await box.api.createSecret({ Name: 'x', SecretString: 'value' })
})

const remove = (path: string): void => fs.rmSync(box.path(path), { recursive: true })

async function errorOf(promise: Promise<unknown>): Promise<VaultError> {
  const [outcome] = await Promise.allSettled([promise])
  if (outcome.status === 'rejected' && outcome.reason instanceof VaultError) return outcome.reason
  throw new Error('it did not throw a VaultError', { cause: outcome })
}

describe('a vault that only the work tree lacks', () => {
  const cases: [string, () => void, RegExp, string][] = [
    ['.vaultrc', () => remove('.vaultrc'), /lacks \.vaultrc, which HEAD has/, '.vaultrc'],
    ['the folder', () => remove('vault'), /lacks vault\/access\.yaml, which HEAD has/, 'vault'],
    [
      'both',
      () => {
        remove('.vaultrc')
        remove('vault')
      },
      /lacks \.vaultrc, which HEAD has/,
      '.vaultrc vault'
    ],
    [
      'both, and the index, too',
      () => box.git('rm', '-rq', '.vaultrc', 'vault'),
      /lacks \.vaultrc, which HEAD has/,
      '.vaultrc vault'
    ]
  ]
  it.each(cases)('%s: the hint is the command that brings it back', async (_, damage, message, paths) => {
    damage()
    for (const run of [
      async () => (await openVault(box.options)).getSecretValue({ SecretId: 'x' }),
      async () => (await box.internal()).read(),
      async () => inspectRoot(box.root)
    ]) {
      const error = await errorOf(run())
      expect(error.code).toBe('VaultNotFound')
      expect(error.message).toMatch(message)
      expect(error.hint).toBe(`git restore --staged --worktree ${paths}`)
    }
    box.git(...`restore --staged --worktree ${paths}`.split(' '))
    expect(box.status()).toBe('')
    expect(await (await openVault(box.options)).getSecretValue({ SecretId: 'x' })).toMatchObject({
      SecretString: 'value'
    })
  })

  it('also for the output format of .vaultrc', async () => {
    remove('.vaultrc')
    const error = await errorOf((await box.internal()).displayDefaults())
    expect(error.hint).toBe('git restore --staged --worktree .vaultrc')
  })
})

it('a branch without a vault is told to make one', async () => {
  box.git('switch', '-q', '--orphan', 'docs')
  const unborn = await errorOf((await openVault(box.options)).listSecrets({}))
  expect(unborn.hint).toBe('create one: git-vault init')
  box.git('commit', '-q', '--allow-empty', '-m', 'docs')
  const error = await errorOf((await openVault(box.options)).listSecrets({}))
  expect(error.hint).toBe('create one: git-vault init')
  expect(error.message).toBe('this repository has no vault: there is no .vaultrc at its root')
})
