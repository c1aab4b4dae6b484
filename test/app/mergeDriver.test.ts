import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { PROGRAM } from './built.js'
import { removeMember } from '../../src/vault/team/team.js'
import { createIdentity } from '../identityWithPassphrase.js'
import { failure, scratch, token, type TestVault } from '../vault/fixture.js'
import {
  FOLDER,
  NAME,
  follower,
  labels,
  move,
  put,
  twoClones,
  unlabel,
  values
} from '../vault/merging/mergeKit.js'
import { admit, type Person } from '../vault/people.js'
import { check, checkRange } from '../vault/verify/verifyKit.js'

const STAGES = `${FOLDER}/stages.yaml`

interface Ran {
  readonly status: number | null
  readonly stderr: string
  readonly stdout: string
}

/** Runs git in a clone, as this test file's user or as another person. */
function git(box: TestVault, args: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
  // without a terminal, so that nothing waits for a passphrase
  return spawnSync('setsid', ['-w', 'git', ...args], {
    cwd: box.root,
    encoding: 'utf8',
    env: { ...process.env, GIT_EDITOR: 'true', ...env }
  })
}

const as = ({ secret }: Person) => ({ GIT_VAULT_IDENTITY: secret })

/** The lines of git-vault itself. */
const ownLines = ({ stderr }: Ran): string[] =>
  stderr.split(/[\r\n]+/).filter(line => line.startsWith('git-vault: '))

async function twoPuts(): Promise<[TestVault, TestVault]> {
  const [a, b] = await twoClones()
  a.clock.advance(1000)
  await put(a, 'a')
  b.clock.advance(2000)
  await put(b, 'b')
  a.git('remote', 'add', 'b', b.root)
  a.git('fetch', '-q', 'b')
  return [a, b]
}

async function expectBoth(box: TestVault): Promise<void> {
  await box.reopen()
  const first = box.git('rev-list', '--max-parents=0', 'HEAD').trim()
  const range = await checkRange(box, `${first}..HEAD`)
  expect([range.found, range.warned]).toEqual([[], []])
  expect(await labels(box)).toEqual({ AWSCURRENT: 'b', AWSPREVIOUS: 'a' })
  expect(await values(box)).toEqual({ 1: 'one', a: 'value a', b: 'value b' })
  expect((await check(box)).found).toEqual([])
  box.expectClean()
}

