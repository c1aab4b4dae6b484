import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Sandbox, empty, sandbox, scratch, putInto } from '../sandbox.js'

const STAGES = 'vault/secrets/db/stages.yaml'

/** Expects a write of these paths to be refused with this message and to change nothing. */
async function refused(box: Sandbox, message: RegExp, paths: string[] = [STAGES], code = 'RepositoryState') {
  const before = [box.tryGit('rev-parse', 'HEAD').stdout, box.state(), box.git('for-each-ref')]
  const leftovers = box.leftovers()
  const files = Object.fromEntries(paths.map(path => [path, 'written\n']))
  const error: unknown = await box.put(files).then(
    () => undefined,
    (thrown: unknown) => thrown
  )
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
  expect([box.tryGit('rev-parse', 'HEAD').stdout, box.state(), box.git('for-each-ref')]).toEqual(before)
  expect(box.leftovers()).toEqual(leftovers)
}

describe('a touched path is refused', () => {
  it('with staged changes, in the work tree or not', async () => {
    const box = sandbox()
    box.write(STAGES, 'staged\n')
    box.git('add', STAGES)
    await refused(box, /stages.yaml has staged changes/)
    box.write(STAGES, 'v1\n')
    await refused(box, /stages.yaml has staged changes/)
  })

  it('if edited or deleted by hand', async () => {
    const box = sandbox()
    box.write(STAGES, 'edit\n')
    await refused(box, /edited by hand/)
    fs.rmSync(join(box.root, STAGES))
    await refused(box, /deleted by hand/)
  })

  it('if staged for deletion or as a new file, also with add -N', async () => {
    const box = sandbox()
    box.git('rm', '-q', '--cached', STAGES)
    await refused(box, /staged for deletion/)
    box.git('reset', '-q')
    box.write('vault/new.yaml', 'new\n')
    box.git('add', '-N', 'vault/new.yaml')
    await refused(box, /vault\/new.yaml is staged but not committed/, ['vault/new.yaml'])
    box.git('add', 'vault/new.yaml')
    await refused(box, /vault\/new.yaml is staged but not committed/, ['vault/new.yaml'])
  })

  it('if marked skip-worktree', async () => {
    const box = sandbox()
    box.git('update-index', '--skip-worktree', STAGES)
    await refused(box, /is not in this work tree/)
  })

  it('if an untracked file is at the path or above it', async () => {
    const box = sandbox()
    box.write('vault/mine.yaml', 'mine\n')
    await refused(box, /vault\/mine.yaml exists but is not in git/, ['vault/mine.yaml'])
    await refused(box, /vault\/mine.yaml is not a folder/, ['vault/mine.yaml/x'])
  })

  it('if a folder is at the path, or files are staged below or above it', async () => {
    const box = sandbox()
    await refused(box, /vault\/secrets is a folder/, ['vault/secrets'])
    await refused(box, /code.txt is a file/, ['code.txt/x.yaml'])
    box.write('vault/a/b', 'x')
    box.git('add', 'vault/a/b')
    fs.rmSync(join(box.root, 'vault/a'), { recursive: true })
    await refused(box, /files are staged below vault\/a/, ['vault/a'])
    await refused(box, /vault\/a\/b is staged, but not as a folder/, ['vault/a/b/c'])
  })

  it('behind a symbolic link in the commit or in the work tree', async () => {
    const box = sandbox()
    const outside = scratch('outside')
    fs.symlinkSync(outside, join(box.root, 'linked'))
    await refused(box, /linked is a symbolic link in the work tree/, ['linked/x.yaml'])
    box.git('add', 'linked')
    box.git('commit', '-qm', 'link')
    await refused(box, /linked is a symbolic link in the branch's newest commit/, ['linked/x.yaml'])
    await refused(box, /linked is a symbolic link in the branch's newest commit/, ['linked'])
    const repository = await box.open()
    const reading = repository.commit(async head => ({ value: await head.read('linked/x.yaml', 9) }))
    await expect(reading).rejects.toMatchObject({ code: 'DocumentRefused' })
    expect(fs.readdirSync(outside)).toEqual([])
  })

  it('inside a submodule or another git repository', async () => {
    const box = sandbox()
    box.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', sandbox().root, 'sub')
    box.git('commit', '-qm', 'sub')
    await refused(box, /sub is a submodule/, ['sub/x.yaml'])
    fs.mkdirSync(join(box.root, 'own'))
    new Sandbox(join(box.root, 'own')).git('init', '-q')
    await refused(box, /own is another git repository/, ['own/x.yaml'])
  })

  it('with a merge conflict', async () => {
    const box = conflicted()
    fs.rmSync(join(box.gitDir(), 'MERGE_HEAD'))
    await refused(box, /merge conflict/)
  })

  it.each([
    '.git/config',
    'a/.GIT/x',
    '../x',
    'a//b',
    '',
    '/a',
    'a/',
    './a',
    'a/..',
    'a\0b',
    'git~1/x',
    '\ud800'
  ])('if it is not a path inside the repository: %j', async path =>
    refused(sandbox(), /is not a path inside/, [path], 'DocumentRefused')
  )
})

function conflicted(): Sandbox {
  const box = sandbox()
  box.git('checkout', '-qb', 'side')
  box.write(STAGES, 'side\n')
  box.git('commit', '-qam', 'side')
  box.git('checkout', '-q', 'main')
  box.write(STAGES, 'main\n')
  box.git('commit', '-qam', 'main')
  box.tryGit('merge', 'side')
  return box
}

describe('every write is refused', () => {
  const other = ['vault/other.yaml']

  it('during a merge', async () => refused(conflicted(), /a merge is in progress/, other))

  it.each([
    ['rebase', ['rebase', '--merge', 'side']],
    ['rebase', ['rebase', '--apply', 'side']],
    ['cherry-pick', ['cherry-pick', 'side']],
    ['revert', ['revert', '--no-edit', 'HEAD~1']]
  ])('during a %s', async (what, command) => {
    const box = conflicted()
    box.git('merge', '--abort')
    if (what === 'revert') {
      box.write(STAGES, 'later\n')
      box.git('commit', '-qam', 'later')
    }
    box.tryGit(...command)
    await refused(box, new RegExp(`a (${what}|.*${what}.*) is in progress|HEAD is detached`), other)
  })

  it('during am and bisect', async () => {
    const box = conflicted()
    box.git('merge', '--abort')
    const patch = join(scratch(), 'patch')
    fs.writeFileSync(patch, box.git('format-patch', '-1', '--stdout', 'side'))
    box.tryGit('am', patch)
    await refused(box, /rebase or am is in progress/, other)
    box.git('am', '--abort')
    box.git('bisect', 'start')
    await refused(box, /a bisect is in progress/, other)
  })

  it('on a detached HEAD', async () => {
    const box = sandbox()
    box.git('checkout', '-q', '--detach')
    expect(await (await box.open()).branch()).toBeUndefined()
    await refused(box, /HEAD is detached/)
  })

  it('on a symbolic ref to another branch', async () => {
    const box = sandbox()
    box.git('symbolic-ref', 'refs/heads/alias', 'refs/heads/main')
    box.git('symbolic-ref', 'HEAD', 'refs/heads/alias')
    await refused(box, /refs\/heads\/alias is a symbolic ref to another branch/)
  })

  it('in a bare repository', async () => {
    const box = sandbox()
    box.git('config', 'core.bare', 'true')
    await expect(box.put({ [STAGES]: 'x' })).rejects.toMatchObject({ code: 'RepositoryState' })
    const bare = new Sandbox(scratch('bare'))
    bare.git('init', '-q', '--bare')
    await expect(bare.open()).rejects.toMatchObject({ code: 'VaultNotFound' })
  })

  it('while another git process holds the index lock, after a few seconds', async () => {
    const box = sandbox()
    const lock = join(box.gitDir(), 'index.lock')
    fs.writeFileSync(lock, '')
    await refused(box, /another git process holds/, [STAGES], 'RepositoryBusy')
    setTimeout(() => fs.rmSync(lock), 300)
    await box.put({ [STAGES]: 'v2\n' })
    expect(box.status()).toBe('')
  })

  it('while another process holds the vault’s lock', async () => {
    const box = sandbox()
    const first = await box.open()
    const second = await box.open({ lockTimeout: 200 })
    const outcome = await first.commit(async () => {
      const inner = await putInto(second, { [STAGES]: 'x' }).catch((error: unknown) => error)
      return { value: inner }
    })
    const message = expect.stringContaining(String(process.pid))
    expect(outcome.value).toMatchObject({ code: 'RepositoryBusy', message })
    await putInto(second, { [STAGES]: 'x' })
    expect(box.leftovers()).toEqual([])
  })

  it('if git is not installed', async () => {
    const box = sandbox()
    const { PATH } = process.env
    process.env['PATH'] = '/nowhere'
    try {
      const repository = await box.open()
      await expect(putInto(repository, { [STAGES]: 'x' })).rejects.toMatchObject({
        code: 'GitFailed',
        message: 'the program git was not found',
        hint: expect.stringContaining('2.39')
      })
    } finally {
      process.env['PATH'] = PATH
    }
    expect(box.leftovers()).toEqual([])
  })
})

describe('if the branch moves', () => {
  it('during a write, the write is decided again on the new commit', async () => {
    const box = sandbox()
    const repository = await box.open()
    const seen: string[] = []
    await repository.commit(async head => {
      const before = Buffer.from((await head.read(STAGES, 100)) ?? '').toString()
      seen.push(before)
      if (seen.length < 3) {
        box.write(STAGES, `user ${seen.length}\n`)
        box.git('commit', '-qam', 'user')
      }
      const files = new Map([[STAGES, Buffer.from(`${before}written\n`)]])
      return { change: { files, message: 'm', member: 'ada', time: 0 }, value: undefined }
    })
    expect(seen).toEqual(['v1\n', 'user 1\n', 'user 2\n'])
    expect(box.show(STAGES)).toBe('user 2\nwritten\n')
    expect(box.status()).toBe('')
    expect(box.leftovers()).toEqual([])
  })

  it('during every attempt, the write fails', async () => {
    const box = sandbox()
    const repository = await box.open()
    const writing = repository.commit(async () => {
      // what `git commit` does, without git's lock on the index
      box.git('update-ref', 'HEAD', box.git('commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-m', 'user').trim())
      const files = new Map([[STAGES, Buffer.from('x')]])
      return { change: { files, message: 'm', member: 'ada', time: 0 }, value: undefined }
    })
    await expect(writing).rejects.toMatchObject({ code: 'RepositoryBusy' })
    expect(box.status()).toBe('')
    expect(box.leftovers()).toEqual([])
  })

  it('during the first attempts, by git commit, the write locks it out and is made', async () => {
    const box = sandbox()
    const repository = await box.open()
    const commits: boolean[] = []
    const { commit } = await repository.commit(async () => {
      commits.push(box.tryGit('commit', '-q', '--allow-empty', '-m', 'user').status === 0)
      const files = new Map([[STAGES, Buffer.from('x')]])
      return { change: { files, message: 'm', member: 'ada', time: 0 }, value: undefined }
    })
    expect(commits).toEqual([true, true, true, false])
    expect(box.head()).toBe(commit)
    expect(box.git('rev-list', '--count', 'HEAD').trim()).toBe('5')
    expect(box.status()).toBe('')
    expect(box.leftovers()).toEqual([])
  })

  it('at the last moment, its new commit is not overwritten', async () => {
    for (const [moment, ...move] of [
      ['objects sent', 'update-ref', 'refs/heads/main', 'HEAD~1'],
      ['objects sent', 'symbolic-ref', 'HEAD', 'refs/heads/side'],
      // after the last check, so only the compare-and-swap can notice it
      ['journal written', 'update-ref', 'refs/heads/main', 'HEAD~1']
    ]) {
      const box = sandbox()
      await box.put({ 'vault/second.yaml': 'x' })
      box.git('branch', 'side', 'HEAD~1')
      let isDone = false
      const repository = await box.open({
        onStep(step) {
          if (step !== moment || isDone) return
          isDone = true
          box.git(...move)
        }
      })
      // the index is still that of the old commit, so the second check finds staged changes
      const outcome = await putInto(repository, { [STAGES]: 'x\n' }).catch((error: unknown) => error)
      expect(outcome).toMatchObject({ commit: expect.any(String) })
      expect(box.git('rev-list', '--count', 'HEAD').trim()).toBe('2')
      expect(box.git('ls-tree', '-r', '--name-only', 'HEAD')).not.toContain('second')
      expect(box.leftovers()).toEqual([])
    }
  })

  it.each(['journal written', 'index installed', 'branch sent'])(
    'because the user switches to another branch at “%s”, nothing of the write is staged there',
    async moment => {
      const box = sandbox()
      const main = box.head()
      box.git('branch', 'side')
      const repository = await box.open({
        onStep(step) {
          if (step === moment) box.git('symbolic-ref', 'HEAD', 'refs/heads/side')
        }
      })
      const { commit } = await putInto(repository, { [STAGES]: 'x\n', 'vault/new.yaml': 'y\n' })
      expect(box.git('rev-parse', 'main', 'side')).toBe(`${commit}\n${main}\n`)
      expect(box.status()).toBe('')
      expect(box.read(STAGES)).toBe('v1\n')
      expect(box.leftovers()).toEqual([])
      box.git('checkout', '-q', 'main')
      expect(box.read(STAGES)).toBe('x\n')
      expect(box.status()).toBe('')
    }
  )

  it('and the user’s git holds its lock, the write waits for a moment', async () => {
    const box = sandbox()
    const lock = join(box.gitDir(), 'refs/heads/main.lock')
    fs.writeFileSync(lock, '')
    setTimeout(() => fs.rmSync(lock), 300)
    await box.put({ [STAGES]: 'v2\n' })
    expect(box.status()).toBe('')
    const before = box.head()
    fs.writeFileSync(lock, `${'1'.repeat(40)}\n`)
    await expect(box.put({ [STAGES]: 'v3\n' })).rejects.toMatchObject({ code: 'GitFailed' })
    expect(fs.existsSync(lock)).toBe(true)
    fs.rmSync(lock)
    expect(box.head()).toBe(before)
    expect(box.status()).toBe('')
    expect(box.leftovers()).toEqual([])
  })
})

describe('an unborn branch', () => {
  it('that gets a commit meanwhile is not overwritten', async () => {
    const box = empty()
    let isDone = false
    const repository = await box.open({
      onStep(step) {
        if (step !== 'objects sent' || isDone) return
        isDone = true
        const tree = box.git('hash-object', '-t', 'tree', '-w', '/dev/null').trim()
        box.git('update-ref', 'refs/heads/main', box.git('commit-tree', tree, '-m', 'user').trim())
      }
    })
    await putInto(repository, { [STAGES]: 'x\n' })
    expect(box.git('rev-list', '--count', 'HEAD').trim()).toBe('2')
  })
})
