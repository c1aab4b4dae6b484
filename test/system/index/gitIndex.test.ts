import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { discover } from '../../../src/system/git/discover.js'
import { readIndex, type NewEntry } from '../../../src/system/index/gitIndex.js'
import { sandbox, Sandbox, scratch } from '../sandbox.js'

const BLOB = (digit: string, length = 40): string => digit.repeat(length)

/** Returns a copy of the index that git itself has changed. */
function byGit(box: Sandbox, entries: readonly NewEntry[]): string {
  const file = join(box.gitDir(), 'reference')
  fs.copyFileSync(join(box.gitDir(), 'index'), file)
  const input = entries.map(({ path, mode, new: oid }) =>
    oid === undefined ? `0 ${'0'.repeat(40)}\t${path}\0` : `${mode} ${oid}\t${path}\0`
  )
  withIndex(box, file, ['update-index', '--add', '--remove', '-z', '--index-info'], input.join(''))
  return file
}

function withIndex(box: Sandbox, file: string, args: string[], input = ''): string {
  return execFileSync('git', args, {
    cwd: box.root,
    env: { ...process.env, GIT_INDEX_FILE: file },
    input,
    encoding: 'utf8',
    stdio: 'pipe'
  })
}

/** Returns a file with the bytes of `withEntries`; undefined if only git can write the index. */
async function byUs(box: Sandbox, entries: readonly NewEntry[], oidLength = 40): Promise<string | undefined> {
  const index = await readIndex(discover(box.root), oidLength)
  const parts = index.withEntries(entries)
  if (parts === undefined) return undefined
  const file = join(box.gitDir(), 'ours')
  fs.writeFileSync(file, Buffer.concat([...parts]))
  return file
}

const listed = (box: Sandbox, file: string): string => withIndex(box, file, ['ls-files', '-s', '-v', '-z'])

