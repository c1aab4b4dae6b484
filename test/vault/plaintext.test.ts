import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { hash, sodium, sodiumReady } from '../../src/core/sodium.js'
import { failure, makeVault, token, type TestVault } from './fixture.js'
import { startDriver, walk } from './process.js'

const LINUX = process.platform === 'linux'

/** All values that the puts below write: text and bytes, short and long. */
const values = [
  `plain ${randomBytes(12).toString('hex')}`,
  `line one ${randomBytes(12).toString('hex')}\nline two`,
  randomBytes(3000).toString('base64')
]
const bytes = [randomBytes(24), randomBytes(5000)]
const plaintexts = [...values.map(value => Buffer.from(value)), ...bytes]

let box: TestVault
let sampled: Sampled
const output: string[] = []

beforeAll(async () => {
  await sodiumReady
  box = await makeVault()
  const sampler = LINUX ? startSampler(values) : undefined
  await sampler?.ready
  const SecretId = 'prod/db'
  await box.api.createSecret({ Name: SecretId, SecretString: values[0], ClientRequestToken: token('0') })
  for (const [index, value] of values.entries()) {
    const put = { SecretId, SecretString: value, ClientRequestToken: token(`s${index}`) }
    output.push(JSON.stringify(await box.api.putSecretValue(put)))
    output.push(JSON.stringify(await box.api.putSecretValue(put)))
    output.push(JSON.stringify(await failure(box.api.putSecretValue({ ...put, SecretString: 'other' }))))
  }
  for (const [index, value] of bytes.entries()) {
    const put = { SecretId, SecretBinary: new Uint8Array(value), ClientRequestToken: token(`b${index}`) }
    output.push(JSON.stringify(await box.api.putSecretValue(put)))
  }
  const tooLong = values[0]!.repeat(5000)
  output.push(JSON.stringify(await failure(box.api.putSecretValue({ SecretId, SecretString: tooLong }))))
  await box.api.getSecretValue({ SecretId })
  output.push(JSON.stringify(await box.api.describeSecret({ SecretId })))
  output.push(JSON.stringify(await box.api.listSecrets()))
  output.push(JSON.stringify(await box.api.listSecretVersionIds({ SecretId, IncludeDeprecated: true })))
  output.push(...box.notices)
  sampled = sampler ? await sampler.stop() : { processes: 0, found: [] }
})

/** Texts and bytes that would reveal a value to a reader without a key, or let them test a guess. */
function traces(): Buffer[] {
  const all: Buffer[] = []
  for (const plaintext of plaintexts) {
    all.push(plaintext.subarray(0, 24), plaintext.subarray(-24))
    all.push(Buffer.from(plaintext.toString('hex').slice(0, 32)))
    all.push(Buffer.from(plaintext.toString('base64').slice(0, 24)))
    all.push(Buffer.from(plaintext.toString('base64url').slice(0, 24)))
    all.push(Buffer.from(encodeURIComponent(plaintext.toString('latin1')).slice(0, 30)))
    const blob = Buffer.concat([Buffer.from(`blob ${plaintext.length}\0`), plaintext])
    const forms = [plaintext, blob, Buffer.concat([plaintext, Buffer.from('\n')])]
    for (const form of forms) {
      const digests = ['sha1', 'sha256', 'sha512', 'md5', 'blake2b512', 'blake2s256', 'sha3-256'].map(name =>
        createHash(name).update(form).digest()
      )
      digests.push(Buffer.from(hash(form)), Buffer.from(sodium.crypto_generichash(16, form, null)))
      digests.push(Buffer.from(sodium.crypto_generichash(64, form, null)))
      // A truncated digest is enough: eight bytes allow testing a guess.
      for (const digest of digests) {
        all.push(digest.subarray(0, 8))
        all.push(Buffer.from(digest.toString('hex').slice(0, 16)))
        all.push(Buffer.from(digest.toString('hex').slice(0, 16).toUpperCase()))
        all.push(Buffer.from(digest.toString('base64').slice(0, 11)))
        all.push(Buffer.from(digest.toString('base64url').slice(0, 11)))
      }
    }
  }
  return all
}

/** Returns the needles that are in the haystack, shortened, because test output goes into logs too. */
const found = (haystack: Buffer): string[] =>
  traces()
    .filter(trace => haystack.includes(trace))
    .map(trace => trace.toString('latin1').slice(0, 12))

const objects = (): Buffer =>
  execFileSync('git', ['cat-file', '--batch-all-objects', '--batch'], { cwd: box.root, maxBuffer: 1 << 28 })

