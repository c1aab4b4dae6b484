import * as fs from 'node:fs'
import { beforeAll, expect, it } from 'vitest'
import { browse, secretDetails, type Found } from '../../src/app/browsing.js'
import type { Vault } from '../../src/vault/vault.js'
import { makeScheduled, makeVault, token, type TestVault } from '../vault/fixture.js'

let box: TestVault
let vault: Vault
beforeAll(async () => {
  box = await makeVault('browsing')
  const create = (Name: string, more = {}) =>
    box.api.createSecret({ Name, SecretString: 'v', ClientRequestToken: token(Name), ...more })
  await create('dev/a', { Description: 'A database', Tags: [{ Key: 'team', Value: 'shop' }] })
  await create('dev/B_c')
  await create('prod/bad')
  await makeScheduled(box, 'old')
  box.write('vault/secrets/prod/bad/stages.yaml', 'kind: stages\n')
  vault = await box.internal()
}, 120_000)

async function batches(prefix: string): Promise<(readonly Found[])[]> {
  const found: (readonly Found[])[] = []
  for await (const batch of browse(vault, prefix)) if (batch.length > 0) found.push(batch)
  return found
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)

it('tells the names first, then what the secrets say, refused and deleted ones included', async () => {
  const [names, ...rest] = await batches('')
  // the folder of dev/B_c has another name
  expect([...names!].sort(byName)).toEqual(
    ['dev/a', 'old', 'prod/bad'].map(name => ({ kind: 'named', name }))
  )
  expect(rest.flat().sort(byName)).toEqual([
    { kind: 'secret', name: 'dev/B_c', description: undefined, tags: [], deletion: undefined },
    { kind: 'secret', name: 'dev/a', description: 'A database', tags: ['team=shop'], deletion: undefined },
    { kind: 'secret', name: 'old', description: undefined, tags: [], deletion: expect.any(Date) as Date },
    {
      ...{ kind: 'refused', name: 'prod/bad', mend: 'git-vault resolve prod/bad' },
      why: expect.stringContaining('vault/secrets/prod/bad/stages.yaml') as string
    }
  ])
})

it('reads only what a prefix can have', async () => {
  const found = (await batches('dev/')).flat()
  expect(new Set(found.map(({ name }) => name))).toEqual(new Set(['dev/a', 'dev/B_c']))
})

it('lets other work run in between', async () => {
  let turns = 0
  const count = (): void => void (turns++, (timer = setImmediate(count)))
  let timer = setImmediate(count)
  await batches('')
  clearImmediate(timer)
  expect(turns).toBeGreaterThan(0)
})

it('a secret that goes away meanwhile is told to be gone', async () => {
  const reading = browse(vault, 'dev/a')
  await reading.next()
  const files = ['secret.yaml', 'stages.yaml'].map(name => `vault/secrets/dev/a/${name}`)
  const kept = files.map(file => [file, box.read(file)] as const)
  for (const file of files) fs.rmSync(box.path(file))
  const rest: Found[] = []
  for await (const batch of reading) rest.push(...batch)
  for (const [file, text] of kept) box.write(file, text)
  expect(rest).toEqual([{ kind: 'gone', name: 'dev/a' }])
})

it('the details name who made the last change, and which', async () => {
  box.clock.advance(60_000)
  await box.api.tagResource({ SecretId: 'dev/a', Tags: [{ Key: 'env', Value: 'dev' }] })
  const details = await secretDetails(vault, 'dev/a')
  expect(details).toMatchObject({
    ...{ name: 'dev/a', description: 'A database', key: 'default', tags: ['team=shop', 'env=dev'] },
    changed: { time: new Date(box.clock.time), operation: 'TagResource' },
    versions: [{ versionId: token('dev/a'), labels: ['AWSCURRENT'] }]
  })
  expect(details.changed.member).toBe(details.versions[0]!.writer)
  await expect(secretDetails(vault, 'prod/bad')).rejects.toMatchObject({ code: 'DocumentRefused' })
  await expect(secretDetails(vault, 'none')).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
})
