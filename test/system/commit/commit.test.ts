import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { discover } from '../../../src/system/git/discover.js'
import { removeLeftovers } from '../../../src/system/commit/fastImportTraces.js'
import { openRepository } from '../../../src/system/repository.js'
import { Sandbox, empty, putInto, sandbox, scratch, string, text } from '../sandbox.js'
import { signWithSsh } from '../../signWithSsh.js'

const STAGES = 'vault/secrets/db/stages.yaml'

describe('a write', () => {
  it('makes one commit, with a clean work tree and no leftover files', async () => {
    const box = sandbox()
    const before = box.head()
    const { commit } = await box.put(
      { 'vault/secrets/db/versions/a.yaml': 'one\n', [STAGES]: 'v2\n' },
      { message: 'PutSecretValue db\n\nMember: ada' }
    )
    expect(box.head()).toBe(commit)
    expect(box.git('rev-parse', 'HEAD~1').trim()).toBe(before)
    expect(box.show(STAGES)).toBe('v2\n')
    expect(box.read(STAGES)).toBe('v2\n')
    expect(box.git('log', '-1', '--format=%an <%ae> %ct%n%B').trim()).toBe(
      'Test User <test@example.com> 1700000000\nPutSecretValue db\n\nMember: ada'
    )
    expect(box.status()).toBe('')
    expect(box.git('diff-files', '--name-only')).toBe('')
    expect(box.leftovers()).toEqual([])
    expect(box.git('for-each-ref', '--format=%(refname)').trim()).toBe('refs/heads/main')
    expect(box.git('fsck', '--strict', '--no-dangling')).toBe('')
    expect(box.git('reflog', '-1', '--format=%gs').trim()).toBe('git-vault: PutSecretValue db')
  })

  it('updates the index before the branch, so that nobody meets the new branch with the old index', async () => {
    const box = sandbox()
    const staged = new Map<string, string>()
    const repository = await box.open({
      onStep: step => staged.set(step, box.git('diff', '--cached', '--name-only', 'HEAD'))
    })
    await putInto(repository, { [STAGES]: 'v2\n', 'vault/secrets/db/versions/2.yaml': 'value 2\n' })
    const steps = [...staged.keys()]
    const from = steps.indexOf('journal written')
    expect(steps.slice(from).slice(0, 5)).toEqual([
      'journal written',
      'index installed',
      'branch sent',
      'branch moved',
      'file installed'
    ])
    expect(staged.get('index installed')).not.toBe('')
    for (const step of ['journal written', 'branch moved', 'file installed'])
      expect(staged.get(step), step).toBe('')
  })

  it('is decided on the newest commit, not on the work tree', async () => {
    const box = sandbox()
    const repository = await box.open()
    box.write(STAGES, 'edited\n')
    const { value, commit } = await repository.commit(async head => ({
      value: [string(await head.read(STAGES, 100)), await head.read('vault/none/x', 100)]
    }))
    expect(value).toEqual(['v1\n', undefined])
    expect(commit).toBeUndefined()
    expect(box.leftovers()).toEqual([])
  })

  it('removes files and the folders that become empty', async () => {
    const box = sandbox()
    await box.put({ 'vault/secrets/a/b/c/x.yaml': 'x', 'vault/secrets/a/y.yaml': 'y' })
    await box.put({ 'vault/secrets/a/b/c/x.yaml': null, 'vault/secrets/a/none.yaml': null })
    expect(box.exists('vault/secrets/a/b')).toBe(false)
    expect(box.exists('vault/secrets/a/y.yaml')).toBe(true)
    expect(box.status()).toBe('')
  })

  it('makes no commit if there is nothing to remove', async () => {
    const box = sandbox()
    const before = box.head()
    expect((await box.put({ 'vault/none.yaml': null })).commit).toBeUndefined()
    expect(box.head()).toBe(before)
  })

  it('rethrows what `decide` throws, and leaves no files behind', async () => {
    const box = sandbox()
    const repository = await box.open()
    const thrown = new Error('no')
    await expect(repository.commit(() => Promise.reject(thrown))).rejects.toBe(thrown)
    expect(box.leftovers()).toEqual([])
    await putInto(repository, { 'vault/a.yaml': 'a' })
    expect(box.status()).toBe('')
  })

  it('is decided after the one before it in the same repository', async () => {
    const box = sandbox()
    const repository = await box.open()
    const increment = (): Promise<unknown> =>
      repository.commit(async head => {
        const next = Number(string(await head.read('vault/n', 10)) ?? 0) + 1
        const files = new Map([['vault/n', text(String(next))]])
        return { change: { files, message: 'n', member: 'ada', time: 0 }, value: next }
      })
    await Promise.all([increment(), increment(), increment(), increment()])
    expect(box.show('vault/n')).toBe('4')
  })

  it('does not change the user’s other work', async () => {
    const box = sandbox()
    box.write('code.txt', 'one\nSTAGED\nthree\n')
    box.git('add', 'code.txt')
    box.write('code.txt', 'one\nSTAGED\nthree\nunstaged\n')
    box.git('rm', '-q', '--cached', 'other.txt')
    box.write('intended.txt', 'later\n')
    box.git('add', '-N', 'intended.txt')
    box.write('untracked.txt', 'mine\n')
    const before = box.state()
    await box.put({ 'vault/secrets/new/secret.yaml': 'new\n' })
    const added = new RegExp('^.*vault/secrets/new/secret.yaml\n', 'gm')
    expect(box.state().replace(added, '')).toBe(before)
    expect(box.git('show', '--stat', '--format=')).not.toContain('code.txt')
  })

  it('does not hide an edit made in the same instant as the index', async () => {
    const box = sandbox()
    box.git('config', 'core.trustctime', 'false')
    const instant = new Date(1_700_000_000_000)
    const touch = (path: string): void => fs.utimesSync(join(box.root, path), instant, instant)
    touch('code.txt')
    box.git('add', '--renormalize', 'code.txt')
    box.git('update-index', '--refresh')
    touch('.git/index')
    // only its content differs from the file that was added; git reads it because of the index's time
    box.write('code.txt', 'one\nTWO\nthree\n')
    touch('code.txt')
    expect(box.git('diff', '--name-only')).toBe('code.txt\n')
    touch('.git/index')
    await box.put({ [STAGES]: 'v2\n' })
    expect(box.git('diff', '--name-only')).toBe('code.txt\n')
  })
})

