import * as fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { acceptOlder } from '../../../src/app/trust.js'
import { adoptVersions } from '../../../src/vault/team/adopt.js'
import { removeMember } from '../../../src/vault/team/team.js'
import { check, checkRange, commitAll } from '../verify/verifyKit.js'
import { failure, token, type TestVault } from '../fixture.js'
import { admit } from '../people.js'
import { FOLDER, follower, NAME, pull, put, run, SECRET, STAGES, twoClones, value } from './resolveKit.js'

/** Expects that nothing is wrong any more in the tree, and that the range from `start` reports only what was mended. */
async function expectMended(box: TestVault, start: string): Promise<void> {
  expect((await check(box)).found).toEqual([])
  const { found, mended, problems } = await checkRange(box, `${start}..HEAD`)
  expect({ found, problems }).toEqual({ found: [], problems: 0 })
  expect(mended).toBeGreaterThan(0)
  box.expectClean()
}

const values = async (box: TestVault, ...ids: (string | number)[]) =>
  Promise.all(ids.map(async id => value(box, { VersionId: token(id) })))

/** Two puts, and a merge that a person has made by hand. */
async function handMade(settle: (box: TestVault) => void): Promise<[TestVault, TestVault, string]> {
  const [ours, theirs] = await twoClones()
  const start = ours.head()
  await put(theirs, 2)
  await put(ours, 3)
  expect(pull(ours, theirs)).toBe(true)
  settle(ours)
  commitAll(ours, 'merged by hand')
  await ours.reopen()
  return [ours, theirs, start]
}

describe('a merge made by hand', () => {
  it.each<[string, (box: TestVault) => void]>([
    ['with the marks of the conflict', () => undefined],
    ['that took ours', box => void box.git('checkout', '--ours', '--', '.')],
    ['that took theirs', box => void box.git('checkout', '--theirs', '--', '.')],
    [
      'that took ours, and removed the files of theirs',
      box => {
        box.git('checkout', '--ours', '--', '.')
        fs.rmSync(box.path(`${FOLDER}/versions/${token(2)}.yaml`))
      }
    ],
    [
      'that mixed both sides',
      box => {
        const text = box.read(STAGES)
        box.write(STAGES, text.replace(/<<<<<<<[^]*?=======\n/g, '').replace(/>>>>>>>.*\n/g, ''))
      }
    ],
    ['that removed stages.yaml', box => fs.rmSync(box.path(STAGES))]
  ])('%s is mended: no value is missing, and every check is green', async (_, settle) => {
    const [ours, theirs, start] = await handMade(settle)
    expect((await checkRange(ours, `${start}..HEAD`)).found).not.toEqual([])
    const before = ours.commits()
    const done = await run(ours)
    expect(done.resolved.map(({ name }) => name)).toEqual([NAME])
    expect(ours.commits()).toBe(before + 1)
    expect(await value(ours)).toBe('value 3')
    expect(await values(ours, 1, 2, 3)).toEqual(['one', 'value 2', 'value 3'])
    await expectMended(ours, start)
    expect((await run(ours)).resolved).toEqual([])
    // the other clone follows without being told anything
    theirs.git('pull', '-q', ours.root, 'main')
    expect(await values(theirs, 1, 2, 3)).toEqual(['one', 'value 2', 'value 3'])
    await put(theirs, 4)
  })

  it('is mended by another member than the one who made it, in a clone that has seen neither side', async () => {
    const [ours, , start] = await handMade(box => void box.git('checkout', '--theirs', '--', '.'))
    const third = await follower(ours)
    expect((await run(third, { names: [NAME] })).resolved).toHaveLength(1)
    expect(await values(third, 1, 2, 3)).toEqual(['one', 'value 2', 'value 3'])
    await expectMended(third, start)
  })

  it('is still a problem if later writes have not included the other side', async () => {
    const [ours, , start] = await handMade(box => void box.git('checkout', '--ours', '--', '.'))
    fs.rmSync(ours.path(`${FOLDER}/versions/${token(2)}.yaml`))
    commitAll(ours, 'tidy')
    await put(ours, 4)
    await put(ours, 5)
    expect((await checkRange(ours, `${start}..HEAD`)).found).not.toEqual([])
    await run(ours)
    expect(await values(ours, 1, 2, 3, 4, 5)).toEqual(['one', 'value 2', 'value 3', 'value 4', 'value 5'])
    expect(await value(ours)).toBe('value 5')
    await expectMended(ours, start)
  })
})

