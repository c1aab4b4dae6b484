import * as fs from 'node:fs'
import { expect, it } from 'vitest'
import { VaultError } from '../../../src/core/errors.js'
import { picker } from '../../random.js'
import { putInto, sandbox, SEED, startDriver, type Sandbox } from '../sandbox.js'

/** GIT_VAULT_TEST_ROUNDS=1000 is the long run; GIT_VAULT_TEST_SEED=17 repeats one. */
const ROUNDS = Number(process.env['GIT_VAULT_TEST_ROUNDS'] ?? 100)
const seeds = (count: number): number[] =>
  SEED === undefined ? Array.from({ length: count }, (_, at) => at + 1) : [Number(SEED)]

const BRANCHES = ['main', 'side']

/** A user with work of their own in the repository: two branches, staged and unstaged changes, and a stash. */
class User {
  readonly box: Sandbox
  /** What was done, for the message of a failure. */
  readonly log: string[] = []
  /** The lines that the user has added to a file, none of which may get lost. */
  readonly lines: string[] = []
  /** The files that the user has committed. */
  readonly committed: string[] = []
  /**
   * Whether no other program works in the repository while the user's git commands run. Otherwise the user merges and rebases
   * nothing: a merge of git's that meets a locked index resets what is not committed, and its abort may meet a lock, too.
   */
  isAlone = true
  readonly #pick: (below: number) => number
  #serial = 0

  constructor(box: Sandbox, pick: (below: number) => number) {
    this.box = box
    this.#pick = pick
    box.git('branch', 'side')
  }

  /** Does one thing of what users do. git may refuse it, because git-vault holds the index's lock. */
  act(): void {
    const kinds = [
      'edit',
      'edit',
      'add',
      'commit',
      'commit',
      'commitAll',
      'stash',
      'pop',
      'checkout',
      ...(this.isAlone ? ['merge', 'rebase'] : [])
    ]
    const kind = kinds[this.#pick(kinds.length)]!
    const ended = this.#do(kind)
    this.log.push(ended === undefined ? kind : `${kind}: ${ended}`)
  }

  #do(kind: string): string | undefined {
    const { box } = this
    const branch = box.tryGit('branch', '--show-current').stdout.trim()
    const other = branch === 'main' ? 'side' : 'main'
    const file = `user/${++this.#serial}.txt`
    switch (kind) {
      case 'edit': {
        const path = this.#pick(2) === 0 ? 'code.txt' : 'other.txt'
        this.lines.push(`line ${this.#serial}`)
        fs.appendFileSync(`${box.root}/${path}`, `line ${this.#serial}\n`)
        return undefined
      }
      case 'add':
        return this.#git('add', '-u', '.')
      case 'commit':
        box.write(file, file)
        if (box.tryGit('add', file).status !== 0) return (fs.rmSync(`${box.root}/${file}`), 'refused')
        return this.#commit(file)
      case 'commitAll':
        return this.#git('commit', '-q', '-a', '-m', `user ${this.#serial}`)
      case 'stash':
        return this.#git('stash', '-q')
      case 'pop':
        return this.#pop()
      case 'checkout':
        return this.#git('checkout', '-q', other)
      case 'merge':
        return this.#git('merge', '-q', '--no-edit', other) && this.#end('merge')
      default:
        // only the branch that nobody else has is rebased
        return branch === 'side' ? this.#git('rebase', '-q', 'main') && this.#end('rebase') : undefined
    }
  }

  #commit(file: string): string | undefined {
    const refused = this.#git('commit', '-q', '-m', `user ${file}`)
    if (refused === undefined) this.committed.push(file)
    else this.box.tryGit('rm', '-q', '--cached', file)
    return refused
  }

  /** A stash that conflicts stays; then its half is taken back. */
  #pop(): string | undefined {
    const { box } = this
    if (box.tryGit('stash', 'list').stdout === '') return undefined
    const dirty = box.tryGit('status', '--porcelain', '-uno').stdout
    return dirty === '' ? this.#git('stash', 'pop', '-q') && this.#git('reset', '-q', '--hard') : undefined
  }

  /** Ends a merge or rebase with conflicts. */
  #end(kind: 'merge' | 'rebase'): string {
    return `ended ${this.#git(kind, '--abort') ?? ''}`
  }

  /** Returns git's reason if it refuses. */
  #git(...args: string[]): string | undefined {
    const { status, stderr, stdout } = this.box.tryGit(...args)
    return status === 0 ? undefined : (stderr || stdout).trim().split('\n')[0]
  }

  /** Ends everything that is in progress. The abort, too, may meet a locked index: a user then tries it again. */
  end(): void {
    const states = { merge: ['MERGE_HEAD'], rebase: ['rebase-merge', 'rebase-apply'] }
    for (const [kind, names] of Object.entries(states)) {
      const isOpen = () => names.some(name => fs.existsSync(`${this.box.gitDir()}/${name}`))
      for (let tries = 0; isOpen(); tries++) {
        if (tries === 200) throw new Error(`git ${kind} --abort fails each time`)
        this.box.tryGit(kind, '--abort')
      }
    }
  }

  /** What is the user's alone: staged, changed and stashed files. */
  state(): string {
    const { box } = this
    const status = box.git('status', '--porcelain=v2', '--untracked-files=all', '--', '.', ':!vault')
    const contents = ['code.txt', 'other.txt'].map(path => box.read(path))
    const stash = `${box.gitDir()}/logs/refs/stash`
    return [status, ...contents, fs.existsSync(stash) ? fs.readFileSync(stash, 'utf8') : ''].join('\n')
  }

  /** Every line and every committed file is on a branch, in the work tree or in a stash. */
  expectWhole(): void {
    const { box } = this
    const stashes = box.git('stash', 'list', '--format=%gd').trim().split('\n').filter(Boolean)
    // what is staged in a stash is its second parent
    const trees = [...BRANCHES, ...stashes, ...stashes.map(name => `${name}^2`)]
    const texts = ['code.txt', 'other.txt'].flatMap(path => [
      box.read(path),
      ...trees.map(tree => box.git('show', `${tree}:${path}`))
    ])
    const present = new Set(texts.flatMap(text => text.split('\n')))
    expect(this.lines.filter(line => !present.has(line))).toEqual([])
    const files = new Set(BRANCHES.flatMap(branch => filesIn(box, branch)))
    expect(this.committed.filter(file => !files.has(file))).toEqual([])
    // the user's commits change only the user's files
    const touched = box.git('log', ...BRANCHES, '--format=', '--name-only', '--grep=^user').split('\n')
    expect(touched.filter(path => path.startsWith('vault/'))).toEqual([])
  }
}

