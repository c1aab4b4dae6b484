import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { replaceValue, type ReplaceOptions } from '../../../src/app/rotation/replaceValue.js'
import { rotationStatus } from '../../../src/app/rotation/status.js'
import { makeVault, scratch, token, type TestVault } from '../../vault/fixture.js'
import { account, functions, passwordOf, startStore, type Store } from './kit.js'

let box: TestVault
let store: Store
let made = 0
const folder = scratch('once')
const CHAOS = join(folder, 'chaos.json')
const chaos = (at = '', what = ''): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))
const ONCE = `${process.execPath} ${functions}once.mjs ${CHAOS}`

beforeAll(async () => {
  box = await makeVault()
  store = await startStore()
})

const steps: string[] = []
const replace = async (SecretId: string, options: Partial<ReplaceOptions>) =>
  replaceValue(await box.internal(), SecretId, {
    token: token(`r${++made}`),
    onStep: (_, step) => steps.push(step),
    ...options
  })

/** Replaces a value, and returns the error. */
async function refused(
  SecretId: string,
  options: Partial<ReplaceOptions>
): Promise<Error & { hint?: string }> {
  const [outcome] = await Promise.allSettled([replace(SecretId, options)])
  if (outcome.status === 'rejected') return outcome.reason as Error
  throw new Error('it succeeded')
}

const status = async (SecretId: string) => rotationStatus(await box.internal(), SecretId, box.root)
const value = async (SecretId: string) => (await box.api.getSecretValue({ SecretId })).SecretString!
const tags = async (SecretId: string) => (await box.api.describeSecret({ SecretId })).Tags
const create = (Name: string, SecretString: string) =>
  box.api.createSecret({ Name, SecretString, ClientRequestToken: token(Name) })

/** A program that prints what a shell script prints. */
function script(text: string): string {
  const file = join(mkdtempSync(join(folder, 's')), 'script.sh')
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return file
}

