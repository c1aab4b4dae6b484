import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { initRepository } from '../../../src/system/git/initRepository.js'
import { removeRefLocks } from '../../../src/system/commit/refUpdate.js'
import { holderOf, holderText } from '../../../src/system/files/holder.js'
import { discover } from '../../../src/system/git/discover.js'
import { sandbox, scratch, startDriver } from '../sandbox.js'

const STAGES = 'vault/secrets/db/stages.yaml'

describe('a lock that git could not remove', () => {
  it('half written, is known as ours by its content', async () => {
    const box = sandbox()
    const place = discover(box.root)
    const lock = join(box.gitDir(), 'refs/heads/main.lock')
    const oid = box.head()
    const since = Date.now()
    for (const content of ['', oid.slice(0, 17), oid, `${oid}\n`]) {
      fs.writeFileSync(lock, content)
      await removeRefLocks(place, 'refs/heads/main', oid, since)
      expect(fs.existsSync(lock), content).toBe(false)
    }
    fs.writeFileSync(lock, '1'.repeat(17))
    await removeRefLocks(place, 'refs/heads/main', oid, since)
    expect(fs.existsSync(lock)).toBe(true)
  })

  it('of a killed write, half written, does not stop the next one', async () => {
    const box = sandbox()
    const driver = startDriver({
      directory: box.root,
      path: 'vault/secrets/killed',
      count: 1,
      kill: { step: 'journal written', at: 1 }
    })
    await driver.ended
    const journal = JSON.parse(box.read('.git/git-vault-write/journal')) as { new: string }
    fs.writeFileSync(join(box.gitDir(), 'refs/heads/main.lock'), journal.new.slice(0, 20))
    await box.put({ [STAGES]: 'v2\n' })
    expect(box.leftovers()).toEqual([])
  })

  it('of the user’s own git is named', async () => {
    const box = sandbox()
    const lock = join(box.gitDir(), 'HEAD.lock')
    fs.writeFileSync(lock, '')
    const longAgo = new Date(Date.now() - 60_000)
    fs.utimesSync(lock, longAgo, longAgo)
    await expect(box.put({ [STAGES]: 'v2\n' })).rejects.toMatchObject({
      message: `git cannot move the branch: the lock ${lock} exists`,
      hint: `if no git is running, remove it: rm '${lock}'`
    })
    fs.rmSync(lock)
    await box.put({ [STAGES]: 'v2\n' })
  })
})

describe('git init', () => {
  it('that was killed half-way is completed', async () => {
    const folder = scratch('half')
    fs.mkdirSync(join(folder, '.git/refs'), { recursive: true })
    await initRepository(folder)
    expect(discover(folder).root).toBe(folder)
  })

  it('that was killed and left a lock: the error names the lock', async () => {
    const folder = scratch('half')
    fs.mkdirSync(join(folder, '.git/refs'), { recursive: true })
    fs.writeFileSync(join(folder, '.git/config.lock'), '')
    await expect(initRepository(folder)).rejects.toMatchObject({
      code: 'RepositoryState',
      hint: `if no git is running, remove it: rm '${join(folder, '.git/config.lock')}'`
    })
  })

  it('of ours that was killed leaves nothing behind after the next one', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    const dead = holderText({ ...holderOf(process.pid), pid, start: '1' })
    const folder = scratch('half')
    fs.mkdirSync(join(folder, `.git-vault-init-${dead}.000000000000/.git`), { recursive: true })
    await initRepository(folder)
    expect(fs.readdirSync(folder).sort()).toEqual(['.git'])
  })
})
