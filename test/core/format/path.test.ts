import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { mayBeSegmentOf, secretFolder, segment, versionFile } from '../../../src/core/format/path.js'
import { hash, sodiumReady } from '../../../src/core/sodium.js'

beforeAll(() => sodiumReady)

/** Not the hash that vaults use, but of the same size, and available without libsodium. */
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

const HASHED = /^[a-z0-9\-_+=@!]{0,40}~[a-z2-7]{26}$/
const NAME_CHARACTERS = [...'ABCZabcz019-_+=.@!/']

/** Texts at the edges of the rules: device names, the vault's own files, dots, case, many slashes. */
const fragment = fc.constantFrom(
  ...NAME_CHARACTERS,
  ...[
    'versions',
    'secret.yaml',
    'stages.yaml',
    'replica.yaml',
    '.git',
    'con',
    'NUL',
    'com1',
    'lpt9.txt',
    '..',
    'a/b',
    '\u212a',
    'ﬁ',
    'é'
  ]
)
const texts = fc.oneof(
  fc.array(fragment, { maxLength: 12 }).map(parts => parts.join('')),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.string({ unit: fc.constantFrom('a', 'A', '.', '~', '-'), maxLength: 130 })
)
const names = fc.oneof(
  fc.array(fragment, { minLength: 1, maxLength: 20 }).map(parts => parts.join('')),
  fc.string({ unit: fc.constantFrom(...NAME_CHARACTERS), minLength: 1, maxLength: 512 }),
  fc.array(fc.constantFrom('A', 'b', 'versions', 'x'), { maxLength: 256 }).map(parts => parts.join('/'))
)

/** The ways in which file systems may fold a name: case, and Unicode normal forms. */
const folds = [
  (text: string): string => text.toLowerCase(),
  (text: string): string => text.toUpperCase(),
  (text: string): string => text.normalize('NFC'),
  (text: string): string => text.normalize('NFKC').toLowerCase()
]

describe('a segment', () => {
  it.each([
    'a',
    'prod',
    'db-2_x+y=z.v1@b!',
    '-',
    'console',
    'com',
    'com10',
    'versions2',
    'a.git',
    'x'.repeat(100)
  ])('of the portable text %s is the text itself', text => {
    expect(segment(text, hash)).toBe(text)
  })

  it.each([
    ['', ''],
    ['Prod', 'prod'],
    ['versions', 'versions'],
    ['secret.yaml', 'secret-yaml'],
    ['stages.yaml', 'stages-yaml'],
    ['replica.yaml', 'replica-yaml'],
    ['.git', 'git'],
    ['.', ''],
    ['..', ''],
    ['a.', 'a'],
    ['con', 'con'],
    ['con.x', 'con-x'],
    ['aux.tar.gz', 'aux-tar-gz'],
    ['prn', 'prn'],
    ['nul', 'nul'],
    ['com0', 'com0'],
    ['com9', 'com9'],
    ['lpt1.c', 'lpt1-c'],
    ['CON.x', 'con-x'],
    ['a b', 'a-b'],
    ['git~1', 'git-1'],
    ['über/😀x', 'ber--x'],
    ['\u212a', ''], // the Kelvin sign, which lower-cases to k
    ['x'.repeat(101), 'x'.repeat(40)],
    [`${'X'.repeat(39)}..y`, 'x'.repeat(39)]
  ])('of %j is the slug %j and a hash', (text, slug) => {
    const made = segment(text, hash)
    expect(made).toMatch(HASHED)
    expect(made.slice(0, -27)).toBe(slug)
  })

  it('has 128 bits of BLAKE2b-256 in base32', () => {
    // From Python: base64.b32encode(hashlib.blake2b(b'Prod', digest_size=32).digest()[:16])
    expect(segment('Prod', hash)).toBe('prod~lzniwzxwajgvpsnljgxtmg5vqe')
    expect(segment('', hash)).toBe('~bzlvdqbg4vb3f2flf2ygbgo2ue')
    expect(segment('é', hash)).toBe('~owrhpwbmv2liqhgrybrzkmokb4')
  })

  it('is safe on every file system, and at most 100 bytes', () => {
    fc.assert(
      fc.property(texts, text => {
        const made = segment(text, sha256)
        expect(made).toMatch(/^[a-z0-9\-_+=.@!~]{1,100}$/)
        expect(made).not.toMatch(/^\.|\.$/)
        expect(made.split('.')[0]).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)$/)
        expect(made).not.toMatch(/^[^.]{1,6}~\d+(\.|$)/) // an NTFS short name
        expect(['versions', 'secret.yaml', 'stages.yaml', 'replica.yaml']).not.toContain(made)
      }),
      { numRuns: 2000 }
    )
  })

  it('differs from that of any other text, even on a file system that folds names', () => {
    const pairs = fc.oneof(
      fc.tuple(texts, texts),
      texts.map((text): [string, string] => [text, text.toUpperCase()]),
      texts.map((text): [string, string] => [text, segment(text, sha256)]),
      texts.map((text): [string, string] => [text, text.normalize('NFKC')])
    )
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        fc.pre(a !== b)
        for (const fold of folds) expect(fold(segment(a, sha256))).not.toBe(fold(segment(b, sha256)))
      }),
      { numRuns: 2000 }
    )
  })
})

