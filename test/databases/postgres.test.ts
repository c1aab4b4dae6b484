import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { scratch } from '../vault/fixture.js'
import { bundle } from '../vault/process.js'
import { startPostgres, type Postgres } from './postgres.js'
import { databaseProgram } from './programs.js'

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Waits until something is so. The test's own timeout ends it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, 20))
}

let postgres: Postgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

it('asks each user for the password', async () => {
  const account = await postgres.createUser('ana', 'first')
  expect(await postgres.accepts(account)).toBe(true)
  await postgres.query("ALTER ROLE ana PASSWORD 'second'")
  expect(await postgres.accepts(account)).toBe(false)
  expect(await postgres.accepts({ username: 'ana', password: 'second' })).toBe(true)
  expect(await postgres.accepts({ username: 'nobody', password: 'x' })).toBe(false)
})

it('listens on the loopback address only', async () => {
  expect(await postgres.query('SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
  expect(await postgres.query('SHOW unix_socket_directories')).toEqual([{ unix_socket_directories: '' }])
})

it('ends with `stop`, and its folder is removed', async () => {
  const other = await startPostgres()
  expect(other.port).not.toBe(postgres.port)
  expect(existsSync(other.folder)).toBe(true)
  await other.stop()
  expect(existsSync(other.folder)).toBe(false)
  expect(isAlive(other.pid)).toBe(false)
})

it('ends with the process that started it, also if that is killed', async () => {
  const program = bundle(new URL('startAndWait.ts', import.meta.url), 'startAndWait.mjs')
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { pid, folder } = JSON.parse(line.toString()) as { pid: number; folder: string }
  expect([isAlive(pid), existsSync(folder)]).toEqual([true, true])
  child.kill('SIGKILL')
  await until(() => !existsSync(folder))
})

it('the set-up asks for no package if every server is installed', () => {
  const folder = scratch('apt')
  writeFileSync(join(folder, 'apt-get'), `#!/bin/sh\ntouch ${folder}/called\n`, { mode: 0o755 })
  const setup = fileURLToPath(new URL('setup.sh', import.meta.url))
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` }
  const { status, stdout, stderr } = spawnSync('bash', [setup], { env, encoding: 'utf8' })
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' })
  expect(existsSync(join(folder, 'called'))).toBe(false)
})

it('a program that is not installed is named', () => {
  expect(() => databaseProgram('no-such-server', 'a-package')).toThrow(
    'missing: no-such-server, which this test runs. Install it: apt-get install a-package'
  )
})
