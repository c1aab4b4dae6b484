import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { removeFolder } from '../removeFolder.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
let top: string

beforeAll(() => {
  if (!fs.existsSync(join(root, 'dist/cli.cjs')))
    execFileSync(process.execPath, ['esbuild.config.js'], { cwd: root })
  top = fs.mkdtempSync(join(tmpdir(), 'git-vault-key-file-'))
})

afterAll(() => removeFolder(top))

/** Runs `identity new` with a change to Node's file system that the code sets up. */
function create(path: string, fault: string) {
  const preload = join(top, 'fault.cjs')
  fs.writeFileSync(preload, `const fs = require('node:fs')\n${fault}\n`)
  const args = ['--require', preload, join(root, 'bin/git-vault.js')]
  return spawnSync(process.execPath, [...args, 'identity', 'new', '--no-passphrase', '--file', path], {
    encoding: 'utf8',
    cwd: top,
    env: { ...process.env, HOME: top, XDG_CONFIG_HOME: join(top, 'config'), GIT_VAULT_NO_CACHE: '1' }
  })
}

const files = (path: string): string[] => fs.readdirSync(dirname(path))

it('is created on a file system without hard links', () => {
  const path = join(top, 'links/identity.yaml')
  const fault = `fs.linkSync = () => { throw Object.assign(new Error('EPERM'), { code: 'EPERM' }) }`
  expect(create(path, fault)).toMatchObject({ status: 0 })
  expect(fs.statSync(path).mode & 0o777).toBe(0o600)
  expect(files(path)).toEqual(['identity.yaml'])
  expect(create(path, fault)).toMatchObject({
    status: 255,
    stderr: expect.stringContaining(`an identity already exists at ${path}`) as string
  })
})

it.each(['openSync', 'writeFileSync', 'fsyncSync', 'chmodSync', 'fchmodSync', 'linkSync', 'unlinkSync'])(
  'if the process is killed after %s, no other file holds a key',
  call => {
    const path = join(top, call, 'identity.yaml')
    const fault = `const original = fs.${call}
      fs.${call} = (...args) => {
        const result = original(...args)
        const isKey = args.some(each => String(each).includes(${JSON.stringify(dirname(path))}) || String(each).includes('gvsec1_')) || typeof args[0] === 'number'
        if (isKey && fs.existsSync(${JSON.stringify(dirname(path))})) process.kill(process.pid, 'SIGKILL')
        return result
      }`
    create(path, fault)
    expect(files(path).filter(name => name !== 'identity.yaml')).toEqual([])
  }
)

it('says what to remove if it was killed before the key was written', () => {
  const path = join(top, 'empty/identity.yaml')
  fs.mkdirSync(dirname(path))
  fs.writeFileSync(path, '')
  expect(create(path, '').stderr).toBe(
    `git-vault: the file ${path} is empty: its creation was interrupted\ngit-vault: hint: rm ${path}\n`
  )
})

it('leaves no file if the disk is full', () => {
  const path = join(top, 'full/identity.yaml')
  const fault = `fs.fsyncSync = () => { throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }) }`
  expect(create(path, fault)).toMatchObject({
    status: 255,
    stderr: `git-vault: cannot write the identity ${path}: no space left on the disk\n`
  })
  expect(files(path)).toEqual([])
})
