import { beforeAll, describe, expect, it } from 'vitest'
import { encode } from '../../../src/core/encoding.js'
import { sealTo } from '../../../src/core/crypto/seal.js'
import { grant, removeMember } from '../../../src/vault/team/team.js'
import { draw, pair, type Person } from '../../format/kit.js'
import { failure } from '../fixture.js'
import { forge, KEY, read, write } from './forge.js'
import {
  after,
  alice,
  bob,
  carol,
  copy,
  eve,
  expectRefused,
  expectUnharmed,
  mallory,
  scene,
  stranger
} from './kit.js'

beforeAll(async () => {
  await scene()
})

describe('a key document', () => {
  // put is left out: it seals to the log's public key, and this process has the earlier private keys in memory
  const reading = ['get', 'previous', 'blue'] as const

  it('is removed: the newest generation', async () => {
    const victim = await after(attacker => attacker.git('rm', '-q', KEY))
    await expectRefused(victim, KEY, /missing/, reading)
  })

  it('is replaced by one of another key or generation', async () => {
    for (const from of ['vault/keys/dev/1.yaml', 'vault/keys/prod/1.yaml'])
      await expectRefused(
        await after(attacker => copy(attacker, from, KEY)),
        KEY,
        /it belongs to another key or generation/,
        reading
      )
  })

  it('gets a box from another key’s file', async () => {
    const victim = await after(async attacker => {
      const { sealed } = await read(attacker, 'key', 'vault/keys/dev/1.yaml')
      const document = await read(attacker, 'key', KEY)
      write(attacker, 'key', KEY, { ...document, sealed })
    })
    await expectRefused(victim, KEY, /the signature does not verify/, reading)
  })

  it('gets a box from another key’s file, signed by an admin: it does not open the generation', async () => {
    const victim = await after(async attacker => {
      const { sealed } = await read(attacker, 'key', 'vault/keys/dev/1.yaml')
      await forge(attacker, 'key', KEY, alice, document => (document.sealed = sealed))
    })
    await expectRefused(
      victim,
      KEY,
      /the private key sealed for this identity is not the one of this generation/,
      reading
    )
  })

  it('gets another public key', async () => {
    const other = pair('mine')
    const box = () => encode(sealTo(alice.public.boxKey, other.secret, draw('ephemeral')))
    const victim = await after(attacker =>
      forge(attacker, 'key', KEY, alice, document => {
        document.public = encode(other.public)
        document.sealed = { [alice.public.keyId]: box() }
      })
    )
    await expectRefused(victim, KEY, /its public key is not the one in the access log/, reading)
  })

  it.each([
    ['a member with all rights on it', () => carol, /signed by carol, who may not sign it/],
    ['a member who may read', () => bob, /signed by bob, who may not sign it/],
    ['a removed member', () => eve, /signed by eve, who may not sign it/],
    ['nobody', () => stranger, /its signer is not in the access log/]
  ] as [string, () => Person, RegExp][])(
    'is signed by %s, with a box for somebody who may not decrypt',
    async (_, who, why) => {
      const victim = await after(attacker =>
        forge(attacker, 'key', KEY, who(), document => {
          const box = sealTo(mallory.public.boxKey, draw('a generation'), draw('ephemeral'))
          document.sealed[mallory.public.keyId] = encode(box)
        })
      )
      await expectRefused(victim, KEY, why, reading)
      // and an admin who adds a member does not re-sign it
      const vault = await victim.internal()
      const state = victim.state()
      expect(await failure(grant(vault, 'mallory', new Map([['prod', ['decrypt']]])))).toEqual({
        code: 'DocumentRefused',
        message: expect.stringMatching(why) as string
      })
      expect(victim.state()).toBe(state)
    }
  )

  it('that is forged is not re-signed by a removal, which names it', async () => {
    const victim = await after(attacker => forge(attacker, 'key', KEY, carol))
    const { skipped } = await removeMember(await victim.internal(), 'bob', () => undefined)
    expect(skipped).toEqual([{ path: KEY, why: `${KEY}: signed by carol, who may not sign it` }])
    expect((await read(victim, 'key', KEY)).signed.by).toBe(carol.public.keyId)
    await expectRefused(victim, KEY, /signed by carol, who may not sign it/, reading)
  })

  it('of a generation that is not in the log has no effect', async () => {
    await expectUnharmed(await after(attacker => copy(attacker, KEY, 'vault/keys/prod/3.yaml')))
  })
})
