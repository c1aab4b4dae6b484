import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parsePublic } from '../../../src/core/crypto/identity.js'
import {
  newRecovery,
  shareHolder,
  signDrill,
  useShares,
  type HolderShare
} from '../../../src/app/recovery.js'
import { exposure } from '../../../src/vault/team/exposure.js'
import { nextName, presentRecovery, recordDrill, unreadableKeys } from '../../../src/vault/team/recovery.js'
import { addKey, addMember, removeMember, revoke } from '../../../src/vault/team/team.js'
import { failure, makeVault, scratch, token, type TestVault } from '../fixture.js'
import { admit, newPerson, Person, rights } from '../people.js'
import { parseSecret } from '../../../src/core/crypto/identity.js'

const quiet = (): void => undefined
const HOLDERS = ['ana', 'bob', 'eva', 'joe', 'kim']

async function split(box: TestVault, name = 'recovery', threshold = 3): Promise<HolderShare[]> {
  const handed: HolderShare[] = []
  const handOut = async (share: HolderShare) => void handed.push(share)
  await newRecovery(await box.internal(), { name, holders: HOLDERS, threshold, handOut }, quiet)
  return handed
}

const words = (shares: readonly HolderShare[], ...numbers: number[]) =>
  numbers.map(number => shares[number - 1]!.words)