describe('a write works', () => {
  it('on an unborn branch', async () => {
    const box = empty()
    const { commit } = await box.put({ 'vault/a.yaml': 'a' })
    expect(box.head()).toBe(commit)
    expect(box.git('rev-list', '--count', 'HEAD').trim()).toBe('1')
    expect(box.status()).toBe('')
  })

  it('with SHA-256, on an unborn branch and later, with deletions and assume-unchanged', async () => {
    const box = empty('--object-format=sha256')
    await box.put({ 'vault/a.yaml': 'a', 'vault/b.yaml': 'b' })
    box.git('update-index', '--assume-unchanged', 'vault/a.yaml', 'vault/b.yaml')
    const { commit } = await box.put({ 'vault/a.yaml': 'a2', 'vault/b.yaml': null })
    expect(commit).toHaveLength(64)
    expect(box.status()).toBe('')
    expect(box.git('ls-files').trim()).toBe('vault/a.yaml')
  })

  it('in a linked work tree, with its own branch and index', async () => {
    const box = sandbox()
    const linked = new Sandbox(join(scratch(), 'linked'))
    box.git('worktree', 'add', '-q', linked.root, '-b', 'side')
    const before = box.head()
    await linked.put({ [STAGES]: 'v2\n' })
    expect(linked.status()).toBe('')
    expect(linked.leftovers()).toEqual([])
    expect(box.head()).toBe(before)
    await box.put({ [STAGES]: 'v3\n' })
    expect(linked.show(STAGES)).toBe('v2\n')
    expect(box.status()).toBe('')
  })

  it('in a linked work tree of a bare repository', async () => {
    const box = sandbox()
    const bare = join(scratch(), 'bare.git')
    box.git('clone', '-q', '--bare', '.', bare)
    const linked = new Sandbox(join(scratch(), 'linked'))
    execFileSync('git', ['worktree', 'add', '-q', linked.root, 'main'], { cwd: bare, stdio: 'pipe' })
    await linked.put({ [STAGES]: 'v2\n' })
    expect(linked.status()).toBe('')
  })

  it('with a separate git directory and in a submodule', async () => {
    const apart = empty(`--separate-git-dir=${join(scratch(), 'apart')}`)
    await apart.put({ 'vault/a.yaml': 'a' })
    expect(apart.status()).toBe('')
    const box = sandbox()
    box.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', sandbox().root, 'sub')
    const sub = new Sandbox(join(box.root, 'sub'))
    await sub.put({ [STAGES]: 'v2\n' })
    expect(sub.status()).toBe('')
    expect(sub.head()).not.toBe(box.head())
  })

  it('from a subfolder, and through a symbolic link to the repository', async () => {
    const box = sandbox()
    const link = join(scratch(), 'link')
    fs.symlinkSync(join(box.root, 'vault'), link)
    const repository = await openRepository(link)
    expect(repository.root).toBe(box.root)
    await putInto(repository, { [STAGES]: 'v2\n' })
    expect(box.status()).toBe('')
  })

  it('with packed refs and on branches with unusual names', async () => {
    const box = sandbox()
    for (const branch of ['feature/ä/x', 'a"b', "it's", 'x\u{1f600}', '-dash'.slice(1), 'feature/ä/y']) {
      box.git('checkout', '-q', '-b', branch)
      box.git('pack-refs', '--all')
      const repository = await box.open()
      expect(await repository.branch()).toBe(`refs/heads/${branch}`)
      const { commit } = await putInto(repository, { [STAGES]: `${branch}\n` })
      expect(box.head()).toBe(commit)
      expect(box.status()).toBe('')
    }
  })

  it.each([
    ['index version 4', ['update-index', '--index-version', '4']],
    ['a split index', ['update-index', '--split-index']],
    ['an untracked cache', ['update-index', '--untracked-cache']]
  ])('with %s', async (_, command) => {
    const box = sandbox()
    await box.put({ 'vault/secrets/aa/x.yaml': '1', 'vault/secrets/db/versions/aaaa.yaml': 'a' })
    box.git(...command)
    box.write('code.txt', 'edited\n')
    await box.put({ [STAGES]: 'v2\n', 'vault/secrets/db/versions/b.yaml': 'b' })
    await box.put({ [STAGES]: 'v3\n', 'vault/secrets/db/versions/aaaa.yaml': null })
    expect(box.git('status', '--porcelain')).toBe(' M code.txt\n')
    expect(box.git('ls-files', 'vault').split('\n')).toContain('vault/secrets/db/versions/b.yaml')
    box.write(STAGES, 'edited\n')
    await expect(box.put({ [STAGES]: 'v4\n' })).rejects.toMatchObject({ code: 'RepositoryState' })
    box.git('add', STAGES)
    await expect(box.put({ [STAGES]: 'v4\n' })).rejects.toMatchObject({ code: 'RepositoryState' })
  })

  it('in a sparse checkout with a sparse index', async () => {
    const box = sandbox()
    await box.put({ 'far/away/x.txt': 'x', 'vault/secrets/b/x.yaml': 'x' })
    // otherwise git keeps files that it has not checked since they were written
    box.git('update-index', '-q', '--refresh')
    box.git('sparse-checkout', 'set', '--cone', '--sparse-index', 'vault')
    expect(box.exists('far')).toBe(false)
    await box.put({ [STAGES]: 'v2\n' })
    expect(box.status()).toBe('')
    expect(box.exists('far')).toBe(false)
    await expect(box.put({ 'far/away/x.txt': 'y' })).rejects.toMatchObject({ code: 'RepositoryState' })
  })

  it('in shallow and partial clones without their remote', async () => {
    const origin = sandbox()
    await origin.put({ [STAGES]: 'v2\n' })
    origin.git('config', 'uploadpack.allowFilter', 'true')
    for (const flag of ['--depth=1', '--filter=blob:none']) {
      const box = new Sandbox(join(scratch(), 'clone'))
      execFileSync('git', ['clone', '-q', flag, `file://${origin.root}`, box.root], { stdio: 'pipe' })
      box.git('remote', 'set-url', 'origin', 'file:///nowhere')
      await box.put({ [STAGES]: 'v3\n' })
      expect(box.status()).toBe('')
    }
  })

  it('with line ending conversion on, if the attributes say -text', async () => {
    const box = sandbox()
    box.git('config', 'core.autocrlf', 'true')
    box.write('.gitattributes', '/vault/** -text\n')
    box.git('add', '.')
    box.git('commit', '-qm', 'attributes')
    await box.put({ [STAGES]: 'v2\nwith\r\nboth\n' })
    expect(box.status()).toBe('')
    expect(box.read(STAGES)).toBe('v2\nwith\r\nboth\n')
  })

  it('in an ignored folder', async () => {
    const box = sandbox()
    box.write('.gitignore', 'vault/\n')
    box.git('add', '.')
    box.git('commit', '-qm', 'ignore')
    await box.put({ 'vault/new.yaml': 'x' })
    expect(box.status()).toBe('')
    expect(box.show('vault/new.yaml')).toBe('x')
  })

  it('with hostile paths and messages', async () => {
    const box = sandbox()
    const paths = [
      'a"b\\c',
      'new\nline',
      'tab\t',
      'é/ü',
      '\u{1f512}',
      '-x',
      ':(top)y',
      '*',
      "it's",
      ' space ',
      'data <<EOF'
    ]
    const files = Object.fromEntries(paths.map((path, at) => [`vault/${path}/f`, `content ${at}\n`]))
    const message = 'Put\n\nfrom refs/heads/main\ndone\n\u{1f600} é <x> "q"'
    await box.put(files, { message, member: 'n>a<m\ne' })
    expect(box.status()).toBe('')
    for (const [path, content] of Object.entries(files)) expect(box.show(path)).toBe(content)
    expect(box.git('log', '-1', '--format=%B').trimEnd()).toBe(message)
    await box.put(Object.fromEntries(Object.keys(files).map(path => [path, null])))
    expect(box.git('ls-files', 'vault').trim()).toBe(STAGES)
  })

  it('with another commit encoding, a commit template, and hooks that refuse everything', async () => {
    const box = sandbox()
    box.git('config', 'i18n.commitEncoding', 'ISO-8859-1')
    box.git('config', 'commit.template', '/nowhere')
    for (const hook of [
      'pre-commit',
      'commit-msg',
      'reference-transaction',
      'post-index-change',
      'post-commit'
    ]) {
      const file = join(box.gitDir(), 'hooks', hook)
      fs.writeFileSync(file, `#!/bin/sh\ntouch '${box.root}/hook-ran'\nexit 1\n`, { mode: 0o755 })
    }
    await box.put({ [STAGES]: 'v2\n' }, { message: 'ü €' })
    expect(box.exists('hook-ran')).toBe(false)
    expect(box.git('-c', 'i18n.logOutputEncoding=UTF-8', 'log', '-1', '--format=%B').trim()).toBe('ü €')
  })

  it('with names that differ by case, even with core.ignoreCase', async () => {
    const box = sandbox()
    await box.put({ 'vault/a/x': 'lower' })
    box.git('config', 'core.ignoreCase', 'true')
    await box.put({ 'vault/A/y': 'upper' })
    expect(box.git('ls-tree', '-r', '--name-only', 'HEAD', 'vault').split('\n')).toContain('vault/A/y')
  })

  it('on the real commit if `git replace` hides it', async () => {
    const box = sandbox()
    const real = box.head()
    box.git('checkout', '-q', '--orphan', 'fake')
    box.write(STAGES, 'fake\n')
    box.git('commit', '-qam', 'fake')
    box.git('checkout', '-q', 'main')
    box.git('replace', real, 'fake')
    const repository = await box.open()
    const seen = await repository.commit(async head => ({ value: string(await head.read(STAGES, 100)) }))
    expect(seen.value).toBe('v1\n')
  })

  it('inside a hook, with variables that point to another repository', async () => {
    const box = sandbox()
    const other = sandbox()
    const variables = {
      GIT_DIR: join(other.root, '.git'),
      GIT_COMMON_DIR: join(other.root, '.git'),
      GIT_INDEX_FILE: '/nowhere',
      GIT_WORK_TREE: other.root,
      GIT_OBJECT_DIRECTORY: join(other.root, '.git/objects'),
      GIT_CONFIG_PARAMETERS: "'core.bare'='true'"
    }
    Object.assign(process.env, variables)
    try {
      await box.put({ [STAGES]: 'v2\n' })
    } finally {
      for (const name of Object.keys(variables)) delete process.env[name]
    }
    expect(box.show(STAGES)).toBe('v2\n')
    expect(box.status()).toBe('')
    expect(other.show(STAGES)).toBe('v1\n')
  })

  it('keeping the executable bit, with core.fileMode on or off', async () => {
    const box = sandbox()
    fs.chmodSync(join(box.root, STAGES), 0o755)
    box.git('add', '.')
    box.git('commit', '-qm', 'x')
    await box.put({ [STAGES]: 'v2\n' })
    expect(box.status()).toBe('')
    box.git('config', 'core.fileMode', 'false')
    await box.put({ [STAGES]: 'v3\n' })
    expect(box.status()).toBe('')
    expect(box.git('ls-tree', 'HEAD', STAGES)).toMatch(/^100755/)
  })

  it('with a file marked assume-unchanged, without staging the old one', async () => {
    const box = sandbox()
    box.git('update-index', '--assume-unchanged', STAGES)
    await box.put({ [STAGES]: 'v2\n' })
    expect(box.git('diff', '--cached', '--name-only')).toBe('')
    expect(box.status()).toBe('')
  })
})

