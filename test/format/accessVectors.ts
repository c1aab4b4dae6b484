import { keyFor, type Access } from '../../src/core/access/access.js'
import { foldLog, hashEntry } from '../../src/core/access/accessLog.js'
import { encode } from '../../src/core/encoding.js'
import type { Entry } from '../../src/core/generated/documents.js'
import { publicIdentity } from '../../src/core/crypto/identity.js'
import { drillBytes } from '../../src/core/access/recovery.js'
import { sodium } from '../../src/core/sodium.js'
import { draw, extend, logOf, pair, person, place, textOf, type Person } from './kit.js'

type Changes = Entry['changes']

const NAMES = ['prod', 'prod/db', 'prod/special', 'prod/special/x', 'production', 'web', 'prod/', '']

/** The log that the other vectors use. */
export function teamLog() {
  const people = Object.fromEntries(
    ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'mallory'].map(name => [name, person(name)])
  ) as Record<'alice' | 'bob' | 'carol' | 'dave' | 'erin' | 'frank' | 'mallory', Person>
  const { alice, bob, carol, dave, erin, frank } = people
  const pairs = { default: pair('default/1'), prod: pair('prod/1'), next: pair('prod/2') }
  const member = (who: Person, role: 'admin' | 'member' = 'member') =>
    ({ change: 'member', name: who.name, public: who.public.text, role }) as const
  const grant = (who: Person, ...rights: ('decrypt' | 'encrypt' | 'manage')[]) =>
    ({ change: 'grant', member: who.name, key: 'prod', rights: rights as [(typeof rights)[0]] }) as const

  const first = extend([], alice, [
    { change: 'vault', region: 'local', account: '000000000000' },
    member(alice, 'admin'),
    { change: 'key', key: 'default', names: ['**'] },
    { change: 'generation', key: 'default', generation: '1', public: encode(pairs.default.public) },
    { change: 'grant', member: 'alice', key: 'default', rights: ['decrypt', 'encrypt', 'manage'] },
    { change: 'pruning', keep: '100', minimumAgeHours: '24', quota: '150' }
  ])
  const second = extend([first], alice, [
    ...[bob, carol, dave, erin].map(who => member(who)),
    { change: 'key', key: 'prod', names: ['prod/**', 'prod/special'] },
    { change: 'generation', key: 'prod', generation: '1', public: encode(pairs.prod.public) },
    grant(bob, 'encrypt'),
    grant(carol, 'decrypt'),
    grant(dave, 'manage')
  ] as unknown as Changes)
  const third = extend([first, second], alice, [
    grant(erin, 'encrypt'),
    member(frank, 'admin'),
    grant(bob, 'encrypt')
  ])
  return { people, pairs, member, grant, log: [first, second, third] as const, vaultId: hashEntry(first) }
}

/** Returns the content of a log as JSON. */
export function summary(access: Access) {
  return {
    vaultId: access.vaultId,
    region: access.region,
    account: access.account,
    entries: access.entries,
    members: [...access.members.values()].map(({ name, keyId, adminSince, removed, rights }) => ({
      name,
      keyId,
      ...(adminSince === undefined ? {} : { adminSince }),
      ...(removed === undefined ? {} : { removed }),
      rights: Object.fromEntries([...rights].map(([alias, granted]) => [alias, Object.fromEntries(granted)]))
    })),
    keys: [...access.keys.values()].map(({ alias, names, generations }) => ({
      alias,
      names,
      generations: generations.map(({ number, recipient, since }) => ({ number, recipient, since }))
    })),
    pruning: access.pruning,
    waivers: access.waivers,
    keyOf: Object.fromEntries(NAMES.map(name => [name, keyFor(access, name)?.alias ?? null]))
  }
}

interface Situation {
  /** Replaces the common head. */
  head?: string
  log: string[]
  /** The entries that the clone has pinned. */
  pinned?: string[]
  /** The vault id in the reader's identity, if it is not the right one; empty for none. */
  trusts?: string
}

interface Refusal extends Situation {
  name: string
  mend: Situation
  error: { code: string; reason: string }
}

