import * as fs from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { openVault } from '../../../src/index.js'
import { removeMember } from '../../../src/vault/team/team.js'
import { makeVault, token, type TestVault } from '../fixture.js'
import { follower } from '../merging/mergeKit.js'
import { admit, as, checkRange, commitAll, type Newcomer } from './verifyKit.js'

const FOLDER = 'vault/secrets/prod/db'
const SECRET = `${FOLDER}/secret.yaml`
const STAGES = `${FOLDER}/stages.yaml`
const REFUSED = 'signed by carol, who may not sign it'

/** Has removed carol. */
let box: TestVault
/** Does not know it. */
let other: TestVault
let carol: Newcomer
/** The commit that removed carol. */
let removal: string

const SecretId = 'prod/db'
const put = (of: TestVault, id: string) =>
  of.api.putSecretValue({ SecretId, SecretString: id, ClientRequestToken: token(id) })
const tag = async (of: TestVault, member: Newcomer, Value: string) =>
  as(member, async () =>
    (await openVault(of.options)).tagResource({ SecretId, Tags: [{ Key: 'said', Value }] })
  )

beforeEach(async () => {
  box = await makeVault()
  await box.api.createSecret({ Name: SecretId, SecretString: '1', ClientRequestToken: token(1) })
  carol = await admit(box, 'carol', new Map([['default', ['decrypt', 'encrypt', 'manage']]]))
  box.clock.advance(1000)
  await tag(box, carol, 'by carol')
  other = await follower(box)
  await removeMember(await box.internal(), 'carol', () => undefined)
  removal = box.head()
  other.clock.time = box.clock.time + 1000
})

const found = async (range = `${removal}..HEAD`) => (await checkRange(box, range)).found

/** Makes a merge of the other clone's branch with these changes to our tree. */
function merge(change: () => void = () => undefined): void {
  box.git('fetch', '-q', other.root, 'HEAD')
  box.git('-c', 'merge.renames=false', 'merge', '-q', '--no-commit', '--no-ff', '-s', 'ours', 'FETCH_HEAD')
  change()
  commitAll(box, 'merge')
}

const take = (path: string) => box.git('checkout', '-q', 'FETCH_HEAD', '--', path)

describe('on a branch from before a removal', () => {
  it('what a member wrote beside a document of the former member is no problem, if the merge has all', async () => {
    await put(other, 'b')
    merge(() => {
      take(STAGES)
      take(`${FOLDER}/versions`)
    })
    expect(await found()).toEqual([])
  })

  it('a document that the former member signs is refused, and no later commit of the branch mends it', async () => {
    await tag(other, carol, 'more')
    await tag(other, carol, 'and more')
    // such commits touch the secret, and leave its documents as they are
    other.write(`${FOLDER}/replica.yaml`, 'no document\n')
    commitAll(other, 'touch')
    fs.rmSync(other.path(`${FOLDER}/replica.yaml`))
    commitAll(other, 'leave')
    merge()
    const problems = await found()
    for (const commit of ['TagResource prod/db', 'touch', 'leave'])
      expect(problems).toContain(`${commit} | ${SECRET}: ${REFUSED}`)
  })

  it('a state that a member signs after the merge mends it, and nothing of it is left', async () => {
    await tag(other, carol, 'more')
    merge()
    expect(await found()).toEqual([`TagResource prod/db | ${SECRET}: ${REFUSED}`])
    box.clock.advance(5000)
    await box.reopen()
    await box.api.tagResource({ SecretId, Tags: [{ Key: 'said', Value: 'by ana' }] })
    expect(await checkRange(box, `${removal}..HEAD`)).toMatchObject({ found: [], problems: 0, mended: 1 })
    expect((await box.api.describeSecret({ SecretId })).Tags).toEqual([{ Key: 'said', Value: 'by ana' }])
  })

  it('such a state does not mend what no member has signed', async () => {
    other.write(SECRET, other.read(SECRET).replace('by carol', 'by nobody'))
    commitAll(other, 'forge')
    merge()
    box.clock.advance(5000)
    await box.reopen()
    await box.api.tagResource({ SecretId, Tags: [{ Key: 'said', Value: 'by ana' }] })
    expect(await found()).toContainEqual(expect.stringMatching(/^forge \| /))
  })

  it('nor is it mended if somebody signs the other document after it', async () => {
    await tag(other, carol, 'more')
    await put(other, 'b')
    merge(() => {
      take(STAGES)
      take(`${FOLDER}/versions`)
    })
    expect(await found()).toContain(`PutSecretValue prod/db | ${SECRET}: ${REFUSED}`)
  })

  it('a document that a commit removes and the next one puts back is the branch’s own', async () => {
    await tag(other, carol, 'more')
    const bytes = other.read(SECRET)
    fs.rmSync(other.path(SECRET))
    commitAll(other, 'remove')
    other.write(SECRET, bytes)
    commitAll(other, 'put back')
    merge()
    expect(await found()).toContain(`put back | ${SECRET}: ${REFUSED}`)
  })

  it('a merge that takes the former member’s document is a problem', async () => {
    await put(other, 'b')
    merge(() => take(FOLDER))
    expect(await found()).toContain(`merge | ${SECRET}: ${REFUSED}`)
  })

  it('a merge that leaves out what a member wrote there is a problem, and the next write does not mend it', async () => {
    await put(other, 'b')
    merge()
    const lacks = expect.stringMatching(/^merge \| .*stages\.yaml: /)
    expect(await found()).toEqual([lacks])
    box.clock.advance(5000)
    await box.reopen()
    await put(box, 'c')
    expect(await found()).toContainEqual(lacks)
  })

  it('the former member’s documents stay refused in a commit without parents', async () => {
    const tree = other.git('rev-parse', 'HEAD^{tree}').trim()
    const orphan = other.git('commit-tree', tree, '-m', 'orphan').trim()
    other.git('reset', '-q', '--hard', orphan)
    other.write(`${FOLDER}/replica.yaml`, 'no document\n')
    commitAll(other, 'touch')
    box.git('fetch', '-q', other.root, 'HEAD')
    box.git('merge', '-q', '--allow-unrelated-histories', '-s', 'ours', '-m', 'merge', 'FETCH_HEAD')
    const problems = await found()
    expect(problems).toContain(`orphan | ${SECRET}: ${REFUSED}`)
    expect(problems).toContain(`touch | ${SECRET}: ${REFUSED}`)
  })
})