describe('the author', () => {
  const author = (box: Sandbox): string => box.git('log', '-1', '--format=%an|%ae|%cn|%ce').trim()

  it('is the member if git has no identity configured', async () => {
    const box = sandbox()
    box.git('config', '--unset', 'user.name')
    box.git('config', '--unset', 'user.email')
    await box.put({ [STAGES]: '2' }, { member: 'ci <bot>\n' })
    expect(author(box)).toBe('ci bot|ci-bot@git-vault.invalid|ci bot|ci-bot@git-vault.invalid')
    box.git('config', 'user.email', 'only@example.com')
    await box.put({ [STAGES]: '3' }, { member: '<>' })
    expect(author(box)).toBe('git-vault|only@example.com|git-vault|only@example.com')
  })

  it('comes from the environment, then from the configuration, as in git', async () => {
    const box = sandbox()
    box.git('config', 'author.name', 'Author Only')
    const variables = { GIT_COMMITTER_NAME: 'Env', GIT_COMMITTER_EMAIL: 'env@example.com' }
    Object.assign(process.env, variables)
    try {
      await box.put({ [STAGES]: '2' })
    } finally {
      for (const name of Object.keys(variables)) delete process.env[name]
    }
    expect(author(box)).toBe('Author Only|test@example.com|Env|env@example.com')
  })
})

