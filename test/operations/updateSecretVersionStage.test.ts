import { beforeAll, describe, expect, it } from 'vitest'
import { failure, keys, makeScheduled, makeVault, token, type TestVault } from '../vault/fixture.js'

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
})

let made = 0

/** A secret with versions a, b (AWSPREVIOUS) and c (AWSCURRENT), and further labels. */
async function secret(labels: Record<string, string[]> = {}) {
  const number = ++made
  const SecretId = `u/${number}`
  const id = (letter: string) => token(`${letter}-${number}`)
  await box.api.createSecret({ Name: SecretId, SecretString: 'a', ClientRequestToken: id('a') })
  for (const letter of ['b', 'c']) {
    await box.api.putSecretValue({ SecretId, SecretString: letter, ClientRequestToken: id(letter) })
  }
  const move = (VersionStage: string, from?: string, to?: string) =>
    box.api.updateSecretVersionStage({
      SecretId,
      VersionStage,
      ...(from && { RemoveFromVersionId: id(from) }),
      ...(to && { MoveToVersionId: id(to) })
    })
  for (const [letter, list] of Object.entries(labels))
    for (const label of list) await move(label, undefined, letter)
  const stages = async () => {
    const { VersionIdsToStages } = await box.api.describeSecret({ SecretId })
    return Object.fromEntries(
      Object.entries(VersionIdsToStages!).map(([version, on]) => [version.charAt(0), on])
    )
  }
  return { SecretId, id, move, stages }
}

describe('moving a label', () => {
  it('[REC] the response is ARN and Name', async () => {
    const { SecretId, move } = await secret()
    const response = await move('blue', undefined, 'a')
    expect(response).toEqual({ ARN: expect.stringContaining(`:secret:${SecretId}-`), Name: SecretId })
    expect(keys(response)).toEqual(['ARN', 'Name'])
  })

  it('[REC] AWSCURRENT: AWSPREVIOUS moves to the version that had it', async () => {
    const { SecretId, move, stages } = await secret()
    expect(await stages()).toEqual({ b: ['AWSPREVIOUS'], c: ['AWSCURRENT'] })
    await move('AWSCURRENT', 'c', 'a')
    expect(await stages()).toEqual({ a: ['AWSCURRENT'], c: ['AWSPREVIOUS'] })
    expect((await box.api.getSecretValue({ SecretId })).SecretString).toBe('a')
    await move('AWSCURRENT', 'a', 'c')
    expect(await stages()).toEqual({ a: ['AWSPREVIOUS'], c: ['AWSCURRENT'] })
  })

  it('[REC] AWSCURRENT to the version with AWSPREVIOUS: the two labels swap', async () => {
    const { move, stages } = await secret()
    await move('AWSCURRENT', 'c', 'b')
    expect(await stages()).toEqual({ b: ['AWSCURRENT'], c: ['AWSPREVIOUS'] })
  })

  it('[REC] the target keeps AWSPENDING and its custom labels, the source its custom labels', async () => {
    const { move, stages } = await secret({ a: ['AWSPENDING', 'blue'], c: ['green'] })
    await move('AWSCURRENT', 'c', 'a')
    expect(await stages()).toEqual({
      a: ['AWSCURRENT', 'AWSPENDING', 'blue'],
      c: ['AWSPREVIOUS', 'green']
    })
  })

  it('[REC] a custom label to an unlabelled version, and on to another', async () => {
    const { move, stages } = await secret()
    await move('blue', undefined, 'a')
    expect(await stages()).toEqual({ a: ['blue'], b: ['AWSPREVIOUS'], c: ['AWSCURRENT'] })
    await move('blue', 'a', 'c')
    expect(await stages()).toEqual({ b: ['AWSPREVIOUS'], c: ['AWSCURRENT', 'blue'] })
  })

  it('[REC] AWSPREVIOUS alone changes nothing else', async () => {
    const { move, stages } = await secret()
    await move('AWSPREVIOUS', 'b', 'a')
    expect(await stages()).toEqual({ a: ['AWSPREVIOUS'], c: ['AWSCURRENT'] })
  })

  it('[EMU] a label that the version already has: succeeds and commits nothing', async () => {
    const { move } = await secret()
    const state = box.state()
    await move('AWSCURRENT', undefined, 'c')
    await move('AWSCURRENT', 'c', 'c')
    expect(box.state()).toBe(state)
  })

  it('[REC] LastChangedDate increases, even if the clock stands still', async () => {
    const { SecretId, move } = await secret()
    const before = (await box.api.describeSecret({ SecretId })).LastChangedDate!
    await move('blue', undefined, 'a')
    const after = (await box.api.describeSecret({ SecretId })).LastChangedDate!
    expect(after.getTime()).toBeGreaterThan(before.getTime())
  })

  it('[DOC] makes one commit, and changes no version file', async () => {
    const { SecretId, move } = await secret()
    const files = box.versionFiles(SecretId)
    const commits = box.commits()
    await move('AWSCURRENT', 'c', 'a')
    expect(box.commits()).toBe(commits + 1)
    expect(box.git('show', '--format=', '--name-only', 'HEAD').trim()).toBe(
      `vault/secrets/${SecretId}/stages.yaml`
    )
    expect(box.versionFiles(SecretId)).toEqual(files)
    expect(box.git('show', '-s', '--format=%s', 'HEAD').trim()).toBe(`UpdateSecretVersionStage ${SecretId}`)
  })
})