describe('two puts to one secret come together by', () => {
  it.each<[string, string[]]>([
    ['git merge', ['merge', '--no-edit', 'b/main']],
    ['git merge -s recursive', ['merge', '--no-edit', '-s', 'recursive', 'b/main']],
    ['git pull', ['pull', '--no-rebase', '--no-edit', 'b', 'main']],
    ['git pull --rebase', ['pull', '--rebase', 'b', 'main']],
    ['git rebase', ['rebase', 'b/main']],
    ['git rebase --apply', ['rebase', '--apply', 'b/main']],
    ['git cherry-pick', ['cherry-pick', 'b/main']]
  ])('%s', async (_what, args) => {
    const [a] = await twoPuts()
    const ran = git(a, args)
    expect(ran).toMatchObject({ status: 0 })
    expect(ownLines(ran)).toEqual([])
    await expectBoth(a)
  })

  it('a rebase of several writes', async () => {
    const [a, b] = await twoPuts()
    await put(a, 'c')
    a.clock.advance(1)
    await a.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'x', Value: '1' }] })
    await b.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'y', Value: '2' }] })
    a.git('fetch', '-q', 'b')
    expect(git(a, ['rebase', 'b/main'])).toMatchObject({ status: 0 })
    await a.reopen()
    expect((await check(a)).found).toEqual([])
    expect(Object.keys(await values(a))).toEqual(['1', 'a', 'b', 'c'])
    expect((await a.api.describeSecret({ SecretId: NAME })).Tags).toHaveLength(2)
    const first = a.git('rev-list', '--max-parents=0', 'HEAD').trim()
    expect((await checkRange(a, `${first}..HEAD`)).found).toEqual([])
  })

  it('and the other clone then fast-forwards and writes on', async () => {
    const [a, b] = await twoPuts()
    expect(git(a, ['merge', '--no-edit', 'b/main'])).toMatchObject({ status: 0 })
    b.git('pull', '-q', '--ff-only', a.root, 'main')
    await expectBoth(b)
    await put(b, 'c')
    expect(await labels(b)).toMatchObject({ AWSCURRENT: 'c', AWSPREVIOUS: 'b' })
  })

  it('criss-cross merges, for which git makes up a merge base', async () => {
    const [a, b] = await twoPuts()
    const [headA, headB] = [a.head(), b.head()]
    b.git('fetch', '-q', a.root, 'main')
    expect(git(a, ['merge', '--no-edit', headB])).toMatchObject({ status: 0 })
    b.clock.advance(10)
    await b.reopen()
    expect(git(b, ['merge', '--no-edit', headA])).toMatchObject({ status: 0 })
    await a.reopen()
    await b.reopen()
    a.clock.advance(10_000)
    b.clock.advance(10_000)
    await put(a, 'c')
    await put(b, 'd')
    a.git('fetch', '-q', 'b')
    expect(a.git('merge-base', '--all', 'HEAD', 'b/main').trim().split('\n')).toHaveLength(2)
    const ran = git(a, ['merge', '--no-edit', 'b/main'])
    expect(ran).toMatchObject({ status: 0 })
    await a.reopen()
    expect((await check(a)).found).toEqual([])
    expect(Object.keys(await values(a))).toEqual(['1', 'a', 'b', 'c', 'd'])
  })
})

describe('the driver also merges', () => {
  it('label moves and removals', async () => {
    const [a, b] = await twoClones()
    await put(a, 2)
    await move(a, 'blue', 1)
    b.git('pull', '-q', a.root, 'main')
    await b.reopen()
    await unlabel(a, 'blue', 1)
    b.clock.advance(500)
    await move(b, 'green', 2)
    a.git('fetch', '-q', b.root, 'main')
    expect(git(a, ['merge', '--no-edit', 'FETCH_HEAD'])).toMatchObject({ status: 0 })
    expect(await labels(a)).toEqual({ AWSCURRENT: '2', AWSPREVIOUS: '1', green: '2' })
    expect((await check(a)).found).toEqual([])
  })

  it('a secret that was removed and created again on one side', async () => {
    const [a, b] = await twoClones()
    a.clock.advance(10)
    await a.api.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    await a.api.createSecret({ Name: NAME, SecretString: 'again', ClientRequestToken: token('again') })
    b.clock.advance(20)
    await put(b, 2)
    b.git('fetch', '-q', a.root, 'main')
    expect(git(b, ['merge', '--no-edit', 'FETCH_HEAD'])).toMatchObject({ status: 0 })
    await b.reopen()
    expect(await values(b)).toEqual({ again: 'again' })
  })

  it('with a member who was added on the other side', async () => {
    const [a, b] = await twoClones()
    const carol = await admit(a, 'carol', { default: 'decrypt encrypt' })
    await carol.call(a, 'PutSecretValue', {
      SecretId: NAME,
      SecretString: 'carol',
      ClientRequestToken: token(2)
    })
    await put(b, 3)
    b.git('fetch', '-q', a.root, 'main')
    expect(git(b, ['merge', '--no-edit', 'FETCH_HEAD'])).toMatchObject({ status: 0 })
    await b.reopen()
    expect((await check(b)).found).toEqual([])
    expect(await values(b)).toEqual({ 1: 'one', 2: 'carol', 3: 'value 3' })
    // and signed by that member, on their side
    await put(a, 4)
    await put(b, 5)
    a.git('fetch', '-q', b.root, 'main')
    expect(git(a, ['merge', '--no-edit', 'FETCH_HEAD'], as(carol))).toMatchObject({ status: 0 })
    expect((await check(a)).found).toEqual([])
  })

  it('in a linked work tree', async () => {
    const [a] = await twoPuts()
    const linked = join(scratch('linked'), 'tree')
    a.git('worktree', 'add', '-q', '-b', 'side', linked, 'HEAD')
    const { status, stderr } = spawnSync('git', ['merge', '--no-edit', 'b/main'], {
      cwd: linked,
      encoding: 'utf8'
    })
    expect({ status, own: stderr.includes('git-vault') }).toEqual({ status: 0, own: false })
  })
})

