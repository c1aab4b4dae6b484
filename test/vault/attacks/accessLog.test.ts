import * as fs from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { encode } from '../../../src/core/encoding.js'
import { publicIdentity } from '../../../src/core/crypto/identity.js'
import { acceptInvitation, trust } from '../../../src/app/trust.js'
import { roster } from '../../../src/vault/team/roster.js'
import { addMember, removeMember } from '../../../src/vault/team/team.js'
import { pair, type Person } from '../../format/kit.js'
import { cloneOf, failure, makeVault, type TestVault } from '../fixture.js'
import { editLog, forgeEntry, LOG } from './forge.js'
import {
  after,
  alice,
  as,
  carol,
  commit,
  eve,
  expectRefused,
  expectUnharmed,
  faces,
  freshClone,
  mallory,
  pull,
  restore,
  scene,
  stranger
} from './kit.js'

beforeAll(async () => {
  await scene()
})

/** Every face, and those of the team. */
async function expectLogRefused(victim: TestVault, why: RegExp): Promise<void> {
  await expectRefused(victim, LOG, why)
  const state = victim.state()
  const vault = await victim.internal()
  const team = [
    roster(vault),
    removeMember(vault, 'carol', () => undefined),
    addMember(vault, { name: 'new', publicKey: stranger.public.text, admin: false, rights: new Map() })
  ]
  for (const outcome of await Promise.all(team.map(failure)))
    expect(outcome).toEqual({ code: 'DocumentRefused', message: expect.stringMatching(why) as string })
  expect(victim.state()).toBe(state)
}

const BEHIND = 'this branch lacks entries of the access log that this clone has verified'

