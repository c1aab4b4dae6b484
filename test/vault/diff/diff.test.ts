import * as fs from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { diff, type Difference } from '../../../src/vault/diff/diff.js'
import type { Vault } from '../../../src/vault/vault.js'
import { grant, removeMember } from '../../../src/vault/team/team.js'
import { cloneOf, failure, makeVault, token, type TestVault } from '../fixture.js'
import { admit, rights } from '../people.js'

async function differences(
  box: TestVault,
  words: readonly string[],
  { showValues, vault }: { showValues?: boolean; vault?: Vault } = {}
): Promise<Difference[]> {
  const opened = vault ?? (await box.internal())
  const found: Difference[] = []
  for await (const one of diff(opened, { words, showValues: showValues ?? false })) found.push(one)
  await opened.close()
  return found
}

/** Each changed fact as `- topic name`, `+ topic name` or `~ topic name`. */
const signs = ({ facts }: Difference): string[] =>
  facts
    .map(({ topic, name, before, after }) => {
      const sign = before === undefined ? '+' : after === undefined ? '-' : '~'
      return [sign, topic, name].filter(part => part !== undefined).join(' ')
    })
    .sort()

const put = (box: TestVault, SecretId: string, SecretString: string, name: string) =>
  box.api.putSecretValue({ SecretId, SecretString, ClientRequestToken: token(name) })

let box: TestVault
let start: string

beforeAll(async () => {
  box = await makeVault()
  await box.api.createSecret({ Name: 'a', SecretString: 'first', ClientRequestToken: token('one') })
  await box.api.createSecret({ Name: 'a/b', SecretString: 'nested' })
  await box.api.createSecret({ Name: 'UPPER', SecretString: 'x' })
  start = box.head()
})

describe('the difference of two commits', () => {
  it('has versions, labels, tags, the description, the rotation and the deletion of a secret', async () => {
    await put(box, 'a', 'second', 'two')
    await box.api.tagResource({ SecretId: 'a', Tags: [{ Key: 'env', Value: 'prod' }] })
    await box.api.updateSecret({ SecretId: 'a', Description: 'd' })
    await box.api.deleteSecret({ SecretId: 'a' })
    const [found, ...rest] = await differences(box, [`${start}..HEAD`])
    expect(rest).toEqual([])
    expect(found).toMatchObject({ kind: 'secret', name: 'a', change: 'changed', values: [], refused: [] })
    expect(signs(found!)).toEqual([
      '+ deletion',
      '+ description',
      '+ label AWSPREVIOUS',
      '+ tag env',
      `+ version ${token('two')}`,
      '~ label AWSCURRENT'
    ])
    const [back] = await differences(box, [`HEAD..${start}`])
    expect(signs(back!)).toContain('- tag env')
    await box.api.restoreSecret({ SecretId: 'a' })
  })

  it('has members, rights, keys and recipients', async () => {
    const before = box.head()
    await admit(box, 'bob', { default: 'encrypt' })
    await grant(await box.internal(), 'bob', rights({ default: 'decrypt' }))
    const found = await differences(box, [`${before}..HEAD`])
    expect(found.map(({ kind, name, change }) => [kind, name, change])).toEqual([
      ['access', 'vault/access.yaml', 'changed'],
      ['key', 'default 1', 'changed']
    ])
    expect(signs(found[0]!)).toEqual(['+ entry 2', '+ entry 3', '+ member bob', '+ rights of bob on default'])
    expect(found[0]!.facts.at(-1)?.after).toMatch(/ by alice: grants bob decrypt on default$/)
    expect(signs(found[1]!)).toEqual(['+ recipient bob'])
  })

  it('has created and removed secrets, in any region', async () => {
    const before = box.head()
    await box.api.deleteSecret({ SecretId: 'UPPER', ForceDeleteWithoutRecovery: true })
    const vault = (await box.internal()).inRegion('eu-west-1')
    const { call } = await import('../../../src/operations/call.js')
    await call(vault, 'CreateSecret', { Name: 'x', SecretString: 'x', ClientRequestToken: token('x') })
    const found = await differences(box, [`${before}..HEAD`])
    expect(found.map(({ name, region, change }) => [name, region, change]).sort()).toEqual([
      ['UPPER', undefined, 'removed'],
      ['x', 'eu-west-1', 'added']
    ])
    expect(await differences(box, [`${before}..HEAD`, 'x'], { vault })).toHaveLength(1)
    // the home region has no such secret
    expect(await failure(differences(box, [`${before}..HEAD`, 'x']))).toMatchObject({
      code: 'ResourceNotFoundException'
    })
  })

  it('has the whole vault if the older commit has none', async () => {
    const found = await differences(box, [`${box.git('rev-list', '--max-parents=0', 'HEAD').trim()}~0..HEAD`])
    expect(found.length).toBeGreaterThan(2)
    const other = await makeVault()
    other.write('code.txt', 'x')
    other.git('checkout', '-q', '--orphan', 'code')
    other.git('rm', '-rq', '--cached', '.')
    other.git('add', 'code.txt')
    other.git('commit', '-qm', 'code')
    other.git('checkout', '-q', '-f', 'main')
    expect((await differences(other, ['code..main'])).map(({ kind, change }) => [kind, change])).toEqual([
      ['access', 'added'],
      ['key', 'added']
    ])
  })
})

