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
  // a put seals to the public key that the log has, and this process knows the values of before
  const reading = ['get', 'previous', 'blue'] as const

  it('removed, the newest generation with it', async () => {
    const victim = await after(attacker => attacker.git('rm', '-q', KEY))
    await expectRefused(victim, KEY, /missing/, reading)
  })

  it('of another key, or another generation, in its place', async () => {
    for (const from of ['vault/keys/dev/1.yaml', 'vault/keys/prod/1.yaml'])
      await expectRefused(
        await after(attacker => copy(attacker, from, KEY)),
        KEY,
        /it belongs to another key or generation/,
        reading
      )
  })

  it('with a box out of another key’s file', async () => {
    const victim = await after(async attacker => {
      const { sealed } = await read(attacker, 'key', 'vault/keys/dev/1.yaml')
      const document = await read(attacker, 'key', KEY)
      write(attacker, 'key', KEY, { ...document, sealed })
    })
    await expectRefused(victim, KEY, /the signature does not verify/, reading)
  })

  it('with a box out of another key’s file, signed by an admin: it does not open the generation', async () => {
    const victim = await after(async attacker => {
      const { sealed } = await read(attacker, 'key', 'vault/keys/dev/1.yaml')
      await forge(attacker, 'key', KEY, alice, document => (document.sealed = sealed))
    })
    await expectRefused(victim, KEY, /what is sealed in it for this identity is not the private key/, reading)
  })

  it('with another public key', async () => {
    const other = pair('mine')
    const box = () => encode(sealTo(alice.public.boxKey, other.secret, draw('ephemeral')))
    const victim = await after(attacker =>
      forge(attacker, 'key', KEY, alice, document => {
        document.public = encode(other.public)
        document.sealed = { [alice.public.keyId]: box() }
      })
    )
    await expectRefused(victim, KEY, /its public key is not the access log's/, reading)
  })

  it.each([
    ['who holds every right on it', () => carol, /signed by carol, who has no right to/],
    ['who may read', () => bob, /signed by bob, who has no right to/],
    ['who was removed', () => eve, /signed by eve, who has no right to/],
    ['nobody', () => stranger, /signed by nobody the access log knows/]
  ] as [string, () => Person, RegExp][])(
    'signed again by %s, with a box for somebody who may not decrypt',
    async (_, who, why) => {
      const victim = await after(attacker =>
        forge(attacker, 'key', KEY, who(), document => {
          const box = sealTo(mallory.public.boxKey, draw('a generation'), draw('ephemeral'))
          document.sealed[mallory.public.keyId] = encode(box)
        })
      )
      await expectRefused(victim, KEY, why, reading)
      // nor does who admits somebody sign it on
      const vault = await victim.internal()
      const state = victim.state()
      expect(await failure(grant(vault, 'mallory', new Map([['prod', ['decrypt']]])))).toEqual({
        code: 'DocumentRefused',
        message: expect.stringMatching(why) as string
      })
      expect(victim.state()).toBe(state)
    }
  )

  it('planted is not signed anew by a removal, which names it', async () => {
    const victim = await after(attacker => forge(attacker, 'key', KEY, carol))
    const { left } = await removeMember(await victim.internal(), 'bob', () => undefined)
    expect(left).toEqual([{ path: KEY, why: `${KEY}: signed by carol, who has no right to` }])
    expect((await read(victim, 'key', KEY)).signed.by).toBe(carol.public.keyId)
    await expectRefused(victim, KEY, /signed by carol, who has no right to/, reading)
  })

  it('of a generation that the log does not have has no effect', async () => {
    await expectUnharmed(await after(attacker => copy(attacker, KEY, 'vault/keys/prod/3.yaml')))
  })
})
