import * as fs from 'node:fs'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fingerprint } from '../../../src/core/crypto/fingerprint.js'
import { openVault } from '../../../src/index.js'
import type { Rights } from '../../../src/core/access/access.js'
import { addKey, grant, removeMember, revoke, setRole } from '../../../src/vault/team/team.js'
import { extendLog } from '../accessLog.js'
import { cloneOf, failure, makeVault, token, type TestVault } from '../fixture.js'
import { admit, as, checkRange, commitAll, type Newcomer } from './verifyKit.js'

const READ: Rights = new Map([['default', ['decrypt']]])
const WRITE: Rights = new Map([['default', ['encrypt', 'manage']]])
const LOG = 'vault/access.yaml'
const STAGES = 'vault/secrets/prod/db/stages.yaml'
const CLEAN = { found: [], warned: [], problems: 0, warnings: 0 }
const NOTHING = { gained: [], lost: [], newAdmins: [], formerAdmins: [], entries: [], removed: 0 }

let origin: TestVault
let box: TestVault
let start: string

beforeAll(async () => {
  origin = await makeVault()
  await origin.api.createSecret({ Name: 'prod/db', SecretString: '1', ClientRequestToken: token(1) })
  await origin.api.createSecret({ Name: 'test/db', SecretString: '1' })
  await origin.api.createSecret({ Name: 'UPPER', SecretString: '1' })
})

/** Each test gets a clone that trusts the vault. */
beforeEach(async () => {
  box = await cloneOf(origin)
  fs.cpSync(origin.path('.git/git-vault'), box.path('.git/git-vault'), { recursive: true })
  await box.reopen()
  start = box.head()
})

const put = (SecretString: string, SecretId = 'prod/db') => box.api.putSecretValue({ SecretId, SecretString })
const putBy = (member: Newcomer, SecretString: string) =>
  as(member, async () => (await openVault(box.options)).putSecretValue({ SecretId: 'prod/db', SecretString }))
const quiet = () => undefined
const range = () => checkRange(box, `${start}..HEAD`)

