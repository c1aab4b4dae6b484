import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { canonical, type Value } from '../../src/core/format/canonical.js'
import {
  digestOf,
  signedBytes,
  verifyBytes,
  verifyDocument,
  type SignedDocument,
  type VersionDocument
} from '../../src/core/format/documents.js'
import { decode, encode } from '../../src/core/encoding.js'
import { VaultError } from '../../src/core/errors.js'
import type { Entry } from '../../src/core/generated/documents.js'
import { fingerprint } from '../../src/core/crypto/fingerprint.js'
import {
  formatSecret,
  identityFromSeed,
  parseMachineIdentity,
  parsePublic,
  parseSecret,
  wrapContext
} from '../../src/core/crypto/identity.js'
import { commitMessage, parseMessage } from '../../src/core/format/message.js'
import { unwrapSeed, wrapSeed } from '../../src/core/crypto/passphrase.js'
import { secretFolder, segment, versionFile } from '../../src/core/format/path.js'
import type { Memory, Tree } from '../../src/core/ports.js'
import { openValue, sealValue, type SecretValue } from '../../src/core/crypto/seal.js'
import { expectShare, sharePublicKey, signWithShare } from '../../src/core/crypto/share.js'
import { formatShare, parseShare } from '../../src/core/crypto/shareWords.js'
import { hash, shortHash, sodiumReady } from '../../src/core/sodium.js'
import { parseYaml } from '../../src/core/format/yaml.js'
import { formatArn, isArnOf } from '../../src/core/service/name.js'
import { joinShares } from '../../src/system/files/shares.js'
import { readAccess } from '../../src/vault/memory/pin.js'
import { findPlace } from '../../src/vault/documents/place.js'
import { Seen } from '../../src/vault/memory/seen.js'
import { View } from '../../src/vault/view.js'
import { summary } from './accessVectors.js'
import { FOLDER, generateVectors } from './generateVectors.js'
import { hex, place, unhex } from './kit.js'
import type { accessVectors } from './accessVectors.js'
import type { arnVectors } from './arnVectors.js'
import type * as plain from './plainVectors.js'
import type { shareVectors } from './shareVectors.js'
import type { Alteration, valueVectors, vaultVectors } from './vaultVectors.js'

type Vectors = {
  encoding: ReturnType<typeof plain.encodingVectors>
  canonical: ReturnType<typeof plain.canonicalVectors>
  yaml: Awaited<ReturnType<typeof plain.yamlVectors>>
  paths: ReturnType<typeof plain.pathVectors>
  identity: Awaited<ReturnType<typeof plain.identityVectors>>
  shares: ReturnType<typeof shareVectors>
  message: ReturnType<typeof plain.messageVectors>
  values: ReturnType<typeof valueVectors>
  access: ReturnType<typeof accessVectors>
  arns: ReturnType<typeof arnVectors>
  vault: ReturnType<typeof vaultVectors>
}

function load<K extends keyof Vectors>(name: K): Vectors[K] {
  return JSON.parse(readFileSync(`${FOLDER}/${name}.json`, 'utf8')) as Vectors[K]
}

const [encoding, canonicals, yaml, paths, identities, shares, values, access, vault] = [
  load('encoding'),
  load('canonical'),
  load('yaml'),
  load('paths'),
  load('identity'),
  load('shares'),
  load('values'),
  load('access'),
  load('vault')
]

const arns = load('arns')

beforeAll(() => sodiumReady)

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

it('the vectors are what the generator makes', async () => {
  for (const [name, text] of Object.entries(await generateVectors()))
    expect(readFileSync(`${FOLDER}/${name}`, 'utf8'), name).toBe(text)
})

describe('encoding.json', () => {
  it.each(encoding.base64url)('base64url of "$hex"', ({ hex: bytes, text }) => {
    expect(encode(unhex(bytes))).toBe(text)
    expect(decode(text)).toEqual(unhex(bytes))
  })
  it.each(encoding.refused)('refuses $name', ({ text }) => expect(decode(text)).toBeUndefined())
  it.each(encoding.hash)('H of "$hex"', ({ hex: bytes, h, h128 }) => {
    expect(encode(hash(unhex(bytes)))).toBe(h)
    expect(encode(shortHash(unhex(bytes)))).toBe(h128)
  })
})

