import * as fs from 'node:fs'
import { beforeEach, expect, it } from 'vitest'
import { VaultError } from '../../src/index.js'
import { makeVault, type TestVault } from '../vault/fixture.js'
import { run } from '../vault/resolving/resolveKit.js'
import { problems, put, syncOf, value } from './sync/kit.js'
import { findings, fix } from './doctor/kit.js'

const MERGE_FILES = ['MERGE_HEAD', 'MERGE_MODE', 'MERGE_MSG', 'index']

let box: TestVault
let start: string
beforeEach(async () => {
  box = await makeVault()
  box.clock.time = Date.now()
  for (const Name of ['db', 'web']) await box.api.createSecret({ Name, SecretString: 'one' })
  start = box.head()
  box.git('checkout', '-q', '-b', 'side')
  await put(box, 'web', 'side')
  commitCode('side')
  box.git('checkout', '-q', 'main')
  commitCode('main')
})

function commitCode(name: string): void {
  box.write(name, name)
  box.git('add', name)
  box.git('commit', '-qm', name)
}

const gitFile = (name: string): string => box.path(`.git/${name}`)

/**
 * Leaves what `git merge` leaves if another process puts after git has read its index, and before git locks it: a merged
 * index without the put, and a HEAD that git could not move.
 */
async function putDuringMerge(): Promise<void> {
  box.git('merge', '-q', '--no-commit', '--no-ff', 'side')
  const left = new Map(MERGE_FILES.map(name => [name, fs.readFileSync(gitFile(name))]))
  const written = box.git('diff', '--cached', '--name-only', 'HEAD').trim().split('\n')
  const files = written.map(path => [path, box.read(path)] as const)
  box.git('merge', '--abort')
  await put(box, 'db', 'during the merge')
  for (const [name, bytes] of left) fs.writeFileSync(gitFile(name), bytes)
  for (const [path, text] of files) box.write(path, text)
}

async function hintOf(failing: Promise<unknown>): Promise<string | undefined> {
  const error: unknown = await failing.then(
    () => undefined,
    (reason: unknown) => reason
  )
  return error instanceof VaultError ? error.hint : 'no error'
}

async function expectMerged(): Promise<void> {
  await box.reopen()
  expect([await value(box, 'db'), await value(box, 'web')]).toEqual(['during the merge', 'side'])
  expect(box.read('side')).toBe('side')
  expect(await problems(box, start)).toEqual([])
  box.expectClean()
}

it('a put during git merge is not taken back: every command names doctor, and then the merge can be committed', async () => {
  await putDuringMerge()
  const hints = [
    await hintOf(put(box, 'web', 'no')),
    await hintOf(run(box)),
    await hintOf(syncOf(box)),
    (await findings(box)).find(({ what }) => what === 'files')?.hint
  ]
  expect(hints).toEqual(Array.from({ length: 4 }, () => 'git-vault doctor --fix'))
  await fix(box)
  expect(await hintOf(put(box, 'web', 'no'))).toBe('finish it, or abort it with: git merge --abort')
  box.git('commit', '-q', '--no-edit')
  await expectMerged()
})

it('a put that a person has taken back with git commit comes back with doctor and resolve', async () => {
  await putDuringMerge()
  box.git('commit', '-q', '--no-edit')
  expect(await hintOf(run(box, { answer: () => 'ours' }))).toBe('git-vault doctor --fix')
  await fix(box)
  await run(box, { answer: () => 'ours' })
  await expectMerged()
})

it('what a person stages during a merge stays as it is', async () => {
  box.git('merge', '-q', '--no-commit', '--no-ff', 'side')
  box.git('rm', '-q', '--cached', 'main')
  expect((await findings(box)).find(({ what }) => what === 'files')?.fix).toBeUndefined()
  await fix(box)
  expect(box.git('diff', '--cached', '--name-status', 'HEAD', '--', 'main')).toBe('D\tmain\n')
})

it('a merge in which git met the lock of a write says that nothing is merged yet', async () => {
  // git records the merge although it could not write its index
  box.write('.git/MERGE_HEAD', box.git('rev-parse', 'side'))
  box.write('.git/MERGE_MODE', '')
  box.write('.git/MERGE_MSG', 'Merge')
  expect(await hintOf(put(box, 'db', 'no'))).toMatch(/: git merge --abort, and merge again$/)
  box.git('merge', '--abort')
  box.git('merge', '-q', '--no-edit', 'side')
  await put(box, 'db', 'during the merge')
  await expectMerged()
})
