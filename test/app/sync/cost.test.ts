import { expect, it } from 'vitest'
import { sync } from '../../../src/app/sync/sync.js'
import { open } from '../../../src/app/open.js'
import type { History, Repository } from '../../../src/core/ports.js'
import { cloneHub, dialogue, hubAndVault, put, syncOf } from './kit.js'

/** How many files a sync reads that joins one secret in a vault with `secrets` others. */
async function filesRead(secrets: number): Promise<number> {
  const { hub, ana } = await hubAndVault()
  for (let at = 0; at < secrets; at++) await ana.api.createSecret({ Name: `other/${at}`, SecretString: 'x' })
  await syncOf(ana)
  const bob = await cloneHub(hub, ana)
  await put(ana, 'db', 'by ana')
  await syncOf(ana)
  await put(bob, 'db', 'by bob')
  const vault = await open(bob.options)
  let reads = 0
  const counted: Repository & History = Object.create(vault.repository, {
    treeOf: {
      value: (commit: string) => {
        const tree = vault.repository.treeOf(commit)
        return { read: (path: string, limit: number) => (reads++, tree.read(path, limit)) }
      }
    },
    files: {
      value: async function* (revision: string, folder: string) {
        for await (const file of vault.repository.files(revision, folder)) {
          reads++
          yield file
        }
      }
    }
  })
  // methods with private fields run on the original
  const repository = new Proxy(counted, {
    get: (target, name) => {
      if (Object.hasOwn(target, name)) return target[name as 'treeOf']
      const member: unknown = vault.repository[name as 'treeOf']
      return typeof member === 'function' ? member.bind(vault.repository) : member
    }
  })
  expect(await sync(vault.over(repository), { directory: bob.root, dialogue })).toMatchObject({
    received: 1,
    isPushed: true,
    joined: [{ name: 'db' }]
  })
  await vault.close()
  return reads
}

it('costs in proportion to the change, not to the vault', async () => {
  const few = await filesRead(2)
  expect(few).toBeGreaterThan(5)
  expect(await filesRead(30)).toBe(few)
})
