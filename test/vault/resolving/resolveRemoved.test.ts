import { describe, expect, it } from 'vitest'
import { check } from '../verify/verifyKit.js'
import { token, type TestVault } from '../fixture.js'
import { expectGreen, FOLDER, NAME, pull, put, run, SECRET, twoClones, value } from './resolveKit.js'

describe('a put on our side and a force-delete on the other', () => {
  // git's merge leaves only stages.yaml in conflict, and removes secret.yaml and the first version
  const conflict = async (): Promise<[TestVault, string]> => {
    const [ours, theirs] = await twoClones()
    const start = ours.head()
    await put(ours, 2)
    await theirs.api.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    expect(pull(ours, theirs)).toBe(true)
    expect(ours.files()).not.toContain(SECRET)
    return [ours, start]
  }

  it('removed, nothing is left of it in the index and the work tree', async () => {
    const [ours, start] = await conflict()
    const done = await run(ours, { answer: () => 'theirs' })
    expect(done).toMatchObject({ next: 'git commit', remaining: [], resolved: [{ notes: ['removed'] }] })
    expect(ours.git('ls-files', FOLDER)).toBe('')
    expect(ours.files().filter(path => path.startsWith(FOLDER))).toEqual([])
    ours.git('commit', '-q', '--no-edit')
    expect(await value(ours, { SecretId: 'other' })).toBe('other')
    await expectGreen(ours, start)
  })

  it('kept, all of its files are back', async () => {
    const [ours, start] = await conflict()
    expect((await run(ours, { answer: () => 'ours' })).remaining).toEqual([])
    ours.git('commit', '-q', '--no-edit')
    await ours.reopen()
    expect(await value(ours)).toBe('value 2')
    expect(await value(ours, { VersionId: token(1) })).toBe('one')
    await expectGreen(ours, start)
  })

  it('removed while the force-delete is picked onto the put, nothing is left of it', async () => {
    const [ours] = await conflict()
    ours.git('merge', '--abort')
    expect(ours.tryGit('cherry-pick', 'refs/remotes/other/main').status).not.toBe(0)
    const done = await run(ours, { answer: () => 'theirs' })
    expect(done).toMatchObject({ next: 'git cherry-pick --continue', remaining: [] })
    expect(ours.git('ls-files', FOLDER)).toBe('')
    expect(ours.files().filter(path => path.startsWith(FOLDER))).toEqual([])
    ours.git('-c', 'core.editor=true', 'cherry-pick', '--continue')
    expect((await check(ours)).found).toEqual([])
    ours.expectClean()
  })
})
