import { afterAll, beforeAll, expect, it } from 'vitest'
import { seeds, type TestVault } from '../../vault/fixture.js'
import { check, checkRange } from '../../vault/verify/verifyKit.js'
import { Template } from './clones.js'
import { History } from './history.js'

/** GIT_VAULT_TEST_ROUNDS=2000 is the long run; GIT_VAULT_TEST_SEED=17 repeats one history. */
const SEEDS = seeds(200)

let template: Template
let start: string

beforeAll(async () => {
  template = await Template.make()
  const [first] = await template.clones(1)
  start = first!.box.head()
})
afterAll(async () => template.end())

/** The versions and labels of each secret, by ARN. */
async function secretsIn(box: TestVault) {
  const api = await box.reopen()
  const { SecretList = [] } = await api.listSecrets({ IncludePlannedDeletion: true })
  return new Map(SecretList.map(({ ARN = '', SecretVersionsToStages = {} }) => [ARN, SecretVersionsToStages]))
}

async function expectWhole(history: History): Promise<void> {
  const [{ box }] = history.clones as [History['clones'][0]]
  const trees = history.clones.map(clone => clone.box.git('rev-parse', 'HEAD^{tree}').trim())
  expect(new Set(trees).size, 'the clones have one tree').toBe(1)
  for (const clone of history.clones) expect(clone.box.status(), clone.box.root).toBe('')
  expect((await check(box)).found).toEqual([])
  expect((await checkRange(box, `${start}..HEAD`)).found).toEqual([])
  const secrets = await secretsIn(box)
  for (const [arn, labels] of secrets) {
    const current = Object.values(labels).filter(each => each.includes('AWSCURRENT'))
    expect(current, `AWSCURRENT of ${arn}`).toHaveLength(1)
  }
  // All are younger than 24 hours and fewer than 100, so no version may be pruned.
  for (const [arn, versions] of history.acknowledged) {
    if (!secrets.has(arn)) {
      expect([...history.made], `${arn} is gone`).toEqual(expect.arrayContaining(['removal']))
      continue
    }
    const { Versions = [] } = await box.api.listSecretVersionIds({ SecretId: arn, IncludeDeprecated: true })
    const present = Versions.map(({ VersionId }) => VersionId)
    expect(present, arn).toEqual(expect.arrayContaining([...versions]))
  }
  const allowed = [
    ...(history.made.has('create') ? ['created twice'] : []),
    // a removal that another clone did not know of, and a state that a revert brought back
    ...(history.made.has('removal') || history.made.has('revert') ? ['removed and changed'] : []),
    ...(history.made.has('revert') ? ['goes back'] : [])
  ]
  for (const reason of history.asked) expect(allowed).toContain(reason)
}

/** Failures after which no more histories are made. */
const ENOUGH = 5

it(
  `${SEEDS.length} random histories of two to five clones end in one state, with nothing lost`,
  { timeout: 60_000 + SEEDS.length * 30_000 },
  async () => {
    const failures: string[] = []
    let questions = 0
    for (const seed of SEEDS) {
      const history = await History.begin(template, seed)
      try {
        await history.steps(6)
        await history.syncAll()
        await expectWhole(history)
      } catch (error) {
        const reason = error instanceof Error ? (error.stack ?? '') : String(error)
        failures.push(
          [`seed ${seed}: ${reason}`, `repeat it with GIT_VAULT_TEST_SEED=${seed}:`, ...history.log].join(
            '\n'
          )
        )
        if (failures.length === ENOUGH) break
      }
      if (history.asked.length > 0) questions++
      history.remove()
    }
    expect(failures.join('\n\n')).toBe('')
    expect(questions).toBeLessThan(SEEDS.length / 2 + 1)
  }
)
