import { beforeAll, describe, expect, it } from 'vitest'
import { gather } from '../../../src/app/report/gather.js'
import type { ReportData } from '../../../src/core/report/data.js'
import { reportPage } from '../../../src/core/report/page.js'
import { call } from '../../../src/operations/call.js'
import { exposure } from '../../../src/vault/team/exposure.js'
import { addKey, removeMember } from '../../../src/vault/team/team.js'
import { waive } from '../../../src/vault/team/waiver.js'
import { cloneOf, DAY, makeVault, token, type TestVault } from '../../vault/fixture.js'
import { admit, newPerson } from '../../vault/people.js'

const PLANTED = ['planted-one-5f2c', 'planted-two-91aa', 'planted-three-77d0']
const quiet = (): void => undefined

let box: TestVault
let data: ReportData
const gathered = async (): Promise<ReportData> => gather(box.root, await box.internal())

beforeAll(async () => {
  box = await makeVault('report', 'eu-west-1')
  await addKey(await box.internal(), 'prod', ['prod/**'], quiet)
  const bob = await admit(box, 'bob', { default: 'decrypt encrypt' })
  await admit(box, 'ci', { prod: 'decrypt' })
  await box.api.createSecret({ Name: 'dev/app', SecretString: PLANTED[0], ClientRequestToken: token('a') })
  await box.api.createSecret({ Name: 'prod/db', SecretString: `{"password":"${PLANTED[1]}"}` })
  await box.api.createSecret({ Name: 'gone', SecretString: 'x' })
  await box.api.deleteSecret({ SecretId: 'gone' })
  await bob.call(box, 'PutSecretValue', {
    ...{ SecretId: 'dev/app', SecretString: PLANTED[2], ClientRequestToken: token('b') }
  })
  const abroad = (await box.internal()).inRegion('us-east-1')
  await call(abroad, 'CreateSecret', { Name: 'prod/db', SecretString: 'x', ClientRequestToken: token('c') })
  box.clock.advance(DAY)
  await removeMember(await box.internal(), 'bob', quiet)
  await waive(await box.internal(), 'dev/app', {
    until: new Date(box.clock.now() + 9 * DAY),
    reason: '<the> "machine" goes'
  })
  data = await gathered()
}, 120_000)

it('has no value, in the data or on the page', () => {
  const all = JSON.stringify(data) + reportPage(data)
  for (const value of PLANTED) {
    expect(all).not.toContain(value)
    expect(all).not.toContain(Buffer.from(value).toString('base64').slice(0, 16))
  }
})

it('is the same for the same vault and clock, and dated by the clock', async () => {
  expect(data.made).toBe('2027-03-02T10:00:00.000Z')
  expect(await gathered()).toEqual(data)
  expect(reportPage(await gathered())).toBe(reportPage(data))
})

it('has members, keys and rights, present and past', () => {
  expect(data.by).toBe('alice')
  expect(data.members).toMatchObject([
    { name: 'alice', isAdmin: true, rights: [{ key: 'default' }, { key: 'prod' }] },
    { name: 'ci', isAdmin: false, rights: [{ key: 'prod', rights: ['decrypt'] }] },
    { name: 'bob', isAdmin: false, removed: '2027-03-02T10:00:00.000Z', rights: [] }
  ])
  expect(data.keys).toMatchObject([
    { alias: 'default', names: ['**'], generations: 2 },
    { alias: 'prod', names: ['prod/**'], generations: 1 }
  ])
  expect(data.rights.filter(({ member }) => member === 'bob')).toMatchObject([
    { right: 'decrypt', key: 'default', until: '2027-03-02T10:00:00.000Z' },
    { right: 'encrypt', key: 'default', until: '2027-03-02T10:00:00.000Z' }
  ])
})

it('has secrets, exposure, timeline and access log', async () => {
  expect(data.secrets).toMatchObject([
    { name: 'dev/app', key: 'default', by: 'bob', stored: '2027-03-01T10:00:00.001Z' },
    { name: 'gone', key: 'default', deletion: expect.stringMatching(/^2027-03-31/) as string },
    { name: 'prod/db', key: 'prod', by: 'alice' },
    { name: 'prod/db', region: 'us-east-1', key: 'prod' }
  ])
  const { exposed } = await exposure(await box.internal(), quiet)
  expect(data.exposed.map(({ secret, versionId }) => [secret, versionId])).toEqual(
    exposed.map(({ secret, versionId }) => [secret, versionId])
  )
  expect(data.exposed[0]).toMatchObject({
    to: [{ member: 'bob', how: 'read' }],
    waiver: { by: 'alice', reason: '<the> "machine" goes' }
  })
  expect(data.timeline.changes.map(({ operation, by }) => `${operation.split(' ')[0]} ${by}`)).toEqual(
    expect.arrayContaining(['WaiveExposure alice', 'PutSecretValue bob', 'CreateVault alice'])
  )
  expect(data.timeline.total).toBe(data.timeline.changes.length)
  expect(data.timeline.days.reduce((sum, { changes }) => sum + changes, 0)).toBe(data.timeline.total)
  expect(data.accessLog.map(({ entry }) => entry)).toEqual([6, 5, 4, 3, 2, 1])
  expect(data.accessLog[0]!.changes[0]).toMatch(/^waives the exposure of /)
  expect(data.verify).toMatchObject({ secrets: 4, keys: 2, problems: [], warnings: [] })
  expect(data.doctor.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['root', 'identity', 'files', 'versions', 'exposure', 'recovery'])
  )
})

describe('of a vault in which something is wrong', () => {
  it('shows what can be read, and names the rest', async () => {
    const clone = await cloneOf(box)
    clone.write('vault/secrets/dev/app/secret.yaml', 'no: document\n')
    clone.write('vault/secrets/<b>.txt', 'x')
    process.env['GIT_VAULT_IDENTITY'] = `${(await newPerson('stranger')).secret}.${box.made.root}`
    try {
      const broken = await gather(clone.root, await clone.internal())
      expect(broken.by).toBeUndefined()
      expect(broken.secrets.map(({ name }) => name)).toEqual(['gone', 'prod/db', 'prod/db'])
      expect(broken.left).toMatchObject([{ path: 'vault/secrets/dev/app/secret.yaml' }])
      expect(broken.verify.problems.map(({ path }) => path)).toContain('vault/secrets/dev/app/secret.yaml')
      const page = reportPage(broken)
      expect(page).toContain('a clone without the identity of a member')
      expect(page).toContain('vault/secrets/&lt;b&gt;.txt')
      expect(page).toContain('could not be shown, because verification failed')
    } finally {
      delete process.env['GIT_VAULT_IDENTITY']
    }
  })
})
