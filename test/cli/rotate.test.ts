import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { account, functions, passwordOf, startStore, type Store } from '../app/rotation/kit.js'
import { makeVault, scratch, type TestVault } from '../vault/fixture.js'
import { PROGRAM } from './drive.js'

let box: TestVault
let store: Store
const CHAOS = join(scratch('chaos'), 'chaos.json')
const chaos = (at = '', what = ''): void => writeFileSync(CHAOS, JSON.stringify({ at, what }))

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program while the store of this process answers. */
function gitVault(...args: string[]): Promise<Ran> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: box.root,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', chunk => (stdout += String(chunk)))
    child.stderr.on('data', chunk => (stderr += String(chunk)))
    child.on('close', code => resolve({ code, stdout, stderr }))
  })
}

beforeAll(async () => {
  box = await makeVault()
  box.clock.now = () => Date.now()
  store = await startStore()
  await gitVault('function', 'add', 'plain', '--node', `${functions}plain.mjs`, '--env', `CHAOS=${CHAOS}`)
})

/** Creates a secret that `plain` rotates, and has not rotated. */
async function rotatable(name: string): Promise<void> {
  await account(box, store, name)
  chaos()
  const set = ['--rotation-lambda-arn', 'plain', '--no-rotate-immediately']
  expect((await gitVault('rotate-secret', '--secret-id', name, ...set)).code).toBe(0)
}

describe('git-vault rotate, with a function', () => {
  it('says in one line what was rotated', async () => {
    await rotatable('one')
    const { code, stdout, stderr } = await gitVault('rotate', 'one')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^rotated one: AWSCURRENT is on version [0-9a-f-]{36}\n$/)
    expect(await passwordOf(box, 'one')).toBe(store.passwords.get('one'))
  })

  it('finishes an earlier rotation, and succeeds', async () => {
    await rotatable('left')
    chaos('before setSecret', 'throw')
    expect((await gitVault('rotate', 'left')).code).toBe(255)
    const pending = await passwordOf(box, 'left', 'AWSPENDING')
    chaos()
    const { code, stdout, stderr } = await gitVault('rotate', 'left')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^finished the earlier rotation of left: AWSCURRENT is on version [0-9a-f-]{36}\n$/
    )
    expect(await passwordOf(box, 'left')).toBe(pending)
    expect(store.passwords.get('left')).toBe(pending)
  })

  it('goes on after a failure, and ends with its exit code', async () => {
    await rotatable('first')
    await rotatable('last')
    const { code, stdout, stderr } = await gitVault('rotate', 'first', 'lasst', 'last', 'first')
    expect(code).toBe(254)
    expect(stdout.replaceAll(/[0-9a-f-]{36}/g, 'ID')).toBe(
      'rotated first: AWSCURRENT is on version ID\nrotated last: AWSCURRENT is on version ID\n'
    )
    expect(stderr).toBe("git-vault: there is no secret 'lasst'\ngit-vault: hint: did you mean last?\n")
  })

  it('does not continue a rotation that was cancelled', async () => {
    await rotatable('off')
    chaos('before setSecret', 'throw')
    await gitVault('rotate', 'off')
    chaos()
    await gitVault('rotation', 'cancel', 'off')
    const { code, stderr } = await gitVault('rotate', 'off')
    expect(code).toBe(254)
    expect(stderr).toContain('git-vault: hint: git-vault label off AWSPENDING --remove\n')
    expect(await passwordOf(box, 'off')).toBe(store.passwords.get('off'))
  })
})
