import { expect } from 'vitest'
import { expectRefused, fact, type At, type Fact } from '../fact.js'

const listed = async (ask: At['ask'], request = {}): Promise<string[]> =>
  ((await ask.ListSecrets({ MaxResults: 100, ...request }))['SecretList'] as { Name: string }[]).map(
    ({ Name }) => Name
  )
const by = (Key: string, ...Values: string[]) => ({ Filters: [{ Key, Values }] })

/** BEHAVIOUR: ListSecrets, BatchGetSecretValue. */
export const lists: Fact[] = [
  fact('VER', 'ListSecrets lists by creation, oldest first', async ({ ask, name }) => {
    const names = ['c', 'a', 'b'].map(last => `${name}/${last}`)
    for (const Name of names) await ask.CreateSecret({ Name })
    expect(await listed(ask, by('name', `${name}/`))).toEqual(names)
    expect(await listed(ask, { ...by('name', `${name}/`), SortOrder: 'desc' })).toEqual(names.toReversed())
  }),
  fact('MODEL', 'scheduled ones only with IncludePlannedDeletion', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name })
    await ask.DeleteSecret({ SecretId: name })
    expect(await listed(ask, by('name', name))).toEqual([])
    expect(await listed(ask, { ...by('name', name), IncludePlannedDeletion: true })).toEqual([name])
  }),
  fact('MODEL', 'name is a prefix and heeds case; a leading ! negates', async ({ ask, name }) => {
    for (const last of ['One', 'one', 'two']) await ask.CreateSecret({ Name: `${name}/${last}` })
    expect(await listed(ask, by('name', `${name}/o`))).toEqual([`${name}/one`])
    expect(await listed(ask, by('name', `${name}/O`))).toEqual([`${name}/One`])
    const Filters = [
      { Key: 'name', Values: [`${name}/`] },
      { Key: 'name', Values: [`!${name}/o`] }
    ]
    expect(await listed(ask, { Filters })).toEqual([`${name}/One`, `${name}/two`])
  }),
  fact('MODEL', 'filters are ANDed, the values of one are ORed', async ({ ask, name }) => {
    for (const last of ['a', 'b', 'c'])
      await ask.CreateSecret({ Name: `${name}/${last}`, Tags: [{ Key: `${name}-${last}`, Value: 'v' }] })
    const keys = { Key: 'tag-key', Values: [`${name}-a`, `${name}-b`] }
    expect(await listed(ask, { Filters: [keys] })).toEqual([`${name}/a`, `${name}/b`])
    const Filters = [keys, { Key: 'name', Values: [`${name}/b`, `${name}/c`] }]
    expect(await listed(ask, { Filters })).toEqual([`${name}/b`])
  }),
  fact(
    'REC',
    'description: each word of the value starts some word, whatever the case',
    async ({ ask, name }) => {
      const descriptions = ['a secret', 'an secret', 'asecret', 'thesecret']
      for (const [at, Description] of descriptions.entries())
        await ask.CreateSecret({ Name: `${name}/${at}`, Description })
      const found = async (value: string) =>
        (
          await listed(ask, {
            Filters: [
              { Key: 'name', Values: [`${name}/`] },
              { Key: 'description', Values: [value] }
            ]
          })
        ).map(found => descriptions[Number(found.split('/').at(-1))])
      expect(await found('a')).toEqual(['a secret', 'an secret', 'asecret'])
      expect(await found('A')).toEqual(['a secret', 'an secret', 'asecret'])
      expect(await found('a secret')).toEqual(['a secret', 'an secret'])
    }
  ),
  fact('VER', 'all looks in every field and splits words', async ({ ask, name }) => {
    const mark = name.replace('/', 'x')
    await ask.CreateSecret({ Name: `${name}/named`, Description: `${mark} described` })
    await ask.CreateSecret({ Name: `${name}/tagged`, Tags: [{ Key: `${mark}key`, Value: 'v' }] })
    await ask.CreateSecret({ Name: `${name}/valued`, Tags: [{ Key: 'k', Value: `${mark}value` }] })
    await ask.CreateSecret({ Name: `${name}/other` })
    expect(await listed(ask, by('all', mark))).toEqual([`${name}/named`, `${name}/tagged`, `${name}/valued`])
  }),
  fact('VER', 'all splits a name at its separators, but not one that mixes two', async ({ ask, name }) => {
    const mark = name.replace('/', 'q')
    await ask.CreateSecret({ Name: `one-${mark}b` })
    await ask.CreateSecret({ Name: `one-${mark}c/two` })
    expect(await listed(ask, by('all', `${mark}b`))).toEqual([`one-${mark}b`])
    expect(await listed(ask, by('all', `${mark}c`))).toEqual([])
  }),
  fact('MODEL', 'pages with a NextToken that none has on the last', async ({ ask, name }) => {
    const names = [1, 2, 3].map(last => `${name}/${last}`)
    for (const Name of names) await ask.CreateSecret({ Name })
    const query = by('name', `${name}/`)
    const first = await ask.ListSecrets({ ...query, MaxResults: 2 })
    const second = await ask.ListSecrets({ ...query, MaxResults: 2, NextToken: first['NextToken'] })
    const all = [first, second].flatMap(page =>
      (page['SecretList'] as { Name: string }[]).map(({ Name }) => Name)
    )
    expect(all).toEqual(names)
    expect(second).not.toHaveProperty('NextToken')
  }),
  fact('REC', 'lists leave versions without a label out', async ({ ask, name, token }) => {
    const deprecated = token()
    await ask.CreateSecret({ Name: name, SecretString: '1', ClientRequestToken: deprecated })
    for (const SecretString of ['2', '3']) await ask.PutSecretValue({ SecretId: name, SecretString })
    const { SecretList } = await ask.ListSecrets(by('name', name))
    const [entry] = SecretList as { SecretVersionsToStages: object }[]
    expect(Object.keys(entry!.SecretVersionsToStages)).toHaveLength(2)
    expect(entry!.SecretVersionsToStages).not.toHaveProperty(deprecated)
  }),

  fact('MODEL', 'BatchGetSecretValue: what fails goes to Errors', async ({ ask, name }) => {
    await ask.CreateSecret({ Name: name, SecretString: 'x' })
    const answer = await ask.BatchGetSecretValue({ SecretIdList: [name, `${name}/none`] })
    expect(answer['SecretValues']).toMatchObject([{ Name: name, SecretString: 'x' }])
    expect(answer['Errors']).toEqual([
      {
        SecretId: `${name}/none`,
        ErrorCode: 'ResourceNotFoundException',
        Message: "Secrets Manager can't find the specified secret."
      }
    ])
  }),
  fact('EMU', 'BatchGetSecretValue: names or filters, and not both', async ({ ask, name }) => {
    const why = "Either 'SecretIdList' or 'Filters' must be provided, but not both."
    await expectRefused(ask.BatchGetSecretValue({}), 'InvalidParameterException', why)
    await expectRefused(
      ask.BatchGetSecretValue({ SecretIdList: [name], ...by('name', name) }),
      'InvalidParameterException',
      why
    )
  }),
  fact('EMU', 'BatchGetSecretValue: MaxResults goes with filters', ({ ask, name }) =>
    expectRefused(
      ask.BatchGetSecretValue({ SecretIdList: [name], MaxResults: 10 }),
      'InvalidParameterException',
      "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."
    )
  )
]
