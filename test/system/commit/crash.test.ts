import * as fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { empty, putInto, sandbox, startDriver, type Driver, type Sandbox } from '../sandbox.js'

const ROUNDS = Number(process.env['GIT_VAULT_TEST_ROUNDS'] ?? 40)
const SECRET = 'vault/secrets/killed'

/** Returns a repository with uncommitted work of the user, which no kill may change. */
function withUserChanges(): Sandbox {
  const box = sandbox()
  box.write('code.txt', 'one\nSTAGED\nthree\n')
  box.git('add', 'code.txt')
  box.write('code.txt', 'one\nSTAGED\nthree\nunstaged\n')
  box.write('untracked.txt', 'mine\n')
  return box
}

const ownState = (box: Sandbox): string =>
  [box.git('status', '--porcelain', '-uall'), box.git('diff'), box.git('diff', '--cached')].join('\n')

const acknowledged = (driver: Driver): number =>
  Math.max(0, ...driver.lines().map(line => Number(/^acknowledged (\d+)/.exec(line)?.[1] ?? 0)))

/**
 * Checks the repository after a kill, makes another write and checks again. Returns the counter.
 * @param expected the user's own state
 * @param least the last acknowledged counter
 */
async function verify(box: Sandbox, expected: string, least: number): Promise<number> {
  const present = (): number => Number(box.tryGit('show', `HEAD:${SECRET}/stages.yaml`).stdout)
  expect(present()).toBeGreaterThanOrEqual(least)
  expect(present()).toBeLessThanOrEqual(least + 1)
  const next = startDriver({ directory: box.root, path: SECRET, count: 1 })
  expect(await next.ended).toEqual({ code: 0, signal: null })
  expect(next.lines().filter(line => line.startsWith('warning'))).toEqual([])
  const now = acknowledged(next)
  expect(now).toBe(present())
  expect(now).toBeGreaterThan(least)
  expect(box.read(`${SECRET}/stages.yaml`)).toBe(`${now}\n`)
  expect(ownState(box)).toBe(expected)
  expect(box.git('ls-files', SECRET).trim().split('\n')).toHaveLength(now > 1 ? 3 : 2)
  expect(box.leftovers()).toEqual([])
  return now
}

const STEPS = [
  'locked',
  'decided',
  'index locked',
  'objects sent',
  'files staged',
  'objects made',
  'journal written',
  'index installed',
  'branch sent',
  'branch moved',
  'file installed',
  'index unlocked',
  'journal removed',
  'unlocked'
]

