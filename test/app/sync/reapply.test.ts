import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addKey, addMember, grant, removeMember, revoke } from '../../../src/vault/team/team.js'
import { acceptInvitation } from '../../../src/app/trust.js'
import { exposure } from '../../../src/vault/team/exposure.js'
import { roster } from '../../../src/vault/team/roster.js'
import { failure, scratch, token, type TestVault } from '../../vault/fixture.js'
import { admit, newPerson, rights, type Person } from '../../vault/people.js'
import { cloneHub, hubAndVault, openAs, problems, put, syncOf, value } from './kit.js'

const quiet = (): void => undefined

/** A hub, alice's clone, and the clone of a second admin, bob, who may read and write everything. */
async function twoAdmins() {
  const { hub, ana } = await hubAndVault()
  const bob = await admit(ana, 'bob', { default: 'decrypt encrypt manage' }, true)
  await syncOf(ana)
  const start = ana.head()
  const box = await cloneHub(hub, ana)
  box.clock.advance(10_000)
  return { hub, ana, bob, box, start }
}

/** As `twoAdmins`, with a third member, whom both clones know. */
async function twoAdminsAndCarol(rightsOfCarol = 'decrypt encrypt') {
  const { ana, bob, box } = await twoAdmins()
  const carol = await admit(ana, 'carol', { default: rightsOfCarol })
  await syncOf(ana)
  await syncOf(box, {}, bob)
  return { ana, bob, box, carol, start: ana.head() }
}

async function add(box: TestVault, name: string, by?: Person, admin = false): Promise<Person> {
  const person = await newPerson(name)
  const { publicKey } = person
  const on = rights({ default: 'decrypt encrypt' })
  await addMember(await openAs(box, by), { name, publicKey, admin, rights: on })
  return person
}

let number = 0

async function putAs(person: Person, box: TestVault, SecretId: string, SecretString: string): Promise<void> {
  box.clock.advance(1000 + ++number)
  const ClientRequestToken = token(`put ${number}`)
  await person.call(box, 'PutSecretValue', { SecretId, SecretString, ClientRequestToken })
}

const read = (person: Person, box: TestVault, SecretId: string): Promise<unknown> =>
  person.call(box, 'GetSecretValue', { SecretId })

/** The names of the members who may know the current value without the right to. */
async function exposed(box: TestVault, name: string): Promise<string[]> {
  const { exposed: all } = await exposure(await box.internal(), quiet)
  const current = all.filter(({ secret, labels }) => secret === name && labels.includes('AWSCURRENT'))
  return current.flatMap(({ to }) => to.map(({ member }) => member))
}

const members = async (box: TestVault): Promise<string[]> =>
  (await roster(await box.internal())).members.flatMap(({ name, removed }) => (removed ? [] : [name]))

