import * as fs from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { WorkTree } from '../../src/core/ports.js'
import { batchGetSecretValue } from '../../src/operations/batchGetSecretValue.js'
import { createSecret } from '../../src/operations/createSecret.js'
import { getSecretValue } from '../../src/operations/getSecretValue.js'
import { listSecrets } from '../../src/operations/listSecrets.js'
import type { Vault } from '../../src/vault/vault.js'
import { DAY, makeVault, token, type TestVault } from './fixture.js'
import { otherSignature } from './otherSignature.js'
import { admit } from './people.js'

/** A few more than a list needs to be kept. */
const COUNT = 510
const name = (at: number): string => `app/s${String(at).padStart(4, '0')}`
const path = (at: number, file = 'secret'): string => `vault/secrets/${name(at)}/${file}.yaml`

let box: TestVault

beforeAll(async () => {
  box = await makeVault()
  const vault = await box.internal()
  await vault.write('CreateSecret', async draft => {
    const shared = { write: async (_: string, decide: (one: typeof draft) => unknown) => decide(draft) }
    for (let at = 0; at < COUNT; at++)
      await createSecret(shared as unknown as Vault, {
        Name: name(at),
        ClientRequestToken: token(at),
        SecretString: `value ${at}`
      })
  })
  await vault.close()
})

/** A vault of a process that answers many requests, and what it reads of secrets. */
async function server() {
  const vault = await box.internal()
  const { workTree } = vault.repository
  const counts = { documents: 0, folders: 0 }
  const counting: WorkTree = {
    ...workTree,
    read: async (file, limit) => {
      if (file.includes('/secrets/')) counts.documents += 1
      return workTree.read(file, limit)
    },
    list: async folder => {
      counts.folders += 1
      return workTree.list(folder)
    }
  }
  const { repository } = vault
  const digester = async () => repository.digester!()
  const over = vault.over(Object.assign(Object.create(repository), { workTree: counting, digester }))
  return {
    vault: over,
    counts,
    cost: async <T>(work: () => Promise<T>) => {
      Object.assign(counts, { documents: 0, folders: 0 })
      const result = await work()
      return { result, ...counts }
    }
  }
}

/** Later than a change of git's index could go unnoticed. */
const settled = () => new Promise(resolve => setTimeout(resolve, 30))

const names = async (vault: Vault, request = {}) =>
  (await listSecrets(vault, { MaxResults: 100, ...request })).SecretList!.map(secret => secret.Name)

/** A server that keeps a list. */
async function warm() {
  await settled()
  const made = await server()
  await names(made.vault)
  expect((await made.cost(() => names(made.vault, { MaxResults: 1 }))).folders).toBe(0)
  return made
}

/** The first page as a new process shows it. */
const unaided = async () => names(await box.internal())

describe('a page of a large list', () => {
  it('costs a page once the vault was read', async () => {
    const { vault, cost } = await warm()
    const one = await cost(() => listSecrets(vault, { MaxResults: 1 }))
    expect(one.result.SecretList).toMatchObject([{ Name: name(0) }])
    expect(one).toMatchObject({ documents: 2, folders: 0 })
    const filtered = await cost(() =>
      names(vault, { Filters: [{ Key: 'name', Values: ['app/s004'] }], MaxResults: 3 })
    )
    expect(filtered).toEqual({ result: [name(40), name(41), name(42)], documents: 6, folders: 0 })
  })

  it('of several clients at once reads the vault once, and then what each page shows', async () => {
    const { vault, cost } = await server()
    const walk = async (request: object) => {
      const found: string[] = []
      let NextToken: string | undefined
      do {
        const page = await listSecrets(vault, {
          MaxResults: 50,
          ...request,
          ...(NextToken ? { NextToken } : {})
        })
        found.push(...page.SecretList!.map(secret => secret.Name!))
        ;({ NextToken } = page)
      } while (NextToken !== undefined)
      return found
    }
    const both = await cost(() => Promise.all([walk({}), walk({ SortOrder: 'desc' })]))
    expect(both.result[0]).toHaveLength(COUNT)
    expect(both.result[1]).toEqual(both.result[0].toReversed())
    // two documents of each secret; those of a later page are compared with what was listed
    expect(both.documents).toBe(2 * COUNT + 2 * 2 * (COUNT - 50))
  })

  it('is cut from a new list if git has changed a file since the page before', async () => {
    const before = box.head()
    await box.api.createSecret({ Name: 'app/s999', SecretString: 'x' })
    const { vault } = await warm()
    const { NextToken } = await listSecrets(vault, { MaxResults: COUNT - 1 })
    expect(NextToken).toBeDefined()
    box.git('reset', '-q', '--hard', before)
    const rest = await listSecrets(vault, { MaxResults: COUNT, NextToken: NextToken! })
    expect(rest.SecretList!.map(secret => secret.Name)).not.toContain('app/s999')
  })

  it('is refused if the access log was damaged since the page before', async () => {
    const { vault } = await warm()
    const { NextToken } = await listSecrets(vault, { MaxResults: 1 })
    const path = box.path('vault/access.yaml')
    const log = fs.readFileSync(path)
    fs.writeFileSync(path, log.subarray(0, -20))
    await expect(listSecrets(vault, { MaxResults: 1, NextToken: NextToken! })).rejects.toThrow('access.yaml')
    fs.writeFileSync(path, log)
  })

  it('of values reads the vault once, and then the values', async () => {
    const { vault, cost } = await warm()
    const values = async () => {
      let [found, NextToken]: [number, string | undefined] = [0, undefined]
      do {
        const page = await batchGetSecretValue(vault, {
          Filters: [{ Key: 'name', Values: ['app/s00'] }],
          ...(NextToken ? { NextToken } : {})
        })
        found += page.SecretValues!.length
        NextToken = page.NextToken
      } while (NextToken !== undefined)
      return found
    }
    const all = await cost(values)
    expect(all.result).toBe(100)
    expect(all.folders).toBe(0)
    // the documents of a page are compared with what was listed, and are read again with the value
    expect(all.documents).toBeLessThanOrEqual(100 * 6)
  })

  it('lets a read that arrives meanwhile finish after a few secrets', async () => {
    const { vault, cost, counts } = await server()
    fs.rmSync(box.path('.git/git-vault/verified'), { recursive: true, force: true })
    const { result, documents } = await cost(async () => {
      const listing = names(vault)
      await new Promise(resolve => setImmediate(resolve))
      const before = counts.documents
      await getSecretValue(vault, { SecretId: name(7) })
      const meanwhile = counts.documents - before
      await listing
      return meanwhile
    })
    expect(documents).toBeGreaterThan(2 * COUNT)
    // each pause of the list comes after five secrets
    expect(result).toBeLessThan(100)
  })
})

