import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { leadsInto } from '../../../src/system/files/functionFiles.js'
import { homeFolder } from '../../../src/system/files/homeFolder.js'
import { keyFilePath } from '../../../src/system/files/keyFile.js'
import { ownStore } from '../../../src/system/files/passStore.js'
import { scratch } from '../../vault/fixture.js'

const top = scratch('leads')
const root = join(top, 'repository')
mkdirSync(join(root, 'folder'), { recursive: true })
mkdirSync(join(top, 'own'))
writeFileSync(join(root, 'tracked'), '')
writeFileSync(join(top, 'own/file'), '')
const link = (from: string, to: string): void => symlinkSync(to, join(top, from))
link('repository/out', join(top, 'own/file'))
link('repository/folder/out', '../../own')
link('in', 'repository/tracked')
link('later', join(root, 'later'))
link('chain', 'repository/out')
link('alias', 'repository')
link('circle', 'circle')
link('own/plain', 'file')

describe('a path leads into a folder', () => {
  it.each([
    'repository',
    'repository/tracked',
    'repository/later/and/more',
    'repository/out',
    'repository/folder/out/file',
    'in',
    'later',
    'chain',
    'alias/later',
    'circle',
    'own/../repository/tracked',
    'repository/folder/../../own/file'
  ])('%s', path => {
    expect(leadsInto(`${top}/${path}`, root, '/')).toBe(true)
    expect(leadsInto(path, root, top)).toBe(true)
  })
})

describe('a path does not lead into a folder', () => {
  it.each(['own/file', 'own/plain', 'own/none', 'none/at/all', 'repository2', 'repository/../own/file'])(
    '%s',
    path => {
      expect(leadsInto(`${top}/${path}`, root, '/')).toBe(false)
      expect(leadsInto(path, root, top)).toBe(false)
    }
  )

  it('although it begins there', () => {
    expect(leadsInto('../own/file', root, root)).toBe(false)
    expect(leadsInto('../../own/file', root, join(root, 'folder'))).toBe(false)
    expect(leadsInto('later', root, root)).toBe(true)
  })
})

it('an empty or relative HOME is not the home folder', () => {
  const { HOME } = process.env
  expect(homeFolder()).toBe(HOME)
  for (const home of ['', '.', 'folder']) {
    process.env['HOME'] = home
    expect(homeFolder()).toMatch(/^\//)
    expect(ownStore('pass', {})).toMatch(/^\/.*\.password-store$/)
    expect(keyFilePath({ HOME: home })).toMatch(/^\//)
  }
  process.env['HOME'] = HOME
})
