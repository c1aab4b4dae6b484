import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rounds, type TestVault } from '../../vault/fixture.js'
import { PROGRAM as program } from '../built.js'
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

  it('several times: the merges that lost are not in the history', async () => {
    const { hub, ana } = await hubAndVault()
    const start = ana.head()
    const bob = await cloneHub(hub, ana)
    const oids = []
    for (const value of ['one', 'two', 'three', 'four']) oids.push(await pushedBy(ana, hub, value))
    fs.writeFileSync(join(hub, 'next'), `${oids.join('\n')}\n`)
    atPush(
      hub,
      'oid=$(head -1 next); test -n "$oid" || exit 0; sed -i 1d next; git update-ref refs/heads/main $oid'
    )
    const own = await put(bob, 'web', 'mine')
    const version = await put(bob, 'db', 'last')
    bob.write('code', 'mine\n')
    // the branch is moved to the first merge, which lost, and to the last one, which was pushed
    expect(await syncOf(bob)).toMatchObject({ received: 4, sent: 4, races: 4, isPushed: true })
    expect(bob.git('rev-list', '--merges', `${start}..HEAD`).trim().split('\n')).toHaveLength(2)
    expect(bob.status()).toBe('? code\n')
    atPush(hub, 'exit 0')
    await syncOf(ana)
    expect([await value(ana, 'web', own), await value(ana, 'db', version)]).toEqual(['mine', 'last'])
    expect(ana.head()).toBe(bob.head())
    expect((await problems(ana, start)).filter(line => !line.startsWith('code'))).toEqual([])
  })

  it('twice, and a put in this clone during the push that wins: both are sent', async () => {
    const { hub, ana } = await hubAndVault(Date.now())
    const start = ana.head()
    const bob = await cloneHub(hub, ana)
    const oids = [await pushedBy(ana, hub, 'one'), await pushedBy(ana, hub, 'two')]
    const version = await put(bob, 'db', 'second')
    const meanwhile = `cd '${bob.root}' && test ! -e .git/put && touch .git/put && '${process.execPath}' '${program}' put-secret-value --secret-id web --secret-string meanwhile >/dev/null`
    fs.writeFileSync(join(hub, 'next'), `${oids.join('\n')}\n`)
    atPush(
      hub,
      'oid=$(head -1 next); if test -n "$oid"; then sed -i 1d next; git update-ref refs/heads/main $oid; exit 0; fi\n' +
        `env -i PATH="$PATH" HOME="$HOME" XDG_CONFIG_HOME="$XDG_CONFIG_HOME" sh -c "${meanwhile}"; exit 0`
    )
    expect(await syncOf(bob)).toMatchObject({ races: 2, isPushed: true })
    atPush(hub, 'exit 0')
    await syncOf(ana)
    expect(ana.head()).toBe(bob.head())
    expect(await value(ana, 'web')).toBe('meanwhile')
    expect(await value(ana, 'db', version)).toBe('second')
    expect(await problems(ana, start)).toEqual([])
    bob.expectClean()
  })

  it('twice, with an edit in the way of what came last: it says that it has pushed', async () => {
    const { hub, ana } = await hubAndVault(Date.now())
    const bob = await cloneHub(hub, ana)
    ana.write('code', 'hers\n')
    ana.git('add', 'code')
    ana.git('commit', '-qm', 'code')
    await syncOf(ana)
    await syncOf(bob)
    const first = await pushedBy(ana, hub, 'one')
    ana.write('code', 'hers again\n')
    ana.git('commit', '-qam', 'code')
    const oids = [first, await pushedBy(ana, hub, 'two')]
    await put(bob, 'web', 'mine')
    bob.write('code', 'his edit\n')
    fs.writeFileSync(join(hub, 'next'), `${oids.join('\n')}\n`)
    atPush(
      hub,
      'oid=$(head -1 next); test -n "$oid" || exit 0; sed -i 1d next; git update-ref refs/heads/main $oid'
    )
    await expect(syncOf(bob)).rejects.toMatchObject({
      code: 'RepositoryState',
      message:
        'pushed to origin/main, but this branch could not follow: uncommitted changes are in the way: code'
    })
    expect(fs.readFileSync(bob.path('code'), 'utf8')).toBe('his edit\n')
    bob.git('checkout', 'code')
    atPush(hub, 'exit 0')
    expect(await syncOf(bob)).toMatchObject({ received: 3, isPushed: false, sent: 0 })
    await syncOf(ana)
    expect(ana.head()).toBe(bob.head())
    expect(await value(ana, 'web')).toBe('mine')
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