describe('two admins who change the access log at the same time', () => {
  it('each add a member: both are in, and both read everything', async () => {
    const { hub, ana, bob, box, start } = await twoAdmins()
    const carol = await add(ana, 'carol')
    await syncOf(ana)
    const dave = await add(box, 'dave', bob)
    await putAs(bob, box, 'db', 'by bob')
    const synced = await syncOf(box, {}, bob)
    expect(synced.conflicts).toEqual([])
    expect(synced).toMatchObject({ isPushed: true, conflicts: [] })
    expect(synced.reapplied).toEqual([
      expect.stringMatching(
        /^entry 3: add member dave, grant dave decrypt encrypt on default; new invitation for dave: gvinv1_[\w-]+$/
      )
    ])
    const fresh = await cloneHub(hub, ana)
    rmSync(fresh.path('.git/git-vault'), { recursive: true })
    await acceptInvitation(fresh.root, /gvinv1_[\w-]+/.exec(synced.reapplied[0] ?? '')?.[0] ?? '')
    await syncOf(ana)
    expect(ana.head()).toBe(box.head())
    for (const at of [ana, box]) {
      expect(await members(at)).toEqual(['alice', 'bob', 'carol', 'dave'])
      for (const person of [carol, dave])
        expect(await read(person, at, 'db')).toMatchObject({ SecretString: 'by bob' })
      expect(await problems(at, start)).toEqual([])
      at.expectClean()
    }
    // writes go on as before
    await put(ana, 'web', 'later')
    await syncOf(ana)
    await syncOf(box, {}, bob)
    expect(await value(box, 'web')).toBe('later')
  })

  it('each add a key, and a member to it: nothing is lost', async () => {
    const { ana, bob, box, start } = await twoAdmins()
    await addKey(await ana.internal(), 'prod', ['prod/**'], quiet)
    await ana.api.createSecret({ Name: 'prod/one', SecretString: 'one' })
    const carol = await admit(ana, 'carol', { prod: 'decrypt' })
    await syncOf(ana)
    await addKey(await openAs(box, bob), 'test', ['test/**'], quiet)
    const dave = await newPerson('dave')
    const { publicKey } = dave
    const on = rights({ test: 'decrypt' })
    await addMember(await openAs(box, bob), { name: 'dave', publicKey, admin: false, rights: on })
    box.clock.advance(5000)
    await bob.call(box, 'CreateSecret', {
      Name: 'test/two',
      SecretString: 'two',
      ClientRequestToken: token('two')
    })
    expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
    await syncOf(ana)
    expect(ana.head()).toBe(box.head())
    expect(await read(carol, box, 'prod/one')).toMatchObject({ SecretString: 'one' })
    expect(await read(dave, ana, 'test/two')).toMatchObject({ SecretString: 'two' })
    expect(await read(bob, ana, 'test/two')).toMatchObject({ SecretString: 'two' })
    expect(await failure(read(dave, ana, 'prod/one'))).toMatchObject({ code: 'DecryptionFailure' })
    expect(await problems(ana, start)).toEqual([])
    expect(await problems(box, start)).toEqual([])
    box.expectClean()
  })

  it('one adds, the other removes: the removal holds, and the new member reads the new generation', async () => {
    const { ana, bob, box, carol, start } = await twoAdminsAndCarol()
    const dave = await add(ana, 'dave')
    await syncOf(ana)
    await removeMember(await openAs(box, bob), 'carol', quiet)
    await putAs(bob, box, 'db', 'after carol')
    const synced = await syncOf(box, {}, bob)
    expect(synced).toMatchObject({ isPushed: true, conflicts: [] })
    await syncOf(ana)
    expect(await members(ana)).toEqual(['alice', 'bob', 'dave'])
    expect(await read(dave, ana, 'db')).toMatchObject({ SecretString: 'after carol' })
    expect((await failure(read(carol, ana, 'db'))).code).toBe('DecryptionFailure')
    expect(await exposed(ana, 'db')).toEqual([])
    expect(await exposed(ana, 'web')).toEqual(['carol'])
    for (const at of [ana, box]) expect(await problems(at, start)).toEqual([])
    box.expectClean()
  })

  it('one removes, the other adds: the other way round', async () => {
    const { ana, bob, box, carol, start } = await twoAdminsAndCarol()
    await removeMember(await ana.internal(), 'carol', quiet)
    await put(ana, 'web', 'after carol')
    await syncOf(ana)
    const dave = await add(box, 'dave', bob)
    await putAs(bob, box, 'db', 'by bob')
    expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
    await syncOf(ana)
    expect(await read(dave, ana, 'web')).toMatchObject({ SecretString: 'after carol' })
    expect(await read(dave, ana, 'db')).toMatchObject({ SecretString: 'by bob' })
    expect((await failure(read(carol, ana, 'web'))).code).toBe('DecryptionFailure')
    // bob's ciphertext under the old generation is in the history, and carol can open it
    expect(await exposed(ana, 'db')).toEqual(['carol'])
    for (const at of [ana, box]) expect(await problems(at, start)).toEqual([])
  })

  it('both remove the same member: once is enough, and both generations stay', async () => {
    const { ana, bob, box } = await twoAdmins()
    const carol = await admit(ana, 'carol', { default: 'decrypt encrypt' })
    await carol.call(ana, 'PutSecretValue', {
      SecretId: 'web',
      SecretString: 'w',
      ClientRequestToken: token('w')
    })
    await syncOf(ana)
    await syncOf(box, {}, bob)
    const start = ana.head()
    await removeMember(await ana.internal(), 'carol', quiet)
    await put(ana, 'db', 'by ana')
    await syncOf(ana)
    await removeMember(await openAs(box, bob), 'carol', quiet)
    await putAs(bob, box, 'db', 'by bob')
    expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
    await syncOf(ana)
    expect(await members(ana)).toEqual(['alice', 'bob'])
    expect(ana.files('vault/keys/default')).toHaveLength(3)
    expect(await value(ana, 'db')).toBe('by bob')
    expect(await read(bob, ana, 'web')).toMatchObject({ SecretString: 'w' })
    expect(await exposed(ana, 'db')).toEqual([])
    for (const at of [ana, box]) expect(await problems(at, start)).toEqual([])
  })

  it.each([
    ['decrypt encrypt', 'decrypt', 'decrypt encrypt'],
    ['decrypt', 'decrypt encrypt', 'decrypt encrypt'],
    ['decrypt', 'manage', 'decrypt manage'],
    ['encrypt', 'encrypt', 'encrypt']
  ])('both add one member, with %s and with %s: one member, with the rights of both', async (...given) => {
    const [there, here, both] = given
    const { ana, bob, box, start } = await twoAdmins()
    const { publicKey } = await newPerson('dave')
    const dave = { name: 'dave', publicKey, admin: false }
    await addMember(await ana.internal(), { ...dave, rights: rights({ default: there }) })
    await addMember(await openAs(box, bob), { ...dave, rights: rights({ default: here }) })
    await syncOf(ana)
    const { reapplied } = await syncOf(box, {}, bob)
    expect(reapplied).toEqual([
      expect.stringMatching(
        `^entry 3: add member dave, grant dave ${here} on default; dave was added there, too, ` +
          `and has the rights of both: ${both} on default; new invitation for dave: gvinv1_`
      )
    ])
    await syncOf(ana)
    // what bob signs is a grant, and nothing else
    const last = ana.read('vault/access.yaml').split('  - entry: "4"')[1]
    expect(last?.match(/change: \w+/g)).toEqual(['change: grant'])
    const found = (await roster(await ana.internal())).members.filter(({ name }) => name === 'dave')
    expect(found).toHaveLength(1)
    for (const at of [ana, box]) expect(await problems(at, start)).toEqual([])
  })

  it('both make a new generation for another reason: the second one is renumbered, and all values are read', async () => {
    const { ana, bob, box } = await twoAdmins()
    const carol = await admit(ana, 'carol', { default: 'decrypt encrypt' })
    const dave = await admit(ana, 'dave', { default: 'decrypt encrypt' })
    await syncOf(ana)
    await syncOf(box, {}, bob)
    const start = ana.head()
    await removeMember(await ana.internal(), 'carol', quiet)
    const [one] = [await put(ana, 'db', 'by ana')]
    await syncOf(ana)
    await removeMember(await openAs(box, bob), 'dave', quiet)
    await putAs(bob, box, 'db', 'by bob')
    await putAs(bob, box, 'web', 'by bob')
    expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
    await syncOf(ana)
    expect(await members(ana)).toEqual(['alice', 'bob'])
    for (const at of [ana, box]) {
      expect(await value(at, 'db')).toBe('by bob')
      expect(await value(at, 'db', one)).toBe('by ana')
      expect(await read(bob, at, 'web')).toMatchObject({ SecretString: 'by bob' })
      expect(await problems(at, start)).toEqual([])
      at.expectClean()
    }
    for (const person of [carol, dave])
      expect((await failure(read(person, ana, 'db'))).code).toBe('DecryptionFailure')
    // carol has a box for the generation that bob made before he knew of her removal
    expect(await exposed(ana, 'web')).toContain('carol')
    await put(ana, 'web', 'new')
    expect(await exposed(ana, 'web')).toEqual([])
  })

  it('tells of a mutual removal that the upstream’s holds', async () => {
    const { ana, bob, box } = await twoAdmins()
    await removeMember(await ana.internal(), 'bob', quiet)
    await syncOf(ana)
    await removeMember(await openAs(box, bob), 'alice', quiet)
    const before = box.state()
    const { conflicts, isPushed } = await syncOf(box, {}, bob)
    expect(isPushed).toBe(false)
    expect(conflicts).toEqual([
      {
        name: 'vault/access.yaml',
        path: 'vault/access.yaml',
        reason:
          'vault/access.yaml: both sides have added entries to the access log: you are no longer a member there, so your ' +
          'entries cannot be made again; take theirs, and make your changes again as far as you still may: ' +
          'git reset --keep origin/main && git-vault trust --accept-log',
        hint: 'do what the line above says, then run git-vault sync again'
      }
    ])
    expect(box.state()).toBe(before)
  })

  it('stops at a name that is taken', async () => {
    const { ana, bob, box } = await twoAdmins()
    await add(ana, 'carol')
    await syncOf(ana)
    await add(box, 'carol', bob)
    const before = box.state()
    const { conflicts } = await syncOf(box, {}, bob)
    expect(conflicts.map(({ reason }) => reason)).toEqual([
      expect.stringContaining(
        'entry 3 here (add member carol, grant carol decrypt encrypt on default) cannot be made again: ' +
          'the name "carol" was given to another identity there; take theirs'
      )
    ])
    expect(box.state()).toBe(before)
  })

  it('tells a member who is no admin that the signer must sync', async () => {
    const { ana, bob, box, carol } = await twoAdminsAndCarol()
    await add(ana, 'dave')
    await syncOf(ana)
    await add(box, 'erin', bob)
    const { conflicts } = await syncOf(box, {}, carol)
    expect(conflicts.map(({ reason }) => reason)).toEqual([
      expect.stringContaining(
        'entry 4 here (add member erin, grant erin decrypt encrypt on default) was signed by bob, not by carol: ' +
          'bob must run git-vault sync, here or where it was made'
      )
    ])
    expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
  })

  it('signs nothing for another member who wrote here after the fork: says who', async () => {
    const { ana, bob, box, carol } = await twoAdminsAndCarol()
    await add(ana, 'dave')
    await syncOf(ana)
    await add(box, 'erin', bob)
    await putAs(carol, box, 'db', 'by carol')
    const before = box.state()
    const { conflicts } = await syncOf(box, {}, bob)
    expect(conflicts.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(
        /carol signed vault\/secrets\/db\/versions\/.* after your own entries, and only carol can sign it again: take theirs/
      )
    ])
    expect(box.state()).toBe(before)
  })

  it('rehearses with --dry-run: says which entries, and signs nothing', async () => {
    const { ana, bob, box } = await twoAdmins()
    await add(ana, 'carol')
    await syncOf(ana)
    await add(box, 'dave', bob)
    const before = box.state()
    const synced = await syncOf(box, { dryRun: true }, bob)
    expect(synced).toMatchObject({
      conflicts: [],
      received: 1,
      reapplied: ['entry 3: add member dave, grant dave decrypt encrypt on default']
    })
    expect(box.state()).toBe(before)
  })

  it('makes the entries once more if somebody else pushed an entry meanwhile', async () => {
    const { hub, ana, bob, box, start } = await twoAdmins()
    await add(ana, 'carol')
    await syncOf(ana)
    await add(box, 'dave', bob)
    expect(await syncOf(box, { push: false }, bob)).toMatchObject({ isPushed: false, conflicts: [] })
    await add(ana, 'erin')
    await syncOf(ana)
    expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
    await syncOf(ana)
    expect(await members(ana)).toEqual(['alice', 'bob', 'carol', 'erin', 'dave'])
    const third = await cloneHub(hub, ana)
    for (const at of [ana, box, third]) expect(await problems(at, start)).toEqual([])
  })

  it('a third clone, with a put of its own, takes the result', async () => {
    const { hub, ana, bob, box, start } = await twoAdmins()
    const third = await cloneHub(hub, ana)
    await add(ana, 'carol')
    await syncOf(ana)
    await add(box, 'dave', bob)
    await putAs(bob, box, 'db', 'by bob')
    expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
    third.clock.advance(60_000)
    await putAs(bob, third, 'web', 'by bob elsewhere')
    expect(await syncOf(third, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
    await syncOf(box, {}, bob)
    expect(await read(bob, box, 'web')).toMatchObject({ SecretString: 'by bob elsewhere' })
    for (const at of [box, third]) expect(await problems(at, start)).toEqual([])
  })

  it('removes a member who has written there meanwhile, and signs what they wrote', async () => {
    const { ana, bob, box, carol, start } = await twoAdminsAndCarol('decrypt encrypt manage')
    await putAs(carol, ana, 'db', 'by carol')
    await add(ana, 'dave')
    await putAs(carol, ana, 'web', 'by carol, too')
    await syncOf(ana)
    await removeMember(await openAs(box, bob), 'carol', quiet)
    expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
    await syncOf(ana)
    expect(await value(ana, 'db')).toBe('by carol')
    expect(await value(ana, 'web')).toBe('by carol, too')
    expect(await exposed(ana, 'db')).toEqual(['carol'])
    for (const at of [ana, box]) expect(await problems(at, start)).toEqual([])
    await put(ana, 'db', 'new')
    expect(await exposed(ana, 'db')).toEqual([])
  })

  it('moves secrets that came there to a key that was created here', async () => {
    const { ana, bob, box, start } = await twoAdmins()
    await ana.api.createSecret({ Name: 'prod/there', SecretString: 'there' })
    await add(ana, 'carol')
    await syncOf(ana)
    box.clock.advance(5000)
    const created = { Name: 'prod/here', SecretString: 'here', ClientRequestToken: token('here') }
    await bob.call(box, 'CreateSecret', created)
    await addKey(await openAs(box, bob), 'prod', ['prod/**'], quiet)
    await putAs(bob, box, 'prod/here', 'here again')
    expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
    await syncOf(ana)
    expect(ana.read('vault/secrets/prod/there/secret.yaml')).toContain('value: prod')
    expect(await read(bob, ana, 'prod/there')).toMatchObject({ SecretString: 'there' })
    expect(await read(bob, ana, 'prod/here')).toMatchObject({ SecretString: 'here again' })
    for (const at of [ana, box]) expect(await problems(at, start)).toEqual([])
  })

  it('takes a member whom both have added as one', async () => {
    const { ana, bob, box, start } = await twoAdmins()
    const carol = await newPerson('carol')
    const on = rights({ default: 'decrypt' })
    const request = { name: 'carol', publicKey: carol.publicKey, admin: false, rights: on }
    await addMember(await ana.internal(), request)
    await syncOf(ana)
    await addMember(await openAs(box, bob), { ...request, rights: rights({ default: 'decrypt encrypt' }) })
    expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
    await syncOf(ana)
    await putAs(carol, ana, 'db', 'by carol')
    expect(await value(ana, 'db')).toBe('by carol')
    for (const at of [ana, box]) expect(await problems(at, start)).toEqual([])
  })

  it('says that a key cannot be read, as a grant does', async () => {
    const { ana, bob, box } = await twoAdmins()
    await addKey(await ana.internal(), 'prod', ['prod/**'], quiet)
    const carol = await admit(ana, 'carol', { default: 'decrypt' })
    await grant(await ana.internal(), 'bob', rights({ prod: 'decrypt' }))
    await syncOf(ana)
    await syncOf(box, {}, bob)
    await revoke(await ana.internal(), 'bob', rights({ prod: 'decrypt' }), quiet)
    await syncOf(ana)
    await grant(await openAs(box, bob), 'carol', rights({ prod: 'decrypt' }))
    const { conflicts } = await syncOf(box, {}, bob)
    expect(conflicts.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('bob cannot decrypt under key prod, so cannot grant that right')
    ])
    void carol
  })

  it('removes a secret here that a re-application would have signed there', async () => {
    const { ana, bob, box } = await twoAdmins()
    const carol = await admit(ana, 'carol', { default: 'decrypt encrypt manage' })
    await putAs(carol, ana, 'db', 'by carol')
    await syncOf(ana)
    await syncOf(box, {}, bob)
    const start = ana.head()
    await add(ana, 'dave')
    await syncOf(ana)
    await removeMember(await openAs(box, bob), 'carol', quiet)
    await bob.call(box, 'DeleteSecret', { SecretId: 'db', ForceDeleteWithoutRecovery: true })
    expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
    await syncOf(ana)
    expect((await failure(value(ana, 'db'))).code).toBe('ResourceNotFoundException')
    for (const at of [ana, box]) expect(await problems(at, start)).toEqual([])
  })

  it('pins the new log with the next command, if it stopped before', async () => {
    const { ana, bob, box, start } = await twoAdmins()
    await add(ana, 'carol')
    await syncOf(ana)
    await add(box, 'dave', bob)
    const pin = box.path('.git/git-vault/pin')
    const before = readFileSync(pin)
    expect(await syncOf(box, { push: false }, bob)).toMatchObject({ conflicts: [] })
    const log = box.read('vault/access.yaml')
    expect(readFileSync(pin, 'utf8')).toBe(log)
    // as if it had stopped between the two
    writeFileSync(pin, before)
    expect((await failure(value(box, 'db'))).message).toMatch(/forks from/)
    writeFileSync(box.path('.git/git-vault/reapplied'), log)
    await box.reopen()
    expect(await value(box, 'db')).toBe('db one')
    expect(readFileSync(pin, 'utf8')).toBe(log)
    expect(await problems(box, start)).toEqual([])
    expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true })
  })
})

