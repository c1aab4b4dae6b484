import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { CTRL_C, CTRL_D, ENTER, passphrase, placeWithVault, type Place, type Step } from './drive.js'
import { scratch } from '../vault/fixture.js'

const VALUE = 'a value that is typed'

let env: Record<string, string>
let repository: string
let drive: Place['drive']
beforeAll(async () => {
  ;({ env, repository, drive } = await placeWithVault('terminal'))
})

it('put asks whether to create, for the passphrase and then for the value, and shows neither', () => {
  const { shown, code } = drive(
    ['put', 'prod/db'],
    [{ wait: 'Create it?', type: `y${ENTER}` }, passphrase, { wait: 'Value of prod/db', type: VALUE + ENTER }]
  )
  expect(code).toBe(0)
  expect(shown).not.toContain(VALUE)
  expect(shown).toMatch(/prod\/db {2}[0-9a-f-]{36} {2}AWSCURRENT/)
  const { shown: got } = drive(['get', 'prod/db'], [passphrase])
  expect(got).toContain(VALUE)
}, 240_000)

it('init asks whether to use the region of a variable, and for another one if it is rejected', () => {
  const [wait, AWS_REGION] = ['Use region eu-west-1 from AWS_REGION?', 'eu-west-1']
  const begin = (use: string, ...others: Step[]): string => {
    const cwd = scratch('init')
    const steps = [
      { wait: 'Folder of the vault', type: ENTER },
      { wait, type: use + ENTER },
      ...others,
      { wait: 'Account', type: ENTER },
      { wait: 'Your name', type: `\x15ana${ENTER}` },
      passphrase
    ]
    const { shown, code } = drive(['init'], steps, { cwd, env: { AWS_REGION } })
    expect(code).toBe(0)
    expect(shown).toContain('It cannot be changed later.')
    return fs.readFileSync(join(cwd, 'vault/access.yaml'), 'utf8')
  }
  expect(begin('y')).toMatch(/region: "?eu-west-1"?\n/)
  expect(begin('', { wait: 'Region in the', type: ENTER })).toMatch(/region: "?local"?\n/)
}, 240_000)

it('put NAME - unlocks the identity before it reads the typed value, so that no prompt follows the end of the input', () => {
  const { shown, code } = drive(
    ['put', 'prod/typed', '-', '--create'],
    [passphrase, { wait: '\n', type: `two words${ENTER}${CTRL_D}` }]
  )
  expect({ shown, code }).toMatchObject({ code: 0 })
  expect(shown).toMatch(/prod\/typed {2}[0-9a-f-]{36} {2}AWSCURRENT/)
  expect(drive(['get', 'prod/typed'], [passphrase]).shown).toContain('two words')
}, 240_000)

it('a wrong passphrase is asked for three times, and reported before the value is asked for', () => {
  const wrong = (wait: string) => ({ wait, type: `wrong${ENTER}` })
  const { shown, code } = drive(
    ['put', 'prod/db', '--create'],
    [passphrase.wait, 'attempt 2 of 3', 'attempt 3 of 3'].map(wrong)
  )
  expect(code).toBe(253)
  expect(shown).not.toContain('Value of')
  expect(shown).not.toContain('wrong\r')
  expect(shown).toContain('passphrase')
}, 240_000)

it('Ctrl-C at a prompt ends with 130, and nothing is changed', () => {
  const head = () => spawnSync('git', ['rev-parse', 'HEAD'], { cwd: repository, encoding: 'utf8' }).stdout
  const before = head()
  expect(drive(['put', 'prod/db'], [{ ...passphrase, type: CTRL_C }]).code).toBe(130)
  expect(drive(['put', 'prod/new'], [{ wait: 'Create it?', type: CTRL_C }]).code).toBe(130)
  expect(head()).toBe(before)
}, 240_000)

it('rollback shows the versions and asks for one; after a git revert it asks whether to go back', () => {
  const id = (shown: string) => /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(shown)![0]
  const put = (value: string) =>
    id(
      drive(
        ['put', 'prod/back', '--create'],
        [passphrase, { wait: 'Value of prod/back', type: value + ENTER }]
      ).shown
    )
  const [first, second] = [put('first value'), put('second value')]
  const asked = drive(
    ['rollback', 'prod/back'],
    // the answer that is suggested is AWSPREVIOUS
    [{ wait: 'Version to go back to', type: ENTER }, passphrase]
  )
  expect(asked.code).toBe(0)
  expect(asked.shown).toContain(second)
  expect(asked.shown).toContain(`rolled prod/back back to ${first}`)
  const git = (...args: string[]) =>
    spawnSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], { cwd: repository })
  expect(git('revert', '--no-edit', 'HEAD').status).toBe(0)
  const reverted = drive(
    ['rollback', 'prod/back'],
    [{ wait: 'for everyone?', type: `y${ENTER}` }, passphrase]
  )
  expect(reverted.shown).toContain(`rolled prod/back back to ${second}`)
  expect(drive(['get', 'prod/back'], [passphrase]).shown).toContain('second value')
}, 240_000)

it('doctor --fix says what it will do and asks; after a no, nothing has changed', () => {
  const config = () => fs.readFileSync(join(repository, '.git/config'), 'utf8')
  const git = (...args: string[]) =>
    spawnSync('git', args, { cwd: repository, env: { ...process.env, ...env } })
  git('config', '--remove-section', 'merge.git-vault')
  const before = config()
  const refused = drive(['doctor', '--fix'], [{ wait: 'Do this?', type: `n${ENTER}` }])
  expect(refused.code).toBe(252)
  expect(refused.shown).toContain("make git merge and show the vault's files with git-vault")
  expect(config()).toBe(before)
  const done = drive(['doctor', '--fix'], [{ wait: 'Do this?', type: `y${ENTER}` }])
  expect(done.code).toBe(0)
  expect(done.shown).toMatch(/done: make git merge and show the vault's files/)
  expect(config()).toContain('merge-driver')
})
