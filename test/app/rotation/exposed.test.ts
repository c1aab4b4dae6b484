import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { open } from '../../../src/app/open.js'
import { replaceValue } from '../../../src/app/rotation/replaceValue.js'
import { rotate } from '../../../src/app/rotation/rotate.js'
import { rotateDue } from '../../../src/app/rotation/rotateDue.js'
import { rotationStatus } from '../../../src/app/rotation/status.js'
import { removeMember } from '../../../src/vault/team/team.js'
import { makeVault, scratch, token, type TestVault } from '../../vault/fixture.js'
import { admit } from '../../vault/people.js'
import { account, functions, passwordOf, register, startStore, type Store } from './kit.js'

/*
 * A rotation that failed has stored a new value. Then a member who could read it is removed. The value is not made current in
 * silence.
 */

const CHAOS = join(scratch('chaos'), 'chaos.json')
const chaos = (at = '', what = ''): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))
const ONCE = `${process.execPath} ${functions}once.mjs ${CHAOS}`
const KNOWN = 'bob may know the new value of secret, and cannot read it any longer'

let box: TestVault
let store: Store
let pending: string
let made = 0
beforeAll(async () => {
  store = await startStore()
})

/** Rotates with a function or a program that fails at a point, and removes the member. */
async function left(at: string, how: 'function' | 'program'): Promise<void> {
  box = await makeVault()
  await register(box, 'plain', { node: `${functions}plain.mjs`, env: [`CHAOS=${CHAOS}`] })
  await account(box, store, 'secret')
  await admit(box, 'bob', { default: 'decrypt' })
  chaos(at, 'throw')
  const request = { SecretId: 'secret', RotationLambdaARN: 'plain', ClientRequestToken: token('left') }
  await (how === 'function' ? box.api.rotateSecret(request) : generate()).catch(() => undefined)
  pending = await passwordOf(box, 'secret', 'AWSPENDING')
  expect(await status()).not.toHaveProperty('PendingExposedTo')
  await removeMember(await box.internal(), 'bob', () => undefined)
  expect(await status()).toMatchObject({ PendingExposedTo: ['bob'], CurrentExposedTo: ['bob'] })
  chaos()
  box.notices.length = 0
}

const status = async () => rotationStatus(await box.internal(), 'secret', box.root)
const generate = async (command?: string) =>
  replaceValue(await box.internal(), 'secret', {
    ...{ token: token(`generated ${++made}`), generate: {}, command: command ?? ONCE },
    onStep: () => undefined
  })

/** Expects that the value is AWSPREVIOUS, and that the store has another one. */
async function expectReplaced(): Promise<void> {
  expect(await passwordOf(box, 'secret', 'AWSPREVIOUS')).toBe(pending)
  const current = await passwordOf(box, 'secret')
  expect(current).not.toBe(pending)
  expect(store.passwords.get('secret')).toBe(current)
  const after = await status()
  for (const field of ['PendingVersionId', 'PendingExposedTo', 'CurrentExposedTo'])
    expect(after).not.toHaveProperty(field)
  expect(box.notices).toEqual([`${KNOWN}: it is rotated once more`])
}

describe('a value that a function left', () => {
  it.each(['before', 'after'])('%s setSecret is finished by `rotate`, and replaced', async when => {
    await left(`${when} setSecret`, 'function')
    const done = await rotate(await box.internal(), 'secret', token('next'))
    expect(done).toMatchObject({ wasLeft: true, isReplaced: true })
    expect(done.versionId).not.toBe(token('left'))
    await expectReplaced()
  })

  it('is finished and replaced by `rotate --due`, too', async () => {
    await left('after setSecret', 'function')
    const outcomes: object[] = []
    for await (const { attempted } of rotateDue(await box.internal(), false)) outcomes.push(attempted)
    expect(outcomes).toEqual([
      { outcome: 'rotated', version: expect.any(String), wasLeft: true, isReplaced: true }
    ])
    await expectReplaced()
  })

  it('is finished by RotateSecret as the service does it, with a warning that says how to replace it', async () => {
    await left('after setSecret', 'function')
    await box.api.rotateSecret({ SecretId: 'secret', ClientRequestToken: token('left') })
    expect(await passwordOf(box, 'secret')).toBe(pending)
    expect(box.notices).toEqual([`${KNOWN}; rotate it again: git-vault rotate secret`])
    expect(await status()).toMatchObject({ CurrentExposedTo: ['bob'] })
  })

  it('stays exposed, and is said to be, if the second rotation fails', async () => {
    await left('after setSecret', 'function')
    // the warning comes between the two
    const notice = (): void => chaos('before setSecret', 'throw')
    const rotating = open({ ...box.options, notice }).then(vault => rotate(vault, 'secret', token('next')))
    await expect(rotating).rejects.toThrow('the rotation of secret failed at setSecret')
    expect(await passwordOf(box, 'secret')).toBe(pending)
    const after = await status()
    expect(after).toMatchObject({ CurrentExposedTo: ['bob'], PendingHasValue: true })
    expect(after).not.toHaveProperty('PendingExposedTo')
    chaos()
    const done = await rotate(await box.internal(), 'secret', token('last'))
    expect(done).toMatchObject({ wasLeft: true, versionId: after.PendingVersionId })
    expect(done).not.toHaveProperty('isReplaced')
  })
})

describe('a value that `rotate --generate --command` left', () => {
  it('after the program has set it is made current, and replaced', async () => {
    await left('after', 'program')
    expect(await generate()).toMatchObject({ wasLeft: true, isReplaced: true })
    await expectReplaced()
  })

  it('is replaced without a program, too', async () => {
    await left('before', 'program')
    const done = await replaceValue(await box.internal(), 'secret', {
      ...{ token: token('plain'), generate: {}, command: undefined },
      onStep: () => undefined
    })
    expect(done).toMatchObject({ versionId: token('plain'), wasLeft: true, isReplaced: true })
    expect(await passwordOf(box, 'secret')).not.toBe(pending)
  })
})
