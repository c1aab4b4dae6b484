import { execFileSync, spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PROGRAM } from '../built.js'
import { makeVault, rounds, token, top, type TestVault } from '../../vault/fixture.js'
import { walk } from '../../vault/process.js'

const NAME = 'prod/db'
const FOLDER = `vault/secrets/${NAME}`
const FIX = [PROGRAM, 'doctor', '--fix', '--yes']

/** A vault whose index and work tree are behind HEAD, which lacks a listed version and the driver, with work of the user. */
async function damaged(): Promise<TestVault> {
  const box = await makeVault()
  box.clock.time = Date.now()
  await box.api.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token(1) })
  await box.api.putSecretValue({ SecretId: NAME, SecretString: 'two', ClientRequestToken: token(2) })
  await box.api.createSecret({ Name: 'other', SecretString: 'three', ClientRequestToken: token(3) })
  box.git('rm', '-q', `vault/secrets/other/versions/${token(3)}.yaml`)
  box.git('commit', '-q', '-m', 'oops')
  box.git('restore', '-s', 'HEAD~3', '--staged', '--worktree', FOLDER)
  box.git('config', '--remove-section', 'merge.git-vault')
  box.write('code.txt', 'staged')
  box.git('add', 'code.txt')
  box.write('code.txt', 'edited')
  return box
}

function findings(box: TestVault): string[] {
  const { stdout } = spawnSync(process.execPath, [PROGRAM, 'doctor', '--output', 'json'], {
    cwd: box.root,
    encoding: 'utf8'
  })
  const { findings: found } = JSON.parse(stdout) as { findings: { what: string; state: string }[] }
  return found.filter(({ state }) => state === 'problem').map(({ what }) => what)
}

describe('doctor --fix', () => {
  it('killed at any moment loses nothing, and the next one ends it', async () => {
    const whole = await damaged()
    const since = performance.now()
    expect(spawnSync(process.execPath, FIX, { cwd: whole.root }).status).toBe(0)
    const duration = performance.now() - since
    for (let round = 0; round < rounds(10); round++) {
      const box = await damaged()
      const child = spawn(process.execPath, FIX, { cwd: box.root, stdio: 'ignore' })
      const ended = new Promise(resolve => child.once('close', resolve))
      await new Promise(resolve => setTimeout(resolve, duration * (0.3 + 0.7 * Math.random())))
      child.kill('SIGKILL')
      await ended
      const { status, stderr } = spawnSync(process.execPath, FIX, { cwd: box.root, encoding: 'utf8' })
      expect({ status, stderr }).toMatchObject({ status: 0 })
      expect(findings(box), stderr).toEqual([])
      expect([box.read('code.txt'), box.git('show', ':code.txt')]).toEqual(['edited', 'staged'])
      expect(await box.api.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: 'two' })
      expect(await box.api.getSecretValue({ SecretId: 'other' })).toMatchObject({ SecretString: 'three' })
      expect(box.git('status', '--porcelain')).toBe('AM code.txt\n')
    }
  }, 300_000)

  it('with a read-only .git says what it could not do, and changes nothing', async () => {
    const box = await damaged()
    const before = box.state()
    const NOBODY = 65_534
    const isRoot = process.geteuid?.() === 0
    fs.chmodSync(top, 0o755)
    if (isRoot) execFileSync('chown', ['-R', String(NOBODY), top])
    fs.chmodSync(`${box.root}/..`, 0o755)
    const inside = [box.path('.git'), ...walk(box.path('.git'))]
    for (const path of inside) fs.chmodSync(path, fs.statSync(path).isDirectory() ? 0o555 : 0o444)
    try {
      const { status, stderr } = spawnSync(process.execPath, FIX, {
        cwd: box.root,
        encoding: 'utf8',
        ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {})
      })
      expect({ status, stderr }).toMatchObject({ status: 255 })
      expect(stderr).toMatch(/^git-vault: not done: bring 2 files.+: cannot write in .+: permission denied$/m)
      expect(stderr).toMatch(/git-vault: doctor could not fix 3 of 4 problems\n$/)
    } finally {
      for (const path of inside) if (fs.statSync(path).isDirectory()) fs.chmodSync(path, 0o755)
      if (isRoot) execFileSync('chown', ['-R', '0', top])
    }
    expect(box.state()).toBe(before)
  })
})
