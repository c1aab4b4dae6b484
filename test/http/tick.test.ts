import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Tick } from '../../src/http/tick.js'

it('ends for all requests that arrived in it together, and for none that arrives later', async () => {
  const order: string[] = []
  const tick = new Tick(() => order.push('ended'))
  const arrive = async (name: string) => {
    await tick.ended()
    order.push(name)
  }
  const both = Promise.all([arrive('a'), arrive('b')])
  order.push('still reading')
  await both
  const later = arrive('c')
  expect(order).toEqual(['still reading', 'ended', 'a', 'b'])
  await later
  expect(order.slice(4)).toEqual(['ended', 'c'])
})

it('does not wait for a request that never finishes', async () => {
  const tick = new Tick(() => undefined)
  void tick.ended().then(async () => new Promise(() => undefined))
  await setImmediate()
  await tick.ended()
})
