import { describe, expect, it } from 'vitest'
import { openVault } from '../../../src/index.js'
import {
  formatUnchecked,
  parseDocument,
  signDocument,
  type StagesDocument
} from '../../../src/core/format/documents.js'
import { removeMember } from '../../../src/vault/team/team.js'
import { commitAll } from '../verify/verifyKit.js'
import { failure, token, type TestVault } from '../fixture.js'
import { admit, type Person } from '../people.js'
import { FOLDER, follower, NAME, pull, put, run, STAGES, twoClones, value } from './resolveKit.js'

const stagesOf = async (box: TestVault): Promise<StagesDocument> =>
  parseDocument('stages', new TextEncoder().encode(box.read(STAGES)), STAGES)

/** Changes stages.yaml. With a signer, signs it in their name. */
async function change(
  box: TestVault,
  edit: (document: StagesDocument) => void,
  signer?: Person
): Promise<void> {
  const document = structuredClone(await stagesOf(box))
  edit(document)
  const { signature: _, ...unsigned } = document
  const signed = signer
    ? signDocument<StagesDocument>(
        { ...unsigned, signed: { ...unsigned.signed, by: signer.identity.public.keyId } },
        box.made.root,
        signer.identity.signSecret
      )
    : document
  box.write(STAGES, formatUnchecked('stages', signed, STAGES))
  commitAll(box, 'changed')
}

describe('what somebody puts into a branch that is merged', () => {
  it('an old signed state does not come back by resolve', async () => {
    const [ours, theirs] = await twoClones()
    await put(ours, 2)
    theirs.git('pull', '-q', ours.root, 'main')
    theirs.git('checkout', '-q', 'HEAD^', '--', FOLDER)
    commitAll(theirs, 'old')
    await put(ours, 3)
    expect(pull(ours, theirs)).toBe(true)
    const done = await run(ours)
    expect(done).toMatchObject({ remaining: [], questions: [] })
    ours.git('commit', '-q', '--no-edit')
    await ours.reopen()
    expect(await value(ours)).toBe('value 3')
    expect(await value(ours, { VersionId: token(2) })).toBe('value 2')
  })

  it('a forged state is left out, and nothing of it is signed', async () => {
    const [ours, theirs] = await twoClones()
    await put(theirs, 2)
    await change(theirs, ({ labels }) => {
      labels['AWSCURRENT'] = { ...labels['AWSCURRENT']!, version: token(1) }
    })
    await put(ours, 3)
    expect(pull(ours, theirs)).toBe(true)
    const done = await run(ours)
    expect(done.resolved[0]?.notes.join()).toContain('the signature does not verify')
    ours.git('commit', '-q', '--no-edit')
    await ours.reopen()
    expect(await value(ours)).toBe('value 3')
    expect(Object.keys((await stagesOf(ours)).versions)).toEqual([token(1), token(3)])
  })

  it('a former member cannot make the next serial the last one', async () => {
    const [ours] = await twoClones()
    const bob = await admit(ours, 'bob', { default: 'decrypt encrypt' })
    const his = await follower(ours)
    await bob.call(his, 'PutSecretValue', {
      SecretId: NAME,
      SecretString: 'his',
      ClientRequestToken: token(2)
    })
    await change(his, ({ signed }) => void Object.assign(signed, { serial: '999999999999999' }), bob)
    await removeMember(await ours.internal(), 'bob', () => undefined)
    await put(ours, 3)
    expect(pull(ours, his)).toBe(true)
    expect((await run(ours)).remaining).toEqual([])
    ours.git('commit', '-q', '--no-edit')
    await ours.reopen()
    expect(Number((await stagesOf(ours)).signed.serial)).toBeLessThan(100)
    await put(ours, 4)
  })
})

describe('what resolve does not do for a member', () => {
  it('with encrypt alone: move AWSCURRENT back', async () => {
    const [ours] = await twoClones()
    const bob = await admit(ours, 'bob', { default: 'decrypt encrypt' })
    await put(ours, 2)
    ours.git('revert', '--no-edit', 'HEAD')
    const before = ours.state()
    const done = await run(ours, { as: bob, answer: () => 'theirs' })
    expect(done.unresolved).toMatchObject([
      { name: NAME, why: expect.stringContaining('not authorized') as string }
    ])
    expect(ours.state()).toBe(before)
    // but they may join
    await run(ours, { as: bob, names: [NAME], answer: () => 'ours' })
    expect(await value(ours)).toBe('value 2')
  })

  it('with decrypt alone: sign anything', async () => {
    const [ours] = await twoClones()
    const bob = await admit(ours, 'bob', { default: 'decrypt' })
    await put(ours, 2)
    ours.git('revert', '--no-edit', 'HEAD')
    const before = ours.state()
    const done = await run(ours, { as: bob, names: [NAME], answer: () => 'ours' })
    expect(done.unresolved).toMatchObject([
      { name: NAME, hint: expect.stringContaining('ask a member with') as string }
    ])
    expect(ours.state()).toBe(before)
  })

  it('who is none: anything', async () => {
    const [ours] = await twoClones()
    const bob = await admit(ours, 'bob', { default: 'decrypt encrypt manage' })
    await removeMember(await ours.internal(), 'bob', () => undefined)
    await put(ours, 2)
    ours.git('revert', '--no-edit', 'HEAD')
    expect((await failure(run(ours, { as: bob }))).code).toBe('IdentityNotFound')
  })
})

it('values are in no message and no file but the vault’s own', async () => {
  const [ours, theirs] = await twoClones()
  await put(theirs, 2, 'HUSH-theirs')
  await put(ours, 2, 'HUSH-ours')
  pull(ours, theirs)
  const done = await run(ours)
  expect(JSON.stringify(done)).not.toContain('HUSH')
  await run(ours, { answer: () => 'ours' })
  ours.git('commit', '-q', '--no-edit')
  expect(ours.git('log', '--all', '-p', '--no-textconv')).not.toContain('HUSH')
  await openVault(ours.options)
})
