import { expect, it } from 'vitest'
import { doctor } from '../../../src/app/doctor/doctor.js'
import type { Finding } from '../../../src/app/doctor/finding.js'
import { trust } from '../../../src/app/trust.js'
import { makeVault, type TestVault } from '../fixture.js'
import { admit } from '../people.js'

const LACKS = 'this branch lacks entries of the access log that this clone has verified'

/** A member was added on a branch that is deleted now: this clone has verified an entry that no branch has. */
async function deletedBranch(): Promise<TestVault> {
  const box = await makeVault()
  await box.api.createSecret({ Name: 'a', SecretString: '1' })
  box.git('checkout', '-q', '-b', 'side')
  await admit(box, 'bob', { default: 'decrypt' })
  box.git('checkout', '-q', 'main')
  box.git('branch', '-q', '-D', 'side')
  await box.reopen()
  return box
}

const refusal = async (box: TestVault) =>
  box.api
    .putSecretValue({ SecretId: 'a', SecretString: '2' })
    .then(() => undefined)
    .catch((error: unknown) => error as { message: string; hint: string })

async function rootOf(box: TestVault): Promise<Finding | undefined> {
  const vault = await box.internal()
  for await (const finding of doctor(box.root, vault)) if (finding.what === 'root') return finding
  return undefined
}

it('names the commit to merge, which no branch has any more', async () => {
  const box = await deletedBranch()
  const refused = await refusal(box)
  expect(refused?.message).toBe(LACKS)
  expect(refused?.hint).toMatch(/^git merge [0-9a-f]{12}$/)
  expect(await rootOf(box)).toMatchObject({ state: 'problem', hint: refused?.hint })
  box.git('merge', '-q', '--no-edit', refused!.hint.split(' ').at(-1)!)
  expect(await refusal(box)).toBeUndefined()
  expect(await rootOf(box)).toMatchObject({ state: 'ok' })
})

it('names trust, if this clone no longer has the commit', async () => {
  const box = await deletedBranch()
  box.git('reflog', 'expire', '--expire=now', '--all')
  box.git('update-ref', '-d', 'ORIG_HEAD')
  expect(await refusal(box)).toMatchObject({ message: LACKS, hint: 'git-vault trust' })
  await trust(box.root, box.made.root, true)
  expect(await refusal(box)).toBeUndefined()
})
