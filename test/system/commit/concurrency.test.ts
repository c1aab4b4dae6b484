import { expect, it } from 'vitest'
import { putInto, sandbox, startDriver } from '../sandbox.js'

const SECRET = 'vault/secrets/shared'

it('two processes that write the same secret 50 times each make 100 commits', async () => {
  const box = sandbox()
  const options = { directory: box.root, path: SECRET, count: 50 }
  const drivers = [startDriver(options), startDriver(options)]
  for (const driver of drivers) expect(await driver.ended).toEqual({ code: 0, signal: null })
  expect(box.git('rev-list', '--count', 'HEAD').trim()).toBe('101')
  expect(box.show(`${SECRET}/stages.yaml`)).toBe('100\n')
  const values = drivers.flatMap(driver => driver.lines().map(line => Number(line.split(' ')[1])))
  expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1))
  expect(box.status()).toBe('')
  expect(box.leftovers()).toEqual([])
})

it('a user who commits at the same time reverts no write', async () => {
  const box = sandbox()
  const driver = startDriver({ directory: box.root, path: SECRET, count: 60 })
  let isRunning = true
  void driver.ended.finally(() => (isRunning = false))
  let commits = 0
  for (let at = 0; isRunning; at++) {
    box.write('code.txt', `${at}\n`)
    if (box.tryGit('commit', '-q', '-a', '-m', `user ${at}`).status === 0) commits++
    await new Promise(resolve => setTimeout(resolve, Math.random() * 20))
  }
  expect(await driver.ended).toEqual({ code: 0, signal: null })
  expect(commits).toBeGreaterThan(5)
  expect(driver.lines()).toHaveLength(60)
  expect(box.git('rev-list', '--count', 'HEAD').trim()).toBe(String(61 + commits))
  // the user's commits change only the user's file
  const touched = box.git('log', '--format=', '--name-only', '--grep=^user').trim().split('\n')
  expect(new Set(touched)).toEqual(new Set(['code.txt']))
  expect(box.show(`${SECRET}/stages.yaml`)).toBe('60\n')
  expect(box.git('diff', '--cached', '--name-only')).toBe('')
  expect(box.leftovers()).toEqual([])
})

it('writers in two work trees of one repository do not disturb each other', async () => {
  const box = sandbox()
  box.git('worktree', 'add', '-q', `${box.root}-side`, '-b', 'side')
  const drivers = [box.root, `${box.root}-side`].map(directory =>
    startDriver({ directory, path: SECRET, count: 15 })
  )
  for (const driver of drivers) expect(await driver.ended).toEqual({ code: 0, signal: null })
  for (const branch of ['main', 'side'])
    expect(box.git('show', `${branch}:${SECRET}/stages.yaml`)).toBe('15\n')
  expect(box.leftovers()).toEqual([])
})

it('git’s housekeeping, which deletes unreferenced objects, does not disturb a write', async () => {
  const box = sandbox()
  const driver = startDriver({ directory: box.root, path: SECRET, count: 40 })
  let isRunning = true
  void driver.ended.finally(() => (isRunning = false))
  let rounds = 0
  for (; isRunning; rounds++) {
    expect(box.tryGit('gc', '--quiet', '--prune=now')).toMatchObject({ status: 0 })
    await new Promise(resolve => setTimeout(resolve, Math.random() * 20))
  }
  expect(await driver.ended).toEqual({ code: 0, signal: null })
  expect(rounds).toBeGreaterThan(3)
  expect(driver.lines()).toHaveLength(40)
  expect(box.git('fsck', '--full', '--strict', '--no-dangling')).toBe('')
  expect(box.show(`${SECRET}/stages.yaml`)).toBe('40\n')
  expect(box.status()).toBe('')
  expect(box.leftovers()).toEqual([])
})

it.each(['decided', 'objects sent', 'objects made'])(
  'housekeeping at “%s” deletes nothing that the write still needs',
  async at => {
    const box = sandbox()
    let rounds = 0
    const repository = await box.open({
      onStep: step => {
        if (step === at && rounds++ === 0) box.git('gc', '--quiet', '--prune=now')
      }
    })
    // fast-import starts its pack now, before the write
    await repository.prepareCommit()
    const { commit } = await putInto(repository, { [`${SECRET}/stages.yaml`]: '1\n' })
    expect(rounds).toBeGreaterThan(0)
    expect(commit).toBe(box.head())
    expect(box.git('fsck', '--full', '--strict', '--no-dangling')).toBe('')
    expect(box.status()).toBe('')
    expect(box.leftovers()).toEqual([])
    await repository.close()
  }
)