const filesIn = (box: Sandbox, branch: string): string[] =>
  box.git('ls-tree', '-r', '--name-only', branch).split('\n')

/** Calls `run` for each seed, and names the seed and what the user did if it fails. */
async function each(
  list: readonly number[],
  run: (user: User, pick: (below: number) => number) => Promise<void>
) {
  for (const seed of list) {
    const pick = picker(seed)
    const user = new User(sandbox(), pick)
    try {
      await run(user, pick)
    } catch (error) {
      const log = [`repeat it with GIT_VAULT_TEST_SEED=${seed}`, ...user.log].join('\n')
      throw new Error(`seed ${seed}: ${String(error)}\n${log}`, { cause: error })
    }
    fs.rmSync(user.box.root, { recursive: true, maxRetries: 5 })
  }
}

const STEPS = [
  'locked',
  'decided',
  'objects sent',
  'files staged',
  'objects made',
  'index locked',
  'journal written',
  'index installed',
  'branch sent',
  'branch moved',
  'file installed',
  'index unlocked',
  'journal removed',
  'unlocked'
]

it(
  `${ROUNDS} interleavings of the user’s git commands with the steps of writes leave both intact`,
  { timeout: 60_000 + ROUNDS * 10_000 },
  async () => {
    await each(seeds(ROUNDS), async (user, pick) => {
      const { box } = user
      const written = new Map<string, string>()
      let moment = ''
      let state = ''
      const act = (): void => {
        user.act()
        state = user.state()
      }
      const repository = await box.open({
        onStep(step) {
          if (step !== moment) return
          moment = ''
          user.log.push(`  at ${step}`)
          act()
        }
      })
      for (let number = 0; number < 6; number++) {
        act()
        moment = STEPS[pick(STEPS.length)]!
        const path = `vault/secrets/s/${number}.yaml`
        user.log.push(`write ${number}`)
        try {
          const { commit = '' } = await putInto(repository, { [path]: `value ${number}\n` })
          expect(box.git('show', `${commit}:${path}`)).toBe(`value ${number}\n`)
          written.set(path, commit)
        } catch (error) {
          // the user is merging, for example
          if (!(error instanceof VaultError)) throw error
          user.log.push(`  ${error.code}: ${error.message}`)
        }
        expect(user.state()).toBe(state)
        expect(box.leftovers()).toEqual([])
        expect(box.git('status', '--porcelain', '--', 'vault')).toBe('')
      }
      await repository.close()
      user.end()
      const files = new Set(BRANCHES.flatMap(branch => filesIn(box, branch)))
      expect([...written.keys()].filter(path => !files.has(path))).toEqual([])
      user.expectWhole()
      expect(box.git('fsck', '--strict', '--no-dangling')).toBe('')
    })
  }
)

/** Each has a process that writes while the user works: many interleavings. */
const CONCURRENT = Math.ceil(ROUNDS / 5)

it(
  `${CONCURRENT} users who work while another process writes lose nothing, and lose none of its writes`,
  { timeout: 60_000 + CONCURRENT * 60_000 },
  async () => {
    let refused = 0
    await each(seeds(CONCURRENT), async (user, pick) => {
      const { box } = user
      user.isAlone = false
      const options = { directory: box.root, path: 'vault/secrets/s', count: 12, apart: true, patient: true }
      const driver = startDriver(options)
      let isRunning = true
      const ended = driver.ended.finally(() => (isRunning = false))
      while (isRunning) {
        user.act()
        user.end()
        await new Promise(resolve => setTimeout(resolve, pick(20)))
      }
      user.log.push(...driver.lines())
      expect(await ended, driver.errors()).toEqual({ code: 0, signal: null })
      user.end()
      expect(box.leftovers()).toEqual([])
      const acknowledged = driver.lines().filter(line => line.startsWith('acknowledged'))
      refused += driver.lines().length - acknowledged.length
      expect(acknowledged).toHaveLength(options.count)
      const files = new Set(BRANCHES.flatMap(branch => filesIn(box, branch)))
      for (let number = 1; number <= options.count; number++)
        expect(files, `write ${number}`).toContain(`vault/secrets/s/${number}.yaml`)
      user.expectWhole()
      expect(box.git('status', '--porcelain', '--', 'vault')).toBe('')
      expect(box.git('fsck', '--strict', '--no-dangling')).toBe('')
    })
    // most writes come through at once, although the user works all the time
    expect(refused).toBeLessThan(CONCURRENT * 12 * 5)
  }
)
