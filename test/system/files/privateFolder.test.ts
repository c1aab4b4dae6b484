import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import * as fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createPrivateFolder, wipeLeftovers } from '../../../src/system/files/privateFolder.js'
import { diskFolder } from '../../fastFolder.js'
import { removeFolder } from '../../removeFolder.js'
import { scratch } from '../../vault/fixture.js'

const SOURCE = fileURLToPath(new URL('../../../src/system/files/privateFolder.ts', import.meta.url))
/** Not the folder that all share: any command wipes there what a killed one has left. */
const MEMORY = fs.mkdtempSync('/dev/shm/git-vault-test-')
const env = { GIT_VAULT_MEMORY_DIR: MEMORY }
const children: ChildProcess[] = []
let script: string
beforeAll(async () => {
  script = join(scratch('private'), 'child.mjs')
  await build({
    stdin: {
      contents: `
        import { createPrivateFolder } from ${JSON.stringify(SOURCE)}
        const folder = await createPrivateFolder(process.env)
        folder.write('value', 'the plain text')
        process.stdout.write(folder.path + '\\n')
        if (process.argv[2] === 'throw') throw new Error('on purpose')
        if (process.argv[2] === 'exit') process.exit(3)
        setInterval(() => undefined, 1000)`,
      resolveDir: dirname(SOURCE)
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script
  })
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await removeFolder(MEMORY)
})

it('is in memory, for its owner alone, and wiped with all that an editor added', async () => {
  const folder = await createPrivateFolder(env)
  const file = folder.write('value', 'the plain text')
  expect(fs.statSync(folder.path).mode & 0o777).toBe(0o700)
  expect(fs.statSync(file).mode & 0o777).toBe(0o600)
  expect(fs.statfsSync(folder.path).type).toBe(0x01021994)
  fs.mkdirSync(join(folder.path, 'backup'))
  fs.writeFileSync(join(folder.path, 'backup', 'value~'), 'the plain text')
  // another name of the file, outside, would keep what is only unlinked
  const open = fs.openSync(file, 'r')
  folder.wipe()
  expect(fs.existsSync(folder.path)).toBe(false)
  const left = Buffer.alloc(14, 'x')
  fs.readSync(open, left, 0, 14, 0)
  fs.closeSync(open)
  expect(left).toEqual(Buffer.alloc(14))
  folder.wipe()
})

it('does not overwrite through a link that leads out of the folder', async () => {
  const outside = join(scratch('outside'), 'file')
  fs.writeFileSync(outside, 'kept')
  const folder = await createPrivateFolder(env)
  fs.symlinkSync(outside, join(folder.path, 'link'))
  fs.symlinkSync(dirname(outside), join(folder.path, 'folder'))
  folder.wipe()
  expect(fs.readFileSync(outside, 'utf8')).toBe('kept')
})

it.each(['throw', 'exit'])('is wiped when the process ends: %s', how => {
  const { stdout } = spawnSync(process.execPath, [script, how], {
    env: { ...process.env, ...env },
    encoding: 'utf8'
  })
  expect(stdout).toContain(`${MEMORY}/git-vault-private.`)
  expect(fs.existsSync(stdout.trim())).toBe(false)
})

/** Starts a process that holds a folder, and returns once it has written the plain text. */
async function holder(): Promise<{ path: string; kill: (signal: NodeJS.Signals) => Promise<string | null> }> {
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  children.push(child)
  const path = await new Promise<string>(resolve => {
    child.stdout.once('data', (data: Buffer) => resolve(String(data).trim()))
  })
  const kill = (signal: NodeJS.Signals) =>
    new Promise<string | null>(resolve => {
      child.once('exit', (_code, by) => resolve(by))
      child.kill(signal)
    })
  return { path, kill }
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)(
  'is wiped at %s, which still ends it',
  async signal => {
    const { path, kill } = await holder()
    expect(fs.existsSync(join(path, 'value'))).toBe(true)
    expect(await kill(signal)).toBe(signal)
    expect(fs.existsSync(path)).toBe(false)
  }
)

it('of a killed process is wiped later; that of a running one, or of another container, stays', async () => {
  const [dead, alive] = [await holder(), await holder()]
  await dead.kill('SIGKILL')
  expect(fs.readFileSync(join(dead.path, 'value'), 'utf8')).toBe('the plain text')
  const fields = basename(dead.path).split('.')
  const elsewhere = join(dirname(dead.path), [...fields.slice(0, 4), '1', ...fields.slice(5)].join('.'))
  fs.mkdirSync(elsewhere)
  await wipeLeftovers(env)
  expect([dead.path, alive.path, elsewhere].map(path => fs.existsSync(path))).toEqual([false, true, true])
  fs.rmdirSync(elsewhere)
  await alive.kill('SIGTERM')
})

it('is refused if there is only a disk', async () => {
  const disk = diskFolder('git-vault-disk-')
  onTestFinished(() => removeFolder(disk))
  if (fs.statfsSync(disk).type === 0x01021994) return
  const folder = await createPrivateFolder({ GIT_VAULT_MEMORY_DIR: disk })
  expect(dirname(folder.path)).not.toBe(disk)
  folder.wipe()
})