describe('arns.json', () => {
  it.each(arns.written)('a new secret in $region has the ARN $arn', ({ arn, ...parts }) => {
    expect(formatArn(parts)).toBe(arn)
  })
  it.each(arns.accepted)('accepts $arn', ({ arn, ...parts }) => expect(isArnOf(arn, parts)).toBe(true))
  it.each(arns.refused)('refuses $arn', ({ arn, ...parts }) => expect(isArnOf(arn, parts)).toBe(false))
})

describe('canonical.json', () => {
  it.each(canonicals.values)('$name', ({ value, canonical: text, h }) => {
    expect(canonical(value)).toBe(text)
    expect(encode(hash(bytesOf(text)))).toBe(h)
    expect(JSON.parse(text)).toEqual(value)
  })
  it.each(canonicals.refused)('refuses $name', ({ value }) => {
    expect(() => canonical(value as Value)).toThrow(expect.objectContaining({ code: 'ValidationException' }))
  })
})

describe('yaml.json', () => {
  it.each(yaml.read)('reads $name', async ({ text, value }) => {
    expect(canonical(await parseYaml(bytesOf(text), 'x', yaml.limits))).toBe(canonical(value))
  })
  it.each(yaml.refused)('refuses $name', async one => {
    const bytes = 'hex' in one ? unhex(one.hex) : bytesOf(one.text)
    const error = await refusal(parseYaml(bytes, 'vault/x.yaml', yaml.limits))
    expect(error.code).toBe('DocumentRefused')
    expect(error.message).toMatch(/^vault\/x\.yaml: ./)
    expect(error.message).toContain(one.reason)
    await parseYaml(bytesOf(one.mend), 'x', yaml.limits)
  })
})

describe('paths.json', () => {
  it.each(paths.segments)('segment of $text', ({ text, segment: made }) =>
    expect(segment(text, hash)).toBe(made)
  )
  it.each(paths.folders)('folder of $name', ({ name, folder }) =>
    expect(secretFolder(name, hash)).toBe(folder)
  )
  it.each(paths.versionFiles)('file of $versionId', ({ versionId, file }) =>
    expect(versionFile(versionId, hash)).toBe(file)
  )
})

describe('identity.json', () => {
  it.each(identities.identities)('$keyId', one => {
    const identity = identityFromSeed(unhex(one.seed))
    const { text, keyId, signKey, boxKey } = identity.public
    expect(hex(identity.signSecret)).toBe(one.signSeed + one.signKey)
    expect([hex(signKey), hex(boxKey), hex(identity.boxSecret)]).toEqual([
      one.signKey,
      one.boxKey,
      one.boxSecret
    ])
    expect([text, keyId, formatSecret(unhex(one.seed))]).toEqual([one.public, one.keyId, one.secret])
    expect(parseSecret(one.secret)).toEqual(unhex(one.seed))
    expect(parsePublic(one.public)).toEqual(identity.public)
    expect(fingerprint(one.public)).toBe(one.fingerprint)
  })
  it.each(identities.fingerprints)('fingerprint of "$of"', ({ of, words }) =>
    expect(fingerprint(of)).toBe(words)
  )
  it.each(identities.refusedSecrets)('refuses a secret with $name', ({ text, mend }) => {
    expect(parseSecret(text)).toBeUndefined()
    expect(parseSecret(mend)).toBeDefined()
  })
  it.each(identities.refusedPublics)('refuses a public string with $name', ({ text, mend }) => {
    expect(parsePublic(text)).toBeUndefined()
    expect(parsePublic(mend)).toBeDefined()
  })
  it.each(identities.carried)('parses the identity of a machine: $text', one => {
    expect(parseMachineIdentity(one.text)).toEqual({
      seed: unhex(one.seed),
      ...('root' in one ? { root: one.root } : {})
    })
  })
  it.each(identities.refusedCarried)('refuses the identity of a machine with $name', ({ text, mend }) => {
    expect(() => parseMachineIdentity(text)).toThrow(expect.objectContaining({ code: 'IdentityNotFound' }))
    parseMachineIdentity(mend)
  })
  it.each(identities.wrapped.opened)('wrapped with "$passphrase", $wrapped.passes', async one => {
    const { ciphertext: _, ...parameters } = one.wrapped
    expect(new TextDecoder().decode(wrapContext(one.public, parameters))).toBe(one.associated)
    const cost = { passes: Number(one.wrapped.passes), memory: Number(one.wrapped.memory) }
    expect(await wrapSeed(unhex(one.seed), one.public, one.passphrase, unhex(one.random), cost)).toEqual(
      one.wrapped
    )
    expect(await unwrapSeed(one.wrapped, one.public, one.passphrase)).toEqual(unhex(one.seed))
  })
  it.each(identities.wrapped.refused)('refuses a wrapped one: $name', async one => {
    const [good] = identities.wrapped.opened
    if (!good) throw new Error('no wrapped identity')
    const { wrapped, public: text, passphrase } = { ...good, ...one }
    await expect(unwrapSeed(wrapped, text, passphrase)).rejects.toThrow(
      expect.objectContaining({ code: 'IdentityLocked' })
    )
    await unwrapSeed(good.wrapped, good.public, good.passphrase)
  })
})

