import { expect, it } from 'vitest'
import { openVault, type SecretsVault } from '../../../src/index.js'
import { acceptOlder, olderThanSeen } from '../../../src/app/trust.js'
import { token, type TestVault } from '../fixture.js'
import { expectGreen, follower, NAME, pull, put, run, STAGES, twoClones } from './resolveKit.js'

const HOME = 'local'
const REGION = 'eu-west-1'
const THERE = `vault/regions/${REGION}/secrets/${NAME}/stages.yaml`

async function inRegion<T>(box: TestVault, work: (api: SecretsVault) => Promise<T>): Promise<T> {
  return work(await openVault({ ...box.options, region: REGION }))
}

const putThere = (box: TestVault, id: string, SecretString: string) => {
  box.clock.advance(1000)
  return inRegion(box, async api =>
    api.putSecretValue({ SecretId: NAME, SecretString, ClientRequestToken: token(id) })
  )
}

/** Two clones with a secret of one name in two regions, which git could not merge in either. */
async function conflictInBoth(ids: readonly [string, string]): Promise<[TestVault, string]> {
  const [ours] = await twoClones()
  await inRegion(ours, async api => api.createSecret({ Name: NAME, SecretString: 'abroad' }))
  const theirs = await follower(ours)
  const start = ours.head()
  for (const [box, id] of [
    [theirs, ids[0]],
    [ours, ids[1]]
  ] as const) {
    await put(box, id, `home ${box === ours}`)
    await putThere(box, id, `abroad ${box === ours}`)
  }
  expect(pull(ours, theirs)).toBe(true)
  return [ours, start]
}

it('a secret of another region is named with the region during a conflict', async () => {
  const [ours, start] = await conflictInBoth(['2', '3'])
  const done = await run(ours, { names: [NAME], region: REGION })
  expect(done.remaining).toEqual([STAGES])
  expect(done.resolved).toMatchObject([{ name: NAME, region: REGION }])
  const home = await run(ours, { names: [NAME], region: HOME })
  expect(home.remaining).toEqual([])
  expect(home.resolved).toMatchObject([{ name: NAME, region: undefined }])
  ours.git('commit', '-q', '--no-edit')
  await expectGreen(ours, start)
  const read = await inRegion(ours, async api =>
    api.getSecretValue({ SecretId: NAME, VersionId: token('2') })
  )
  expect(read.SecretString).toBe('abroad false')
})

it('without a region the name is that of the home region', async () => {
  const [ours] = await conflictInBoth(['2', '3'])
  expect((await run(ours, { names: [NAME] })).remaining).toEqual([THERE])
})

it('a question says which region it is about', async () => {
  const [ours] = await conflictInBoth(['2', '2'])
  const { questions } = await run(ours)
  expect(questions).toMatchObject([
    { name: NAME, region: REGION },
    { name: NAME, region: undefined }
  ])
})

it('an older state is accepted of the region that is given', async () => {
  const [ours] = await conflictInBoth(['2', '3'])
  ours.git('merge', '--abort')
  ours.git('revert', '--no-edit', 'HEAD')
  expect(await olderThanSeen(ours.root, NAME)).toBeUndefined()
  expect(await olderThanSeen(ours.root, NAME, REGION)).toBe(THERE)
  await acceptOlder(ours.root, NAME, REGION)
  expect(await olderThanSeen(ours.root, NAME, REGION)).toBeUndefined()
})
