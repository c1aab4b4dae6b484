import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { VaultError } from '../../src/index.js'
import { listStrictly, makeVault, restoreVault, rounds, token, top, type TestVault } from './fixture.js'

/** One secret with two versions: small enough to change every byte of every file. */
let box: TestVault
const SecretId = 'db'
const OTHER = 'x/other'
const reads: [string, () => Promise<unknown>][] = [
  ['AWSCURRENT', () => box.api.getSecretValue({ SecretId })],
  ['AWSPREVIOUS', () => box.api.getSecretValue({ SecretId, VersionStage: 'AWSPREVIOUS' })],
  ['describe', () => box.api.describeSecret({ SecretId })],
  ['list', () => listStrictly(box.api)]
]
let truth: unknown[]
let files: string[]
let pristine: string
const CURRENT = `vault/secrets/db/versions/${token('two')}.yaml`
const PREVIOUS = `vault/secrets/db/versions/${token('one')}.yaml`

beforeAll(async () => {
  box = await makeVault()
  await box.api.createSecret({ Name: SecretId, SecretString: 'one', ClientRequestToken: token('one') })
  await box.api.putSecretValue({ SecretId, SecretString: 'two', ClientRequestToken: token('two') })
  // Read once, so that the day of the last access is the same from here on.
  await box.api.getSecretValue({ SecretId })
  await box.api.getSecretValue({ SecretId, VersionStage: 'AWSPREVIOUS' })
  files = box.files()
  await takeForRight()
})

async function takeForRight(): Promise<void> {
  truth = await Promise.all(reads.map(([, read]) => read()))
  pristine = fs.mkdtempSync(join(top, 'pristine-'))
  fs.cpSync(box.path('vault'), pristine, { recursive: true })
}

/** Restores the vault after each test. */
afterEach(() => restoreVault(box, pristine))

/** The reads that can depend on a file. */
function touched(path: string): typeof reads {
  if (path === CURRENT) return reads.slice(0, 1)
  if (path === PREVIOUS) return reads.slice(1, 2)
  return reads
}

/** Alternates between the two values and the two descriptions. A long run reads all four. */
function inTurn(path: string, at: number): typeof reads {
  const all = touched(path)
  return rounds(1) > 1 || all.length === 1 ? all : all.filter((_, index) => index % 2 === at % 2)
}

/** Returns the faults of the answers while `path` is changed: `[]` if each is right or is a refusal that names the file. */
async function wrong(path: string, what: string, among = reads): Promise<string[]> {
  const faults: string[] = []
  for (const [name, read] of among) {
    const index = reads.findIndex(([other]) => other === name)
    let answer: unknown
    try {
      answer = await read()
    } catch (error) {
      const refused = error instanceof VaultError && ['DocumentRefused', 'VaultNotFound'].includes(error.code)
      if (!refused || !error.message.includes(path))
        faults.push(
          `${what}: ${name}: ${error instanceof Error ? `${error.name}: ${error.message}` : 'thrown'}`
        )
      continue
    }
    try {
      expect(answer).toEqual(truth[index])
    } catch {
      faults.push(`${what}: ${name}: a wrong answer: ${JSON.stringify(answer)}`)
    }
  }
  return faults
}

/** Checks the answers with the file changed, then restores it. */
async function changed(path: string, change: () => void, what = path, among = touched(path)) {
  const original = fs.readFileSync(box.path(path))
  try {
    change()
    return await wrong(path, what, among)
  } finally {
    fs.rmSync(box.path(path), { recursive: true, force: true })
    fs.mkdirSync(dirname(box.path(path)), { recursive: true })
    fs.writeFileSync(box.path(path), original)
  }
}

async function expectUnharmed(): Promise<void> {
  expect(await Promise.all(reads.map(([, read]) => read()))).toEqual(truth)
  expect(box.status()).toBe('')
}

