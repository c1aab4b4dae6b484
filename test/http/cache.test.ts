import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cache, type CachedAnswer } from '../../src/http/cache.js'
import { Replays } from '../../src/http/replays.js'
import { plain, type Answer } from '../../src/http/message.js'

const cached = (body: string, isCurrent = () => true): CachedAnswer => ({
  body,
  needs: [],
  secret: 's',
  trace: { isCurrent }
})

describe('the cache', () => {
  it('never returns an answer that is out of date, and forgets it', () => {
    const cache = new Cache()
    let current = true
    cache.set(
      'a',
      cached('1', () => current)
    )
    expect(cache.get('a')?.body).toBe('1')
    current = false
    expect(cache.get('a')).toBeUndefined()
    current = true
    expect(cache.get('a')).toBeUndefined()
    expect(cache.size).toBe(0)
  })

  it('never exceeds its size, and evicts the least recently used first', () => {
    const cache = new Cache(3 * 4096 + 100)
    for (const name of ['a', 'b', 'c']) cache.set(name, cached(name))
    cache.get('a')
    cache.set('d', cached('d'))
    expect(['a', 'b', 'c', 'd'].map(name => cache.get(name)?.body)).toEqual(['a', undefined, 'c', 'd'])
    const action = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.string({ maxLength: 9000 }), fc.boolean())
    fc.assert(
      fc.property(fc.array(action), actions => {
        const small = new Cache(20_000)
        const last = new Map<string, string>()
        for (const [number, body, isCurrent] of actions) {
          small.set(
            `${number}`,
            cached(body, () => isCurrent)
          )
          last.set(`${number}`, body)
          const asked = small.get(`${(number * 7) % 10}`)
          if (asked) expect(asked.body).toBe(last.get(`${(number * 7) % 10}`))
          expect(small.size).toBeLessThanOrEqual(20_000)
        }
      })
    )
  })
})

describe('signatures of writes', () => {
  it('are remembered for as long as they are valid, and none is forgotten earlier', async () => {
    let now = 0
    const replays = new Replays({ now: () => now }, 2)
    let runs = 0
    const run = async () => plain(200, `${++runs}`)
    const none = async () => undefined
    const ask = async (
      signature: string,
      accessKeyId = 'one',
      again: () => Promise<Answer | undefined> = none
    ) => (await replays.once({ accessKeyId, signature, until: now + 100 }, run, again)).body
    expect([await ask('a'), await ask('b')]).toEqual(['1', '2'])
    await expect(ask('a')).rejects.toMatchObject({ code: 'ThrottlingException' })
    expect(await ask('a', 'one', async () => plain(200, 'by its token'))).toBe('by its token')
    await expect(ask('c')).rejects.toThrow('Rate exceeded')
    // a client at its limit delays nobody else
    expect(await ask('c', 'another')).toBe('3')
    now = 101
    expect(await ask('c')).toBe('4')
    expect(runs).toBe(4)
  })
})