describe('shares.json', () => {
  const made = shares.splits.flatMap(({ id, threshold, shares: of }) =>
    of.map(one => ({ id, threshold, ...one }))
  )
  it.each(made)('share $number of $threshold needed, x $x', ({ id, threshold, number, ...one }) => {
    const share = { id, threshold, number, bytes: unhex(one.bytes) }
    expect(formatShare(share)).toBe(one.words)
    expect(parseShare(one.words)).toEqual(share)
    expect(hex(sharePublicKey(share))).toBe(one.signKey)
    const message = unhex(one.message)
    expect(hex(signWithShare(share, message))).toBe(one.signature)
    expect(verifyBytes(one.signature && encode(unhex(one.signature)), message, unhex(one.signKey))).toBe(true)
    expectShare(share, unhex(one.signKey))
  })
  it.each(shares.splits.flatMap(({ seed, joins, shares: of }) => joins.map(join => ({ seed, join, of }))))(
    'shares $join restore the seed',
    async ({ seed, join, of }) => {
      const words = join.map(number => of[number - 1]?.words ?? expect.fail('no share'))
      expect(hex(await joinShares(words.map(parseShare)))).toBe(seed)
    }
  )
  it.each(shares.read)('reads $name', ({ text, words }) => {
    expect(formatShare(parseShare(text))).toBe(words)
  })
  it.each(shares.refused)('refuses words with $name', async ({ text, mend, reason }) => {
    const error = await refusal(Promise.resolve().then(() => parseShare(text)))
    expect([error.code, error.message]).toEqual(['Usage', reason])
    parseShare(mend)
  })
  it.each(shares.refusedJoins)('does not join $name', async ({ words, mend, reason }) => {
    const error = await refusal(joinShares(words.map(parseShare)))
    expect([error.code, error.message]).toEqual(['Usage', reason])
    await joinShares(mend.map(parseShare))
  })
  it.each(shares.unexpected)(
    'does not accept in place of the published share: $name',
    async ({ words, mend, signKey }) => {
      const error = await refusal(
        Promise.resolve().then(() => expectShare(parseShare(words), unhex(signKey)))
      )
      expect([error.code, error.message]).toEqual([
        'Usage',
        `share ${parseShare(words).number} does not match this vault's public key for it`
      ])
      expectShare(parseShare(mend), unhex(signKey))
    }
  )
})

describe('message.json', () => {
  it.each(load('message'))('$operation $subject', ({ operation, subject, trailers, message }) => {
    expect(commitMessage(operation, subject, trailers)).toBe(message)
    expect(parseMessage(message)).toEqual({ operation, subject, trailers })
  })
})

describe('values.json', () => {
  const { vaultId, generation, writer } = values
  const publicKey = decode(generation.public, 32) as Uint8Array
  it.each(values.versions)('$name', one => {
    const { unit, times, rest, type } = one.value
    const form = unit.repeat(times) + rest
    const value: SecretValue =
      type === 'string' ? { type, text: form } : { type: 'binary', bytes: unhex(form) }
    const random = {
      dataKey: unhex(one.random.dataKey),
      nonce: unhex(one.random.nonce),
      ephemeral: unhex(one.random.ephemeral)
    }
    const sealed = sealValue(value, one.document, vaultId, publicKey, random)
    const document = { ciphertext: sealed.ciphertext, ...one.document } as VersionDocument
    expect(document).toMatchObject(sealed)
    expect(sealed.ciphertext).toHaveLength(one.ciphertext.length)
    expect(encode(hash(bytesOf(sealed.ciphertext)))).toBe(one.ciphertext.h)
    expect(digestOf(document)).toBe(one.digest)
    expect(verifyDocument(document, vaultId, identityFromSeed(unhex(writer.seed)).public.signKey)).toBe(true)
    expect(openValue(document, vaultId, publicKey, unhex(generation.secret))).toEqual(value)
    expect(
      openValue(document, access.vaultId, unhex(generation.secret), unhex(generation.secret))
    ).toBeUndefined()
  })
})

