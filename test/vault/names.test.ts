import { beforeAll, describe, expect, it } from 'vitest'
import { makeVault, token, type TestVault } from './fixture.js'

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
})

/** Names that a file system, git or the vault's own layout could misinterpret. */
const names: [what: string, name: string][] = [
  ['512 characters in one segment', 'x'.repeat(512)],
  ['512 characters in one unportable segment', 'X'.repeat(512)],
  ['256 uppercase segments', 'A/'.repeat(255) + 'AB'],
  ['256 lowercase segments', 'a/'.repeat(255) + 'ab'],
  ['512 slashes', '/'.repeat(512)],
  ['511 slashes and a letter', '/'.repeat(511) + 'a'],
  ['five segments of 100 characters', Array.from({ length: 5 }, () => 'y'.repeat(100)).join('/')],
  ['101 characters', 'z'.repeat(101)],
  ['empty segments', '/a//b/'],
  ['one slash', '/'],
  ['two slashes', '//'],
  ['a folder of versions', 'a/versions'],
  ['below one of the vault’s files', 'a/stages.yaml/versions'],
  ['versions alone', 'versions'],
  ['one of a secret’s files', 'a/versions/x.yaml'],
  ['git’s folder', '.git/x'],
  ['git’s folder, alone', '.git'],
  ['git’s folder in capitals', '.GIT/config'],
  ['the folder above', '..'],
  ['the folder above, further down', 'a/../b'],
  ['this folder', '.'],
  ['a hidden file', '.hidden'],
  ['a Windows device', 'CON'],
  ['a Windows device, lowercase, with an extension', 'con.txt'],
  ['a device below', 'a/nul/com1'],
  ['a trailing full stop', 'x.'],
  ['an exclamation mark', '!'],
  ['an option', '--help'],
  ['a pathspec', '!a/@'],
  ['the access log', 'access.yaml'],
  ['uppercase', 'Foo'],
  ['the same in lowercase', 'foo'],
  ['all uppercase', 'FOO'],
  ['a', 'a'],
  ['a/b beside it', 'a/b'],
  ['a/secret.yaml beside it', 'a/secret.yaml'],
  ['a/stages.yaml beside it', 'a/stages.yaml'],
  ['a. beside it', 'a.'],
  ['a/ beside it', 'a/'],
  ['/a beside it', '/a'],
  ['A beside it', 'A'],
  ['a name that looks like a slug', 'foo-'],
  ['an ARN’s suffix', 'a-AbCdEf'],
  ['every other character', '-_+=.@!']
]

describe('a name survives', () => {
  const arns = new Map<string, string>()

  it.each(names)('%s', async (what, Name) => {
    const { ARN, ...rest } = await box.api.createSecret({
      Name,
      SecretString: `first of ${what}`,
      ClientRequestToken: token('first')
    })
    expect(rest).toEqual({ Name, VersionId: token('first') })
    arns.set(Name, ARN!)
    await box.api.putSecretValue({ SecretId: Name, SecretString: what })
    for (const SecretId of [Name, ARN!]) {
      expect(await box.api.getSecretValue({ SecretId })).toMatchObject({ ARN, Name, SecretString: what })
      expect(await box.api.describeSecret({ SecretId })).toMatchObject({ ARN, Name })
    }
    expect(box.status()).toBe('')
  })

  it('each together with all others, listed and read alone', async () => {
    const { SecretList } = await box.api.listSecrets({ MaxResults: 100 })
    expect(new Map(SecretList!.map(entry => [entry.Name!, entry.ARN!]))).toEqual(arns)
    for (const [what, SecretId] of names) {
      expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe(what)
      const old = await box.api.getSecretValue({ SecretId, VersionId: token('first') })
      expect(old.SecretString).toBe(`first of ${what}`)
    }
  })

  it('in files that every file system can hold', () => {
    const paths = box.files('vault')
    for (const path of paths) {
      expect(path).toMatch(/^[a-z0-9\-_+=.@!~/]+$/)
      for (const part of path.split('/')) {
        expect(part.length).toBeLessThanOrEqual(110)
        expect(part).not.toMatch(/^\.|\.$|^git~\d+$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/)
      }
    }
    expect(new Set(paths.map(path => path.toLowerCase())).size).toBe(paths.length)
  })

  it('in a repository without a git fsck error', () => {
    box.expectClean()
    expect(box.git('log', '--format=%s').split('\n')).toContain(`PutSecretValue ${'x'.repeat(512)}`)
  })
})