describe('a secret’s folder', () => {
  it('has a level for each slash', () => {
    expect(secretFolder('prod/db', hash)).toBe('prod/db')
    expect(secretFolder('prod//db/', hash)).toBe(`prod/${segment('', hash)}/db/${segment('', hash)}`)
    expect(secretFolder('Prod/versions', hash)).toBe(`${segment('Prod', hash)}/${segment('versions', hash)}`)
  })

  it('is one level if the path would have more than 400 bytes', () => {
    const fits = Array(4).fill('x'.repeat(99)).join('/') + 'x'
    expect(fits).toHaveLength(400)
    expect(secretFolder(fits, hash)).toBe(fits)
    const long = `y/${fits.slice(1)}`
    expect(secretFolder(long, hash)).toMatch(/^y-x{38}~[a-z2-7]{26}$/)
    expect(secretFolder(long, hash)).toContain(segment(long, hash).slice(-26))
    expect(secretFolder('A/'.repeat(256), hash)).toMatch(/^(?:a-){19}a~[a-z2-7]{26}$/)
  })

  it('has at most 400 bytes, and consists of segments', () => {
    fc.assert(
      fc.property(names, name => {
        const folder = secretFolder(name, sha256)
        expect(folder.length).toBeLessThanOrEqual(400)
        for (const level of folder.split('/'))
          expect(segment(level, sha256) === level || HASHED.test(level)).toBe(true)
      }),
      { numRuns: 2000 }
    )
  })

  it('differs from that of any other secret, and none of its files is another secret’s folder', () => {
    const token = 'versions/secret.yaml/0123456789abcdef'
    const files = (name: string): string[] => {
      const folder = secretFolder(name, sha256)
      return [
        `${folder}/secret.yaml`,
        `${folder}/stages.yaml`,
        `${folder}/versions/${versionFile(token, sha256)}`
      ]
    }
    const ancestors = (path: string): string[] =>
      path.split('/').map((_, index, levels) => levels.slice(0, index + 1).join('/'))
    const nested = fc
      .tuple(names, fc.constantFrom('versions', 'secret.yaml', 'stages.yaml', 'versions/x', 'Versions', 'b'))
      .map(([name, inner]): [string, string] => [name, `${name}/${inner}`])
    const pairs = fc.oneof(
      fc.tuple(names, names),
      nested,
      names.map((name): [string, string] => [name, name.toLowerCase()]),
      names.map((name): [string, string] => [name, secretFolder(name, sha256).replaceAll('~', '-')])
    )
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        fc.pre(a !== b)
        const taken = new Set(files(a))
        for (const file of files(b)) {
          for (const path of ancestors(file)) expect(taken.has(path)).toBe(false)
        }
        expect(files(a)[2]?.startsWith(`${secretFolder(b, sha256)}/versions/`)).toBe(false)
      }),
      { numRuns: 2000 }
    )
  })
})

describe('a version’s file', () => {
  it('is its segment followed by .yaml', () => {
    expect(versionFile('7c9e6679-7425-40de-944b-e07fc1f90ae7', hash)).toBe(
      '7c9e6679-7425-40de-944b-e07fc1f90ae7.yaml'
    )
    expect(versionFile('"../😀'.repeat(8), hash)).toMatch(/^~[a-z2-7]{26}\.yaml$/)
    expect(versionFile('con', hash)).toMatch(/^con~[a-z2-7]{26}\.yaml$/)
  })
})

describe('a folder that may be the segment of a text with a prefix', () => {
  it('is found for every prefix of the text', () => {
    fc.assert(
      fc.property(texts, fc.nat(130), (text, length) => {
        const prefix = [...text].slice(0, length).join('')
        expect(mayBeSegmentOf(prefix, segment(text, hash))).toBe(true)
      }),
      { numRuns: 2000 }
    )
  })

  it('is told from others by what they begin with', () => {
    expect(mayBeSegmentOf('we', 'web')).toBe(true)
    expect(mayBeSegmentOf('we', 'api')).toBe(false)
    expect(mayBeSegmentOf('We', segment('Web', hash))).toBe(true)
    expect(mayBeSegmentOf('We', segment('Api', hash))).toBe(false)
  })
})
