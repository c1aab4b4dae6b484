import { expect, it, vi } from 'vitest'
import { BatchWindow } from '../../../src/system/commit/batchWindow.js'

const isOver = async (waiting: Promise<void>): Promise<boolean> => {
  let over = false
  void waiting.then(() => (over = true))
  await vi.advanceTimersByTimeAsync(0)
  return over
}

/** With a clock that stands still. */
function still(name: string, test: (window: BatchWindow) => Promise<void>): void {
  it(name, async () => {
    vi.useFakeTimers()
    try {
      await test(new BatchWindow())
    } finally {
      vi.useRealTimers()
    }
  })
}

still('waits for nobody before the first round', async window => {
  expect(await isOver(window.wait(1))).toBe(true)
})

still('waits until as many are there as were for the last round', async window => {
  window.answered(2, 1)
  const waiting = window.wait(1)
  window.arrived(2)
  expect(await isOver(waiting)).toBe(false)
  window.arrived(3)
  expect(await isOver(waiting)).toBe(true)
})

still('begins without those who do not arrived', async window => {
  window.answered(2, 0)
  const waiting = window.wait(1)
  expect(await isOver(waiting)).toBe(false)
  await vi.advanceTimersByTimeAsync(15)
  expect(await isOver(waiting)).toBe(true)
})

still('never makes one who writes alone wait', async window => {
  window.answered(1, 0)
  expect(await isOver(window.wait(1))).toBe(true)
})

still('forgets a round that is long over', async window => {
  window.answered(2, 0)
  await vi.advanceTimersByTimeAsync(101)
  expect(await isOver(window.wait(1))).toBe(true)
})
