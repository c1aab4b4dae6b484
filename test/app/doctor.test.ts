import * as fs from 'node:fs'
import { expect, it } from 'vitest'
import { doctor } from '../../src/app/doctor.js'
import { newRecovery, signDrill, type HandedOut } from '../../src/app/recovery.js'
import { recordDrill } from '../../src/vault/team/recovery.js'
import { removeMember } from '../../src/vault/team/team.js'
import { cloneOf, DAY, makeVault, type TestVault } from '../vault/fixture.js'
import { admit } from '../vault/people.js'

const quiet = (): void => undefined

async function states(box: TestVault): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const { what, state } of doctor(box.root, await box.internal())) found[what] = state
  return found
}
async function text(box: TestVault, about: string): Promise<string> {
  for await (const finding of doctor(box.root, await box.internal()))
    if (finding.what === about) return finding.text
  return ''
}

it('finds what is wrong, and when it is mended', async () => {
  const box = await makeVault('doctor')
  await box.api.createSecret({ Name: 'a', SecretString: 'one' })
  const well = { root: 'ok', identity: 'warning', attributes: 'ok', exposure: 'ok', recovery: 'warning' }
  expect(await states(box)).toEqual(well)

  const shares: HandedOut[] = []
  const handOut = async (share: HandedOut) => void shares.push(share)
  const options = { name: 'recovery', holders: ['ana', 'eva'], threshold: 2, handOut }
  await newRecovery(await box.internal(), options, quiet)
  expect(await text(box, 'recovery')).toBe('no holder of a share of recovery has shown it yet')
  const vault = await box.internal()
  const answers = await Promise.all(shares.map(async ({ words }) => (await signDrill(vault, words)).answer))
  await recordDrill(vault, answers)
  expect(await states(box)).toEqual({ ...well, recovery: 'ok' })
  box.clock.advance(181 * DAY)
  expect(await states(box)).toEqual(well)
  expect(await text(box, 'recovery')).toBe('2 of 2 holders of recovery have shown their shares, 181 days ago')

  await admit(box, 'bob', { default: 'decrypt' })
  await removeMember(await box.internal(), 'bob', quiet)
  expect(await text(box, 'exposure')).toBe('1 value has to be replaced')
  await box.api.putSecretValue({ SecretId: 'a', SecretString: 'two' })
  await box.api.putSecretValue({ SecretId: 'a', SecretString: 'three' })
  expect(await states(box)).toEqual(well)

  box.write('.gitattributes', '* text=auto\n')
  expect(await text(box, 'attributes')).toBe('git changes the files of vault: text: auto')
  box.git('checkout', '.gitattributes')
  box.write('vault/.gitattributes', '* text eol=crlf\n')
  expect(await text(box, 'attributes')).toBe('git changes the files of vault: text: set, eol: crlf')
  fs.rmSync(box.path('vault/.gitattributes'))
  expect(await states(box)).toEqual(well)
})

it('says what is wrong with a clone that trusts nothing yet', async () => {
  const box = await makeVault('doctor-clone')
  const clone = await cloneOf(box)
  const before = clone.state()
  expect(await states(clone)).toMatchObject({ root: 'problem', identity: 'problem', attributes: 'ok' })
  expect(await text(clone, 'root')).toBe(`this clone has not been told to trust the vault ${box.made.words}`)
  expect(clone.state()).toBe(before)
})
