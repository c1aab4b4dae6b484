import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { CTRL_C, newPlace, type Place } from './drive.js'

let place: Place
let file: string
beforeAll(() => {
  place = newPlace('import')
  file = join(place.env['HOME']!, '.env')
  fs.writeFileSync(file, 'A=hunter2\nB=hunter3\n')
  for (const args of [
    ['identity', 'new', '--no-passphrase'],
    ['init', '--yes', '--member', 'ana']
  ])
    expect(place.run(args)).toMatchObject({ code: 0 })
}, 60_000)

const commits = () =>
  execFileSync('git', ['rev-list', '--count', 'HEAD'], { cwd: place.repository, encoding: 'utf8' })
const args = () => ['import', file, '--prefix', 'dev/']

describe('an import at a terminal', () => {
  it('shows what it would do, and does nothing on no or Ctrl-C', () => {
    const before = commits()
    for (const type of ['n\r', CTRL_C]) {
      const { shown, code } = place.drive(args(), [{ wait: 'Import them?', type }])
      expect(shown).toContain('create 2: dev/A, dev/B')
      expect(shown).not.toContain('hunter')
      expect(code).toBe(type === CTRL_C ? 130 : 252)
    }
    expect(commits()).toBe(before)
  }, 60_000)

  it('imports on yes, and does not ask again if all is stored', () => {
    // yes is the default, because nothing is overwritten
    const { shown, code } = place.drive(args(), [{ wait: 'Import them? (Y/n)', type: '\r' }])
    expect({ shown, code }).toMatchObject({ code: 0 })
    expect(shown).toContain('created 2 secrets')
    expect(place.drive(args(), [])).toMatchObject({ code: 0 })
  }, 60_000)

  it('exports no value to the screen', () => {
    const { shown, code } = place.drive(['export', '--prefix', 'dev/', '--format', 'json'], [])
    expect(shown).toContain('export does not show values on a terminal')
    expect(shown).not.toContain('hunter')
    expect(code).toBe(252)
  }, 60_000)
})

describe('an import of thousands of entries', () => {
  it('fits into a small heap', () => {
    const many = join(place.env['HOME']!, 'many.json')
    const entries = Array.from({ length: 3000 }, (_, at) => [`team-${at % 50}/key-${at}`, `value ${at}`])
    fs.writeFileSync(many, JSON.stringify(Object.fromEntries(entries)))
    // in MB: an empty vault needs half of it
    const env = { NODE_OPTIONS: '--max-old-space-size=24' }
    const done = place.run(['import', many, '--prefix', 'many/', '--yes'], { env })
    expect(done).toMatchObject({ code: 0, stdout: 'created 3000 secrets\n' })
  }, 120_000)
})
