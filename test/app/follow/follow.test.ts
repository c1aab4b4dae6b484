import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { refusal, startTestServer } from '../../http/kit.js'
import { failure } from '../../vault/fixture.js'
import { cloneHub, hubAndVault, put, syncOf, value } from '../sync/kit.js'
import { putVia, read, serveFollowing, someRounds, told, until } from './kit.js'

const SERVER_SIDE = { name: 'InternalServiceError', status: 500 }

describe('a server that follows a remote', () => {
  it('serves what comes, and no reader ever sees a half state', { timeout: 180_000 }, async () => {
    const { hub, ana } = await hubAndVault(Date.now())
    const server = await serveFollowing(await cloneHub(hub, ana), false)
    let isOver = false
    const seen = new Set<string | undefined>()
    const readers = ['db', 'web'].map(async name => {
      while (!isOver) {
        seen.add(await read(server, name))
        await new Promise(resolve => setTimeout(resolve, 2))
      }
    })
    for (let number = 0; number < 3; number++) {
      for (const name of ['db', 'web']) await put(ana, name, `${name} ${number}`)
      await ana.api.createSecret({ Name: `new/${number}`, SecretString: 'new' })
      await syncOf(ana)
      await until(async () => (await read(server, 'web')) === `web ${number}`)
      expect(await read(server, `new/${number}`)).toBe('new')
    }
    isOver = true
    await Promise.all(readers)
    expect(seen.has(undefined)).toBe(false)
    expect(told(server)).toEqual([])
    server.vault.expectClean()
  })

  it('keeps what is written through it, and merges what comes with it', async () => {
    const { hub, ana } = await hubAndVault(Date.now())
    const box = await cloneHub(hub, ana)
    const server = await serveFollowing(box, false)
    await putVia(server, 'web', 'written here', 'one')
    await put(ana, 'db', 'by ana')
    await syncOf(ana)
    await until(async () => (await read(server, 'db')) === 'by ana')
    expect(await read(server, 'web')).toBe('written here')
    await syncOf(ana)
    expect(await value(ana, 'web')).toBe('web one')
    await server.stop()
    await syncOf(box)
    await syncOf(ana)
    expect(await value(ana, 'web')).toBe('written here')
  })

  it('has fetched before it accepts requests', async () => {
    const { hub, ana } = await hubAndVault(Date.now())
    const box = await cloneHub(hub, ana)
    await put(ana, 'db', 'newest')
    await syncOf(ana)
    const server = await startTestServer(
      { follow: { remote: 'origin', interval: 3_600_000, push: false } },
      box
    )
    expect(await read(server, 'db')).toBe('newest')
  })

  it('needs a remote that exists', async () => {
    const { ana } = await hubAndVault(Date.now())
    const follow = { remote: 'elsewhere', interval: 1_000, push: false }
    expect(await failure(startTestServer({ follow }, ana))).toEqual({
      code: 'Usage',
      message: 'this repository has no remote elsewhere'
    })
  })
})

