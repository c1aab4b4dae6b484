import { beforeAll, describe, expect, it } from 'vitest'
import { foldLog } from '../../../src/core/access/accessLog.js'
import { waiversOf } from '../../../src/core/access/exposure.js'
import { describeFile } from '../../../src/core/describe/describe.js'
import { formatUnchecked, type AccessDocument, type KeyDocument } from '../../../src/core/format/documents.js'
import { sodiumReady } from '../../../src/core/sodium.js'
import { log, person, publicKey, recipient, start } from '../access/logKit.js'

beforeAll(() => sodiumReady)

const HASH = 'A'.repeat(43)
const ARN = 'arn:aws:secretsmanager:local:000000000000:secret:prod/db-AbCdEf'
const V1 = '1'.repeat(32)
const V2 = '2'.repeat(32)
const LATER = '2027-03-02T10:00:00.000Z'
const names = (keyId: string): string => (keyId === person(1).public.keyId ? 'alice' : keyId)

/** The lines of a document, after it was written and read again. */
const lines = (kind: 'access' | 'key', document: AccessDocument | KeyDocument) =>
  describeFile(formatUnchecked(kind, document, 'a file'), {
    names: async () => names,
    fold: async (given: AccessDocument) => foldLog(given, 'a file')
  })

const waiver = (version: string, reason: string) =>
  ({ change: 'waiver', secret: ARN, version, until: LATER, reason }) as const

const team = (): AccessDocument =>
  log(
    start(),
    [
      { change: 'member', name: 'bob', public: person(2).public.text, role: 'member' },
      { change: 'member', name: 'cai', public: person(3).public.text, role: 'admin' },
      { change: 'grant', member: 'bob', key: 'default', rights: ['decrypt', 'encrypt'] },
      { change: 'key', key: 'spare', names: ['spare/**'] },
      { change: 'generation', key: 'spare', generation: '1', public: publicKey(2) }
    ],
    [waiver(V1, 'rotated by hand'), waiver(V1, 'again'), waiver(V2, 'other')],
    [{ change: 'remove', member: 'cai' }]
  )

describe('the facts of', () => {
  it('an access log: what it amounts to, then each entry', async () => {
    const all = await lines('access', team())
    expect(all).toEqual([
      'vault: region local, account 000000000000',
      'member alice: admin',
      'member bob: member',
      'rights of bob on default: decrypt, encrypt',
      'former member cai',
      'key default: **; generation 1',
      'key spare: spare/**; generation 1',
      expect.stringMatching(/^pruning: keeps \d+ versions and those under 24 hours, at most \d+$/),
      `waiver ${ARN} ${V1}: until ${LATER}: rotated by hand`,
      `waiver ${ARN} ${V1}: until ${LATER}: again`,
      `waiver ${ARN} ${V2}: until ${LATER}: other`,
      expect.stringMatching(/^entry 1: .* by alice: creates the vault in local; /),
      expect.stringMatching(/^entry 2: .* by alice: adds bob as a member; adds cai as an admin; /),
      expect.stringMatching(/^entry 3: .* by alice: waives the exposure of arn:.* 1+/),
      expect.stringMatching(/^entry 4: .* by alice: removes cai$/)
    ])
  })

  it('a key: its recipients by name, and no key', async () => {
    const document: KeyDocument = {
      kind: 'git-vault/key',
      format: '1',
      key: 'default',
      generation: '2',
      public: publicKey(1),
      sealed: { [person(1).public.keyId]: 'B'.repeat(107), [recipient(9)]: 'B'.repeat(107) },
      signed: {
        serial: '1',
        by: person(1).public.keyId,
        access: { entry: '1', hash: HASH },
        change: { operation: 'AddMember', time: LATER }
      },
      signature: 'A'.repeat(86)
    }
    const all = await lines('key', document)
    expect(all.slice(0, 2)).toEqual(['key: default', 'generation: 2'])
    expect(all).toContain('recipient alice')
    expect(all).toContain(`recipient ${recipient(9)}`)
    expect(all.join('\n')).not.toContain('BBBB')
  })
})

describe('the waivers of a version', () => {
  it('are its own, oldest first', () => {
    const access = foldLog(team(), 'a file')
    expect(waiversOf(access, ARN, V1).map(({ reason }) => reason)).toEqual(['rotated by hand', 'again'])
    expect(waiversOf(access, ARN, V2)).toHaveLength(1)
    expect(waiversOf(access, 'prod/db', V1)).toEqual([])
  })
})
