import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Share } from '../../../src/core/crypto/share.js'
import { sharePublicKey } from '../../../src/core/crypto/share.js'
import { formatShare, parseShare } from '../../../src/core/crypto/shareWords.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { encode } from '../../../src/core/encoding.js'
import { joinShares, splitSeed } from '../../../src/system/files/shares.js'

beforeAll(() => sodiumReady)

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })
/** Returns `count` of the shares, in the order that `order` gives. */
const choose = (shares: readonly Share[], count: number, order: readonly number[]) =>
  shares
    .map((share, index) => ({ share, at: order[index] ?? 0 }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ share }) => share)
const orders = fc.array(fc.nat(), { minLength: 16, maxLength: 16 })

const sizes: { shares: number; threshold: number }[] = []
for (let shares = 2; shares <= 16; shares++)
  for (let threshold = 2; threshold <= shares; threshold++) sizes.push({ shares, threshold })

describe.each(sizes)('$threshold of $shares', size => {
  it('restore the seed from their words, and one fewer do not', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, orders, async (seed, order) => {
        const made = await splitSeed(seed, size)
        expect(made.map(({ number }) => number)).toEqual(made.map((_, index) => index + 1))
        const enough = choose(made, size.threshold, order)
        expect(await joinShares(enough.map(share => parseShare(formatShare(share))))).toEqual(seed)
        expect(await joinShares(made)).toEqual(seed)

        const few = enough.slice(1)
        await expect(joinShares(few)).rejects.toThrow(
          expect.objectContaining({ code: 'Usage', message: expect.stringContaining('needed') as string })
        )
        // nor with a false threshold
        const falsified = few.map(share => ({ ...share, threshold: size.threshold - 1 }))
        if (falsified.length > 1) expect(await joinShares(falsified)).not.toEqual(seed)
        for (const { bytes } of few) expect(bytes.slice(0, 32)).not.toEqual(seed)
      }),
      { numRuns: 3 }
    )
  })
})

describe('splitting', () => {
  const size = { shares: 5, threshold: 3 }
  const seed = () => new Uint8Array(32).fill(5)

  it('gives different shares each time, even for the same seed', async () => {
    const splits = await Promise.all(Array.from({ length: 4 }, () => splitSeed(seed(), size)))
    expect(new Set(splits.map(([share]) => share?.id)).size).toBe(4)
    expect(new Set(splits.flat().map(share => encode(sharePublicKey(share)))).size).toBe(20)
  })

  it('gives shares of one split, each at a different point', async () => {
    const made = await splitSeed(seed(), size)
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    expect(new Set(made.map(({ bytes }) => bytes[32])).size).toBe(5)
    expect(made.map(({ threshold }) => threshold)).toEqual([3, 3, 3, 3, 3])
  })

  it('accepts a Buffer and does not change it', async () => {
    const given = Buffer.from(seed())
    expect(await joinShares(await splitSeed(given, size))).toEqual(seed())
    expect(given.equals(seed())).toBe(true)
  })

  it('refuses an invalid seed and an invalid split', async () => {
    await expect(splitSeed(new Uint8Array(31), size)).rejects.toThrow('a seed has 32 bytes')
    await expect(splitSeed(seed(), { shares: 2, threshold: 3 })).rejects.toThrow(
      expect.objectContaining({ code: 'Usage' })
    )
  })
})

describe('joining', () => {
  const size = { shares: 5, threshold: 3 }

  it('refuses shares of two splits, even of the same seed', async () => {
    const seed = new Uint8Array(32).fill(5)
    const [one, another] = [await splitSeed(seed, size), await splitSeed(seed, size)]
    const mixed = [...one.slice(0, 2), ...another.slice(2, 3)]
    await expect(joinShares(mixed)).rejects.toThrow('share 3 is of another split than share 1')
  })

  it('detects any changed share if there are more than needed', async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.nat(4),
        fc.nat(31),
        fc.integer({ min: 1, max: 255 }),
        async (seed, which, place, by) => {
          const made = await splitSeed(seed, size)
          const bytes = made[which]?.bytes ?? expect.fail('five shares')
          bytes[place] = (bytes[place] ?? 0) ^ by
          await expect(joinShares(made)).rejects.toThrow(/^share \d does not fit the shares 1, 2, 3$/)
        }
      ),
      { numRuns: 20 }
    )
  })

  it('does not change the shares', async () => {
    const made = await splitSeed(new Uint8Array(32).fill(5), size)
    const before = structuredClone(made)
    await joinShares(made)
    expect(made).toEqual(before)
  })
})