/** A tree of files in memory. Only the parser checks sizes, so that its own check is tested. */
function treeOf(files: Readonly<Record<string, string | null>>): Tree {
  return {
    read: path => Promise.resolve(typeof files[path] === 'string' ? bytesOf(files[path]) : undefined)
  }
}

function memoryOf(files: Record<string, Uint8Array> = {}): Memory & { files: Record<string, Uint8Array> } {
  return {
    files,
    read: name => Promise.resolve(files[name]),
    update(name, next) {
      const bytes = next(files[name])
      if (bytes) files[name] = bytes
      return Promise.resolve()
    }
  }
}

const refusal = async (work: Promise<unknown>): Promise<VaultError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason
  )
  expect(error).toBeInstanceOf(VaultError)
  return error as VaultError
}

describe('access.json', () => {
  interface Situation {
    head?: string
    log: readonly string[]
    pinned?: readonly string[]
    trusts?: string
  }
  const text = ({ head, log }: Situation) => {
    return (head ?? access.head) + log.map(id => access.entries[id] ?? expect.fail(`no entry ${id}`)).join('')
  }
  const read = (one: Situation) => {
    const pin = one.pinned && { pin: bytesOf(text({ log: one.pinned })) }
    const memory = memoryOf(pin)
    const root = Promise.resolve(one.trusts ?? access.vaultId)
    return {
      memory,
      result: readAccess(treeOf({ [access.file]: text(one) }), place, memory, () => root)
    }
  }

  it.each(access.accepted)('$name', async one => {
    const { memory, result } = read(one)
    const { access: says, relation, pin } = await result
    await pin?.()
    expect(relation).toBe(one.relation)
    expect(summary(says)).toEqual(one.says)
    const newest = one.relation === 'behind' ? one.pinned : one.log
    expect(new TextDecoder().decode(memory.files['pin'])).toBe(text({ log: newest ?? [] }))
  })

  it.each(access.refused)('refuses: $name', async one => {
    const { memory, result } = read(one)
    const before = memory.files['pin']
    const error = await refusal(result)
    expect(error.code).toBe(one.error.code)
    expect(error.message).toContain(one.error.reason)
    if (error.code === 'DocumentRefused') expect(error.message.startsWith(`${access.file}: `)).toBe(true)
    expect(memory.files['pin'], 'the pin is unchanged').toBe(before)
    const mended = read(one.mend)
    await (await mended.result).pin?.()
    expect(mended.memory.files['pin']).toBeDefined()
  })

  it('has valid signatures in every case whose defect is a change or a signer', async () => {
    for (const { name, log, head, error } of access.refused) {
      if (head ?? /signature|forks|another vault|trust/.test(error.reason)) continue
      const { entries } = (await parseYaml(bytesOf(text({ log })), name, {
        bytes: 1 << 20,
        depth: 9
      })) as unknown as {
        entries: Entry[]
      }
      for (const entry of entries) {
        const { signature, ...unsigned } = entry
        const signer = Object.values(vault.identities).find(({ keyId }) => keyId === entry.by)
        const vaultId = entry.entry === '1' ? '' : access.vaultId
        const { signKey } = parsePublic(signer?.public ?? '') ?? expect.fail('unknown signer')
        const message = signedBytes('git-vault/access-entry', vaultId, unsigned as unknown as Value)
        expect(verifyBytes(signature, message, signKey), name).toBe(true)
      }
    }
  })
})

