import { expect, it } from 'vitest'
import { VaultError } from '../../../src/index.js'
import { admit } from '../people.js'
import { pull, put, run, twoClones } from './resolveKit.js'

it.each(['rebase', 'merge'])('a forked access log in a %s: the hint aborts it, and then syncs', async how => {
  const [ours, theirs] = await twoClones()
  await admit(ours, 'bob', { default: 'decrypt' })
  await put(ours, 2)
  await admit(theirs, 'eve', { default: 'decrypt' })
  pull(ours, theirs)
  if (how === 'rebase') {
    ours.git('merge', '--abort')
    expect(ours.tryGit('rebase', 'refs/remotes/other/main').status).not.toBe(0)
  }
  const before = ours.state()
  const [outcome] = await Promise.allSettled([run(ours)])
  const error = outcome.status === 'rejected' ? (outcome.reason as unknown) : undefined
  if (!(error instanceof VaultError)) throw new Error('no VaultError', { cause: error })
  expect(error.code).toBe('RepositoryState')
  expect(error.message).toBe(
    'vault/access.yaml: both branches have added to the access log, which has one order'
  )
  expect(error.hint).toBe(`git ${how} --abort, and then: git-vault sync`)
  expect(ours.state()).toBe(before)
})

it('a forked log on both sides is still refused as one that somebody may have replaced', async () => {
  const [ours, theirs] = await twoClones()
  const start = ours.head()
  await admit(ours, 'bob', { default: 'decrypt' })
  ours.git('reset', '-q', '--hard', start)
  await admit(theirs, 'eve', { default: 'decrypt' })
  await put(theirs, 2)
  ours.git('fetch', '-q', theirs.root, 'HEAD')
  ours.git('reset', '-q', '--hard', 'FETCH_HEAD~1')
  const stages = 'vault/secrets/prod/db/stages.yaml'
  ours.write(stages, `${ours.read(stages)}# edited\n`)
  ours.git('commit', '-qam', 'by hand')
  expect(pull(ours, theirs)).toBe(true)
  const [outcome] = await Promise.allSettled([run(ours)])
  expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'DocumentRefused' } })
})
