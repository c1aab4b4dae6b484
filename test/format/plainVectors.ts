import { canonical, canonicalBytes, type Value } from '../../src/core/format/canonical.js'
import { CAPS } from '../../src/core/format/documents.js'
import { encode } from '../../src/core/encoding.js'
import { fingerprint } from '../../src/core/crypto/fingerprint.js'
import { formatSecret, identityFromSeed, wrapContext } from '../../src/core/crypto/identity.js'
import { commitMessage, type Trailer } from '../../src/core/format/message.js'
import { wrapSeed } from '../../src/core/crypto/passphrase.js'
import { secretFolder, segment, versionFile } from '../../src/core/format/path.js'
import { hash, shortHash } from '../../src/core/sodium.js'
import { parseYaml } from '../../src/core/format/yaml.js'
import { draw, hex } from './kit.js'

export function encodingVectors() {
  const samples = ['', '00', 'ff', 'fbff', '00ff10', hex(draw('encoding'))]
  return {
    base64url: samples.map(sample => ({ hex: sample, text: encode(Buffer.from(sample, 'hex')) })),
    refused: [
      { name: 'padding', text: '_w==' },
      { name: 'stray bits in the last character', text: '_x' },
      { name: 'stray bits after two bytes', text: '-_9' },
      { name: 'the other alphabet', text: '+/8' },
      { name: 'a character too many', text: '_' },
      { name: 'white space', text: '_w ' },
      { name: 'a line feed', text: '_w\n' },
      { name: 'not base64 at all', text: 'ä' }
    ],
    hash: ['', '00', hex(Buffer.from('git-vault'))].map(sample => ({
      hex: sample,
      h: encode(hash(Buffer.from(sample, 'hex'))),
      h128: encode(shortHash(Buffer.from(sample, 'hex')))
    }))
  }
}

export function canonicalVectors() {
  const proto = JSON.parse('{"__proto__":"a","constructor":["b"]}') as Value
  const values: [name: string, value: Value][] = [
    ['a string', 'a'],
    ['the empty string', ''],
    ['what stands for itself', 'é/\u007f\u2028😀\ufeff'],
    ['what is escaped', '"\\\b\t\n\f\r\u0000\u001f'],
    ['an empty list', []],
    ['an empty map', {}],
    ['a list in its order', ['b', 'a', ['c'], {}]],
    [
      'keys by UTF-16 code unit, not by code point',
      { '\ufb01': '1', '😀': '2', z: '3', A: '4', a: '5', '': '6' }
    ],
    ['keys that look like numbers', { '10': 'a', '9': 'b', '01': 'c' }],
    ['keys with a meaning elsewhere', proto],
    ['two strings that only normalisation makes one', ['é', 'e\u0301']]
  ]
  return {
    values: values.map(([name, value]) => ({
      name,
      value,
      canonical: canonical(value),
      h: encode(hash(canonicalBytes(value)))
    })),
    refused: [
      { name: 'half a surrogate pair, high', value: 'a\ud83d' },
      { name: 'half a surrogate pair, low', value: '\ude00' },
      { name: 'half a pair in a key', value: { '\ud83d': 'a' } }
    ]
  }
}

export const YAML_CAPS = { bytes: 4096, lines: 128, depth: 4 }