export function accessVectors() {
  const { people, pairs, member, grant, log, vaultId } = teamLog()
  const { alice, bob, carol, dave, frank, mallory } = people
  const [first, second, third] = log
  const entries: Record<string, string> = {}
  const blockOf = (entry: Entry) => {
    const text = textOf('access', logOf([entry]), place.access)
    return text.slice(text.indexOf('entries:\n') + 'entries:\n'.length)
  }
  const head = textOf('access', logOf([first]), place.access).split('entries:\n')[0] + 'entries:\n'
  const add = (id: string, entry: Entry | string) => {
    entries[id] = typeof entry === 'string' ? entry : blockOf(entry)
    return id
  }
  const [e1, e2, e3] = [add('e1', first), add('e2', second), add('e3', third)]

  const refused: Refusal[] = []
  const refuse = (
    name: string,
    { mend, ...one }: Situation & { mend: string[] | Situation },
    reason: string,
    code = 'DocumentRefused'
  ) => {
    // the mended variant keeps the pin, unless the pin is the defect
    const pin = one.pinned ? { pinned: one.pinned } : {}
    refused.push({
      name,
      ...one,
      mend: Array.isArray(mend) ? { log: mend, ...pin } : mend,
      error: { code, reason }
    })
  }

  /** A second entry with a valid signature and one invalid change. */
  const change = (name: string, bad: unknown[], good: unknown[], reason: string) => {
    const log = [e1, add(`${name}: bad`, extend([first], alice, bad as unknown as Changes))]
    const mend = [e1, add(`${name}: mended`, extend([first], alice, good as unknown as Changes))]
    refuse(name, { log, mend }, reason)
  }
  /** The same for the first entry. */
  const root = (
    name: string,
    bad: unknown[],
    good: unknown[],
    reason: string,
    signers = [alice, alice] as const
  ) => {
    const [badEntry, goodEntry] = [
      extend([], signers[0], bad as unknown as Changes),
      extend([], signers[1], good as unknown as Changes)
    ]
    refuse(
      name,
      {
        log: [add(`${name}: bad`, badEntry)],
        mend: { log: [add(`${name}: mended`, goodEntry)], trusts: hashEntry(goodEntry) },
        trusts: hashEntry(badEntry)
      },
      reason
    )
  }

  // who signs
  refuse(
    'second entry by a member who is no admin',
    {
      log: [e1, e2, add('by bob', extend([first, second], bob, [grant(bob, 'manage')]))],
      mend: [e1, e2, add('by alice', extend([first, second], alice, [grant(bob, 'manage')]))]
    },
    'entry 3: it is not signed by an admin'
  )
  refuse(
    'by an outsider',
    {
      log: [e1, add('by mallory', extend([first], mallory, [member(bob)]))],
      mend: [e1, add('bob by alice', extend([first], alice, [member(bob)]))]
    },
    'entry 2: it is not signed by an admin'
  )
  refuse(
    'by an admin whom this very entry admits',
    {
      log: [e1, add('by frank himself', extend([first], frank, [member(frank, 'admin')]))],
      mend: [e1, add('frank by alice', extend([first], alice, [member(frank, 'admin')]))]
    },
    'entry 2: it is not signed by an admin'
  )
  refuse(
    "in an admin's name, by an outsider",
    {
      log: [e1, add('forged', extend([first], { ...mallory, public: alice.public }, [member(bob)]))],
      mend: [e1, 'bob by alice']
    },
    'entry 2: the signature does not verify'
  )
  const strangerRoot = extend([], mallory, [
    { change: 'vault', region: 'local', account: '000000000000' },
    member(mallory, 'admin'),
    { change: 'key', key: 'default', names: ['**'] },
    { change: 'generation', key: 'default', generation: '1', public: encode(pairs.next.public) }
  ] as unknown as Changes)
  const stranger = add('stranger', strangerRoot)
  refuse(
    'signed for another vault',
    {
      log: [e1, add('for another vault', resignedFor(strangerRoot, first, alice, [member(bob)]))],
      mend: [e1, 'bob by alice']
    },
    'entry 2: the signature does not verify'
  )

  // links
  refuse('the first entry is missing', { log: [e2, e3], mend: [e1, e2, e3] }, 'entry 1: it is numbered 2')
  refuse('an entry is missing', { log: [e1, e3], mend: [e1, e2, e3] }, 'entry 2: it is numbered 3')
  refuse('an entry stands twice', { log: [e1, e2, e2], mend: [e1, e2, e3] }, 'entry 3: it is numbered 2')
  refuse('reordered', { log: [e1, e3, e2], mend: [e1, e2, e3] }, 'entry 2: it is numbered 3')
  refuse(
    'an entry is missing, and the rest numbered and signed anew',
    {
      log: [
        e1,
        add(
          'third as second',
          extend([first], alice, [member(frank, 'admin')], { previous: hashEntry(second) })
        )
      ],
      mend: [e1, 'frank by alice']
    },
    'entry 2: it does not follow the entry before it'
  )
  refuse(
    'the first entry follows something',
    { log: [add('rooted elsewhere', extend([], alice, first.changes, { previous: vaultId }))], mend: [e1] },
    'entry 1: it does not follow the entry before it'
  )
  refuse(
    'an entry was edited',
    { log: [e1, add('edited', blockOf(second).replace('- encrypt', '- manage')), e3], mend: [e1, e2, e3] },
    'entry 2: the signature does not verify'
  )
  refuse(
    'the last entry was edited',
    {
      log: [e1, e2, add('edited last', blockOf(third).replace('role: admin', 'role: member'))],
      mend: [e1, e2, e3]
    },
    'entry 3: the signature does not verify'
  )
  refuse(
    "the first entry's time was edited",
    { log: [add('edited first', blockOf(first).replace('18:50:00', '18:50:01'))], mend: [e1] },
    'entry 1: the signature does not verify'
  )
  refuse(
    'a bit of a signature is flipped',
    { log: [e1, e2, add('flipped', flipSignature(blockOf(third)))], mend: [e1, e2, e3] },
    'entry 3: the signature does not verify'
  )
  refuse(
    'cut within the last entry',
    {
      log: [e1, e2, add('cut', blockOf(third).slice(0, blockOf(third).indexOf('    signature')))],
      mend: [e1, e2, e3]
    },
    "must have required property 'signature'"
  )

  // against a pin
  const other = add('another third', extend([first, second], alice, [grant(dave, 'encrypt')]))
  refuse(
    'another vault than the pinned one',
    { log: [stranger], mend: [e1], pinned: [e1] },
    'this is not the vault that this clone trusts'
  )
  refuse(
    'forked',
    { log: [e1, e2, other], mend: [e1, e2, e3], pinned: [e1, e2, e3] },
    'the access log forks from the one that this clone has verified'
  )
  const fourth = add(
    'fourth on the other third',
    extend([first, second, extend([first, second], alice, [grant(dave, 'encrypt')])], alice, [
      grant(carol, 'encrypt')
    ])
  )
  refuse(
    'forked and longer',
    {
      log: [e1, e2, other, fourth],
      mend: { log: [e1, e2, other, fourth], pinned: [e1, e2] },
      pinned: [e1, e2, e3]
    },
    'the access log forks from the one that this clone has verified'
  )
  refuse(
    'shorter, and forked',
    { log: [e1, 'bob by alice'], mend: { log: [e1, 'bob by alice'], pinned: [e1] }, pinned: [e1, e2, e3] },
    'the access log forks from the one that this clone has verified'
  )
  refuse(
    'an extension that does not verify',
    { log: [e1, e2, 'flipped'], mend: [e1, e2, e3], pinned: [e1, e2] },
    'entry 3: the signature does not verify'
  )
  refuse(
    'a root that nobody trusts',
    { log: [e1], mend: { log: [e1], trusts: vaultId }, trusts: '' },
    'this clone does not trust this vault yet; its fingerprint:',
    'RootUnknown'
  )
  refuse(
    'a root other than the one carried',
    { log: [stranger], mend: { log: [stranger], trusts: hashEntry(strangerRoot) }, trusts: vaultId },
    'this clone does not trust this vault yet; its fingerprint:',
    'RootUnknown'
  )

  // changes
  const key = (alias: string, ...names: string[]) => ({ change: 'key', key: alias, names })
  const generation = (alias: string, number: string, bytes: Uint8Array) => ({
    change: 'generation',
    key: alias,
    generation: number,
    public: encode(bytes)
  })
  const vault = { change: 'vault', region: 'local', account: '000000000000' }
  const prod = [key('prod', 'prod/**'), generation('prod', '1', pairs.prod.public)]
  const start = [
    vault,
    member(alice, 'admin'),
    key('default', '**'),
    generation('default', '1', pairs.default.public)
  ]
  const withKeys = (sign: Person, box: Person) => mixedPublic(sign, box)

  root(
    'the vault is not described',
    start.slice(1),
    start,
    'entry 1: the first change of the first entry must describe the vault, and no other may'
  )
  root(
    'the vault is not described first',
    [start[1], vault, ...start.slice(2)],
    start,
    'entry 1: the first change of the first entry must describe the vault, and no other may'
  )
  root(
    'the vault is described twice',
    [vault, vault, ...start.slice(1)],
    start,
    'entry 1: the first change of the first entry must describe the vault, and no other may'
  )
  root(
    'the first signer is no admin',
    [vault, member(alice), ...start.slice(2)],
    start,
    'entry 1: it is not signed by an admin'
  )
  root(
    'the first signer is not named',
    [vault, member(bob, 'admin'), ...start.slice(2)],
    start,
    'entry 1: it is not signed by an admin'
  )
  root('a key without a generation', start.slice(0, 3), start, 'key "default" has no generation')
  change(
    'the vault is described again',
    [vault],
    [member(bob)],
    'entry 2: the first change of the first entry must describe the vault, and no other may'
  )
  change(
    "a member's name is taken",
    [{ ...member(bob), name: 'alice' }],
    [member(bob)],
    'entry 2: a member or former member is already named "alice"'
  )
  change(
    'a member stands twice',
    [member(bob), { ...member(bob), name: 'bobby' }],
    [member(bob)],
    'entry 2: "bobby" has a public key that belongs to "bob"'
  )
  change(
    "a member with another's signing key",
    [member(bob), { ...member(carol), public: withKeys(bob, carol) }],
    [member(bob), member(carol)],
    'entry 2: "carol" has a public key that belongs to "bob"'
  )
  change(
    "a member with another's box key",
    [member(bob), { ...member(carol), public: withKeys(carol, bob) }],
    [member(bob), member(carol)],
    'entry 2: "carol" has a public key that belongs to "bob"'
  )
  change(
    'a damaged public string',
    [{ ...member(bob), public: bob.public.text.replace(/.$/, last => (last === 'A' ? 'B' : 'A')) }],
    [member(bob)],
    'entry 2: the public string of "bob" is damaged'
  )
  const weak = new Uint8Array(32)
  change(
    'a box key of small order',
    [{ ...member(bob), public: publicIdentity(bob.public.signKey, weak).text }],
    [member(bob)],
    'entry 2: the public string of "bob" has a key of small order or in a non-canonical encoding'
  )
  change(
    'a signing key of small order',
    [{ ...member(bob), public: publicIdentity(weak, bob.public.boxKey).text }],
    [member(bob)],
    'entry 2: the public string of "bob" has a key of small order or in a non-canonical encoding'
  )
  change(
    'a generation of small order',
    [generation('default', '2', weak)],
    [generation('default', '2', pairs.next.public)],
    'entry 2: generation 2 of key "default" has a key of small order or in a non-canonical encoding'
  )
  change(
    'a role that does not exist',
    [{ ...member(bob), role: 'owner' }],
    [member(bob)],
    'not an access document'
  )
  change('a name that is no slug', [{ ...member(bob), name: 'Bob' }], [member(bob)], 'not an access document')
  change('an alias is taken', [key('default', 'x')], prod, 'entry 2: key "default" already exists')
  change(
    "a generation with a member's own key",
    [generation('default', '2', alice.public.boxKey)],
    [generation('default', '2', pairs.next.public)],
    'entry 2: a public key of key "default" is already in the log'
  )
  const patterns = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`)
  change(
    'a pattern too many for a key, which has one already',
    [{ change: 'names', key: 'default', names: patterns(1000) }],
    [{ change: 'names', key: 'default', names: patterns(999) }],
    'entry 2: key "default" has more than 1000 name patterns'
  )
  change(
    'a pattern too many for a change',
    [{ change: 'names', key: 'default', names: patterns(1001) }],
    [{ change: 'names', key: 'default', names: patterns(999) }],
    'not an access document'
  )
  change('a pattern with a star inside', [key('prod', 'a**b'), prod[1]], prod, 'not an access document')
  change('a new key without a generation', [prod[0]], prod, 'key "prod" has no generation')
  change(
    'a generation out of turn',
    [prod[0], generation('prod', '2', pairs.prod.public)],
    prod,
    'entry 2: generation 2 of key "prod" is out of order'
  )
  change(
    'a generation that exists',
    [generation('default', '1', pairs.next.public)],
    [generation('default', '2', pairs.next.public)],
    'entry 2: generation 1 of key "default" is out of order'
  )
  change(
    'a generation of an unknown key',
    [generation('test', '1', pairs.next.public)],
    [generation('default', '2', pairs.next.public)],
    'entry 2: a generation of an unknown key, or with a damaged public key: test'
  )
  change(
    'a damaged generation',
    [{ ...generation('default', '2', pairs.next.public), public: `${'A'.repeat(42)}B` }],
    [generation('default', '2', pairs.next.public)],
    'entry 2: a generation of an unknown key, or with a damaged public key: default'
  )
  change(
    'a public key that stands in the log',
    [generation('default', '2', pairs.default.public)],
    [generation('default', '2', pairs.next.public)],
    'entry 2: a public key of key "default" is already in the log'
  )
  change(
    "a public key of another key's",
    [prod[0], generation('prod', '1', pairs.default.public)],
    prod,
    'entry 2: a public key of key "prod" is already in the log'
  )
  change(
    'a grant to nobody',
    [...prod, grant(bob, 'encrypt')],
    [...prod, member(bob), grant(bob, 'encrypt')],
    'entry 2: there is no member "bob"'
  )
  change(
    'a grant before its member',
    [...prod, grant(bob, 'encrypt'), member(bob)],
    [...prod, member(bob), grant(bob, 'encrypt')],
    'entry 2: there is no member "bob"'
  )
  change(
    'a grant on no key',
    [member(bob), grant(bob, 'encrypt')],
    [...prod, member(bob), grant(bob, 'encrypt')],
    'entry 2: a grant on an unknown key: prod'
  )
  change(
    'a right that does not exist',
    [...prod, member(bob), { ...grant(bob, 'encrypt'), rights: ['admin'] }],
    [...prod, member(bob), grant(bob, 'encrypt')],
    'not an access document'
  )
  change(
    'a quota less than what is kept',
    [{ change: 'pruning', keep: '10', minimumAgeHours: '0', quota: '9' }],
    [{ change: 'pruning', keep: '10', minimumAgeHours: '0', quota: '10' }],
    'entry 2: the quota is less than the number of versions to keep'
  )
  change(
    'a change of a kind unknown',
    [{ change: 'rename', member: 'alice' }],
    [member(bob)],
    'not an access document'
  )
  change(
    'a change with a field unknown',
    [{ ...member(bob), until: '2030' }],
    [member(bob)],
    'not an access document'
  )
  // removals
  const team = [...prod, member(bob), grant(bob, 'decrypt', 'encrypt')]
  const next = generation('prod', '2', pairs.next.public)
  const remove = (who: Person) => ({ change: 'remove', member: who.name })
  const role = (who: Person, as: 'admin' | 'member') => ({ change: 'role', member: who.name, role: as })
  const revoke = (who: Person, ...rights: string[]) => ({
    change: 'revoke',
    member: who.name,
    key: 'prod',
    rights
  })
  const second2 = extend([first], alice, team as unknown as Changes)
  const e2b = add('a team', second2)
  /** The same for a third entry. */
  const after = (name: string, bad: unknown[], good: unknown[], reason: string) =>
    refuse(
      name,
      {
        log: [e1, e2b, add(`${name}: bad`, extend([first, second2], alice, bad as Changes))],
        mend: [e1, e2b, add(`${name}: mended`, extend([first, second2], alice, good as Changes))]
      },
      reason
    )
  const lost = 'entry 3: a member loses decrypt on key "prod", and the entry adds no new generation of it'
  after('a removal without a new generation', [remove(bob)], [remove(bob), next], lost)
  after('a new generation before the removal', [next, remove(bob)], [remove(bob), next], lost)
  after('decrypt taken without a new generation', [revoke(bob, 'decrypt')], [revoke(bob, 'encrypt')], lost)
  after('a removal of nobody', [remove(carol)], [remove(bob), next], 'entry 3: there is no member "carol"')
  after(
    'a removal twice',
    [remove(bob), next, remove(bob)],
    [remove(bob), next],
    'entry 3: there is no member "bob"'
  )
  after(
    'a grant to who was removed',
    [remove(bob), next, grant(bob, 'encrypt')],
    [grant(bob, 'manage')],
    'entry 3: there is no member "bob"'
  )
  after(
    'a removed name that comes back',
    [remove(bob), next, { ...member(carol), name: 'bob' }],
    [remove(bob), next, member(carol)],
    'entry 3: a member or former member is already named "bob"'
  )
  after(
    'a removed key that comes back',
    [remove(bob), next, { ...member(bob), name: 'robert' }],
    [remove(bob), next, member(carol)],
    'entry 3: "robert" has a public key that belongs to "bob"'
  )
  after(
    'a right taken that is not held',
    [revoke(bob, 'manage')],
    [revoke(bob, 'encrypt')],
    'entry 3: "bob" does not hold manage on key "prod"'
  )
  const none = 'entry 3: after it, its signer is no longer an admin'
  const nextDefault = generation('default', '2', pairs.next.public)
  after('an admin who removes themselves', [remove(alice), nextDefault], [remove(bob), next], none)
  after('an admin who ends their own role', [role(alice, 'member')], [role(bob, 'admin')], none)
  after(
    'an admin made admin',
    [role(alice, 'admin')],
    [role(bob, 'admin')],
    'entry 3: "alice" is already an admin'
  )
  after('no admin made none', [role(bob, 'member')], [role(bob, 'admin')], 'entry 3: "bob" is not an admin')
  after(
    'names for an unknown key',
    [{ change: 'names', key: 'test', names: ['x'] }],
    [{ change: 'names', key: 'prod', names: ['**'] }],
    'entry 3: names for an unknown key: test'
  )
  // recovery
  const split = (threshold: string, ...shares: Uint8Array[]) => ({
    change: 'recovery',
    member: 'bob',
    threshold,
    shares: shares.map((publicKey, at) => ({ holder: `holder-${at + 1}`, public: encode(publicKey) }))
  })
  const pairs3 = ['one', 'two', 'three'].map(name => sodium.crypto_sign_seed_keypair(draw(`share ${name}`)))
  const publics = pairs3.map(({ publicKey }) => publicKey)
  const good = split('2', ...publics)
  after(
    'a threshold of one',
    [split('1', ...publics)],
    [good],
    'entry 3: a split into 3 shares cannot have a threshold of 1'
  )
  after(
    'a threshold over the shares',
    [split('4', ...publics)],
    [good],
    'entry 3: a split into 3 shares cannot have a threshold of 4'
  )
  after('an identity split twice', [good, good], [good], 'entry 3: the identity of "bob" is already split')
  after(
    'a recovery identity that is no member',
    [{ ...good, member: 'carol' }],
    [good],
    'entry 3: there is no member "carol"'
  )
  const third2 = extend([first, second2], alice, [good] as unknown as Changes)
  const e3b = add('bob is split', third2)
  const answer = (share: number, head: string, with_ = share, member_ = bob.public.keyId) => ({
    share: String(share),
    signature: encode(
      sodium.crypto_sign_detached(drillBytes(vaultId, member_, head), pairs3[with_ - 1]!.privateKey)
    )
  })
  const now = hashEntry(third2)
  const drill = (head: string, ...signatures: object[]) => ({
    change: 'drill',
    member: 'bob',
    head,
    signatures
  })
  const afterSplit = (name: string, bad: object, reason: string) =>
    refuse(
      name,
      {
        log: [e1, e2b, e3b, add(`${name}: bad`, extend([first, second2, third2], alice, [bad] as Changes))],
        mend: [
          e1,
          e2b,
          e3b,
          add(
            `${name}: mended`,
            extend([first, second2, third2], alice, [drill(now, answer(1, now), answer(3, now))] as Changes)
          )
        ]
      },
      reason
    )
  afterSplit(
    'a drill signed by another share',
    drill(now, answer(1, now, 2)),
    'entry 4: share 1 has no valid signature'
  )
  afterSplit(
    'a drill of a share that there is not',
    drill(now, { ...answer(1, now), share: '4' }),
    'share 4 has no valid signature'
  )
  afterSplit(
    'a share that answers twice',
    drill(now, answer(1, now), answer(1, now)),
    'the drill lists a share twice'
  )
  afterSplit(
    'a drill of 17 signatures',
    drill(now, ...Array.from({ length: 17 }, () => answer(1, now))),
    'not an access document'
  )
  afterSplit(
    'a drill for another member',
    drill(now, answer(1, now, 1, alice.public.keyId)),
    'entry 4: share 1 has no valid signature'
  )
  const before = hashEntry(second2)
  afterSplit(
    'a drill on an entry from before the split',
    drill(before, answer(1, before)),
    'entry 4: the drill signs an entry that is not in the log, or one from before the last drill'
  )
  change('no change', [], [member(bob)], 'not an access document')
  const one = { log: [e1], mend: [e1] }
  refuse(
    'another version of the format',
    { ...one, head: head.replace(/format: .*/, 'format: "2"') },
    'format: must be equal to constant'
  )
  refuse(
    'another kind',
    { ...one, head: head.replace('kind: git-vault/access', 'kind: git-vault/stages') },
    'kind: must be equal to constant'
  )
  refuse(
    'a field that the format does not know',
    { ...one, head: head.replace('entries:', 'note: x\nentries:') },
    'unknown field "note"'
  )

  const last = extend(log, alice, [
    { change: 'remove', member: 'carol' },
    { change: 'generation', key: 'prod', generation: '2', public: encode(pairs.next.public) },
    { change: 'role', member: 'frank', role: 'member' },
    { change: 'revoke', member: 'bob', key: 'prod', rights: ['encrypt'] },
    { change: 'names', key: 'default', names: ['prod/special', 'web'] },
    {
      change: 'waiver',
      secret: 'arn:aws:secretsmanager:local:000000000000:secret:prod/db-AbC123',
      version: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      until: '2026-01-31T00:00:00.000Z',
      reason: 'the database is rebuilt in January'
    }
  ])
  const e4 = add('e4', last)
  const accepted = (
    [
      ['one entry, trusted by its id', [e1], undefined, 'same'],
      ['three entries, trusted by the id', [e1, e2, e3], undefined, 'same'],
      ['as pinned', [e1, e2, e3], [e1, e2, e3], 'same'],
      ['an extension of the pin', [e1, e2, e3], [e1], 'ahead'],
      ['a prefix of the pin: the pin counts', [e1], [e1, e2, e3], 'behind'],
      ['after a removal, a demotion and names that moved', [e1, e2, e3, e4], undefined, 'same']
    ] as const
  ).map(([name, found, pinned, relation]) => {
    const newest = Math.max(found.length, pinned?.length ?? 0)
    const says = summary(foldLog(logOf([...log, last].slice(0, newest)), name))
    return { name, log: found, ...(pinned ? { pinned } : {}), relation, says }
  })
  const used = new Set<string>(
    [...accepted, ...refused].flatMap(one => [...one.log, ...('mend' in one ? one.mend.log : [])])
  )
  return {
    vaultId,
    file: place.access,
    head,
    entries: Object.fromEntries(Object.entries(entries).filter(([id]) => used.has(id))),
    accepted,
    refused
  }
}

/** Returns an entry that follows `root`, but is signed for the vault of `foreign`. */
function resignedFor(foreign: Entry, root: Entry, who: Person, changes: Changes): Entry {
  return extend([foreign], who, changes, { previous: hashEntry(root) })
}

function flipSignature(block: string): string {
  return block.replace(
    /(signature: ")?(signature: )([A-Za-z0-9_-])/,
    (_all, quoted, plain: string, letter: string) => {
      return `${quoted ?? ''}${plain}${letter === 'A' ? 'B' : 'A'}`
    }
  )
}

function mixedPublic(sign: Person, box: Person): string {
  return publicIdentity(sign.public.signKey, box.public.boxKey).text
}
