import { wordlist } from '@scure/bip39/wordlists/english.js'
import { beforeAll, expect, it } from 'vitest'
import { formatSecret } from '../../../src/core/crypto/identity.js'
import { formatShare } from '../../../src/core/crypto/shareWords.js'
import { SHARE_BYTES } from '../../../src/core/crypto/share.js'
import { encode } from '../../../src/core/encoding.js'
import { utf8 } from '../../../src/core/format/canonical.js'
import { privateTextIn } from '../../../src/core/guard/privateText.js'
import { sodiumReady } from '../../../src/core/sodium.js'

beforeAll(() => sodiumReady)

const found = (text: string) => privateTextIn(utf8(text))
const share = (): string =>
  formatShare({
    id: encode(Uint8Array.of(1, 2, 3, 4)),
    threshold: 2,
    number: 1,
    bytes: Uint8Array.from({ length: SHARE_BYTES }, (_, at) => (at === SHARE_BYTES - 1 ? 1 : at))
  })

it('finds the secret string of an identity, wherever it is in the file', async () => {
  const secret = formatSecret(new Uint8Array(32).fill(7))
  expect(secret).toHaveLength(55)
  for (const text of [
    secret,
    `KEY=${secret}\n`,
    `{"key":"${secret}"}`,
    `${secret}.root`,
    `\u0000\u00ff${secret}`
  ])
    expect(await found(text), text).toBe('a private key')
})

it('does not take the name of the form, a public string or half a key for a private key', async () => {
  const secret = formatSecret(new Uint8Array(32).fill(7))
  for (const text of ['gvsec1_…', 'gvsec1_<secret>', secret.slice(0, -1), `gvpub1_${'a'.repeat(90)}`])
    expect(await found(text), text).toBeUndefined()
})

it('finds an identity file, with a passphrase or without', async () => {
  const file = (rest: string) =>
    `# a comment\nformat: "1"\nkind: git-vault/identity\npublic: gvpub1_x\n${rest}`
  expect(await found(file('wrapped:\n  salt: x\n'))).toBe('an identity file')
  expect(await found(file('secret: gvsec1_x\n').replaceAll('\n', '\r\n'))).toBe('an identity file')
  expect(await found('the kind: git-vault/identity has a member wrapped: see FORMAT.md')).toBeUndefined()
})

it('finds the words of a recovery share, however they are laid out', async () => {
  const words = share().split(' ')
  const numbered = words.map((word, at) => `${at + 1}. ${word}`).join('\n')
  for (const text of [
    words.join(' '),
    numbered,
    `my share is here ${words.join('\n').toUpperCase()} keep it`
  ])
    expect(await found(text), text).toBe('a recovery share')
})

it('does not take 32 words of the list for a share if their check words are wrong', async () => {
  const words = share().split(' ')
  const swapped = [words[1], words[0], ...words.slice(2)].join(' ')
  expect(await found(swapped)).toBeUndefined()
  expect(await found(wordlist.join(' '))).toBeUndefined()
  expect(await found(words.slice(1).join(' '))).toBeUndefined()
})

it('reads a long text of the list’s words in time in proportion to its length', async () => {
  expect(await found(`${wordlist.join(' ')} `.repeat(40))).toBeUndefined()
  expect(await found('abandon '.repeat(5000))).toBeUndefined()
  expect(await found(`${'abandon '.repeat(5000)}${share()}`)).toBe('a recovery share')
})