describe('a conflict', () => {
  /** The merge stops, names the command that ends it, and leaves everything for it. */
  function expectConflict(box: TestVault, ran: Ran, line: RegExp, path = STAGES): void {
    expect(ran.status).toBe(1)
    expect(ownLines(ran)).toHaveLength(1)
    expect(ownLines(ran)[0]).toMatch(line)
    expect(box.git('ls-files', '-u', '--', path).trim().split('\n')).toHaveLength(3)
  }

  it('of one token with two values is named, and a reader is told of it', async () => {
    const [a, b] = await twoClones()
    await a.api.createSecret({ Name: 'other', SecretString: 'x' })
    await put(a, 2)
    await b.api.putSecretValue({ SecretId: NAME, SecretString: 'another', ClientRequestToken: token(2) })
    a.git('fetch', '-q', b.root, 'main')
    const ran = git(a, ['merge', '--no-edit', 'FETCH_HEAD'])
    expect(ran.status).toBe(1)
    expect(ownLines(ran).at(-1)).toBe(
      `git-vault: prod/db: version ${token(2)} has another value on each side; to end this conflict: git-vault resolve`
    )
    const file = a.read(STAGES)
    expect(file).toContain(a.git('show', `:2:${STAGES}`))
    expect(file).toContain(a.git('show', `:3:${STAGES}`))
    expect(await failure(a.api.getSecretValue({ SecretId: NAME }))).toEqual({
      code: 'DocumentRefused',
      message: `${STAGES}: it contains merge conflict markers`
    })
    expect((await a.api.getSecretValue({ SecretId: 'other' })).SecretString).toBe('x')
  })

  it('of a side that is forged', async () => {
    const [a, b] = await twoPuts()
    b.write(STAGES, b.read(STAGES).replace(/^signature: .{4}/m, 'signature: AAAA'))
    b.git('commit', '-qam', 'forged')
    a.git('fetch', '-q', 'b')
    const ran = git(a, ['merge', '--no-edit', 'b/main'])
    expectConflict(
      a,
      ran,
      /stages\.yaml: the signature does not verify; to end this conflict: git-vault resolve$/
    )
  })

  it.each(['merge', 'rebase'])('of a put by a member who was removed meanwhile (git %s)', async how => {
    const [a, b] = await twoClones()
    const bob = await admit(a, 'bob', { default: 'decrypt encrypt' })
    await put(a, 'x')
    b.git('pull', '-q', a.root, 'main')
    await b.reopen()
    await bob.call(b, 'PutSecretValue', { SecretId: NAME, SecretString: 'bob', ClientRequestToken: token(2) })
    await removeMember(await a.internal(), 'bob', () => undefined)
    await a.reopen()
    await put(a, 'y')
    b.git('fetch', '-q', a.root, 'main')
    const ran = git(b, how === 'merge' ? ['merge', '--no-edit', 'FETCH_HEAD'] : ['rebase', 'FETCH_HEAD'])
    expectConflict(b, ran, /signed by bob, who may not sign it; to end this conflict: git-vault resolve$/)
  })

  it('of a revert that goes back says how resolve settles it either way', async () => {
    const [a] = await twoClones()
    await put(a, 2)
    await put(a, 3)
    const ran = git(a, ['revert', '--no-edit', 'HEAD~1'])
    expectConflict(
      a,
      ran,
      /^git-vault: prod\/db: one side goes back .*git-vault resolve \(keeps .*--accept-rollback, goes back for everyone\)$/
    )
  })

  it('of two access logs that were extended names sync', async () => {
    const [a, b] = await twoClones()
    await admit(a, 'carol', { default: 'decrypt' })
    await admit(b, 'dave', { default: 'decrypt' })
    a.git('fetch', '-q', b.root, 'main')
    const ran = git(a, ['merge', '--no-edit', 'FETCH_HEAD'])
    expect(ran.status).toBe(1)
    expect(ownLines(ran).some(line => line.includes('git-vault sync'))).toBe(true)
    expect(a.git('ls-files', '-u', '--', 'vault/access.yaml')).not.toBe('')
  })

  it('of an access log that nobody signed, in a cherry-pick', async () => {
    const [a, b] = await twoClones()
    await admit(a, 'carol', { default: 'decrypt' })
    b.git('pull', '-q', a.root, 'main')
    await b.reopen()
    await admit(b, 'dave', { default: 'decrypt' })
    const path = 'vault/access.yaml'
    b.write(path, b.read(path).replaceAll(/(signature: ).{4}(?=[^\n]*\n*$)/g, '$1AAAA'))
    b.git('commit', '-qam', 'forged')
    // the commit's parent has the shorter log, so git sees a change on both sides
    const tree = b.git('write-tree').trim()
    const parent = b.git('rev-list', '--max-parents=0', 'HEAD').trim()
    const forged = b.git('commit-tree', tree, '-p', parent, '-m', 'all').trim()
    a.git('fetch', '-q', b.root, forged)
    const ran = git(a, ['cherry-pick', forged])
    expect(ran.status).toBe(1)
    expect(ownLines(ran).join('\n')).toMatch(/access\.yaml.*(signature|fork|admin)/)
    expect(a.git('ls-files', '-u', '--', path)).not.toBe('')
  })

  it('of tags, for a member who may only add versions', async () => {
    const [a, b] = await twoClones()
    const writer = await admit(a, 'writer', { default: 'encrypt' })
    b.git('pull', '-q', a.root, 'main')
    await b.reopen()
    await a.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'x', Value: '1' }] })
    await b.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'y', Value: '2' }] })
    a.git('fetch', '-q', b.root, 'main')
    const ran = git(a, ['merge', '--no-edit', 'FETCH_HEAD'], as(writer))
    expectConflict(a, ran, /you may not sign the merge: writer may not change/, `${FOLDER}/secret.yaml`)
  })

  it('in a clone that does not trust the vault yet', async () => {
    const [a, b] = await twoPuts()
    fs.rmSync(join(a.root, '.git/git-vault'), { recursive: true })
    const ran = git(a, ['merge', '--no-edit', 'b/main'])
    expectConflict(a, ran, /this clone does not trust this vault yet/)
    expect(b.status()).toBe('')
  })
})