describe('the words', () => {
  it('left out, mean the newest commit that changed the vault or the secret', async () => {
    await box.api.tagResource({ SecretId: 'a', Tags: [{ Key: 'newest', Value: '1' }] })
    await box.api.tagResource({ SecretId: 'a/b', Tags: [{ Key: 'newest', Value: '2' }] })
    box.write('code.txt', 'x')
    box.git('add', 'code.txt')
    box.git('commit', '-qm', 'code')
    expect((await differences(box, [])).map(({ name }) => name)).toEqual(['a/b'])
    const named = await differences(box, ['a'])
    expect(named.map(({ name }) => name)).toEqual(['a'])
    expect(signs(named[0]!)).toEqual(['+ tag newest'])
    const { ARN } = await box.api.describeSecret({ SecretId: 'a' })
    expect(await differences(box, [ARN!])).toEqual(named)
    // the first commit has no parent
    const fresh = await makeVault()
    expect((await differences(fresh, [])).map(({ change }) => change)).toEqual(['added', 'added'])
  })

  it('may be a revision, or a range, and then names', async () => {
    box.git('tag', 'v1', 'HEAD~1')
    expect(await differences(box, ['v1'])).toEqual([])
    expect((await differences(box, ['v1~2'])).map(({ name }) => name)).toEqual(['a', 'a/b'])
    expect((await differences(box, ['v1~2..', 'a/b'])).map(({ name }) => name)).toEqual(['a/b'])
    // a secret that is gone
    expect((await differences(box, ['UPPER'])).map(({ change }) => change)).toEqual(['removed'])
  })

  it('are refused if they are ambiguous or name nothing', async () => {
    box.git('branch', 'a', 'HEAD')
    expect(await failure(differences(box, ['a']))).toEqual({
      code: 'Usage',
      message: '"a" is both a revision and a secret'
    })
    box.git('branch', '-D', 'a')
    for (const [words, message] of [
      [['nothing'], 'the history has no commit or secret "nothing"'],
      [['HEAD~99'], 'there is no commit "HEAD~99"'],
      [['HEAD~99..HEAD'], 'there is no commit "HEAD~99"'],
      [['HEAD..none'], 'there is no commit "none"']
    ] as const)
      expect(await failure(differences(box, words))).toEqual({ code: 'GitFailed', message })
    expect((await failure(differences(box, ['HEAD~1...HEAD']))).code).toBe('Usage')
  })

  it('may be a name with two full stops', async () => {
    await box.api.createSecret({ Name: 'x..y', SecretString: 'v' })
    expect((await differences(box, ['x..y'])).map(({ name }) => name)).toEqual(['x..y'])
  })
})

