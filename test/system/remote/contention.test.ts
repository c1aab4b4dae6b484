import { describe, expect, it } from 'vitest'
import { Contention } from '../../../src/system/remote/contention.js'

describe('the races of one push', () => {
  it('end after 30 losses, and counting begins anew', () => {
    const contention = new Contention()
    for (let loss = 0; loss < 30; loss++) {
      expect(contention.givesUp()).toBeUndefined()
      contention.lost(true)
    }
    expect(contention.givesUp()).toBe(30)
    expect(contention.givesUp()).toBeUndefined()
  })

  it('end soon if nothing new comes, as with a lock that is left at the remote', () => {
    const contention = new Contention()
    for (let loss = 0; loss < 4; loss++) {
      expect(contention.givesUp()).toBeUndefined()
      contention.lost(false)
    }
    expect(contention.givesUp()).toBe(4)
  })

  it('begin anew after a success', () => {
    const contention = new Contention()
    for (let loss = 0; loss < 29; loss++) contention.lost(true)
    contention.won()
    contention.lost(true)
    expect(contention.givesUp()).toBeUndefined()
  })
})

describe('others', () => {
  it('are expected after a lost race, or if they were met', () => {
    for (const meet of [(one: Contention) => one.lost(true), (one: Contention) => one.met()]) {
      const contention = new Contention()
      expect(contention.isBusy).toBe(false)
      meet(contention)
      expect(contention.isBusy).toBe(true)
    }
  })

  it('are looked for now and then, if pushes follow each other', async () => {
    const contention = new Contention()
    const pushOnce = async (): Promise<void> => {
      await contention.pause()
      await contention.push(() => new Promise(resolve => setTimeout(resolve, 10)))
      contention.won()
    }
    for (let pushes = 1; pushes <= 4; pushes++) {
      expect(contention.isBusy).toBe(false)
      await pushOnce()
    }
    while (!contention.isBusy) await pushOnce()
    await pushOnce()
    expect(contention.isBusy).toBe(false)
  })
})
