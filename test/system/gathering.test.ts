import { expect, it, vi } from 'vitest'
import { Gathering } from '../../src/system/gathering.js'

const isOver = async (waiting: Promise<void>): Promise<boolean> => {
  let over = false
  void waiting.then(() => (over = true))
  await vi.advanceTimersByTimeAsync(0)
  return over
}

/** With a clock that stands still. */
function still(name: string, test: (gathering: Gathering) => Promise<void>): void {
  it(name, async () => {
    vi.useFakeTimers()
    try {
      await test(new Gathering())
    } finally {
      vi.useRealTimers()
    }
  })
}

still('waits for nobody before the first round', async gathering => {
  expect(await isOver(gathering.wait(1))).toBe(true)
})

still('waits until as many are there as were for the last round', async gathering => {
  gathering.served(2, 1)
  const waiting = gathering.wait(1)
  gathering.come(2)
  expect(await isOver(waiting)).toBe(false)
  gathering.come(3)
  expect(await isOver(waiting)).toBe(true)
})

still('begins without those who do not come', async gathering => {
  gathering.served(2, 0)
  const waiting = gathering.wait(1)
  expect(await isOver(waiting)).toBe(false)
  await vi.advanceTimersByTimeAsync(15)
  expect(await isOver(waiting)).toBe(true)
})

still('never makes one who writes alone wait', async gathering => {
  gathering.served(1, 0)
  expect(await isOver(gathering.wait(1))).toBe(true)
})

still('forgets a round that is long over', async gathering => {
  gathering.served(2, 0)
  await vi.advanceTimersByTimeAsync(101)
  expect(await isOver(gathering.wait(1))).toBe(true)
})
