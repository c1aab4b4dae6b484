import { describe, expect, it } from 'vitest'
import { Gate } from '../../../src/app/follow/gate.js'

/** A promise that a test settles. */
function later(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>(done => (resolve = done))
  return { promise, resolve: () => resolve() }
}

describe('a gate', () => {
  it('lets many readers in at once', async () => {
    const gate = new Gate()
    const both = later()
    let inside = 0
    const read = () =>
      gate.read(async () => {
        if (++inside === 2) both.resolve()
        await both.promise
      })
    await Promise.all([read(), read()])
    expect(inside).toBe(2)
  })

  it('makes readers wait for a change, and a change for a reader', async () => {
    const gate = new Gate()
    const [reading, changing] = [later(), later()]
    const steps: string[] = []
    const first = gate.read(async () => {
      await reading.promise
      steps.push('read before')
    })
    const change = gate.change(async () => {
      steps.push('change begins')
      await changing.promise
      steps.push('change ends')
    })
    const second = gate.read(async () => void steps.push('read after'))
    reading.resolve()
    await first
    changing.resolve()
    await Promise.all([change, second])
    expect(steps).toEqual(['read before', 'change begins', 'change ends', 'read after'])
  })

  it('does not let a long reader keep out a change: it reads once more', async () => {
    const gate = new Gate()
    const changed = later()
    let state = 'old'
    const seen: string[] = []
    const reading = gate.read(async () => {
      seen.push(state)
      await changed.promise
      return state
    })
    await gate.change(async () => void (state = 'new'))
    changed.resolve()
    expect(await reading).toBe('new')
    expect(seen).toEqual(['old', 'new'])
  })

  it('forgets an error from a half state, and keeps any other', async () => {
    const gate = new Gate()
    const changed = later()
    let attempts = 0
    const reading = gate.read(async () => {
      await changed.promise
      if (++attempts === 1) throw new Error('half')
      return 'whole'
    })
    await gate.change(async () => undefined)
    changed.resolve()
    expect(await reading).toBe('whole')
    await expect(gate.read(async () => Promise.reject(new Error('own')))).rejects.toThrow('own')
    await expect(gate.change(async () => Promise.reject(new Error('of a change')))).rejects.toThrow()
    expect(await gate.read(async () => 'open again')).toBe('open again')
  })
})
