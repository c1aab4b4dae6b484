import { expect, it, vi } from 'vitest'
import { BatchWindow } from '../../../src/system/commit/batchWindow.js'

const isResolved = async (promise: Promise<void>): Promise<boolean> => {
  let resolved = false
  void promise.then(() => (resolved = true))
  await vi.advanceTimersByTimeAsync(0)
  return resolved
}

/** A test with fake timers. */
function timed(name: string, test: (window: BatchWindow) => Promise<void>): void {
  it(name, async () => {
    vi.useFakeTimers()
    try {
      await test(new BatchWindow())
    } finally {
      vi.useRealTimers()
    }
  })
}

timed('does not wait before the first batch', async window => {
  expect(await isResolved(window.wait(1))).toBe(true)
})

timed('waits until there are as many writes as for the last batch', async window => {
  window.finished(2, 1)
  const waiting = window.wait(1)
  window.added(2)
  expect(await isResolved(waiting)).toBe(false)
  window.added(3)
  expect(await isResolved(waiting)).toBe(true)
})

timed('starts without writes that do not arrive in time', async window => {
  window.finished(2, 0)
  const waiting = window.wait(1)
  expect(await isResolved(waiting)).toBe(false)
  await vi.advanceTimersByTimeAsync(15)
  expect(await isResolved(waiting)).toBe(true)
})

timed('never makes a single client wait', async window => {
  window.finished(1, 0)
  expect(await isResolved(window.wait(1))).toBe(true)
})

timed('does not wait if the last batch was long ago', async window => {
  window.finished(2, 0)
  await vi.advanceTimersByTimeAsync(101)
  expect(await isResolved(window.wait(1))).toBe(true)
})
