import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { hook, until } from '../app/follow/kit.js'
import { cloneHub, hubAndVault, problems, syncOf, tree, value } from '../app/sync/kit.js'
import { rounds, type TestVault } from '../vault/fixture.js'
import { builtServer, startServerProcess, type ServerProcess } from './process.js'
import { bytesOf, Line, signed, type Reply } from './wire.js'

const FOLLOW = { remote: 'origin', interval: 300, push: true }
const NAMES = ['db', 'web', 'shared/a']

beforeAll(() => void builtServer())

const start = (box: TestVault): Promise<ServerProcess> => startServerProcess(box.root, {}, FOLLOW)

/** A client as an SDK is one: a request that fails with 500 is signed and sent again, with the same token. */
class Client {
  readonly #server: () => ServerProcess
  #line: Line | undefined

  constructor(server: () => ServerProcess) {
    this.#server = server
  }

  /** Returns the last reply; `undefined` if the server was gone at each attempt. */
  async call(target: string, input: object, attempts = 3): Promise<Reply | undefined> {
    let reply: Reply | undefined
    for (let attempt = 0; attempt < attempts; attempt++) {
      const { keys } = this.#server()
      this.#line ??= new Line(keys.url)
      this.#line.send(bytesOf(signed({ ...keys, target, body: JSON.stringify(input) })))
      reply = await this.#line.reply()
      if (reply === undefined) this.end()
      else if (reply.status < 500) return reply
      // a signature has a date in whole seconds, and is not taken twice
      await new Promise(resolve => setTimeout(resolve, 1_000))
    }
    return reply
  }

  end(): void {
    this.#line?.end()
    this.#line = undefined
  }
}

/** Every version that the bare repository has, with its value, as a clone of its own reads it. */
async function inHub(hub: string, of: TestVault, expected: ReadonlyMap<string, readonly [string, string]>) {
  const box = await cloneHub(hub, of)
  box.clock.time = Date.now()
  const found = new Map<string, readonly [string, string]>()
  for (const [version, [name]] of expected)
    found.set(version, [name, (await value(box, name, version)) ?? ''])
  return { box, found }
}

describe('three servers on one remote, with clients that write through all of them', () => {
  it(
    'have every acknowledged write in the remote, though one of them is killed',
    { timeout: 180_000 },
    async () => {
      for (let round = 0; round < rounds(1); round++) {
        const { hub, ana } = await hubAndVault(Date.now())
        const first = ana.head()
        const boxes = [ana, await cloneHub(hub, ana), await cloneHub(hub, ana)]
        await ana.api.createSecret({ Name: 'shared/a', SecretString: 'x' })
        await syncOf(ana)
        const servers = await Promise.all(boxes.map(start))
        const acknowledged = new Map<string, readonly [string, string]>()
        let isOver = false
        const write = async (at: number, client: number): Promise<void> => {
          const one = new Client(() => servers[at]!)
          for (let number = 0; !isOver; number++) {
            const SecretId = NAMES[(client + number) % NAMES.length]!
            const [ClientRequestToken, SecretString] = [randomUUID(), `${at} ${client} ${number}`]
            const reply = await one.call('PutSecretValue', { SecretId, SecretString, ClientRequestToken })
            if (reply?.status === 200) acknowledged.set(ClientRequestToken, [SecretId, SecretString])
            else expect(reply?.status ?? 500).toBe(500)
          }
          one.end()
        }
        const clients = boxes.flatMap((_, at) => [0, 1, 2, 3].map(client => write(at, client)))
        for (const victim of [1, 2, 1]) {
          await new Promise(resolve => setTimeout(resolve, 1_500 + Math.random() * 1_500))
          servers[victim]!.child.kill('SIGKILL')
          await servers[victim]!.ended
          servers[victim] = await start(boxes[victim]!)
        }
        await new Promise(resolve => setTimeout(resolve, 2_000))
        isOver = true
        await Promise.all(clients)
        for (const server of servers) {
          server.child.kill('SIGTERM')
          expect(await server.ended).toEqual({ code: 0, signal: null })
        }
        expect(acknowledged.size).toBeGreaterThan(10)
        const { box, found } = await inHub(hub, ana, acknowledged)
        expect(found).toEqual(acknowledged)
        for (const each of boxes) await syncOf(each, { push: false })
        expect(boxes.map(tree)).toEqual(boxes.map(() => tree(box)))
        for (const each of [...boxes, box]) each.expectClean()
        expect(await problems(box, first)).toEqual([])
        // nothing was merged: each write was decided on the newest state of the remote
        expect(box.git('rev-list', '--count', '--merges', `${first}..HEAD`).trim()).toBe('0')
      }
    }
  )
})