export async function yamlVectors() {
  const read: [name: string, text: string][] = [
    ['scalars are strings', 'a: 1\nb: yes\nc: null\nd: 2025-11-23\ne: ~\nf: 0x1f\ng: .inf\nh:\n'],
    ['quotes and escapes', 'a: "\\x41\\u00e9\\n"\nb: \'it\'\'s\'\n"c d": e\n'],
    ['flow', '{a: [b, c], "d": {e: f}}\n'],
    ['block scalars', 'a: |\n  b\n  c\nd: >-\n  e\n  f\n'],
    ['CRLF', 'a: b\r\nc: |-\r\n  d\r\n  e\r\n'],
    ['comments', '# x\na: b # y\n'],
    ['<< is a key like any other', '<<: a\n'],
    ['a key without a prototype', '__proto__: a\n'],
    ['as deep as allowed', 'a: [[[b]]]\n'],
    ['no line end at the end', 'a: b'],
    ['a line separator is no line end', 'a: b\u2028c\n'],
    ['a key as long as allowed', `${'a'.repeat(1024)}: b\n`],
    ['a key as long as allowed, quoted, with CRLF', `"${'a'.repeat(1022)}": b\r\n`],
    ['as many lines as allowed', `a: b\n${'#\n'.repeat(YAML_CAPS.lines - 1)}`],
    ['as long as allowed', `a: ${'b'.repeat(YAML_CAPS.bytes - 4)}\n`]
  ]
  const refused: [name: string, text: string, mend: string, reason: string][] = [
    ['an anchor', 'a: &x b\n', 'a: b\n', 'anchors are not allowed'],
    ['an anchor on a map', 'a: &x\n  b: c\n', 'a:\n  b: c\n', 'anchors are not allowed'],
    ['an alias', 'a: *x\n', 'a: x\n', 'aliases are not allowed'],
    ['a merge key', '<<: *x\n', '<<: x\n', 'aliases are not allowed'],
    ['a standard tag', 'a: !!str b\n', 'a: b\n', 'tags are not allowed'],
    ['a local tag', 'a: !x b\n', 'a: b\n', 'tags are not allowed'],
    ['a bare tag', 'a: ! b\n', 'a: b\n', 'tags are not allowed'],
    ['a tag on a key', '!!str a: b\n', 'a: b\n', 'tags are not allowed'],
    ['a directive', '%YAML 1.2\n---\na: b\n', 'a: b\n', 'not allowed'],
    ['a document start', '---\na: b\n', 'a: b\n', 'a document marker is not allowed'],
    ['a document end', 'a: b\n...\n', 'a: b\n', 'a document marker is not allowed'],
    ['two documents', 'a: b\n---\nc: d\n', 'a: b\nc: d\n', 'not allowed'],
    ['a key twice', 'a: b\na: c\n', 'a: b\nc: c\n', 'the key "a" occurs twice'],
    ['a key twice, once quoted', 'a: b\n"a": c\n', 'a: b\n"c": c\n', 'the key "a" occurs twice'],
    ['a key twice, once escaped', 'a: b\n"\\x61": c\n', 'a: b\n"\\x63": c\n', 'the key "a" occurs twice'],
    ['a key twice, in flow', '{a: b, a: c}\n', '{a: b, c: c}\n', 'the key "a" occurs twice'],
    ['the empty key twice', '"": b\n: c\n', '"": b\n', 'the key "" occurs twice'],
    ['a key that is a list', '[a]: b\n', 'a: b\n', 'a key is not a string'],
    ['a key that is a map', '{a: b}: c\n', 'a: c\n', 'a key is not a string'],
    ['an explicit key', '? a\n: b\n', 'a: b\n', 'complex keys are not allowed'],
    ['a byte order mark', '\ufeffa: b\n', 'a: b\n', 'U+FEFF is not allowed'],
    ['a byte order mark inside', 'a: b\ufeff\n', 'a: b\n', 'U+FEFF is not allowed'],
    ['NUL', 'a: b\0\n', 'a: b\n', 'U+0000 is not allowed'],
    ['an escape character', 'a: \u001b[2J\n', 'a: x[2J\n', 'U+001B is not allowed'],
    ['DEL', 'a: b\u007f\n', 'a: b\n', 'U+007F is not allowed'],
    ['a C1 control', 'a: b\u009b\n', 'a: b\n', 'U+009B is not allowed'],
    ['a tab for indentation', 'a:\n\tb: c\n', 'a:\n  b: c\n', 'Tabs are not allowed as indentation'],
    ['an open quote', 'a: "b\n', 'a: "b"\n', 'Missing closing'],
    ['an open list', 'a: [b\n', 'a: [b]\n', 'must be sufficiently indented and end with a ]'],
    ['an unknown escape', 'a: "\\q"\n', 'a: "q"\n', 'Invalid escape sequence'],
    ['text after a value', 'a: "b" c\n', 'a: "b"\n', 'Unexpected scalar'],
    ['nesting over the limit, in flow', 'a: [[[[b]]]]\n', 'a: [[[b]]]\n', 'nested more than 4 deep'],
    ['nesting over the limit, in lists', 'a:\n- - - - b\n', 'a:\n- - - b\n', 'nested more than 4 deep'],
    [
      'nesting over the limit, in maps',
      'a:\n  b:\n    c:\n      d:\n        e: f\n',
      'a:\n  b:\n    c:\n      e: f\n',
      'nested more than 4 deep'
    ],
    ['nothing', '', 'a', 'empty'],
    ['a comment alone', '# x\n', '# x\na\n', 'empty'],
    ['a key too long', `${'a'.repeat(1025)}: b\n`, `${'a'.repeat(1024)}: b\n`, 'at most 1024'],
    [
      'a key too long because of its escapes',
      `"${'\\u0001'.repeat(170)}abc": b\n`,
      `"${'\\u0001'.repeat(170)}ab": b\n`,
      'at most 1024'
    ],
    [
      'a line too many',
      `a: b\n${'#\n'.repeat(YAML_CAPS.lines)}`,
      `a: b\n${'#\n'.repeat(YAML_CAPS.lines - 1)}`,
      'over the limit of 128 lines'
    ],
    [
      'a byte too many',
      `a: ${'b'.repeat(YAML_CAPS.bytes - 3)}\n`,
      `a: ${'b'.repeat(YAML_CAPS.bytes - 4)}\n`,
      'over the limit of 4096'
    ]
  ]
  return {
    limits: YAML_CAPS,
    kinds: CAPS,
    read: await Promise.all(
      read.map(async ([name, text]) => ({
        name,
        text,
        value: await parseYaml(new TextEncoder().encode(text), name, YAML_CAPS)
      }))
    ),
    refused: [
      ...refused.map(([name, text, mend, reason]) => ({ name, text, mend, reason })),
      { name: 'not UTF-8', hex: '613a20ff0a', mend: 'a: b\n', reason: 'not UTF-8' },
      { name: 'overlong UTF-8', hex: '613a20c1a10a', mend: 'a: a\n', reason: 'not UTF-8' },
      { name: 'a surrogate in UTF-8', hex: '613a20eda0bd0a', mend: 'a: b\n', reason: 'not UTF-8' },
      { name: 'UTF-16', hex: 'fffe61003a00200062000a00', mend: 'a: b\n', reason: 'not UTF-8' }
    ]
  }
}

