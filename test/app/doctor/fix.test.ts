import * as fs from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { applyFixes } from '../../../src/app/doctor/applyFixes.js'
import { verify } from '../../../src/vault/verify/verify.js'
import { makeVault, putMany, rounds, token, type TestVault } from '../../vault/fixture.js'
import { findings } from './kit.js'
import { follower, stagesIn } from '../../vault/merging/mergeKit.js'

const NAME = 'prod/db'
const FOLDER = `vault/secrets/${NAME}`
const STAGES = `${FOLDER}/stages.yaml`

let box: TestVault
beforeEach(async () => {
  box = await makeVault()
  box.clock.time = Date.now()
  await box.api.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token(1) })
  await box.api.putSecretValue({ SecretId: NAME, SecretString: 'two', ClientRequestToken: token(2) })
})

/** The findings that are neither ok nor about the team. */
async function problems(at = box): Promise<Record<string, string>> {
  const found = (await findings(at)).filter(
    ({ what, state }) => state !== 'ok' && !['identity', 'recovery'].includes(what)
  )
  return Object.fromEntries(found.map(({ what, text }) => [what, text]))
}

/** Applies all fixes. Returns what was done, and why some failed. */
async function fix(at = box): Promise<string[]> {
  const fixes = (await findings(at)).flatMap(({ fix: each }) => each ?? [])
  const done: string[] = []
  for await (const {
    fix: { text },
    failed
  } of applyFixes(await at.internal(), fixes))
    done.push(failed ? `not done: ${text}: ${failed.message}` : text)
  return done
}

async function verifyProblems(at = box): Promise<string[]> {
  const found: string[] = []
  await verify(await at.internal(), {
    reportFinding: async ({ kind, path, reason }) => {
      if (kind === 'problem') found.push(`${path}: ${reason}`)
    }
  })
  return found
}