describe('values', () => {
  const JSON_A = '{"user":"u","password":"old"}'
  const JSON_B = '{"user":"u","password":"new"}'

  it('are shown on request only, each new version against what was current', async () => {
    await box.api.createSecret({ Name: 'j', SecretString: JSON_A, ClientRequestToken: token('j1') })
    const before = box.head()
    await put(box, 'j', JSON_B, 'j2')
    expect(JSON.stringify(await differences(box, [before]))).not.toMatch(/old|new/)
    const [found] = await differences(box, [before], { showValues: true })
    expect(found?.values).toEqual([
      {
        version: token('j2'),
        before: { type: 'string', text: JSON_A },
        after: { type: 'string', text: JSON_B }
      }
    ])
    const versions = (await box.api.listSecretVersionIds({ SecretId: 'j' })).Versions
    expect(versions?.every(({ LastAccessedDate }) => LastAccessedDate !== undefined)).toBe(true)
    await box.api.updateSecretVersionStage({
      SecretId: 'j',
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: token('j2'),
      MoveToVersionId: token('j1')
    })
    const [rolledBack] = await differences(box, ['j'], { showValues: true })
    expect(rolledBack?.values.map(({ version }) => version)).toEqual([token('j1')])
    await box.api.deleteSecret({ SecretId: 'j', ForceDeleteWithoutRecovery: true })
    const [removed] = await differences(box, ['j'], { showValues: true })
    expect(removed?.values).toEqual([{ version: token('j1'), before: { type: 'string', text: JSON_A } }])
  })

  it('stay closed to a member who cannot decrypt, and are open to one who was added since', async () => {
    await box.api.createSecret({ Name: 'k', SecretString: 'k1' })
    const before = box.head()
    await put(box, 'k', 'k2', 'k2')
    const reader = await admit(box, 'reader', { default: 'decrypt' })
    const writer = await admit(box, 'writer', { default: 'encrypt' })
    const valuesOf = async (person: typeof reader) => {
      const all = await differences(box, [before, 'k'], { showValues: true, vault: await person.open(box) })
      return all.flatMap(({ values }) => values)
    }
    expect(await valuesOf(writer)).toEqual([{ version: token('k2'), closed: true }])
    expect(await valuesOf(reader)).toEqual([
      { version: token('k2'), before: { type: 'string', text: 'k1' }, after: { type: 'string', text: 'k2' } }
    ])
  })
})

describe('a state that fails verification', () => {
  it('is named, shows nothing of itself, and does not stop the others', async () => {
    const clone = await cloneOf(box)
    fs.cpSync(box.path('.git/git-vault'), clone.path('.git/git-vault'), { recursive: true })
    const before = clone.head()
    await put(clone, 'a/b', 'fine', 'fine')
    const path = 'vault/secrets/a/stages.yaml'
    clone.write(path, clone.read(path).replace(/moved: 2027/, 'moved: 2028'))
    clone.write('vault/notes.txt', 'x')
    clone.git('add', '-A')
    clone.git('commit', '-qm', 'hostile')
    const found = await differences(clone, [before], { showValues: true })
    expect(found.map(({ kind, name, refused }) => [kind, name, refused.length])).toEqual([
      ['file', 'vault/notes.txt', 0],
      ['secret', 'a', 1],
      ['secret', 'a/b', 0]
    ])
    expect(found[1]!.refused[0]).toMatch(/stages\.yaml: the signature does not verify$/)
    expect(found[1]!.values).toEqual([])
    expect(JSON.stringify(found[1])).not.toContain('2028')
  })

  it('is shown if it was accepted when a former member wrote it, and named if it is the newer one', async () => {
    const bob = await admit(box, 'former', { default: 'decrypt encrypt' })
    await box.api.createSecret({ Name: 'f', SecretString: 'f1', ClientRequestToken: token('f1') })
    const before = box.head()
    const request = { SecretId: 'f', SecretString: 'f2', ClientRequestToken: token('f2') }
    await bob.call(box, 'PutSecretValue', request)
    const written = box.head()
    await removeMember(await box.internal(), 'former', () => undefined)
    await put(box, 'f', 'f3', 'f3')
    const [across] = await differences(box, [written, 'f'], { showValues: true })
    expect(across).toMatchObject({ refused: [], outdated: [] })
    expect(signs(across!)).toContain(`+ version ${token('f3')}`)
    expect(across!.values[0]?.before).toEqual({ type: 'string', text: 'f2' })
    const [then] = await differences(box, [`${before}..${written}`, 'f'])
    expect(signs(then!)).toContain(`+ version ${token('f2')}`)
    expect(then!.outdated).toEqual([expect.stringMatching(/signed by former, who may not sign it$/)])
  })

  it('is a whole commit if its access log forks', async () => {
    const clone = await cloneOf(box)
    fs.cpSync(box.path('.git/git-vault'), clone.path('.git/git-vault'), { recursive: true })
    await clone.reopen()
    await admit(box, 'here', {})
    await admit(clone, 'there', {})
    clone.git('fetch', '-q', box.root, 'main')
    expect((await failure(differences(clone, ['HEAD..FETCH_HEAD']))).message).toMatch(/forks/)
  })
})