describe('an upstream that somebody has replaced', () => {
  it('by an older head with entries of a former admin: nothing is made again', async () => {
    const { hub, ana, bob, box } = await twoAdmins()
    const old = await cloneHub(hub, ana)
    await removeMember(await ana.internal(), 'bob', quiet)
    await syncOf(ana)
    // alice has an entry that nobody else has
    await add(ana, 'carol')
    // bob, with the old head, and somebody who may push
    await add(old, 'mallory', bob, true)
    old.git('push', '-q', '-f', 'origin', 'HEAD:main')
    const before = ana.state()
    expect(await failure(syncOf(ana))).toMatchObject({
      code: 'DocumentRefused',
      message:
        'origin/main: vault/access.yaml: the access log lacks entries that this clone has verified there'
    })
    // also if only git remembers what was there
    rmSync(ana.path('.git/git-vault/upstreams'))
    expect((await failure(syncOf(ana))).message).toMatch(/lacks entries that this clone has verified there/)
    expect(ana.state()).toBe(before)
    void box
  })

  it('refuses to make entries again that another remote has already', async () => {
    const { ana, bob, box } = await twoAdmins()
    const other = join(scratch('other'), 'other.git')
    box.git('init', '-q', '--bare', other)
    box.git('remote', 'add', 'other', other)
    await add(ana, 'carol')
    await syncOf(ana)
    await add(box, 'dave', bob)
    expect(await syncOf(box, { remote: 'other' }, bob)).toMatchObject({ isPushed: true })
    expect(await failure(syncOf(box, {}, bob))).toMatchObject({
      code: 'RepositoryState',
      message:
        'other/main has your entries of the access log already, so they cannot be made again after those of origin/main'
    })
  })

  it('by a log that no admin signed: nothing is made again', async () => {
    const { hub, ana, bob, box } = await twoAdmins()
    const forger = await cloneHub(hub, ana)
    const real = await newPerson('mallory')
    await add(forger, 'mallory')
    forger.write(
      'vault/access.yaml',
      forger.read('vault/access.yaml').replaceAll('name: mallory', 'name: mallor2')
    )
    forger.git('commit', '-qam', 'AddMember mallory')
    forger.git('push', '-q', 'origin', 'HEAD:main')
    await add(box, 'dave', bob)
    const before = box.state()
    expect(await failure(syncOf(box, {}, bob))).toMatchObject({
      code: 'DocumentRefused',
      message: expect.stringMatching(
        /^origin\/main: vault\/access\.yaml: access log entry 3: the signature does not verify/
      )
    })
    expect(box.state()).toBe(before)
    void real
  })
})

