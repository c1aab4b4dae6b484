import * as fs from 'node:fs'
import { expect, it } from 'vitest'
import { check, checkRange, commitAll } from '../verify/verifyKit.js'
import { rounds, token, type TestVault } from '../fixture.js'
import { FOLDER, NAME, pull, put, run, STAGES, twoClones, value } from './resolveKit.js'
import { picker } from '../../random.js'

/** Histories. GIT_VAULT_TEST_ROUNDS=200 is the long run. */
const ROUNDS = rounds(4)

type Pick = ReturnType<typeof picker>

/** One write by a member. Returns the version that it acknowledged. */
async function write(box: TestVault, pick: Pick, serial: number, acknowledged: Set<string>): Promise<void> {
  const id = `v${serial}`
  if (pick(4) === 0) {
    box.clock.advance(1000)
    await box.api.tagResource({ SecretId: NAME, Tags: [{ Key: `t${serial}`, Value: 'x' }] })
    return
  }
  await put(box, id)
  acknowledged.add(token(id))
  if (pick(3) > 0) return
  box.clock.advance(1000)
  await box.api.updateSecretVersionStage({
    SecretId: NAME,
    VersionStage: `s${serial}`,
    MoveToVersionId: token(id)
  })
}

/** Ends a merge as people do who do not know how. */
function endByHand(box: TestVault, pick: Pick): void {
  const side = pick(2) === 0 ? '--ours' : '--theirs'
  const how = pick(4)
  if (how < 3) box.tryGit('checkout', side, '--', FOLDER)
  const versions = `${FOLDER}/versions`
  const files = fs.readdirSync(box.path(versions))
  if (how === 1) fs.rmSync(box.path(`${versions}/${files[pick(files.length)]}`))
  if (how === 2) fs.rmSync(box.path(STAGES), { force: true })
  commitAll(box, 'by hand')
}

/** Merges the other clone, and sometimes goes back, by whatever git offers. */
async function meet(box: TestVault, from: TestVault, pick: Pick): Promise<void> {
  if (pull(box, from)) {
    if (pick(2) === 0) endByHand(box, pick)
    else {
      expect(await run(box)).toMatchObject({ unresolved: [], questions: [], remaining: [] })
      box.git('commit', '-q', '--no-edit')
    }
  }
  if (pick(4) === 0 && box.tryGit('revert', '--no-edit', '-m', '1', 'HEAD').status !== 0)
    box.tryGit('revert', '--abort')
}

it(
  `after resolve, ${ROUNDS} histories are green and nothing is missing`,
  { timeout: ROUNDS * 60_000 },
  async () => {
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const pick = picker(seed)
      const [a, b] = await twoClones()
      const start = a.head()
      const acknowledged = new Set([token(1)])
      let serial = 0
      for (let round = 0; round < 3; round++) {
        for (const box of [a, b])
          for (let left = 1 + pick(2); left > 0; left--) await write(box, pick, ++serial, acknowledged)
        await meet(a, b, pick)
        const done = await run(a, { names: [NAME], answer: () => 'ours' })
        expect({ seed, round, unresolved: done.unresolved }).toEqual({ seed, round, unresolved: [] })
        const where = `seed ${seed}, round ${round}`
        expect((await check(a)).found, where).toEqual([])
        expect((await checkRange(a, `${start}..HEAD`)).found, where).toEqual([])
        for (const VersionId of acknowledged)
          expect(await value(a, { VersionId }), `${where}, ${VersionId}`).toBeDefined()
        const { VersionIdsToStages = {} } = await a.api.describeSecret({ SecretId: NAME })
        const current = Object.values(VersionIdsToStages).filter(labels => labels.includes('AWSCURRENT'))
        expect(current, where).toHaveLength(1)
        a.expectClean()
        b.git('fetch', '-q', a.root, 'main')
        b.git('reset', '-q', '--hard', 'FETCH_HEAD')
        await b.reopen()
        await value(b)
      }
    }
  }
)
