import * as fs from 'node:fs'
import { connect } from 'node:net'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askAgent } from '../../../src/system/agent/askAgent.js'
import { Agent } from '../../../src/system/agent/agent.js'
import { removeFolder } from '../../removeFolder.js'

// short, because some systems limit a socket's path to 103 bytes
const top = fs.realpathSync(fs.mkdtempSync('/tmp/gv-agent-'))
afterAll(() => removeFolder(top))

const SEED = Buffer.from(Array.from({ length: 32 }, (_, at) => at + 1))
const WIPED = Buffer.alloc(32)
let path: string
let seed: Buffer
let agent: Agent
let now: number

async function startAgent(ttl = 60_000): Promise<void> {
  path = join(fs.mkdtempSync(join(top, 'x-')), 'socket')
  seed = Buffer.from(SEED)
  now = 1_000_000
  agent = new Agent(seed, ttl, () => now)
  await agent.listen(path)
}

beforeEach(() => startAgent())
afterEach(() => agent.end())

const socketExists = () => fs.existsSync(path)
const ask = async (request: Parameters<typeof askAgent>[1]) => {
  const reply = await askAgent(path, request)
  return reply.kind === 'answer' ? reply.bytes : reply.kind
}

/** Returns the answer to some bytes, and the milliseconds until the connection was closed. */
function send(sent: string | Buffer): Promise<{ answer: string; ms: number }> {
  const start = performance.now()
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    const socket = connect(path, () => socket.write(sent))
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () =>
      resolve({ answer: Buffer.concat(chunks).toString('latin1'), ms: performance.now() - start })
    )
  })
}

describe('an agent', () => {
  it('returns the seed and the time at which it ends', async () => {
    expect(await ask('seed')).toEqual(SEED)
    expect(await ask('until')).toEqual(Buffer.from('1060000'))
    expect(await ask('seed')).toEqual(SEED)
    expect(fs.readdirSync(join(path, '..'))).toEqual(['socket'])
  })

  it('answers many clients at once', async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => ask('seed')))
    expect(answers.filter(answer => SEED.equals(answer as Buffer))).toHaveLength(300)
  })

  it('forgets the seed on request, and has removed its socket by the time it answers', async () => {
    expect(await ask('end')).toEqual(Buffer.from('ended'))
    expect({ seed, socketExists: socketExists() }).toEqual({ seed: WIPED, socketExists: false })
    await agent.ended
    expect(await ask('seed')).toBe('dead')
  })

  it('accepts a request that arrives in pieces', async () => {
    const answer = await new Promise<Buffer>(resolve => {
      const socket = connect(path, () => {
        socket.write('se')
        setTimeout(() => socket.write('ed\n'), 50)
      })
      socket.on('data', resolve)
    })
    expect(answer).toEqual(SEED)
  })

  it.each([
    ['another word', 'seeds\n'],
    ['an empty line', '\n'],
    ['a word in upper case', 'SEED\n'],
    ['a word after a space', ' seed\n'],
    ['a line that is too long', 'seed'.repeat(5)],
    ['a megabyte', Buffer.alloc(1 << 20, 'x')],
    ['an HTTP request', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n']
  ])('does not answer %s', async (_, sent) => {
    const { answer, ms } = await send(sent)
    expect(answer).toBe('')
    expect(ms).toBeLessThan(1_500)
    expect(await ask('seed')).toEqual(SEED)
  })

  it('disconnects clients that send no request, and meanwhile answers others', async () => {
    const silent = Array.from({ length: 100 }, () => send('see'))
    expect(await ask('seed')).toEqual(SEED)
    for (const { answer, ms } of await Promise.all(silent)) {
      expect(answer).toBe('')
      expect(ms).toBeLessThan(10_000)
    }
  }, 20_000)

  it('ends when its time is over', async () => {
    agent.end()
    await startAgent(300)
    expect(await ask('seed')).toEqual(SEED)
    await agent.ended
    expect({ seed, socketExists: socketExists() }).toEqual({ seed: WIPED, socketExists: false })
  })

  it('does not return the seed after its time if the machine slept', async () => {
    now += 59_999
    expect(await ask('seed')).toEqual(SEED)
    now += 1
    expect(await ask('seed')).toBe('silent')
    await agent.ended
    expect({ seed, socketExists: socketExists() }).toEqual({ seed: WIPED, socketExists: false })
  })

  it('lasts no longer if the clock is set back', async () => {
    agent.end()
    await startAgent(300)
    now -= 3_600_000
    await agent.ended
    expect(seed).toEqual(WIPED)
  })

  it('ends when its socket is removed, as at the end of a session', async () => {
    fs.rmSync(join(path, '..'), { recursive: true })
    await agent.ended
    expect(seed).toEqual(WIPED)
  }, 20_000)

  it('ends when another agent replaces it, and does not remove its socket', async () => {
    const other = Buffer.alloc(32, 9)
    const next = new Agent(Buffer.from(other), 60_000)
    const renamed = await next.listen(path)
    expect(fs.readdirSync(join(path, '..')).sort()).toEqual(['socket', basename(renamed!)])
    expect(await ask('seed')).toEqual(other)
    await agent.ended
    expect(seed).toEqual(WIPED)
    expect(await ask('seed')).toEqual(other)
    next.end()
    expect(socketExists()).toBe(false)
  }, 20_000)
})
