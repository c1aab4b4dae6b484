import { execFileSync, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { removeFolder } from '../removeFolder.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
let top: string

beforeAll(() => {
  if (!fs.existsSync(join(root, 'dist/cli.cjs')))
    execFileSync(process.execPath, ['esbuild.config.js'], { cwd: root })
  top = fs.mkdtempSync(join(tmpdir(), 'git-vault-programs-'))
})

afterAll(() => removeFolder(top))

it('runs no program of the current folder, though PATH has the current folder first', () => {
  const folder = join(top, 'repository')
  const bin = join(top, 'bin')
  const marker = join(top, 'ran')
  fs.mkdirSync(folder)
  fs.mkdirSync(bin)
  const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, [join(root, 'bin/git-vault.js'), ...args], {
      encoding: 'utf8',
      cwd: folder,
      env: {
        ...process.env,
        HOME: top,
        XDG_CONFIG_HOME: join(top, 'config'),
        GIT_CONFIG_NOSYSTEM: '1',
        PATH: ['', '.', bin, process.env['PATH']].join(delimiter),
        ...env
      }
    })
  const script = (path: string, text: string) =>
    fs.writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  for (const name of ['git', 'git.exe', 'helper', 'sh'])
    script(join(folder, name), `echo "$0" >> ${marker}; exit 1`)

  expect(run(['identity', 'new', '--no-passphrase'])).toMatchObject({ status: 0 })
  const [secret] = /gvsec1_[\w-]+/.exec(fs.readFileSync(join(top, 'config/git-vault/identity.yaml'), 'utf8'))!
  script(join(bin, 'helper'), `echo ${secret}`)
  fs.writeFileSync(join(top, '.gitconfig'), '[user]\n\tname = Ana\n')

  // asks git for the user's name
  expect(run(['init', '--yes'])).toMatchObject({ status: 0, stderr: '' })
  const env = { GIT_VAULT_IDENTITY_COMMAND: 'helper' }
  expect(run(['create-secret', '--name', 'a', '--secret-string', 'x'], env)).toMatchObject({ status: 0 })
  expect(run(['log'], env).stdout).toContain('ana')
  expect(fs.existsSync(marker)).toBe(false)
})