describe('the identity', () => {
  const PASSPHRASE = 'a passphrase'

  /** Two puts by a member whose identity has a passphrase. */
  async function locked() {
    const [a, b] = await twoClones()
    const path = join(scratch('identity'), 'identity.yaml')
    const { text: publicKey } = await createIdentity(path, PASSPHRASE)
    const { addMember } = await import('../../src/vault/team/team.js')
    const { rights } = await import('../vault/people.js')
    await addMember(await a.internal(), {
      name: 'lou',
      publicKey,
      admin: false,
      rights: rights({ default: 'decrypt encrypt manage' })
    })
    b.git('pull', '-q', a.root, 'main')
    await b.reopen()
    await put(a, 'a')
    b.clock.advance(1000)
    await put(b, 'b')
    a.git('fetch', '-q', b.root, 'main')
    return { a, env: { GIT_VAULT_IDENTITY_FILE: path } }
  }

  it('with a passphrase and no terminal is a conflict that says what to set', async () => {
    const { a, env } = await locked()
    const ran = git(a, ['merge', '--no-edit', 'FETCH_HEAD'], env)
    expect(ran.status).toBe(1)
    expect(ownLines(ran)).toEqual([
      'git-vault: prod/db: both sides changed it, and the merge could not be signed: cannot ask for its passphrase: no terminal; set GIT_VAULT_PASSPHRASE, or run git-vault unlock; to end this conflict: git-vault resolve'
    ])
  })

  it('takes the passphrase from the environment', async () => {
    const { a, env } = await locked()
    const ran = git(a, ['merge', '--no-edit', 'FETCH_HEAD'], { ...env, GIT_VAULT_PASSPHRASE: PASSPHRASE })
    expect(ran).toMatchObject({ status: 0 })
    expect(await labels(a)).toMatchObject({ AWSCURRENT: 'b' })
  })

  it('asks for the passphrase at the terminal, though standard input and output are not one', async () => {
    const { a, env } = await locked()
    const order = {
      argv: ['sh', '-c', 'git merge --no-edit FETCH_HEAD </dev/null >out 2>err; echo "ended $?"'],
      cwd: a.root,
      env,
      steps: [{ wait: 'git-vault unlock asks once', type: `${PASSPHRASE}\r` }]
    }
    const driver = fileURLToPath(new URL('../cli/terminal.py', import.meta.url))
    const { stdout } = spawnSync('python3', [driver, JSON.stringify(order)], {
      encoding: 'utf8',
      timeout: 55_000
    })
    const { shown, left } = JSON.parse(stdout) as { shown: string; left: number }
    expect(left).toBe(0)
    expect(shown).toContain('the merge of vault/secrets/prod/db/stages.yaml needs your signature')
    expect(shown).not.toContain(PASSPHRASE)
    expect(shown).toContain('ended 0')
    fs.rmSync(a.path('out'))
    fs.rmSync(a.path('err'))
    expect(await labels(a)).toMatchObject({ AWSCURRENT: 'b' })
    expect((await check(a)).found).toEqual([])
  })

  it('comes from the agent that git-vault unlock has started', async () => {
    const { a, env } = await locked()
    const runtime = scratch('run')
    const unlocked = { ...env, XDG_RUNTIME_DIR: runtime }
    const run = (args: string[], more: Readonly<Record<string, string>>) =>
      spawnSync(process.execPath, [PROGRAM, ...args], {
        cwd: a.root,
        encoding: 'utf8',
        env: { ...process.env, ...unlocked, ...more }
      })
    expect(run(['unlock'], { GIT_VAULT_PASSPHRASE: PASSPHRASE })).toMatchObject({ status: 0 })
    try {
      expect(git(a, ['merge', '--no-edit', 'FETCH_HEAD'], unlocked)).toMatchObject({ status: 0 })
    } finally {
      run(['lock'], {})
    }
    expect(await labels(a)).toMatchObject({ AWSCURRENT: 'b' })
  })

  it('is not asked for if nothing has to be signed', async () => {
    const { a, env } = await locked()
    // the other side has merged ours: only its files are taken
    const b = await follower(a)
    b.git('fetch', '-q', a.root, 'main')
    a.git('tag', 'before')
    await put(a, 'c')
    a.git('checkout', '-q', '-b', 'side', 'before')
    await a.api.tagResource({ SecretId: NAME, Tags: [{ Key: 'x', Value: '1' }] })
    const ran = git(a, ['merge', '--no-edit', 'main'], env)
    expect(ran).toMatchObject({ status: 0 })
    expect(ownLines(ran)).toEqual([])
  })
})

it('any failure is a conflict: git takes a greater exit code for an error of its own', async () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [PROGRAM, 'merge-driver', ...args], {
      encoding: 'utf8',
      cwd: scratch()
    })
  expect(run()).toMatchObject({ status: 1 })
  expect(run('none', 'none', 'none', 'vault/x', '7')).toMatchObject({
    status: 1,
    stderr:
      'git-vault: vault/x: not merged: cannot read none: ENOENT; to end this conflict: git-vault resolve\n'
  })
})
