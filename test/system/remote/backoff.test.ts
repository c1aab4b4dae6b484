import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Backoff, longestWait } from '../../../src/system/remote/backoff.js'

it('waits for one round after the first loss, longer until the fourth, and then shorter', () => {
  const waits = [1, 2, 3, 4, 5, 8, 16, 32].map(losses => longestWait(losses, 100))
  expect(waits).toEqual([100, 200, 400, 800, 640, 400, 200, 100])
})

it('never waits for longer than 10 s, nor for less than a moment', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 60_000 }), (losses, round) => {
      const wait = longestWait(losses, round)
      expect(wait).toBeGreaterThan(0)
      expect(wait).toBeLessThanOrEqual(10_000)
      // a slower round never makes the wait shorter
      expect(longestWait(losses, round + 1)).toBeGreaterThanOrEqual(wait)
    })
  )
})

it('ends after so many tries, without a last wait', async () => {
  const backoff = new Backoff(3, 60_000)
  expect([await backoff.next(), await backoff.next(), await backoff.next()]).toEqual([true, true, false])
  expect(backoff.tries).toBe(3)
})

it('ends when the time is over, however few tries there were', async () => {
  expect(await new Backoff(3, -1).next()).toBe(false)
})