describe('--generate', () => {
  it('replaces a whole value, by the rule of AWS’s rotation functions', async () => {
    await create('plain', 'old')
    const before = box.commits()
    const { versionId } = await replace('plain', { generate: {} })
    expect(box.commits()).toBe(before + 1)
    expect(await value('plain')).toMatch(/^[^/@"'\\\s]{32}$/)
    expect(await box.api.describeSecret({ SecretId: 'plain' })).toMatchObject({
      LastRotatedDate: expect.any(Date),
      VersionIdsToStages: { [token('plain')]: ['AWSPREVIOUS'], [versionId]: ['AWSCURRENT'] }
    })
    expect(await tags('plain')).toBeUndefined()
  })

  it('replaces the field password, and nothing else of the object', async () => {
    await create('object', '{"user": "a", "password":"old","n":1.50}')
    await replace('object', { generate: {} })
    expect(await value('object')).toMatch(/^\{"user": "a", "password":"[^"\\]{32}","n":1\.50\}$/)
  })

  it('remembers the rule in a tag, and needs no options the next time', async () => {
    await create('rule', '{"token":"old","password":"stays"}')
    await replace('rule', { generate: { length: 40, exclude: 'abc', noPunctuation: true, field: 'token' } })
    expect(await tags('rule')).toEqual([
      { Key: 'git-vault:password', Value: 'length=40 exclude=abc no-punctuation field=token' }
    ])
    const first = await value('rule')
    await replace('rule', { generate: {} })
    const second = await value('rule')
    for (const text of [first, second])
      expect(text).toMatch(/^\{"token":"[A-Zd-z0-9]{40}","password":"stays"\}$/)
    expect(second).not.toBe(first)
    await replace('rule', { generate: { words: 6 } })
    expect(await value('rule')).toMatch(/^\{"token":"([a-z]+-){5}[a-z]+","password":"stays"\}$/)
    expect(await tags('rule')).toEqual([{ Key: 'git-vault:password', Value: 'words=6 field=token' }])
  })

  it('refuses a tag that is no rule, and a rule that no password meets', async () => {
    await create('bad', 'old')
    await box.api.tagResource({ SecretId: 'bad', Tags: [{ Key: 'git-vault:password', Value: 'weak' }] })
    expect(await refused('bad', { generate: {} })).toMatchObject({
      message: 'the tag git-vault:password of bad is not a rule for passwords',
      hint: 'remove it: git-vault tag bad --remove git-vault:password'
    })
    for (const [Value, why] of [
      ['length=2', 'Password length is too short based on the required types.'],
      ['words=3', 'words takes 4 to 40: a word has 11 bits'],
      ['field=token', 'bad is not a JSON object, so it has no field "token"']
    ] as const) {
      await box.api.tagResource({ SecretId: 'bad', Tags: [{ Key: 'git-vault:password', Value }] })
      const error = await refused('bad', { generate: {} })
      expect(error.message).toContain(
        `the rule in the tag git-vault:password of bad cannot be followed: ${why}`
      )
      expect(error.hint).toBe('remove it: git-vault tag bad --remove git-vault:password')
    }
    // an option of the user's own is not the tag's fault
    expect((await refused('bad', { generate: { length: 2, field: 'x' } })).message).not.toContain('tag')
    await box.api.untagResource({ SecretId: 'bad', TagKeys: ['git-vault:password'] })
    const before = box.head()
    await refused('bad', { generate: { length: 2 } })
    await refused('bad', { generate: { words: 3 } })
    await refused('bad', { generate: { field: 'token' } })
    expect(box.head()).toBe(before)
  })
})

describe('--generate with --command', () => {
  it('sets the new value where it is used, and moves AWSCURRENT', async () => {
    chaos()
    await account(box, store, 'set')
    steps.length = 0
    const { versionId, wasLeft } = await replace('set', { generate: {}, command: ONCE })
    expect(wasLeft).toBe(false)
    expect(steps).toEqual(['storing the new value', `running ${process.execPath}`])
    expect(store.passwords.get('set')).toBe(await passwordOf(box, 'set'))
    expect(await box.api.describeSecret({ SecretId: 'set' })).toMatchObject({
      VersionIdsToStages: { [token('set')]: ['AWSPREVIOUS'], [versionId]: ['AWSCURRENT'] },
      LastRotatedDate: expect.any(Date)
    })
  })

  it.each([
    ['before', 'throw', 'it ended with exit code 1'],
    ['after', 'throw', 'it ended with exit code 1'],
    ['before', 'die', 'it was ended by SIGKILL (9)'],
    ['after', 'die', 'it was ended by SIGKILL (9)'],
    ['before', 'flood', 'it ended with exit code 1']
  ])(
    'leaves AWSCURRENT if the program fails (%s: %s), and continues with the same value',
    async (at, what, why) => {
      const SecretId = `fails/${at}-${what}`
      await account(box, store, SecretId)
      const first = await passwordOf(box, SecretId)
      chaos(at, what)
      const { message, hint } = await refused(SecretId, { generate: {}, command: ONCE })
      expect(message).toContain(
        `the rotation of ${SecretId} failed, and AWSCURRENT is as it was: "${process.execPath}": ${why}`
      )
      expect(hint).toBe('run the same command again: it continues with the same new value')
      const pending = await passwordOf(box, SecretId, 'AWSPENDING')
      const shown = JSON.stringify(await status(SecretId))
      for (const text of [message, shown])
        for (const secret of [first, pending]) expect(text).not.toContain(secret)
      expect(message.length).toBeLessThan(6_000)
      expect(await passwordOf(box, SecretId)).toBe(first)
      expect(await status(SecretId)).toMatchObject({ LastFailure: { reason: why }, PendingHasValue: true })

      chaos()
      expect(await replace(SecretId, { generate: {}, command: ONCE })).toMatchObject({ wasLeft: true })
      expect(await passwordOf(box, SecretId)).toBe(pending)
      expect(store.passwords.get(SecretId)).toBe(pending)
      expect(await status(SecretId)).not.toHaveProperty('LastFailure')
      expect(Object.values((await box.api.describeSecret({ SecretId })).VersionIdsToStages!).sort()).toEqual([
        ['AWSCURRENT'],
        ['AWSPREVIOUS']
      ])
    }
  )

  it('gives the program nothing secret in arguments or variables, and not the identity', async () => {
    chaos('before', 'environment')
    await account(box, store, 'seen')
    process.env['GIT_VAULT_PASSPHRASE'] = 'x'
    process.env['MY_SETTING'] = 'kept'
    const { message } = await refused('seen', { generate: {}, command: ONCE })
    delete process.env['GIT_VAULT_PASSPHRASE']
    delete process.env['MY_SETTING']
    const { env, argv, rest } = JSON.parse(message.split('\n').find(line => line.includes('"env"'))!) as {
      env: Record<string, string>
      argv: string[]
      rest: Record<string, unknown>
    }
    expect(Object.keys(env).filter(name => name.startsWith('GIT_VAULT_'))).toEqual([])
    expect(env['MY_SETTING']).toBe('kept')
    expect(argv).toHaveLength(3)
    expect(Object.keys(rest)).toEqual(['Name', 'ARN', 'VersionIdsToStages'])
    expect(Object.values(rest['VersionIdsToStages'] as object).sort()).toEqual([
      ['AWSCURRENT'],
      ['AWSPENDING']
    ])
  })

  it('changes nothing if there is no such program', async () => {
    await create('gone', 'old')
    const before = box.head()
    expect((await refused('gone', { generate: {}, command: 'no-such-program' })).message).toBe(
      'there is no program "no-such-program"'
    )
    expect((await refused('gone', { generate: {}, command: "'" })).message).toContain('quotes come in pairs')
    expect(box.head()).toBe(before)
  })

  it('fills the empty version that a function has left', async () => {
    await account(box, store, 'empty')
    const { addFunction } = await import('../../../src/app/rotation/functions.js')
    const line = { directory: box.root, name: 'fails', command: 'false', env: [], reads: [] }
    await addFunction(await box.internal(), line)
    const asked = { SecretId: 'empty', RotationLambdaARN: 'fails', ClientRequestToken: token('left') }
    await box.api.rotateSecret(asked).catch(() => undefined)
    chaos()
    expect(await replace('empty', { generate: {}, command: ONCE })).toMatchObject({
      versionId: token('left'),
      wasLeft: false
    })
    expect(store.passwords.get('empty')).toBe(await passwordOf(box, 'empty'))
  })
})

describe('--command alone', () => {
  it('stores what the program prints, without the newline at its end', async () => {
    await create('issued', 'old')
    await replace('issued', { command: script('cat >/dev/null; echo new; echo warning >&2') })
    expect(await value('issued')).toBe('new')
    await create('issued/field', '{"token":"old","n":1}')
    await replace('issued/field', { command: script('printf new'), field: 'token' })
    expect(await value('issued/field')).toBe('{"token":"new","n":1}')
  })

  it('may take as long as was asked', async () => {
    await create('slow', 'old')
    const options = { command: script('sleep 60'), timeout: 300 }
    expect((await refused('slow', options)).message).toContain('it took longer than 0.3 s')
  })

  it('reads the current value', async () => {
    await create('reading', 'old')
    const command = script('sed "s/.*SecretString...\\([a-z]*\\).*/\\1-next/"')
    await replace('reading', { command })
    expect(await value('reading')).toBe('old-next')
  })

  it.each([
    ['echo new; exit 3', 'it ended with exit code 3'],
    ['true', 'it printed no value'],
    ['printf "\\377"', 'it printed something else than UTF-8 text'],
    ['head -c 70000 /dev/zero | tr "\\0" x', 'it printed more than a value may have'],
    ['kill -9 $$', 'it was ended by SIGKILL (9)'],
    ['echo old', 'the program printed the value that']
  ])('stores nothing if the program runs `%s`', async (text, why) => {
    const SecretId = `nothing/${++made}`
    await create(SecretId, 'old')
    const before = box.head()
    expect((await refused(SecretId, { command: script(text) })).message).toContain(why)
    expect(box.head()).toBe(before)
  })

  it('shows nothing of what the program printed, wherever else it wrote it', async () => {
    await create('hidden', 'the-old-value')
    const { message } = await refused('hidden', {
      command: script('cat >&2; echo the-new-value; echo got the-new-value >&2; echo trouble >&2; exit 1')
    })
    expect(message).toContain('got [redacted]\n  trouble')
    expect(message).not.toContain('the-new-value')
    expect(message).not.toContain('the-old-value')
  })

  it('does not run the program if its value could not be stored', async () => {
    const mark = join(folder, 'mark')
    const command = script(`echo x >>${mark}; echo new`)
    await create('unstorable', 'old')
    await box.api.createSecret({ Name: 'unstorable/binary', SecretBinary: new Uint8Array([1]) })
    await account(box, store, 'unstorable/left')
    chaos('before', 'die')
    await refused('unstorable/left', { generate: {}, command: ONCE })
    expect((await refused('unstorable', { command, field: 'x' })).message).toContain('is not a JSON object')
    expect((await refused('unstorable/binary', { command })).message).toContain('is binary')
    expect(await refused('unstorable/left', { command })).toMatchObject({
      message: 'an earlier rotation of unstorable/left is not complete',
      hint: 'finish it first; or give it up: git-vault label unstorable/left AWSPENDING --remove'
    })
    expect(existsSync(mark)).toBe(false)
  })
})