export function pathVectors() {
  const texts = ['a', 'prod', 'db-2_x+y=z.v1@b!', 'x'.repeat(100), 'console', 'com', 'com10', 'versions2']
  const hostile = [
    '',
    '.',
    '..',
    '.git',
    '.GIT',
    '.gitattributes',
    'git~1',
    'GIT~1',
    'Prod',
    'PROD',
    'versions',
    'VERSIONS',
    'secret.yaml',
    'Secret.yaml',
    'stages.yaml',
    'replica.yaml',
    'con',
    'CON',
    'con.txt',
    'aux.tar.gz',
    'prn',
    'nul',
    'com0',
    'com1',
    'COM9',
    'lpt9.yaml',
    'a.',
    'a ',
    ' a',
    'a:b',
    'a\\b',
    'a/b',
    '../../etc/passwd',
    'a\nb',
    '\u0000',
    '\u202eexe',
    '\u212a',
    'é',
    'e\u0301',
    'ﬁ',
    '😀',
    'x'.repeat(101),
    `${'X'.repeat(39)}..y`,
    '-',
    '--',
    '-A',
    '__proto__',
    '~',
    `a~${'a'.repeat(26)}`,
    '$(x)',
    '%2e%2e',
    'İ',
    'ß'
  ]
  const names = [
    'prod/db',
    'Prod/db',
    'prod//db/',
    '/',
    '//',
    'versions/secret.yaml',
    'a/../b',
    '../../x',
    '.git/config',
    'con/aux.x',
    `${Array(4).fill('x'.repeat(99)).join('/')}x`,
    `y/${'x'.repeat(98)}/${Array(3).fill('x'.repeat(99)).join('/')}x`,
    'A/'.repeat(256),
    'x'.repeat(512)
  ]
  const tokens = [
    '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    '7C9E6679-7425-40DE-944B-E07FC1F90AE7',
    '../'.repeat(11),
    '😀'.repeat(32),
    'x'.repeat(64),
    `${'x'.repeat(31)}.`
  ]
  return {
    segments: [...texts, ...hostile].map(text => ({ text, segment: segment(text, hash) })),
    folders: names.map(name => ({ name, folder: secretFolder(name, hash) })),
    versionFiles: tokens.map(versionId => ({ versionId, file: versionFile(versionId, hash) }))
  }
}

