import { describe, expect, it } from 'vitest'
import { addKey, addMember, removeMember } from '../../../src/vault/team/team.js'
import { roster } from '../../../src/vault/team/roster.js'
import { token, type TestVault } from '../../vault/fixture.js'
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
})
void addKey
void removeMember
void quiet
