import { spawn } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { makeVault, rounds, scratch, TestVault } from '../vault/fixture.js'
import { check } from '../vault/verify/verifyKit.js'

const PROGRAM = fileURLToPath(new URL('../../bin/git-vault.js', import.meta.url))
const NAMES = ['a', 'b', 'c/d'] as const

let made: TestVault
beforeAll(async () => {
  made = await makeVault('moving')
  made.clock.now = () => Date.now()
  for (const name of NAMES)
    await made.api.createSecret({ Name: `dev/${name}`, SecretString: `value of ${name}` })
})

/** Starts the program in a copy of the vault. */
function start(args: readonly string[]) {
  const root = join(scratch('killed'), 'work')
  cpSync(made.root, root, { recursive: true })
  const box = new TestVault(root, made.made)
  box.clock.now = () => Date.now()
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: root, stdio: 'ignore' })
  const ended = new Promise<NodeJS.Signals | null>(resolve =>
    child.on('exit', (_code, signal) => resolve(signal))
  )
  return { box, child, ended }
}

it(
  'a move that is killed at any moment has happened whole, or not at all',
  { timeout: 300_000 },
  async () => {
    const since = Date.now()
    const whole = start(['mv', 'dev/', 'prod/', '--yes'])
    expect(await whole.ended).toBeNull()
    const duration = Date.now() - since
    for (let round = 0; round < rounds(6); round++) {
      const { box, child, ended } = start(['mv', 'dev/', 'prod/', '--yes'])
      // the first part of the time, the program only starts
      await new Promise(resolve => setTimeout(resolve, duration * (0.3 + 0.7 * Math.random())))
      child.kill('SIGKILL')
      await ended
      await box.reopen()
      const deleted: boolean[] = []
      const present: boolean[] = []
      for (const name of NAMES) {
        deleted.push((await box.api.describeSecret({ SecretId: `dev/${name}` })).DeletedDate !== undefined)
        present.push(await box.api.describeSecret({ SecretId: `prod/${name}` }).then(Boolean, () => false))
      }
      expect(new Set([...deleted, ...present]).size, [...deleted, ...present].join()).toBe(1)
      const folder = deleted[0]! ? 'prod' : 'dev'
      const read = await box.api.getSecretValue({ SecretId: `${folder}/c/d` })
      expect(read.SecretString).toBe('value of c/d')
      // the next write finishes what was interrupted
      await box.api.createSecret({ Name: 'next', SecretString: 'x' })
      expect((await check(box)).found).toEqual([])
      box.expectClean()
    }
  }
)
