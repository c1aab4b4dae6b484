import { execFileSync, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { rounds, type TestVault } from '../../vault/fixture.js'
import { cloneHub, hubAndVault, problems, put, syncOf, value } from './kit.js'

const program = fileURLToPath(new URL('../../../bin/git-vault.js', import.meta.url))

/** Runs the built program. When it starts a git command for the first time, a shell script runs instead. */
async function killedAt(box: TestVault, command: string, script: string): Promise<boolean> {
  const shim = join(box.path('.git'), 'shim')
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  const [began, done] = [join(shim, 'began'), join(shim, 'done')]
  fs.mkdirSync(shim, { recursive: true })
  fs.writeFileSync(
    join(shim, 'git'),
    `#!/bin/sh\nreal='${real}'\n` +
      `case " $* " in *" ${command} "*) if mkdir '${began}' 2>/dev/null; then ${script}; mkdir '${done}'; kill -9 $$; fi;; esac\n` +
      `exec "$real" "$@"\n`,
    { mode: 0o755 }
  )
  const child = spawn(process.execPath, [program, 'sync'], {
    cwd: box.root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${shim}:${process.env['PATH']}` }
  })
  await new Promise(resolve => child.once('close', resolve))
  // the orphan of the killed program
  while (fs.existsSync(began) && !fs.existsSync(done)) await new Promise(resolve => setTimeout(resolve, 10))
  const isKilled = child.signalCode === 'SIGKILL'
  fs.rmSync(shim, { recursive: true })
  return isKilled
}

const KILL = 'kill -9 $PPID'
const GIT = '"$real" "$@"'
/** What `git merge` does before it moves the branch, if it is killed then. */
const HALF = 'for to; do :; done; "$real" update-index -q --refresh; "$real" read-tree -m -u HEAD $to'
/** What a power cut may do to files that are not synced. */
const EMPTIED = ': >vault/secrets/db/stages.yaml'

it.each([
  ['fetch', 'before it', `${KILL}; ${GIT}`],
  ['fetch', 'after it', `${GIT}; ${KILL}`],
  ['fast-import', 'before it', `${KILL}; ${GIT}`],
  ['merge-tree', 'after it', `${GIT}; ${KILL}`],
  ['merge --ff-only', 'before it', `${KILL}; ${GIT}`],
  ['merge --ff-only', 'instead of it', KILL],
  ['merge --ff-only', 'in the middle of it', `${HALF}; ${KILL}`],
  ['merge --ff-only', 'after it', `${GIT}; ${KILL}`],
  ['merge --ff-only', 'after it, with the power', `${GIT}; ${EMPTIED}; ${KILL}`],
  ['push', 'before it', `${KILL}; ${GIT}`],
  ['push', 'after it', `${GIT}; ${KILL}`]
])('a sync killed at git %s, %s, leaves the old state or the new one', async (command, _, script) => {
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
    expect(await killedAt(bob, command, script)).toBe(true)

    const head = bob.head()
    const isNew = head !== old
    if (isNew) expect(bob.git('rev-parse', 'HEAD^1', 'HEAD^2').trim().split('\n')).toEqual([old, ana.head()])
    // any command completes or undoes what was interrupted
    if (script.includes(HALF) || script.includes(EMPTIED)) expect(bob.status()).not.toBe(own[0])
    await bob.reopen()
    expect(await value(bob, 'db')).toBe('by bob')
    expect([bob.status(), bob.git('diff', '--cached')]).toEqual(own)
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