describe('doctor --fix', () => {
  it('has nothing to do in a clone that is in order', async () => {
    expect(await problems()).toEqual({})
    expect(await fix()).toEqual([])
  })

  it('brings index and work tree, which an interrupted write left behind HEAD, to HEAD’s state', async () => {
    const head = box.head()
    box.git('restore', '-s', 'HEAD~1', '--staged', '--worktree', FOLDER)
    box.write('code.txt', 'mine')
    box.git('add', 'code.txt')
    box.write('code.txt', 'mine too')
    expect(Object.keys(await problems())).toEqual(['files', 'exposure'])
    expect(await fix()).toEqual([
      expect.stringMatching(/^bring 2 files, such as vault\/.+, to the state in HEAD$/)
    ])
    expect(await problems()).toEqual({})
    expect(box.head()).toBe(head)
    expect(box.git('diff', '--cached', '--name-only')).toBe('code.txt\n')
    expect(box.read('code.txt')).toBe('mine too')
  })

  it('brings a drifted index to HEAD’s state, with the work tree right, and the other way round', async () => {
    box.git('restore', '-s', 'HEAD~1', '--staged', FOLDER)
    expect(Object.keys(await problems())).toEqual(['tracking', 'files', 'exposure'])
    await fix()
    expect(await problems()).toEqual({})
    box.git('restore', '-s', 'HEAD~1', '--worktree', FOLDER)
    fs.rmSync(box.path('vault/access.yaml'))
    fs.rmSync(box.path('.vaultrc'))
    box.git('restore', '.vaultrc')
    await fix()
    expect(await problems()).toEqual({})
    box.expectClean()
  })

  it('never changes what the user has edited, and names it', async () => {
    box.write(STAGES, 'mine')
    expect(await problems()).toMatchObject({
      edits: `edited by hand, so doctor leaves it as it is: ${STAGES}`
    })
    box.git('add', STAGES)
    await fix()
    expect([box.read(STAGES), box.git('show', `:${STAGES}`)]).toEqual(['mine', 'mine'])
    box.git('restore', '-s', 'HEAD~1', '--worktree', STAGES)
    await fix()
    expect(box.git('show', `:${STAGES}`)).toBe('mine')
    expect(box.read(STAGES)).toBe(box.git('show', `HEAD~1:${STAGES}`))
  })

  it('does not overwrite an edit that was made after the checks', async () => {
    box.git('restore', '-s', 'HEAD~1', '--staged', '--worktree', FOLDER)
    const fixes = (await findings(box)).flatMap(({ fix: each }) => each ?? [])
    box.write(STAGES, 'mine')
    for await (const { fix: done } of applyFixes(await box.internal(), fixes)) expect(fixes).toContain(done)
    expect(box.read(STAGES)).toBe('mine')
  })

  it('names untracked files in the vault’s folder, and deletes none', async () => {
    box.write('vault/notes.txt', 'mine')
    expect(Object.keys(await problems())).toEqual(['tracking'])
    await fix()
    expect(box.read('vault/notes.txt')).toBe('mine')
  })

  it('does not compare with HEAD while a merge is in progress', async () => {
    box.write('.git/MERGE_HEAD', `${box.head()}\n`)
    box.git('restore', '-s', 'HEAD~1', '--staged', '--worktree', FOLDER)
    expect(await problems()).toMatchObject({
      files: 'not compared with HEAD: a merge is in progress in this work tree'
    })
    expect(await fix()).toEqual([])
  })

  it('names the files in conflict', async () => {
    const from = box.head()
    box.write(STAGES, 'mine\n')
    box.git('commit', '-q', '-a', '-m', 'mine')
    const mine = box.head()
    box.git('reset', '-q', '--hard', from)
    box.write(STAGES, 'yours\n')
    box.git('commit', '-q', '-a', '-m', 'yours')
    expect(() => box.git('-c', 'merge.git-vault.driver=false', 'merge', '-q', mine)).toThrow()
    expect(await problems()).toMatchObject({ edits: `in conflict: ${STAGES}` })
    box.git('merge', '--abort')
    box.write('.git/MERGE_HEAD', `${mine}\n`)
    expect(await problems()).toMatchObject({
      edits: 'not compared with HEAD: a merge is in progress in this work tree'
    })
  })

  it('makes an index that is lost again, with every file of HEAD', async () => {
    box.write('README', 'mine')
    box.git('add', 'README')
    box.git('commit', '-q', '-m', 'mine')
    box.write('README', 'edited')
    fs.rmSync(box.path('.git/index'))
    expect(await problems()).toMatchObject({
      files: 'git has lost its index, and takes every file for deleted'
    })
    await fix()
    expect(await problems()).toEqual({})
    expect(box.git('status', '--porcelain')).toBe(' M README\n')
  })

  it('brings .gitattributes back into the index', async () => {
    box.git('rm', '-q', '--cached', '.gitattributes')
    await fix()
    expect(box.git('status', '--porcelain')).toBe('')
  })

  it('configures the merge driver in a clone', async () => {
    const clone = await follower(box)
    expect(await problems(clone)).toEqual({ merging: "git merges the vault's files line by line" })
    await fix(clone)
    expect(await problems(clone)).toEqual({})
    clone.git('config', 'merge.git-vault.driver', 'mine %A')
    expect(await problems(clone)).toEqual({ merging: "git merges the vault's files with another command" })
  })

  it('adds the line in .gitattributes in a commit, and leaves the user’s own lines and edits', async () => {
    box.write('.gitattributes', '*.png binary')
    expect(await problems()).toMatchObject({ attributes: expect.any(String) as string })
    // an edit: nothing is offered
    expect(await fix()).toEqual([])
    box.git('commit', '-q', '-a', '-m', 'mine')
    const before = box.commits()
    expect(await fix()).toEqual(['add the line for vault to .gitattributes'])
    expect(box.read('.gitattributes')).toMatch(/^\*\.png binary\n\/vault\/\*\* -text /)
    expect(box.commits()).toBe(before + 1)
    expect(box.git('log', '-1', '--format=%B').trim()).toBe('RepairFiles vault')
    expect(await problems()).toEqual({})
    box.expectClean()
  })

  it('only names a deeper .gitattributes', async () => {
    box.write('vault/.gitattributes', '* text\n')
    const found = await findings(box)
    expect(found.find(({ what }) => what === 'attributes')).toMatchObject({ state: 'problem' })
    expect(found.find(({ what }) => what === 'attributes')?.fix).toBeUndefined()
  })

  it('takes the rights of others away, on the clone’s memory and the identity', async () => {
    const pin = box.path('.git/git-vault/pin')
    fs.chmodSync(pin, 0o644)
    fs.chmodSync(box.path('.git/git-vault'), 0o755)
    expect(Object.keys(await problems())).toEqual(['modes'])
    await fix()
    expect(fs.statSync(pin).mode & 0o777).toBe(0o600)
    expect(fs.statSync(box.path('.git/git-vault')).mode & 0o777).toBe(0o700)
    expect(await problems()).toEqual({})
  })

  it('removes the lock of a process that died, and not that of another program', async () => {
    fs.writeFileSync(box.path('.git/git-vault-write/lock/1.1.1.aaaaaaaaaaaa'), '', { mode: 0o600 })
    const old = new Date(Date.now() - 7_200_000)
    fs.utimesSync(box.path('.git/git-vault-write/lock/1.1.1.aaaaaaaaaaaa'), old, old)
    expect(await problems()).toEqual({
      writes: 'a process that died has left: the lock of a process that died'
    })
    await fix()
    expect(await problems()).toEqual({})
    fs.writeFileSync(box.path('.git/index.lock'), '')
    expect(await problems()).toEqual({})
    fs.utimesSync(box.path('.git/index.lock'), old, old)
    expect(await problems()).toEqual({
      writes: `git's index has been locked for over an hour, by another program: ${box.path('.git/index.lock')}`
    })
    expect(await fix()).toEqual([])
    expect(fs.existsSync(box.path('.git/index.lock'))).toBe(true)
  })
})