export async function identityVectors() {
  const seeds = [new Uint8Array(32), new Uint8Array(32).fill(255), draw('seed of alice'), draw('seed of bob')]
  const identities = seeds.map(seed => {
    const identity = identityFromSeed(seed)
    return {
      seed: hex(seed),
      signSeed: hex(identity.signSecret.slice(0, 32)),
      signKey: hex(identity.public.signKey),
      boxSecret: hex(identity.boxSecret),
      boxKey: hex(identity.public.boxKey),
      secret: formatSecret(seed),
      public: identity.public.text,
      keyId: identity.public.keyId,
      fingerprint: fingerprint(identity.public.text)
    }
  })
  const seed = draw('seed of alice')
  const { text } = identityFromSeed(seed).public
  const secret = formatSecret(seed)
  const root = encode(hash(draw('a vault')))
  const other = (character: string | undefined) => (character === 'A' ? 'B' : 'A')
  const flip = (string: string, at: number) => string.slice(0, at) + other(string[at]) + string.slice(at + 1)
  return {
    identities,
    fingerprints: [root, ''].map(of => ({ of, words: fingerprint(of) })),
    refusedSecrets: [
      { name: 'a character changed', text: flip(secret, 20), mend: secret },
      { name: 'a character of the checksum changed', text: flip(secret, 52), mend: secret },
      { name: 'a character missing', text: secret.slice(0, -1), mend: secret },
      { name: 'a character too many', text: `${secret}A`, mend: secret },
      { name: 'another prefix', text: secret.replace('gvsec1_', 'gvsec2_'), mend: secret },
      { name: 'a public prefix', text: secret.replace('gvsec1_', 'gvpub1_'), mend: secret },
      { name: 'upper case', text: secret.toUpperCase(), mend: secret },
      { name: 'white space', text: ` ${secret}`, mend: secret }
    ],
    refusedPublics: [
      { name: 'a character of the signing key changed', text: flip(text, 10), mend: text },
      { name: 'a character of the box key changed', text: flip(text, 60), mend: text },
      { name: 'a character of the checksum changed', text: flip(text, 96), mend: text },
      { name: 'truncated', text: text.slice(0, 60), mend: text },
      { name: 'a secret prefix', text: text.replace('gvpub1_', 'gvsec1_'), mend: text }
    ],
    carried: [
      { text: secret, seed: hex(seed) },
      { text: `${secret}.${root}`, seed: hex(seed), root },
      { text: ` ${secret}\n`, seed: hex(seed) }
    ],
    refusedCarried: [
      { name: 'a short root', text: `${secret}.${root.slice(1)}`, mend: `${secret}.${root}` },
      { name: 'an empty root', text: `${secret}.`, mend: secret },
      { name: 'two roots', text: `${secret}.${root}.${root}`, mend: `${secret}.${root}` },
      { name: 'a damaged secret', text: `${flip(secret, 9)}.${root}`, mend: `${secret}.${root}` },
      { name: 'nothing', text: '', mend: secret }
    ],
    wrapped: await wrappedVectors(seed, text)
  }
}