describe('neither a value nor a digest of one is', () => {
  it('in the work tree', () => {
    const files = box.files().map(path => readFileSync(box.path(path)))
    expect(files.length).toBeGreaterThan(8)
    for (const file of files) expect(found(file)).toEqual([])
  })

  it('in any of git’s objects, reachable or not', () => {
    const all = objects()
    expect(all.toString('latin1')).toContain('kind: git-vault/version')
    expect(found(all)).toEqual([])
  })

  it('in this clone’s memory, the reflog, or anywhere else below .git', () => {
    const files = walk(box.path('.git')).filter(path => !path.includes('/objects/'))
    expect(files.filter(path => path.includes('git-vault/seen/'))).not.toEqual([])
    expect(files.filter(path => path.includes('git-vault/accessed/'))).not.toEqual([])
    for (const path of files) {
      let content
      try {
        content = readFileSync(path)
      } catch {
        continue // a folder
      }
      expect(found(content), path).toEqual([])
    }
  })

  it('in names of files and refs', () => {
    const names = [...walk(box.path('.git')), ...box.files()].join('\n')
    expect(found(Buffer.from(`${names}\n${box.git('for-each-ref')}`))).toEqual([])
  })

  it('in responses, errors or notices', () => {
    expect(output.join('\n')).toContain('ResourceExistsException')
    expect(output.join('\n')).toContain('ValidationException')
    expect(found(Buffer.from(output.join('\n')))).toEqual([])
  })

  it('in a leftover temporary file', () => {
    const left = [...walk(box.path('.git')), ...box.files()].filter(path => /\.tmp$|\.lock$|tmp_/.test(path))
    expect(left).toEqual([])
  })

  it('and the search would find a value', () => {
    const sha1 = createHash('sha1').update(values[0]!).digest('hex')
    expect(found(Buffer.from(`x ${sha1} y`))).not.toEqual([])
    expect(found(Buffer.from(`x ${values[1]} y`))).not.toEqual([])
    expect(found(Buffer.from(`x ${bytes[1]!.toString('base64')} y`))).not.toEqual([])
  })
})

describe.runIf(LINUX)('on Linux, while puts run (other systems have no /proc)', () => {
  it('no process has a value in its arguments or its environment', () => {
    expect(sampled.found).toEqual([])
  })

  it('and git’s processes were checked', () => {
    expect(sampled.processes).toBeGreaterThan(3)
  })

  it('nor does a program that uses the library have one, unless it passes it itself', async () => {
    const SecretId = 'prod/other'
    const sampler = startSampler(['value 1 of', 'value 2 of', 'value 3 of'])
    await sampler.ready
    const driver = startDriver({ directory: box.root, name: SecretId, create: true, count: 3 })
    const { code } = await driver.ended
    const { found, processes } = await sampler.stop()
    expect({ code, errors: driver.errors() }).toEqual({ code: 0, errors: '' })
    expect(found).toEqual([])
    expect(processes).toBeGreaterThan(1)
  })
})

interface Sampled {
  /** The number of git processes that were seen. */
  readonly processes: number
  /** Where a needle was seen, such as `cmdline of 123`. */
  readonly found: string[]
}

/** Repeatedly reads all processes' arguments and environments, in a separate process. */
function startSampler(needles: readonly string[]) {
  const program = `
    const fs = require('node:fs')
    let text = ''
    process.stdin.on('data', chunk => (text += chunk)).on('end', () => {
      const needles = JSON.parse(text).map(needle => Buffer.from(needle))
      const found = new Set(), git = new Set()
      let running = true
      process.on('SIGTERM', () => (running = false))
      process.stdout.write('ready\\n')
      const look = () => {
        for (const pid of fs.readdirSync('/proc')) {
          if (!/^[0-9]+$/.test(pid)) continue
          for (const file of ['cmdline', 'environ']) {
            try {
              const content = fs.readFileSync('/proc/' + pid + '/' + file)
              if (file === 'cmdline' && /(^|\\/)git\\0/.test(content.toString('latin1')) && content.includes(${JSON.stringify(box.root)})) git.add(pid)
              if (needles.some(needle => content.includes(needle))) found.add(file + ' of ' + pid)
            } catch {}
          }
        }
        if (running) return setImmediate(look)
        process.stdout.write(JSON.stringify({ processes: git.size, found: [...found] }) + '\\n', () => process.exit(0))
      }
      look()
    })`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  let text = ''
  const ready = new Promise<void>(resolve =>
    child.stdout.on('data', chunk => {
      text += String(chunk)
      if (text.startsWith('ready\n')) resolve()
    })
  )
  // Not as an argument, or it would find itself.
  child.stdin.end(JSON.stringify(needles))
  const closed = new Promise<void>(resolve => child.once('close', () => resolve()))
  return {
    ready,
    async stop(): Promise<Sampled> {
      child.kill('SIGTERM')
      await closed
      return JSON.parse(text.slice('ready\n'.length)) as Sampled
    }
  }
}

it.runIf(LINUX)('the sampler finds a needle in arguments and in the environment', async () => {
  const needle = `needle-${randomBytes(8).toString('hex')}`
  const sampler = startSampler([needle])
  await sampler.ready
  for (const [args, env] of [
    [[needle], {}],
    [[], { NEEDLE: needle }]
  ] as const) {
    const wait = 'setTimeout(() => {}, 300)'
    const child = spawn(process.execPath, ['-e', wait, ...args], { env: { ...process.env, ...env } })
    await new Promise(resolve => child.once('close', resolve))
  }
  const kinds = (await sampler.stop()).found.map(place => place.split(' ')[0])
  expect(kinds.sort()).toEqual(['cmdline', 'environ'])
})