describe('doctor --fix of versions', () => {
  const [one, two] = [1, 2].map(id => `${FOLDER}/versions/${token(id)}.yaml`)

  it('brings back a listed version that a commit has removed', async () => {
    const bytes = box.read(two!)
    box.git('rm', '-q', two!, one!)
    box.git('commit', '-q', '-m', 'oops')
    expect(await problems()).toMatchObject({
      versions: expect.stringMatching(/^listed in stages.yaml, but missing: 2/) as string
    })
    const before = box.commits()
    await fix()
    expect(box.commits()).toBe(before + 1)
    expect(box.read(two!)).toBe(bytes)
    expect(await problems()).toEqual({})
    expect(await verifyProblems()).toEqual([])
    expect(await box.api.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: 'two' })
  })

  it('removes a pruned version that is back, and leaves one that no pruning explains', async () => {
    const old = box.clock.now() - 90 * 24 * 3_600_000
    await putMany(
      box,
      NAME,
      Array.from({ length: 120 }, (_, at) => ({ token: token(`old${at}`), time: old + at * 1000 }))
    )
    await box.api.putSecretValue({ SecretId: NAME, SecretString: 'three' })
    const gone = box
      .git('log', '--diff-filter=D', '--name-only', '--format=', '--', `${FOLDER}/versions`)
      .trim()
      .split('\n')[0]!
    expect((await stagesIn(box)).pruned).toBeDefined()
    const commit = box.git('log', '-1', '--diff-filter=D', '--format=%H', '--', gone).trim()
    box.git('restore', '-s', `${commit}~1`, '--staged', '--worktree', gone)
    box.git('commit', '-q', '-m', 'back')
    expect(await problems()).toEqual({ versions: `pruned, but still there: ${gone}` })
    await fix()
    expect(fs.existsSync(box.path(gone))).toBe(false)
    expect(await problems()).toEqual({})
    const stray = `${FOLDER}/versions/${token('x')}.yaml`
    fs.copyFileSync(box.path(two!), box.path(stray))
    box.git('add', stray)
    box.git('commit', '-q', '-m', 'stray')
    expect(await problems()).toEqual({ versions: `a version that stages.yaml does not list: ${stray}` })
    expect(await fix()).toEqual([])
    expect(fs.existsSync(box.path(stray))).toBe(true)
  })

  it('names a version that is nowhere', async () => {
    const clone = await follower(box)
    box.git('rm', '-q', two!)
    box.git('commit', '-q', '--amend', '-m', 'never there')
    box.git('checkout', '-q', '--orphan', 'other')
    box.git('commit', '-q', '-m', 'all')
    // another branch still has it
    expect(await problems()).toMatchObject({ versions: `listed in stages.yaml, but missing: ${two}` })
    box.git('branch', '-q', '-D', 'main')
    box.git('reflog', 'expire', '--expire=now', '--all')
    expect(await problems()).toMatchObject({
      versions: `listed in stages.yaml, but neither here nor in history: ${two}`
    })
    expect(await problems(clone)).not.toHaveProperty('versions')
    // as the hint says: fetch a branch that has it
    box.git('fetch', '-q', clone.root, 'HEAD:refs/remotes/clone/main')
    await fix()
    expect(await problems()).toEqual({})
    expect(await box.api.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: 'two' })
  })

  it('leaves a secret whose stages.yaml went back: its newer version may be the labelled one', async () => {
    box.git('restore', '-s', 'HEAD~1', '--staged', '--worktree', STAGES)
    box.git('commit', '-q', '-m', 'by hand')
    expect(await problems()).toHaveProperty('versions')
    await fix()
    expect(fs.existsSync(box.path(two!))).toBe(true)
    fs.rmSync(box.path('.git/git-vault/seen'), { recursive: true })
    await fix()
    expect(fs.existsSync(box.path(two!))).toBe(true)
  })
})