describe('the access log', () => {
  it('cut short is read by what is pinned; nothing is written', async () => {
    const victim = await after(attacker => editLog(attacker, entries => entries.pop()))
    for (const face of [faces.get, faces.describe, faces.list, faces.versions]) await face(victim.api)
    const state = victim.state()
    for (const face of [faces.put, faces.move, faces.update])
      expect(await failure(face(victim.api))).toEqual({ code: 'RepositoryState', message: BEHIND })
    const vault = await victim.internal()
    expect((await roster(vault)).members.find(({ name }) => name === 'eve')?.removed).toBeInstanceOf(Date)
    expect(await failure(removeMember(vault, 'carol', () => undefined))).toMatchObject({ message: BEHIND })
    expect(victim.state()).toBe(state)
  })

  it('cut short, with the newest generation, is missed by name in a fresh clone', async () => {
    const victim = await after(attacker => editLog(attacker, entries => entries.pop()))
    await expectRefused(
      await freshClone(victim),
      'vault/secrets/prod/',
      /an access log entry that is not in the log/
    )
  })

  it('put back with all documents of its time is not shown to a fresh clone that was invited later', async () => {
    const both = await scene()
    const vault = await both.victim.internal()
    const { invitation } = await addMember(vault, {
      name: 'new',
      publicKey: stranger.public.text,
      admin: false,
      rights: new Map([['prod', ['decrypt']]])
    })
    both.attacker.git('pull', '-q', '--ff-only', both.victim.root, 'main')
    const newest = await cloneOf(both.attacker)
    await acceptInvitation(newest.root, invitation)
    expect(await as(stranger, newest, faces.get)).toMatchObject({ SecretString: 'three' })
    restore(both.attacker, 'members', 'vault')
    commit(both.attacker)
    const clone = await cloneOf(both.attacker)
    expect(await failure(acceptInvitation(clone.root, invitation))).toEqual({
      code: 'DocumentRefused',
      message: `${LOG}: it ends before the entry that the invitation names`
    })
    expect(await failure(faces.get(clone.api))).toMatchObject({ code: 'RootUnknown' })
  })

  it('forked is not taken by who was invited on the other fork', async () => {
    const { victim, attacker } = await scene()
    const vault = await victim.internal()
    const { invitation } = await addMember(vault, {
      name: 'new',
      publicKey: stranger.public.text,
      admin: false,
      rights: new Map()
    })
    await forgeEntry(attacker, alice, [{ change: 'pruning', keep: '10', minimumAgeHours: '1', quota: '20' }])
    commit(attacker)
    const clone = await cloneOf(attacker)
    expect(await failure(acceptInvitation(clone.root, invitation))).toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringMatching(
        /access.yaml: its entry \d+ is not the one that the invitation names/
      ) as string
    })
  })

  it('forked is refused, the longer no more than the shorter', async () => {
    const both = await scene()
    await addMember(await both.victim.internal(), {
      name: 'new',
      publicKey: stranger.public.text,
      admin: false,
      rights: new Map()
    })
    const policy = { change: 'pruning', minimumAgeHours: '1', quota: '20' } as const
    for (const keep of ['10', '11', '12']) await forgeEntry(both.attacker, alice, [{ ...policy, keep }])
    commit(both.attacker)
    both.victim.git('fetch', '-q', both.attacker.root, 'main')
    both.victim.git('merge', '-q', '-X', 'theirs', '-m', 'merge', 'FETCH_HEAD')
    both.victim.write(LOG, both.attacker.read(LOG))
    commit(both.victim)
    await expectLogRefused(both.victim, /the access log forks from what this clone has verified/)
  })

  it('reordered', async () => {
    const victim = await after(attacker =>
      editLog(attacker, entries => entries.push(...entries.splice(-2).reverse()))
    )
    await expectLogRefused(victim, /access log entry \d+: numbered \d+/)
    expect(await failure(trust((await cloneOf(victim)).root, victim.made.root))).toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringMatching(/access log entry \d+: numbered/) as string
    })
  })

  it('an entry left out in the middle', async () => {
    const victim = await after(attacker => editLog(attacker, entries => entries.splice(3, 1)))
    await expectLogRefused(victim, /access log entry 4: numbered 5/)
  })

  it('an entry edited: a right more, or a removal less', async () => {
    const granted = await after(attacker =>
      editLog(attacker, entries => {
        for (const { changes } of entries)
          for (const change of changes)
            if (change.change === 'grant' && change.member === 'mallory' && change.key === 'prod')
              change.rights = ['decrypt', 'encrypt', 'manage']
      })
    )
    await expectLogRefused(granted, /access log entry \d+: the signature does not verify/)
    const kept = await after(attacker =>
      editLog(attacker, entries => {
        const last = entries.at(-1)!
        last.changes = [last.changes.find(({ change }) => change === 'generation')!]
      })
    )
    await expectLogRefused(kept, /access log entry \d+: the signature does not verify/)
  })

  it('its first entry edited is another vault', async () => {
    const victim = await after(attacker =>
      editLog(attacker, ([first]) => {
        const [change] = first.changes
        if (change?.change === 'vault') change.region = 'us-east-1'
      })
    )
    await expectLogRefused(victim, /access log entry 1: the signature does not verify/)
  })

  it('all of another vault', async () => {
    const foreign = await makeVault('foreign')
    const victim = await after(attacker => {
      attacker.git('rm', '-rq', 'vault')
      fs.cpSync(foreign.path('vault'), attacker.path('vault'), { recursive: true })
    })
    await expectLogRefused(victim, /another vault than the one this clone trusts/)
  })

  const pruning = { change: 'pruning', keep: '1', minimumAgeHours: '0', quota: '1' } as const
  it.each([
    ['who may write', () => mallory, () => ({}), /not signed by an admin/],
    ['who holds every right on a key', () => carol, () => ({}), /not signed by an admin/],
    ['who was removed', () => eve, () => ({}), /not signed by an admin/],
    ['nobody', () => stranger, () => ({}), /not signed by an admin/],
    [
      'who writes the admin’s name on it',
      () => mallory,
      () => ({ by: alice.public.keyId }),
      /the signature does not verify/
    ]
  ] as [string, () => Person, () => object, RegExp][])('one entry more by %s', async (_, who, over, why) => {
    const victim = await after(attacker => forgeEntry(attacker, who(), [pruning], over()))
    await expectLogRefused(victim, why)
    expect(await failure(trust((await cloneOf(victim)).root, victim.made.root))).toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringMatching(why) as string
    })
  })

  it('a member who makes herself an admin', async () => {
    const role = { change: 'role', member: 'mallory', role: 'admin' } as const
    const victim = await after(attacker => forgeEntry(attacker, mallory, [role]))
    await expectLogRefused(victim, /not signed by an admin/)
  })

  it('an admin’s removal of somebody who can decrypt, without a new generation', async () => {
    for (const change of [
      { change: 'remove', member: 'carol' },
      { change: 'revoke', member: 'bob', key: 'prod', rights: ['decrypt'] }
    ] as const) {
      const victim = await after(attacker =>
        forgeEntry(attacker, alice, [change as Parameters<typeof forgeEntry>[2][number]])
      )
      await expectLogRefused(victim, /somebody loses decrypt on prod, and there is no new generation of it/)
    }
  })

  it('a removal that leaves no admin', async () => {
    const victim = await after(attacker =>
      forgeEntry(attacker, alice, [{ change: 'role', member: 'alice', role: 'member' }])
    )
    await expectLogRefused(victim, /its signer is no admin any more after it/)
  })

  it('a generation’s public key swapped for one that the attacker holds', async () => {
    const mine = encode(pair('mine').public)
    const swapped = await after(attacker =>
      editLog(attacker, entries => {
        for (const change of entries.at(-1)!.changes) if (change.change === 'generation') change.public = mine
      })
    )
    await expectLogRefused(swapped, /the signature does not verify/)
    const added = await after(attacker =>
      forgeEntry(attacker, carol, [{ change: 'generation', key: 'prod', generation: '3', public: mine }])
    )
    await expectLogRefused(added, /not signed by an admin/)
  })
})

describe('a newcomer’s public string', () => {
  it('with another’s box key, or another’s signing key, is refused by the write and by every reader', async () => {
    const [sign, box] = [stranger.public.signKey, carol.public.boxKey]
    for (const keys of [
      publicIdentity(sign, box),
      publicIdentity(carol.public.signKey, stranger.public.boxKey)
    ]) {
      const { victim } = await scene()
      const state = victim.state()
      const vault = await victim.internal()
      const adding = addMember(vault, { name: 'new', publicKey: keys.text, admin: false, rights: new Map() })
      expect(await failure(adding)).toEqual({
        code: 'DocumentRefused',
        message: expect.stringMatching(/access log entry \d+: new has a key of carol's/) as string
      })
      expect(victim.state()).toBe(state)
      const forged = await after(attacker =>
        forgeEntry(attacker, alice, [{ change: 'member', name: 'new', public: keys.text, role: 'member' }])
      )
      await expectLogRefused(forged, /new has a key of carol's/)
    }
  })

  it('of somebody who was removed, under another name', async () => {
    const change = { change: 'member', name: 'new', public: eve.public.text, role: 'member' } as const
    const victim = await after(attacker => forgeEntry(attacker, alice, [change]))
    await expectLogRefused(victim, /new has a key of eve's/)
  })
})

it('the log as an admin extended it in truth is read and pinned', async () => {
  const both = await scene()
  await forgeEntry(both.attacker, alice, [
    { change: 'pruning', keep: '10', minimumAgeHours: '1', quota: '20' }
  ])
  pull(both)
  await expectUnharmed(both.victim)
})
