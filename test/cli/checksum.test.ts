import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { checksum } from '../../src/cli/checksum.js'

const some = fc.uint8Array({ minLength: 1, maxLength: 200 })

it('detects any change within one word', () => {
  fc.assert(
    fc.property(some, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, where, by) => {
      const damaged = bytes.slice()
      damaged[where % bytes.length]! ^= by
      expect(checksum(damaged)).not.toBe(checksum(bytes))
    })
  )
})

it('detects a sector that was lost or replaced', () => {
  const bytes = new Uint8Array(64 * 512).map((_, at) => ((at * at) >> 7) & 255)
  for (let sector = 0; sector < bytes.length; sector += 512) {
    expect(checksum(bytes.slice().fill(0, sector, sector + 512))).not.toBe(checksum(bytes))
    const other = bytes
      .slice()
      .copyWithin(sector, (sector + 512) % bytes.length, ((sector + 512) % bytes.length) + 512)
    expect(checksum(other)).not.toBe(checksum(bytes))
  }
})

it('detects truncated data and zeros', () => {
  const whole = new Uint8Array(4096).map((_, at) => (at * 31) & 255)
  for (let length = 0; length < whole.length; length++) {
    expect(checksum(whole.slice(0, length))).not.toBe(checksum(whole))
    expect(checksum(new Uint8Array(length))).not.toBe(0)
  }
})

it('does not depend on the position of the bytes in their buffer', () => {
  fc.assert(
    fc.property(some, bytes => {
      const placed = new Uint8Array(bytes.length + 8)
      placed.set(bytes, 8)
      expect(checksum(placed.subarray(8))).toBe(checksum(bytes))
    })
  )
})
