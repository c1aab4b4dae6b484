import * as fs from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { listPassStore, ownStore } from '../../../src/system/files/passStore.js'
import { scratch } from '../../vault/fixture.js'

let store: string
beforeEach(() => {
  store = fs.realpathSync(scratch('store'))
  for (const folder of ['web/deep', '.git', '.extensions'])
    fs.mkdirSync(join(store, folder), { recursive: true })
  for (const file of ['b.gpg', 'web/a.gpg', 'web/deep/c.d.gpg', '.gpg-id', '.git/x.gpg', 'README.md'])
    fs.writeFileSync(join(store, file), '')
})

const names = () => listPassStore(store).map(({ name }) => name)

describe('the files of a pass store', () => {
  it('are those that gpg encrypted, named by their paths', () => {
    expect(names()).toEqual(['b', 'web/a', 'web/deep/c.d'])
    expect(listPassStore(store)[0]?.path).toBe(join(store, 'b.gpg'))
  })

  it('include a link to a file of the store, also if the store itself is one', () => {
    fs.symlinkSync('../b.gpg', join(store, 'web/same.gpg'))
    const link = join(scratch('link'), 'store')
    fs.symlinkSync(store, link)
    expect(listPassStore(link).map(({ name }) => name)).toContain('web/same')
  })

  it('refuse a link that leads out of the store, to a folder or nowhere', () => {
    const outside = join(scratch('outside'), 'private.gpg')
    fs.writeFileSync(outside, '')
    for (const target of [outside, '.', 'missing']) {
      const link = join(store, 'web/link.gpg')
      fs.symlinkSync(target, link)
      expect(names).toThrow(`cannot import ${link}: it is a link to a folder or out of the store`)
      fs.unlinkSync(link)
    }
  })

  it('refuse what age encrypted, and a folder that does not exist', () => {
    fs.writeFileSync(join(store, 'web/x.age'), '')
    expect(names).toThrow('x.age: age encrypted it, and import decrypts with gpg')
    expect(() => listPassStore(join(store, 'none'))).toThrow(`cannot read ${join(store, 'none')}: ENOENT`)
  })
})

it('finds the user’s own store as pass and gopass do', () => {
  expect(ownStore('pass', {})).toBe(join(homedir(), '.password-store'))
  expect(ownStore('gopass', { PASSWORD_STORE_DIR: '/a' })).toBe('/a')
  expect(ownStore('gopass', {})).toBe(join(homedir(), '.local/share/gopass/stores/root'))
  expect(ownStore('gopass', { XDG_DATA_HOME: '/d' })).toBe('/d/gopass/stores/root')
})