describe('removing a label', () => {
  it('[REC] changes nothing else', async () => {
    const { move, stages } = await secret({ a: ['AWSPENDING'], c: ['blue'] })
    await move('AWSPENDING', 'a')
    expect(await stages()).toEqual({ b: ['AWSPREVIOUS'], c: ['AWSCURRENT', 'blue'] })
    await move('blue', 'c')
    expect(await stages()).toEqual({ b: ['AWSPREVIOUS'], c: ['AWSCURRENT'] })
  })

  it('[REC] AWSPREVIOUS can be removed, and the next put sets it again', async () => {
    const { SecretId, move, stages } = await secret()
    await move('AWSPREVIOUS', 'b')
    expect(await stages()).toEqual({ c: ['AWSCURRENT'] })
    await box.api.putSecretValue({ SecretId, SecretString: 'd', ClientRequestToken: token(`d-${made}`) })
    expect(await stages()).toEqual({ c: ['AWSPREVIOUS'], d: ['AWSCURRENT'] })
  })

  it('[USR] AWSCURRENT can only be moved', async () => {
    const { move } = await secret()
    const state = box.state()
    for (const from of ['c', 'b']) {
      expect(await failure(move('AWSCURRENT', from))).toEqual({
        code: 'InvalidParameterException',
        message:
          "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed."
      })
    }
    expect(box.state()).toBe(state)
  })
})

describe('a request that is refused', () => {
  it('[VER] for a label that another version holds, without RemoveFromVersionId', async () => {
    const { id, move } = await secret({ b: ['blue'] })
    const state = box.state()
    for (const [label, holder] of [
      ['AWSCURRENT', 'c'],
      ['blue', 'b']
    ] as const) {
      expect(await failure(move(label, undefined, 'a'))).toEqual({
        code: 'InvalidParameterException',
        message:
          `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to ` +
          `version ${id(holder)}, so you must explicitly reference that version in RemoveFromVersionId.`
      })
    }
    expect(box.state()).toBe(state)
  })

  it('[EMU] for the wrong RemoveFromVersionId', async () => {
    const { move } = await secret({ b: ['blue'] })
    const state = box.state()
    for (const [label, from, to] of [
      ['AWSCURRENT', 'b', 'a'],
      ['blue', 'c', 'a'],
      ['blue', 'c', undefined],
      ['nowhere', 'a', undefined],
      ['nowhere', 'a', 'b'],
      ['blue', 'zzz', undefined]
    ] as const) {
      expect(await failure(move(label, from, to))).toEqual({
        code: 'InvalidParameterException',
        message:
          `When you move staging label ${label}, if you specify RemoveFromVersionId, it must be set to the version ` +
          `that currently has the staging label ${label}.`
      })
    }
    expect(box.state()).toBe(state)
  })

  it('[REC] for a version that does not exist', async () => {
    const { id, move } = await secret()
    expect(await failure(move('blue', undefined, 'zzz'))).toEqual({
      code: 'ResourceNotFoundException',
      message: `Secrets Manager can't find the specified secret value for VersionId: ${id('zzz')}`
    })
  })

  it('[EMU] with neither version id', async () => {
    const { move } = await secret()
    expect((await failure(move('blue'))).code).toBe('InvalidParameterException')
  })

  it('[REC] for a secret that does not exist', async () => {
    const request = { SecretId: 'u/nowhere', VersionStage: 'blue', MoveToVersionId: token('a') }
    expect(await failure(box.api.updateSecretVersionStage(request))).toEqual({
      code: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret."
    })
  })

  it('[USR] for a secret that is marked for deletion', async () => {
    await makeScheduled(box, 'u/scheduled')
    const request = { SecretId: 'u/scheduled', VersionStage: 'blue', MoveToVersionId: token('a') }
    expect(await failure(box.api.updateSecretVersionStage(request))).toEqual({
      code: 'InvalidRequestException',
      message: "You can't perform this operation on the secret because it was marked for deletion."
    })
  })
})

it('leaves a clean repository', () => box.expectClean())
