import {
  CreateSecretCommand,
  SecretsManagerClient,
  type CreateSecretCommandInput
} from '@aws-sdk/client-secrets-manager'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newPlace, PROGRAM, type Place } from './drive.js'

// gpg, sops, the AWS CLI and moto are the real ones: test/conformance/setup.sh installs them, apart from gpg

const root = fileURLToPath(new URL('../..', import.meta.url))
const installed = join(root, '.cache/aws/bin')
const PATH = `${installed}:${process.env['PATH']}`
const binary = randomBytes(40)

let place: Place
let home: string
let gpg: { env: NodeJS.ProcessEnv; fingerprint: string }
const started: ChildProcess[] = []

beforeAll(() => {
  place = newPlace('sources')
  home = place.env['HOME']!
  const GNUPGHOME = join(home, 'gnupg')
  fs.mkdirSync(GNUPGHOME, { mode: 0o700 })
  Object.assign(place.env, { PATH, GNUPGHOME })
  const env = { ...process.env, ...place.env }
  const quick = (...args: string[]) =>
    execFileSync('gpg', ['--batch', '--quiet', '--passphrase', '', ...args], { env, stdio: 'pipe' })
  quick('--quick-generate-key', 'ana', 'ed25519', 'default', 'never')
  const keys = execFileSync('gpg', ['--list-keys', '--with-colons'], { env, encoding: 'utf8', stdio: 'pipe' })
  const [, fingerprint = ''] = /^fpr:+(\w+)/m.exec(keys) ?? []
  quick('--quick-add-key', fingerprint, 'cv25519')
  gpg = { env, fingerprint }
  for (const args of [
    ['identity', 'new', '--no-passphrase'],
    ['init', '--yes', '--member', 'ana']
  ])
    expect(place.run(args)).toMatchObject({ code: 0 })
})

afterAll(() => {
  for (const child of started) child.kill()
  execFileSync('gpgconf', ['--kill', 'all'], { env: gpg.env })
})

const commits = () =>
  Number(execFileSync('git', ['rev-list', '--count', 'HEAD'], { cwd: place.repository, encoding: 'utf8' }))
const get = (name: string) => place.run(['get', name]).stdout
const succeed = (...args: string[]) => {
  const ran = place.run(args)
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  return ran.stdout
}

describe('a pass store', () => {
  const store = () => join(home, '.password-store')
  const insert = (name: string, content: string | Uint8Array) => {
    const file = join(store(), `${name}.gpg`)
    fs.mkdirSync(dirname(file), { recursive: true })
    const args = ['--batch', '--quiet', '--trust-model', 'always', '-r', gpg.fingerprint, '-e', '-o', file]
    execFileSync('gpg', args, { env: gpg.env, input: content, stdio: 'pipe' })
  }

  it('is imported in one commit, after a dry run, and again without one', () => {
    insert('plain', 'hunter2\n')
    insert('web/example.org', 'hunter3\nuser: ana\notpauth://totp/x?secret=ABC\n')
    insert('binary', binary)
    const before = commits()
    expect(succeed('import', '--from', 'pass', '--prefix', 'pass/', '--dry-run')).toBe(
      'create  pass/binary\ncreate  pass/plain\ncreate  pass/web/example.org\n'
    )
    expect(commits()).toBe(before)
    expect(succeed('import', '--from', 'pass', '--prefix', 'pass/')).toBe('created 3 secrets\n')
    expect(commits()).toBe(before + 1)
    expect(get('pass/plain')).toBe('hunter2')
    expect(get('pass/web/example.org')).toBe(
      '{"password":"hunter3","user":"ana","otpauth":"otpauth://totp/x?secret=ABC"}'
    )
    expect(succeed('import', '--from', 'pass', '--prefix', 'pass/')).toContain('nothing to import')
    expect(commits()).toBe(before + 1)
    expect(place.run(['import', '--from', 'pass', '--prefix', 'pass/', '--whole'])).toMatchObject({
      code: 254,
      stderr: expect.stringContaining('a secret exists with another value: pass/web/example.org')
    })
  })

  it('is several folders of gopass, in which no name occurs twice', () => {
    const mount = join(home, 'mount')
    fs.cpSync(join(store(), 'web'), mount, { recursive: true })
    expect(succeed('import', '--from', 'gopass', store(), mount, '--dry-run')).toContain(
      'create  example.org\n'
    )
    expect(place.run(['import', '--from', 'gopass', mount, mount])).toMatchObject({
      code: 252,
      stderr: expect.stringContaining('"example.org" occurs twice')
    })
  })

  it('has every refused name listed before anything is decrypted', () => {
    for (const name of ['a b', 'ä']) fs.writeFileSync(join(store(), `${name}.gpg`), 'not encrypted')
    const { code, stderr } = place.run(['import', '--from', 'pass'])
    expect(code).toBe(252)
    expect(stderr).toMatch(
      /^git-vault: cannot store "a b" \(.*\), "ä" \(.*\)\ngit-vault: hint: rename it: pass mv/
    )
    for (const name of ['a b', 'ä']) fs.rmSync(join(store(), `${name}.gpg`))
  })

  it('changes nothing if one entry cannot be decrypted, which is named', () => {
    fs.writeFileSync(join(store(), 'web/broken.gpg'), 'not encrypted')
    const before = commits()
    const { code, stderr } = place.run(['import', '--from', 'pass', '--prefix', 'new/'])
    expect({ code, stderr }).toEqual({
      code: 255,
      stderr: expect.stringMatching(/^git-vault: cannot import "web\/broken": gpg failed: gpg: .*\n$/)
    })
    expect(commits()).toBe(before)
  })
})

