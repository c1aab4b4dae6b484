import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
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
        expect(acknowledged.size).toBeGreaterThan(20)
        console.log(
          acknowledged.size,
          servers.map(s =>
            s
              .log()
              .split('\n')
              .filter(l => !l.includes('"status":200'))
              .join('\n')
          )
        )
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