describe('a range of commits in which a fork of the log is merged', () => {
  /** Merges two branches by hand, with all of the vault's files of one of them. */
  const take = (box: TestVault, ours: string, theirs: string, files: string): string => {
    const tree = box.git('rev-parse', `${files}^{tree}`).trim()
    return box.git('commit-tree', '-p', ours, '-p', theirs, '-m', 'merge', tree).trim()
  }

  it('reports a merge that drops entries of another member, or of the same without a new entry', async () => {
    const { ana, bob, box, start } = await twoAdmins()
    const carol = await admit(ana, 'carol', { default: 'decrypt encrypt' })
    await syncOf(ana)
    await syncOf(box, {}, bob)
    await removeMember(await ana.internal(), 'carol', quiet)
    await add(box, 'dave', bob)
    const [removal, fork] = [ana.head(), box.head()]
    ana.git('fetch', '-q', box.root, 'HEAD')
    for (const files of [removal, fork])
      for (const [one, other] of [
        [removal, fork],
        [fork, removal]
      ]) {
        ana.git('reset', '-q', '--hard', take(ana, one!, other!, files))
        const found = await problems(ana, start)
        expect(found).toContain('vault/access.yaml: forks from the access log of an earlier commit')
      }
    void carol
  })

  it('reports a merge by somebody else of two forks of one member', async () => {
    const { hub, ana, start } = await twoAdmins()
    const other = await cloneHub(hub, ana)
    await add(ana, 'carol')
    await add(other, 'dave')
    const [one, two] = [ana.head(), other.head()]
    ana.git('fetch', '-q', other.root, 'HEAD')
    ana.git('reset', '-q', '--hard', take(ana, one, two, one))
    expect(await problems(ana, start)).toContain(
      'vault/access.yaml: forks from the access log of an earlier commit'
    )
  })

  it('reports a commit beside the base whose entries nobody has made again', async () => {
    const { ana, bob, box } = await twoAdmins()
    await add(ana, 'carol')
    await add(box, 'dave', bob)
    const fork = box.head()
    ana.git('fetch', '-q', box.root, 'HEAD')
    const start = ana.head()
    ana.git('reset', '-q', '--hard', take(ana, start, fork, start))
    expect(await problems(ana, start)).toContain(
      'vault/access.yaml: forks from the access log of an earlier commit'
    )
  })
})