describe('a file of SOPS', () => {
  const encrypt = (name: string, content: string | Uint8Array) => {
    const plain = join(home, name)
    fs.writeFileSync(plain, content)
    const args = ['--encrypt', '--disable-version-check', '--pgp', gpg.fingerprint, plain]
    const file = join(home, `sops-${name}`)
    fs.writeFileSync(file, execFileSync('sops', args, { env: gpg.env, stdio: 'pipe' }))
    fs.rmSync(plain)
    return file
  }

  it.each([
    [
      'a.yaml',
      'db: hunter2\nport: 8080\nnested:\n  a: "yes"\n',
      '{"db":"hunter2","port":8080,"nested":{"a":"yes"}}'
    ],
    ['a.env', 'A=1\nB=two words\n', '{"A":"1","B":"two words"}'],
    ['a.ini', '[db]\nuser = ana\n', '{"db":{"user":"ana"}}'],
    ['a.txt', 'any text\n', 'any text\n']
  ])('is imported: %s', (name, content, expected) => {
    const file = encrypt(name, content)
    const secret = `sops/${name}`
    expect(succeed('import', '--from', 'sops', file, '--to', secret)).toBe('created 1 secret\n')
    expect(get(secret)).toBe(expected)
  })

  it('is refused if it has several documents, of which sops would drop all but one', () => {
    const { code, stderr } = place.run([
      'import',
      '--from',
      'sops',
      encrypt('two.yaml', 'a: 1\n---\nb: 2\n'),
      '--to',
      'x'
    ])
    expect(code).toBe(252)
    expect(stderr).toContain('it does not have exactly one YAML document')
  })

  it.each([
    ['plain.env', 'A=1\nhunter2 is no line of dotenv\n'],
    ['plain.yaml', 'a: [hunter2\n'],
    ['plain.json', '{"a": hunter2}'],
    ['plain.ini', '[hunter2\n']
  ])('is not quoted if it is not encrypted: %s', (name, content) => {
    const file = join(home, name)
    fs.writeFileSync(file, content)
    const { code, stdout, stderr } = place.run(['import', '--from', 'sops', file, '--to', 'x'])
    expect({ code, stdout, stderr }).toEqual({
      ...{ code: 255, stdout: '' },
      stderr: expect.stringMatching(
        /^git-vault: sops failed: exit code \d+\ngit-vault: hint: sops --decrypt .*\n$/
      )
    })
    expect(stderr).not.toContain('hunter2')
  })

  it('needs sops, and says so in one line', () => {
    const without = join(home, 'without')
    fs.mkdirSync(without)
    for (const name of ['git', 'node', 'setsid'])
      fs.symlinkSync(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(without, name))
    expect(
      place.run(['import', '--from', 'sops', 'x.yaml', '--to', 'x'], { env: { PATH: without } })
    ).toEqual({
      code: 255,
      stdout: '',
      stderr: 'git-vault: there is no program sops on PATH\ngit-vault: hint: install sops\n'
    })
  })
})

