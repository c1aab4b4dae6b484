import { execFileSync, spawn, type StdioOptions } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { makeVault, scratch } from '../vault/fixture.js'
import { keysIn } from './process.js'
import { ask, bytesOf, signed } from './wire.js'

/** The built program: the tests' setup builds it. */
const PROGRAM = fileURLToPath(new URL('../../bin/git-vault.js', import.meta.url))

/** `git-vault serve`, writing to `stdio`, which nobody reads. */
async function serve(stdio: StdioOptions) {
  const vault = await makeVault()
  vault.clock.now = () => Date.now()
  await vault.api.createSecret({ Name: 'known', SecretString: 'x' })
  const file = join(scratch('environment'), 'env')
  const args = [PROGRAM, 'serve', '--port', '0', '--environment', file]
  const child = spawn(process.execPath, args, { cwd: vault.root, stdio })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = new Promise(resolve => child.once('exit', code => resolve(code)))
  while (!fs.existsSync(file)) {
    if (child.exitCode !== null) throw new Error('the server ended')
    await setTimeout(20)
  }
  const keys = keysIn(file)
  const known = { ...keys, target: 'GetSecretValue', body: '{"SecretId":"known"}' }
  const read = async () => (await ask(keys.url, bytesOf(signed(known)))).status
  return { child, ended, read }
}

it.each([
  ['first lines', (full: number): StdioOptions => ['ignore', full, 'ignore']],
  ['log', (full: number): StdioOptions => ['ignore', 'ignore', full]]
])('a full pipe for its %s delays neither answers nor the exit', async (_, stdio) => {
  const fifo = join(scratch('fifo'), 'full')
  execFileSync('mkfifo', [fifo])
  const filled = fs.openSync(fifo, fs.constants.O_RDWR | fs.constants.O_NONBLOCK)
  expect(() => {
    for (;;) fs.writeSync(filled, 'x'.repeat(4096))
  }).toThrow('EAGAIN')
  // a descriptor of its own, which blocks
  const full = fs.openSync(fifo, fs.constants.O_WRONLY)
  const { child, ended, read } = await serve(stdio(full))
  for (let at = 0; at < 20; at++) expect(await read()).toBe(200)
  child.kill('SIGTERM')
  expect(await Promise.race([ended, setTimeout(10_000, 'still there', { ref: false })])).toBe(0)
  fs.closeSync(full)
  fs.closeSync(filled)
})