describe('unusual input from callers survives', () => {
  it('a 64-character token of slashes, quotes, emoji and line breaks', async () => {
    const ClientRequestToken = ['../', '"\'`', '\u{1f511}', '\n\r', '$(x)', '\\', '\u202e', '%0A', 'é']
      .join('')
      .concat('/\u{1f469}\u200d\u{1f4bb}"'.repeat(20))
      .match(/./gsu)!
      .slice(0, 64)
      .join('')
    expect([...ClientRequestToken]).toHaveLength(64)
    const SecretId = 'odd/token'
    await box.api.createSecret({ Name: SecretId, SecretString: 'a' })
    const { VersionId } = await box.api.putSecretValue({
      SecretId,
      SecretString: 'b',
      ClientRequestToken
    })
    expect(VersionId).toBe(ClientRequestToken)
    const read = await box.api.getSecretValue({ SecretId, VersionId: ClientRequestToken })
    expect(read).toMatchObject({ VersionId: ClientRequestToken, SecretString: 'b' })
    // In the message it is one line of printable ASCII, and can be decoded from that.
    const trailer = box.git('log', '-1', '--format=%(trailers:key=Client-Request-Token,valueonly)').trim()
    expect(trailer).toMatch(/^[ -~]+$/)
    expect(decodeURIComponent(trailer)).toBe(ClientRequestToken)
    expect(box.git('log', '-1', '--format=%B')).toMatch(/^[\n -~]+$/)
    box.expectClean()
  })

  it('tokens that differ only by case, or only before Unicode normalisation', async () => {
    const SecretId = 'odd/case'
    const ids = ['x'.repeat(32), 'X'.repeat(32), 'é'.repeat(32), 'e\u0301'.repeat(32)]
    await box.api.createSecret({ Name: SecretId })
    for (const id of ids) {
      await box.api.putSecretValue({ SecretId, SecretString: `of ${id}`, ClientRequestToken: id })
    }
    for (const VersionId of ids)
      expect((await box.api.getSecretValue({ SecretId, VersionId })).SecretString).toBe(`of ${VersionId}`)
    box.expectClean()
  })

  it.each([
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['256 emoji', '\u{1f511}'.repeat(256)],
    ['256 characters with the longest escape', '\u{10ffff}'.repeat(256)],
    ['256 quotes and backslashes', '"\\'.repeat(128)],
    ['a line break', 'a\nb'],
    ['a line break alone', '\n'],
    ['a forged trailer', 'x\n\nClient-Request-Token: forged'],
    ['a space', ' '],
    ['YAML', '? - : # & * ! | > \' " % @ `'],
    ['a YAML null', '~'],
    ['a number', '1'],
    ['null', 'null'],
    ['NUL and other control characters', '\0\u0007\u001b[2J\u2028'],
    ['right to left', '\u202eabc']
  ])('a label: %s', async (what, label) => {
    const SecretId = `odd/label/${what.replace(/[^a-z0-9]/g, '-')}`
    await box.api.createSecret({ Name: SecretId, SecretString: 'a', ClientRequestToken: token('a') })
    const put = await box.api.putSecretValue({ SecretId, SecretString: 'b', VersionStages: [label] })
    expect(put.VersionStages).toEqual([label])
    const read = await box.api.getSecretValue({ SecretId, VersionStage: label })
    expect(read).toMatchObject({ SecretString: 'b', VersionStages: [label] })
    const move = { SecretId, VersionStage: label }
    await box.api.updateSecretVersionStage({
      ...move,
      RemoveFromVersionId: put.VersionId,
      MoveToVersionId: token('a')
    })
    expect((await box.api.getSecretValue(move)).SecretString).toBe('a')
    await box.api.updateSecretVersionStage({ ...move, RemoveFromVersionId: token('a') })
    const { VersionIdsToStages } = await box.api.describeSecret({ SecretId })
    expect(VersionIdsToStages).toEqual({ [token('a')]: ['AWSCURRENT'] })
    expect(box.git('log', '-1', '--format=%B')).toMatch(/^[\n -~]+$/)
    box.expectClean()
  })

  it.each([
    ['a line break', 'a\nb', 'line\nbreak'],
    ['__proto__', '__proto__', '__proto__'],
    ['emoji', '\u{1f511}'.repeat(128), '\u{1f511}'.repeat(256)],
    ['control characters', '\0\u001b', '\0\u001b\t\r\n\u2028\u2029']
  ])('a tag: %s', async (what, Key, Value) => {
    const Name = `odd/tag/${what.replace(/[^a-z0-9]/g, '-')}`
    const Tags = [{ Key, Value }]
    await box.api.createSecret({ Name, Tags, Description: Value })
    expect(await box.api.describeSecret({ SecretId: Name })).toMatchObject({ Tags, Description: Value })
    box.expectClean()
  })
})

describe('characters that readers refuse unescaped are escaped', () => {
  const characters = [0x7f, 0x80, 0x84, 0x85, 0x9f, 0xfeff, 0xfffe, 0xffff].map(code => [
    `U+${code.toString(16).toUpperCase().padStart(4, '0')}`,
    `a${String.fromCharCode(code)}b`
  ])

  it.each(characters)('%s in a description', async (code, Description) => {
    await box.api.createSecret({ Name: `escape/description/${code}`, Description })
    expect(await box.api.describeSecret({ SecretId: `escape/description/${code}` })).toMatchObject({
      Description
    })
  })

  it.each(characters)('%s in a tag', async (code, text) => {
    const Tags = [{ Key: text, Value: text }]
    await box.api.createSecret({ Name: `escape/tag/${code}`, Tags })
    expect(await box.api.describeSecret({ SecretId: `escape/tag/${code}` })).toMatchObject({ Tags })
  })

  it.each(characters)('%s in a token', async (code, text) => {
    const SecretId = `escape/token/${code}`
    const ClientRequestToken = token(text)
    await box.api.createSecret({ Name: SecretId, SecretString: 'x', ClientRequestToken })
    expect(await box.api.getSecretValue({ SecretId })).toMatchObject({ VersionId: ClientRequestToken })
  })

  it.each(characters)('%s in a label', async (code, label) => {
    const SecretId = `escape/label/${code}`
    await box.api.createSecret({ Name: SecretId, SecretString: 'x' })
    await box.api.putSecretValue({ SecretId, SecretString: 'y', VersionStages: [label] })
    expect(await box.api.getSecretValue({ SecretId, VersionStage: label })).toMatchObject({
      SecretString: 'y'
    })
  })

  it('and none of these secrets hides the others in a list', async () => {
    await box.api.listSecrets()
  })
})