describe('a remote that cannot be reached', () => {
  it('is told once, and again when it is back; reads go on, and it may be so at the start', async () => {
    const { hub, ana } = await hubAndVault(Date.now())
    const box = await cloneHub(hub, ana)
    fs.renameSync(hub, `${hub}.away`)
    const server = await serveFollowing(box, false)
    const offline = expect.stringMatching(
      /^cannot fetch from origin: .*; this server goes on with what it has$/
    )
    expect(told(server)).toEqual([offline])
    await someRounds(box)
    expect(await read(server, 'db')).toBe('db one')
    expect(told(server)).toHaveLength(1)
    fs.renameSync(`${hub}.away`, hub)
    await until(() => told(server).length === 2)
    fs.renameSync(hub, `${hub}.away`)
    await until(() => told(server).length === 3)
    await someRounds(box)
    expect(told(server)).toEqual([offline, 'following origin/main again', offline])
  })

  it('makes a write fail with --push, and changes nothing; the same token succeeds later', async () => {
    const { hub, ana } = await hubAndVault(Date.now())
    const box = await cloneHub(hub, ana)
    const server = await serveFollowing(box, true)
    fs.renameSync(hub, `${hub}.away`)
    const before = box.head()
    expect(await refusal(putVia(server, 'db', 'two', 'two'))).toMatchObject(SERVER_SIDE)
    expect(await refusal(putVia(server, 'db', 'two', 'two'))).toMatchObject(SERVER_SIDE)
    expect(box.head()).toBe(before)
    expect(await read(server, 'db')).toBe('db one')
    expect(told(server)).toEqual([
      expect.stringMatching(
        /^cannot (?:fetch from origin|push to origin\/main|ask origin): .*; reads go on, and writes fail meanwhile$/
      )
    ])
    expect(server.logged.join('')).toMatch(/"cause":"RemoteFailed: cannot/)
    fs.renameSync(`${hub}.away`, hub)
    expect((await putVia(server, 'db', 'two', 'two')).VersionStages).toEqual(['AWSCURRENT'])
    expect(execFileSync('git', ['--git-dir', hub, 'rev-parse', 'main'], { encoding: 'utf8' }).trim()).toBe(
      box.head()
    )
    box.expectClean()
  })
})

describe('what the remote has, and should not', () => {
  it('is refused and named once; the last good state is served until it is mended', async () => {
    const { hub, ana } = await hubAndVault(Date.now())
    const box = await cloneHub(hub, ana)
    const server = await serveFollowing(box, true)
    const good = ana.head()
    const mallory = await cloneHub(hub, ana)
    mallory.write(
      'vault/secrets/db/stages.yaml',
      mallory.read('vault/secrets/db/stages.yaml').replace(/2026/, '2025')
    )
    mallory.git('commit', '-qam', 'forged')
    mallory.git('push', '-q', 'origin', 'HEAD:main')
    await until(() => told(server).length > 0)
    const forged = mallory.head().slice(0, 12)
    expect(told(server)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^origin/main, commit ${forged}: vault/secrets/db/stages.yaml: .*nothing was merged.*; reads go on, and writes fail meanwhile$`
        )
      )
    ])
    expect(await read(server, 'db')).toBe('db one')
    expect(await refusal(putVia(server, 'web', 'x', 'refused'))).toMatchObject(SERVER_SIDE)
    await someRounds(box)
    expect(told(server)).toHaveLength(1)
    expect(box.head()).toBe(good)
    execFileSync('git', ['--git-dir', hub, 'update-ref', 'refs/heads/main', good])
    await until(() => told(server).length > 1)
    expect(told(server).slice(1)).toEqual(['following origin/main again'])
    expect((await putVia(server, 'web', 'x', 'refused')).Name).toBe('web')
    box.expectClean()
  })

  it.each([true, false])('is not less than before: a rewound remote (--push %s)', async push => {
    const { hub, ana } = await hubAndVault(Date.now())
    const box = await cloneHub(hub, ana)
    const old = ana.head()
    const server = await serveFollowing(box, push)
    if (push) await putVia(server, 'db', 'acknowledged', 'one')
    else {
      await put(ana, 'db', 'acknowledged')
      await syncOf(ana)
      await until(async () => (await read(server, 'db')) === 'acknowledged')
    }
    const newest = box.head()
    execFileSync('git', ['--git-dir', hub, 'update-ref', 'refs/heads/main', old])
    await until(() => told(server).length > 0)
    const end = push ? 'which were pushed again' : 'which stay in this clone'
    await someRounds(box)
    expect(told(server)).toEqual([
      `origin/main was rewound: it lacked commits up to ${newest.slice(0, 12)}, ${end}`
    ])
    expect(await read(server, 'db')).toBe('acknowledged')
    const inHub = execFileSync('git', ['--git-dir', hub, 'rev-parse', 'main'], { encoding: 'utf8' }).trim()
    expect(inHub).toBe(push ? newest : old)
  })
})
