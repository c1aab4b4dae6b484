import * as fs from 'node:fs'
import { expect, it } from 'vitest'
import { discover } from '../../../src/system/git/discover.js'
import { writeFolder } from '../../../src/system/git/place.js'
import { FileSpool } from '../../../src/system/commit/spool.js'
import { makeVault } from '../../vault/fixture.js'

it('returns the bytes as often as they are read, and leaves no file', async () => {
  const place = discover((await makeVault('spool')).root)
  const folder = writeFolder(place)
  const files = () => (fs.existsSync(folder) ? fs.readdirSync(folder) : [])
  const before = files()
  const spool = new FileSpool(place)
  const all = Array.from({ length: 300 }, (_, at) => Buffer.alloc((at * 37) % 5_000, at))
  const parts = all.map((bytes, at) => {
    const part = { at: spool.put(bytes), length: bytes.length }
    // also while later bytes are still in memory
    if (at % 50 === 0) expect(Buffer.compare(spool.read(part.at, part.length), bytes)).toBe(0)
    return part
  })
  for (const [at, part] of [...parts.entries()].reverse())
    for (let times = 0; times < 2; times++)
      expect(Buffer.compare(spool.read(part.at, part.length), all[at]!)).toBe(0)
  // a killed process leaves nothing, because the file has no name
  expect(files()).toEqual(before)
  spool.close()
  expect(files()).toEqual(before)
})

it('names the folder if the disk is full', async () => {
  const place = discover((await makeVault('spool')).root)
  fs.rmSync(writeFolder(place), { recursive: true, force: true })
  // no folder can be made in a file, whoever the user is
  fs.writeFileSync(writeFolder(place), '')
  const spool = new FileSpool(place)
  const at = spool.put(Buffer.alloc(10))
  expect(() => spool.read(at, 10)).toThrow(
    expect.objectContaining({
      code: 'FileFailed',
      message: expect.stringMatching(/^cannot write a temporary file in .*git-vault-write: E/)
    })
  )
})
