import { expect, it } from 'vitest'
import { SpooledFiles } from '../../src/core/spooledFiles.js'

it('is the map that it would be in memory, before and after files are moved out of it', () => {
  const files = new SpooledFiles()
  const moved: Uint8Array[] = []
  const spool = {
    put: (bytes: Uint8Array) => moved.push(bytes) - 1,
    read: (at: number) => moved[at]!,
    close: () => undefined
  }
  const [one, two, three] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]
  files.set('a', one)
  files.set('gone', null)
  files.spool(spool)
  files.set('b', two)
  const entries: [string, Uint8Array | null][] = [
    ['a', one],
    ['gone', null],
    ['b', two]
  ]
  expect([...files]).toEqual(entries)
  expect([...files.entries()]).toEqual(entries)
  expect([...files.keys()]).toEqual(['a', 'gone', 'b'])
  expect([...files.values()]).toEqual([one, null, two])
  const visited: unknown[] = []
  files.forEach((bytes, path) => visited.push([path, bytes]))
  expect(visited).toEqual(entries)
  expect([
    files.size,
    files.has('gone'),
    files.has('x'),
    files.get('a'),
    files.get('gone'),
    files.get('x')
  ]).toEqual([3, true, false, one, null, undefined])
  expect(['a', 'b', 'gone', 'x'].map(path => files.isSpooled(path))).toEqual([true, false, false, false])

  // a file that changes again is in memory until the next call
  files.set('a', three)
  expect([files.get('a'), files.isSpooled('a')]).toEqual([three, false])
  files.spool(spool)
  expect(moved).toEqual([one, two, three])
  expect([...files.keys()].map(path => files.get(path))).toEqual([three, null, two])
})
