import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { openVault } from '../../../src/index.js'
import { removeMember } from '../../../src/vault/team/team.js'
import { cloneOf, failure, makeVault, scratch, token, type TestVault } from '../fixture.js'
import { admit, as, check, checkRange, commitAll } from './verifyKit.js'

const STAGES = 'vault/secrets/prod/db/stages.yaml'
const BACK = 'prod/db was removed by an earlier commit, and is back'

let box: TestVault
let start: string

beforeEach(async () => {
  box = await makeVault()
  await box.api.createSecret({ Name: 'prod/db', SecretString: '1', ClientRequestToken: token(1) })
  start = box.head()
})

const put = (SecretString: string) => box.api.putSecretValue({ SecretId: 'prod/db', SecretString })
const force = () => box.api.deleteSecret({ SecretId: 'prod/db', ForceDeleteWithoutRecovery: true })
const found = async (range = `${start}..HEAD`) => (await checkRange(box, range)).found

describe('a range that moves the vault', () => {
  it('to an older copy with a value of a removed member is a problem', async () => {
    const bob = await admit(box, 'bob', new Map([['default', ['decrypt', 'encrypt', 'manage']]]))
    await as(bob, async () =>
      (await openVault(box.options)).putSecretValue({ SecretId: 'prod/db', SecretString: 'bad' })
    )
    const copy = scratch('copy')
    fs.cpSync(box.path('vault'), copy, { recursive: true })
    await removeMember(await box.internal(), 'bob', () => undefined)
    start = box.head()
    fs.cpSync(copy, box.path('copy'), { recursive: true })
    box.write('.vaultrc', box.read('.vaultrc').replace(/vault: \S+/, 'vault: copy'))
    commitAll(box, 'move')
    expect(await found()).toEqual(['move | .vaultrc: moves the vault from "vault" to "copy"'])
    // and back, so that only the path of the range shows it
    box.git('revert', '--no-edit', 'HEAD')
    expect(await found()).toHaveLength(1)
  })

  it.each([
    ['removes .vaultrc', () => fs.rmSync(box.path('.vaultrc')), 'missing'],
    ['makes it a link', () => link('.vaultrc', 'elsewhere'), /not a regular file/],
    ['damages it', () => box.write('.vaultrc', 'vault: ../out\n'), /\S/]
  ])('or %s is a problem', async (_, spoil, reason) => {
    spoil()
    commitAll(box, 'spoil')
    const [problem, ...others] = await found()
    expect(others).toEqual([])
    expect(problem).toMatch(/^spoil \| \.vaultrc/)
    expect(problem?.replace(/^spoil \| \.vaultrc:? /, '')).toMatch(reason)
  })

  it('by the merge of a branch that moved it is a problem of the merge, too', async () => {
    box.git('checkout', '-q', '-b', 'side')
    fs.cpSync(box.path('vault'), box.path('copy'), { recursive: true })
    box.write('.vaultrc', box.read('.vaultrc').replace(/vault: \S+/, 'vault: copy'))
    commitAll(box, 'move')
    box.git('checkout', '-q', 'main')
    await put('2')
    box.git('merge', '-q', '--no-edit', 'side')
    expect((await found()).map(line => line.replace(/ \|.*/, ''))).toEqual(['move', "Merge branch 'side'"])
  })
})

describe('a range that brings back', () => {
  it('the files of a removed secret is a problem, by whatever commits', async () => {
    await force()
    box.git('revert', '--no-edit', 'HEAD')
    expect(await found()).toEqual([expect.stringContaining(`| ${STAGES}: ${BACK}`)])
  })

  it('them after other commits and other removals is a problem', async () => {
    await put('2')
    await force()
    await box.api.createSecret({ Name: 'other', SecretString: 'x' })
    box.git('checkout', '-q', start, '--', 'vault/secrets/prod')
    commitAll(box, 'bring back')
    expect(await found()).toEqual([`bring back | ${STAGES}: ${BACK}`])
    fs.rmSync(box.path('vault/secrets/prod'), { recursive: true })
    commitAll(box, 'PurgeSecrets')
    box.git('checkout', '-q', start, '--', 'vault/secrets/prod')
    commitAll(box, 'again')
    expect((await found()).map(line => line.replace(/ \|.*/, ''))).toEqual(['bring back', 'again'])
  })

  it('an older state in two steps, through the removal, is a problem', async () => {
    await put('2')
    start = box.head()
    fs.rmSync(box.path('vault/secrets/prod'), { recursive: true })
    commitAll(box, 'DeleteSecret prod/db')
    box.git('checkout', '-q', 'HEAD~2', '--', 'vault/secrets/prod')
    commitAll(box, 'old')
    expect(await found()).toEqual([`old | ${STAGES}: ${BACK}`])
  })

  it('a removed secret by a merge that drops the removal is a problem', async () => {
    box.git('checkout', '-q', '-b', 'side')
    await box.api.createSecret({ Name: 'other', SecretString: 'x' })
    box.git('checkout', '-q', 'main')
    await force()
    box.git('checkout', '-q', 'side')
    box.git('merge', '-q', '--no-edit', '-s', 'ours', 'main')
    expect(await found()).toEqual([`Merge branch 'main' into side | ${STAGES}: ${BACK}`])
  })

  it('an older key document is a problem', async () => {
    const key = 'vault/keys/default/1.yaml'
    const before = box.read(key)
    await admit(box, 'bob', new Map([['default', ['decrypt']]]))
    box.write(key, before)
    commitAll(box, 'old key')
    expect(await found()).toEqual([
      `old key | ${key}: an older state of this key document than an earlier commit has`
    ])
  })

  it('a name under a new ARN is none', async () => {
    await force()
    box.clock.advance(1000)
    await box.api.createSecret({ Name: 'prod/db', SecretString: 'new' })
    expect(await checkRange(box, `${start}..HEAD`)).toMatchObject({ found: [], problems: 0, warnings: 0 })
  })
})

