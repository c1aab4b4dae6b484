import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { describe, expect, it } from 'vitest'
import type { CommitEntry } from '../../../src/core/ports.js'
import { empty, putInto, sandbox, scratch, string } from '../sandbox.js'

const STAGES = 'vault/secrets/db/stages.yaml'

async function all(entries: AsyncIterable<CommitEntry>): Promise<CommitEntry[]> {
  const found: CommitEntry[] = []
  for await (const entry of entries) found.push(entry)
  return found
}

describe('the log', () => {
  it('lists the changes under a path newest first, with blobs', async () => {
    const box = sandbox()
    const repository = await box.open()
    const message = 'Put a\n\n\x01looks like\n:100644 a header\n\nMember: ä'
    await putInto(repository, { 'vault/a "ü"\n.yaml': '1', [STAGES]: 'v2\n' }, { message })
    await putInto(repository, { 'vault/a "ü"\n.yaml': null }, { message: 'Remove', time: 1_700_000_001_999 })
    box.write('code.txt', 'x')
    box.git('commit', '-qam', 'code')
    const [removed, put, first, ...rest] = await all(repository.log({ paths: ['vault'] }))
    expect(rest).toEqual([])
    expect(removed).toMatchObject({
      message: 'Remove',
      time: 1_700_000_001_000,
      author: 'Test User',
      files: [
        {
          path: 'vault/a "ü"\n.yaml',
          blob: undefined,
          before: [box.git('rev-parse', 'HEAD~2:vault/a "ü"\n.yaml').trim()]
        }
      ]
    })
    expect(put).toMatchObject({ message, commit: box.git('rev-parse', 'HEAD~2').trim() })
    expect(put?.files.map(file => file.path).toSorted()).toEqual(['vault/a "ü"\n.yaml', STAGES])
    expect(first?.files).toEqual([
      { path: STAGES, blob: box.git('rev-parse', `HEAD~3:${STAGES}`).trim(), before: [undefined] }
    ])
    for (const { path, blob } of put?.files ?? []) {
      expect(string(await repository.blob(blob!, 100))).toBe(path === STAGES ? 'v2\n' : '1')
    }
    await repository.close()
  })

  it('is independent of the user’s configuration of git log', async () => {
    const box = sandbox()
    await box.put({ [STAGES]: 'v2\n' })
    const settings = {
      'log.showSignature': 'true',
      'log.follow': 'true',
      'log.decorate': 'full',
      'log.showRoot': 'false',
      'log.abbrevCommit': 'true',
      'diff.renames': 'copies',
      'diff.noprefix': 'true',
      'diff.external': 'false',
      'diff.relative': 'true',
      'format.pretty': 'oneline',
      'format.notes': 'true',
      'color.ui': 'always',
      'core.quotePath': 'true',
      'i18n.logOutputEncoding': 'ISO-8859-1'
    }
    for (const [name, value] of Object.entries(settings)) box.git('config', name, value)
    const found = await all((await box.open()).log({ paths: [STAGES] }))
    expect(found.map(entry => entry.files.map(file => file.path))).toEqual([[STAGES], [STAGES]])
    expect(found.map(entry => entry.message)).toEqual(['PutSecretValue x', 'first'])
  })

  it('searches for literal text, stops at a limit, and shows merges', async () => {
    const box = sandbox()
    const repository = await box.open()
    await putInto(repository, { [STAGES]: '2' }, { message: 'Put\n\nSecret-Arn: a.c' })
    box.git('branch', 'side', 'HEAD~1')
    await putInto(repository, { [STAGES]: '3' }, { message: 'Put\n\nSecret-Arn: abc' })
    const messages = async (options: Parameters<typeof repository.log>[0]): Promise<string[]> =>
      (await all(repository.log(options))).map(entry => entry.message.split('\n').at(-1)!)
    expect(await messages({ paths: [STAGES], grep: 'a.c' })).toEqual(['Secret-Arn: a.c'])
    expect(await messages({ paths: [], limit: 1 })).toEqual(['Secret-Arn: abc'])
    expect(await messages({ paths: ['--all'] })).toEqual([])
    box.git('checkout', '-q', 'side')
    await putInto(repository, { [STAGES]: 'side' })
    box.tryGit('merge', 'main')
    box.write(STAGES, 'merged')
    box.git('commit', '-qam', 'merge')
    const [merge] = await all(repository.log({ paths: ['vault'] }))
    const blobOf = (commit: string): string => box.git('rev-parse', `${commit}:${STAGES}`).trim()
    expect(merge?.files).toEqual([
      { path: STAGES, blob: blobOf('HEAD'), before: [blobOf('HEAD^1'), blobOf('HEAD^2')] }
    ])
  })

  it('stops git when the consumer stops', async () => {
    const box = sandbox()
    const tree = box.git('rev-parse', 'HEAD^{tree}').trim()
    const commits = Array.from({ length: 20_000 }, (_, at) => [
      `commit refs/heads/main`,
      `committer a <a@b> ${at} +0000`,
      'data 1',
      'x',
      ...(at === 0 ? [`M 040000 ${tree} `] : []),
      ''
    ])
    execFileSync('git', ['fast-import', '--quiet', '--force'], {
      cwd: box.root,
      input: commits.flat().join('\n')
    })
    const repository = await box.open()
    for await (const entry of repository.log({ paths: [] })) {
      expect(entry.message).toBe('x')
      break
    }
    expect(
      execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    ).not.toContain(' log ')
  })

  it('shows both sides of a merge that equals one of them', async () => {
    const box = sandbox()
    const repository = await box.open()
    box.git('branch', 'side')
    await putInto(repository, { [STAGES]: '2' }, { message: 'main' })
    box.git('checkout', '-q', 'side')
    await putInto(repository, { [STAGES]: 's' }, { message: 'side' })
    box.git('merge', '-q', '-s', 'ours', '-m', 'merge', 'main')
    const found = await all(repository.log({ paths: [STAGES] }))
    expect(found.map(({ message }) => message).sort()).toEqual(['first', 'main', 'merge', 'side'])
    expect(found.find(({ message }) => message === 'merge')?.files).toEqual([])
  })

  it('is empty on an unborn branch', async () => {
    expect(await all((await empty().open()).log({ paths: [] }))).toEqual([])
  })
})

