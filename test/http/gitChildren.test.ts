import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeVault, rounds, type TestVault } from '../vault/fixture.js'
import { startServerProcess, type ServerProcess } from './process.js'
import { bytesOf, Line, signed } from './wire.js'

const ROUNDS = rounds(24)
let box: TestVault
let server: ServerProcess

beforeAll(async () => {
  box = await makeVault()
  box.clock.now = () => Date.now()
  await box.api.createSecret({ Name: 'known', SecretString: 'one' })
  // with a baseline, a read needs git: git merge-base, and git cat-file, which runs as long as the server
  server = await startServerProcess(box.root, { GIT_VAULT_AT_LEAST: box.head() })
})
afterAll(async () => {
  server.child.kill('SIGKILL')
  await server.ended
})

/** The server's git processes, or those of one command. */
function children(command?: string): number[] {
  const stdout = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,comm=,args='], { encoding: 'utf8' })
  return stdout.split('\n').flatMap(line => {
    const [pid, parent, name, ...args] = line.trim().split(/\s+/)
    const isOne = name === 'git' && (command === undefined || args.includes(command))
    return Number(parent) === server.child.pid && isOne ? [Number(pid)] : []
  })
}

/** What the log says of failures. */
const causes = () => [...server.log().matchAll(/"cause":"([^"]*)"/g)].map(([, cause]) => cause)

/** Kills all of them, and returns their number. */
function killChildren(command?: string): number {
  const pids = children(command)
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // it has just ended
    }
  }
  return pids.length
}

/** Each is a new request: a write in a batch of four, or a change of tags. */
function write(line: Line, number: number): Promise<{ status: number } | undefined> {
  const [target, more] =
    number % 4 === 0
      ? ['TagResource', { SecretId: 'known', Tags: [{ Key: 'k', Value: randomUUID() }] }]
      : ['CreateSecret', { Name: randomUUID(), SecretString: 'x', ClientRequestToken: randomUUID() }]
  line.send(bytesOf(signed({ ...server.keys, target, body: JSON.stringify(more) })))
  return line.reply()
}

/** Each is another request, so that no cached answer is sent. */
function read(line: Line): Promise<{ status: number } | undefined> {
  const body = JSON.stringify({ SecretId: 'known', VersionStage: 'AWSCURRENT' })
  line.send(bytesOf(signed({ ...server.keys, target: 'ListSecretVersionIds', body })))
  return line.reply()
}

/** Runs git's housekeeping again and again until the function that it returns is called. */
function collectContinuously(): () => Promise<number> {
  let isOver = false
  const collecting = (async () => {
    let count = 0
    for (; !isOver; count++) await collect()
    return count
  })()
  return () => {
    isOver = true
    return collecting
  }
}

const collect = () =>
  new Promise(resolve =>
    spawn('git', ['gc', '--prune=now', '--quiet'], { cwd: box.root, stdio: 'ignore' }).once('close', resolve)
  )

describe('a read whose git processes', () => {
  it('are killed before and during it is answered all the same', { timeout: 120_000 }, async () => {
    let killed = 0
    const lines = Array.from({ length: 4 }, () => new Line(server.keys.url))
    for (let round = 0; round < ROUNDS; round++) {
      // before the requests: the long-running process
      killed += killChildren('cat-file')
      const replies = lines.map(line => read(line))
      await new Promise(resolve => setTimeout(resolve, (round % 12) * 2))
      killed += killChildren(round % 2 === 0 ? 'cat-file' : undefined)
      const statuses = (await Promise.all(replies)).map(reply => reply?.status)
      expect({ statuses, causes: causes() }).toEqual({ statuses: lines.map(() => 200), causes: [] })
    }
    expect(killed).toBeGreaterThan(ROUNDS)
    for (const line of lines) line.end()
  })
})

describe('a write whose git processes', () => {
  it.each([1, 4])(
    'are killed once is made all the same, with %i at a time',
    { timeout: 120_000 },
    async width => {
      let killed = 0
      const lines = Array.from({ length: width }, () => new Line(server.keys.url))
      for (let round = 0; round < ROUNDS; round++) {
        const replies = lines.map((line, number) => write(line, round + number))
        await new Promise(resolve => setTimeout(resolve, (round % 12) * 4))
        killed += killChildren()
        const statuses = (await Promise.all(replies)).map(reply => reply?.status)
        expect({ statuses, causes: causes() }).toEqual({ statuses: lines.map(() => 200), causes: [] })
      }
      expect(killed).toBeGreaterThan(0)
      for (const line of lines) line.end()
      box.expectClean()
    }
  )

  it('lose objects to git gc --prune=now is made all the same', { timeout: 120_000 }, async () => {
    const lines = Array.from({ length: 4 }, () => new Line(server.keys.url))
    for (let round = 0; round < ROUNDS; round++) {
      const collecting = collect()
      const replies = await Promise.all(lines.map((line, number) => write(line, round + number)))
      await collecting
      const statuses = replies.map(reply => reply?.status)
      expect({ statuses, causes: causes() }).toEqual({ statuses: [200, 200, 200, 200], causes: [] })
    }
    for (const line of lines) line.end()
    box.expectClean()
  })

  it(
    'share the repository with an endless git gc --prune=now is made all the same',
    { timeout: 120_000 },
    async () => {
      const stop = collectContinuously()
      const lines = Array.from({ length: 4 }, () => new Line(server.keys.url))
      for (let round = 0; round < ROUNDS; round++) {
        const replies = lines.map((line, number) => (number === 3 ? read(line) : write(line, round + number)))
        const statuses = (await Promise.all(replies)).map(reply => reply?.status)
        expect({ statuses, causes: causes() }).toEqual({ statuses: [200, 200, 200, 200], causes: [] })
      }
      expect(await stop()).toBeGreaterThan(1)
      for (const line of lines) line.end()
      box.expectClean()
    }
  )
})