const kinds = [
  ['.vaultrc', /^\.vaultrc$/],
  ['.gitattributes', /^\.gitattributes$/],
  ['access.yaml', /access\.yaml$/],
  ['a key', /keys\//],
  ['secret.yaml', /secret\.yaml$/],
  ['stages.yaml', /stages\.yaml$/],
  ['versions', /versions\//]
] as const
const chosen = (pattern: RegExp) => files.filter(path => pattern.test(path))

describe('one bit flipped in each byte of', () => {
  it.each(kinds)(
    '%s: the error names the file, or the answer is right',
    { timeout: 600_000 },
    async (_, pattern) => {
      expect(chosen(pattern)).not.toEqual([])
      const faults: string[] = []
      for (const path of chosen(pattern)) {
        const original = fs.readFileSync(box.path(path))
        for (let at = 0; at < original.length; at++) {
          for (let round = 0; round < Math.min(8, rounds(1)); round++) {
            const bytes = Buffer.from(original)
            // This covers every bit position: 5 and 8 have no common factor.
            bytes[at]! ^= 1 << ((at * 5 + round) % 8)
            fs.writeFileSync(box.path(path), bytes)
            faults.push(...(await wrong(path, `${path} byte ${at} round ${round}`, inTurn(path, at))))
          }
        }
        fs.writeFileSync(box.path(path), original)
      }
      expect(faults).toEqual([])
      await expectUnharmed()
    }
  )
})

describe('truncated, extended or emptied', () => {
  it.each(kinds)('%s', async (_, pattern) => {
    const faults: string[] = []
    for (const path of chosen(pattern)) {
      const original = fs.readFileSync(box.path(path))
      const write = (bytes: Uint8Array) => () => fs.writeFileSync(box.path(path), bytes)
      for (let length = 0; length < original.length; length += 16)
        faults.push(
          ...(await changed(path, write(original.subarray(0, length)), `${path} cut to ${length} bytes`))
        )
      for (const extra of ['\0', '\n', ' ', 'x', '# x\n', 'x: y\n', '---\n', '...\n', '\ufeff', '\xff'])
        faults.push(
          ...(await changed(
            path,
            write(Buffer.concat([original, Buffer.from(extra, 'latin1')])),
            `${path} and ${JSON.stringify(extra)}`
          ))
        )
      faults.push(
        ...(await changed(path, write(Buffer.concat([original, original])), `${path} twice`)),
        ...(await changed(path, write(Buffer.alloc(5 << 20, ' ')), `${path} as 5 MiB of spaces`)),
        ...(await changed(path, write(Buffer.alloc(original.length)), `${path} as zeros`))
      )
    }
    expect(faults).toEqual([])
    await expectUnharmed()
  })
})

describe('a file replaced by something else', () => {
  it.each(kinds)('a symbolic link to the right content: %s', async (_, pattern) => {
    const faults: string[] = []
    for (const path of chosen(pattern)) {
      const aside = box.path('.git/aside')
      const link = () => {
        fs.copyFileSync(box.path(path), aside)
        fs.rmSync(box.path(path))
        fs.symlinkSync(aside, box.path(path))
      }
      faults.push(...(await changed(path, link)))
    }
    expect(faults).toEqual([])
    await expectUnharmed()
  })

  it.each(kinds)('a folder: %s', async (_, pattern) => {
    const faults: string[] = []
    for (const path of chosen(pattern)) {
      const folder = () => {
        fs.rmSync(box.path(path))
        fs.mkdirSync(box.path(path))
      }
      faults.push(...(await changed(path, folder)))
    }
    expect(faults).toEqual([])
    await expectUnharmed()
  })

  it.runIf(process.platform !== 'win32').each(kinds)(
    'a pipe without a writer does not block: %s',
    { timeout: 10_000 },
    async (_, pattern) => {
      const faults: string[] = []
      for (const path of chosen(pattern)) {
        const pipe = () => {
          fs.rmSync(box.path(path))
          execFileSync('mkfifo', [box.path(path)])
        }
        faults.push(...(await changed(path, pipe)))
      }
      expect(faults).toEqual([])
      await expectUnharmed()
    }
  )

  it('a removed file: the error names it, unless the whole secret is removed', async () => {
    const faults: string[] = []
    for (const path of files.filter(file => file !== '.gitattributes'))
      faults.push(...(await changed(path, () => fs.rmSync(box.path(path)))))
    expect(faults).toEqual([])
    await expectUnharmed()
  })
})

describe('valid documents in wrong places', () => {
  beforeAll(async () => {
    await box.api.createSecret({ Name: OTHER, SecretString: 'o1', ClientRequestToken: token('one') })
    await box.api.putSecretValue({ SecretId: OTHER, SecretString: 'o2', ClientRequestToken: token('two') })
    await takeForRight()
  })

  const swap = (a: string, b: string) => {
    const [one, two] = [a, b].map(path => fs.readFileSync(box.path(path))) as [Buffer, Buffer]
    fs.writeFileSync(box.path(a), two)
    fs.writeFileSync(box.path(b), one)
  }

  it('the two version files of one secret, swapped', async () => {
    swap(CURRENT, PREVIOUS)
    expect(await wrong(CURRENT, 'swapped', reads.slice(0, 1))).toEqual([])
    expect(await wrong(PREVIOUS, 'swapped', reads.slice(1, 2))).toEqual([])
    await expect(box.api.getSecretValue({ SecretId })).rejects.toMatchObject({ code: 'DocumentRefused' })
    swap(CURRENT, PREVIOUS)
    await expectUnharmed()
  })

  it('a version’s file under another secret, under the same token', async () => {
    const other = `vault/secrets/x/other/versions/${token('two')}.yaml`
    swap(CURRENT, other)
    expect(await wrong(CURRENT, 'swapped', reads.slice(0, 1))).toEqual([])
    await expect(box.api.getSecretValue({ SecretId })).rejects.toMatchObject({ code: 'DocumentRefused' })
    await expect(box.api.getSecretValue({ SecretId: OTHER })).rejects.toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringContaining(other)
    })
    swap(CURRENT, other)
    await expectUnharmed()
  })

  it.each(['stages.yaml', 'secret.yaml'])('%s of two secrets, swapped', async file => {
    const [mine, others] = [`vault/secrets/db/${file}`, `vault/secrets/x/other/${file}`] as const
    swap(mine, others)
    for (const [path, name] of [
      [mine, SecretId],
      [others, OTHER]
    ] as const) {
      const refused = { code: 'DocumentRefused', message: expect.stringContaining(path) as string }
      await expect(box.api.getSecretValue({ SecretId: name })).rejects.toMatchObject(refused)
      await expect(box.api.describeSecret({ SecretId: name })).rejects.toMatchObject(refused)
    }
    await expect(listStrictly(box.api)).rejects.toMatchObject({ code: 'DocumentRefused' })
    swap(mine, others)
    await expectUnharmed()
  })

  it('a whole secret in another’s folder', async () => {
    fs.renameSync(box.path('vault/secrets/db'), box.path('vault/aside'))
    fs.cpSync(box.path('vault/secrets/x/other'), box.path('vault/secrets/db'), { recursive: true })
    for (const [, read] of reads) {
      await expect(read()).rejects.toMatchObject({
        code: 'DocumentRefused',
        message: expect.stringContaining('vault/secrets/db/') as string
      })
    }
    fs.rmSync(box.path('vault/secrets/db'), { recursive: true })
    fs.renameSync(box.path('vault/aside'), box.path('vault/secrets/db'))
    await expectUnharmed()
  })

  it('a secret in a folder of no name', async () => {
    fs.cpSync(box.path('vault/secrets/db'), box.path('vault/secrets/copy'), { recursive: true })
    // a file that git does not track is no secret
    box.git('add', 'vault/secrets/copy')
    await expect(listStrictly(box.api)).rejects.toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringContaining('vault/secrets/copy/') as string
    })
    expect(await wrong('vault/secrets/copy', 'copied', reads.slice(0, 3))).toEqual([])
    fs.rmSync(box.path('vault/secrets/copy'), { recursive: true })
    box.git('reset', '-q')
    await expectUnharmed()
  })

  it('a key file of another vault or of another generation', async () => {
    const other = await makeVault('other')
    const key = 'vault/keys/default/1.yaml'
    const foreign = () => fs.copyFileSync(other.path(key), box.path(key))
    expect(await changed(key, foreign)).toEqual([])
    const original = fs.readFileSync(box.path(key))
    foreign()
    await expect(box.api.getSecretValue({ SecretId })).rejects.toMatchObject({ code: 'DocumentRefused' })
    fs.writeFileSync(box.path(key), original)
    fs.renameSync(box.path(key), box.path('vault/keys/default/2.yaml'))
    await expect(box.api.getSecretValue({ SecretId })).rejects.toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringContaining(key) as string
    })
    fs.renameSync(box.path('vault/keys/default/2.yaml'), box.path(key))
    await expectUnharmed()
  })

  it('another vault’s documents, each alone and all together', async () => {
    const other = await makeVault('other')
    await other.api.createSecret({ Name: SecretId, SecretString: 'b1', ClientRequestToken: token('one') })
    await other.api.putSecretValue({ SecretId, SecretString: 'b2', ClientRequestToken: token('two') })
    const faults: string[] = []
    for (const path of files) {
      faults.push(...(await changed(path, () => fs.copyFileSync(other.path(path), box.path(path)))))
    }
    expect(faults).toEqual([])
    const mine = box.path('vault')
    fs.renameSync(mine, box.path('.git/aside-vault'))
    fs.cpSync(other.path('vault'), mine, { recursive: true })
    expect(await wrong('vault/access.yaml', 'another vault')).toEqual([])
    await expect(box.api.getSecretValue({ SecretId })).rejects.toMatchObject({ code: 'DocumentRefused' })
    fs.rmSync(mine, { recursive: true })
    fs.renameSync(box.path('.git/aside-vault'), mine)
    await expectUnharmed()
  })
})

