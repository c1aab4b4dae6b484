import { beforeEach, describe, expect, it } from 'vitest'
import * as fs from 'node:fs'
import { inspectRoot, trust } from '../../src/app/trust.js'
import { startServing } from '../../src/app/serve.js'
import { openVault } from '../../src/index.js'
import { cloneOf, failure, makeVault, token, type TestVault } from './fixture.js'
import { admit, check, checkRange, commitAll } from './verify/verifyKit.js'

let box: TestVault
let anchor: string

beforeEach(async () => {
  box = await makeVault()
  await box.api.createSecret({ Name: 'prod/db', SecretString: '1', ClientRequestToken: token(1) })
  await box.api.putSecretValue({ SecretId: 'prod/db', SecretString: '2' })
  anchor = box.head()
})

/** A clone that remembers nothing but the root, as CI's does. */
async function fresh(...args: string[]): Promise<TestVault> {
  const clone = await cloneOf(box, ...args)
  await trust(clone.root, box.made.root)
  return clone
}

const get = async (clone: TestVault, atLeast = anchor): Promise<unknown> =>
  (await openVault({ ...clone.options, atLeast })).getSecretValue({ SecretId: 'prod/db' })

describe('a clone with a baseline', () => {
  it('reads the commit itself and what extends it', async () => {
    expect(await get(await fresh())).toMatchObject({ SecretString: '2' })
    await box.api.putSecretValue({ SecretId: 'prod/db', SecretString: '3' })
    await admit(box, 'bob', new Map([['default', ['decrypt']]]))
    expect(await get(await fresh())).toMatchObject({ SecretString: '3' })
  })

  it.each(['', 'main', 'HEAD', 'abcdef1', `${'0'.repeat(39)}G`])('refuses "%s" as one', async name => {
    expect(await failure(get(box, name))).toEqual({
      code: 'Usage',
      message: `atLeast needs the full id of a commit, not "${name}"`
    })
  })

  it('names the variable, and takes an empty one for an unset one', async () => {
    try {
      process.env['GIT_VAULT_AT_LEAST'] = 'main'
      expect(await failure(openVault(box.options))).toEqual({
        code: 'Usage',
        message: 'GIT_VAULT_AT_LEAST needs the full id of a commit, not "main"'
      })
      process.env['GIT_VAULT_AT_LEAST'] = ''
      expect(await (await openVault(box.options)).getSecretValue({ SecretId: 'prod/db' })).toMatchObject({
        SecretString: '2'
      })
    } finally {
      delete process.env['GIT_VAULT_AT_LEAST']
    }
  })

  it('refuses a branch without the commit, whatever is read', async () => {
    box.git('reset', '-q', '--hard', 'HEAD~1')
    const clone = await fresh()
    const refusal = { code: 'RepositoryState', message: expect.stringContaining(anchor) as string }
    expect(await failure(get(clone))).toMatchObject(refusal)
    // a commit that nobody has
    expect(await failure(get(clone, '0'.repeat(40)))).toMatchObject({ code: 'RepositoryState' })
    process.env['GIT_VAULT_AT_LEAST'] = anchor
    try {
      expect(await failure(check(clone))).toMatchObject(refusal)
      expect(await failure(checkRange(clone, 'HEAD~1..HEAD'))).toMatchObject(refusal)
      expect(await failure(inspectRoot(clone.root))).toMatchObject(refusal)
      expect(await failure(trust(clone.root, box.made.root))).toMatchObject(refusal)
      const api = await openVault(clone.options)
      expect(await failure(api.putSecretValue({ SecretId: 'prod/db', SecretString: 'x' }))).toMatchObject(
        refusal
      )
      expect(await failure(api.listSecrets())).toMatchObject(refusal)
      const serving = startServing({
        directory: clone.root,
        host: '127.0.0.1',
        port: 0,
        hosts: [],
        maxConnections: 10,
        printsSecrets: false,
        notice: () => undefined,
        log: () => undefined,
        ready: async () => undefined
      } as never)
      expect(await failure(serving)).toMatchObject(refusal)
    } finally {
      delete process.env['GIT_VAULT_AT_LEAST']
    }
  })

  it('refuses a shallow clone, with what to do', async () => {
    await box.api.putSecretValue({ SecretId: 'prod/db', SecretString: '3' })
    const clone = await fresh('--no-local', '--depth=1')
    await expect(get(clone)).rejects.toMatchObject({
      code: 'RepositoryState',
      hint: 'this clone is shallow: git fetch --unshallow'
    })
    clone.git('fetch', '-q', '--unshallow')
    expect(await get(clone)).toMatchObject({ SecretString: '3' })
  })

  it('refuses an old state on top of the commit, also on a detached HEAD', async () => {
    box.git('revert', '--no-edit', 'HEAD')
    const clone = await fresh()
    const refusal = { code: 'DocumentRefused', message: expect.stringContaining('an older state') as string }
    expect(await failure(get(clone))).toMatchObject(refusal)
    clone.git('checkout', '-q', '--detach')
    expect(await failure(get(clone))).toMatchObject(refusal)
    // without a baseline, nothing tells
    expect(await (await openVault(clone.options)).getSecretValue({ SecretId: 'prod/db' })).toMatchObject({
      SecretString: '1'
    })
  })

  it('refuses a vault that was moved, and a log that was cut', async () => {
    await admit(box, 'bob')
    anchor = box.head()
    const old = box.git('show', 'HEAD~1:vault/access.yaml')
    box.write('vault/access.yaml', old)
    commitAll(box, 'cut')
    expect(await failure(get(await fresh()))).toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringContaining('does not extend') as string
    })
    box.git('reset', '-q', '--hard', 'HEAD~1')
    fs.cpSync(box.path('vault'), box.path('copy'), { recursive: true })
    box.write('.vaultrc', box.read('.vaultrc').replace(/vault: \S+/, 'vault: copy'))
    commitAll(box, 'move')
    expect(await failure(get(await fresh()))).toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringContaining('the vault is in "copy", but was in "vault"') as string
    })
  })
})