/** Names that sort close to each other, and some with multi-byte characters. */
const part = fc.constantFrom('a', 'a-', 'a.b', 'ab', 'b', 'é', '日本', '😀', 'x'.repeat(130))
const path = fc.array(part, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'))
const isClash = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`)
/** No path is a folder of another. */
const paths = (maxLength: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(path, { minLength: 1, maxLength, comparator: isClash })

describe('the index that a write makes', () => {
  it(
    'has the entries that git would write after any replacements, additions and removals',
    { timeout: 120_000 },
    async () => {
      const property = fc.asyncProperty(
        paths(30),
        fc.array(fc.nat(), { minLength: 1, maxLength: 12 }),
        async (all, picks) => {
          const box = new Sandbox(scratch('index'))
          box.git('init', '-q')
          const old = all.filter((_, at) => at % 3 !== 0)
          for (const each of old) box.write(each, each)
          box.git('add', '.')
          box.git('-c', 'user.name=u', '-c', 'user.email=u@x', 'commit', '-q', '--allow-empty', '-m', 'x')
          const blob = execFileSync('git', ['hash-object', '-w', '--stdin'], {
            cwd: box.root,
            input: 'new',
            encoding: 'utf8'
          }).trim()
          const touched = [...new Set(picks.map(pick => all[pick % all.length]!))]
          const entries = touched.map((each, at) => ({
            path: each,
            mode: at % 2 ? '100755' : '100644',
            new: at % 3 === 2 ? undefined : blob
          }))
          const ours = await byUs(box, entries)
          // without any file there is no index
          if (ours === undefined) {
            expect(old).toEqual([])
            return
          }
          const theirs = byGit(box, entries)
          expect(listed(box, ours)).toBe(listed(box, theirs))
          // the TREE extension, too, is correct
          expect(withIndex(box, ours, ['write-tree'])).toBe(withIndex(box, theirs, ['write-tree']))
          const bytes = fs.readFileSync(ours)
          const checksum = createHash('sha1').update(bytes.subarray(0, -20)).digest()
          expect(bytes.subarray(-20).equals(checksum)).toBe(true)
        }
      )
      await fc.assert(property, { numRuns: 25 })
    }
  )

  it('keeps the tree ids of unchanged folders', async () => {
    const box = sandbox()
    for (const each of ['a/b/c', 'a/d/e', 'f/g']) box.write(each, each)
    box.git('add', '.')
    box.git('commit', '-qm', 'x')
    box.git('write-tree')
    const entries = [{ path: 'a/b/new', mode: '100644', new: box.git('rev-parse', 'HEAD:f/g').trim() }]
    const ours = fs.readFileSync((await byUs(box, entries))!)
    const theirs = fs.readFileSync(byGit(box, entries))
    const treesOf = (bytes: Buffer) => bytes.subarray(bytes.lastIndexOf('TREE'), -20)
    expect(treesOf(ours).toString('latin1')).toBe(treesOf(theirs).toString('latin1'))
    expect(treesOf(ours).includes(Buffer.from(box.git('rev-parse', 'HEAD:f').trim(), 'hex'))).toBe(true)
  })

  it('supports SHA-256', async () => {
    const box = new Sandbox(scratch('sha256'))
    box.git('init', '-q', '--object-format=sha256')
    box.write('a/b', 'x')
    box.git('add', '.')
    const entries = [{ path: 'a/c', mode: '100644', new: BLOB('1', 64) }]
    const ours = (await byUs(box, entries, 64))!
    expect(listed(box, ours)).toContain(`100644 ${BLOB('1', 64)} 0\ta/c`)
    const bytes = fs.readFileSync(ours)
    expect(bytes.subarray(-32).equals(createHash('sha256').update(bytes.subarray(0, -32)).digest())).toBe(
      true
    )
  })

  it('replaces all sides of a conflict', async () => {
    const box = sandbox()
    const sides = [1, 2, 3].map(stage => `100644 ${BLOB(String(stage))} ${stage}\ta/conflict\0`)
    withIndex(box, join(box.gitDir(), 'index'), ['update-index', '-z', '--index-info'], sides.join(''))
    const ours = await byUs(box, [{ path: 'a/conflict', mode: '100644', new: BLOB('4') }])
    expect(listed(box, ours!)).toContain(`H 100644 ${BLOB('4')} 0\ta/conflict\0`)
    expect(listed(box, ours!)).not.toContain(BLOB('2'))
  })

  const entries = [{ path: 'new', mode: '100644', new: BLOB('1') }]

  it.each([
    ['of version 4', ['update-index', '--index-version', '4']],
    ['that is split', ['update-index', '--split-index']],
    ['with a cache of untracked files', ['update-index', '--force-untracked-cache']]
  ])('%s is read and written by git, with the same entries', async (_, args) => {
    const box = sandbox()
    box.write('a/b', 'x')
    box.git('add', '.')
    box.git(...args)
    expect(await byUs(box, entries)).toBeUndefined()
    const index = await readIndex(discover(box.root), 40)
    expect(index.entriesAt('a/b')).toEqual([
      { mode: '100644', oid: box.git('rev-parse', ':a/b').trim(), stage: 0, isSkipWorktree: false }
    ])
    expect([index.entriesAt('a'), index.hasEntriesBelow('a'), index.hasEntriesBelow('a/b')]).toEqual([
      [],
      true,
      false
    ])
  })

  it('is written without git if the old one has the extensions for reading with several threads', async () => {
    const box = sandbox()
    box.git('config', 'index.threads', '2')
    box.write('a/b', 'x')
    box.git('add', '.')
    expect(fs.readFileSync(join(box.gitDir(), 'index')).includes('EOIE')).toBe(true)
    const ours = (await byUs(box, entries))!
    expect(fs.readFileSync(ours).includes('EOIE')).toBe(false)
    expect(listed(box, ours)).toBe(listed(box, byGit(box, entries)))
  })

  it.each([
    ['below a file', 'a/b/c'],
    ['in place of a folder', 'a']
  ])('is written by git if an entry would be %s', async (_, clash) => {
    const box = sandbox()
    box.write('a/b', 'x')
    box.git('add', '.')
    expect(await byUs(box, [{ path: clash, mode: '100644', new: BLOB('1') }])).toBeUndefined()
  })

  it('is read from a truncated or damaged file without a crash', { timeout: 60_000 }, async () => {
    const box = sandbox()
    box.write('a/b', 'x')
    box.git('add', '.')
    const file = join(box.gitDir(), 'index')
    const whole = fs.readFileSync(file)
    const property = fc.asyncProperty(fc.nat(whole.length - 1), fc.boolean(), async (at, isCut) => {
      const bytes = Buffer.from(whole)
      if (!isCut) bytes[at]! ^= 0xff
      fs.writeFileSync(file, isCut ? bytes.subarray(0, at) : bytes)
      // it is read, or git reports an error; nothing hangs or throws another error
      await readIndex(discover(box.root), 40)
        .then(index => index.withEntries([{ path: 'a/b', mode: '100644', new: BLOB('1') }]))
        .catch((error: unknown) => expect(error).toMatchObject({ code: 'GitFailed' }))
    })
    await fc.assert(property, { numRuns: 60 })
  })
})
