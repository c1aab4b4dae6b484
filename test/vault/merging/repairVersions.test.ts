import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { VaultError } from '../../../src/index.js'
import { applyFixes } from '../../../src/app/doctor/applyFixes.js'
import { doctor } from '../../../src/app/doctor/doctor.js'
import { mismatchedFolders, repairVersions, restoreFrom } from '../../../src/vault/merging/repairVersions.js'
import { DAY, putMany, token, type TestVault } from '../fixture.js'
import { check, checkRange } from '../verify/verifyKit.js'
import { FOLDER, NAME, follower, labels, meet, move, put, twoClones } from './mergeKit.js'

const file = (id: string) => `${FOLDER}/versions/${token(id)}.yaml`

async function mismatched(box: TestVault) {
  const vault = await box.internal()
  return mismatchedFolders(vault.repository, box.head(), await vault.read())
}

/** What doctor would do about these folders. */
async function repairs(box: TestVault, folders: Awaited<ReturnType<typeof mismatched>>) {
  const vault = await box.internal()
  const { files, lost, unlisted } = await repairVersions(
    await vault.read(),
    folders,
    restoreFrom(vault.repository)
  )
  return { files: [...files.keys()], lost, unlisted }
}

/** `doctor --fix`, for the files of versions alone. */
async function fixVersions(box: TestVault): Promise<string[]> {
  const done: string[] = []
  for await (const { what, fix } of doctor(box.root, await box.internal())) {
    if (what !== 'versions' || !fix) continue
    for await (const { failed } of applyFixes(await box.internal(), [fix]))
      done.push(failed?.message ?? fix.text)
  }
  return done
}

/** A clone in which `git merge` has removed the file of a version that is labelled. */
async function afterPlainMerge(): Promise<TestVault> {
  const [a, b] = await twoClones()
  const time = a.clock.time - 3 * DAY
  await putMany(
    a,
    NAME,
    Array.from({ length: 101 }, (_, index) => ({ token: token(`old${index}`), time: time + index }))
  )
  await meet(b, a)
  // prunes the oldest
  await put(a, 'a')
  await move(b, 'keep', 'old0')
  a.git('fetch', '-q', b.root, 'main')
  const { status, stderr } = spawnSync('git', ['merge', '--no-edit', 'FETCH_HEAD'], {
    cwd: a.root,
    encoding: 'utf8'
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  await a.reopen()
  expect(await labels(a)).toMatchObject({ keep: 'old0', AWSCURRENT: 'a' })
  expect(a.files(FOLDER)).not.toContain(file('old0'))
  return a
}

const keep = (box: TestVault) => box.api.getSecretValue({ SecretId: NAME, VersionStage: 'keep' })

describe('after a merge by git in which it removed the file of a labelled version', () => {
  it('a reader is told which command restores it', async () => {
    const a = await afterPlainMerge()
    const error: unknown = await keep(a).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(VaultError)
    expect(error).toMatchObject({
      message: `${file('old0')}: missing, though stages.yaml lists it`,
      hint: 'restore it from the history: git-vault doctor --fix'
    })
  })

  it('the next write restores it, and its commit says so in no other way than by the file', async () => {
    const a = await afterPlainMerge()
    await put(a, 'b')
    expect((await keep(a)).SecretString).toBe(`value of ${token('old0')}`)
    expect(a.git('show', '--name-status', '--format=', 'HEAD')).toContain(`A\t${file('old0')}`)
    expect((await check(a)).found).toEqual([])
    a.expectClean()
    expect(await mismatched(a)).toEqual([])
  })

  it('doctor --fix restores it', async () => {
    const a = await afterPlainMerge()
    const found = await mismatched(a)
    expect(found).toEqual([{ folder: FOLDER, missing: [file('old0')], unlisted: [] }])
    expect(await repairs(a, found)).toEqual({ files: [file('old0')], lost: [], unlisted: [] })
    expect(await fixVersions(a)).toEqual([`bring back from history: ${file('old0')}`])
    expect(await mismatched(a)).toEqual([])
    expect((await keep(a)).SecretString).toBe(`value of ${token('old0')}`)
    expect((await check(a)).found).toEqual([])
    expect((await checkRange(a, 'HEAD~1..HEAD')).found).toEqual([])
  })
})

describe('version files that do not match', () => {
  it('an unlisted one is removed by the next write after a merge, and named otherwise', async () => {
    const a = await afterPlainMerge()
    const stray = `${FOLDER}/versions/stray.yaml`
    const add = () => {
      a.write(stray, 'stray')
      a.git('add', '-A')
      a.git('commit', '-qm', 'stray')
    }
    add()
    await put(a, 'b')
    expect(a.files(FOLDER)).not.toContain(stray)
    add()
    const found = await mismatched(a)
    expect(found).toMatchObject([{ missing: [], unlisted: [stray] }])
    // no pruning explains it, so nothing is removed
    expect(await repairs(a, found)).toEqual({ files: [], lost: [], unlisted: [stray] })
  })

  it('one that is in no commit is lost, and said so; nothing is committed', async () => {
    const [a] = await twoClones()
    await put(a, 2)
    a.git('rm', '-q', file('1'))
    a.git('commit', '-qm', 'less')
    // a clone without the history
    const shallow = await follower(a)
    shallow.git('checkout', '-q', '--orphan', 'new')
    shallow.git('commit', '-qm', 'new')
    for (const ref of ['refs/heads/main', 'refs/remotes/origin/main', 'refs/remotes/origin/HEAD'])
      shallow.git('update-ref', '-d', ref)
    shallow.git('reflog', 'expire', '--expire=now', '--all')
    const before = shallow.head()
    await shallow.reopen()
    expect(await repairs(shallow, await mismatched(shallow))).toEqual({
      files: [],
      lost: [file('1')],
      unlisted: []
    })
    expect(await fixVersions(shallow)).toEqual([])
    expect(shallow.head()).toBe(before)
  })

  it('a write without a merge before it looks at no other file', async () => {
    const [a] = await twoClones()
    const stray = `${FOLDER}/versions/stray.yaml`
    a.write(stray, 'stray')
    a.git('add', '-A')
    a.git('commit', '-qm', 'stray')
    await put(a, 2)
    expect(a.files(FOLDER)).toContain(stray)
  })
})