describe('a commit of a range', () => {
  it('that does not change the vault is skipped', async () => {
    box.write('README.md', 'x')
    commitAll(box, 'a change of the code')
    commitAll(box, 'nothing at all')
    expect(await range()).toMatchObject({
      ...CLEAN,
      commits: 2,
      secrets: 0,
      reports: [],
      root: box.made.root
    })
    expect(await checkRange(box, 'HEAD..HEAD')).toMatchObject({ ...CLEAN, commits: 0 })
  })

  it('is reported with its operations and their signers', async () => {
    await put('2')
    await box.api.tagResource({ SecretId: 'test/db', Tags: [{ Key: 'a', Value: 'b' }] })
    await box.api.createSecret({ Name: 'new', SecretString: 'x' })
    const { reports, ...outcome } = await range()
    expect(outcome).toMatchObject({
      ...CLEAN,
      commits: 3,
      secrets: 3,
      versions: 4,
      from: start,
      to: box.head()
    })
    const by = (operation: string, name: string) => ({
      operation,
      member: 'alice',
      secrets: 1,
      names: [name]
    })
    expect(reports).toMatchObject([
      { ...NOTHING, operations: [by('PutSecretValue', 'prod/db')], parents: [start] },
      { ...NOTHING, operations: [by('TagResource', 'test/db')] },
      { ...NOTHING, operations: [by('CreateSecret', 'new')], commit: box.head() }
    ])
    expect(reports.every(({ claim }) => claim === undefined)).toBe(true)
  })

  it('that deletes is reported, with or without a signature', async () => {
    await box.api.deleteSecret({ SecretId: 'test/db' })
    await box.api.deleteSecret({ SecretId: 'prod/db', ForceDeleteWithoutRecovery: true })
    const outcome = await range()
    expect(outcome).toMatchObject(CLEAN)
    expect(outcome.reports).toMatchObject([
      { operations: [{ operation: 'DeleteSecret' }], removed: 0 },
      {
        operations: [],
        removed: 3,
        claim: { operation: 'DeleteSecret', subject: 'prod/db', member: 'alice' }
      }
    ])
    fs.rmSync(box.path('vault/secrets/test/db/secret.yaml'))
    fs.rmSync(box.path('vault/secrets/test/db/stages.yaml'))
    commitAll(box)
    expect((await range()).found).toEqual([
      expect.stringMatching(/^by hand \| vault\/secrets\/test\/db\/versions\/.*: a version without a secret$/)
    ])
  })

  it('by hand that only claims a put is a problem', async () => {
    const claim = `PutSecretValue prod/db\n\nClient-Request-Token: ${token(9)}\nMember: alice`
    const why = `vault: the commit's message claims PutSecretValue of "prod/db" by alice, which nobody has signed`
    commitAll(box, claim)
    const empty = await range()
    expect(empty.found).toEqual([`PutSecretValue prod/db | ${why}`])
    expect(empty.reports).toMatchObject([
      { operations: [], claim: { operation: 'PutSecretValue', subject: 'prod/db', member: 'alice' } }
    ])
    // a signed document, but of another operation
    await box.api.tagResource({ SecretId: 'prod/db', Tags: [{ Key: 'a', Value: 'b' }] })
    box.git('commit', '-q', '--amend', '-m', claim)
    expect((await range()).found).toEqual([
      `PutSecretValue prod/db | ${why}`,
      `PutSecretValue prod/db | ${why}`
    ])
    await admit(box, 'bob')
    box.git('commit', '-q', '--amend', '-m', claim)
    expect((await range()).found).toHaveLength(3)
  })

  it('with a defect is a problem, even if a later commit repairs it', async () => {
    const other = (_: string, before: string, letter: string) => before + (letter === 'A' ? 'B' : 'A')
    box.write(STAGES, box.read(STAGES).replace(/(digest: \S{9})(\S)/, other))
    box.write('vault/.gitattributes', 'x')
    commitAll(box, 'spoil')
    box.git('revert', '--no-edit', 'HEAD')
    expect((await range()).found).toEqual([
      `spoil | ${STAGES}: the signature does not verify`,
      `spoil | ${box.versionFiles('prod/db')[0]}: its digest is not the one that stages.yaml lists`,
      "spoil | vault/.gitattributes: changes how git stores and merges the vault's files"
    ])
  })

  it('that restores an old state is a problem, even if that state is valid', async () => {
    await put('2')
    await put('3')
    box.git('revert', '--no-edit', 'HEAD')
    expect((await range()).found).toEqual([
      `Revert "PutSecretValue prod/db" | ${STAGES}: an older state of prod/db than an earlier commit has`
    ])
  })

  it('that leaves an unlisted version file behind is a problem', async () => {
    const file = box.versionFiles('prod/db')[0]!
    const before = box.read(file)
    await box.api.deleteSecret({ SecretId: 'prod/db', ForceDeleteWithoutRecovery: true })
    await box.api.createSecret({ Name: 'prod/db', SecretString: 'new' })
    box.write(file, before)
    box.git('reset', '-q', '--soft', start)
    commitAll(box)
    expect((await range()).found).toEqual([`by hand | ${file}: stages.yaml lists no such version`])
  })

  it('that changes .vaultrc causes a warning', async () => {
    box.write('.vaultrc', `${box.read('.vaultrc')}\n# changed\n`)
    commitAll(box)
    expect(await range()).toMatchObject({
      found: [],
      warned: ["by hand | .vaultrc: changed; the vault's folder stays the same"]
    })
  })
})

