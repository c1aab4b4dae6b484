import { execFileSync, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { rounds, type TestVault } from '../../vault/fixture.js'
import { cloneHub, hubAndVault, problems, put, syncOf, value } from './kit.js'

const program = fileURLToPath(new URL('../../../bin/git-vault.js', import.meta.url))

/** Runs the built program, and kills it when git is about to run a command, or never. */
async function killedAt(box: TestVault, command: string, after: boolean): Promise<boolean> {
  const shim = join(box.path('.git'), 'shim')
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  const [killed, done] = [join(shim, 'killed'), join(shim, 'done')]
  fs.mkdirSync(shim, { recursive: true })
  const [kill, git] = ['kill -9 $PPID', `'${real}' "$@"; code=$?`]
  const run = `${after ? `${git}; ${kill}` : `${kill}; ${git}`}; mkdir '${done}'; exit $code`
  fs.writeFileSync(
    join(shim, 'git'),
    `#!/bin/sh\ncase " $* " in *" ${command} "*) if mkdir '${killed}' 2>/dev/null; then ${run}; fi;; esac\nexec '${real}' "$@"\n`,
    { mode: 0o755 }
  )
  const child = spawn(process.execPath, [program, 'sync'], {
    cwd: box.root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${shim}:${process.env['PATH']}` }
  })
  await new Promise(resolve => child.once('close', resolve))
  // the orphan of the killed program
  while (fs.existsSync(killed) && !fs.existsSync(done)) await new Promise(resolve => setTimeout(resolve, 10))
  const isKilled = child.signalCode === 'SIGKILL'
  fs.rmSync(shim, { recursive: true })
  return isKilled
}

it.each([
  ['fetch', false],
  ['fetch', true],
  ['fast-import', false],
  ['merge-tree', false],
  ['merge-tree', true],
  ['merge --ff-only', false],
  ['merge --ff-only', true],
  ['push', false],
  ['push', true]
])('a sync killed at git %s (after it: %s) leaves the old state or the new one', async (command, after) => {
  for (let round = 0; round < rounds(1); round++) {
    const { hub, ana } = await hubAndVault(Date.now())
    const start = ana.head()
    const bob = await cloneHub(hub, ana)
    bob.write('code', 'mine\n')
    bob.write('staged', 'mine\n')
    bob.git('add', 'staged')
    const own = [bob.status(), bob.git('diff', '--cached')]
    const one = await put(ana, 'db', 'by ana')
    await syncOf(ana)
    const two = await put(bob, 'db', 'by bob')
    const old = bob.head()
    expect(await killedAt(bob, command, after)).toBe(true)

    const head = bob.head()
    const isNew = head !== old
    if (isNew) expect(bob.git('rev-parse', 'HEAD^1', 'HEAD^2').trim().split('\n')).toEqual([old, ana.head()])
    expect([bob.status(), bob.git('diff', '--cached')]).toEqual(own)
    expect(await value(bob, 'db')).toBe('by bob')
    expect(bob.tryGit('fsck', '--no-dangling')).toMatchObject({ status: 0 })

    await syncOf(bob)
    expect([bob.status(), bob.git('diff', '--cached')]).toEqual(own)
    await syncOf(ana)
    expect(ana.head()).toBe(bob.head())
    for (const box of [ana, bob]) {
      expect([await value(box, 'db', one), await value(box, 'db', two)]).toEqual(['by ana', 'by bob'])
      expect((await problems(box, start)).filter(line => !line.startsWith('code'))).toEqual([])
    }
  }
})
