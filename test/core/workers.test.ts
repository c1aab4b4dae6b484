import { expect, it } from 'vitest'
import { forEachOf } from '../../src/core/workers.js'

it('works on every item, and on no more at the same time than allowed', async () => {
  const done: number[] = []
  let [now, most] = [0, 0]
  await forEachOf([1, 2, 3, 4, 5], 2, async item => {
    most = Math.max(most, ++now)
    await new Promise(resolve => setImmediate(resolve))
    now--
    done.push(item)
  })
  expect(done.sort()).toEqual([1, 2, 3, 4, 5])
  expect(most).toBe(2)
})

it('throws a failure when the other workers have ended', async () => {
  const ended: number[] = []
  const work = forEachOf([1, 2, 3], 2, async item => {
    if (item === 1) throw new Error('one')
    await new Promise(resolve => setImmediate(resolve))
    ended.push(item)
  })
  await expect(work).rejects.toThrow('one')
  expect(ended).toEqual([2, 3])
})
