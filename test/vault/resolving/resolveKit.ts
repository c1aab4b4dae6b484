import { expect } from 'vitest'
import { open } from '../../../src/app/open.js'
import { resolve, type Resolved } from '../../../src/app/resolve.js'
import { trust } from '../../../src/app/trust.js'
import { answerId, type Answer, type Question } from '../../../src/vault/resolving/types.js'
import type { Person } from '../people.js'
import { check, checkRange } from '../verify/verifyKit.js'
import { cloneOf, makeVault, token, type TestVault } from '../fixture.js'

export const NAME = 'prod/db'
export const FOLDER = `vault/secrets/${NAME}`
export const STAGES = `${FOLDER}/stages.yaml`
export const SECRET = `${FOLDER}/secret.yaml`

/** A clone that trusts the vault. */
export async function follower(box: TestVault): Promise<TestVault> {
  const clone = await cloneOf(box)
  await trust(clone.root, box.made.root)
  await clone.reopen()
  return clone
}

/** Two clones of one vault, with a secret of one version, and one more secret. */
export async function twoClones(): Promise<[TestVault, TestVault]> {
  const first = await makeVault()
  first.clock.time = Date.now()
  await first.api.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token(1) })
  await first.api.createSecret({ Name: 'other', SecretString: 'other', ClientRequestToken: token('o') })
  return [first, await follower(first)]
}

export const put = (box: TestVault, id: string | number, value = `value ${id}`, name = NAME) => {
  box.clock.advance(1000)
  return box.api.putSecretValue({ SecretId: name, SecretString: value, ClientRequestToken: token(id) })
}

export const value = async (box: TestVault, request: object = {}): Promise<string | undefined> =>
  (await box.api.getSecretValue({ SecretId: NAME, ...request })).SecretString

/** Starts to merge the other clone's branch, without a driver. Returns whether there are conflicts. */
export function pull(box: TestVault, from: TestVault, ...args: string[]): boolean {
  box.tryGit('config', '--remove-section', 'merge.git-vault')
  box.git('fetch', '-q', from.root, 'HEAD:refs/remotes/other/main', '--force')
  return box.tryGit('merge', '--no-edit', ...args, 'refs/remotes/other/main').status !== 0
}

export interface Run {
  readonly names?: readonly string[]
  readonly region?: string | undefined
  /** Who resolves; the user of the test file by default. */
  readonly as?: Person
  readonly answer?: (question: Question) => Answer | undefined
}

/** Runs `resolve` like its verb: asks, and then runs again with the answers. */
export async function run(box: TestVault, { names = [], region, as, answer }: Run = {}): Promise<Resolved> {
  const vault = await (as ? as.open(box) : open(box.options))
  const answers = new Map<string, Answer>()
  try {
    for (let isFinal = false; ;) {
      const done = await resolve(box.root, vault, { names, region, answers, isFinal })
      if (isFinal || done.questions.length === 0) return done
      for (const question of done.questions) {
        const given = answer?.(question)
        if (given) answers.set(answerId(question), given)
        else isFinal = true
      }
    }
  } finally {
    await vault.close()
  }
}

/** Expects that nothing is wrong any more, in the tree and in the range from `start`. */
export async function expectGreen(box: TestVault, start: string): Promise<void> {
  expect((await check(box)).found).toEqual([])
  expect((await checkRange(box, `${start}..HEAD`)).found).toEqual([])
  box.expectClean()
}
