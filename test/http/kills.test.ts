import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeVault, rounds, type TestVault } from '../vault/fixture.js'
import { builtServer, startServerProcess, type ServerProcess } from './process.js'
import { bytesOf, Line, signed } from './wire.js'

const ROUNDS = rounds(5)
const CLIENTS = 16
/** Acknowledged writes of each round. */
const ENOUGH = 6

let box: TestVault
beforeAll(async () => {
  box = await makeVault()
  box.clock.now = () => Date.now()
  builtServer()
})

/** The writes answered with 200: values by token, by name. */
type Acknowledged = Map<string, Map<string, string>>

const countOf = (acknowledged: Acknowledged): number =>
  [...acknowledged.values()].reduce((total, { size }) => total + size, 0)

/** Puts one value after the other, until the server is killed. */
async function write({ keys }: ServerProcess, name: string, acknowledged: Acknowledged): Promise<void> {
  const line = new Line(keys.url)
  const call = async (target: string, more: object): Promise<number | undefined> => {
    line.send(bytesOf(signed({ ...keys, target, body: JSON.stringify(more) })))
    return (await line.reply())?.status
  }
  const done = new Map<string, string>()
  acknowledged.set(name, done)
  for (let number = 0; ; number++) {
    const ClientRequestToken = randomUUID()
    const SecretString = `value ${number} of ${name}`
    const status = await (number === 0
      ? call('CreateSecret', { Name: name, SecretString, ClientRequestToken })
      : call('PutSecretValue', { SecretId: name, SecretString, ClientRequestToken }))
    if (status === undefined) return
    expect(status).toBe(200)
    done.set(ClientRequestToken, SecretString)
  }
}

describe(`killed ${ROUNDS} times with SIGKILL under ${CLIENTS} writing clients`, () => {
  it('every acknowledged version exists after a restart', { timeout: 60_000 + ROUNDS * 20_000 }, async () => {
    let total = 0
    for (let round = 0; round < ROUNDS; round++) {
      const server = await startServerProcess(box.root)
      const acknowledged: Acknowledged = new Map()
      const writing = Array.from({ length: CLIENTS }, (_, number) =>
        write(server, `round${round}/${number}`, acknowledged)
      )
      // at any time after some writes, however slow the machine is
      while (countOf(acknowledged) < ENOUGH) await new Promise(resolve => setTimeout(resolve, 5))
      await new Promise(resolve => setTimeout(resolve, Math.random() * 1_200))
      server.child.kill('SIGKILL')
      expect((await server.ended).signal).toBe('SIGKILL')
      await Promise.all(writing)

      const again = await startServerProcess(box.root)
      const line = new Line(again.keys.url)
      for (const [name, versions] of acknowledged)
        for (const [VersionId, SecretString] of versions) {
          const body = JSON.stringify({ SecretId: name, VersionId })
          line.send(bytesOf(signed({ ...again.keys, target: 'GetSecretValue', body })))
          const reply = await line.reply()
          expect(JSON.parse(reply?.body ?? 'null')).toMatchObject({ Name: name, VersionId, SecretString })
          total++
        }
      const probe = { Name: `after${round}`, SecretString: 'x', ClientRequestToken: randomUUID() }
      line.send(bytesOf(signed({ ...again.keys, target: 'CreateSecret', body: JSON.stringify(probe) })))
      expect((await line.reply())?.status).toBe(200)
      line.end()
      again.child.kill('SIGTERM')
      expect(await again.ended).toEqual({ code: 0, signal: null })
      expect(again.output()).toMatch(/stopped\n$/)
      box.expectClean()
    }
    expect(total).toBeGreaterThanOrEqual(ROUNDS * ENOUGH)
  })
})