describe('folders', () => {
  const linked = async (path: string) => {
    fs.renameSync(box.path(path), box.path('.git/aside-folder'))
    fs.symlinkSync(box.path('.git/aside-folder'), box.path(path))
    try {
      return await wrong(path, `${path} is a link`)
    } finally {
      fs.rmSync(box.path(path))
      fs.renameSync(box.path('.git/aside-folder'), box.path(path))
    }
  }

  it.each([
    'vault',
    'vault/keys',
    'vault/keys/default',
    'vault/secrets',
    'vault/secrets/db',
    'vault/secrets/db/versions'
  ])('%s as a symbolic link to the right content', async path => {
    expect(await linked(path)).toEqual([])
    await expectUnharmed()
  })

  it('a write refuses to follow a link as well', async () => {
    fs.renameSync(box.path('vault/secrets/db'), box.path('.git/aside-folder'))
    fs.symlinkSync(box.path('.git/aside-folder'), box.path('vault/secrets/db'))
    const head = box.head()
    await expect(box.api.putSecretValue({ SecretId, SecretString: 'x' })).rejects.toMatchObject({
      code: 'RepositoryState',
      message: expect.stringContaining('vault/secrets/db') as string
    })
    expect(box.head()).toBe(head)
    fs.rmSync(box.path('vault/secrets/db'))
    fs.renameSync(box.path('.git/aside-folder'), box.path('vault/secrets/db'))
    await expectUnharmed()
  })
})

it('line endings do not affect signatures', async () => {
  for (const path of files) {
    const crlf = () => fs.writeFileSync(box.path(path), box.read(path).replaceAll('\n', '\r\n'))
    const original = fs.readFileSync(box.path(path))
    crlf()
    for (const [index, [, read]] of reads.entries()) expect(await read()).toEqual(truth[index])
    fs.writeFileSync(box.path(path), original)
  }
  await expectUnharmed()
})