describe('signing', () => {
  function withSshKey(): Sandbox {
    const box = sandbox()
    signWithSsh(box, scratch())
    return box
  }

  it('works with ssh, and the commit is otherwise the same', async () => {
    const box = withSshKey()
    await box.put({ [STAGES]: 'v2\n' }, { message: 'ü\n\nA: b' })
    expect(box.git('log', '-1', '--format=%G?|%an|%ct|%B').trim()).toBe('G|Test User|1700000000|ü\n\nA: b')
    expect(box.status()).toBe('')
    expect(box.leftovers()).toEqual([])
  })

  it('works with gpg', async () => {
    const box = sandbox()
    const home = fs.mkdtempSync('/tmp/gv-gpg-')
    process.env['GNUPGHOME'] = home
    try {
      fs.chmodSync(home, 0o700)
      const user = 'Test User <test@example.com>'
      const args = ['--batch', '--passphrase', '', '--quick-generate-key', user, 'ed25519', 'sign']
      execFileSync('gpg', args, { stdio: 'pipe' })
      box.git('config', 'commit.gpgSign', 'true')
      await box.put({ [STAGES]: 'v2\n' })
      expect(box.git('log', '-1', '--format=%G?').trim()).toMatch(/[GU]/)
      expect(box.status()).toBe('')
    } finally {
      execFileSync('gpgconf', ['--kill', 'all'], { stdio: 'pipe' })
      delete process.env['GNUPGHOME']
      fs.rmSync(home, { recursive: true, force: true })
    }
  })

  it('that fails changes nothing and leaves no files behind', async () => {
    const box = withSshKey()
    const before = box.head()
    box.git('config', 'user.signingKey', '/nowhere/key')
    await expect(box.put({ [STAGES]: 'v2\n' })).rejects.toMatchObject({ code: 'GitFailed' })
    expect(box.head()).toBe(before)
    expect(box.status()).toBe('')
    expect(box.leftovers()).toEqual([])
  })
})