describe('the difference of two commits', () => {
  it('has what both have at each path, in order, and no folder that is the same', async () => {
    const box = sandbox()
    const repository = await box.open()
    const from = await repository.commitId('HEAD')
    await putInto(repository, { 'vault/ä "\n': '1', [STAGES]: null, 'vault/z': '2' })
    box.write('code.txt', 'changed')
    box.git('commit', '-qam', 'code')
    const to = await repository.commitId('HEAD')
    const list = async (...ends: [string | undefined, string, string[]]) => {
      const found = []
      for await (const file of repository.difference(...ends)) found.push(file)
      return found
    }
    const blob = (path: string, commit = to): string => box.git('rev-parse', `${commit}:${path}`).trim()
    expect(await list(from, to, ['vault'])).toEqual([
      { path: STAGES, blob: undefined, before: [blob(STAGES, from)] },
      { path: 'vault/z', blob: blob('vault/z'), before: [undefined] },
      { path: 'vault/ä "\n', blob: blob('vault/ä "\n'), before: [undefined] }
    ])
    expect(await list(from, to, [STAGES, '--all'])).toHaveLength(1)
    expect(await list(to, to, ['vault'])).toEqual([])
    expect(await list(undefined, from, ['vault'])).toEqual([
      { path: STAGES, blob: blob(STAGES, from), before: [undefined] }
    ])
  })
})

describe('a blob', () => {
  it('is returned whole or not at all', async () => {
    const box = sandbox()
    const repository = await box.open()
    const big = 'x'.repeat(300_000)
    await putInto(repository, { big })
    const oid = box.git('rev-parse', 'HEAD:big').trim()
    const [whole, tooLong, missing, tree, nonsense] = await Promise.all([
      repository.blob(oid, 300_000),
      repository.blob(oid, 299_999),
      repository.blob('1'.repeat(40), 9),
      repository.blob(box.git('rev-parse', 'HEAD^{tree}').trim(), 9999),
      repository.blob('HEAD\nHEAD', 9)
    ])
    expect(string(whole)).toBe(big)
    expect([tooLong, missing, tree, nonsense]).toEqual([undefined, undefined, undefined, undefined])
    await repository.close()
  })

  it('does not keep a program alive', () => {
    // the script does not close the repository
    const box = sandbox()
    const oid = box.git('rev-parse', `HEAD:${STAGES}`).trim()
    expect(run(box.root, oid)).toBe('v1\n')
  })
})

function run(directory: string, oid: string): string {
  const driver = buildReader()
  return execFileSync(process.execPath, [driver, directory, oid], { encoding: 'utf8', timeout: 10_000 })
}

function buildReader(): string {
  const outfile = join(scratch('reader'), 'reader.mjs')
  const source = fileURLToPath(new URL('../../../src/system/repository.ts', import.meta.url))
  const contents = `import { openRepository } from ${JSON.stringify(source)}
    const repository = await openRepository(process.argv[2])
    process.stdout.write(await repository.blob(process.argv[3], 100))`
  buildSync({
    stdin: { contents, resolveDir: '.' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'warning'
  })
  return outfile
}
