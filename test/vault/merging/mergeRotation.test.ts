import { beforeEach, describe, expect, it } from 'vitest'
import { addFunction } from '../../../src/app/rotation/functions.js'
import { verify } from '../../../src/vault/verify/verify.js'
import { token, type TestVault } from '../fixture.js'
import { FOLDER, follower, merge, mergeOf, move, NAME, put, twoClones, unlabel } from './mergeKit.js'

let [a, b]: [TestVault, TestVault] = [undefined!, undefined!]
beforeEach(async () => {
  ;[a, b] = await twoClones()
  const fails = { directory: a.root, name: 'fails', command: 'false', env: [], reads: [] }
  await addFunction(await a.internal(), fails)
})

/** Begins a rotation, whose first step fails: its version has no value. */
const begin = (box: TestVault, id: string | number) =>
  box.api
    .rotateSecret({ SecretId: NAME, RotationLambdaARN: 'fails', ClientRequestToken: token(id) })
    .catch((error: Error) => expect(error.name).toBe('RotationFailed'))

const fill = (box: TestVault, id: string | number, value = 'rotated') =>
  box.api.putSecretValue({
    SecretId: NAME,
    SecretString: value,
    ClientRequestToken: token(id),
    VersionStages: ['AWSPENDING']
  })

const described = (box: TestVault) => box.api.describeSecret({ SecretId: NAME })

async function expectSound(box: TestVault): Promise<void> {
  const { problems } = await verify(await box.internal(), { reportFinding: async () => undefined })
  expect(problems).toBe(0)
}

describe('a version without a value', () => {
  it('has no file, is merged with a put, and filled in one clone', async () => {
    await begin(a, 'p')
    expect(a.files().filter(path => path.startsWith(`${FOLDER}/versions`))).toHaveLength(1)
    await expectSound(a)
    await put(b, 2)
    await merge(b, a)
    await expectSound(b)
    expect((await described(b)).VersionIdsToStages).toEqual({
      [token(1)]: ['AWSPREVIOUS'],
      [token(2)]: ['AWSCURRENT'],
      [token('p')]: ['AWSPENDING']
    })
    await fill(a, 'p')
    await merge(b, a)
    await expectSound(b)
    expect(await b.api.getSecretValue({ SecretId: NAME, VersionStage: 'AWSPENDING' })).toMatchObject({
      SecretString: 'rotated'
    })
    await move(b, 'AWSCURRENT', 'p', 2)
    await merge(a, b)
    await expectSound(a)
    expect((await described(a)).LastRotatedDate).toEqual((await described(b)).LastRotatedDate)
    expect((await described(a)).VersionIdsToStages).toMatchObject({
      [token('p')]: ['AWSCURRENT', 'AWSPENDING']
    })
  })

  it('filled in both clones with two values is for a person', async () => {
    await begin(a, 'p')
    const c = await follower(a)
    await fill(a, 'p', 'one')
    await fill(c, 'p', 'another')
    const { conflicts } = await mergeOf(a, c)
    expect(conflicts).toMatchObject([{ name: NAME }])
  })

  it('without its label stays listed, and is merged', async () => {
    await begin(a, 'p')
    await unlabel(a, 'AWSPENDING', 'p')
    await put(b, 2)
    await merge(b, a)
    await expectSound(b)
    const { Versions } = await b.api.listSecretVersionIds({ SecretId: NAME, IncludeDeprecated: true })
    expect(Versions!.map(({ VersionId }) => VersionId)).toContain(token('p'))
  })
})

it('of two rotations that began apart, the later one has AWSPENDING', async () => {
  await begin(a, 'p')
  b.clock.advance(1000)
  await begin(b, 'q')
  await merge(a, b)
  await expectSound(a)
  expect((await described(a)).VersionIdsToStages).toEqual({
    [token(1)]: ['AWSCURRENT'],
    [token('q')]: ['AWSPENDING']
  })
})

it('of settings that were changed apart, the later ones stay', async () => {
  await begin(a, 'p')
  const c = await follower(a)
  await a.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'a', Value: '1' }] })
  c.clock.time = a.clock.advance(1000)
  await c.api.cancelRotateSecret({ SecretId: NAME })
  await merge(a, c)
  await expectSound(a)
  expect(await described(a)).toMatchObject({
    RotationEnabled: false,
    RotationLambdaARN: 'fails',
    Tags: [{ Key: 'a', Value: '1' }]
  })
})
