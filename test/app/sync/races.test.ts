import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rounds, type TestVault } from '../../vault/fixture.js'
import { cloneHub, hubAndVault, problems, put, syncOf, tree, value } from './kit.js'

describe('several clones at once', () => {
  it('three clones sync at the same time, and no put is lost', async () => {
    const { hub, ana } = await hubAndVault()
    const start = ana.head()
    const boxes = [ana, await cloneHub(hub, ana), await cloneHub(hub, ana)]
    const written: string[] = []
    for (let round = 0; round < rounds(2); round++) {
      for (const box of boxes) written.push(await put(box, 'db', `${round} of ${box.root}`))
      await put(boxes[round % 3]!, 'web', `${round}`)
      const synced = await Promise.all(boxes.map(box => syncOf(box)))
      expect(synced.every(({ isPushed }) => isPushed)).toBe(true)
      expect(synced.reduce((sum, { races }) => sum + races, 0)).toBeGreaterThan(0)
    }
    for (const box of boxes) await syncOf(box)
    expect(new Set(boxes.map(box => box.head())).size).toBe(1)
    for (const version of written) expect(await value(ana, 'db', version)).toBeDefined()
    expect(await problems(ana, start)).toEqual([])
    for (const box of boxes) box.expectClean()
  })

  it('two syncs of one clone, and a put meanwhile', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    await put(ana, 'db', 'by ana')
    await syncOf(ana)
    await put(bob, 'db', 'by bob')
    const [, , version] = await Promise.all([syncOf(bob), syncOf(bob), put(bob, 'web', 'meanwhile')])
    await syncOf(bob)
    await syncOf(ana)
    expect(tree(ana)).toBe(tree(bob))
    expect(await value(ana, 'web', version)).toBe('meanwhile')
    expect(await value(ana, 'db')).toBe('by bob')
    bob.expectClean()
  })
})

describe('a push that comes first', () => {
  /** Runs a script in the hub at each push, before it is accepted. */
  const atPush = (hub: string, script: string): void =>
    fs.writeFileSync(join(hub, 'hooks/pre-receive'), `#!/bin/sh\nunset GIT_QUARANTINE_PATH\n${script}\n`, {
      mode: 0o755
    })

  async function pushedBy(ana: TestVault, hub: string, value: string): Promise<string> {
    await put(ana, 'db', value)
    const oid = ana.head()
    // the objects are there, and the branch is not moved yet
    ana.git('push', '-q', 'origin', `HEAD:refs/heads/ready-${oid}`)
    expect(execFileSync('git', ['--git-dir', hub, 'cat-file', '-t', oid], { encoding: 'utf8' })).toBe(
      'commit\n'
    )
    return oid
  }

  it('is merged, and the push tried again', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    const oid = await pushedBy(ana, hub, 'first')
    const version = await put(bob, 'db', 'second')
    atPush(hub, `git update-ref refs/heads/main ${oid}`)
    expect(await syncOf(bob)).toMatchObject({
      received: 1,
      sent: 2,
      races: 1,
      isPushed: true,
      joined: [{ name: 'db' }]
    })
    atPush(hub, 'exit 0')
    await syncOf(ana)
    expect(await value(ana, 'db', version)).toBe('second')
    expect(ana.head()).toBe(bob.head())
  })

  it('each time: it gives up after some tries, and keeps what it has merged', async () => {
    const { hub, ana } = await hubAndVault()
    const bob = await cloneHub(hub, ana)
    const empty = execFileSync('git', ['--git-dir', hub, 'rev-parse', 'main^{tree}'], {
      encoding: 'utf8'
    }).trim()
    const count = join(hub, 'count')
    atPush(
      hub,
      `echo x >> ${count}\n` +
        `next=$(git -c user.name=x -c user.email=x commit-tree ${empty} -p refs/heads/main -m x)\n` +
        'git update-ref refs/heads/main $next'
    )
    await put(bob, 'db', 'two')
    await expect(syncOf(bob, { tries: 4 })).rejects.toMatchObject({
      code: 'RepositoryBusy',
      message: 'others pushed to origin/main during each of 4 tries'
    })
    expect(fs.readFileSync(count, 'utf8')).toBe('x\n'.repeat(4))
    expect(await value(bob, 'db')).toBe('two')
    bob.expectClean()
    atPush(hub, 'exit 0')
    expect(await syncOf(bob)).toMatchObject({ isPushed: true, races: 0 })
  })
})
