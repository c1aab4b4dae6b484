import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { Decision, Tree } from '../../../src/core/ports.js'
import { processesIn } from '../../removeFolder.js'
import { putInto, sandbox, startDriver, string, text, type Sandbox } from '../sandbox.js'

const change = (files: Record<string, string | null>, message: string, value: unknown = message) => ({
  value,
  change: {
    files: new Map(
      Object.entries(files).map(([path, content]) => [path, content === null ? null : text(content)])
    ),
    message,
    member: 'ada',
    time: 1_700_000_000_000
  }
})

/** Decides on a write that increments the number in a file. */
const increment = (path: string) => async (head: Tree) => {
  const next = Number(string(await head.read(path, 100)) ?? 0) + 1
  return change({ [path]: String(next) }, `Count ${path}`, next)
}

const messages = (box: Sandbox, since: string): string[] =>
  box.git('log', '--reverse', '--format=%s', `${since}..HEAD`).trim().split('\n')

const expectClean = (box: Sandbox) => {
  expect(box.status()).toBe('')
  expect(box.git('fsck', '--full', '--strict', '--no-dangling')).toBe('')
  expect(box.leftovers()).toEqual([])
}

describe('writes at the same time', () => {
  it('share a ref update; each is a commit on top of the one before', async () => {
    const box = sandbox()
    const repository = await box.open()
    const before = box.head()
    const moves: string[] = []
    const other = await box.open({ onStep: step => step === 'branch moved' && moves.push(step) })
    const names = Array.from({ length: 20 }, (_, index) => `vault/s${index}/stages.yaml`)
    const done = await Promise.all(names.map(path => other.commit(async () => change({ [path]: 'x' }, path))))
    expect(moves.length).toBeLessThan(4)

    const commits = box.git('rev-list', '--reverse', `${before}..HEAD`).trim().split('\n')
    expect(commits).toHaveLength(20)
    expect(done.map(({ commit }) => commit).toSorted()).toEqual(commits.toSorted())
    for (const { commit, value } of done) {
      expect(box.git('show', '--format=%s', '--name-only', commit!).trim()).toBe(
        [value, '', value].join('\n')
      )
    }
    expect(messages(box, before)).toEqual(names)
    expectClean(box)
    await repository.close()
    await other.close()
  })

  it('see each other’s changes: a counter that all increment is right', async () => {
    const box = sandbox()
    const repository = await box.open()
    const values = await Promise.all(
      Array.from({ length: 30 }, () => repository.commit(increment('vault/n')))
    )
    expect(values.map(({ value }) => value)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
    expect(box.show('vault/n')).toBe('30')
    expect(box.read('vault/n')).toBe('30')
    expectClean(box)
  })

  it('may create a file and remove it again', async () => {
    const box = sandbox()
    const repository = await box.open()
    const before = box.head()
    const write = (files: Record<string, string | null>, message: string) =>
      repository.commit(async head => {
        const present = await head.read('vault/brief', 10)
        return change(files, `${message} ${string(present) ?? 'none'}`)
      })
    await Promise.all([
      write({ 'vault/a': 'x' }, 'first'),
      write({ 'vault/brief': 'here' }, 'second'),
      write({ 'vault/brief': null, 'vault/b': 'y' }, 'third'),
      write({ 'vault/c': 'z' }, 'fourth')
    ])
    expect(messages(box, before)).toEqual(['first none', 'second none', 'third here', 'fourth none'])
    expect(box.exists('vault/brief')).toBe(false)
    expectClean(box)
  })

  it('fail alone if `decide` throws, and make no commit if nothing changes', async () => {
    const box = sandbox()
    const repository = await box.open()
    const before = box.head()
    const nothing: Decision<string> = { value: 'nothing' }
    const outcomes = await Promise.allSettled([
      repository.commit(increment('vault/n')),
      repository.commit(async () => Promise.reject(new Error('no'))),
      repository.commit(async () => nothing),
      repository.commit(increment('vault/n'))
    ])
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: { value: 1, commit: expect.any(String) as string } },
      { status: 'rejected', reason: new Error('no') },
      { status: 'fulfilled', value: nothing },
      { status: 'fulfilled', value: { value: 2, commit: expect.any(String) as string } }
    ])
    expect(messages(box, before)).toHaveLength(2)
    expectClean(box)
  })

  it('fail alone if the user has edited a file by hand', async () => {
    const box = sandbox()
    const repository = await box.open()
    box.write('vault/secrets/db/stages.yaml', 'edited\n')
    const outcomes = await Promise.allSettled([
      putInto(repository, { 'vault/a': '1' }),
      putInto(repository, { 'vault/secrets/db/stages.yaml': 'v2\n', 'vault/b': '1' }),
      putInto(repository, { 'vault/b': '2' }),
      putInto(repository, { 'vault/c': '3' })
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(String((outcomes[1] as PromiseRejectedResult).reason)).toContain('edited by hand')
    expect([box.show('vault/a'), box.show('vault/b'), box.show('vault/c')]).toEqual(['1', '2', '3'])
    expect(box.read('vault/secrets/db/stages.yaml')).toBe('edited\n')
    box.git('restore', '.')
    expectClean(box)
  })

  it('are decided again if the branch moves', async () => {
    const box = sandbox()
    let moved = 0
    const repository = await box.open({
      onStep: step => {
        if (step === 'decided' && moved++ === 0) box.git('commit', '--allow-empty', '-qm', 'the user’s own')
      }
    })
    const before = box.head()
    await Promise.all([1, 2, 3].map(() => repository.commit(increment('vault/n'))))
    expect(messages(box, before)).toEqual(['the user’s own', ...Array<string>(3).fill('Count vault/n')])
    expect(box.read('vault/n')).toBe('3')
    expectClean(box)
  })

  it('keep a program alive only until they are done, even if the repository is not closed', async () => {
    const box = sandbox()
    const driver = startDriver({ directory: box.root, path: 'vault/k', count: 3, together: 4, leave: true })
    expect(await driver.ended).toEqual({ code: 0, signal: null })
    expect(driver.lines()).toHaveLength(12)
    // its git processes see the end of their input, and end
    await expect.poll(() => processesIn(box.root), { timeout: 10_000 }).toEqual([])
    expectClean(box)
  })

  const processes = (box: Sandbox, command: string): number[] => {
    const { stdout } = spawnSync('pgrep', ['-f', `${box.root}/.* ${command}`], { encoding: 'utf8' })
    return stdout.split('\n').filter(Boolean).map(Number)
  }

  it.each(['update-ref', 'fast-import'])(
    'work after the long-running %s was killed between two batches',
    async command => {
      const box = sandbox()
      const repository = await box.open()
      const together = () => Promise.all([1, 2, 3].map(() => repository.commit(increment('vault/n'))))
      await together()
      const [pid, ...others] = processes(box, command)
      expect([typeof pid, others]).toEqual(['number', []])
      await together()
      expect(processes(box, command)).toEqual([pid])
      process.kill(pid!, 'SIGKILL')
      await new Promise(resolve => setTimeout(resolve, 100))
      expect((await together()).map(({ value }) => value)).toEqual([7, 8, 9])
      await repository.close()
      expectClean(box)
    }
  )

  it('work after housekeeping between two batches, which repacks their objects', async () => {
    const box = sandbox()
    const repository = await box.open()
    const together = () => Promise.all([1, 2, 3].map(() => repository.commit(increment('vault/n'))))
    for (let round = 0; round < 4; round++) {
      await together()
      box.git('gc', '--quiet', '--prune=now')
      expect(box.packs()).toHaveLength(1)
    }
    expect((await together()).map(({ value }) => value)).toEqual([13, 14, 15])
    await repository.close()
    expectClean(box)
  })

  it('leave no process and no file behind some seconds after the last one', async () => {
    const box = sandbox()
    const repository = await box.open()
    await Promise.all([1, 2, 3].map(() => repository.commit(increment('vault/n'))))
    expect(processes(box, 'fast-import')).toHaveLength(1)
    await new Promise(resolve => setTimeout(resolve, 3_500))
    expect(processes(box, 'fast-import')).toEqual([])
    expectClean(box)
    await repository.close()
  })

  it('of several clients are each made exactly once', async () => {
    const box = sandbox()
    const repository = await box.open()
    const client = async (name: number) => {
      for (let round = 1; round <= 6; round++) {
        const { value } = await repository.commit(increment(`vault/client${name}`))
        expect(value).toBe(round)
        await repository.commit(increment('vault/all'))
      }
    }
    await Promise.all([1, 2, 3, 4, 5].map(client))
    expect(box.read('vault/all')).toBe('30')
    expectClean(box)
    await repository.close()
  })
})

describe('a batch that is killed', () => {
  const STEPS = ['decided', 'objects sent', 'objects made', 'journal written', 'branch sent', 'branch moved']
  it.each([...STEPS, 'file installed', 'index installed', 'journal removed'])('at “%s”', async step => {
    const box = sandbox()
    const killed = startDriver({
      directory: box.root,
      path: 'vault/k',
      count: 2,
      together: 8,
      kill: { step, at: 2 }
    })
    expect(await killed.ended).toEqual({ code: null, signal: 'SIGKILL' })
    const next = startDriver({ directory: box.root, path: 'vault/k', count: 1, together: 8 })
    expect(await next.ended).toEqual({ code: 0, signal: null })
    for (const line of [...killed.lines(), ...next.lines()]) {
      const [, value, commit] = /^acknowledged (\d+) (\S+)$/.exec(line) ?? []
      expect(box.git('log', '-1', '--format=%s', commit ?? line).trim()).toBe(`Put ${value}`)
      expect(box.git('merge-base', '--is-ancestor', commit!, 'HEAD')).toBe('')
    }
    expect(next.lines()).toHaveLength(8)
    expectClean(box)
  })
})
