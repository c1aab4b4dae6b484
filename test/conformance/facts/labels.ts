import { expect } from 'vitest'
import { expectRefused, fact, labels, type At, type Fact } from '../fact.js'

/** A secret with two versions. */
async function two({ ask, name, token }: At): Promise<[older: string, newer: string]> {
  const [older, newer] = [token(), token()]
  await ask.CreateSecret({ Name: name, SecretString: '1', ClientRequestToken: older })
  await ask.PutSecretValue({ SecretId: name, SecretString: '2', ClientRequestToken: newer })
  return [older, newer]
}

/** BEHAVIOUR: UpdateSecretVersionStage, ListSecretVersionIds. */
export const moves: Fact[] = [
  fact('VER', 'a label that another version holds moves only if that version is named', async at => {
    const [older, newer] = await two(at)
    await expectRefused(
      at.ask.UpdateSecretVersionStage({
        SecretId: at.name,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: older
      }),
      'InvalidParameterException',
      `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${newer}, so you must explicitly reference that version in RemoveFromVersionId.`
    )
  }),
  fact('USR', 'AWSCURRENT is never removed', async at => {
    const [, newer] = await two(at)
    await expectRefused(
      at.ask.UpdateSecretVersionStage({
        SecretId: at.name,
        VersionStage: 'AWSCURRENT',
        RemoveFromVersionId: newer
      }),
      'InvalidParameterException',
      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed."
    )
  }),
  fact('EMU', 'a wrong RemoveFromVersionId', async at => {
    const [older] = await two(at)
    await expectRefused(
      at.ask.UpdateSecretVersionStage({
        SecretId: at.name,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: older,
        RemoveFromVersionId: older
      }),
      'InvalidParameterException',
      'When you move staging label AWSCURRENT, if you specify RemoveFromVersionId, it must be set to the version that currently has the staging label AWSCURRENT.'
    )
  }),
  fact(
    'REC',
    'moving AWSCURRENT puts AWSPREVIOUS on the version it left; other labels stay where they are',
    async at => {
      const { ask, name, token } = at
      const [older, newer] = await two(at)
      const third = token()
      const own = {
        SecretId: name,
        SecretString: '3',
        ClientRequestToken: third,
        VersionStages: ['AWSPENDING', 'mine']
      }
      await ask.PutSecretValue(own)
      await ask.UpdateSecretVersionStage({ SecretId: name, VersionStage: 'green', MoveToVersionId: newer })
      const answer = await ask.UpdateSecretVersionStage({
        SecretId: name,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: third,
        RemoveFromVersionId: newer
      })
      expect(Object.keys(answer).sort()).toEqual(['ARN', 'Name'])
      expect(await labels(at)).toEqual({
        [newer]: ['AWSPREVIOUS', 'green'],
        [third]: ['AWSCURRENT', 'AWSPENDING', 'mine']
      })
      expect(await labels(at)).not.toHaveProperty(older)
    }
  ),
  fact('REC', 'removing any other label touches nothing else', async at => {
    const { ask, name } = at
    const [older, newer] = await two(at)
    await ask.UpdateSecretVersionStage({ SecretId: name, VersionStage: 'blue', MoveToVersionId: older })
    await ask.UpdateSecretVersionStage({ SecretId: name, VersionStage: 'blue', RemoveFromVersionId: older })
    expect(await labels(at)).toEqual({ [older]: ['AWSPREVIOUS'], [newer]: ['AWSCURRENT'] })
  }),

  fact(
    'REC',
    'versions without a label only with IncludeDeprecated, and then without VersionStages',
    async at => {
      const { ask, name } = at
      const [older] = await two(at)
      await ask.PutSecretValue({ SecretId: name, SecretString: '3' })
      const listed = async (request = {}) =>
        (await ask.ListSecretVersionIds({ SecretId: name, ...request }))['Versions'] as {
          VersionId: string
        }[]
      expect((await listed()).map(({ VersionId }) => VersionId)).not.toContain(older)
      const all = await listed({ IncludeDeprecated: true })
      expect(all).toHaveLength(3)
      expect(all.find(({ VersionId }) => VersionId === older)).not.toHaveProperty('VersionStages')
      expect(await labels(at)).not.toHaveProperty(older)
    }
  ),
  fact('REC', 'KmsKeyIds is DefaultEncryptionKey for the default key', async at => {
    await two(at)
    const { Versions } = await at.ask.ListSecretVersionIds({ SecretId: at.name })
    expect((Versions as { KmsKeyIds: string[] }[]).map(({ KmsKeyIds }) => KmsKeyIds)).toEqual([
      ['DefaultEncryptionKey'],
      ['DefaultEncryptionKey']
    ])
  }),
  fact('REC', 'pages, and no NextToken on the last', async at => {
    const { ask, name } = at
    await two(at)
    await ask.PutSecretValue({ SecretId: name, SecretString: '3', VersionStages: ['third'] })
    const ids: string[] = []
    for (let NextToken: unknown; ;) {
      const request = { SecretId: name, MaxResults: 2, ...(NextToken ? { NextToken } : {}) }
      const page = await ask.ListSecretVersionIds(request)
      ids.push(...(page['Versions'] as { VersionId: string }[]).map(({ VersionId }) => VersionId))
      if (!('NextToken' in page)) break
      ;({ NextToken } = page)
    }
    expect(new Set(ids).size).toBe(3)
    expect(ids).toHaveLength(3)
  })
]
