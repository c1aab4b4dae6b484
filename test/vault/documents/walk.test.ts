import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { secretFolder } from '../../../src/core/format/path.js'
import type { Entry, WorkTree } from '../../../src/core/ports.js'
import { hash, sodiumReady } from '../../../src/core/sodium.js'
import { Place } from '../../../src/vault/documents/place.js'
import { secretPlaces } from '../../../src/vault/documents/walk.js'

beforeAll(() => sodiumReady)

const PLACE = new Place('vault')

/** The folders of a work tree that has these secrets, and each folder that was listed. */
function treeOf(names: readonly string[]): { tree: WorkTree; listed: string[] } {
  const folders = new Map<string, Map<string, Entry>>([[PLACE.secrets, new Map()]])
  for (const name of names) {
    let folder = PLACE.secrets
    for (const part of secretFolder(name, hash).split('/')) {
      folders.get(folder)!.set(part, { name: part, kind: 'folder' })
      folder += `/${part}`
      if (!folders.has(folder)) folders.set(folder, new Map())
    }
    folders.get(folder)!.set('secret.yaml', { name: 'secret.yaml', kind: 'file' })
  }
  const listed: string[] = []
  const list = async (path: string): Promise<Entry[]> => {
    listed.push(path)
    return [...folders.get(path)!.values()]
  }
  return { tree: { list } as WorkTree, listed }
}

async function walked(tree: WorkTree, prefix?: string): Promise<Set<string>> {
  const found = new Set<string>()
  for await (const place of secretPlaces(tree, PLACE, prefix)) if ('secret' in place) found.add(place.secret)
  return found
}

const part = fc.constantFrom('a', 'ab', 'Ab', 'prod', 'Prod', '', '-', '!x', 'versions', 'x'.repeat(99))
const name = fc
  .array(part, { minLength: 1, maxLength: 6 })
  .map(parts => parts.join('/'))
  .filter(text => text !== '')

describe('the walk below a prefix', () => {
  it('finds every secret whose name starts with it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(name, { minLength: 1, maxLength: 12 }),
        fc.nat(520),
        async (names, length) => {
          const prefix = names[0]!.slice(0, length)
          const { tree } = treeOf(names)
          const found = await walked(tree, prefix)
          for (const one of names)
            if (one.startsWith(prefix)) expect(found).toContain(PLACE.secret(one).secret)
          for (const one of found) expect(await walked(tree)).toContain(one)
        }
      ),
      { numRuns: 300 }
    )
  })

  it('lists no folder that cannot have one', async () => {
    const names = ['prod/web', 'prod/api/key', 'Test/web', 'test/web', 'other', 'prod']
    const { tree, listed } = treeOf(names)
    expect(await walked(tree, 'prod/w')).toEqual(new Set([PLACE.secret('prod/web').secret]))
    expect(listed).toEqual(['vault/secrets', 'vault/secrets/prod', 'vault/secrets/prod/web'])
    expect((await walked(tree, 'prod/')).size).toBe(2)
    expect((await walked(tree, 'prod')).size).toBe(3)
    expect((await walked(tree, 'nothing')).size).toBe(0)
  })
})
