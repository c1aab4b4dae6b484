import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { replacePrivate } from '../../../src/system/files/namedFiles.js'
import { scratch, text } from '../sandbox.js'

it('a temporary file that a killed process left is removed by the next write', () => {
  const folder = scratch()
  const put = (name: string, ageMs: number) => {
    fs.writeFileSync(join(folder, name), 'AWS_SECRET_ACCESS_KEY=x')
    const time = (Date.now() - ageMs) / 1000
    fs.utimesSync(join(folder, name), time, time)
  }
  put('.env.0123456789ab', 120_000)
  // of a process that may be writing now
  put('.env.0123456789ac', 0)
  // not ours
  for (const name of ['.env.local', '.env.0123456789abc', 'x.env.0123456789ab', '.envx0123456789ab'])
    put(name, 120_000)
  replacePrivate(join(folder, '.env'), text('new'))
  expect(fs.readdirSync(folder).sort()).toEqual([
    '.env',
    '.env.0123456789abc',
    '.env.0123456789ac',
    '.env.local',
    '.envx0123456789ab',
    'x.env.0123456789ab'
  ])
})
