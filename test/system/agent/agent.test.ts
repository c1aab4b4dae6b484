import * as fs from 'node:fs'
import { connect } from 'node:net'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askAgent } from '../../../src/system/agent/askAgent.js'
import { IdentityAgent } from '../../../src/system/agent/agent.js'

// short, for the address of a socket has 103 bytes on some systems
const top = fs.realpathSync(fs.mkdtempSync('/tmp/gv-agent-'))
afterAll(() => fs.rmSync(top, { recursive: true, force: true }))

const SEED = Buffer.from(Array.from({ length: 32 }, (_, at) => at + 1))
const WIPED = Buffer.alloc(32)
let path: string
let seed: Buffer
let agent: IdentityAgent
let now: number

async function keep(ttl = 60_000): Promise<void> {
  path = join(fs.mkdtempSync(join(top, 'x-')), 'socket')
  seed = Buffer.from(SEED)
  now = 1_000_000
  agent = new IdentityAgent(seed, ttl, () => now)
  await agent.listen(path)
}

beforeEach(() => keep())
afterEach(() => agent.end())

const isThere = () => fs.existsSync(path)
const ask = async (request: Parameters<typeof askAgent>[1]) => {
  const reply = await askAgent(path, request)
  return reply.kind === 'answer' ? reply.bytes : reply.kind
}

/** What comes back for whatever is sent, and after how long the connection is closed. */
function talk(sent: string | Buffer): Promise<{ answer: string; ms: number }> {
  const began = performance.now()
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    const socket = connect(path, () => socket.write(sent))
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () =>
      resolve({ answer: Buffer.concat(chunks).toString('latin1'), ms: performance.now() - began })
    )
  })
}

describe('a agent', () => {
  it('gives the seed, and says how long', async () => {
    expect(await ask('seed')).toEqual(SEED)
    expect(await ask('until')).toEqual(Buffer.from('1060000'))
    expect(await ask('seed')).toEqual(SEED)
    expect(fs.readdirSync(join(path, '..'))).toEqual(['socket'])
  })

  it('answers many at once', async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => ask('seed')))
    expect(answers.filter(answer => SEED.equals(answer as Buffer))).toHaveLength(300)
  })

  it('forgets the seed when told so, and is gone once it has said so', async () => {
    expect(await ask('end')).toEqual(Buffer.from('ended'))
    expect({ seed, isThere: isThere() }).toEqual({ seed: WIPED, isThere: false })
    await agent.ended
    expect(await ask('seed')).toBe('dead')
  })

  it('takes a word that comes in pieces', async () => {
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
    ['no word', '\n'],
    ['another case', 'SEED\n'],
    ['a space', ' seed\n'],
    ['a longer line than any', 'seed'.repeat(5)],
    ['a megabyte', Buffer.alloc(1 << 20, 'x')],
    ['a request of HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n']
  ])('gives no answer to %s', async (_, sent) => {
    const { answer, ms } = await talk(sent)
    expect(answer).toBe('')
    expect(ms).toBeLessThan(1_500)
    expect(await ask('seed')).toEqual(SEED)
  })

  it('leaves whoever says nothing, and meanwhile answers others', async () => {
    const silent = Array.from({ length: 100 }, () => talk('see'))
    expect(await ask('seed')).toEqual(SEED)
    for (const { answer, ms } of await Promise.all(silent)) {
      expect(answer).toBe('')
      expect(ms).toBeLessThan(10_000)
    }
  }, 20_000)

  it('ends when its time is over', async () => {
    agent.end()
    await keep(300)
    expect(await ask('seed')).toEqual(SEED)
    await agent.ended
    expect({ seed, isThere: isThere() }).toEqual({ seed: WIPED, isThere: false })
  })

  it('gives nothing after its time by the clock, though the machine slept', async () => {
    now += 59_999
    expect(await ask('seed')).toEqual(SEED)
    now += 1
    expect(await ask('seed')).toBe('silent')
    await agent.ended
    expect({ seed, isThere: isThere() }).toEqual({ seed: WIPED, isThere: false })
  })

  it('lasts no longer where the clock is set back', async () => {
    agent.end()
    await keep(300)
    now -= 3_600_000
    await agent.ended
    expect(seed).toEqual(WIPED)
  })

  it('ends when its socket is gone, as the folder of a session is in the end', async () => {
    fs.rmSync(join(path, '..'), { recursive: true })
    await agent.ended
    expect(seed).toEqual(WIPED)
  }, 20_000)

  it('leaves its place to the next, and takes away nothing of that one', async () => {
    const other = Buffer.alloc(32, 9)
    const next = new IdentityAgent(Buffer.from(other), 60_000)
    const aside = await next.listen(path)
    expect(fs.readdirSync(join(path, '..')).sort()).toEqual(['socket', basename(aside!)])
    expect(await ask('seed')).toEqual(other)
    await agent.ended
    expect(seed).toEqual(WIPED)
    expect(await ask('seed')).toEqual(other)
    next.end()
    expect(isThere()).toBe(false)
  }, 20_000)
})
