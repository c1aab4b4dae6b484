import { describe, expect, it } from 'vitest'
import { failure, type TestVault } from '../fixture.js'
import { KEY, LOG, SECRET, STAGES, version } from './forge.js'
import { after, expectRefused, faces } from './kit.js'

type Trick = [what: string, change: (text: string) => string | Uint8Array, why: RegExp]

const end = (line: string) => (text: string) => `${text}${line}\n`
const start = (line: string) => (text: string) => `${line}${text}`
/** Inserts a text before the value of the first field. */
const before = (mark: string) => (text: string) => text.replace(/^kind: /m, `kind: ${mark}`)

const tricks: Trick[] = [
  ['an anchor', before('&a '), /anchors are not allowed/],
  ['an alias', text => `${before('&a ')(text)}x: *a\n`, /(anchors|aliases) are not allowed/],
  ['an alias of nothing', end('x: *a'), /aliases are not allowed/],
  ['a tag', before('!!str '), /tags are not allowed/],
  ['an application tag', before('!<tag:x,2027:run> '), /tags are not allowed/],
  ['a merge key', end('<<: x'), /unknown field "<<"/],
  ['a merge key with an alias', end('<<: *a'), /aliases are not allowed/],
  ['a duplicate key', text => text + /^kind: .*$/m.exec(text)![0] + '\n', /the key "kind" occurs twice/],
  ['a duplicate key, escaped', end('"\\u006bind": x'), /the key "kind" occurs twice/],
  ['an unknown field', end('command: touch x'), /unknown field "command"/],
  ['__proto__', end('__proto__: {kind: x}'), /unknown field "__proto__"/],
  ['a second document', end('---\nkind: x'), /a document marker is not allowed/],
  ['the end of a document', end('...'), /a document marker is not allowed/],
  ['a directive', start('%YAML 1.1\n---\n'), /(directives are|a document marker is) not allowed/],
  ['a byte order mark', start('\ufeff'), /U\+FEFF is not allowed/],
  ['NUL', end('# \0'), /U\+0000 is not allowed/],
  ['an escape character', end('# \x1b[2J'), /U\+001B is not allowed/],
  ['a C1 character', end('# \x9b'), /U\+009B is not allowed/],
  ['half of a surrogate pair', end('x: "\\uD800"'), /not well-formed Unicode/],
  ['bytes that are not UTF-8', text => Buffer.concat([Buffer.from(text), Buffer.from([0xff])]), /not UTF-8/],
  ['UTF-16', text => Buffer.from(text, 'utf16le'), /U\+0000 is not allowed|not UTF-8/],
  ['a complex key', end('? [a]\n: b'), /complex keys are not allowed/],
  ['a key that is a list', end('[a, b]: c'), /a key is not a string/],
  ['nesting', end(`x: ${'['.repeat(1500)}${']'.repeat(1500)}`), /nested more than \d deep/],
  ['nesting in blocks', end(`x:\n  ${'- '.repeat(1000)}a`), /nested more than \d deep/],
  ['size', end(`# ${'x'.repeat(5 << 20)}`), /\d+ bytes, over the limit of \d+|is longer than \d+ bytes/],
  ['nothing', () => '', /empty/],
  ['a list', () => '- a\n', /not an? \w+ document/],
  ['git’s conflict marks', start('<<<<<<< HEAD\nx: y\n=======\n>>>>>>> other\n'), /merge conflict markers/]
]

async function planted(path: string, change: Trick[1]): Promise<TestVault> {
  return after(attacker => attacker.write(path, change(attacker.read(path))))
}

describe('in stages.yaml', () => {
  it.each(tricks)('%s', async (_, change, why) => {
    await expectRefused(await planted(STAGES, change), STAGES, why)
  })
})

describe.each([
  ['secret.yaml', SECRET, ['get', 'describe', 'list', 'put']],
  ['the access log', LOG, ['get', 'describe', 'list', 'put']],
  ['a version', version('three'), ['get', 'put']],
  ['a key', KEY, ['get']],
  ['.vaultrc', '.vaultrc', ['get', 'describe', 'list', 'put']]
] as const)('in %s, some of them', (_, path, which) => {
  // a trick with `kind` does not change a .vaultrc, which has no `kind`
  const chosen = tricks.filter(
    ([what]) =>
      /^(a tag|a merge key|NUL|nesting|size|a second|a field)$/.test(what) &&
      (path !== '.vaultrc' || what !== 'a tag')
  )

  it.each(chosen)('%s', async (_, change, why) => {
    await expectRefused(await planted(path, change), path, why, which)
  })
})

it('a .vaultrc that names an outside folder, an absolute path, git’s folder or a command', async () => {
  for (const text of [
    'vault: ../vault\n',
    'vault: /tmp/vault\n',
    'vault: .git/vault\n',
    'vault: vault/../../x\n',
    'vault: "vault\\0"\n',
    'vault: vault\neditor: touch pwned\n',
    'vault: vault\nidentity: /tmp/key\n'
  ]) {
    const victim = await after(attacker => attacker.write('.vaultrc', text))
    await expectRefused(victim, '.vaultrc', /not a vaultrc document|U\+0000/)
  }
})

it('a removed .vaultrc is reported missing', async () => {
  const victim = await after(attacker => attacker.git('rm', '-q', '.vaultrc'))
  for (const face of [faces.get, faces.list, faces.put])
    expect(await failure(face(victim.api))).toMatchObject({
      code: 'VaultNotFound',
      message: expect.stringContaining('.vaultrc') as string
    })
})