describe('a branch that went back', () => {
  const reverted = async (): Promise<[TestVault, TestVault, string]> => {
    const [ours, theirs] = await twoClones()
    const start = ours.head()
    await put(ours, 2)
    theirs.git('pull', '-q', ours.root, 'main')
    expect(await value(theirs)).toBe('value 2')
    ours.git('revert', '--no-edit', 'HEAD')
    expect((await failure(value(ours))).message).toContain('an older state')
    return [ours, theirs, start]
  }

  it('keeps the newer state', async () => {
    const [ours, , start] = await reverted()
    await run(ours, { names: [NAME], answer: () => 'ours' })
    expect(await value(ours)).toBe('value 2')
    await expectMended(ours, start)
  })

  it('or is rolled back by a signed move, which no other clone refuses', async () => {
    const [ours, theirs, start] = await reverted()
    const done = await run(ours, { answer: ({ reason }) => (reason === 'goes back' ? 'theirs' : undefined) })
    expect(done.resolved).toMatchObject([{ name: NAME }])
    expect(await value(ours)).toBe('one')
    expect(await values(ours, 2)).toEqual(['value 2'])
    await expectMended(ours, start)
    theirs.git('pull', '-q', ours.root, 'main')
    expect(await value(theirs)).toBe('one')
    await put(theirs, 3)
    expect(await value(theirs)).toBe('value 3')
  })

  it('and that one clone has accepted is settled once for the others', async () => {
    const [ours, theirs, start] = await reverted()
    await acceptOlder(ours.root, NAME)
    await put(ours, 3)
    theirs.git('pull', '-q', ours.root, 'main')
    expect(await failure(value(theirs))).toMatchObject({ code: 'DocumentRefused' })
    await run(theirs, { names: [NAME] })
    expect(await value(theirs)).toBe('value 3')
    expect(await values(theirs, 1, 2, 3)).toEqual(['one', 'value 2', 'value 3'])
    await expectMended(theirs, start)
    ours.git('pull', '-q', theirs.root, 'main')
    await put(ours, 4)
    theirs.git('pull', '-q', ours.root, 'main')
    expect(await value(theirs)).toBe('value 4')
  })

  it('by reset finds what this clone has seen in its reflog', async () => {
    const [ours] = await twoClones()
    await put(ours, 2)
    ours.git('reset', '-q', '--hard', 'HEAD^')
    expect((await failure(value(ours))).code).toBe('DocumentRefused')
    await run(ours, { answer: () => 'ours' })
    expect(await value(ours)).toBe('value 2')
    ours.expectClean()
  })

  it('by reset, behind what nobody has any more, is named with what to do', async () => {
    const [ours, theirs] = await twoClones()
    await put(ours, 2)
    theirs.git('pull', '-q', ours.root, 'main')
    await value(theirs)
    theirs.git('reset', '-q', '--hard', 'HEAD^')
    theirs.git('reflog', 'expire', '--expire=now', '--all')
    theirs.git('update-ref', '-d', 'ORIG_HEAD')
    const { unresolved } = await run(theirs, { names: [NAME] })
    expect(unresolved).toMatchObject([
      { name: NAME, hint: expect.stringContaining(`git-vault trust ${NAME}`) as string }
    ])
  })
})

describe('merges without a conflict that still hurt', () => {
  it('a put of a removed member: the secret is usable again, and the put can be adopted', async () => {
    const [ours] = await twoClones()
    const bob = await admit(ours, 'bob', { default: 'decrypt encrypt' })
    const his = await follower(ours)
    const start = ours.head()
    await bob.call(his, 'PutSecretValue', {
      SecretId: NAME,
      SecretString: 'his',
      ClientRequestToken: token(2)
    })
    await removeMember(await ours.internal(), 'bob', () => undefined)
    expect(pull(ours, his)).toBe(false)
    await ours.reopen()
    for (const attempt of [value(ours), put(ours, 3), ours.api.deleteSecret({ SecretId: NAME })])
      expect((await failure(attempt)).message).toContain('signed by bob, who may not sign it')
    const done = await run(ours)
    expect(done.resolved).toMatchObject([{ name: NAME }])
    expect(await value(ours)).toBe('one')
    await expectMended(ours, start)
    expect(await adoptVersions(await ours.internal(), 'bob', 'refs/remotes/other/main')).toBe(1)
    expect(await value(ours)).toBe('his')
    await put(ours, 3)
  })

  const halfRemoved = async (): Promise<[TestVault, TestVault, string]> => {
    const [ours, theirs] = await twoClones()
    const start = ours.head()
    await put(theirs, 2)
    await ours.api.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    pull(ours, theirs)
    commitAll(ours, 'by hand')
    await ours.reopen()
    expect(fs.existsSync(ours.path(SECRET))).toBe(false)
    expect(fs.existsSync(ours.path(STAGES))).toBe(true)
    return [ours, theirs, start]
  }

  it('a force-delete and a put: the secret is kept', async () => {
    const [ours, theirs, start] = await halfRemoved()
    expect((await run(ours)).questions).toMatchObject([{ reason: 'removed and changed' }])
    await run(ours, { answer: () => 'ours' })
    expect(await value(ours)).toBe('value 2')
    await expectMended(ours, start)
    theirs.git('pull', '-q', ours.root, 'main')
    expect(await value(theirs)).toBe('value 2')
  })

  it('a force-delete and a put: the secret is removed', async () => {
    const [ours, , start] = await halfRemoved()
    await run(ours, { answer: () => 'theirs' })
    expect(ours.files('vault/secrets').filter(path => path.includes('prod'))).toEqual([])
    await expectMended(ours, start)
  })

  it('a removed secret that a revert has brought back is kept or removed', async () => {
    const [ours] = await twoClones()
    const start = ours.head()
    await ours.api.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    ours.git('revert', '--no-edit', 'HEAD')
    expect((await failure(value(ours))).code).toBe('DocumentRefused')
    await run(ours, { answer: () => 'ours' })
    expect(await value(ours)).toBe('one')
    await expectMended(ours, start)
  })
})

it('a version’s file that somebody has removed is restored', async () => {
  const [ours] = await twoClones()
  await put(ours, 2)
  const start = ours.head()
  fs.rmSync(ours.path(`${FOLDER}/versions/${token(2)}.yaml`))
  commitAll(ours, 'lost')
  await run(ours)
  expect(await value(ours)).toBe('value 2')
  await expectMended(ours, start)
})

it('nothing is done where nothing is wrong', async () => {
  const [ours] = await twoClones()
  const before = ours.state()
  for (const names of [[], [NAME]])
    expect(await run(ours, { names })).toMatchObject({ resolved: [], unresolved: [] })
  expect(ours.state()).toBe(before)
})
