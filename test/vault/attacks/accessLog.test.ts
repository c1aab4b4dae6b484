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

/** Expects that every operation is refused because of the log, and so is every change to the team. */
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
  it('cut short is replaced by the pin for reads, and writes are refused', async () => {
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

  it('cut short makes a fresh clone refuse documents that name the missing entry', async () => {
    const victim = await after(attacker => editLog(attacker, entries => entries.pop()))
    await expectRefused(
      await freshClone(victim),
      'vault/secrets/prod/',
      /an entry that is not in the access log/
    )
  })

  it('put back with all documents of that time is refused by a fresh clone with a later invitation', async () => {
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
      message: `${LOG}: the access log ends before the entry that the invitation names`
    })
    expect(await failure(faces.get(clone.api))).toMatchObject({ code: 'RootUnknown' })
  })

  it('forked is refused by a newcomer who was invited on the other fork', async () => {
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
        /access.yaml: entry \d+ is not the one that the invitation names/
      ) as string
    })
  })

  it('forked is refused, even if it is the longer one', async () => {
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
    // by hand: git-vault's own driver would not take theirs
    both.victim.git('config', 'merge.git-vault.driver', 'cp %B %A')
    both.victim.git('merge', '-q', '-m', 'merge', 'FETCH_HEAD')
    both.victim.write(LOG, both.attacker.read(LOG))
    commit(both.victim)
    await expectLogRefused(both.victim, /the access log forks from the one that this clone has verified/)
  })

  it('reordered', async () => {
    const victim = await after(attacker =>
      editLog(attacker, entries => entries.push(...entries.splice(-2).reverse()))
    )
    await expectLogRefused(victim, /access log entry \d+: it is numbered \d+/)
    expect(await failure(trust((await cloneOf(victim)).root, victim.made.root))).toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringMatching(/access log entry \d+: it is numbered/) as string
    })
  })

  it('without an entry in the middle', async () => {
    const victim = await after(attacker => editLog(attacker, entries => entries.splice(3, 1)))
    await expectLogRefused(victim, /access log entry 4: it is numbered 5/)
  })

  it('with an edited entry: a right added, or a removal deleted', async () => {
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

  it('with an edited first entry is another vault', async () => {
    const victim = await after(attacker =>
      editLog(attacker, ([first]) => {
        const [change] = first.changes
        if (change?.change === 'vault') change.region = 'us-east-1'
      })
    )
    await expectLogRefused(victim, /access log entry 1: the signature does not verify/)
  })

  it('of another vault, with all its documents', async () => {
    const foreign = await makeVault('foreign')
    const victim = await after(attacker => {
      attacker.git('rm', '-rq', 'vault')
      fs.cpSync(foreign.path('vault'), attacker.path('vault'), { recursive: true })
    })
    await expectLogRefused(victim, /this is not the vault that this clone trusts/)
  })

  const pruning = { change: 'pruning', keep: '1', minimumAgeHours: '0', quota: '1' } as const
  it.each([
    ['a member who may write', () => mallory, () => ({}), /not signed by an admin/],
    ['a member with all rights on a key', () => carol, () => ({}), /not signed by an admin/],
    ['a removed member', () => eve, () => ({}), /not signed by an admin/],
    ['nobody', () => stranger, () => ({}), /not signed by an admin/],
    [
      'a member in the admin’s name',
      () => mallory,
      () => ({ by: alice.public.keyId }),
      /the signature does not verify/
    ]
  ] as [string, () => Person, () => object, RegExp][])(
    'with another entry by %s',
    async (_, who, over, why) => {
      const victim = await after(attacker => forgeEntry(attacker, who(), [pruning], over()))
      await expectLogRefused(victim, why)
      expect(await failure(trust((await cloneOf(victim)).root, victim.made.root))).toMatchObject({
        code: 'DocumentRefused',
        message: expect.stringMatching(why) as string
      })
    }
  )

  it('with an entry by a member who makes herself an admin', async () => {
    const role = { change: 'role', member: 'mallory', role: 'admin' } as const
    const victim = await after(attacker => forgeEntry(attacker, mallory, [role]))
    await expectLogRefused(victim, /not signed by an admin/)
  })

  it('with an admin’s removal of a reader, without a new generation', async () => {
    for (const change of [
      { change: 'remove', member: 'carol' },
      { change: 'revoke', member: 'bob', key: 'prod', rights: ['decrypt'] }
    ] as const) {
      const victim = await after(attacker =>
        forgeEntry(attacker, alice, [change as Parameters<typeof forgeEntry>[2][number]])
      )
      await expectLogRefused(
        victim,
        /a member loses decrypt on key "prod", and the entry adds no new generation of it/
      )
    }
  })

  it('with an entry that leaves no admin', async () => {
    const victim = await after(attacker =>
      forgeEntry(attacker, alice, [{ change: 'role', member: 'alice', role: 'member' }])
    )
    await expectLogRefused(victim, /after it, its signer is no longer an admin/)
  })

  it('with a generation’s public key replaced by the attacker’s', async () => {
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
  it('with a member’s box key or signing key is refused by the write and by every reader', async () => {
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
        message: expect.stringMatching(
          /access log entry \d+: "new" has a public key that belongs to "carol"/
        ) as string
      })
      expect(victim.state()).toBe(state)
      const forged = await after(attacker =>
        forgeEntry(attacker, alice, [{ change: 'member', name: 'new', public: keys.text, role: 'member' }])
      )
      await expectLogRefused(forged, /"new" has a public key that belongs to "carol"/)
    }
  })

  it('of a removed member is refused under another name', async () => {
    const change = { change: 'member', name: 'new', public: eve.public.text, role: 'member' } as const
    const victim = await after(attacker => forgeEntry(attacker, alice, [change]))
    await expectLogRefused(victim, /"new" has a public key that belongs to "eve"/)
  })
})

it('a log that an admin really extended is read and pinned', async () => {
  const both = await scene()
  await forgeEntry(both.attacker, alice, [
    { change: 'pruning', keep: '10', minimumAgeHours: '1', quota: '20' }
  ])
  pull(both)
  await expectUnharmed(both.victim)
})
