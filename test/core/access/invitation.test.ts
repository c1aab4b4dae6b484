import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { encode } from '../../../src/core/encoding.js'
import { armor } from '../../../src/core/crypto/identity.js'
import { formatInvitation, parseInvitation, type Invitation } from '../../../src/core/access/invitation.js'
import { hash, sodiumReady } from '../../../src/core/sodium.js'
import { slip } from '../slip.js'

beforeAll(() => sodiumReady)

const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 })
const parts = fc.record({ root: hashes, entry: fc.integer({ min: 1, max: 0xffff_ffff }), head: hashes })
type Parts = typeof parts extends fc.Arbitrary<infer P> ? P : never

const invitationOf = ({ root, entry, head }: Parts): Invitation => ({
  root: encode(root),
  entry,
  head: encode(head)
})
const one = () =>
  invitationOf({ root: new Uint8Array(32).fill(1), entry: 7, head: new Uint8Array(32).fill(2) })

describe('an invitation', () => {
  it('is parsed back, even with white space around it', () => {
    const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\r', '\n'), maxLength: 3 })
    fc.assert(
      fc.property(parts, space, space, (all, before, after) => {
        const invitation = invitationOf(all)
        expect(parseInvitation(before + formatInvitation(invitation) + after)).toEqual(invitation)
      })
    )
  })

  it('has the layout of FORMAT.md', () => {
    fc.assert(
      fc.property(parts, ({ root, entry, head }) => {
        const text = formatInvitation(invitationOf({ root, entry, head }))
        expect(text).toMatch(/^gvinv1_[A-Za-z0-9_-]{96}$/)
        const bytes = Buffer.concat([root, Buffer.of(entry >>> 24, entry >>> 16, entry >>> 8, entry), head])
        const sum = hash(Buffer.concat([Buffer.from('gvinv1_'), bytes])).slice(0, 4)
        expect(Buffer.from(text.slice(7), 'base64url')).toEqual(Buffer.concat([bytes, sum]))
      })
    )
  })

  it('is refused with any one character wrong', () => {
    fc.assert(
      fc.property(parts, fc.nat(102), fc.nat(62), (all, at, by) => {
        expect(parseInvitation(slip(formatInvitation(invitationOf(all)), at, by))).toBeUndefined()
      })
    )
  })

  it.each<[what: string, (text: string) => string]>([
    ['nothing', () => ''],
    ['the prefix alone', () => 'gvinv1_'],
    ['one with a character missing', text => text.slice(0, -1)],
    ['one with a character too many', text => `${text}A`],
    ['one without its prefix', text => text.slice('gvinv1_'.length)],
    ['white space within it', text => `${text.slice(0, 50)} ${text.slice(50)}`],
    ['two of them', text => `${text}\n${text}`],
    ['another string of the same bytes', text => armor('gvpub1_', bytesOf(text))],
    // complete, with the right checksum
    ['one that is a byte short', text => armor('gvinv1_', bytesOf(text).slice(1))]
  ])('is not %s', (_what, change) => {
    const text = formatInvitation(one())
    expect(parseInvitation(text)).toEqual(one())
    expect(parseInvitation(change(text))).toBeUndefined()
  })

  it.each(['root', 'head'] as const)('cannot be made with a %s that is not a hash', part => {
    for (const wrong of ['', 'none', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}B`, '='.repeat(43)])
      expect(() => formatInvitation({ ...one(), [part]: wrong })).toThrow('not a hash of 32 bytes')
  })
})

/** The bytes in an invitation's string, without the checksum. */
function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice('gvinv1_'.length), 'base64url').subarray(0, -4))
}