describe('a randomly damaged clone', () => {
  const DAMAGE: ((at: TestVault, random: () => number) => void)[] = [
    at => at.git('restore', '-s', 'HEAD~1', '--staged', FOLDER),
    at => at.git('restore', '-s', 'HEAD~1', '--worktree', FOLDER),
    at => at.git('restore', '-s', 'HEAD~2', '--staged', '--worktree', FOLDER),
    (at, random) => fs.rmSync(at.path(pick(at.versionFiles(NAME), random)), { force: true }),
    (at, random) => at.tryGit('rm', '-q', '--cached', pick(at.versionFiles(NAME), random)),
    at => fs.rmSync(at.path(FOLDER), { recursive: true, force: true }),
    at => at.write(STAGES, 'an edit of the user'),
    at => (at.write(`${FOLDER}/secret.yaml`, 'a staged edit'), at.git('add', `${FOLDER}/secret.yaml`)),
    at => at.write('vault/untracked.txt', 'a note of the user'),
    at => at.write('code.txt', 'an edit of the code'),
    at => (at.write('code.txt', 'staged code'), at.git('add', 'code.txt')),
    (at, random) => commitRemoval(at, pick(at.versionFiles(NAME), random)),
    at => at.git('config', '--remove-section', 'merge.git-vault'),
    at => fs.chmodSync(at.path('.git/git-vault/pin'), 0o666),
    at => fs.writeFileSync(at.path('.git/git-vault-write/index-0123456789ab'), 'left')
  ]
  const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)]!

  function commitRemoval(at: TestVault, path: string | undefined): void {
    if (path === undefined || at.tryGit('rm', '-q', '-f', path).status !== 0) return
    at.git('commit', '-q', '--no-verify', '-m', 'oops', '--', path)
  }

  function seeded(seed: number): () => number {
    let state = seed
    return () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return (state >>> 8) / 2 ** 24
    }
  }

  /** Every content in the index and the work tree that HEAD's history does not have. */
  function edits(at: TestVault): string[] {
    const history = new Set(at.git('log', '--all', '--raw', '--no-abbrev', '--format=').split(/\s+/))
    const listed = at
      .git('ls-files', '-s')
      .split('\n')
      .flatMap(line => {
        const [, oid = '', , path = ''] = line.split(/\s+/)
        return oid === '' || history.has(oid) ? [] : [`index ${oid} ${path}`]
      })
    const files = at.files().flatMap(path => {
      const oid = at.git('hash-object', '--no-filters', '--', path).trim()
      return history.has(oid) ? [] : [`file ${oid} ${path}`]
    })
    return [...listed, ...files].sort()
  }

  it('keeps each labelled version and each edit, and is in order but for the edits', async () => {
    for (let seed = 1; seed <= rounds(12); seed++) {
      const random = seeded(seed * 7919)
      const at = await makeVault()
      at.clock.time = Date.now()
      for (const id of [1, 2, 3])
        await (id === 1
          ? at.api.createSecret({ Name: NAME, SecretString: 'v1', ClientRequestToken: token(1) })
          : at.api.putSecretValue({ SecretId: NAME, SecretString: `v${id}`, ClientRequestToken: token(id) }))
      const labelled = [...(await stagesIn(at)).labels.values()].map(({ version }) => version)
      const values = new Map<string, string | undefined>()
      for (const id of labelled)
        values.set(id, (await at.api.getSecretValue({ SecretId: NAME, VersionId: id })).SecretString)
      const chosen = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
        Math.floor(random() * DAMAGE.length)
      )
      for (const damage of chosen) {
        try {
          DAMAGE[damage]!(at, random)
        } catch {
          // not possible after another damage
        }
      }
      const context = `seed ${seed}: ${chosen.join(' ')}`
      const before = edits(at)
      const head = at.head()
      await fix(at)
      await fix(at)
      expect(edits(at), context).toEqual(before)
      expect(at.git('merge-base', 'HEAD', head).trim(), context).toBe(head)
      const left = await problems(at)
      for (const what of Object.keys(left))
        if (before.length === 0) expect(left, context).toEqual({})
        else
          expect(['edits', 'tracking', 'versions', 'exposure', 'files', 'attributes'], context).toContain(
            what
          )
      // without the edits, which the user takes back
      at.git('reset', '-q', '--hard')
      await fix(at)
      fs.rmSync(at.path('vault/untracked.txt'), { force: true })
      expect(await problems(at), context).toEqual({})
      await at.reopen()
      for (const [id, value] of values)
        expect((await at.api.getSecretValue({ SecretId: NAME, VersionId: id })).SecretString, context).toBe(
          value
        )
      expect(await verifyProblems(at), context).toEqual([])
    }
  }, 600_000)
})
