import { describe, expect, it } from 'vitest'
import { addKey, addMember, removeMember } from '../../../src/vault/team/team.js'
import { exposure } from '../../../src/vault/team/exposure.js'
import { roster } from '../../../src/vault/team/roster.js'
import { failure, token, type TestVault } from '../../vault/fixture.js'
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

const read = async (person: Person, box: TestVault, SecretId: string): Promise<unknown> =>
  (await person.call(box, 'GetSecretValue', { SecretId })) as unknown

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
    const { ana, bob, box, start } = await twoAdmins()
    const carol = await add(ana, 'carol')
    await syncOf(ana)
    const dave = await add(box, 'dave', bob)
    await putAs(bob, box, 'db', 'by bob')
    const synced = await syncOf(box, {}, bob)
    expect(synced.conflicts).toEqual([])
    expect(synced).toMatchObject({ isPushed: true, conflicts: [] })
    expect(synced.reapplied).toEqual(['entry 3: add member dave, grant dave decrypt encrypt on default'])
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
    const { ana, bob, box } = await twoAdmins()
    const carol = await admit(ana, 'carol', { default: 'decrypt encrypt' })
    await syncOf(ana)
    await syncOf(box, {}, bob)
    const start = ana.head()
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
    const { ana, bob, box } = await twoAdmins()
    const carol = await admit(ana, 'carol', { default: 'decrypt encrypt' })
    await syncOf(ana)
    await syncOf(box, {}, bob)
    const start = ana.head()
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
    const { ana, bob, box } = await twoAdmins()
    const carol = await admit(ana, 'carol', { default: 'decrypt encrypt' })
    await syncOf(ana)
    await syncOf(box, {}, bob)
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
    await removeMember(await openAs(box, bob), 'alice', quiet)
    await putAs(bob, box, 'db', 'by bob')
    expect(await syncOf(box, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
    third.clock.advance(60_000)
    await putAs(bob, third, 'web', 'by bob elsewhere')
    expect(await syncOf(third, {}, bob)).toMatchObject({ isPushed: true, conflicts: [] })
    await syncOf(box, {}, bob)
    expect(await read(bob, box, 'web')).toMatchObject({ SecretString: 'by bob elsewhere' })
    for (const at of [box, third]) expect(await problems(at, start)).toEqual([])
  })
})
