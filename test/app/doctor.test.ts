import * as fs from 'node:fs'
import { expect, it } from 'vitest'
import { doctor } from '../../src/app/doctor/doctor.js'
import { newRecovery, signDrill, type HolderShare } from '../../src/app/recovery.js'
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

it('reports problems until they are fixed', async () => {
  const box = await makeVault('doctor')
  await box.api.createSecret({ Name: 'a', SecretString: 'one' })
  const well = {
    root: 'ok',
    identity: 'warning',
    attributes: 'ok',
    tracking: 'ok',
    merging: 'ok',
    modes: 'ok',
    writes: 'ok',
    files: 'ok',
    edits: 'ok',
    versions: 'ok',
    exposure: 'ok',
    recovery: 'warning'
  }
  expect(await states(box)).toEqual(well)

  const shares: HolderShare[] = []
  const handOut = async (share: HolderShare) => void shares.push(share)
  const options = { name: 'recovery', holders: ['ana', 'eva'], threshold: 2, handOut }
  await newRecovery(await box.internal(), options, quiet)
  expect(await text(box, 'recovery')).toBe('no share holder of recovery has taken part in a drill yet')
  const vault = await box.internal()
  const answers = await Promise.all(shares.map(async ({ words }) => (await signDrill(vault, words)).answer))
  await recordDrill(vault, answers)
  expect(await states(box)).toEqual({ ...well, recovery: 'ok' })
  box.clock.advance(181 * DAY)
  expect(await states(box)).toEqual(well)
  expect(await text(box, 'recovery')).toBe(
    '2 of 2 share holders of recovery took part in the last drill, 181 days ago'
  )

  await admit(box, 'bob', { default: 'decrypt' })
  await removeMember(await box.internal(), 'bob', quiet)
  expect(await text(box, 'exposure')).toBe('1 exposed value must be replaced')
  await box.api.putSecretValue({ SecretId: 'a', SecretString: 'two' })
  await box.api.putSecretValue({ SecretId: 'a', SecretString: 'three' })
  expect(await states(box)).toEqual(well)

  box.write('.gitattributes', '* text=auto\n')
  expect(await text(box, 'attributes')).toBe('git attributes change the files in vault: text: auto')
  box.git('checkout', '.gitattributes')
  box.write('vault/.gitattributes', '* text eol=crlf\n')
  expect(await text(box, 'attributes')).toBe('git attributes change the files in vault: text: set, eol: crlf')
  fs.rmSync(box.path('vault/.gitattributes'))
  expect(await states(box)).toEqual(well)
})

it('reports files in the vault’s folder that git does not track, ignored ones included', async () => {
  const box = await makeVault('doctor-untracked')
  await box.api.createSecret({ Name: 'a', SecretString: 'one' })
  expect(await text(box, 'tracking')).toBe('git tracks every file in vault')
  box.write('notes.txt', 'outside')
  box.write('vault/secrets/a/secret.yaml~', 'an editor’s copy')
  expect(await text(box, 'tracking')).toBe(
    'git does not track vault/secrets/a/secret.yaml~, so reading ignores it'
  )
  box.write('.git/info/exclude', '*~\n')
  box.git('rm', '-q', '--cached', '-r', 'vault/secrets/a')
  box.git('commit', '-q', '-m', 'untrack')
  const [found] = await tracking(box)
  expect(found).toMatchObject({
    state: 'problem',
    text: expect.stringMatching(
      /^git does not track 4 files in vault, such as vault\/secrets\/a\/[\w./~-]+, so reading ignores them$/
    ) as string,
    hint: "commit or delete what this lists: git ls-files --others 'vault'"
  })
  const listed = box.git('ls-files', '--others', 'vault').trim().split('\n')
  expect(listed).toHaveLength(4)
  for (const path of listed) fs.rmSync(box.path(path))
  expect(await tracking(box)).toMatchObject([{ state: 'ok' }])
})

async function tracking(box: TestVault) {
  const found = []
  for await (const finding of doctor(box.root, await box.internal()))
    if (finding.what === 'tracking') found.push(finding)
  return found
}

it('reports a clone that does not trust the vault yet', async () => {
  const box = await makeVault('doctor-clone')
  const clone = await cloneOf(box)
  const before = clone.state()
  expect(await states(clone)).toMatchObject({ root: 'problem', identity: 'problem', attributes: 'ok' })
  expect(await text(clone, 'root')).toBe(
    `this clone does not trust this vault yet; its fingerprint: ${box.made.words}`
  )
  expect(clone.state()).toBe(before)
})
