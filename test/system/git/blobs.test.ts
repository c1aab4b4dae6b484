import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Blobs } from '../../../src/system/git/blobs.js'
import { discover } from '../../../src/system/git/discover.js'
import { sandbox, string } from '../sandbox.js'

let blobs: Blobs
let commit: string
let oid: string

beforeEach(() => {
  const box = sandbox()
  box.write('file', 'text')
  box.git('add', 'file')
  box.git('commit', '-q', '-m', 'one')
  commit = box.head()
  oid = box.git('rev-parse', 'HEAD:file').trim()
  blobs = new Blobs(discover(box.root))
})

afterEach(() => blobs.close())

/** The ids of this process's `git cat-file` children that are alive. */
function processes(): number[] {
  const stdout = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
  return stdout.split('\n').flatMap(line => {
    const [pid, parent, state = '', ...args] = line.trim().split(/\s+/)
    const isOurs = Number(parent) === process.pid && !state.startsWith('Z')
    return isOurs && args.includes('cat-file') ? [Number(pid)] : []
  })
}

function killAll(): number {
  const pids = processes()
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  return pids.length
}

const read = async () => string(await blobs.read(oid, 100))

describe('a git cat-file that is killed', () => {
  it('between two reads is replaced, each time', async () => {
    for (let round = 0; round < 5; round++) {
      expect(await read()).toBe('text')
      expect(killAll()).toBe(1)
    }
    expect(await read()).toBe('text')
    expect((await blobs.folder(commit))?.length).toBeGreaterThan(0)
    expect(processes()).toHaveLength(1)
  })

  it('between two reads is replaced too if its end was noticed before the second', async () => {
    expect(await read()).toBe('text')
    killAll()
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(await read()).toBe('text')
  })

  it('during reads is replaced, and each read is answered', async () => {
    expect(await read()).toBe('text')
    for (const pid of processes()) process.kill(pid, 'SIGSTOP')
    const reads = Promise.all([read(), read(), blobs.read(oid, 1), read()])
    expect(killAll()).toBe(1)
    expect(await reads).toEqual(['text', 'text', undefined, 'text'])
    expect(processes()).toHaveLength(1)
  })

  it('again by the second try is reported', async () => {
    // a kill that comes after the answer proves nothing: once more then
    const failures: unknown[] = []
    for (let round = 0; round < 50 && failures.length === 0; round++) {
      expect(await read()).toBe('text')
      for (const pid of processes()) process.kill(pid, 'SIGSTOP')
      let isDone = false
      const outcome = read()
        .catch((error: unknown) => failures.push(error))
        .finally(() => (isDone = true))
      while (!isDone) {
        killAll()
        await new Promise(resolve => setImmediate(resolve))
      }
      await outcome
    }
    expect(failures).toMatchObject([{ code: 'GitFailed', message: 'git cat-file was killed by SIGKILL' }])
    expect(await read()).toBe('text')
  })
})