async function wrappedVectors(seed: Uint8Array, text: string) {
  const costs = [
    { passes: 1, memory: 8192, passphrase: 'correct horse' },
    { passes: 2, memory: 65536, passphrase: 'caf\u00e9' },
    { passes: 2, memory: 65536, passphrase: 'cafe\u0301' },
    { passes: 1, memory: 8192, passphrase: '' }
  ]
  const opened = []
  for (const { passes, memory, passphrase } of costs) {
    const random = draw('salt and nonce', 40)
    const wrapped = await wrapSeed(seed, text, passphrase, random, { passes, memory })
    const { ciphertext: _, ...parameters } = wrapped
    opened.push({
      passphrase,
      random: hex(random),
      associated: new TextDecoder().decode(wrapContext(text, parameters)),
      public: text,
      wrapped,
      seed: hex(seed)
    })
  }
  const [good] = opened
  if (!good) throw new Error('no wrapped identity')
  const { wrapped } = good
  const flip = (base64: string) => (base64.startsWith('A') ? 'B' : 'A') + base64.slice(1)
  const bob = identityFromSeed(draw('seed of bob')).public.text
  const refused = [
    { name: 'another passphrase', passphrase: 'correct Horse' },
    { name: 'a trailing space', passphrase: 'correct horse ' },
    { name: 'passes changed', wrapped: { ...wrapped, passes: '2' } },
    { name: 'memory changed', wrapped: { ...wrapped, memory: '9216' } },
    { name: 'memory within the same KiB', wrapped: { ...wrapped, memory: '8193' } },
    { name: 'salt changed', wrapped: { ...wrapped, salt: flip(wrapped.salt) } },
    { name: 'nonce changed', wrapped: { ...wrapped, nonce: flip(wrapped.nonce) } },
    { name: 'ciphertext changed', wrapped: { ...wrapped, ciphertext: flip(wrapped.ciphertext) } },
    { name: 'ciphertext truncated', wrapped: { ...wrapped, ciphertext: wrapped.ciphertext.slice(0, 40) } },
    { name: 'another public string', public: bob },
    { name: 'too much memory', wrapped: { ...wrapped, memory: '1073741825' } },
    { name: 'too little memory', wrapped: { ...wrapped, memory: '8191' } },
    { name: 'salt that is not base64url', wrapped: { ...wrapped, salt: `${wrapped.salt.slice(0, -1)}=` } }
  ]
  return { opened, refused }
}

export function messageVectors() {
  const messages: { operation: string; subject: string; trailers: Trailer[] }[] = [
    {
      operation: 'PutSecretValue',
      subject: 'prod/db',
      trailers: [
        ['Client-Request-Token', '7c9e6679-7425-40de-944b-e07fc1f90ae7'],
        ['Version-Stages', 'AWSCURRENT blue'],
        ['Pruned-Version', 'a'.repeat(32)],
        ['Pruned-Version', 'b'.repeat(32)],
        ['Member', 'alice']
      ]
    },
    {
      operation: 'CreateVault',
      subject: 'vault',
      trailers: [
        ['Vault-Id', 'x'],
        ['Member', 'alice']
      ]
    },
    {
      operation: 'CreateSecret',
      subject: 'a',
      trailers: [
        ['Client-Request-Token', 'x\nMember: mallory\r\n'],
        ['Version-Stages', ' 100% é 😀 \u007f\u0000 '],
        ['Version-Id', ' '],
        ['Secret-Arn', ''],
        ['Member', '%41']
      ]
    }
  ]
  return messages.map(message => ({
    ...message,
    message: commitMessage(message.operation, message.subject, message.trailers)
  }))
}