describe('a range that cannot be judged', () => {
  it('because the clone is shallow ends with an error', async () => {
    const before = start
    await put('2')
    await put('3')
    const shallow = await cloneOf(box, '--no-local', '--depth=2')
    const inside = shallow.git('rev-parse', 'HEAD~1').trim()
    expect(await checkRange(shallow, `${inside}..HEAD`, box.made.root)).toMatchObject({
      problems: 0,
      commits: 1
    })
    // a side branch whose beginning is cut off
    box.git('checkout', '-q', '-b', 'side', before)
    await box.api.createSecret({ Name: 'a', SecretString: '1' })
    await box.api.createSecret({ Name: 'b', SecretString: '1' })
    shallow.git('fetch', '-q', '--depth=2', 'origin', 'side')
    const error = await failure(checkRange(shallow, 'HEAD..FETCH_HEAD', box.made.root))
    expect(error).toMatchObject({ code: 'RepositoryState' })
    expect(error?.message).toMatch(/^cannot judge commit [0-9a-f]{40}: this clone is shallow/)
  })

  it.each(['vault', '.vaultrc', 'vault/secrets', 'vault/secrets/prod/db/stages.yaml'])(
    'because %s is in its folder twice ends with an error',
    async path => {
      await put('2')
      const commit = commitWithTwin(box, path, start)
      expect(await failure(checkRange(box, `${start}..${commit}`))).toMatchObject({
        code: 'GitFailed',
        message: expect.stringMatching(/^malformed tree: /) as string
      })
      expect(await failure(check(box, { revision: commit }))).toMatchObject({ code: 'GitFailed' })
    }
  )

  it('because the folder has another spelling beside it ends with an error', async () => {
    await put('2')
    const commit = commitWithTwin(box, 'vault', start, 'Vault')
    expect(await failure(checkRange(box, `${start}..${commit}`))).toMatchObject({
      code: 'GitFailed',
      message: expect.stringContaining('several spellings') as string
    })
  })
})

function link(path: string, target: string): void {
  fs.rmSync(box.path(path))
  fs.symlinkSync(target, box.path(path))
}

/** Commits HEAD's tree with one entry twice: as it is, and as another commit has it. git itself refuses to make this. */
function commitWithTwin(vault: TestVault, path: string, other: string, spelling?: string): string {
  const parts = path.split('/')
  const name = parts.pop()!
  const git = (args: readonly string[], input?: Buffer): string =>
    execFileSync('git', args, { cwd: vault.root, ...(input ? { input } : {}) })
      .toString()
      .trim()
  const raw = (spec: string): Buffer => execFileSync('git', ['cat-file', 'tree', spec], { cwd: vault.root })
  const entryOf = (spec: string, entry: string): Buffer => {
    const bytes = raw(spec)
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(0, at) + 21
      if (bytes.toString('utf8', bytes.indexOf(0x20, at) + 1, end - 21) === entry)
        return bytes.subarray(at, end)
      at = end
    }
    throw new Error(entry)
  }
  const at = (commit: string, folder: string) => `${commit}^{tree}`.replace('^{tree}', `:${folder}`)
  const folder = parts.join('/')
  const twin = Buffer.from(entryOf(at(other, folder), name))
  const renamed =
    spelling === undefined
      ? twin
      : Buffer.from(twin.toString('latin1').replace(` ${name}\0`, ` ${spelling}\0`), 'latin1')
  const own = raw(at('HEAD', folder))
  const place = own.indexOf(entryOf(at('HEAD', folder), name)) + twin.length
  let tree = git(
    ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'],
    Buffer.concat([own.subarray(0, place), renamed, own.subarray(place)])
  )
  for (let child = folder; child !== '';) {
    const parent = child.includes('/') ? child.slice(0, child.lastIndexOf('/')) : ''
    const base = child.slice(parent === '' ? 0 : parent.length + 1)
    const bytes = raw(at('HEAD', parent))
    const entry = entryOf(at('HEAD', parent), base)
    const place = bytes.indexOf(entry)
    const changed = Buffer.concat([entry.subarray(0, entry.length - 20), Buffer.from(tree, 'hex')])
    tree = git(
      ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'],
      Buffer.concat([bytes.subarray(0, place), changed, bytes.subarray(place + entry.length)])
    )
    child = parent
  }
  return git(['commit-tree', tree, '-p', 'HEAD', '-m', 'twin'])
}
