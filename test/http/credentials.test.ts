import { build } from 'esbuild'
import { fork } from 'node:child_process'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { listCredentials, newCredential, removeCredential } from '../../src/app/credentials.js'
import {
  checkCredential,
  formatCredentialFile,
  parseCredentialFile,
  parseCredential,
  type StoredCredential
} from '../../src/http/credentials.js'
import { watchCredentials } from '../../src/app/servedCredentials.js'
import { generateAccessKey } from '../../src/system/files/accessKey.js'
import { PrivateFile } from '../../src/system/files/credentialFile.js'
import { failure, makeVault, scratch, type TestVault } from '../vault/fixture.js'

const policy = { Statement: { Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' } }
const stored = (name: string, more: Partial<StoredCredential> = {}): StoredCredential => ({
  name,
  accessKeyId: `GVAK${name.toUpperCase().padEnd(16, 'A')}`,
  secretAccessKey: 'x'.repeat(40),
  created: '2027-01-01T00:00:00.000Z',
  policy,
  ...more
})
const text = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
const thrown = async (work: () => unknown) => failure(Promise.resolve().then(work))

/** Waits until the file is old enough that its next change shows in its stat data. */
const settle = (path: string) =>
  new Promise<void>(resolve => {
    const wait = () =>
      Date.now() - fs.statSync(path).ctimeMs > 2_600 ? resolve() : void setTimeout(wait, 50)
    wait()
  })

describe('the format of the file', () => {
  it('round-trips', () => {
    const all = [stored('a'), stored('b', { expires: '2027-02-01T00:00:00.000Z' })]
    expect(parseCredentialFile(formatCredentialFile(all), 'f')).toEqual(all)
    expect(parseCredentialFile(undefined, 'f')).toEqual([])
    expect(parseCredential(all[1]!)).toMatchObject({ name: 'b', expires: Date.UTC(2027, 1, 1) })
  })

  const { created, ...undated } = stored('a')
  it.each([
    ['invalid JSON', '{'],
    ['another format', { format: '2', credentials: [] }],
    ['no list', { format: '1', credentials: {} }],
    ['nothing', null],
    ['no date', { format: '1', credentials: [{ ...undated, made: created }] }],
    ['an invalid expiry', { format: '1', credentials: [stored('a', { expires: 'soon' })] }],
    ['a policy that is a string', { format: '1', credentials: [{ ...stored('a'), policy: '*' }] }],
    ['a secret that is not a string', { format: '1', credentials: [{ ...stored('a'), secretAccessKey: 1 }] }]
  ])('is refused with %s, and the error does not reveal its content', async (_, content) => {
    const { code, message } = await thrown(() => parseCredentialFile(text(content), '/f.json'))
    expect({ code, message }).toEqual({
      code: 'FileFailed',
      message: 'the credential file /f.json is damaged'
    })
  })

  it.each([
    ['a name with a slash', { name: 'a/b' }],
    ['an empty name', { name: '' }],
    ['an empty key id', { accessKeyId: '' }],
    ['a key id of 129 characters', { accessKeyId: 'A'.repeat(129) }],
    ['a key id with a slash', { accessKeyId: 'AKIA/AAAAAAAAAAAAAAA' }],
    ['an empty secret', { secretAccessKey: '' }],
    ['a secret of 257 characters', { secretAccessKey: 'x'.repeat(257) }],
    ['a secret with a space', { secretAccessKey: 'a b' }],
    ['a secret with a line feed', { secretAccessKey: `${'x'.repeat(20)}\n${'x'.repeat(20)}` }]
  ])('refuses %s', async (_, wrong) => {
    checkCredential(stored('a'))
    const { code, message } = await thrown(() => checkCredential(stored('a', wrong)))
    expect(code).toBe('Usage')
    if ('secretAccessKey' in wrong && wrong.secretAccessKey !== '')
      expect(message).not.toContain(wrong.secretAccessKey)
  })

  it.each(['t', 'test', 'AKIAIOSFODNN7EXAMPLE'])('takes %s as a key id and as a secret', key => {
    expect(() => checkCredential(stored('a', { accessKeyId: key, secretAccessKey: key }))).not.toThrow()
  })

  it('generates different keys each time, which do not look like AWS’s', () => {
    const keys = Array.from({ length: 50 }, generateAccessKey)
    for (const { accessKeyId, secretAccessKey } of keys) {
      expect(accessKeyId).toMatch(/^GVAK[A-Z2-7]{16}$/)
      expect(secretAccessKey).toMatch(/^[\w+/-]{40}$/)
    }
    expect(new Set(keys.flatMap(Object.values)).size).toBe(100)
  })
})

describe('the file', () => {
  let file: PrivateFile
  beforeEach(() => {
    file = new PrivateFile(join(scratch(), 'credentials', 'vault.json'))
  })
  const mode = (path: string) => (fs.statSync(path).mode & 0o777).toString(8)

  it('is created for its owner alone, whatever the umask, with no other file but its lock', async () => {
    const before = process.umask(0)
    try {
      await file.update(() => text('one'))
    } finally {
      process.umask(before)
    }
    expect(mode(file.path)).toBe('600')
    expect(mode(dirname(file.path))).toBe('700')
    expect(fs.readdirSync(dirname(file.path)).sort()).toEqual(['vault.json', 'vault.json.lock'])
    expect(Buffer.from(file.read()!).toString()).toBe('one')
  })

  it.each([0o640, 0o604, 0o660, 0o620])(
    'is refused with mode %o, even if it was read before',
    async wrong => {
      await file.update(() => text('one'))
      expect(file.read()).toBeDefined()
      fs.chmodSync(file.path, wrong)
      expect(await thrown(() => file.read())).toEqual({
        code: 'FileFailed',
        message: `${file.path} can be read by others`
      })
      expect((await failure(file.update(() => text('two')))).code).toBe('FileFailed')
      expect(fs.readFileSync(file.path, 'utf8')).toBe('one')
    }
  )

  it('is read again after each change, and is the same object until then', async () => {
    expect(file.read()).toBeUndefined()
    for (let round = 0; round < 50; round++) {
      await file.update(() => text(`round ${round % 10}`))
      const bytes = file.read()
      expect(Buffer.from(bytes!).toString()).toBe(`round ${round % 10}`)
      expect(file.read()).toBe(bytes)
    }
    await settle(file.path)
    const bytes = file.read()
    expect(file.read()).toBe(bytes)
    fs.writeFileSync(file.path, 'round 0')
    expect(Buffer.from(file.read()!).toString()).toBe('round 0')
    fs.rmSync(file.path)
    expect(file.read()).toBeUndefined()
  })

  /** A process that runs `work`, which can use `path` and `name`. */
  const writer = async (work: string): Promise<(name: string) => Promise<NodeJS.Signals | number>> => {
    const script = join(scratch(), 'writer.mjs')
    await build({
      stdin: {
        contents: `import * as fs from 'node:fs'
          import { PrivateFile } from './src/system/files/credentialFile.js'
          const [, , path, name] = process.argv
          const file = new PrivateFile(path)
          ${work}`,
        resolveDir: process.cwd(),
        loader: 'ts'
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      outfile: script
    })
    return name =>
      new Promise(resolve =>
        fork(script, [file.path, name]).on('exit', (code, signal) => resolve(signal ?? code ?? -1))
      )
  }

  it('keeps the writes of several concurrent processes', async () => {
    const write = await writer(`for (let round = 0; round < 10; round++)
      await file.update(bytes => Buffer.concat([bytes ?? Buffer.alloc(0), Buffer.from(name)]))`)
    const names = ['a', 'b', 'c', 'd']
    expect(await Promise.all(names.map(write))).toEqual([0, 0, 0, 0])
    const content = Buffer.from(file.read()!).toString()
    expect([...content].sort().join('')).toBe(names.map(name => name.repeat(10)).join(''))
  })

  it('a temporary file that a killed process left is removed by the next write', async () => {
    await file.update(() => text('one'))
    const die = await writer(`await file.update(() => {
      fs.writeFileSync(path + '.0123456789ab', 'secret')
      process.kill(process.pid, 'SIGKILL')
      for (;;);
    })`)
    expect(await die('x')).toBe('SIGKILL')
    expect(fs.existsSync(`${file.path}.0123456789ab`)).toBe(true)
    await file.update(bytes => text(`${Buffer.from(bytes!).toString()} two`))
    expect(fs.readdirSync(dirname(file.path)).sort()).toEqual(['vault.json', 'vault.json.lock'])
    expect(Buffer.from(file.read()!).toString()).toBe('one two')
  })
})

describe('the credentials of a vault', () => {
  let vault: TestVault
  beforeEach(async () => {
    vault = await makeVault()
  })
  const make = (name: string, more: object = {}) =>
    newCredential({
      directory: vault.root,
      name,
      actions: ['GetSecretValue'],
      resources: ['prod/*'],
      ...more
    })

  it('are stored outside the repository, and listed without their secrets', async () => {
    const made = await make('app1', { expires: { after: 3_600_000 } })
    expect(made.path).toBe(
      join(process.env['XDG_CONFIG_HOME']!, 'git-vault/credentials', `${vault.made.root}.json`)
    )
    expect(vault.status()).toBe('')
    const [shown, ...others] = await listCredentials(vault.root)
    expect(others).toEqual([])
    expect(shown).toMatchObject({
      name: 'app1',
      accessKeyId: made.accessKeyId,
      hasExpired: false,
      statements: [
        {
          Effect: 'Allow',
          Action: ['secretsmanager:GetSecretValue'],
          Resource: ['arn:aws:secretsmanager:*:000000000000:secret:prod/*']
        }
      ]
    })
    expect(Date.parse(shown!.expires!) - Date.now()).toBeGreaterThan(3_500_000)
    expect(JSON.stringify(shown)).not.toContain(made.secretAccessKey)
  })

  it('have unique names and access key ids', async () => {
    const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'y'.repeat(40) }
    expect(await make('app1', { keys })).toMatchObject(keys)
    expect((await failure(make('app1'))).code).toBe('Usage')
    expect((await failure(make('app2', { keys }))).code).toBe('Usage')
    expect(await listCredentials(vault.root)).toHaveLength(1)
    await removeCredential(vault.root, 'app1')
    expect(await listCredentials(vault.root)).toEqual([])
    expect(await failure(removeCredential(vault.root, 'app1'))).toEqual({
      code: 'Usage',
      message: 'credential "app1" does not exist'
    })
  })

  it.each([
    ['an expiry in the past', { expires: { at: 1_000 } }, 'Usage'],
    ['an unknown action', { actions: ['s3:GetObject'] }, 'Usage'],
    ['an invalid resource', { resources: ['a b'] }, 'Usage'],
    [
      'a policy with a principal',
      { policy: JSON.stringify({ Statement: { ...policy.Statement, Principal: '*' } }) },
      'MalformedPolicyDocumentException'
    ],
    [
      'a policy with a repeated member',
      { policy: '{"Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}' },
      'MalformedPolicyDocumentException'
    ],
    ['a policy that is not JSON', { policy: 'x' }, 'MalformedPolicyDocumentException']
  ])('%s is refused, and nothing is stored', async (_, wrong, code) => {
    expect((await failure(make('app1', wrong))).code).toBe(code)
    expect(await listCredentials(vault.root)).toEqual([])
  })

  it('are seen by a server at once, and are the same object while unchanged', async () => {
    const made = await make('app1')
    const own = parseCredential(stored('serve'))
    const now = watchCredentials(new PrivateFile(made.path), own)
    const before = now()
    expect([...before.keys()].sort()).toEqual([made.accessKeyId, own.accessKeyId].sort())
    expect(now()).toBe(before)
    const second = await make('app2')
    expect(now().get(second.accessKeyId)).toMatchObject({ name: 'app2' })
    await removeCredential(vault.root, 'app1')
    expect(now().has(made.accessKeyId)).toBe(false)
  })
})