describe('vault.json', () => {
  const states: Record<string, Record<string, string>> = vault.states
  const alter = (state: string, { edit, put, fill }: Alteration): Record<string, string | null> => {
    const files: Record<string, string | null> = { ...states[state], ...put }
    if (edit) {
      const parts = files[edit.file]?.split(edit.from) ?? []
      expect(parts, `${edit.from} occurs once`).toHaveLength(2)
      files[edit.file] = parts.join(edit.to)
    }
    if (fill) {
      const text = files[fill.file] ?? ''
      files[fill.file] = `${text}#${'x'.repeat(fill.bytes - bytesOf(text).length - 2)}\n`
    }
    return files
  }
  const read = async (
    files: Record<string, string | null>,
    { seen }: Alteration,
    one: { secret: string; identity: string },
    versionId?: string
  ) => {
    const tree = treeOf(files)
    const memory = memoryOf()
    const at = await findPlace(tree)
    const { access: log } = await readAccess(tree, at, memory, () => Promise.resolve(vault.vaultId))
    const remembered = new Seen(memory, vault.branch)
    if (seen) await remembered.remember(seen)
    const view = new View(tree, at, log, remembered, 0)
    const secret = await view.named(one.secret)
    if (!secret) return undefined
    const document = await view.version(
      secret,
      versionId ?? secret.stages.labels.get('AWSCURRENT')?.version ?? ''
    )
    const seed = parseSecret(vault.identities[one.identity]?.secret ?? '') ?? expect.fail('no identity')
    return document && view.value(secret, document, identityFromSeed(seed))
  }

  it.each(vault.reads)('$state: $secret as $identity', async one => {
    const files = states[one.state] ?? {}
    for (const [versionId, value] of Object.entries(one.versions)) {
      const { type, ...rest } = value
      const found = await read(files, {}, one, versionId)
      expect(found).toEqual('hex' in rest ? { type, bytes: unhex(rest.hex) } : { type, text: rest.text })
    }
  })

  describe.each(vault.refused)('refuses: $name', one => {
    it('for the right reason', async () => {
      const error = await refusal(read(alter(one.state, one), one, one))
      expect(error.code).toBe(one.error.code)
      expect(error.message).toContain(one.error.reason)
      if (one.error.file !== null) expect(error.message.startsWith(`${one.error.file}: `)).toBe(true)
    })

    it('and accepts the mended variant', async () => {
      expect(await read(alter(one.state, one.mend), one.mend, one)).toEqual({
        type: 'string',
        text: 'correct horse'
      })
    })

    it('for exactly one defect', async () => {
      const [bad, good] = [alter(one.state, one), alter(one.state, one.mend)]
      const different = Object.keys(bad).filter(path => bad[path] !== good[path])
      expect(different.sort()).toEqual(Object.keys(one.differs).sort())
      for (const path of different) {
        const [fields] = [one.differs[path] ?? []]
        const [left, right] = [await yamlOf(bad[path]), await yamlOf(good[path])]
        if (!left || !right || fields.includes('*')) continue
        expect(leaves(left, right).sort()).toEqual(fields.toSorted())
        if (!/signature|lists$/.test(one.error.reason) && !one.edit && !fields.includes('signature'))
          expectSigned(left as unknown as SignedDocument)
      }
    })
  })

  it('refuses a secret at the path of another, also in a listing, which does not know the name', async () => {
    const one = vault.refused.find(({ name }) => name.startsWith("secret: at another secret's path"))
    const list = async (files: Record<string, string | null>, name: string) => {
      const [tree, memory] = [treeOf(files), memoryOf()]
      const { access: log } = await readAccess(tree, place, memory, () => Promise.resolve(vault.vaultId))
      const view = new View(tree, place, log, new Seen(memory, vault.branch), 0)
      return view.secretAtAnyAge(place.secret(name))
    }
    const files = alter('team', one ?? expect.fail('no such vector'))
    const error = await refusal(list(files, 'prod/db'))
    expect(error.message).toBe(`${place.secret('prod/db').secret}: it belongs to the secret prod/api`)
    expect(await list(files, 'prod/api')).toMatchObject({ name: 'prod/api' })
  })

  /** Nothing but the defect is wrong: the signature is that of the named signer. */
  const expectSigned = (document: SignedDocument) => {
    const signer = Object.values(vault.identities).find(({ keyId }) => keyId === document.signed.by)
    const { signKey } = parsePublic(signer?.public ?? '') ?? expect.fail('signed by an unknown signer')
    expect(verifyDocument(document, vault.vaultId, signKey)).toBe(true)
  }
})

const yamlOf = (text: string | null | undefined): Promise<Value | undefined> =>
  parseYaml(bytesOf(text ?? ''), 'x', { bytes: 2 << 20, depth: 9 }).catch(() => undefined)

/** Returns the paths of the fields in which two values differ, except their signatures. */
function leaves(left: Value | undefined, right: Value | undefined, at = ''): string[] {
  if (typeof left !== 'object' || typeof right !== 'object') return left === right ? [] : [at]
  const [a, b] = [left as Record<string, Value>, right as Record<string, Value>]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap(key => {
    const path = at ? `${at}.${key}` : key
    const gone = path === 'signature' && a[key] !== undefined && b[key] !== undefined
    return gone ? [] : leaves(a[key], b[key], path)
  })
}
