import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Access } from '../../../src/core/access/access.js'
import { foldLog } from '../../../src/core/access/accessLog.js'
import { formatAccess, parseAccess } from '../../../src/core/access/accessText.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { histories, log, person, publicKey, start } from './logKit.js'

beforeAll(() => sodiumReady)

/** With keys as they are asked for, and members without what only a fold needs of them. */
const shown = (access: Access) => ({
  ...access,
  members: new Map(
    [...access.members].map(([keyId, member]) => {
      const { open: _, ...known } = member as typeof member & { open?: unknown }
      return [keyId, { ...known }]
    })
  )
})

const kept = (access: Access) => parseAccess(formatAccess(access))

describe('what an access log says, as text', () => {
  it('gives back every member, right, tenure and generation of any history', () => {
    fc.assert(
      fc.property(histories, ({ access }) => {
        expect(shown(kept(access))).toEqual(shown(access))
      }),
      { numRuns: 60 }
    )
  })

  it('gives back recovery, waivers, pruning and names', () => {
    const access = foldLog(
      log(
        start(),
        [{ change: 'member', name: 'ben', public: person(2).public.text, role: 'member' }],
        [
          {
            change: 'recovery',
            member: 'ben',
            threshold: '2',
            shares: [
              { holder: 'holder-3', public: publicKey(3) },
              { holder: 'holder-4', public: publicKey(4) }
            ]
          }
        ],
        [{ change: 'pruning', keep: '7', minimumAgeHours: '30', quota: '99' }],
        [
          {
            change: 'waiver',
            secret: 'arn:aws:secretsmanager:local:000000000000:secret:db-AbCdEf',
            version: '0'.repeat(32),
            until: '2026-11-23T18:50:01.003Z',
            reason: 'a “reason”'
          }
        ],
        [{ change: 'names', key: 'default', names: ['prod/**', '__proto__'] }]
      ),
      'access.yaml'
    )
    expect(shown(kept(access))).toEqual(shown(access))
  })
})
