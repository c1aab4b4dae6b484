import * as fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { makeVault, scratch, type TestVault } from '../vault/fixture.js'
import { runBeside } from './drive.js'

let box: TestVault
const folder = scratch('report')
const file = join(folder, 'report.html')
const report = (...args: string[]) => runBeside(box.root, ['report', ...args])

beforeAll(async () => {
  box = await makeVault()
  await box.api.createSecret({ Name: 'prod/db', SecretString: 'planted-5f2c91aa' })
})

it('writes the page for its user alone, and says what is in it', async () => {
  const before = box.state()
  expect(await report('--html', file)).toEqual({
    ...{ code: 0, stderr: '' },
    stdout: `wrote ${file}: 1 member, 1 secret, 0 exposed values, 0 problems\n`
  })
  expect(fs.statSync(file).mode & 0o777).toBe(0o600)
  expect(fs.readFileSync(file, 'utf8')).toMatch(/^<!doctype html>.*<bdi>prod\/<\/bdi>.*<\/html>\s*$/s)
  expect(fs.readdirSync(folder)).toEqual(['report.html'])
  expect(box.state()).toBe(before)
})

it('replaces a file only with --force', async () => {
  fs.writeFileSync(file, 'mine', { mode: 0o644 })
  expect(await report('--html', file)).toMatchObject({
    code: 255,
    stderr: `git-vault: ${file} exists already\ngit-vault: hint: pass --force to replace it\n`
  })
  expect(fs.readFileSync(file, 'utf8')).toBe('mine')
  expect(await report('--html', file, '--force')).toMatchObject({ code: 0 })
  expect(fs.readFileSync(file, 'utf8')).toMatch(/^<!doctype html>/)
  expect(fs.statSync(file).mode & 0o777).toBe(0o600)
})

it('writes nothing into the vault’s folder, by whatever path', async () => {
  const before = box.state()
  const link = join(folder, 'link')
  fs.symlinkSync(box.path('vault/secrets'), link)
  for (const path of ['vault/report.html', `${link}/report.html`, 'vault/secrets/../r.html'])
    expect(await report('--html', path, '--force')).toMatchObject({
      code: 255,
      stderr: expect.stringContaining(`the report would be in the vault's folder: ${path}\n`) as string
    })
  expect(box.state()).toBe(before)
})

it('replaces no link, folder or device', async () => {
  const target = join(folder, 'target')
  fs.writeFileSync(target, 'kept')
  fs.symlinkSync(target, join(folder, 'to-target'))
  for (const path of [join(folder, 'to-target'), folder, '/dev/null', join(folder, 'none/report.html')])
    expect((await report('--html', path, '--force')).code, path).toBe(255)
  expect(fs.readFileSync(target, 'utf8')).toBe('kept')
  expect(fs.lstatSync('/dev/null').isCharacterDevice()).toBe(true)
})

it('prints the same facts as JSON, and no value', async () => {
  const { code, stdout } = await report('--json', '--html', join(folder, 'both.html'))
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ by: 'alice', secrets: [{ name: 'prod/db', key: 'default' }], verify: { secrets: 1, problems: [] } }
  })
  const page = fs.readFileSync(join(folder, 'both.html'), 'utf8')
  expect(stdout + page).not.toContain('planted')
})

it.each([
  [[], 'report needs --html FILE or --json'],
  [['--json', '--force'], '--force can only be used with --html']
])('%j is an error', async (args, message) => {
  const { code, stderr } = await report(...args)
  expect({ code, stderr }).toMatchObject({ code: 252 })
  expect(stderr).toContain(`git-vault: ${message}\n`)
})

it('needs no identity', async () => {
  const bare = { GIT_VAULT_IDENTITY: '', XDG_CONFIG_HOME: scratch('nobody') }
  const { code, stdout } = await runBeside(box.root, ['report', '--json'], bare)
  expect(code).toBe(0)
  const { by, secrets, doctor } = JSON.parse(stdout) as Record<string, { name: string }[]>
  expect(by).toBeUndefined()
  expect(secrets).toMatchObject([{ name: 'prod/db' }])
  expect(doctor).toContainEqual(expect.objectContaining({ what: 'identity', state: 'problem' }))
})