describe('members in a range', () => {
  const all = ['UPPER', 'prod/db', 'test/db']
  const reading = (member: string) => ({ member, key: 'default', patterns: ['**'], secrets: 3, names: all })

  it('who are added and removed are reported with the secrets that they may read', async () => {
    const bob = await admit(box, 'bob', READ)
    const carol = await admit(box, 'carol', new Map(), true)
    await grant(await box.internal(), 'carol', WRITE)
    await putBy(carol, '2')
    await removeMember(await box.internal(), 'bob', quiet)
    await setRole(await box.internal(), 'carol', 'member', quiet)
    const { reports, ...outcome } = await range()
    expect(outcome).toMatchObject({ ...CLEAN, commits: 6 })
    const entry = (number: number) => ({ entry: String(number), member: 'alice' })
    const sorted = reports.map(({ gained, lost, ...rest }) => ({
      ...rest,
      gained: gained.map(one => ({ ...one, names: [...one.names].sort() })),
      lost: lost.map(one => ({ ...one, names: [...one.names].sort() }))
    }))
    expect(sorted).toMatchObject([
      { ...NOTHING, entries: [entry(2)], gained: [reading('bob')] },
      { ...NOTHING, entries: [entry(3)], newAdmins: ['carol'] },
      { ...NOTHING, entries: [entry(4)] },
      { ...NOTHING, operations: [{ operation: 'PutSecretValue', member: 'carol' }] },
      { ...NOTHING, entries: [entry(5)], lost: [reading('bob')] },
      { ...NOTHING, entries: [entry(6)], formerAdmins: ['carol'] }
    ])
    expect(bob.public.keyId).not.toBe(carol.public.keyId)
  })

  it('who lose secrets because names move to another key are reported', async () => {
    await admit(box, 'bob', READ)
    const before = box.head()
    await addKey(await box.internal(), 'prod', ['prod/**'], quiet)
    const outcome = await checkRange(box, `${before}..`)
    expect(outcome).toMatchObject(CLEAN)
    expect(outcome.reports).toMatchObject([
      {
        // alice gains future secrets under the key; she could read the present ones before
        gained: [{ member: 'alice', key: 'prod', patterns: ['prod/**'], secrets: 0, names: [] }],
        lost: [{ member: 'bob', key: 'default', patterns: ['**'], secrets: 1, names: ['prod/db'] }]
      }
    ])
  })

  it('who lose a right by hand leave documents that fail verification', async () => {
    const bob = await admit(box, 'bob', WRITE)
    await putBy(bob, '2')
    await extendLog(box, [{ change: 'remove', member: 'bob' }])
    expect((await range()).found).toEqual([`by hand | ${STAGES}: signed by bob, who may not sign it`])
    // the commits before were valid
    box.git('reset', '-q', '--hard', 'HEAD^')
    await revoke(await box.internal(), 'bob', new Map([['default', ['manage', 'encrypt']]]), quiet)
    expect(await range()).toMatchObject(CLEAN)
  })

  it('who write after their removal are reported', async () => {
    const bob = await admit(box, 'bob', WRITE)
    box.git('branch', 'side')
    await removeMember(await box.internal(), 'bob', quiet)
    const removal = box.head()
    box.git('checkout', '-q', 'side')
    // this clone has not seen the removal
    const other = await cloneOf(box, '--branch', 'side')
    await as({ ...bob, secret: `${bob.secret}.${box.made.root}` }, async () =>
      (await openVault(other.options)).putSecretValue({ SecretId: 'prod/db', SecretString: 'late' })
    )
    box.git('fetch', '-q', other.root, 'side:late')
    // the range starts at the removal, so its log applies
    expect((await checkRange(box, `${removal}..late`)).found).toEqual([
      `PutSecretValue prod/db | ${STAGES}: signed by bob, who may not sign it`
    ])
  })
})

