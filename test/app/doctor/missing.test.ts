import * as fs from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { VaultError } from '../../../src/index.js'
import { verify } from '../../../src/vault/verify/verify.js'
import { makeVault, type TestVault } from '../../vault/fixture.js'
import { run } from '../../vault/resolving/resolveKit.js'
import { findings, fix } from './kit.js'

const NAME = 'prod/db'
const FOLDER = `vault/secrets/${NAME}`

let box: TestVault
beforeEach(async () => {
  box = await makeVault()
  box.clock.time = Date.now()
  await box.api.createSecret({ Name: NAME, SecretString: 'one' })
})

const hintOf = async (failing: Promise<unknown>): Promise<string | undefined> => {
  const error: unknown = await failing.then(
    () => undefined,
    (reason: unknown) => reason
  )
  return error instanceof VaultError ? error.hint : 'no error'
}

/** What each command says that mends the vault. */
async function hints(): Promise<(string | undefined)[]> {
  const broken = (await findings(box)).filter(({ state }) => state === 'problem')
  const vault = await box.internal()
  await vault.secrets()
  const verified = await verify(vault, { reportFinding: async () => undefined })
  return [
    await hintOf(box.api.getSecretValue({ SecretId: NAME })),
    ...broken.map(({ hint }) => hint),
    verified.mend
  ]
}

describe.each(['stages.yaml', 'secret.yaml'])('a deleted %s', file => {
  const path = `${FOLDER}/${file}`

  it.each([
    ['in the work tree', () => fs.rmSync(box.path(path))],
    ['and staged', () => box.git('rm', '-q', path)]
  ])('%s is brought back by doctor, which every command names', async (_, remove) => {
    remove()
    const said = await hints()
    // a put needs only stages.yaml in the work tree
    if (file === 'stages.yaml')
      said.push(await hintOf(box.api.putSecretValue({ SecretId: NAME, SecretString: 'two' })))
    said.push(await hintOf(run(box)))
    expect(said.length).toBeGreaterThan(3)
    expect([...new Set(said)]).toEqual(['git-vault doctor --fix'])
    await fix(box)
    expect((await box.api.getSecretValue({ SecretId: NAME })).SecretString).toBe('one')
    box.expectClean()
  })

  it('and committed is brought back by resolve, which every command names', async () => {
    box.git('rm', '-q', path)
    box.git('commit', '-qm', 'gone')
    const said = [
      ...(await hints()),
      await hintOf(box.api.putSecretValue({ SecretId: NAME, SecretString: 'two' }))
    ].map(hint => hint?.replace(/ prod\/db$/, ''))
    expect(said.length).toBeGreaterThan(3)
    expect([...new Set(said)]).toEqual(['git-vault resolve'])
    await run(box)
    expect((await box.api.getSecretValue({ SecretId: NAME })).SecretString).toBe('one')
    expect((await findings(box)).filter(({ state }) => state === 'problem')).toEqual([])
  })
})

it('a key document that the work tree lacks is brought back by doctor, which a read names', async () => {
  fs.rmSync(box.path('vault/keys/default/1.yaml'))
  expect(await hintOf(box.api.getSecretValue({ SecretId: NAME }))).toBe('git-vault doctor --fix')
  await fix(box)
  expect((await box.api.getSecretValue({ SecretId: NAME })).SecretString).toBe('one')
})

it('on a detached HEAD, doctor says so once', async () => {
  box.git('checkout', '-q', '--detach')
  box.notices.length = 0
  await findings(box)
  expect(box.notices.filter(line => line.startsWith('HEAD is detached'))).toHaveLength(1)
})
