import { expect, it } from 'vitest'
import { VaultError } from '../../../src/core/errors.js'
import type { Entry, WorkTree } from '../../../src/core/ports.js'
import { nameLevel } from '../../../src/vault/documents/nameLevel.js'

const folder = (name: string): Entry => ({ name, kind: 'folder' })
const file = (name: string): Entry => ({ name, kind: 'file' })

/** 200 folders with 200 secrets each. A folder in the first cannot be listed. */
const listed: string[] = []
const tree = {
  async list(path: string): Promise<Entry[]> {
    listed.push(path)
    const depth = path.split('/').length
    if (path === 's/f100/x1007') throw new VaultError('FileFailed', 'EACCES')
    if (depth === 1) return Array.from({ length: 200 }, (_, at) => folder(`f${100 + at}`))
    if (depth === 2)
      return [
        file('secret.yaml'),
        folder('versions'),
        ...Array.from({ length: 200 }, (_, at) => folder(`x${1000 + at}`))
      ]
    return [file('stages.yaml'), folder('versions')]
  }
} as WorkTree

async function level(typed: string): Promise<string[]> {
  listed.length = 0
  const names: string[] = []
  for await (const name of nameLevel(tree, { secrets: 's' }, typed)) names.push(name)
  return names
}

it('lists one level, and the folders of the names that match', async () => {
  expect(await level('f10')).toHaveLength(20)
  expect(listed).toHaveLength(11)
  expect(await level('f101/x105')).toHaveLength(10)
  expect(listed).toHaveLength(11)
  expect(await level('f101/')).toHaveLength(200)
  expect(listed).toHaveLength(201)
})

it('names a secret that is a folder as well twice, and `versions` never', async () => {
  expect(await level('f299')).toEqual(['f299', 'f299/'])
  expect(await level('f299/v')).toEqual([])
})

it('leaves out what cannot be listed', async () => {
  expect(await level('f100/x100')).toHaveLength(9)
})
