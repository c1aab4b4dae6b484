import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Turn } from '../../src/http/turn.js'

it('is over at once for all who came in it, and for nobody who comes later', async () => {
  const order: string[] = []
  const turn = new Turn(() => order.push('begun'))
  const come = async (name: string) => {
    await turn.over()
    order.push(name)
  }
  const both = Promise.all([come('a'), come('b')])
  order.push('still reading')
  await both
  const later = come('c')
  expect(order).toEqual(['still reading', 'begun', 'a', 'b'])
  await later
  expect(order.slice(4)).toEqual(['begun', 'c'])
})

it('does not wait for those who never go on', async () => {
  const turn = new Turn(() => undefined)
  void turn.over().then(async () => new Promise(() => undefined))
  await setImmediate()
  await turn.over()
})
