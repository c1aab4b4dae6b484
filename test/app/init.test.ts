import * as fs from 'node:fs'
import { expect, it } from 'vitest'
import { VaultError } from '../../src/index.js'
import { cloneOf, initVault, makeVault } from '../vault/fixture.js'

async function refusal(promise: Promise<unknown>): Promise<VaultError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason
  )
  if (!(error instanceof VaultError)) throw new Error('it did not throw a VaultError', { cause: error })
  return error
}

const PIN = '.git/git-vault/pin'

it('init on a branch that lacks the vault of this clone is refused, and the pin stays', async () => {
  const box = await makeVault()
  const pin = box.read(PIN)
  box.git('switch', '-q', '--orphan', 'docs')
  box.write('readme', 'text')
  box.git('add', 'readme')
  box.git('commit', '-qm', 'docs')
  const before = box.state()
  const { code, message, hint } = await refusal(initVault(box.root))
  expect({ code, message }).toEqual({
    code: 'RepositoryState',
    message: 'this branch lacks the vault that this clone trusts'
  })
  expect(hint).toContain('git switch to a branch that has it')
  expect(hint).toContain(`${box.root}/${PIN}`)
  expect(box.state()).toBe(before)
  expect(box.read(PIN)).toBe(pin)
  expect(box.read('.git/git-vault/made')).toBe('')

  fs.rmSync(box.path(PIN))
  const again = await initVault(box.root)
  expect(again.made.root).not.toBe(box.made.root)
  expect(box.read(PIN)).not.toBe(pin)
})

it('init on such a branch of a clone without a pin works', async () => {
  const clone = await cloneOf(await makeVault())
  clone.git('switch', '-q', '--orphan', 'docs')
  const made = await initVault(clone.root)
  expect(made.made.root).not.toBe(clone.made.root)
})
