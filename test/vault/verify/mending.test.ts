import * as fs from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { cloneOf, makeVault, token, type TestVault } from '../fixture.js'
import { follower, NAME, put, run, STAGES } from '../resolving/resolveKit.js'
import { check, checkRange, commitAll } from './verifyKit.js'

const SECRET_FOLDER = 'vault/secrets/prod'

let box: TestVault
let start: string

beforeEach(async () => {
  box = await makeVault()
  box.clock.time = Date.now()
  await box.api.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token(1) })
  start = box.head()
  await put(box, 2)
})

const problems = async () => (await checkRange(box, `${start}..HEAD`)).found

/** Somebody without an identity puts the files of the secret back as they were at `start`. */
function goBack(): void {
  fs.rmSync(box.path(SECRET_FOLDER), { recursive: true, force: true })
  box.git('checkout', '-q', start, '--', SECRET_FOLDER)
  commitAll(box, 'back')
}

const OLDER = `back | ${STAGES}: an older state of ${NAME} than an earlier commit has`

describe('somebody without an identity who brought an older state back', () => {
  it('cannot hide it by putting the newer files back', async () => {
    const newest = box.head()
    goBack()
    box.git('checkout', '-q', newest, '--', SECRET_FOLDER)
    commitAll(box, 'forth')
    expect((await check(box)).found).toEqual([])
    expect(await problems()).toContain(OLDER)
  })

  it('cannot hide it by removing the secret', async () => {
    goBack()
    fs.rmSync(box.path(SECRET_FOLDER), { recursive: true, force: true })
    commitAll(box, 'DeleteSecret prod/db\n\nMember: alice')
    expect(await problems()).toContain(OLDER)
    // nor by bringing it back and removing it again
    goBack()
    fs.rmSync(box.path(SECRET_FOLDER), { recursive: true, force: true })
    commitAll(box, 'DeleteSecret prod/db\n\nMember: alice')
    expect((await problems()).filter(line => line.startsWith('back'))).toHaveLength(2)
  })

  it('cannot hide it by removing the secret before and after', async () => {
    const remove = () => {
      fs.rmSync(box.path(SECRET_FOLDER), { recursive: true, force: true })
      commitAll(box, 'removed')
    }
    remove()
    goBack()
    remove()
    expect(await problems()).toContain(
      `back | ${STAGES}: ${NAME} was removed by an earlier commit, and is back`
    )
    // the last state, on the other hand, shows nobody anything older
    box.git('reset', '-q', '--hard', 'HEAD~2')
    const removal = box.head()
    box.git('checkout', '-q', `${removal}~`, '--', SECRET_FOLDER)
    commitAll(box, 'the last state')
    expect(await problems()).toHaveLength(1)
    remove()
    expect(await problems()).toEqual([])
    expect((await checkRange(box, `${removal}..HEAD`)).found).toEqual([])
  })

  it('cannot hide it behind the writes of a member whose clone remembers nothing', async () => {
    goBack()
    const fresh = await follower(box)
    for (const id of [3, 4, 5]) await put(fresh, id)
    box.git('pull', '-q', fresh.root, 'main')
    expect(await problems()).toContain(OLDER)
  })

  it('cannot hide it by a merge with the newer state, taken as it was', async () => {
    box.git('branch', 'newer')
    goBack()
    box.git('merge', '-q', '--no-edit', '-s', 'ours', 'newer')
    box.git('checkout', '-q', 'newer', '--', SECRET_FOLDER)
    commitAll(box, 'take')
    expect(await problems()).toContain(OLDER)
  })
})

it('a put after the newer files are back mends it, because the member signs what includes both', async () => {
  const newest = box.head()
  goBack()
  box.git('checkout', '-q', newest, '--', SECRET_FOLDER)
  commitAll(box, 'forth')
  await put(box, 3)
  expect(await checkRange(box, `${start}..HEAD`)).toMatchObject({ found: [], problems: 0 })
})

it('resolve after the newer files are back signs what makes the range green', async () => {
  const newest = box.head()
  goBack()
  box.git('checkout', '-q', newest, '--', SECRET_FOLDER)
  commitAll(box, 'forth')
  expect((await run(box, { names: [NAME] })).resolved).toHaveLength(1)
  const outcome = await checkRange(box, `${start}..HEAD`)
  expect(outcome.found).toEqual([])
  expect(outcome.mended).toBeGreaterThan(0)
  expect((await run(box, { names: [NAME] })).resolved).toEqual([])
})

it('a state that mends on a branch that was not merged mends nothing', async () => {
  box.git('branch', 'side')
  goBack()
  const back = box.head()
  box.git('checkout', '-q', 'side')
  await put(box, 3)
  box.git('checkout', '-q', 'main')
  expect(box.head()).toBe(back)
  box.git('merge', '-q', '--no-edit', '-s', 'ours', 'side')
  expect(await problems()).toContain(OLDER)
})

it('a problem is reported before its commit, and what was mended with the commit that mended it', async () => {
  goBack()
  await run(box, { names: [NAME], answer: () => 'ours' })
  const clone = await cloneOf(box)
  const order: string[] = []
  const { verifyRange } = await import('../../../src/vault/verify/verifyRange.js')
  const vault = await clone.internal()
  await verifyRange(vault, {
    range: `${start}..HEAD`,
    root: box.made.root,
    reportFinding: async ({ kind, commit, mendedBy }) =>
      void order.push(`${kind} ${commit?.slice(0, 7)} ${mendedBy?.slice(0, 7)}`),
    reportCommit: async ({ commit }) => void order.push(commit.slice(0, 7))
  })
  const [second, back, mend] = box.git('log', '--reverse', '--format=%H', `${start}..HEAD`).split('\n')
  const short = (id = '') => id.slice(0, 7)
  expect(order.filter((line, at) => line !== order[at - 1])).toEqual([
    short(second),
    `mended ${short(back)} ${short(mend)}`,
    short(back),
    short(mend)
  ])
})