describe('a write that is killed', () => {
  it('at any step loses no acknowledged write, and the next write works', async () => {
    const box = withUserChanges()
    const expected = ownState(box)
    let least = 0
    for (const step of STEPS) {
      for (const at of step === 'file installed' ? [1, 2] : [1]) {
        const driver = startDriver({ directory: box.root, path: SECRET, count: 1, kill: { step, at } })
        expect(await driver.ended, step).toEqual({ code: null, signal: 'SIGKILL' })
        least = await verify(box, expected, Math.max(least, acknowledged(driver)))
      }
    }
    expect(box.git('fsck', '--no-dangling')).toBe('')
  })

  it('after the branch moved is finished when the repository is next opened', async () => {
    const box = withUserChanges()
    const expected = ownState(box)
    for (const step of ['branch moved', 'file installed', 'index unlocked']) {
      const driver = startDriver({ directory: box.root, path: SECRET, count: 1, kill: { step, at: 1 } })
      await driver.ended
      await box.open()
      expect(ownState(box), step).toBe(expected)
      expect(box.leftovers()).toEqual([])
      expect(box.read(`${SECRET}/stages.yaml`)).toBe(box.show(`${SECRET}/stages.yaml`))
    }
  })

  it('before the branch moved is taken out of the index when the repository is next opened', async () => {
    for (const isRenewed of [false, true]) {
      const box = withUserChanges()
      const expected = ownState(box)
      const head = box.head()
      const driver = startDriver({
        directory: box.root,
        path: 'vault/secrets/db',
        count: 1,
        kill: { step: 'index installed', at: 1 }
      })
      await driver.ended
      expect(box.git('diff', '--cached', '--name-only')).toContain('vault/secrets/db')
      expect(box.tryGit('commit', '-q', '-m', 'user').stderr).toContain('index.lock')
      if (isRenewed) {
        // the user removes the lock, and commits something else
        fs.rmSync(`${box.gitDir()}/index.lock`)
        box.git('commit', '-q', '--allow-empty', '-m', 'user', '--only')
      }
      await box.open()
      expect(box.show('vault/secrets/db/stages.yaml')).toBe('v1\n')
      expect(ownState(box)).toBe(expected)
      expect(box.git('rev-list', '--count', `${head}..HEAD`).trim()).toBe(isRenewed ? '1' : '0')
      expect(box.leftovers()).toEqual([])
    }
  })

  it.each(['index installed', 'branch moved'])(
    'at “%s” is taken out of the index of a branch that the user has switched to',
    async step => {
      const box = withUserChanges()
      const expected = ownState(box)
      const driver = startDriver({
        directory: box.root,
        path: 'vault/secrets/db',
        count: 1,
        kill: { step, at: 1 }
      })
      await driver.ended
      box.git('symbolic-ref', 'HEAD', 'refs/heads/side')
      box.git('update-ref', 'refs/heads/side', 'main~0')
      if (step === 'branch moved') box.git('update-ref', 'refs/heads/side', 'main~1')
      await box.open()
      expect(ownState(box)).toBe(expected)
      expect(box.leftovers()).toEqual([])
    }
  )

  it('on an unborn branch is taken out of the index, too', async () => {
    const box = empty()
    const driver = startDriver({
      directory: box.root,
      path: SECRET,
      count: 1,
      kill: { step: 'index installed', at: 1 }
    })
    await driver.ended
    expect(box.git('ls-files')).not.toBe('')
    await box.open()
    expect(box.git('ls-files')).toBe('')
    expect(box.status()).toBe('')
    expect(box.leftovers()).toEqual([])
  })

  it('does not replace files that the user has changed since', async () => {
    const box = sandbox()
    const driver = startDriver({
      directory: box.root,
      path: 'vault/secrets/db',
      count: 1,
      kill: { step: 'branch moved', at: 1 }
    })
    await driver.ended
    box.write('vault/secrets/db/stages.yaml', 'mine\n')
    const warnings: string[] = []
    await box.open({ onWarning: line => warnings.push(line) })
    expect(warnings).toEqual([expect.stringContaining('stages.yaml was changed after')])
    expect(box.read('vault/secrets/db/stages.yaml')).toBe('mine\n')
    expect(box.read('vault/secrets/db/versions/1.yaml')).toBe('value 1\n')
    expect(box.leftovers()).toEqual([])
  })

  it('is acknowledged if only the work tree cannot be updated, and is finished later', async () => {
    const box = sandbox()
    const warnings: string[] = []
    const folder = `${box.gitDir()}/git-vault-write`
    const repository = await box.open({
      onWarning: line => warnings.push(line),
      onStep(step) {
        if (step !== 'branch moved') return
        // a folder in place of a new file makes its installation fail
        for (const name of fs.readdirSync(folder).filter(each => /^file-[0-9a-f]{12}$/.test(each))) {
          fs.rmSync(`${folder}/${name}`)
          fs.mkdirSync(`${folder}/${name}/x`, { recursive: true })
        }
      }
    })
    const { commit } = await putInto(repository, { 'vault/secrets/db/stages.yaml': 'v2\n' }).finally(() => {
      for (const name of fs.readdirSync(folder)) {
        if (/^file-[0-9a-f]{12}$/.test(name)) fs.rmSync(`${folder}/${name}`, { recursive: true })
      }
    })
    expect(box.head()).toBe(commit)
    expect(warnings[0]).toContain('the work tree was not updated')
    // git's index stays locked, because a commit would revert the write
    expect(box.tryGit('commit', '-q', '-a', '-m', 'user').status).not.toBe(0)
    await box.open()
    expect(box.status()).toBe('')
    expect(box.leftovers()).toEqual([])
  })

  it('is refused, with nothing changed, if the index cannot be updated', async () => {
    const box = withUserChanges()
    const expected = box.state()
    const folder = `${box.gitDir()}/git-vault-write`
    const removeFakes = (): void => {
      for (const name of fs.readdirSync(folder))
        if (fs.statSync(`${folder}/${name}`).isDirectory() && name.startsWith('index-'))
          fs.rmSync(`${folder}/${name}`, { recursive: true })
    }
    const repository = await box.open({
      onStep(step) {
        if (step !== 'journal written') return
        for (const name of fs.readdirSync(folder).filter(each => /^index-[0-9a-f]{12}$/.test(each))) {
          fs.rmSync(`${folder}/${name}`)
          fs.mkdirSync(`${folder}/${name}/x`, { recursive: true })
        }
      }
    })
    const writing = putInto(repository, { 'vault/secrets/db/stages.yaml': 'v2\n' }).finally(removeFakes)
    await expect(writing).rejects.toThrow('the write failed')
    expect(box.state()).toBe(expected)
    expect(box.leftovers()).toEqual([])
    await box.put({ 'vault/secrets/db/stages.yaml': 'v3\n' })
    expect(box.show('vault/secrets/db/stages.yaml')).toBe('v3\n')
  })

  it('at a random moment loses no acknowledged write', { timeout: 60_000 + ROUNDS * 2_000 }, async () => {
    const box = withUserChanges()
    const expected = ownState(box)
    let least = 0
    let hits = 0
    for (let round = 0; round < ROUNDS; round++) {
      const driver = startDriver({ directory: box.root, path: SECRET, count: 50 })
      const wait = 60 + Math.random() * 160
      await new Promise(resolve => setTimeout(resolve, wait))
      driver.child.kill('SIGKILL')
      const { signal } = await driver.ended
      if (signal === 'SIGKILL') hits++
      least = await verify(box, expected, Math.max(least, acknowledged(driver)))
    }
    expect(hits).toBeGreaterThan(ROUNDS / 2)
    expect(box.git('fsck', '--no-dangling')).toBe('')
  })

  it(
    'with its git processes, or of which only one git process is killed, loses no acknowledged write',
    { timeout: 60_000 + ROUNDS * 2_000 },
    async () => {
      const box = withUserChanges()
      const expected = ownState(box)
      let least = 0
      for (let round = 0; round < ROUNDS / 2; round++) {
        const driver = startDriver({ directory: box.root, path: SECRET, count: round % 2 === 0 ? 50 : 3 })
        await new Promise(resolve => setTimeout(resolve, 60 + Math.random() * 120))
        const children = childrenOf(driver.child.pid!)
        const victims = round % 2 === 0 ? [driver.child.pid!, ...children] : children.slice(0, 1)
        for (const pid of victims) {
          try {
            process.kill(pid, 'SIGKILL')
          } catch {
            // it has just ended
          }
        }
        await driver.ended
        // a killed git may have moved the branch before it died; then the write was acknowledged
        least = await verify(box, expected, Math.max(least, acknowledged(driver)))
      }
      expect(box.git('fsck', '--no-dangling')).toBe('')
    }
  )

  it('by Ctrl-C while it holds git’s locks ends after releasing them', async () => {
    const box = sandbox()
    const driver = startDriver({ directory: box.root, path: SECRET, count: 500 })
    while (driver.lines().length < 3) await new Promise(resolve => setTimeout(resolve, 5))
    for (let tries = 0; !fs.existsSync(`${box.gitDir()}/index.lock`) && tries < 10_000; tries++);
    driver.child.kill('SIGINT')
    expect(await driver.ended).toEqual({ code: null, signal: 'SIGINT' })
    expect(fs.existsSync(`${box.gitDir()}/index.lock`)).toBe(false)
    expect(box.status()).toBe('')
    await verify(box, '\n\n', acknowledged(driver))
  })
})

function childrenOf(pid: number): number[] {
  try {
    return fs
      .readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number)
  } catch {
    // it has just ended
    return []
  }
}
