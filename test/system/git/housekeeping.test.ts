import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { discover } from '../../../src/system/git/discover.js'
import { pauseHousekeeping } from '../../../src/system/git/housekeeping.js'
import { sandbox } from '../sandbox.js'

function repository() {
  const box = sandbox()
  box.write('file', 'text')
  box.git('add', 'file')
  box.git('commit', '-q', '-m', 'one')
  const place = discover(box.root)
  return { box, place, file: join(place.commonDir, 'gc.pid') }
}

it('git gc does not run while it is paused, and does afterwards', async () => {
  const { box, place, file } = repository()
  const resume = await pauseHousekeeping(place)
  const { status, stderr } = box.tryGit('gc', '--prune=now')
  expect(status).not.toBe(0)
  expect(stderr).toContain(`gc is already running on machine '${hostname()}' pid ${process.pid}`)
  // git's automatic housekeeping after a commit stays silent
  expect(box.tryGit('-c', 'gc.auto=1', 'gc', '--auto')).toMatchObject({ status: 0 })
  resume()
  expect(box.exists('.git/gc.pid')).toBe(false)
  expect(box.tryGit('gc', '--prune=now').status).toBe(0)
  // a second call removes nobody's lock
  fs.writeFileSync(file, `1 ${hostname()}`)
  resume()
  expect(fs.readFileSync(file, 'utf8')).toBe(`1 ${hostname()}`)
})

it('a lock of a process that has ended is taken over, as git does', async () => {
  const { place, file } = repository()
  const child = spawn(process.execPath, ['-e', ''])
  await new Promise(resolve => child.once('close', resolve))
  fs.writeFileSync(file, `${child.pid} ${hostname()}`)
  const resume = await pauseHousekeeping(place)
  expect(fs.readFileSync(file, 'utf8')).toBe(`${process.pid} ${hostname()}`)
  resume()
  expect(fs.existsSync(file)).toBe(false)
})

it.each([
  ['a living process', `${process.ppid} ${hostname()}`],
  ['another machine', '1 elsewhere']
])('the lock of %s is left alone', async (_, text) => {
  const { place, file } = repository()
  fs.writeFileSync(file, text)
  const resume = await pauseHousekeeping(place)
  resume()
  expect(fs.readFileSync(file, 'utf8')).toBe(text)
  expect(fs.existsSync(`${file}.lock`)).toBe(false)
})