describe('an endpoint', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' }
  /** One more than BatchGetSecretValue takes, and of each kind one. */
  const requests: CreateSecretCommandInput[] = [
    ...Array.from({ length: 19 }, (_, at) => ({ Name: `many/${at}`, SecretString: `value ${at}` })),
    { Name: 'binary', SecretBinary: binary },
    { Name: 'text', SecretString: 'x', Description: 'what it is', Tags: [{ Key: 'team', Value: 'a' }] }
  ]
  const fill = async (
    endpoint: string,
    credentials: { accessKeyId: string; secretAccessKey: string },
    region: string,
    secrets: readonly CreateSecretCommandInput[]
  ) => {
    const client = new SecretsManagerClient({ endpoint, region, credentials })
    await Promise.all(secrets.map(secret => client.send(new CreateSecretCommand(secret))))
  }

  it('of moto gives all secrets with descriptions and tags, and those without a value are named', async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    started.push(spawn(join(installed, 'moto_server'), ['-p', String(port)], { stdio: 'ignore' }))
    await answering(url)
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    await fill(url, credentials, 'us-east-1', requests)
    // in the second batch, which moto refuses as a whole
    await fill(url, credentials, 'us-east-1', [{ Name: 'empty' }])
    const before = commits()
    const args = ['import', '--from', 'endpoint', '--endpoint-url', url, '--prefix', 'moto/']
    expect(place.run(args, { env: keys })).toEqual({
      code: 0,
      stdout: 'created 21 secrets\n',
      stderr: 'git-vault: left out, because they have no value: empty\n'
    })
    expect(commits()).toBe(before + 1)
    expect(get('moto/many/18')).toBe('value 18')
    expect(JSON.parse(place.run(['show', 'moto/text', '--json']).stdout)).toMatchObject({
      Description: 'what it is',
      Tags: [{ Key: 'team', Value: 'a' }]
    })
    const bytes = execFileSync(process.execPath, [PROGRAM, 'get', 'moto/binary'], {
      cwd: place.repository,
      env: gpg.env
    })
    expect(Buffer.compare(bytes, binary)).toBe(0)
  })

  it('of another git-vault gives its secrets, and the same again makes no commit', async () => {
    const other = newPlace('other')
    expect(other.run(['identity', 'new', '--no-passphrase'])).toMatchObject({ code: 0 })
    expect(other.run(['init', '--yes', '--member', 'bob'])).toMatchObject({ code: 0 })
    const file = join(other.env['HOME']!, 'environment')
    const server = spawn(process.execPath, [PROGRAM, 'serve', '--port', '0', '--environment', file], {
      cwd: other.repository,
      env: { ...process.env, ...other.env },
      stdio: ['ignore', 'pipe', 'ignore']
    })
    started.push(server)
    await new Promise(resolve => server.stdout.once('data', resolve))
    const env = Object.fromEntries(
      fs
        .readFileSync(file, 'utf8')
        .split('\n')
        .map(line => /^(?:export )?(\w+)='?([^']*)'?$/.exec(line)?.slice(1) ?? [])
        .filter(pair => pair.length === 2)
    ) as Record<string, string>
    const url = env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] ?? env['AWS_ENDPOINT_URL']!
    const credentials = {
      accessKeyId: env['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY']!
    }
    await fill(url, credentials, env['AWS_REGION']!, requests.slice(-3))
    const args = ['import', '--from', 'endpoint', '--prefix', 'other/', '--endpoint-url', url]
    expect(place.run(args, { env })).toEqual({ code: 0, stdout: 'created 3 secrets\n', stderr: '' })
    const before = commits()
    expect(place.run(args, { env })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing to import')
    })
    expect(commits()).toBe(before)
    expect(
      place.run([...args.slice(0, -1), 'http://127.0.0.1:1'], { env: { ...env, AWS_MAX_ATTEMPTS: '1' } })
    ).toMatchObject({
      code: 255,
      stderr: expect.stringMatching(/^git-vault: aws failed: .*127\.0\.0\.1:1.*\n$/)
    })
  })
})

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address!.port : 0))
    })
  })
}

async function answering(url: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const answered = await fetch(url).then(
      () => true,
      () => false
    )
    if (answered) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`nothing answers at ${url}`)
}