describe('merges', () => {
  it('of changes to different secrets are accepted', async () => {
    box.git('checkout', '-q', '-b', 'side')
    await put('2', 'test/db')
    box.git('checkout', '-q', 'main')
    await put('2')
    box.git('merge', '-q', '--no-edit', 'side')
    const outcome = await range()
    expect(outcome).toMatchObject({ ...CLEAN, commits: 3 })
    expect(outcome.reports.map(({ operations }) => operations.map(({ names }) => names))).toEqual(
      expect.arrayContaining([[['test/db']], [['prod/db']]])
    )
    expect(outcome.reports).toHaveLength(2)
  })

  it('that drop the newer side are problems', async () => {
    box.git('checkout', '-q', '-b', 'side')
    const { VersionId } = await put('2')
    box.git('checkout', '-q', 'main')
    await put('3')
    await put('4')
    box.git('merge', '-q', '--no-edit', '-s', 'ours', 'side')
    const { found } = await range()
    // the greater serial alone does not make it the newer state
    expect(found).toEqual([
      `Merge branch 'side' | ${STAGES}: lacks version ${VersionId} of prod/db, which a merged commit has`
    ])
    box.git('reset', '-q', '--hard', 'HEAD^')
    await put('5')
    box.git('checkout', '-q', 'side')
    box.git('merge', '-q', '--no-edit', '-s', 'ours', 'main')
    expect((await range()).found).toEqual([
      `Merge branch 'main' into side | ${STAGES}: an older state of prod/db than an earlier commit has`
    ])
  })

  it('whose log revokes a right that one side used are problems', async () => {
    const bob = await admit(box, 'bob', WRITE)
    start = box.head()
    box.git('checkout', '-q', '-b', 'side')
    await putBy(bob, '2')
    box.git('checkout', '-q', 'main')
    await removeMember(await box.internal(), 'bob', quiet)
    box.git('merge', '-q', '--no-edit', 'side')
    const { found } = await range()
    expect(found).toEqual([`Merge branch 'side' | ${STAGES}: signed by bob, who may not sign it`])
    // the same in the other direction
    box.git('checkout', '-q', 'side')
    box.git('merge', '-q', '--no-edit', '--no-ff', 'main~1')
    expect((await range()).found).toEqual([
      `Merge branch 'main' (early part) into side | ${STAGES}: signed by bob, who may not sign it`
    ])
  })
})

describe('the access log in a range', () => {
  it('that is cut or replaced is a problem', async () => {
    await admit(box, 'bob')
    box.git('revert', '--no-edit', 'HEAD')
    const cut = await range()
    expect(cut.found).toEqual([`Revert "AddMember bob" | ${LOG}: lacks entries that an earlier commit has`])
    box.git('reset', '-q', '--hard', 'HEAD^')
    const other = await makeVault('other')
    fs.copyFileSync(other.path(LOG), box.path(LOG))
    commitAll(box, 'another')
    expect((await range()).found).toEqual([
      `another | ${LOG}: belongs to another vault than the access log of an earlier commit`
    ])
    box.write(LOG, 'x: y')
    commitAll(box, 'broken')
    fs.rmSync(box.path(LOG))
    commitAll(box, 'gone')
    expect((await range()).found.slice(1)).toEqual([
      expect.stringMatching(`^broken \\| ${LOG}: not an access document`),
      `gone | ${LOG}: missing`
    ])
  })

  it('with an unconfirmed root is RootUnknown', async () => {
    const clone = await cloneOf(origin)
    expect(await failure(checkRange(clone, 'HEAD~1..HEAD'))).toEqual({
      code: 'RootUnknown',
      message: `this clone does not trust this vault yet; its fingerprint: ${fingerprint(box.made.root)}`
    })
    expect(await checkRange(clone, 'HEAD~1..HEAD', box.made.root)).toMatchObject({ ...CLEAN, commits: 1 })
    expect((await checkRange(clone, 'HEAD~1..HEAD', 'A'.repeat(43))).found).toEqual([
      expect.stringContaining(`${LOG}: its root is not A`)
    ])
  })

  it('may begin in the range', async () => {
    box.git('checkout', '-q', '--orphan', 'empty')
    box.git('rm', '-rqf', '.')
    box.write('README.md', 'x')
    const first = commitAll(box, 'before the vault')
    box.git('rebase', '-q', '--onto', 'empty', '--root', 'main')
    const outcome = await checkRange(box, `${first}..HEAD`)
    expect(outcome).toMatchObject({ ...CLEAN, commits: 4 })
    expect(outcome.reports[0]).toMatchObject({ entries: [{ entry: '1', member: 'alice' }], gained: [] })
    expect(outcome.reports[0]!.claim).toBeUndefined()
  })
})

it.each([
  ['HEAD', 'a range has the form A..B, not "HEAD"'],
  ['..HEAD', 'a range has the form A..B, not "..HEAD"'],
  ['HEAD...main', 'A...B has two sides, and neither comes first: use A..B']
])('the range %s is refused', async (text, message) => {
  expect(await failure(checkRange(box, text))).toEqual({ code: 'Usage', message })
})

it('a range of unknown commits is refused', async () => {
  expect((await failure(checkRange(box, 'nowhere..HEAD'))).code).toBe('GitFailed')
  expect((await failure(checkRange(box, '--all..HEAD'))).code).toBe('GitFailed')
})