describe('packs', () => {
  it('lose the keep file of a killed fast-import, but no other keep file', async () => {
    const box = sandbox()
    const folder = join(box.gitDir(), 'objects/pack')
    const since = Date.now()
    for (const [name, note] of Object.entries({ ours: 'fast-import\n', cut: 'fast', theirs: 'keep this' })) {
      fs.writeFileSync(join(folder, `pack-${name}.keep`), note)
    }
    fs.writeFileSync(join(folder, 'pack-old.keep'), 'fast-import\n')
    fs.utimesSync(join(folder, 'pack-old.keep'), 1, 1)
    fs.writeFileSync(join(box.gitDir(), 'fast_import_crash_1'), 'commands\n  # git-vault\n')
    fs.writeFileSync(join(box.gitDir(), 'fast_import_crash_2'), 'commands\n  commit refs/heads/main\n')
    removeLeftovers(discover(box.root), since)
    expect(fs.readdirSync(folder).filter(name => name.endsWith('.keep'))).toEqual([
      'pack-old.keep',
      'pack-theirs.keep'
    ])
    expect(fs.readdirSync(box.gitDir()).filter(name => name.includes('crash'))).toEqual([
      'fast_import_crash_2'
    ])
  })

  it('are repacked when there are many', async () => {
    const box = sandbox()
    const packs = (): number =>
      fs.readdirSync(join(box.gitDir(), 'objects/pack')).filter(name => name.endsWith('.pack')).length
    const repository = await box.open()
    for (let at = 0; at < 42; at++) await putInto(repository, { [STAGES]: `${at}` })
    const since = Date.now()
    while (packs() > 20 && Date.now() - since < 10_000) await new Promise(resolve => setTimeout(resolve, 50))
    expect(packs()).toBeLessThan(20)
    await putInto(repository, { [STAGES]: 'end' })
    expect(box.git('fsck', '--no-dangling')).toBe('')
  })
})