describe('a list that is kept', () => {
  it('shows every change that a write makes, at once', async () => {
    const changes: (() => Promise<unknown>)[] = [
      () => box.api.updateSecret({ SecretId: name(0), Description: 'new' }),
      () => box.api.createSecret({ Name: 'a', SecretString: 'x', ClientRequestToken: token('a') }),
      () => box.api.deleteSecret({ SecretId: name(1) }),
      () => box.api.restoreSecret({ SecretId: name(1) }),
      () => box.api.deleteSecret({ SecretId: name(2), ForceDeleteWithoutRecovery: true })
    ]
    const whole = async (vault: Vault) => (await listSecrets(vault, { MaxResults: 100 })).SecretList
    const { vault } = await warm()
    for (const change of changes) {
      box.clock.advance(1_000)
      await change()
      const found = await whole(vault)
      expect(found).toEqual(await whole(await box.internal()))
    }
  })

  it('shows what git checks out, and refuses older states at once', async () => {
    const { vault } = await warm()
    const before = box.head()
    await box.api.updateSecret({ SecretId: name(3), Description: 'newer' })
    await box.api.describeSecret({ SecretId: name(3) })
    box.git('reset', '-q', '--hard', before)
    expect(await names(vault)).not.toContain(name(3))
    box.git('reset', '-q', '--hard', 'ORIG_HEAD')
    expect(await names(vault)).toContain(name(3))
    box.git('checkout', '-q', '-b', 'other', before)
    const found = await names(vault)
    expect(found).toEqual(await unaided())
    box.git('checkout', '-q', 'main')
  })

  it('shows no secret of which a byte was changed by hand, with the size and time it had', async () => {
    const { vault } = await warm()
    for (const file of ['secret', 'stages']) {
      const at = box.path(path(5, file))
      const { atime, mtime } = fs.statSync(at)
      const bytes = fs.readFileSync(at)
      fs.writeFileSync(at, otherSignature(bytes))
      fs.utimesSync(at, atime, mtime)
      expect(await names(vault)).not.toContain(name(5))
      expect(vault.skipped).toHaveLength(1)
      fs.writeFileSync(at, bytes)
      expect(await names(vault)).toContain(name(5))
    }
  })

  it('shows what was changed by hand elsewhere than on the page within 10 seconds', async () => {
    const { vault } = await warm()
    const last = { SortOrder: 'desc', MaxResults: 1 }
    fs.rmSync(box.path(`vault/secrets/${name(6)}`), { recursive: true })
    expect(await names(vault, last)).toEqual(['a'])
    box.clock.advance(10_001)
    expect(await names(vault)).not.toContain(name(6))
    box.git('checkout', '-q', '--', '.')
  })

  it('drops a secret when its recovery window ends', async () => {
    await box.api.deleteSecret({ SecretId: name(8), RecoveryWindowInDays: 7 })
    // within the time that a list is kept
    box.clock.advance(7 * DAY - 5_000)
    const { vault, cost } = await warm()
    const planned = { IncludePlannedDeletion: true }
    expect(await names(vault, planned)).toContain(name(8))
    box.clock.advance(6_000)
    const { result, folders } = await cost(() => names(vault, planned))
    expect(folders).toBe(0)
    expect(result).not.toContain(name(8))
  })

  it('is not of another access log', async () => {
    const { vault, cost } = await warm()
    await admit(box, 'bob', {})
    expect((await cost(() => names(vault))).folders).toBeGreaterThan(0)
  })
})