describe('a server that ends', () => {
  const newest = (hub: string): string =>
    execFileSync('git', ['--git-dir', hub, 'rev-parse', 'main'], { encoding: 'utf8' }).trim()

  /** Starts a server and a put, whose push runs a script in the hub. Returns once the script runs. */
  async function duringPush(script: string) {
    const { hub, ana } = await hubAndVault(Date.now())
    const before = ana.head()
    const server = await start(ana)
    const began = join(hub, 'began')
    hook(hub, 'pre-receive', `touch ${began}\n${script}`)
    const line = new Line(server.keys.url)
    const body = JSON.stringify({ SecretId: 'db', SecretString: 'two', ClientRequestToken: randomUUID() })
    line.send(bytesOf(signed({ ...server.keys, target: 'PutSecretValue', body })))
    await until(() => fs.existsSync(began))
    return { hub, ana, before, server, line }
  }

  it('on SIGTERM finishes the pushes that run, and answers', async () => {
    const { hub, ana, server, line } = await duringPush('while [ ! -e go ]; do sleep 0.05; done')
    server.child.kill('SIGTERM')
    fs.writeFileSync(join(hub, 'go'), '')
    expect(await line.reply()).toMatchObject({ status: 200 })
    expect(await server.ended).toEqual({ code: 0, signal: null })
    expect(newest(hub)).toBe(ana.head())
    expect(await value(ana, 'db')).toBe('two')
    ana.expectClean()
  })

  it('on SIGTERM ends a push that does not end, and answers that it failed', async () => {
    const { hub, ana, before, server, line } = await duringPush('exec sleep 1000')
    server.child.kill('SIGTERM')
    expect(await line.reply()).toMatchObject({ status: 500 })
    expect(await server.ended).toEqual({ code: 0, signal: null })
    expect([newest(hub), ana.head()]).toEqual([before, before])
    ana.expectClean()
  })

  it.each(['pre-receive', 'post-receive'])(
    'killed in the %s of its push, starts again with what the remote has',
    async at => {
      const { hub, ana } = await hubAndVault(Date.now())
      const before = ana.head()
      const server = await start(ana)
      hook(hub, at, `kill -9 ${server.child.pid}\nexit 0`)
      const line = new Line(server.keys.url)
      const ClientRequestToken = randomUUID()
      const input = { SecretId: 'db', SecretString: 'two', ClientRequestToken }
      line.send(bytesOf(signed({ ...server.keys, target: 'PutSecretValue', body: JSON.stringify(input) })))
      expect(await line.reply()).toBeUndefined()
      expect((await server.ended).signal).toBe('SIGKILL')
      await until(() => newest(hub) !== before)
      hook(hub, at)
      const again = await start(ana)
      const client = new Client(() => again)
      expect(await client.call('PutSecretValue', input)).toMatchObject({ status: 200 })
      client.end()
      again.child.kill('SIGTERM')
      await again.ended
      expect(ana.head()).toBe(newest(hub))
      // the retry with the token has written nothing more
      expect(ana.git('rev-list', '--count', `${before}..HEAD`).trim()).toBe('1')
      expect(await value(ana, 'db', ClientRequestToken)).toBe('two')
      ana.expectClean()
      expect(await problems(ana, before)).toEqual([])
    }
  )
})