it('reads as much as differs, however large the vault is', async () => {
  const reads = async (size: number): Promise<number> => {
    const large = await makeVault()
    for (let number = 0; number < size; number++)
      await large.api.createSecret({ Name: `folder${number % 3}/s${number}`, SecretString: 'x' })
    await put(large, 'folder1/s1', 'y', 'y')
    const vault = await large.internal()
    let count = 0
    const { repository } = vault
    const blob = repository.blob.bind(repository)
    repository.blob = async (id, limit) => {
      count++
      return blob(id, limit)
    }
    expect(await differences(large, ['HEAD~1'], { vault })).toHaveLength(1)
    return count
  }
  expect(await reads(20)).toBe(await reads(3))
})

describe('names and regions', () => {
  it('a name that neither commit has is an error, with the nearest name', async () => {
    expect(await failure(differences(box, [`${start}..HEAD`, 'a', 'UPER']))).toEqual({
      code: 'ResourceNotFoundException',
      message: 'neither commit has a secret "UPER"'
    })
    await expect(differences(box, [`${start}..HEAD`, 'a/bb'])).rejects.toMatchObject({
      hint: 'did you mean a/b?'
    })
  })

  it('a secret without a difference is none', async () => {
    expect(await differences(box, [`${start}..${start}`, 'a', 'a/b'])).toEqual([])
  })

  it('a region without a name shows the secrets of that region only', async () => {
    const own = await makeVault()
    await own.api.createSecret({ Name: 'home', SecretString: 'x', ClientRequestToken: token('home') })
    const from = own.head()
    const { call } = await import('../../../src/operations/call.js')
    const there = (await own.internal()).inRegion('eu-west-3')
    await call(there, 'CreateSecret', { Name: 'away', SecretString: 'x', ClientRequestToken: token('away') })
    await own.api.putSecretValue({ SecretId: 'home', SecretString: 'y', ClientRequestToken: token('y') })
    const namesIn = async (region: string | undefined, words: string[]): Promise<string[]> => {
      const vault = (await own.internal()).inRegion(region)
      const names: string[] = []
      for await (const { name } of diff(vault, { words, region })) names.push(name)
      return names
    }
    const range = [`${from}..HEAD`]
    expect(await namesIn(undefined, range)).toEqual(['away', 'home'])
    expect(await namesIn('eu-west-3', range)).toEqual(['away'])
    expect(await namesIn('local', range)).toEqual(['home'])
    // the newest commit that changed this region
    expect(await namesIn('eu-west-3', [])).toEqual(['away'])
  })
})