describe('a recovery identity', () => {
  it('is restored from the threshold of shares, and can do what an admin can', async () => {
    const box = await makeVault('recovery')
    await box.api.createSecret({ Name: 'a', SecretString: 'one' })
    const shares = await split(box)
    expect(shares.map(({ holder, number }) => [holder, number])).toEqual(
      HOLDERS.map((holder, at) => [holder, at + 1])
    )
    for (const { words: text } of shares) expect(text.split(' ')).toHaveLength(32)
    // no part of a share is in the repository
    for (const path of box.files())
      for (const { words: text } of shares) expect(box.read(path)).not.toContain(text.slice(40))
    const path = join(scratch('identity'), 'recovered.yaml')
    const vault = await box.internal()
    expect(await failure(useShares(vault, words(shares, 1, 2), path))).toEqual({
      code: 'Usage',
      message: '3 shares are needed, got 2'
    })
    expect(await useShares(vault, words(shares, 5, 2, 4), path)).toEqual({ name: 'recovery' })
    expect((fs.statSync(path).mode & 0o777).toString(8)).toBe('600')
    const secret = /gvsec1_[\w-]+/.exec(fs.readFileSync(path, 'utf8'))?.[0] ?? ''
    const recovered = new Person('recovery', parseSecret(secret)!)
    expect(await recovered.call(box, 'GetSecretValue', { SecretId: 'a' })).toMatchObject({
      SecretString: 'one'
    })
    // all other admins and readers are lost
    const heir = await newPerson('heir')
    const all = rights({ default: 'decrypt encrypt manage' })
    await addMember(await recovered.open(box), {
      name: 'heir',
      publicKey: heir.publicKey,
      admin: true,
      rights: all
    })
    await removeMember(await recovered.open(box), 'alice', quiet)
    await heir.call(box, 'PutSecretValue', {
      SecretId: 'a',
      SecretString: 'two',
      ClientRequestToken: token(2)
    })
    expect(await heir.call(box, 'GetSecretValue', { SecretId: 'a' })).toMatchObject({ SecretString: 'two' })
    box.expectClean()
  })

  it('names a share that is wrong', async () => {
    const box = await makeVault('bad-share')
    const shares = await split(box)
    const other = await makeVault('other-split')
    const foreign = await split(other)
    const vault = await box.internal()
    expect(await shareHolder(vault, shares[2]!.words)).toEqual({ holder: 'eva', number: 3 })
    expect((await failure(shareHolder(vault, foreign[2]!.words))).message).toBe(
      'share 3 (eva) is not the share that was handed out for recovery'
    )
    const path = join(scratch('identity'), 'x.yaml')
    expect(
      (await failure(useShares(vault, [...words(shares, 1, 2), foreign[3]!.words], path))).message
    ).toContain('share 4 (joe) is not the share that was handed out')
    expect(fs.existsSync(path)).toBe(false)
    const slip = shares[0]!.words.split(' ').with(6, 'abandon').join(' ')
    expect((await failure(shareHolder(vault, slip))).message).toBe('word 7 is wrong')
    expect(await failure(useShares(vault, words(shares, 1, 1, 2), path))).toMatchObject({ code: 'Usage' })
  })

  it('is drilled without joining the shares, and the date is signed', async () => {
    const box = await makeVault('drill')
    const shares = await split(box)
    const vault = await box.internal()
    expect((await presentRecovery(vault)).lastDrill).toBeUndefined()
    const answers = await Promise.all(words(shares, 1, 3, 4).map(text => signDrill(vault, text)))
    expect(answers.map(({ holder }) => holder)).toEqual(['ana', 'eva', 'joe'])
    const time = box.clock.advance(60_000)
    expect(
      await recordDrill(
        vault,
        answers.map(({ answer }) => answer)
      )
    ).toEqual(['ana', 'eva', 'joe'])
    expect((await presentRecovery(vault)).lastDrill).toEqual(new Date(time))
    const [first] = answers
    expect((await failure(recordDrill(vault, [first!.answer, first!.answer]))).message).toBe(
      'two answers are from the same share'
    )
    expect((await failure(recordDrill(vault, [`${first!.answer.slice(0, -3)}AAA`]))).message).toContain(
      'answer 1 is not a valid gvdrill1_… string'
    )
    // the answers are public, in the log
    expect(
      (
        await failure(
          recordDrill(
            vault,
            answers.map(({ answer }) => answer)
          )
        )
      ).message
    ).toContain('from before the last drill')
    const newer = await signDrill(vault, shares[1]!.words)
    expect((await failure(recordDrill(vault, [first!.answer, newer.answer]))).message).toContain(
      'different entries'
    )
    expect(
      (await failure(recordDrill(await (await admit(box, 'eve', {})).open(box), [newer.answer]))).code
    ).toBe('AccessDeniedException')
  })

  it('is replaced by a new one, and the values that its holders could have read are exposed', async () => {
    const box = await makeVault('again')
    await box.api.createSecret({ Name: 'a', SecretString: 'one' })
    const old = await split(box)
    const path = join(scratch('identity'), 'old.yaml')
    await useShares(await box.internal(), words(old, 1, 2, 3), path)
    const former = new Person(
      'recovery',
      parseSecret(/gvsec1_[\w-]+/.exec(fs.readFileSync(path, 'utf8'))![0])!
    )
    expect(await nextName(await box.internal())).toBe('recovery-2')
    const next = await split(box, 'recovery-2', 2)
    expect((await presentRecovery(await box.internal())).name).toBe('recovery-2')
    expect((await failure(shareHolder(await box.internal(), old[0]!.words))).message).toContain(
      'share 1 (ana) is not the share that was handed out'
    )
    expect((await exposure(await box.internal(), quiet)).exposed).toMatchObject([
      { secret: 'a', to: [{ member: 'recovery', how: 'read' }] }
    ])
    await box.api.putSecretValue({ SecretId: 'a', SecretString: 'two' })
    expect(await failure(former.call(box, 'GetSecretValue', { SecretId: 'a' }))).toMatchObject({
      code: 'DecryptionFailure'
    })
    const joined = join(scratch('identity'), 'new.yaml')
    await useShares(await box.internal(), words(next, 4, 1), joined)
    const secret = /gvsec1_[\w-]+/.exec(fs.readFileSync(joined, 'utf8'))![0]
    expect(
      await new Person('r2', parseSecret(secret)!).call(box, 'GetSecretValue', { SecretId: 'a' })
    ).toMatchObject({ SecretString: 'two' })
    expect(parsePublic((await presentRecovery(await box.internal())).publicKey)).toBeDefined()
  })

  it('is replaced and removed by an admin after use, and the new one can open everything', async () => {
    const box = await makeVault('used')
    await box.api.createSecret({ Name: 'a', SecretString: 'one' })
    const shares = await split(box, 'recovery', 2)
    const path = join(scratch('identity'), 'used.yaml')
    await useShares(await box.internal(), words(shares, 1, 2), path)
    const used = new Person('recovery', parseSecret(/gvsec1_[\w-]+/.exec(fs.readFileSync(path, 'utf8'))![0])!)
    await used.call(box, 'PutSecretValue', {
      SecretId: 'a',
      SecretString: 'two',
      ClientRequestToken: token(2)
    })
    const all = rights({ default: 'decrypt encrypt manage' })
    const heir = await newPerson('heir')
    await addMember(await used.open(box), {
      name: 'heir',
      publicKey: heir.publicKey,
      admin: true,
      rights: all
    })
    // it cannot remove itself: what it signed in that commit would be refused
    const own: HolderShare[] = []
    const handOut = async (share: HolderShare) => void own.push(share)
    const made = await newRecovery(
      await used.open(box),
      { name: 'r-own', holders: HOLDERS, threshold: 2, handOut },
      quiet
    )
    expect(made).not.toHaveProperty('replaced')
    expect((await presentRecovery(await box.internal())).name).toBe('r-own')
    expect((await failure(removeMember(await used.open(box), 'recovery', quiet))).message).toBe(
      'you cannot do this to yourself: ask another admin'
    )
    await removeMember(await heir.open(box), 'recovery', quiet)
    const next: HolderShare[] = []
    const options = {
      name: 'r-next',
      holders: HOLDERS,
      threshold: 2,
      handOut: async (share: HolderShare) => void next.push(share)
    }
    expect(await newRecovery(await heir.open(box), options, quiet)).toMatchObject({
      replaced: 'r-own',
      skipped: []
    })
    const joined = join(scratch('identity'), 'next.yaml')
    await useShares(await box.internal(), words(next, 3, 5), joined)
    const person = new Person('r', parseSecret(/gvsec1_[\w-]+/.exec(fs.readFileSync(joined, 'utf8'))![0])!)
    for (const [VersionStage, SecretString] of [
      ['AWSCURRENT', 'two'],
      ['AWSPREVIOUS', 'one']
    ])
      expect(await person.call(box, 'GetSecretValue', { SecretId: 'a', VersionStage })).toMatchObject({
        SecretString
      })
    expect(await unreadableKeys(await box.internal())).toEqual([])
    // the new one can also open a key that is created later
    await addKey(await heir.open(box), 'later', ['a'], quiet)
    expect(await person.call(box, 'GetSecretValue', { SecretId: 'a' })).toMatchObject({ SecretString: 'two' })
    await revoke(await heir.open(box), 'r-next', rights({ later: 'decrypt' }), quiet)
    expect(await unreadableKeys(await box.internal())).toEqual(['later'])
    box.expectClean()
  })

  it('is created by an admin, under an unused name', async () => {
    const box = await makeVault('who')
    const bob = await admit(box, 'bob', { default: 'decrypt encrypt manage' })
    const nobody = async () => Promise.reject(new Error('a share was handed out'))
    const options = { name: 'recovery', holders: HOLDERS, threshold: 2, handOut: nobody }
    expect((await failure(newRecovery(await bob.open(box), options, quiet))).message).toBe(
      'bob is not an admin of this vault'
    )
    expect(
      (await failure(newRecovery(await box.internal(), { ...options, name: 'bob' }, quiet))).message
    ).toContain('"bob" is or was a member')
    expect((await failure(newRecovery(await box.internal(), { ...options, threshold: 6 }, quiet))).code).toBe(
      'Usage'
    )
    expect((await failure(presentRecovery(await box.internal()))).message).toBe(
      'this vault has no recovery identity'
    )
  })
})
